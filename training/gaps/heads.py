"""Fit the layers behind the patterns again, on features worked out once: seconds instead of minutes.

In come arrays of a trained network and Examples; out come the arrays with new `hidden` and `heads`. The patterns are
left as they are. Easy to get wrong: the features are the lens's own (`overture.lenses.gaps.features`), so training and
use cannot drift apart; and twins must stand in one batch, so batches are drawn by unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from example import Example
from network import TWINS, apart, weights_of
from torch import nn

from overture.lenses.batch import lay_flat
from overture.lenses.gaps import KINDS, Weights, assembled, features

UNCALIBRATED = {
    "slope": np.ones(2, np.float32),
    "offset": np.zeros(2, np.float32),
    "threshold": np.full(2, 0.5, np.float32),
}


def rows(examples: Sequence[Example], network: Weights) -> tuple[np.ndarray, np.ndarray]:
    """(N, features) of each example's last message, and (N,) whether the lens judges it; zeros where it does not."""
    out: list[np.ndarray] = []
    known: list[np.ndarray] = []
    for begin in range(0, len(examples), 256):
        some = examples[begin : begin + 256]
        batch = lay_flat([e.conversation for e in some])
        judged = (batch.side == 1) & (np.nan_to_num(batch.known()) >= 0.55)
        found = features(batch, judged, network)[0]
        everything = np.zeros((len(batch.messages), found.shape[1]), np.float32)
        everything[judged] = found
        last = np.cumsum([len(e.conversation) for e in some]) - 1
        out.append(everything[last])
        known.append(judged[last])
    return np.concatenate(out), np.concatenate(known)


def refit(
    raw: dict[str, Any],
    examples: Sequence[Example],
    shares: dict[str, float],
    seed: int,
    epochs: int = 12,
    hidden: int = 64,
    drop: float = 0.4,
    decay: float = 0.1,
    twins: float = TWINS,
) -> dict[str, Any]:
    """The arrays with layers fitted to these examples."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    found, known = rows(examples, assembled(raw | UNCALIBRATED))
    examples = [e for e, k in zip(examples, known, strict=True) if k]
    x = torch.from_numpy(found[known])
    weight = torch.from_numpy(weights_of(examples, shares)).clamp(max=12)
    truth = torch.tensor([float(e.lacking) for e in examples])
    kind = torch.tensor([KINDS.index(e.kind) if e.kind in KINDS else -1 for e in examples])
    names = {unit: number for number, unit in enumerate(dict.fromkeys((e.set, e.unit) for e in examples))}
    unit = np.array([names[e.set, e.unit] for e in examples])
    model = nn.Sequential(
        nn.Dropout(drop), nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 1 + len(KINDS))
    )
    order = np.argsort(unit, kind="stable")
    bounds = np.searchsorted(unit[order], np.arange(len(names) + 1))
    size = 48
    steps = epochs * -(-len(names) // size)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.1)
    model.train()
    for _ in range(epochs):
        drawn = rng.permutation(len(names))
        for begin in range(0, len(names), size):
            at = np.concatenate([order[bounds[u] : bounds[u + 1]] for u in drawn[begin : begin + size]])
            out = model(x[at])
            each = nn.functional.binary_cross_entropy_with_logits(out[:, 0], truth[at], reduction="none")
            loss = (each * weight[at]).mean()
            named = kind[at] >= 0
            if named.any():
                kinds = nn.functional.cross_entropy(out[:, 1:][named], kind[at][named], reduction="none")
                loss = loss + 0.3 * (kinds * weight[at][named]).mean()
            loss = loss + twins * apart(out[:, 0], truth[at], torch.from_numpy(unit[at]), weight[at])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    first, second = model[1], model[4]
    layers = {
        "hidden": first.weight.T,
        "hidden_bias": first.bias,
        "heads": second.weight.T,
        "heads_bias": second.bias,
    }
    return raw | {name: value.detach().numpy().astype(np.float16) for name, value in layers.items()}
