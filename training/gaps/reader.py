"""The second reader of the lens `gaps` in torch: MiniLM over a request, low-rank changes to its upper layers, two heads.

What `overture.lenses.gaps_reader` does in numpy, with gradients. In come conversations; out come logits of shape
(N, 1 + kinds). Easy to get wrong: the lower layers never change, so what they give is worked out once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from overture.conversation import Conversation
from overture.lenses.gaps import KINDS
from overture.lenses.gaps_pieces import pieces, tokens_at

LAYERS, FROZEN, HEADS, WIDTH, RANK = 6, 3, 12, 384, 16
NAMES = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
         "intermediate.dense", "output.dense")  # fmt: skip


class Reader(nn.Module):
    def __init__(self, folder: Path, frozen: int = FROZEN, rank: int = RANK, drop: float = 0.1) -> None:
        super().__init__()
        self.base = {k: v.float() for k, v in load_file(folder / "model.safetensors").items() if v.is_floating_point()}
        self.frozen, self.p = frozen, drop
        self.low = nn.ParameterDict()
        for layer in range(frozen, LAYERS):
            for name in NAMES:
                wide_out, wide_in = self.base[f"encoder.layer.{layer}.{name}.weight"].shape
                key = f"encoder.layer.{layer}.{name}.weight".replace(".", "/")
                self.low[f"{key}/a"] = nn.Parameter(torch.randn(wide_in, rank) / np.sqrt(wide_in))
                self.low[f"{key}/b"] = nn.Parameter(torch.zeros(rank, wide_out))
        self.heads = nn.Linear(3 * WIDTH, 1 + len(KINDS))

    def take(self, made: Mapping[str, np.ndarray]) -> None:
        """The changes and the head of stored arrays (`arrays`)."""
        with torch.no_grad():
            for name, value in self.low.items():
                there = torch.from_numpy(made[name.replace("/", ".")].astype(np.float32))
                value.copy_(there / 2 if name.endswith("/b") else there)
            head = torch.from_numpy(made["head"].astype(np.float32))
            self.heads.weight[0], self.heads.bias[0] = head[:-1], head[-1]

    def linear(self, layer: int, name: str, x: torch.Tensor) -> torch.Tensor:
        path = f"encoder.layer.{layer}.{name}"
        out = F.linear(x, self.base[f"{path}.weight"], self.base[f"{path}.bias"])
        key = f"{path}.weight".replace(".", "/")
        return out + 2 * ((x @ self.low[f"{key}/a"]) @ self.low[f"{key}/b"]) if layer >= self.frozen else out

    def norm(self, path: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), self.base[f"{path}.weight"], self.base[f"{path}.bias"], 1e-5)

    def layer(self, number: int, x: torch.Tensor, seen: torch.Tensor, drop: float) -> torch.Tensor:
        b, t, _ = x.shape
        q, k, v = (self.linear(number, name, x).view(b, t, HEADS, -1).transpose(1, 2) for name in NAMES[:3])
        mixed = F.scaled_dot_product_attention(q, k, v, seen).transpose(1, 2).reshape(b, t, WIDTH)
        path = f"encoder.layer.{number}."
        mixed = F.dropout(self.linear(number, NAMES[3], mixed), drop)
        x = self.norm(f"{path}attention.output.LayerNorm", x + mixed)
        inner = self.linear(number, NAMES[5], F.gelu(self.linear(number, NAMES[4], x), approximate="tanh"))
        return self.norm(f"{path}output.LayerNorm", x + F.dropout(inner, drop))

    def below(self, ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """(B, T, width) what the layers that never change give."""
        base = self.base
        x = base["embeddings.word_embeddings.weight"][ids] + base["embeddings.token_type_embeddings.weight"][types]
        x = self.norm("embeddings.LayerNorm", x + base["embeddings.position_embeddings.weight"][: ids.shape[1]])
        for number in range(self.frozen):
            x = self.layer(number, x, attended(ids > 0), 0.0)
        return x

    def forward(self, x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """From what `below` gave and (B, T) which tokens are there, (B, 1 + kinds)."""
        drop = self.p if self.training else 0.0
        for number in range(self.frozen, LAYERS):
            x = self.layer(number, x, attended(known), drop)
        return self.heads(F.dropout(pooled(x, known), drop))


def attended(known: torch.Tensor) -> torch.Tensor:
    return torch.where(known, 0.0, -1e9)[:, None, None, :]


def pooled(x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """(B, 3 width): the mean, the strongest, and the first token's."""
    there = known.unsqueeze(-1)
    mean = (x * there).sum(1) / there.sum(1)
    return torch.cat([mean, x.masked_fill(~there, -30.0).amax(1), x[:, 0]], 1)


class Pool:
    """Conversations with what the unchanging layers make of them, kept in half precision."""

    def __init__(self, model: Reader, folder: Path, conversations: Sequence[Conversation]) -> None:
        tokens = tokens_at(folder)
        cut = [pieces(each, tokens) for each in conversations]
        read = [(each.ids, each.who) for each in cut]
        self.lengths = np.array([len(ids) for ids, _ in read])
        self.kept: list[torch.Tensor] = [torch.empty(0)] * len(read)
        for which in in_batches(self.lengths, np.arange(len(read)), 4096):
            longest = int(self.lengths[which].max())
            ids, types = torch.zeros(2, len(which), longest, dtype=torch.long)
            for row, i in enumerate(which):
                ids[row, : len(read[i][0])], types[row, : len(read[i][1])] = map(torch.tensor, read[i])
            with torch.no_grad():
                low = model.below(ids, types).half()
            for row, i in enumerate(which):
                self.kept[i] = low[row, : self.lengths[i]].clone()

    def batch(self, which: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        longest = int(self.lengths[which].max())
        x, known = torch.zeros(len(which), longest, WIDTH), torch.zeros(len(which), longest, dtype=torch.bool)
        for row, i in enumerate(which):
            x[row, : self.lengths[i]] = self.kept[i].float()
            known[row, : self.lengths[i]] = True
        return x, known


def in_batches(lengths: np.ndarray, which: np.ndarray, tokens: int) -> list[np.ndarray]:
    """Of similar length together, at most about `tokens` of them padded."""
    out: list[list[int]] = [[]]
    longest = 0
    for i in which[np.argsort(lengths[which], kind="stable")]:
        longest = max(longest, lengths[i])
        if out[-1] and longest * (len(out[-1]) + 1) > tokens:
            out.append([])
            longest = lengths[i]
        out[-1].append(int(i))
    return [np.array(some) for some in out if some]


def arrays(model: Reader) -> dict[str, np.ndarray]:
    """What the package stores, but for how it is mixed with the patterns: the doubling of a change goes into its half."""
    out = {name.replace("/", "."): value.detach().numpy() for name, value in model.low.items()}
    out = {name: (2 * value if name.endswith(".b") else value).astype(np.float16) for name, value in out.items()}
    head = torch.cat([model.heads.weight[0], model.heads.bias[:1]])
    return out | {"head": head.detach().numpy().astype(np.float16)}


def predict(model: Reader, pool: Pool, which: np.ndarray) -> np.ndarray:
    """(len(which),) logits."""
    model.eval()
    out = np.zeros(len(pool.lengths), np.float32)
    with torch.no_grad():
        for some in in_batches(pool.lengths, which, 4096):
            out[some] = model(*pool.batch(some))[:, 0].numpy()
    return out[which]
