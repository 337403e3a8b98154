"""How often does a 95 % interval hold the truth? Every kind that a page shows, on made-up logs whose truth is known.

In come draws of conversations or items, few and many, alike and unlike, common and rare; out comes the share of the
draws whose interval holds the truth, with how often it lay above the interval and how often below. Easy to get wrong: an
interval can be right on average and wrong on one side, so both sides are shown. Run: `python benchmarks/intervals.py`;
`--docs` writes the table into docs/results/intervals.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from common import finish, table
from overture.audit.differences import differences
from overture.audit.estimates import Figure, Floats, Tally, corrected

DRAWS = 1000
"""Made-up logs a row; the standard error of a share of 95 % of them is 0.7 points."""
UNITS = (5, 12, 24, 100)
Draw = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
"""(random numbers, units) → (units, DRAWS) numerators and denominators, a log a column."""


def alone(share: float) -> Draw:
    """One trial an item."""
    return lambda rng, n: ((rng.random((n, DRAWS)) < share).astype(float), np.ones((n, DRAWS)))


def alike(share: float) -> Draw:
    """1 to 15 messages a conversation, which resemble each other (intraclass correlation 1/3)."""

    def draw(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
        length = rng.integers(1, 16, (n, DRAWS))
        inclined = rng.beta(2 * share, 2 - 2 * share, (n, DRAWS))
        return rng.binomial(length, inclined).astype(float), length.astype(float)

    return draw


def number(skewed: bool) -> Draw:
    """A number a trial: normal, or lognormal like lengths of replies."""
    return lambda rng, n: (
        rng.lognormal(0, 0.8, (n, DRAWS)) if skewed else rng.normal(3, 1, (n, DRAWS)),
        np.ones((n, DRAWS)),
    )


SHARES: dict[str, tuple[Draw, float, str]] = {
    "share, one trial an item, 2 %": (alone(0.02), 0.02, "share"),
    "share, one trial an item, 10 %": (alone(0.1), 0.1, "share"),
    "share, one trial an item, 50 %": (alone(0.5), 0.5, "share"),
    "share, messages that resemble each other, 5 %": (alike(0.05), 0.05, "share"),
    "share, messages that resemble each other, 50 %": (alike(0.5), 0.5, "share"),
    "mean, normal": (number(False), 3.0, "turns"),
    "mean, skewed": (number(True), float(np.exp(0.32)), "turns"),
}
PAIRED = {"difference of shares, same items, 30 and 30 %": (0.3, 0.3), "the same, 10 and 40 %": (0.1, 0.4)}
JUDGED = {
    "corrected share of 10,000 messages, lens 90 % right, 30 %": (10_000, 0.3, 0.9),
    "the same, 2 %": (10_000, 0.02, 0.9),
    "corrected share of 250 messages, lens 99 % right, 30 %": (250, 0.3, 0.99),
}
SAMPLES = (24, 100, 200)


def figures(draw: Draw, unit: str, units: int) -> list[Figure]:
    names = [str(at) for at in range(DRAWS)]
    tally = Tally(names, units, dict.fromkeys(names, unit))
    tally.add(*draw(np.random.default_rng(units), units))
    return list(tally.figures().values())


def paired(shares: tuple[float, float], units: int) -> list[tuple[float, float]]:
    """Two models on the same items, half of which are as hard for both."""
    rng = np.random.default_rng(units)
    luck, names = rng.random((units, DRAWS)), [str(at) for at in range(DRAWS)]
    tallies = {name: Tally(names, units, keep=True) for name in "ab"}
    for tally, share in zip(tallies.values(), shares, strict=True):
        own = np.where(rng.random((units, DRAWS)) < 0.5, luck, rng.random((units, DRAWS)))
        tally.add((own < share).astype(float), np.ones((units, DRAWS)))
    return [(found.low, found.high) for found in differences(tallies, names)]


def judged(n: int, share: float, quality: float, m: int) -> Iterator[Figure]:
    rng = np.random.default_rng(m)
    for _ in range(DRAWS):
        y = rng.random(n) < share
        f = np.where(rng.random(n) < quality, y, rng.random(n) < 0.5)
        some = rng.choice(n, m, replace=False)
        yield corrected(list(y[some]), list(f[some]), float(f.mean()), float(f.std() / np.sqrt(n)), n)


def held(intervals: list[tuple[float, float]], truth: float) -> str:
    inside, above, below = (
        100 * sum(found) / len(intervals)
        for found in zip(*((low <= truth <= high, truth > high, truth < low) for low, high in intervals), strict=True)
    )
    return f"{inside:.1f} ({above:.1f}, {below:.1f})"


def ends(found: list[Figure]) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in found if one.low is not None and one.high is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="also put the table into docs/results/intervals.md")
    docs = parser.parse_args().docs
    rows = [
        [name, *(held(ends(figures(draw, unit, units)), truth) for units in UNITS)]
        for name, (draw, truth, unit) in SHARES.items()
    ]
    rows += [
        [name, *(held(paired(shares, units), shares[0] - shares[1]) for units in UNITS)]
        for name, shares in PAIRED.items()
    ]
    more = [
        [name, *(held(ends(list(judged(n, share, quality, m))), share) for m in SAMPLES)]
        for name, (n, share, quality) in JUDGED.items()
    ]
    text = (
        f"Per cent of {DRAWS:,} draws whose 95 % interval held the truth; in brackets, those in which the truth lay above "
        "it, and below it.\n\n"
        + table(["interval of a", *(f"{units} units" for units in UNITS)], rows)
        + "\n\n"
        + table(["interval of a", *(f"{m} judged" for m in SAMPLES)], more)
    )
    finish("intervals", "intervals.md", {"draws": DRAWS, "rows": rows, "corrected": more}, text, docs)


if __name__ == "__main__":
    main()
