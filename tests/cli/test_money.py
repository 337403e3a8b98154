"""A MODEL as a command loads it. In comes a word, in a process that has imported nothing yet; out comes the model."""

from __future__ import annotations

import subprocess
import sys
from math import inf, nan

import pytest

from overture.cli.money import gated, limited, owing, price_of, prices_of
from overture.errors import UsageError
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


@pytest.mark.parametrize("text", ["-1,2", "1,nan", "inf,0", "a=1,2;b=3,-4", "1", "1,2,3", "cheap"])
def test_a_price_that_is_no_number_or_below_nought_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--price has "):
        prices_of(text)


@pytest.mark.parametrize("most", [-1.0, nan, inf])
def test_a_limit_that_would_never_be_passed_is_refused(most: float) -> None:
    with pytest.raises(UsageError, match="--max-cost takes 0 or more"):
        limited(most, ["embedded"], {})


def test_a_price_of_no_model_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("m=1,2", "1,2", "embedded=1,2"):
        limited(None, ["http://here/v1#m", "embedded"], prices_of(text))
    assert not capsys.readouterr().err
    limited(None, ["http://here/v1#m", "embedded"], prices_of("typo=1,2"))
    assert "--price names typo, which is no model of this run (embedded, m)" in capsys.readouterr().err


def test_a_call_may_take_the_seconds_it_is_given_though_nothing_is_heard_until_it_is_whole() -> None:
    model = gated("http://localhost:8000/v1#m", 8, seconds=1800)
    assert isinstance(model, Endpoint)
    assert (model.patience.silence, model.patience.total, model.patience.attempts) == (1800, 1800, 1)


def test_one_trial_is_owed_and_two_are():
    assert owing(1, 0, "why") == "1 trial is owed: why; the same command goes on with it"
    assert owing(2, 0, "why") == "2 trials are owed: why; the same command goes on with them"
