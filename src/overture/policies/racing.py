"""Races: which of several candidates is best, on as few trials as it takes to be sure.

In come scores of candidates on the same units, unit by unit; out come the candidates that are beaten. At a few looks
each candidate is compared with the best so far on the units that both have had, and drops out once it is surely not
better by more than `alike`; the rest go on. Sources: Maron and Moore 1994 (races), Even-Dar, Mannor and Mansour 2006
(successive elimination, and a margin within which candidates count as alike), Birattari et al. 2002 (F-Race: paired
by instance). Departures: the test is a paired sign-flip test (Fisher 1935), because scores of conversations are few,
bounded and far from normal, and Hoeffding's bound would need thousands of them.

Easy to get wrong: looking often is testing often. The level is divided by the looks and by the candidates, so that the
best of them is dropped at any look with probability `level` at most, where equally good candidates differ as often up
as down; docs/results/tune.md says how often it really is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLIPS = 5_000
"""Draws of signs of one test."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a candidate is out."""

    level: float = 0.1
    """The chance that the best candidate is dropped, over the whole race, where it leads by more than `alike`."""
    alike: float = 0.02
    """Scores that differ by less are as good as each other; without it two equal candidates race to the end."""
    first: int = 8
    """Units before the first look. With many candidates or looks even these can drop nobody yet."""
    grow: float = 1.5
    """Each look is after so many times the units of the one before."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was known after so many units."""

    units: int
    means: Mapping[str, float]
    """Candidate still racing → its mean score."""
    best: str
    beaten: Mapping[str, float]
    """Candidate that dropped out here → its p against the best."""


def looks(units: int, rules: Rules) -> list[int]:
    """After how many units candidates are compared: the last is all of them."""
    found: list[int] = []
    at = float(rules.first)
    while at < units:
        found.append(round(at))
        at *= rules.grow
    return [*found, units] if units else []


def look(scores: Mapping[str, Sequence[float]], planned: int, candidates: int, rules: Rules, seed: int = 0) -> Look:
    """One look at the candidates that are still racing. `scores`: candidate, in order of preference → its scores on the
    same units; `planned`: how many looks there are; `candidates`: how many began.

    Of those within the margin of the highest mean, the first counts as the best: what is as good and simpler wins.
    """
    means = {name: float(np.mean(found)) for name, found in scores.items()}
    best = next(name for name, mean in means.items() if mean >= max(means.values()) - rules.alike)
    level = rules.level / (max(1, planned) * max(1, candidates - 1))
    beaten: dict[str, float] = {}
    for name, found in scores.items():
        if name != best:
            lead = np.asarray(scores[best]) - np.asarray(found) + rules.alike
            p = flipped(lead, seed)
            if p <= level:
                beaten[name] = p
    return Look(len(scores[best]), means, best, beaten)


def replayed(scores: Mapping[str, Sequence[float]], rules: Rules, seed: int = 0) -> tuple[str, list[Look], int]:
    """A race over scores that are all known: (the winner, the looks, how many scores the race needed)."""
    units = len(next(iter(scores.values())))
    planned = looks(units, rules)
    left, held, taken, before = list(scores), list[Look](), 0, 0
    for after in planned:
        taken += len(left) * (after - before)
        before = after
        seen = look({name: scores[name][:after] for name in left}, len(planned), len(scores), rules, seed)
        held.append(seen)
        left = [name for name in left if name not in seen.beaten]
        if len(left) == 1:
            break
    return held[-1].best, held, taken


def flipped(differences: Floats, seed: int = 0) -> float:
    """One-sided p of a mean above 0: how often signs flipped at random give a sum as high. Drawn, so never 0."""
    seen = float(differences.sum())
    if seen <= 0:
        return 1.0
    rng = np.random.default_rng([seed, len(differences)])
    signs = rng.integers(0, 2, (FLIPS, len(differences)), dtype=np.int8).astype(np.float32) * 2 - 1
    sums = signs @ np.abs(differences).astype(np.float32)
    return float((np.count_nonzero(sums >= seen - 1e-4) + 1) / (FLIPS + 1))
