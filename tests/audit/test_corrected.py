"""Shares corrected by a judged sample, tried on logs whose truth is known: unbiased, and covered by their intervals.

In come a judge who is right and lenses that are so more or less often; out comes how often the truth was inside. Easy
to get wrong: a sample that is most of the log, or that holds not one error of the lens, must not be taken for more than
it is.
"""

from __future__ import annotations

import numpy as np
import pytest

from overture.audit.estimates import Figure, corrected, wilson


def judged(rng: np.random.Generator, quality: float, truth: float, n: int, m: int) -> tuple[list[Figure], float]:
    """200 corrected figures of a lens that is right with probability `quality`, and the classical width."""
    found: list[Figure] = []
    for _ in range(200):
        y = rng.random(n) < truth
        f = np.where(rng.random(n) < quality, y, rng.random(n) < 0.8)
        some = rng.choice(n, m, replace=False)
        error = float(f.std() / np.sqrt(n))
        found.append(corrected(y[some], f[some], float(f.mean()), error, n))
    return found, 2 * 1.96 * float(np.sqrt(truth * (1 - truth) / m))


@pytest.mark.parametrize("quality", [0.0, 0.5, 0.95])
def test_the_corrected_share_is_unbiased_whatever_the_lens(quality: float):
    rng = np.random.default_rng(5)
    found, classical = judged(rng, quality, 0.3, 3000, 200)
    values = np.array([f.value for f in found], float)
    inside = np.mean([f.low <= 0.3 <= f.high for f in found])
    width = np.mean([f.high - f.low for f in found])
    assert abs(values.mean() - 0.3) < 0.01
    assert 0.90 <= inside <= 0.99
    if quality == 0.95:
        assert width < 0.6 * classical, "a good lens must narrow the interval"
    if quality == 0:
        assert width < 1.05 * classical, "a bad lens must not widen it"


@pytest.mark.parametrize(
    ("n", "m", "share", "quality"), [(300, 200, 0.3, 0.99), (10_000, 200, 0.02, 0.99), (1000, 24, 0.05, 0.95)]
)
def test_the_corrected_share_covers_the_truth_where_most_is_judged_or_the_move_is_rare(
    n: int, m: int, share: float, quality: float
):
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(300):
        y = rng.random(n) < share
        f = np.where(rng.random(n) < quality, y, rng.random(n) < 0.5)
        some = rng.choice(n, m, replace=False)
        found = corrected(y[some], f[some], float(f.mean()), float(f.std() / np.sqrt(n)), n)
        inside += found.low <= share <= found.high
    assert inside / 300 >= 0.93


def test_where_all_were_judged_what_the_lens_saw_is_of_no_account():
    """Then the share is the judge's own, with the interval of its own sample: nothing is left to be foretold."""
    rng = np.random.default_rng(7)
    y = (rng.random(200) < 0.3).astype(float)
    found = corrected(y, y, float(y.mean()), float(y.std() / np.sqrt(200)), 200)
    assert found.value == pytest.approx(y.mean())
    assert (found.low, found.high) == pytest.approx(wilson(float(y.mean()), 200), abs=0.004)


def test_a_lens_that_is_always_wrong_does_no_harm():
    y = np.array([1, 0] * 50, float)
    figure = corrected(y, 1 - y, 0.5, 0.01, 10_000)
    assert figure.value == pytest.approx(0.5) and figure.n == 100


def test_corrected_at_the_edges():
    assert corrected([1.0], [1.0], 0.5, 0.01, 100).value is None
    none = corrected([0.0] * 20, [0.0] * 20, 0.0, 0.0, 100)
    assert (none.value, none.low) == (0.0, 0.0) and none.high and none.high > 0.1
    every = corrected([1.0] * 20, [1.0] * 20, 1.0, 0.0, 100)
    assert (every.value, every.high) == (1.0, 1.0) and every.low and every.low < 0.9
    tilted = corrected([0.0] * 19 + [1.0], [1.0] * 20, 0.02, 0.01, 1000)
    assert tilted.value is not None and 0 <= tilted.low <= tilted.value <= tilted.high <= 1
