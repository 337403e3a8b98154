"""Differences between groups: paired where the items are the same, and no surer than the units that differ."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from overture.audit import estimates
from overture.audit.differences import differences, holm
from overture.audit.estimates import Tally, wilson


def test_holm_against_a_known_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def tally_of(rng: np.random.Generator, share: float, seed: int, count: int = 60) -> Tally:
    """Of conversations that have an inclination and a length each."""
    inclination = rng.beta(share * 1.5, (1 - share) * 1.5, count)
    length = rng.integers(1, 12, count)
    tally = Tally(["x"], seed)
    tally.add(rng.binomial(length, inclination)[:, None].astype(float), length[:, None].astype(float))
    return tally


@pytest.mark.parametrize(("counts", "share"), [((20, 1000), 0.05), ((30, 300), 0.1), ((50, 50), 0.3)])
def test_groups_of_unequal_size_are_told_apart_no_oftener_than_p_says(
    counts: tuple[int, int], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "ROUNDS", 200)
    rng, names = np.random.default_rng(5), [str(draw) for draw in range(500)]
    groups = {name: Tally(names, seed) for seed, name in enumerate("ab")}
    for group, count in zip(groups.values(), counts, strict=True):
        group.add((rng.random((count, len(names))) < share).astype(float), np.ones((count, len(names))))
    p = np.array([d.p for d in differences(groups, names)])
    assert (p < 0.05).mean() <= 0.075 and (p < 0.001).mean() <= 0.005


@pytest.mark.parametrize(("n", "sure"), [(3, False), (20, True)])
@pytest.mark.parametrize("value", [1.0, 0.1])
def test_units_that_all_differ_alike_are_as_sure_as_they_are_many(n: int, sure: bool, value: float) -> None:
    one, other = Tally(["x"], keep=True), Tally(["x"], keep=True)
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
