"""A MODEL as a command loads it. In comes a word, in a process that has imported nothing yet; out comes the model."""

from __future__ import annotations

import subprocess
import sys

import pytest

from overture.cli.money import gated, owing, price_of, prices_of
from overture.models.endpoint import Endpoint
from overture.models.patience import Price


def test_a_scripted_yardstick_is_found_by_its_name_whatever_was_imported_before():
    code = "from overture.cli.money import gated; print(gated('scripted:guesser', 1).name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("scripted:guesser\n", "")


@pytest.mark.parametrize(
    ("word", "text", "price"),
    [
        ("http://here/v1#large", "large=1,2;3,4", Price(1, 2)),
        ("http://here/v1#small", "large=1,2;3,4", Price(3, 4)),
        ("http://here/v1#small", "large=1,2", None),
        ("embedded", "large=1,2", Price(0, 0)),
        ("embedded:fast", None, Price(0, 0)),
        ("scripted:asker", None, Price(0, 0)),
        ("embedded", "1,2", Price(1, 2)),
        (None, None, None),
    ],
)
def test_a_price_is_a_models_own_or_that_of_all_and_what_runs_here_costs_nothing(
    word: str | None, text: str | None, price: Price | None
):
    assert price_of(word, prices_of(text)) == price


def test_a_call_may_take_the_seconds_it_is_given_though_nothing_is_heard_until_it_is_whole() -> None:
    model = gated("http://localhost:8000/v1#m", 8, seconds=1800)
    assert isinstance(model, Endpoint)
    assert (model.patience.silence, model.patience.total, model.patience.attempts) == (1800, 1800, 1)


def test_one_trial_is_owed_and_two_are():
    assert owing(1, 0, "why") == "1 trial is owed: why; the same command goes on with it"
    assert owing(2, 0, "why") == "2 trials are owed: why; the same command goes on with them"
