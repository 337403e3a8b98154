"""What trials say of asking, worked by hand; and a tuning that learns it.

In come made-up trials whose truth is known. Easy to get wrong: where answers add nothing asking must come out as dear,
and requests that were put one way only must not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from overture.conversation import Conversation, Message
from overture.models import Scripted
from overture.policies.candidates import BARE
from overture.policies.learned import CHEAPEST, DEAREST, LEAST, learned
from overture.policies.tune import tune
from overture.policies.tune_plan import Plan, Worth
from overture.policies.worth import DEFAULTS, worth
from overture.simulate.store import Store, Trial
from overture.tasks import named
from overture.tasks.task import Item

REQUEST = "Write a poem for my friend."


def trial(item: int, first: str, solved: float | None, turns: int, covered: int = 0, wasted: int = 0) -> Trial:
    """One conversation about a request that lacks something."""
    outcome: Mapping[str, Any] = {
        "necessary": 1, "covered": covered, "first": first, "solved": solved, "turns": turns, "wasted": wasted,
    }  # fmt: skip
    said = Conversation((Message("user", REQUEST),))
    return Trial(f"{item}{first}", "made", str(item), 0, {}, "done", said, outcome)


def both(count: int, told: float, ahead: float) -> list[Trial]:
    """Each request put both ways; asking takes one turn more."""
    asked = [trial(item, "asked", told, 2, covered=1) for item in range(count)]
    return asked + [trial(item, "guessed", ahead, 1) for item in range(count)]


def test_worked_by_hand():
    found = learned(both(40, 1.0, 0.2), Worth(turn=0.1).parts)
    assert found and found.requests == 40
    assert (found.gain, found.price) == (pytest.approx(0.8), pytest.approx(0.1))
    by_hand = worth(1.0, DEFAULTS["draft"], answered=1.0)
    assert found.cost == pytest.approx((0.1 / 0.8) / (by_hand.price / by_hand.gain))
    assert found.answered == pytest.approx((40 + 8) / 50)
    assert found.spec("worth_asking+civility") == f"worth_asking:answered=0.96:cost={found.cost:.2f}+civility"


def test_asking_comes_out_dear_where_answers_add_nothing():
    for ahead in (0.5, 0.9):
        found = learned(both(LEAST, 0.5, ahead), Worth().parts)
        assert found and found.cost == DEAREST


def test_a_dearer_turn_makes_asking_dearer_and_a_better_answer_cheaper():
    cheap, dear = (learned(both(LEAST, 1.0, 0.0), Worth(turn=turn).parts) for turn in (0.05, 0.2))
    better, worse = (learned(both(LEAST, told, 0.0), Worth(turn=0.05).parts) for told in (1.0, 0.4))
    assert cheap and dear and better and worse
    assert cheap.cost < dear.cost and better.cost < worse.cost


def test_questions_that_nobody_answers_lower_the_chance_of_an_answer():
    silent = [trial(item, "asked", 0.0, 2, wasted=1) for item in range(40)]
    found = learned(both(LEAST, 1.0, 0.0) + silent, Worth().parts)
    assert found and found.answered == pytest.approx((LEAST + 8) / (LEAST + 40 + 10))


@pytest.mark.parametrize(
    "trials",
    [
        [],
        both(LEAST - 1, 1.0, 0.0),
        [trial(item, "asked", 1.0, 2, covered=1) for item in range(40)],
        [trial(item, "guessed", 1.0, 1) for item in range(40)],
        [trial(item, "asked", None, 2, covered=1) for item in range(40)],
    ],
)
def test_too_few_requests_put_both_ways_say_nothing(trials: Sequence[Trial]):
    assert learned(trials, Worth().parts) is None


async def test_a_tuning_learns_and_puts_what_it_learned(tmp_path: Path):
    whole = named.load("missing", 160, 0)

    def hasty(item: Item, said: Conversation) -> str | Message:
        """Right where it was told before it guessed."""
        told = sum(message.role == "user" for message in said.messages) > 1
        guessed = any(message.text.startswith("The answer") for message in said.messages)
        return whole.yardsticks["asker" if (told and not guessed) or not item.open else "guesser"](item, said)

    task = replace(whole, yardsticks={**whole.yardsticks, "hasty": hasty})
    with Store(tmp_path / "trials.sqlite") as store:
        model = Scripted.function(lambda conversation: "", "scripted:hasty", "1")
        tuned = await tune(Plan((task,), (BARE, "worth_asking")), model, store)
    found = tuned.learned
    assert found and found.requests >= LEAST and found.gain > 0.8
    assert found.price < 0.01 and found.cost == CHEAPEST  # the user tells it of itself a turn later, so asking is free
    assert "worth_asking" in tuned.winner
    assert tuned.figures["winner"]["worth"].value > tuned.figures["bare"]["worth"].value  # type: ignore[operator]
