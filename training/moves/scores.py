"""How well the lens reads held-out messages: F1 by move, macro-F1, calibration. Figures with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from dataset import Example, targets

from overture.lenses.batch import lay_flat
from overture.lenses.moves import NAMES, Weights, look

LEAST = 20
"""Moves that occur less often in a hold-out are not part of its macro-F1."""


def f1(hit: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    both = float(np.sum(hit & truth))
    precision, recall = both / max(1, hit.sum()), both / max(1, truth.sum())
    return precision, recall, 2 * both / max(1, hit.sum() + truth.sum())


def f1_table(
    probability: np.ndarray, truth: tuple[np.ndarray, ...], keep: np.ndarray, threshold: np.ndarray
) -> dict[str, Any]:
    """F1 by move and the macro of those that occur at least LEAST times, from probabilities of shape (M, 2 * moves)."""
    rows = {}
    for k, name in enumerate(NAMES):
        y = truth[2][keep, k] > 0
        rows[name] = (int(y.sum()), f1(probability[keep, k] >= threshold[k], y)[2])
    frequent = [score for n, score in rows.values() if n >= LEAST]
    return {"moves": rows, "macro": float(np.mean(frequent))}


def report(examples: list[Example], weights: Weights, rounds: int = 500) -> dict[str, Any]:
    """Scores of the lens as shipped on these conversations; intervals resample conversations."""
    batch = lay_flat([e.conversation for e in examples])
    _, _, truth, truth_unasked, labelled = targets(examples, batch)
    seen = look(batch, weights)
    keep = (batch.side > 0) & labelled
    made = seen.made[keep], truth[keep] > 0
    unasked = seen.made_unasked[keep], truth_unasked[keep] > 0
    frequent, frequent_u = (np.flatnonzero(y.sum(0) >= LEAST) for _, y in (made, unasked))
    owner = batch.conversation_of[keep]
    rng = np.random.default_rng(0)
    draws, draws_u = [], []
    for _ in range(rounds):
        drawn = rng.integers(0, len(examples), len(examples))
        weight = np.bincount(drawn, minlength=len(examples))[owner].astype(float)
        draws.append(macro(weight, frequent, *made))
        draws_u.append(macro(weight, frequent_u, *unasked))
    ones = np.ones(len(owner))
    bins = reliability(np.nan_to_num(seen.message[keep]).ravel(), made[1].ravel())
    return {
        "messages": int(keep.sum()),
        "conversations": len(examples),
        "unscored": int((~seen.scored[keep]).sum()),
        "macro": macro(ones, frequent, *made),
        "macro_interval": [float(v) for v in np.nanpercentile(draws, [2.5, 97.5])],
        "macro_unasked": macro(ones, frequent_u, *unasked),
        "macro_unasked_interval": [float(v) for v in np.nanpercentile(draws_u, [2.5, 97.5])]
        if len(frequent_u)
        else None,
        "counted": [NAMES[k] for k in frequent],
        "counted_unasked": [NAMES[k] for k in frequent_u],
        "moves": by_move(*made),
        "unasked": by_move(*unasked),
        "calibration_error": sum(abs(b["predicted"] - b["observed"]) * (b["n"] / made[1].size) for b in bins),
        "reliability": bins,
    }


def by_move(hit: np.ndarray, truth: np.ndarray) -> dict[str, dict[str, float]]:
    rows = {}
    for k, name in enumerate(NAMES):
        precision, recall, score = f1(hit[:, k], truth[:, k])
        rows[name] = {"n": int(truth[:, k].sum()), "precision": precision, "recall": recall, "f1": score}
    return rows


def macro(counts: np.ndarray, moves: np.ndarray, hit: np.ndarray, truth: np.ndarray) -> float:
    """The mean F1 of these moves where message i counts `counts[i]` times."""
    both = (counts[:, None] * (truth & hit)).sum(0)[moves]
    total = (counts[:, None] * truth).sum(0)[moves] + (counts[:, None] * hit).sum(0)[moves]
    return float(np.mean(2 * both / np.maximum(total, 1))) if len(moves) else float("nan")


def macro_draws(
    truth: np.ndarray, hits: Iterable[np.ndarray], owner: np.ndarray, conversations: int, draws: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The moves that occur LEAST times, and each reader's mean F1 over them: of all messages, then of every draw.

    `owner`: the number of each message's conversation. A draw is as many conversations, with replacement, the same ones
    for every reader.
    """
    frequent = np.flatnonzero(truth.sum(0) >= LEAST)
    weight = np.random.default_rng(0).multinomial(conversations, [1 / conversations] * conversations, draws)
    weight = np.concatenate([np.ones((1, conversations)), weight])

    def counted(values: np.ndarray) -> np.ndarray:
        out = np.zeros((conversations, len(frequent)))
        np.add.at(out, owner, values[:, frequent].astype(float))
        return out

    return frequent, [
        (2 * (weight @ counted(hit & truth)) / np.maximum(weight @ (counted(hit) + counted(truth)), 1)).mean(1)
        for hit in hits
    ]


def reliability(probability: np.ndarray, truth: np.ndarray) -> list[dict[str, Any]]:
    """How often what is given a probability is so, by tenths of probability; tenths that do not occur are left out."""
    tenth = np.clip((probability * 10).astype(int), 0, 9)
    return [
        {
            "from": b / 10,
            "n": int((tenth == b).sum()),
            "predicted": float(probability[tenth == b].mean()),
            "observed": float(truth[tenth == b].mean()),
        }
        for b in range(10)
        if (tenth == b).any()
    ]
