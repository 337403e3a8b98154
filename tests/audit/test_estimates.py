"""Estimates, tried on data whose truth is known: intervals cover, and p holds what it says.

In come simulated logs; out comes how often the truth was inside. Easy to get wrong: intervals over messages look fine
on messages drawn one by one, so the simulation draws conversations whose messages resemble each other.
"""

from __future__ import annotations

import numpy as np
import pytest

from overture.audit import estimates
from overture.audit.estimates import Tally, wilson


def clustered(rng: np.random.Generator, count: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """(C, 1) numerators and denominators of conversations, each with its own inclination and length."""
    inclination = rng.beta(share * 1.5, (1 - share) * 1.5, count)
    length = rng.integers(1, 12, count)
    return rng.binomial(length, inclination)[:, None].astype(float), length[:, None].astype(float)


@pytest.mark.parametrize(("count", "share"), [(15, 0.4), (60, 0.3), (150, 0.05)])
def test_intervals_of_clustered_shares_cover_the_truth(count: int, share: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimates, "ROUNDS", 300)
    rng = np.random.default_rng(count)
    inside = 0
    for run in range(300):
        tally = Tally(["x"], run)
        tally.add(*clustered(rng, count, share))
        figure = tally.figure("x")
        assert figure.low is not None and figure.high is not None and figure.value is not None
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
        inside += figure.low <= share <= figure.high
    assert 0.90 <= inside / 300 <= 0.99


def test_intervals_that_ignore_the_conversations_would_fail_this_test():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        top, bottom = clustered(rng, 60, 0.3)
        low, high = wilson(top.sum() / bottom.sum(), bottom.sum())
        inside += low <= 0.3 <= high
    assert inside / 300 < 0.85


@pytest.mark.parametrize("seed", [-1, -(2**63)])
def test_any_whole_number_is_a_seed(seed: int):
    tally = Tally(["x"], seed)
    tally.add(*clustered(np.random.default_rng(1), 9, 0.3))
    assert tally.figure("x").low is not None


def test_the_order_and_the_slices_of_adding_change_no_value():
    rng = np.random.default_rng(2)
    top, bottom = clustered(rng, 100, 0.3)
    whole, sliced = Tally(["x"], 5), Tally(["x"], 5)
    whole.add(top, bottom)
    for start in range(0, 100, 7):
        sliced.add(top[start : start + 7], bottom[start : start + 7])
    assert whole.figure("x").value == sliced.figure("x").value
    assert whole.conversations == sliced.conversations == 100
    again = Tally(["x"], 5)
    again.add(top, bottom)
    assert again.figure("x") == whole.figure("x")


def test_nothing_to_count_is_no_share():
    tally = Tally(["x", "y"])
    assert tally.figure("x").to_dict() == {"value": None, "low": None, "high": None, "n": 0, "unit": "share"}
    tally.add(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]))
    assert tally.figure("y").value is None
    assert tally.figure("x").value == 1


def test_never_and_always_have_wide_intervals_where_there_are_few():
    tally = Tally(["never", "always"])
    tally.add(np.array([[0.0, 3.0]] * 10), np.array([[3.0, 3.0]] * 10))
    never, always = tally.figure("never"), tally.figure("always")
    assert never.low == 0 and never.high == pytest.approx(0.2775, abs=1e-3)  # ten conversations, not thirty messages
    assert always.high == 1 and always.low == pytest.approx(1 - 0.2775, abs=1e-3)
    assert never.n == 30


WILSON = [(0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (0.5, 100, 0.4038, 0.5962), (0.1, 50, 0.0435, 0.2136)]


@pytest.mark.parametrize(("share", "n", "low", "high"), WILSON)
def test_wilson_against_known_values(share: float, n: int, low: float, high: float):
    assert wilson(share, n) == pytest.approx((low, high), abs=2e-4)


def test_wilson_of_nothing_is_everything():
    assert wilson(0.5, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("unit", "count", "least"), [((3.0, 7.0), 4, 0.5), ((0.7, 1.0), 40, 0.2)])
def test_units_that_differ_by_rounding_alone_are_as_many_as_they_are(
    unit: tuple[float, float], count: int, least: float
) -> None:
    """3 ÷ 7 forty times over is not always the same number, and that is no spread."""
    tally = Tally(["x"])
    tally.add(np.full((count, 1), unit[0]), np.full((count, 1), unit[1]))
    found = tally.figure("x")
    assert (found.low, found.high) == pytest.approx(wilson(unit[0] / unit[1], count), abs=1e-6)
    assert found.high is not None and found.low is not None and found.high - found.low > least


def cover(top: np.ndarray, bottom: np.ndarray, truth: float, unit: str) -> float:
    """How often the truth is inside, of columns that are a log each."""
    names = [str(at) for at in range(top.shape[1])]
    tally = Tally(names, 1, dict.fromkeys(names, unit))
    tally.add(top, bottom)
    return float(np.mean([f.low <= truth <= f.high for f in tally.figures().values() if f.low is not None]))


@pytest.mark.parametrize("count", [3, 8, 12])
def test_few_conversations_that_resemble_themselves_are_few(count: int) -> None:
    rng = np.random.default_rng(count)
    inclination, length = rng.beta(1, 1, (count, 400)), rng.integers(1, 16, (count, 400))
    assert cover(rng.binomial(length, inclination).astype(float), length.astype(float), 0.5, "share") >= 0.92


@pytest.mark.parametrize("count", [5, 8, 12])
def test_means_of_few_units_cover_the_truth(count: int) -> None:
    rng = np.random.default_rng(count)
    assert cover(rng.normal(3, 1, (count, 400)), np.ones((count, 400)), 3.0, "turns") >= 0.925


@pytest.mark.parametrize("units", [2, 5, 11, 30, 101])
def test_students_points_are_the_tables(units: int) -> None:
    table = {2: 12.706, 5: 2.776, 11: 2.228, 30: 2.045, 101: 1.984}
    assert estimates.student(units) == pytest.approx(table[units], abs=1e-3)


def halved(asked: list[tuple[bool, bool]]) -> Tally:
    """A tally of pairs: whether the lacking one was asked about, and whether the complete one was."""
    rows = np.array([[a, b, (a + 1 - b) / 2] for a, b in asked], float)
    tally = Tally(("need", "needless", "balanced"), keep=True, halves={"balanced": ("need", "needless")})
    tally.add(rows, np.ones_like(rows))
    return tally


def test_balanced_accuracy_is_as_sure_as_its_two_shares():
    never = halved([(False, False)] * 200).figure("balanced")
    assert never.value == 0.5 and never.low is not None and never.high is not None
    reach = wilson(0.0, 200)[1] / 2
    assert (never.low, never.high) == pytest.approx((0.5 - reach, 0.5 + reach))
    always = halved([(True, False)] * 12).figure("balanced")
    assert always.value == always.high == 1 and always.low is not None and 0.8 < always.low < 0.85


@pytest.mark.parametrize(("need", "needless", "count"), [(0.75, 0.04, 200), (0.02, 0.01, 200), (0.5, 0.1, 24)])
def test_intervals_of_balanced_accuracy_cover_the_truth(
    need: float, needless: float, count: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(estimates, "ROUNDS", 200)
    rng, held, wide = np.random.default_rng(7), 0, []
    for _ in range(300):
        figure = halved(list(zip(rng.random(count) < need, rng.random(count) < needless, strict=True))).figure(
            "balanced"
        )
        assert figure.low is not None and figure.high is not None
        held += figure.low <= (need + 1 - needless) / 2 <= figure.high
        wide.append(figure.high - figure.low)
    assert held >= 0.92 * 300
    spread = np.sqrt((need * (1 - need) + needless * (1 - needless)) / count)
    assert np.mean(wide) < 1.5 * 1.96 * spread
