"""Estimates, tried on data whose truth is known: intervals cover, and p holds what it says.

In come simulated logs; out comes how often the truth was inside. Easy to get wrong: intervals over messages look fine
on messages drawn one by one, so the simulation draws conversations whose messages resemble each other.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from overture.audit import estimates
from overture.audit.estimates import Tally, differences, holm, wilson


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


def test_holm_against_a_known_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def tally_of(rng: np.random.Generator, share: float, seed: int, count: int = 60) -> Tally:
    tally = Tally(["x"], seed)
    tally.add(*clustered(rng, count, share))
    return tally


@pytest.mark.parametrize(("n", "sure"), [(3, False), (20, True)])
@pytest.mark.parametrize("value", [1.0, 0.1])
def test_units_that_all_differ_alike_are_as_sure_as_they_are_many(n: int, sure: bool, value: float) -> None:
    one, other = Tally(["x"]), Tally(["x"])
    one.add(np.full((n, 1), value), np.ones((n, 1)))
    other.add(np.zeros((n, 1)), np.ones((n, 1)))
    (found,) = differences({"a": one, "b": other}, ["x"])
    assert found.value == pytest.approx(value) and (found.p_adjusted < 0.05) is sure
    assert [d.p for d in differences({"a": one, "b": one}, ["x"])] == [1.0]


def test_differences_find_what_is_there_and_seldom_what_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimates, "ROUNDS", 300)
    rng = np.random.default_rng(3)
    false = 0
    for run in range(100):
        groups = {name: tally_of(rng, 0.3, 10 * run + k) for k, name in enumerate("abc")}
        found = differences(groups, ["x"])
        assert [(d.a, d.b) for d in found] == [("a", "b"), ("a", "c"), ("b", "c")]
        assert all(d.p <= d.p_adjusted <= 1 and d.low <= d.high for d in found)
        false += any(d.p_adjusted < 0.05 for d in found)
    assert false <= 12
    (real,) = differences({"a": tally_of(rng, 0.2, 1, 200), "b": tally_of(rng, 0.6, 2, 200)}, ["x"])
    assert real.p_adjusted < 0.001 and real.value < 0 and real.high < 0


def test_a_figure_that_one_group_lacks_is_not_compared():
    one, none = tally_of(np.random.default_rng(4), 0.5, 1), Tally(["x"], 2)
    assert differences({"a": one, "b": none}, ["x"]) == []


@pytest.mark.parametrize("count", [4, 12, 60])
@pytest.mark.parametrize("pair", [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
def test_a_difference_of_nevers_and_always_has_room_for_doubt(count: int, pair: tuple[float, float]) -> None:
    tallies = {name: Tally(["x"]) for name in "ab"}
    for tally, value in zip(tallies.values(), pair, strict=True):
        tally.add(np.full((count, 1), 5 * value), np.full((count, 1), 5.0))
    (found,) = differences(tallies, ["x"])
    assert found.low <= found.value <= found.high
    assert found.high - found.low >= wilson(0.0, count)[1]
    assert found.p >= 2.0 ** (1 - count)


def test_few_items_run_often_are_few() -> None:
    """Two items, a hundred runs each, one model a little better on both: no number of runs makes that a finding."""
    one, two = Tally(["x"]), Tally(["x"])
    one.add(np.array([[40.0], [60.0]]), np.full((2, 1), 100.0))
    two.add(np.array([[20.0], [41.0]]), np.full((2, 1), 100.0))
    (found,) = differences({"a": one, "b": two}, ["x"])
    assert found.p >= 0.5


@pytest.mark.parametrize(("count", "shares"), [(12, (0.3, 0.6)), (25, (0.1, 0.1)), (60, (0.3, 0.6))])
def test_intervals_of_paired_differences_cover_the_truth(
    count: int, shares: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "ROUNDS", 300)
    rng = np.random.default_rng(count)
    inside = 0
    for run in range(200):
        luck = rng.random(count)
        tallies = {name: Tally(["x"], run) for name in "ab"}
        for tally, share in zip(tallies.values(), shares, strict=True):
            own = np.where(rng.random(count) < 0.5, luck, rng.random(count))
            tally.add((own < share)[:, None] * 5.0, np.full((count, 1), 5.0))
        (found,) = differences(tallies, ["x"])
        inside += found.low <= shares[0] - shares[1] <= found.high
    assert inside / 200 >= 0.90


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


@pytest.mark.parametrize("count", [6, 12, 24])
def test_two_that_are_alike_are_told_apart_no_oftener_than_p_says(count: int) -> None:
    """Every way in which units can differ up and down, with the chance of each if both models are alike."""
    ways = [(up, down) for up in range(count + 1) for down in range(count + 1 - up)]
    rows = np.arange(count)[:, None]
    ups, downs = np.array(ways).T
    names = [f"{up} {down}" for up, down in ways]
    one, two = Tally(names, keep=True), Tally(names, keep=True)
    one.add((rows < ups).astype(float), np.ones((count, len(ways))))
    two.add(((rows >= ups) & (rows < ups + downs)).astype(float), np.ones((count, len(ways))))
    p = {d.figure: d.p for d in differences({"a": one, "b": two}, names)}
    for differ in (0.2, 0.5, 0.8, 1.0):
        chance = {
            name: comb(count, up + down) * differ ** (up + down) * (1 - differ) ** (count - up - down)
            * comb(up + down, up) * 0.5 ** (up + down)
            for name, (up, down) in zip(names, ways, strict=True)
        }  # fmt: skip
        for level in (0.05, 0.005, 0.001):
            assert sum(each for name, each in chance.items() if p[name] < level) <= 1.5 * level


def test_no_more_units_speak_than_differ() -> None:
    """Of a hundred units three differ, all in one way: a test of signs says 0.25, whatever the ninety-seven."""
    one, two = Tally(["x"], keep=True), Tally(["x"], keep=True)
    rows = np.arange(100)[:, None]
    one.add((rows < 53).astype(float), np.ones((100, 1)))
    two.add((rows < 50).astype(float), np.ones((100, 1)))
    (found,) = differences({"a": one, "b": two}, ["x"])
    assert one.apart(two, "x") == 3 and found.p == 0.25


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
