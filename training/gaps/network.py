"""The network of the lens `gaps` as torch sees it: the same features as `overture.lenses.gaps`, with gradients.

In come Examples; out come the arrays that the package stores. `check` holds the two against each other. Easy to get
wrong: the lens pads segments apart by zeros so that no pattern reaches over a sentence's end; so does `sequences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from example import Example
from torch import nn

from overture.lenses.batch import Batch, lay_flat
from overture.lenses.gaps import KINDS, REACH, SCALARS, SPEAKING
from overture.lenses.words import KNOWN_FROM, vocabulary

ROOT = Path(__file__).resolve().parents[2]
WIDTH, PATTERNS, HIDDEN = 64, 96, 64
LONGEST = {"own": 320, "earlier": 480, "spoken": 64}
"""Words of each part that are read in training; the lens reads all."""

_POINTING = "this that these those it they them he she him her there then the its their one ones same such"
_OURS = "my our mine ours me us i we you your"
_VAGUE = "some few several many much more less fewer certain various lots plenty enough bunch handful usual fixed same equal steady another other"
_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half third quarter "
    "twice double triple thrice once zero"
)


def table() -> tuple[np.ndarray, np.ndarray]:
    """(rows, WIDTH) word vectors in eight bits' worth of values, and (rows, 4) marks; the last mark is "a number"."""
    vectors = np.load(ROOT / ".cache" / "vectors.npy")[:, :WIDTH].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    marks = np.zeros((len(vectors), 4), np.float32)
    groups = [set(words.split()) for words in (_POINTING, _OURS, _VAGUE, _NUMBERS)]
    for word, row in vocabulary().items():
        if row < len(vectors) and row >= KNOWN_FROM:
            for at, group in enumerate(groups):
                marks[row, at] = word in group or (at == 3 and word.isdigit())
    return vectors, marks


def stored(vectors: np.ndarray) -> dict[str, np.ndarray]:
    """Eight bits with a scale a row, as the package holds them."""
    scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-6) / 127
    return {"words": np.round(vectors / scale).astype(np.int8), "words_scale": scale.astype(np.float16)}


@dataclass(frozen=True)
class Prepared:
    """Rows of words of the three parts, and what else goes in."""

    own: list[np.ndarray]
    asks: list[np.ndarray]
    """Which words of `own` stand in a question."""
    earlier: list[np.ndarray]
    spoken: list[np.ndarray]
    scalars: np.ndarray


def sequences(examples: Sequence[Example], marks: np.ndarray) -> Prepared:
    """The parts of every example; segments apart by two zeros."""
    out = Prepared([], [], [], [], np.zeros((len(examples), SCALARS), np.float32))
    batch = lay_flat([example.conversation for example in examples])
    bounds = batch.first_segment
    question = vocabulary()["?"]
    last_of = np.cumsum([len(example.conversation) for example in examples]) - 1
    for number, at in enumerate(map(int, last_of)):
        first = at - int(batch.index[at])
        own = _segments(batch, range(bounds[at], bounds[at + 1]))
        users = [m for m in range(first, at) if batch.side[m] == 1]
        other = int(batch.other[at])
        answered = other >= 0 and batch.side[other] == 2
        spoken = (
            _segments(batch, range(max(bounds[other], bounds[other + 1] - SPEAKING), bounds[other + 1]))
            if answered
            else []
        )
        earlier = [s for m in users for s in _segments(batch, range(bounds[m], bounds[m + 1]))]
        asking = [np.full(len(s), question in s) for s in own]
        out.own.append(_joined(own))
        out.asks.append(_joined(asking).astype(bool))
        out.earlier.append(_joined(earlier))
        out.spoken.append(_joined(spoken))
        words = sum(map(len, own))
        numbers = float(sum(marks[s, 3].sum() for s in own))
        out.scalars[number] = [
            np.log1p(words) / 4,
            np.log1p(len(own)) / 3,
            np.log1p(numbers) / 2,
            numbers == 0,
            any(a.any() for a in asking),
            len(users) > 0,
            np.log1p(len(users)) / 2,
            answered,
        ]
    return out


def _segments(batch: Batch, which: range) -> list[np.ndarray]:
    return [batch.rows[batch.offsets[s] : batch.offsets[s + 1]] for s in which]


def _joined(segments: list[np.ndarray]) -> np.ndarray:
    parts: list[np.ndarray] = []
    for segment in segments:
        parts += [segment, np.zeros(REACH // 2, segment.dtype)]
    return np.concatenate(parts) if parts else np.zeros(1, np.int32)


def padded(rows: list[np.ndarray], longest: int) -> torch.Tensor:
    length = min(max(map(len, rows)), longest)
    out = np.zeros((len(rows), max(length, 1)), np.int64)
    for at, row in enumerate(rows):
        out[at, : min(len(row), length)] = row[:length]
    return torch.from_numpy(out)


class Network(nn.Module):
    """Patterns over fixed vectors, their maxima, one hidden layer."""

    def __init__(self, vectors: np.ndarray, marks: np.ndarray) -> None:
        super().__init__()
        both = np.concatenate([vectors, marks], axis=1)
        self.table = nn.Embedding.from_pretrained(torch.from_numpy(both), freeze=True)
        width = both.shape[1]
        self.filters = nn.Conv1d(width, PATTERNS, REACH, padding=REACH // 2)
        self.hidden = nn.Linear(4 * PATTERNS + width + SCALARS, HIDDEN)
        self.heads = nn.Linear(HIDDEN, 1 + len(KINDS))
        self.drop = nn.Dropout(0.3)

    def strengths(self, rows: torch.Tensor) -> torch.Tensor:
        """(N, T, patterns), zero where there is no word."""
        found = torch.relu(self.filters(self.table(rows).transpose(1, 2)).transpose(1, 2))
        return found * (rows > 0).unsqueeze(-1)

    def forward(
        self, own: torch.Tensor, asks: torch.Tensor, earlier: torch.Tensor, spoken: torch.Tensor, scalars: torch.Tensor
    ) -> torch.Tensor:
        strengths = self.strengths(own)
        known = (own > 0).float().unsqueeze(-1)
        mean = (self.table(own) * known).sum(1) / known.sum(1).clamp(min=1)
        parts = [
            strengths.amax(1),
            (strengths * asks.unsqueeze(-1)).amax(1),
            mean,
            self.strengths(earlier).amax(1),
            self.strengths(spoken).amax(1),
            scalars,
        ]
        return self.heads(self.drop(torch.relu(self.hidden(self.drop(torch.cat(parts, 1))))))


def tensors(
    prepared: Prepared, at: np.ndarray, unknown: float, rng: np.random.Generator | None
) -> tuple[torch.Tensor, ...]:
    """One batch; a share `unknown` of the words is put to row 1."""
    own = padded([prepared.own[i] for i in at], LONGEST["own"])
    asks = padded([prepared.asks[i].astype(np.int64) for i in at], LONGEST["own"]).float()
    earlier = padded([prepared.earlier[i] for i in at], LONGEST["earlier"])
    spoken = padded([prepared.spoken[i] for i in at], LONGEST["spoken"])
    if rng is not None and unknown:
        for rows in (own, earlier):
            hide = torch.from_numpy(rng.random(rows.shape) < unknown) & (rows > 0)
            rows[hide] = 1
    return own, asks, earlier, spoken, torch.from_numpy(prepared.scalars[at])


def weights_of(examples: Sequence[Example], shares: dict[str, float]) -> np.ndarray:
    """Each set gets its share of the loss, half of it on each side."""
    out = np.array([example.weight for example in examples], np.float32)
    names = np.array([example.set for example in examples])
    lacking = np.array([example.lacking for example in examples])
    for name in set(names):
        for side in (False, True):
            here = (names == name) & (lacking == side)
            if here.any():
                out[here] *= shares.get(name, 1.0) / out[here].sum() / 2
    return out / out.mean()


TWINS = 0.5
"""Weight of telling twins apart beside telling all requests apart."""


def apart(logit: torch.Tensor, truth: torch.Tensor, twin: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """How badly each lacking request is told from the complete ones of its own unit that are in the batch."""
    pairs = (twin[:, None] == twin[None, :]) & (truth[:, None] > truth[None, :])
    if not pairs.any():
        return logit.sum() * 0
    lacking, complete = pairs.nonzero(as_tuple=True)
    each = nn.functional.softplus(logit[complete] - logit[lacking])
    return (each * weight[lacking]).sum() / max(len(logit), 1)


def fit(
    examples: Sequence[Example], shares: dict[str, float], seed: int, epochs: int, rate: float = 2e-3, loud: bool = True
) -> Network:
    """Train on all the examples given."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    vectors, marks = table()
    small = stored(vectors)
    vectors = small["words"].astype(np.float32) * small["words_scale"].astype(np.float32)
    prepared = sequences(examples, marks)
    network = Network(vectors, marks)
    weight = torch.from_numpy(weights_of(examples, shares)).clamp(max=12)
    truth = torch.tensor([float(e.lacking) for e in examples])
    names = {unit: number for number, unit in enumerate(sorted({(e.set, e.unit) for e in examples}))}
    twin = torch.tensor([names[e.set, e.unit] for e in examples])
    kind = torch.tensor([KINDS.index(e.kind) if e.kind in KINDS else -1 for e in examples])
    optimiser = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=rate, weight_decay=0.05)
    size = 64
    steps = epochs * -(-len(examples) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    lengths = np.array([len(row) + len(more) for row, more in zip(prepared.own, prepared.earlier, strict=True)])
    network.train()
    for epoch in range(epochs):
        # batches of like lengths, in a drawn order
        order = np.argsort(lengths + rng.random(len(lengths)) * 24, kind="stable")
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        total = 0.0
        for which in rng.permutation(len(batches)):
            at = batches[which]
            out = network(*tensors(prepared, at, 0.08, rng))
            loss = (
                nn.functional.binary_cross_entropy_with_logits(out[:, 0], truth[at], reduction="none") * weight[at]
            ).mean()
            named = kind[at] >= 0
            if named.any():
                each = nn.functional.cross_entropy(out[:, 1:][named], kind[at][named], reduction="none")
                loss = loss + 0.3 * (each * weight[at][named]).mean()
            loss = loss + TWINS * apart(out[:, 0], truth[at], twin[at], weight[at])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        if loud:
            print(f"epoch {epoch + 1}: {total / len(batches):.3f}", flush=True)
    return network.eval()


def arrays(network: Network) -> dict[str, Any]:
    """What the package stores, but for the calibration."""
    vectors, marks = table()
    half = {
        "filters": network.filters.weight.permute(2, 1, 0),
        "filters_bias": network.filters.bias,
        "hidden": network.hidden.weight.T,
        "hidden_bias": network.hidden.bias,
        "heads": network.heads.weight.T,
        "heads_bias": network.heads.bias,
    }
    return {
        **stored(vectors),
        "marks": marks.astype(np.int8),
        **{name: value.detach().numpy().astype(np.float16) for name, value in half.items() if value is not None},
    }
