"""Races on made-up scores whose truth is known: the best stays, the worse drop out, equals do not race for ever."""

from __future__ import annotations

import numpy as np
import pytest

from overture.policies.racing import Rules, flipped, look, looks, replayed


def race(means: list[float], units: int, seed: int, rules: Rules) -> tuple[str, int, bool]:
    """(winner, scores taken, whether the best dropped out). Scores are 0 or 1, paired by how hard a unit is."""
    hard = np.random.default_rng(seed).random(units)
    scores = {str(at): (hard < mean).astype(float).tolist() for at, mean in enumerate(means)}
    winner, held, taken = replayed(scores, rules, seed)
    best = str(int(np.argmax(means)))
    return winner, taken, any(best in one.beaten for one in held)


def test_the_best_is_kept_as_often_as_promised_and_trials_are_saved() -> None:
    rules = Rules(level=0.1, alike=0.0)
    found = [race([0.9, 0.6, 0.55, 0.5, 0.3, 0.2], 200, seed, rules) for seed in range(60)]
    dropped = sum(lost for _, _, lost in found)
    assert dropped <= 0.1 * 60
    assert sum(winner == "0" for winner, _, _ in found) >= 0.9 * 60
    assert np.mean([taken for _, taken, _ in found]) < 0.4 * 6 * 200


def test_equal_candidates_are_told_to_be_alike_and_stop() -> None:
    same = [0.5] * 4
    with_margin = race(same, 200, 1, Rules(alike=0.02))
    without = race(same, 200, 1, Rules(alike=0.0))
    assert with_margin[1] < 0.2 * 4 * 200 and without[1] == 4 * 200


def test_of_equals_the_first_is_best_and_is_not_beaten() -> None:
    seen = look({"none": [1.0] * 12, "gaps": [1.0] * 12}, 1, 2, Rules())
    assert seen.best == "none" and list(seen.beaten) == ["gaps"]


def test_a_lead_of_luck_drops_nobody() -> None:
    seen = look({"a": [1, 0, 1, 0, 1, 0, 1, 1.0], "b": [1, 0, 1, 0, 1, 0, 1, 0.0]}, 5, 2, Rules(alike=0))
    assert seen.best == "a" and not seen.beaten


@pytest.mark.parametrize(("units", "wanted"), [(0, []), (5, [5]), (8, [8]), (30, [8, 12, 18, 27, 30])])
def test_looks_grow_and_the_last_is_everything(units: int, wanted: list[int]) -> None:
    assert looks(units, Rules()) == wanted


def test_the_test_of_signs_is_exact_where_it_can_be_counted() -> None:
    assert flipped(np.ones(8)) == pytest.approx(1 / 256, rel=0.35)
    assert flipped(-np.ones(8)) == 1.0
    assert flipped(np.zeros(8)) == 1.0
    rng = np.random.default_rng(0)
    low = [flipped(rng.normal(size=20), seed) < 0.05 for seed in range(400)]
    assert 0.02 < np.mean(low) < 0.09, "with no difference it is below .05 about one time in twenty"
