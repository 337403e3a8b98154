"""Do two groups differ, by how much, and how surely?

In come the tallies of groups; out comes, for every pair of groups and figure, the difference with its interval and a p
that is corrected for all of them. Easy to get wrong: groups that were asked the same items are paired, and few items
that differ cannot speak surely however often each was run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erfc, sqrt

import numpy as np

from .estimates import Z95, Figure, Tally, alike_by, percentiles, spread, square_and_add, wilson


@dataclass(frozen=True, slots=True)
class Difference:
    """Group `a` minus group `b` in one figure."""

    figure: str
    a: str
    b: str
    value: float
    low: float
    high: float
    p: float
    """Two-sided, by the spread about nought; never below what a sign test of the units that differ can give."""
    p_adjusted: float = 1.0
    """After Holm's correction over every difference of the same call."""


def differences(tallies: Mapping[str, Tally], names: Sequence[str]) -> list[Difference]:
    """Every pair of groups in every named figure, in order, with Holm's correction over all of them."""
    found: list[Difference] = []
    groups = list(tallies)
    for name in names:
        figures = {group: tally.figure(name) for group, tally in tallies.items()}
        for i, a in enumerate(groups):
            for b in groups[i + 1 :]:
                one, two = figures[a], figures[b]
                if one.value is None or two.value is None:
                    continue
                low, high, error = _between(tallies[a], tallies[b], one, two, name)
                value = one.value - two.value
                reach = value - low if value > 0 else high - value
                p = _p(value, error, reach, tallies[a], tallies[b], name)
                found.append(Difference(name, a, b, value, low, high, p))
    adjusted = holm([d.p for d in found])
    return [replace(difference, p_adjusted=p) for difference, p in zip(found, adjusted, strict=True)]


def _p(value: float, error: float, reach: float, one: Tally, two: Tally, name: str) -> float:
    """Two-sided p of a difference, from its standard error were it nought: about nought the squares of the units are
    larger by value² ÷ units. Without that few units would speak too surely (as McNemar's test knows). Groups of other
    units may be of unequal size, where that is too little: no surer than the interval, which has such a `reach` towards
    nought. No fewer units than those that differ could be as sure, if every one of them spoke the same way.
    """
    if not value:
        return 1.0
    counts = one.clusters(name), two.clusters(name)
    differ = one.apart(two, name)
    units = sum(counts) if differ is None else min(counts)
    signs = 2.0 ** (1 - min(*counts, *([] if differ is None else [differ])))
    about = sqrt(error**2 + value**2 / units)
    if differ is None:
        about = max(about, reach / Z95)
    return min(1.0, max(erfc(abs(value) / about / sqrt(2)), signs))


def _between(one: Tally, two: Tally, a: Figure, b: Figure, name: str) -> tuple[float, float, float]:
    """(low, high, standard error) of the difference of a figure, `a` less `b`, paired where both drew the same units.

    Of shares by square-and-add with the correlation of their replicates, and where no unit differs, by Wilson's upper
    bound on the share that would; of all else by percentile.
    """
    x, y = one.replicates(name), two.replicates(name)
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both], y[both]
    assert a.value is not None and b.value is not None
    error = spread(x - y, max(abs(a.value), abs(b.value))) if len(x) else 0.0
    fewer = min(one.clusters(name), two.clusters(name))
    if a.unit != "share":
        low, high = percentiles(x - y, fewer) if len(x) else (0.0, 0.0)
        return low, high, error
    if a.value == b.value and error == 0:
        none = wilson(0.0, fewer)[1]  # no unit differs
        return -none, none, 0.0
    below, above = square_and_add(a, b, alike_by(x, y))
    return a.value - b.value - below, a.value - b.value + above, error


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    out = [1.0] * len(p_values)
    worst = 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[i]))
        out[i] = worst
    return out
