"""The careful reader in torch: MPNet over the whole conversation so far, low-rank changes to its upper layers, two heads.

What `overture.lenses.careful` does in numpy, with gradients. In come a Batch and the folder of the encoder; out come
logits of shape (S, 2 * moves). A message sees itself whole and everything before it, nothing after: the mask is causal
by message. Easy to get wrong: the lower layers never change, so what they give is worked out once and kept.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from overture.lenses.moves import NAMES
from overture.lenses.windows import Window

LAYERS, FROZEN, HEADS, WIDTH, RANK = 9, 4, 12, 768, 16


def buckets(length: int) -> torch.Tensor:
    """(T, T) the rows of MPNet's table of distances."""
    place = torch.arange(length)
    away = place[:, None] - place[None, :]
    far = away.abs().clamp(min=1)
    large = 8 + (torch.log(far.float() / 8) / np.log(128 / 8) * 8).long()
    return (away < 0) * 16 + torch.where(far < 8, away.abs(), large.clamp(max=15))


class Reader(nn.Module):
    def __init__(self, folder: Path, rank: int = RANK) -> None:
        super().__init__()
        given = load_file(folder / "model.safetensors")
        self.base = {k.removeprefix("mpnet."): v.float() for k, v in given.items() if "pooler" not in k}
        self.low = nn.ParameterDict()
        for layer in range(FROZEN, LAYERS):
            for name in ("q", "k", "v", "o", "up", "down"):
                wide_in = 4 * WIDTH if name == "down" else WIDTH
                wide_out = 4 * WIDTH if name == "up" else WIDTH
                self.low[f"{layer}_{name}_a"] = nn.Parameter(torch.randn(wide_in, rank) / np.sqrt(wide_in))
                self.low[f"{layer}_{name}_b"] = nn.Parameter(torch.zeros(rank, wide_out))
        self.inner = nn.Linear(2 * WIDTH, 256)
        self.outer = nn.Linear(256, 2 * len(NAMES))

    def linear(self, layer: int, name: str, x: torch.Tensor) -> torch.Tensor:
        path = {
            "up": "intermediate.dense",
            "down": "output.dense",
        }.get(name, f"attention.attn.{name}")
        out = F.linear(
            x, self.base[f"encoder.layer.{layer}.{path}.weight"], self.base[f"encoder.layer.{layer}.{path}.bias"]
        )
        if layer >= FROZEN:
            out = out + 2 * ((x @ self.low[f"{layer}_{name}_a"]) @ self.low[f"{layer}_{name}_b"])
        return out

    def norm(self, path: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), self.base[path + ".weight"], self.base[path + ".bias"], 1e-5)

    def mask(self, owner: torch.Tensor) -> torch.Tensor:
        """(B, heads, T, T) what is added to the scores, from (B, T) messages; -2 is padding."""
        far = self.base["encoder.relative_attention_bias.weight"][buckets(owner.shape[1])].permute(2, 0, 1)
        seen = (owner[:, None, :] <= owner[:, :, None]) & (owner[:, None, :] > -2)
        seen = seen | torch.eye(owner.shape[1], dtype=torch.bool)
        return far[None] + torch.where(seen, 0.0, -1e9)[:, None]

    def layer(self, number: int, x: torch.Tensor, mask: torch.Tensor, drop: float) -> torch.Tensor:
        b, t, _ = x.shape
        split = lambda y: y.view(b, t, HEADS, -1).transpose(1, 2)  # noqa: E731
        q, k, v = (split(self.linear(number, name, x)) for name in "qkv")
        mixed = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).reshape(b, t, WIDTH)
        path = f"encoder.layer.{number}."
        x = self.norm(path + "attention.LayerNorm", x + F.dropout(self.linear(number, "o", mixed), drop))
        inner = self.linear(number, "down", F.gelu(self.linear(number, "up", x), approximate="tanh"))
        return self.norm(path + "output.LayerNorm", x + F.dropout(inner, drop))

    def below(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, width) what the layers that never change give."""
        place = self.base["embeddings.position_embeddings.weight"][2 : 2 + ids.shape[1]]
        x = self.norm("embeddings.LayerNorm", self.base["embeddings.word_embeddings.weight"][ids] + place)
        for number in range(FROZEN):
            x = self.layer(number, x, mask, 0.0)
        return x

    def forward(self, x: torch.Tensor, mask: torch.Tensor, spans: torch.Tensor) -> torch.Tensor:
        """`spans` is (K, 4): row of the batch, first token, token after the last, marker. Out: (K, 2 * moves)."""
        drop = 0.1 if self.training else 0.0
        for number in range(FROZEN, LAYERS):
            x = self.layer(number, x, mask, drop)
        sums = torch.cat([x.new_zeros(x.shape[0], 1, WIDTH), x.cumsum(1)], 1)
        row, first, last, marker = spans.unbind(1)
        inside = (sums[row, last] - sums[row, first]) / (last - first).unsqueeze(1)
        joined = F.dropout(torch.cat([inside, x[row, marker]], 1), drop)
        return self.outer(F.dropout(F.gelu(self.inner(joined), approximate="tanh"), drop))


class Pool:
    """Windows with what the unchanging layers make of them, kept in half precision."""

    def __init__(self, model: Reader, given: list[Window]) -> None:
        self.windows = given
        self.kept: list[torch.Tensor | None] = [None] * len(given)
        self.model = model

    def batch(self, which) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, np.ndarray]:
        some = [self.windows[i] for i in which]
        longest = max(len(w.ids) for w in some)
        owner = torch.full((len(some), longest), -2)
        x = torch.zeros(len(some), longest, WIDTH)
        spans, segment = [], []
        for r, w in enumerate(some):
            owner[r, : len(w.ids)] = torch.tensor(w.message)
            for s, first, last, marker in w.spans:
                spans.append((r, first, last, marker))
                segment.append(s)
        mask = self.model.mask(owner)
        missing = [r for r, i in enumerate(which) if self.kept[i] is None]
        if missing:
            ids = torch.ones(len(missing), longest, dtype=torch.long)
            for m, r in enumerate(missing):
                ids[m, : len(some[r].ids)] = torch.tensor(some[r].ids)
            with torch.no_grad():
                low = self.model.below(ids, mask[missing])
            for m, r in enumerate(missing):
                self.kept[which[r]] = low[m, : len(some[r].ids)].half()
        for r, i in enumerate(which):
            x[r, : len(some[r].ids)] = self.kept[i].float()
        return x, mask, torch.tensor(spans), np.array(segment)


def in_batches(lengths: np.ndarray, which: np.ndarray, tokens: int, rng=None) -> list[np.ndarray]:
    """Windows of similar length together, at most about `tokens` of them padded; in random order with `rng`."""
    noise = rng.normal(0, 8, len(which)) if rng is not None else np.zeros(len(which))
    order = which[np.argsort(lengths[which] + noise)]
    out, now, longest = [], [], 0
    for i in order:
        longest = max(longest, lengths[i])
        if now and longest * (len(now) + 1) > tokens:
            out.append(np.array(now))
            now, longest = [], lengths[i]
        now.append(i)
    if now:
        out.append(np.array(now))
    return [out[i] for i in rng.permutation(len(out))] if rng is not None else out


def predict(model: Reader, pool: Pool, count: int, which: np.ndarray | None = None) -> np.ndarray:
    """(S, 2 * moves) logits; nan for segments of other windows than `which`."""
    out = np.full((count, 2 * len(NAMES)), np.nan, np.float32)
    lengths = np.array([len(w.ids) for w in pool.windows])
    model.eval()
    with torch.inference_mode():
        for some in in_batches(lengths, np.arange(len(lengths)) if which is None else which, 3000):
            x, mask, spans, segment = pool.batch(some)
            out[segment] = model(x, mask, spans).numpy()
    return out


def tokens_of(folder: Path):
    """Text to token numbers, remembering what was cut before."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return cache(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
