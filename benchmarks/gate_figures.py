"""What a judge of requests is worth: figures that weigh lacking and complete alike, and their intervals.

In come, of each request, whether something is missing (`truth`), the probability `p` that a judge gives that, the
`threshold` from which it asks and a weight `w`, arrays of one length; out comes a number, or with `interval` a value with
95 % bounds over whole units drawn again. Easy to get wrong: a set of which most requests lack something makes always
asking look good, so every figure here is as at even odds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from overture.audit.estimates import wilson

DRAWS = 500
Figure = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], float]


def auroc(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Probability that a lacking request scores above a complete one, ties halved."""
    order = np.argsort(p, kind="stable")
    _, at = np.unique(p[order], return_inverse=True)
    count = at[-1] + 1
    top = np.bincount(at, (w * truth)[order], count)
    rest = np.bincount(at, (w * ~truth)[order], count)
    below = np.cumsum(rest) - rest / 2
    return float((top * below).sum() / max(top.sum() * rest.sum(), 1e-9))


def asked(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    side = w * truth
    return float((side * (p >= threshold)).sum() / max(side.sum(), 1e-9))


def needless(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    return asked(~truth, p, threshold, w)


def balanced(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    return (asked(truth, p, threshold, w) + 1 - needless(truth, p, threshold, w)) / 2


def mcc(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Matthews' coefficient as it is at even odds."""
    a, b = asked(truth, p, threshold, w), needless(truth, p, threshold, w)
    spread = (a + b) * (2 - a - b)
    return float((a - b) / np.sqrt(spread)) if spread > 0 else 0.0


def ece(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Expected calibration error over ten bins, at even odds."""
    return sum(share * abs(said - seen) for share, said, seen in bins(truth, p, w))


def bins(truth: np.ndarray, p: np.ndarray, w: np.ndarray) -> list[tuple[float, float, float]]:
    """(share, mean probability, share lacking) of each tenth that is not empty, both sides counting alike."""
    sides = [max((w * side).sum(), 1e-9) for side in (truth, ~truth)]
    even = np.where(truth, w / sides[0], w / sides[1]) / 2
    place = np.minimum((p * 10).astype(int), 9)
    total, said, seen = (np.bincount(place, even * value, 10) for value in (np.ones_like(p), p, truth))
    return [(float(total[k]), float(said[k] / total[k]), float(seen[k] / total[k])) for k in range(10) if total[k] > 0]


FIGURES: dict[str, Figure] = {
    "AUROC": auroc,
    "asked in need": asked,
    "asked needlessly": needless,
    "balanced accuracy": balanced,
    "MCC": mcc,
    "ECE": ece,
}


def interval(
    figure: Figure, truth: np.ndarray, p: np.ndarray, units: np.ndarray, threshold: np.ndarray
) -> dict[str, float]:
    """Value and 95 % interval, whole units drawn again."""
    names, owner = np.unique(units, return_inverse=True)
    rng = np.random.default_rng(0)
    drawn_values: list[float] = []
    for _ in range(DRAWS):
        w = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[owner].astype(float)
        if (w * truth).any() and (w * ~truth).any():
            drawn_values.append(figure(truth, p, threshold, w))
    low, high = (float(v) for v in np.percentile(drawn_values, [2.5, 97.5]))
    value = figure(truth, p, threshold, np.ones(len(p)))
    sides = {asked: (truth,), needless: (~truth,), balanced: (truth, ~truth)}.get(figure, ())
    shares = [float((p >= threshold)[side].mean()) for side in sides]
    if shares and all(share in (0.0, 1.0) for share in shares):  # all alike: every draw is the same
        reach = [
            [abs(v - one) for v in wilson(one, len(set(units[side])))] for one, side in zip(shares, sides, strict=True)
        ]
        room = math.hypot(*map(max, reach)) / len(reach)
        low, high = max(0.0, value - room), min(1.0, value + room)
    return {"value": value, "low": low, "high": high, "n": len(names)}
