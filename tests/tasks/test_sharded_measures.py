"""Mean, aptitude and unreliability: by hand, paired, and how far off with few runs."""

from __future__ import annotations

import numpy as np
import pytest

from overture.errors import UsageError
from overture.tasks.sharded import measures
from overture.tasks.sharded.measures import Measured, beside, measure, per_item


def test_by_hand() -> None:
    found = per_item(np.array([[0.0, 0.25, 0.5, 0.75, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.9, 0.8], [1, 1, 0], [0.2, 0.6, 0.6]])


SPREADS = [
    (5, 0.533),
    (10, 0.655),
    (100, 0.784),
]


@pytest.mark.parametrize(("runs", "shown"), SPREADS)
def test_with_few_runs_unreliability_is_too_small(runs: int, shown: float) -> None:
    """Scores spread evenly over 0…1 have U90-10 = 0.80; the docstring's figures are these."""
    scores = np.random.default_rng(runs).random((20_000, runs))
    assert per_item(scores)[:, 2].mean() == pytest.approx(shown, abs=0.006)


@pytest.mark.parametrize(("runs", "shown"), [(5, 0.81), (10, 0.98)])
def test_a_coin_has_unreliability_one_and_shows_less(runs: int, shown: float) -> None:
    scores = (np.random.default_rng(runs).random((20_000, runs)) < 0.5).astype(float)
    assert per_item(scores)[:, 2].mean() == pytest.approx(shown, abs=0.01)
    assert f"{shown:.2f}" in (measures.__doc__ or "")


def runs_of(p: float, items: int, runs: int, seed: int) -> dict[str, list[float | None]]:
    rng = np.random.default_rng(seed)
    return {f"i{n}": [float(value) for value in rng.random(runs) < p] for n in range(items)}


def test_ratios_are_paired_and_their_intervals_hold_the_truth() -> None:
    full, sharded = runs_of(0.8, 200, 10, 1), runs_of(0.5, 200, 10, 2)
    found = measure({"full": full, "sharded": sharded, "concat": full})
    assert (found.items, found.left_out, found.runs) == (200, 0, 10)
    ratio = found.ratios["sharded_to_full"]
    assert ratio.low is not None and ratio.high is not None and ratio.value is not None
    assert ratio.low < 0.625 < ratio.high and ratio.high - ratio.low < 0.1
    same = found.ratios["concat_to_full"]
    assert same.value == 1 and same.low is None, "no draw of items changes it, so there is no interval"
    assert found.figures["full"]["mean"].value == pytest.approx(0.8, abs=0.03)
    change = found.ratios["unreliability_change"].value
    assert change is not None and change > 0.05
    assert found.ratios["aptitude_change"].value == pytest.approx(-0.005, abs=0.02)


def test_intervals_cover_as_often_as_they_say() -> None:
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hard = rng.random(80)
        scores = {f"i{n}": [float(v) for v in rng.random(5) < p] for n, p in enumerate(hard)}
        figure = measure({"sharded": scores}).figures["sharded"]["mean"]
        assert figure.low is not None and figure.high is not None
        hits += figure.low <= 0.5 <= figure.high
    assert hits >= 52


def test_different_numbers_of_runs_do_not_compare() -> None:
    with pytest.raises(UsageError, match="5 to 10 times"):
        measure({"full": runs_of(0.5, 3, 10, 0), "sharded": runs_of(0.5, 3, 5, 0)})


def test_an_item_without_every_score_is_left_out_and_counted() -> None:
    full, sharded = runs_of(0.5, 10, 5, 0), runs_of(0.5, 10, 5, 1)
    sharded["i3"][2] = None
    del full["i7"]
    found = measure({"full": full, "sharded": sharded})
    assert (found.items, found.left_out) == (8, 2)
    assert measure({"full": {"a": [None]}}).figures == {}
    assert measure({}) == Measured({}, {}, 0, 0, 0)


def test_nothing_is_divided_by_nothing() -> None:
    nothing: dict[str, list[float | None]] = {"a": [0.0, 0.0], "b": [0.0, 0.0]}
    found = measure({"full": nothing, "sharded": nothing})
    assert found.ratios["sharded_to_full"].value is None


def test_the_papers_headline_stands_beside_ours() -> None:
    scores = {"full": runs_of(0.8, 60, 5, 1), "concat": runs_of(0.76, 60, 5, 3), "sharded": runs_of(0.5, 60, 5, 2)}
    found = {one.name: one for one in beside(scores)}
    assert list(found) == list(measures.PUBLISHED)
    change = found["sharded_change"]
    assert change.figure.value == pytest.approx(-0.375, abs=0.06) and change.figure.unit == "share"
    assert (change.told, found["unreliability_change"].told, found["concat_to_full"].told) == ("−39%", "112%", "95%")
    once = {name: {item: runs[:1] for item, runs in items.items()} for name, items in scores.items()}
    assert [one.name for one in beside(once)] == ["sharded_change", "concat_to_full"], "one run has no percentiles"
    assert beside({"sharded": scores["sharded"]}) == []
