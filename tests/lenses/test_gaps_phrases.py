"""The reader `phrases` of the lens `gaps`: what it adds to the patterns, what it leaves to them, and what it asks for.

In come requests; out come probabilities. Easy to get wrong: requests of figures must come out as the patterns have them,
to the last digit, and a request must say the same alone and among others.
"""

from __future__ import annotations

import numpy as np
import pytest

from overture.conversation import Conversation, Message
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import look
from overture.lenses.gaps_asks import likeliest
from overture.lenses.gaps_phrases import BITS, LONGEST, keys, look_up
from talking import talk


def seems(*texts: str) -> bool:
    seen = look_up([talk(*texts)])
    return bool(seen.missing[0] >= seen.threshold[0])


def test_phrases_of_every_length_have_a_place():
    found = keys(np.arange(3, 10, dtype=np.uint64))
    assert len(found) == sum(7 - length + 1 for length in range(1, LONGEST + 1)) == len(set(found.tolist()))
    assert found.min() >= 0 and found.max() < 2**BITS


@pytest.mark.parametrize(
    ("lacking", "complete"),
    [
        ("Translate this.", 'Translate "See you at the lake at five" into Polish.'),
        ("Book me a table.", "Book me a table for four at Casa Marta on Friday at 8 pm."),
        ("Order a taxi", "Order a taxi to the airport from 12 Harbour Street for six tomorrow morning."),
    ],
)
def test_everyday_requests_are_told_from_their_twins(lacking: str, complete: str):
    assert seems(lacking) and not seems(complete)


@pytest.mark.parametrize("role", ["system", "developer"])
def test_rules_before_a_request_change_nothing(role: str):
    for said in (("How much money does Clare have left?",), ("Translate this.", "Which text?", "That one.")):
        alone = talk(*said)
        ruled = Conversation((Message(role, "You are a helpful assistant."), *alone.messages))
        assert look_up([ruled]).missing[0] == look_up([alone]).missing[0]


def test_requests_of_figures_are_left_to_the_patterns():
    talks = [
        talk("Tom has some apples and buys 5 more. How many has he?"),
        talk("Add 3, 4 and 9 to the sheet, please."),
    ]
    mine, theirs = look_up(talks), look(lay_flat(talks))
    assert not mine.read.any()
    assert np.allclose(mine.missing, theirs.missing) and np.allclose(mine.threshold, theirs.threshold)
    assert look_up([talk("Translate this.")]).read.all()


def test_what_is_read_together_says_the_same_as_alone():
    talks = [
        talk("Order a taxi"),
        talk("Rename the file.", "Which one?", "report.pdf, to final.pdf"),
        talk("你好你好你好"),
    ]
    both = look_up(talks)
    assert np.isnan(both.missing[2]) and np.isnan(both.asks[2]).all()
    for at, each in enumerate(talks):
        alone = look_up([each])
        assert np.allclose(alone.missing, both.missing[at], equal_nan=True, atol=1e-5)
        assert np.allclose(alone.asks, both.asks[at], equal_nan=True, atol=1e-5)
    assert np.allclose(both.asks[:2].sum(axis=1), 1, atol=1e-5)


def test_it_says_what_to_ask_for():
    assert likeliest(look_up([talk("Translate this.")]).asks[0]) == ("text",)
    assert "place" in likeliest(look_up([talk("Book me a table.")]).asks[0])
