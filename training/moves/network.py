"""The network of the lens in torch, the same sums as `overture.lenses.context` and `.moves` do in numpy.

Except for training: words are dropped at random.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from overture.lenses.batch import Batch, lay_flat
from overture.lenses.context import BUCKETS, PARTS, PATTERN_PARTS, REACH, SCALARS, around, ends, layout, pairs
from overture.lenses.moves import NAMES, Weights, assembled

ROOT = Path(__file__).resolve().parents[2]
WIDTH, PATTERNS, HIDDEN = 96, 128, 160
RATES = (3e-3, 6e-3)
"""Peak learning rates of the corrections and word pairs, and of everything above them."""
TABLE_DECAY = 0.1
"""Weight decay of the corrections and word pairs: what holds them small."""


class Plan:
    """A Batch as tensors."""

    def __init__(self, batch: Batch) -> None:
        plan = layout(batch)
        head_rows, head_offsets, tail_rows, tail_offsets = ends(batch)
        as_tensor = lambda a: torch.as_tensor(np.asarray(a), dtype=torch.long)  # noqa: E731
        self.rows, self.offsets, self.pairs = (
            as_tensor(batch.rows),
            as_tensor(batch.offsets[:-1]),
            as_tensor(pairs(batch)),
        )
        self.head = as_tensor(head_rows), as_tensor(head_offsets[:-1])
        self.tail = as_tensor(tail_rows), as_tensor(tail_offsets[:-1])
        self.before, self.after, self.message = as_tensor(plan.before), as_tensor(plan.after), as_tensor(plan.message)
        self.other, self.opening, self.other_last = (
            as_tensor(plan.other),
            as_tensor(plan.opening),
            as_tensor(plan.other_last),
        )
        self.around = [as_tensor(rows) for rows in around(batch)]
        self.segment_of = as_tensor(np.repeat(np.arange(len(batch.message_of)), np.diff(batch.offsets)))
        self.scalars = torch.as_tensor(plan.scalars)
        self.messages = len(batch.messages)


class Network(nn.Module):
    """Word vectors are the encoder's, projected, plus a correction that is kept small: so a word that no label ever met
    still does what its neighbours in meaning do. `arrays` folds the three into one table."""

    def __init__(self, start: np.ndarray) -> None:
        super().__init__()
        scaled = start / np.sqrt((start[:, :WIDTH] ** 2).mean()) * 0.5
        self.register_buffer("given", torch.as_tensor(scaled, dtype=torch.float32))
        self.projection = nn.Parameter(torch.eye(start.shape[1], WIDTH))
        self.correction = nn.Parameter(torch.zeros(len(start), WIDTH))
        self.bigrams = nn.EmbeddingBag(BUCKETS, WIDTH, mode="mean")
        nn.init.zeros_(self.bigrams.weight)
        self.filters = nn.Parameter(torch.randn(REACH, WIDTH, PATTERNS) / np.sqrt(REACH * WIDTH))
        self.filters_bias = nn.Parameter(torch.zeros(PATTERNS))
        self.hidden = nn.Linear(len(PARTS) * WIDTH + len(PATTERN_PARTS) * PATTERNS + SCALARS, HIDDEN)
        self.heads = nn.Linear(HIDDEN, 2 * len(NAMES))

    def forward(self, plan: Plan, drop: float = 0.0) -> torch.Tensor:
        rows = plan.rows
        if drop:
            rows = torch.where(torch.rand(rows.shape) < drop, torch.zeros_like(rows), rows)
        # Only the words of this batch are projected; index 0 of `used` is row 0.
        used, _ = torch.unique(torch.cat([plan.rows.new_zeros(1), plan.rows])).sort()
        place = torch.zeros(len(self.given), dtype=torch.long)
        place[used] = torch.arange(len(used))
        table = self.given[used] @ self.projection + self.correction[used]

        def mean(some: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
            return F.embedding_bag(place[some], table, offsets, mode="mean")

        own = mean(rows, plan.offsets) + self.bigrams(plan.pairs, plan.offsets)
        none = own.new_zeros(1, WIDTH)
        counts = torch.bincount(plan.message, minlength=plan.messages).clamp(min=1).unsqueeze(1)
        by_message = own.new_zeros(plan.messages, WIDTH).index_add(0, plan.message, own) / counts
        segments, messages = torch.cat([own, none]), torch.cat([by_message, none])
        found = self.found(plan, table, place, drop)
        nothing = own.new_zeros(1, PATTERNS)
        where = plan.message.unsqueeze(1).expand(-1, PATTERNS)
        found_in = own.new_zeros(plan.messages, PATTERNS).scatter_reduce(0, where, found, "amax")
        found_here, found_in = torch.cat([found, nothing]), torch.cat([found_in, nothing])
        row = torch.cat(
            [
                own,
                mean(*plan.head),
                mean(*plan.tail),
                segments[plan.before],
                segments[plan.after],
                messages[plan.message],
                messages[plan.other],
                segments[plan.other_last],
                messages[plan.opening],
                found,
                found_here[plan.before],
                found_here[plan.after],
                found_in[plan.message],
                found_in[plan.other],
                plan.scalars,
            ],
            dim=1,
        )
        row = F.dropout(row, 0.2 if self.training else 0.0)
        inner = F.dropout(F.relu(self.hidden(row)), 0.3 if self.training else 0.0)
        return self.heads(inner)

    def found(self, plan: Plan, table: torch.Tensor, place: torch.Tensor, drop: float) -> torch.Tensor:
        """(S, PATTERNS) the strongest place of every pattern."""
        hidden = torch.rand(plan.rows.shape).unsqueeze(1) >= drop if drop else 1.0
        sums = self.filters_bias + sum(
            F.embedding(place[rows], table @ self.filters[k]) for k, rows in enumerate(plan.around)
        )
        active = F.relu(sums) * hidden
        where = plan.segment_of.unsqueeze(1).expand(-1, PATTERNS)
        return active.new_zeros(len(plan.before), PATTERNS).scatter_reduce(0, where, active, "amax")

    def arrays(self) -> dict[str, np.ndarray]:
        with torch.no_grad():
            return {
                "words": (self.given @ self.projection + self.correction).numpy(),
                "bigrams": self.bigrams.weight.numpy(),
                "filters": self.filters.numpy(),
                "filters_bias": self.filters_bias.numpy(),
                "hidden": self.hidden.weight.numpy().T,
                "hidden_bias": self.hidden.bias.numpy(),
                "heads": self.heads.weight.numpy().T,
                "heads_bias": self.heads.bias.numpy(),
            }

    def packed(self, slope: np.ndarray, offset: np.ndarray, threshold: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays as they are stored: tables in eight bits with a scale a row, the rest in half precision."""
        out: dict[str, np.ndarray] = {"slope": slope, "offset": offset, "threshold": threshold}
        for name, table in self.arrays().items():
            if name in ("words", "bigrams"):
                scale = np.abs(table).max(axis=1, keepdims=True) / 127
                out[name] = np.round(table / np.maximum(scale, 1e-12)).astype(np.int8)
                out[f"{name}_scale"] = scale.astype(np.float16)
            else:
                out[name] = table.astype(np.float16)
        return out

    def export(self, slope: np.ndarray, offset: np.ndarray, threshold: np.ndarray) -> Weights:
        """The weights as the lens will read them, rounding and all."""
        return assembled(self.packed(slope, offset, threshold))

    def save(self, path: Path, slope: np.ndarray, offset: np.ndarray, threshold: np.ndarray) -> None:
        np.savez_compressed(path, **self.packed(slope, offset, threshold))


def fit(
    batch: Batch,
    truth: tuple[np.ndarray, ...],
    keep: np.ndarray,
    seed: int,
    epochs: int,
    size: int = 24,
) -> Network:
    """Train on the conversations where `keep`, of shape (M,), is true, `size` of them at a time.

    What a message does is the union over its segments, so beside the segments' labels the largest logit of a message is
    held to the message's.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network(np.load(ROOT / ".cache" / "vectors.npy"))
    chosen = np.unique(batch.conversation_of[keep])
    owner = batch.conversation_of[batch.message_of]
    bounds = np.searchsorted(owner, np.arange(len(batch.conversations) + 1))
    lengths = np.bincount(batch.message_of, minlength=len(batch.messages))
    # A long message says one thing in many segments: each counts less, so that essays do not drown short turns.
    weights = (batch.side[batch.message_of] > 0) / np.sqrt(lengths[batch.message_of])
    judged = keep & truth[4] & (batch.side > 0)
    labelled = judged[batch.message_of]
    tables = [network.correction, *network.bigrams.parameters()]
    dense = [
        network.projection,
        network.filters,
        network.filters_bias,
        *network.hidden.parameters(),
        *network.heads.parameters(),
    ]
    optimizer = torch.optim.AdamW(
        [
            {"params": tables, "lr": 1e-3, "weight_decay": TABLE_DECAY},
            {"params": dense, "lr": 1e-3, "weight_decay": 0.02},
        ]
    )
    steps = epochs * -(-len(chosen) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [RATES[0], RATES[1]], total_steps=steps, pct_start=0.2)
    moves = len(NAMES)
    network.train()
    for _ in range(epochs):
        order = rng.permutation(chosen)
        for start in range(0, len(order), size):
            some = order[start : start + size]
            plan = Plan(lay_flat([batch.conversations[c] for c in some]))
            at = np.concatenate([np.arange(bounds[c], bounds[c + 1]) for c in some])
            hard = torch.as_tensor(weights[at] * labelled[at], dtype=torch.float32).unsqueeze(1)
            segment, unasked = torch.as_tensor(truth[0][at]), torch.as_tensor(truth[1][at])
            optimizer.zero_grad()
            out = network(plan, drop=0.1)
            loss = out.sum() * 0
            if hard.sum() > 0:
                given = hard * segment
                loss = (
                    loss
                    + (F.binary_cross_entropy_with_logits(out[:, :moves], segment, reduction="none") * hard).sum()
                    / hard.sum()
                )
                loss = loss + (
                    F.binary_cross_entropy_with_logits(out[:, moves:], unasked, reduction="none") * given
                ).sum() / given.sum().clamp(min=1)
                messages, place = np.unique(batch.message_of[at], return_inverse=True)
                where = torch.as_tensor(place).unsqueeze(1).expand(-1, moves)
                most = out.new_full((len(messages), moves), -30).scatter_reduce(0, where, out[:, :moves], "amax")
                known = torch.as_tensor(judged[messages])
                told = torch.as_tensor(truth[2][messages])[known]
                by_message = F.binary_cross_entropy_with_logits(most[known], told, reduction="sum")
                loss = loss + by_message / known.sum().clamp(min=1)
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def segment_logits(network: Network, batch: Batch) -> np.ndarray:
    with torch.inference_mode():
        return network(Plan(batch)).numpy()
