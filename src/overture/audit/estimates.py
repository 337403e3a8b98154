"""Shares with honest intervals: resampled by conversation, corrected by a judged sample.

In come, a conversation at a time, how often something was so (numerator) and could have been so (denominator); out come
Figures. Memory does not grow with the log: each of ROUNDS replicates keeps two running sums (the Poisson bootstrap of
Chamandy et al. 2012). Easy to get wrong: messages of one conversation resemble each other, so intervals over messages
are too narrow. Everything here draws whole conversations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, factorial, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 1000
"""Bootstrap replicates of every interval."""
ROUNDING = 1e-6
"""A spread of replicates below this part of what they spread about is that of rounding, and so none."""
Z95 = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval. `value` is None where there was nothing to count."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """How many could have been so: messages, conversations or items, as `unit` says."""
    unit: str = "share"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share seen in n independent draws; n may be an effective number."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def student(units: int) -> float:
    """Student's 97.5 % point for the spread of so many units (two or more), to the third decimal."""
    freedom = max(1, units - 1)
    if freedom < 5:
        return (12.706, 4.303, 3.182, 2.776)[freedom - 1]
    z = Z95
    terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def percentiles(drawn: Floats, units: int) -> tuple[float, float]:
    """The 95 % interval of replicates of so many units: the 2.5th and the 97.5th percentile, and further out the fewer
    units there are, as far as Student's points are beyond the normal ones (Hesterberg 2015, Am. Stat. 69:371)."""
    if units < 2:
        return float(drawn.min()), float(drawn.max())
    tail = 100 * NormalDist().cdf(-student(units) * sqrt(units / (units - 1)))
    low, high = (float(value) for value in np.percentile(drawn, [tail, 100 - tail]))
    return low, high


def _poisson_table() -> NDArray[np.uint8]:
    cumulative = np.cumsum([exp(-1) / factorial(k) for k in range(10)])
    return np.searchsorted(cumulative, (np.arange(65536) + 0.5) / 65536).astype(np.uint8)


_POISSON = _poisson_table()
_CHUNK = 2048


class Tally:
    """Running sums of F ratios over conversations, with ROUNDS bootstrap replicates of each.

    Conversations must be added in the same order for the same intervals; the runner merges in order, so it is.
    """

    def __init__(
        self,
        names: Sequence[str],
        seed: int = 0,
        units: Mapping[str, str] | None = None,
        keep: bool = False,
        halves: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """`keep`: hold every unit's own counts too, so that beside a tally of the same units it can be said how many
        of them differ. `halves`: a figure → the two shares of which it is half the one and half of what the other is
        not, as balanced accuracy is."""
        self.names = tuple(names)
        self.units = dict(units or {})
        self.halves = dict(halves or {})
        self._rng = np.random.default_rng(seed % 2**64)
        width = len(self.names)
        self.numerator, self.denominator = np.zeros(width), np.zeros(width)
        self._clusters = np.zeros(width, np.int64)
        self._replicates = np.zeros((2, ROUNDS, width))
        self.conversations = 0
        self._kept: list[Floats] | None = [] if keep else None

    def add(self, numerators: Floats, denominators: Floats) -> None:
        """(C, F) each: C conversations, in the names' order."""
        self.conversations += len(numerators)
        if self._kept is not None:
            self._kept.append(np.stack([numerators, denominators]))
        for start in range(0, len(numerators), _CHUNK):
            top, bottom = numerators[start : start + _CHUNK], denominators[start : start + _CHUNK]
            self.numerator += top.sum(0)
            self.denominator += bottom.sum(0)
            self._clusters += (bottom > 0).sum(0)
            draws = _POISSON[self._rng.integers(0, 65536, (ROUNDS, len(top)), dtype=np.uint16)].astype(np.float32)
            self._replicates[0] += draws @ top.astype(np.float32)
            self._replicates[1] += draws @ bottom.astype(np.float32)

    def replicates(self, name: str) -> Floats:
        """(ROUNDS,) the ratio in each replicate; nan where the replicate drew nothing to count."""
        at = self.names.index(name)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._replicates[0, :, at] / self._replicates[1, :, at]

    def error(self, name: str) -> float:
        """The bootstrap's standard error of the ratio; 0 where nothing but rounding sets the replicates apart."""
        drawn = self.replicates(name)
        drawn = drawn[~np.isnan(drawn)]
        return spread(drawn, float(np.abs(drawn).max())) if len(drawn) else 0.0

    def clusters(self, name: str) -> int:
        """How many conversations had something to count."""
        return int(self._clusters[self.names.index(name)])

    def apart(self, other: Tally, name: str) -> int | None:
        """In how many units the two differ; None unless both hold the counts of equally many units."""
        if self._kept is None or other._kept is None or self.conversations != other.conversations:
            return None
        one, two = (
            np.concatenate(tally._kept or [np.zeros((2, 0, len(tally.names)))], axis=1)[..., tally.names.index(name)]
            for tally in (self, other)
        )
        return int((one != two).any(axis=0).sum())

    def figure(self, name: str) -> Figure:
        """The ratio of sums with its interval: of a share Wilson's, of two halves from those of both, of all else by
        percentile."""
        at = self.names.index(name)
        unit = self.units.get(name, "share")
        n, clusters = round(self.denominator[at]), self.clusters(name)
        if n == 0:
            return Figure(None, None, None, 0, unit)
        value = float(self.numerator[at] / self.denominator[at])
        if name in self.halves:
            one, other = self.halves[name]
            alike = alike_by(self.replicates(one), self.replicates(other))
            below, above = square_and_add(self.figure(one), self.figure(other), alike)
            low, high = max(0.0, value - below / 2), min(1.0, value + above / 2)
        elif unit == "share":
            low, high = wilson(value, self._effective(name, value, n, clusters))
        else:
            drawn = self.replicates(name)
            low, high = percentiles(drawn[~np.isnan(drawn)], clusters)
        return Figure(value, low, high, n, unit)

    def _effective(self, name: str, value: float, n: int, clusters: int) -> float:
        """How many independent draws would have the bootstrap's standard error: at most n. What they are more than
        conversations is cut by Student's point, as few conversations tell little of their spread (Korn and Graubard
        1998, Surv. Methodol. 24:193); where no replicate differs they are the conversations."""
        error = self.error(name)
        draws = value * (1 - value) / error**2 if error > 0 else clusters
        if draws > clusters:
            draws = max(clusters, draws * (Z95 / student(clusters)) ** 2)
        return min(draws, n)

    def figures(self) -> dict[str, Figure]:
        """Every figure by name."""
        return {name: self.figure(name) for name in self.names}


def spread(drawn: Floats, size: float) -> float:
    """The standard deviation of replicates about as large as `size`; 0 where it is that of rounding."""
    found = float(drawn.std())
    return found if found > ROUNDING * size else 0.0


def alike_by(x: Floats, y: Floats) -> float:
    """The correlation of two figures' replicates; 0 where either has no spread."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both], y[both]
    if not len(x) or not (spread(x, float(np.abs(x).max())) and spread(y, float(np.abs(y).max()))):
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def square_and_add(a: Figure, b: Figure, alike: float) -> tuple[float, float]:
    """How far below and above the difference `a` less `b` its interval reaches, by square-and-add of both figures' own
    intervals (Newcombe 1998, Stat. Med. 17:2635; with their correlation Zou and Donner 2008)."""
    assert a.value is not None and a.low is not None and a.high is not None
    assert b.value is not None and b.low is not None and b.high is not None

    def reach(far: float, near: float) -> float:
        return sqrt(max(0.0, far**2 + near**2 - 2 * alike * far * near))

    return reach(a.value - a.low, b.high - b.value), reach(a.high - a.value, b.value - b.low)


def corrected(judged: Sequence[float], seen: Sequence[float], seen_share: float, seen_error: float, n: int) -> Figure:
    """A share corrected by a judged random sample: prediction-powered inference with a tuned weight.

    `judged[i]` and `seen[i]` are the judge's and the lens's verdict, 0 or 1, on sampled item i; `seen_share` is the
    lens's share over all `n` items, the sampled among them, with standard error `seen_error`. Source: Angelopoulos,
    Duchi and Zrnic 2023 (PPI++, arXiv 2311.01453), for the mean, where the items that nobody judged are the unlabelled
    ones: with the sample inside the n this is the regression estimate of double sampling (Cochran 1977, chapter 12).
    The result is unbiased for what the judge would have said of all items, however bad the lens.
    """
    y, f = np.asarray(judged, float), np.asarray(seen, float)
    m = len(y)
    if m < 2:
        return Figure(None, None, None, m, "share")
    spread = float(f.var(ddof=1))
    weight = min(1.0, max(0.0, float(np.cov(y, f)[0, 1]) / spread)) if spread > 0 else 0.0
    value = min(1.0, max(0.0, weight * seen_share + float((y - weight * f).mean())))
    # half a verdict of each kind more, or a sample without an error of the lens would vouch for all the rest (Agresti
    # and Min 2005, Stat. Med. 24:729)
    y, f = np.append(y, [0, 0, 1, 1]), np.append(f, [0, 1, 0, 1])
    each = np.append(np.ones(m), np.full(4, 0.5))
    rest = float(np.cov(y - weight * f, aweights=each, ddof=0)) * m / (m - 1)
    whole = float(np.cov(y, aweights=each, ddof=0))
    alone = seen_share * (1 - seen_share) / n
    tied = max(1.0, seen_error**2 / alone) if alone > 0 else 1.0
    squared = max(0.0, 1 / m - 1 / n) * rest + tied * whole / n
    draws = min(value * (1 - value) / squared, n) if 0 < value < 1 else m
    low, high = wilson(value, draws)
    return Figure(value, low, high, m, "share")
