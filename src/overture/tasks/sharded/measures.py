"""What many runs of many items say: how good on average, how good at its best, and how far apart best and worst are.

In come the scores of each item's runs under each protocol; out come Figures. Source: Laban et al. 2025, arXiv
2505.06120. For the N scores of one item, P is their mean, A90 their 90th percentile and U90-10 the 90th minus the
10th; each is then averaged over items. Percentiles are those of numpy's default, between order statistics, as a plain
reading of the paper asks.

Easy to get wrong: with few runs these percentiles lie too far inside. Of scores spread evenly over 0…1 the true U90-10
is 0.80; on average 5 runs show 0.53, 10 runs 0.65, 100 runs 0.78. Of a coin (0 or 1, even odds) the truth is 1; 5 runs
show 0.81, 10 runs 0.98. A mere draw also passes for unreliability: an item solved once in five runs has U = 0.6. So
protocols and models are compared at the same number of runs only, which `measure` enforces, and U is never read as a
property of the model alone.

Intervals draw whole items with all their runs. Drawing runs again within an item would narrow its range a second time
and put U, and its interval, too low.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...audit.estimates import ROUNDING, Figure, Tally, percentiles
from ...errors import UsageError
from ..beside import Beside

Floats = NDArray[np.float64]
Scores = Mapping[str, Sequence[float | None]]
"""Item → the score of each run; None: unscored."""

MEASURES = ("mean", "aptitude", "unreliability")
"""P, A90 and U90-10."""
SOURCE = "Laban et al. 2025, 15 models and 6 kinds"
PUBLISHED = {
    "sharded_change": (-0.39, "Sharded beside full: the mean score"),
    "aptitude_change": (-0.16, "Sharded beside full: aptitude"),
    "unreliability_change": (1.12, "Sharded beside full: unreliability"),
    "concat_to_full": (0.95, "Concat as a share of full: the mean score"),
}
"""The paper's headline, averages over models and kinds, and what each is in words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one kind of item."""

    figures: Mapping[str, Mapping[str, Figure]]
    """Protocol → one of MEASURES → Figure. `n` is the number of items."""
    ratios: Mapping[str, Figure]
    """`sharded_to_full`, `concat_to_full` …: the mean of a protocol ÷ that of `full`, same items; and
    `sharded_change`, `aptitude_change`, `unreliability_change`: sharded ÷ full - 1."""
    runs: int
    items: int
    left_out: int
    """Items without a score for every run under every protocol; they are in no figure."""


def per_item(scores: Floats) -> Floats:
    """(items, runs) → (items, 3): each item's mean, 90th percentile, and 90th minus 10th."""
    low, high = np.percentile(scores, [10, 90], axis=1)
    return np.stack([scores.mean(1), high, high - low], axis=1)


def measure(by_protocol: Mapping[str, Scores], seed: int = 0) -> Measured:
    """Every figure, over the items that have a score for every run under every protocol.

    Raises UsageError where two protocols were run a different number of times: their percentiles do not compare.
    """
    runs = {len(scores) for protocol in by_protocol.values() for scores in protocol.values()}
    if len(runs) > 1:
        raise UsageError(
            f"items were run {min(runs)} to {max(runs)} times; percentiles compare at the same number of runs only, "
            "so complete the runs or take the first of each"
        )
    everything = list(dict.fromkeys(item for scores in by_protocol.values() for item in scores))
    kept = [
        item
        for item in everything
        if all(item in scores and None not in scores[item] for scores in by_protocol.values())
    ]
    count = runs.pop() if runs else 0
    if not kept or not count:
        return Measured({}, {}, count, 0, len(everything))
    tallies = {
        protocol: _tally(np.array([scores[item] for item in kept], float), seed)
        for protocol, scores in by_protocol.items()
    }
    figures = {protocol: tally.figures() for protocol, tally in tallies.items()}
    ratios: dict[str, Figure] = {}
    if "full" in tallies:
        for protocol, tally in tallies.items():
            if protocol != "full":
                ratios[f"{protocol}_to_full"] = _ratio(tally, tallies["full"], "mean", len(kept))
        if "sharded" in tallies:
            changes = {"sharded": "mean", "aptitude": "aptitude", "unreliability": "unreliability"}
            for name, of in changes.items():
                ratios[f"{name}_change"] = _ratio(tallies["sharded"], tallies["full"], of, len(kept), less=1.0)
    return Measured(figures, ratios, count, len(kept), len(everything) - len(kept))


def beside(by_protocol: Mapping[str, Scores], seed: int = 0) -> list[Beside]:
    """The paper's headline beside what was found here, items counting alike; a percentile of one run is none."""
    found = measure(by_protocol, seed=seed)
    return [
        Beside(name, plain, replace(found.ratios[name], unit="share"), published, SOURCE)
        for name, (published, plain) in PUBLISHED.items()
        if name in found.ratios and (found.runs > 1 or name in ("sharded_change", "concat_to_full"))
    ]


def _tally(scores: Floats, seed: int) -> Tally:
    tally = Tally(MEASURES, seed)
    values = per_item(scores)
    tally.add(values, np.ones_like(values))
    return tally


def _ratio(one: Tally, base: Tally, name: str, items: int, less: float = 0.0) -> Figure:
    """A paired ratio: both tallies drew the same items in each replicate. None where the base is 0."""
    above, below = one.figure(name).value, base.figure(name).value
    if above is None or not below:
        return Figure(None, None, None, items, "ratio")
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = one.replicates(name) / base.replicates(name)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or drawn.std() <= ROUNDING:
        return Figure(above / below - less, None, None, items, "ratio")
    low, high = percentiles(drawn, items)
    return Figure(above / below - less, low - less, high - less, items, "ratio")
