"""A result that ends on a figure, and behind it a question that only closes: no task takes the two for one sentence.

In come replies as strong models end them; out come failures where the result is lost, or the closing question counts as
asking.
"""

from __future__ import annotations

import pytest

from overture.conversation import Message
from overture.tasks import named
from overture.tasks.collab.math import number as last_number
from overture.tasks.listed import questions
from overture.tasks.missing.first_reply import classed
from overture.tasks.sharded.answers import number
from overture.users.hearing import hear

CLOSING = ("Is that OK?", "Does that make sense?", "Would you like me to show the steps?", "Is this right?")
REQUEST = "Tom buys some apples and eats 3. How many apples does Tom have?"


@pytest.mark.parametrize("closing", CLOSING)
def test_the_result_stands_and_nothing_is_asked(closing: str):
    reply = f"Tom has 17 apples in all, so the answer to that is 14. {closing}"
    assert number(reply) == last_number(reply) == 14
    assert list(questions(reply)) == []
    reading = classed(reply, REQUEST, ("many apple", "buy"))
    assert (reading.label, reading.asks, reading.delivers) == ("guessed", False, True)
    for item in named.load("sharded", 6).items:
        assert not hear(item, item.opening.then(Message("assistant", reply))).elsewhere


def test_a_question_for_a_part_behind_a_figure_is_heard():
    reply = "He eats 3. How many apples does Tom buy?"
    reading = classed(reply, REQUEST, ("many apple", "buy"))
    assert (reading.label, reading.asks) == ("asked", True)
