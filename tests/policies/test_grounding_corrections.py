"""What was put right no longer vouches for anything; what was not, still does."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace

TODAY = date(2026, 4, 29)
SIZES = {"properties": {"size": {"enum": ["small", "medium", "large"]}}, "required": ["size"]}

KEPT: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("Book a table for 2", "For 2, then?", "no, make it 3 please"), {"guests": 3}),
    (("A room for 2 guests for 3 nights", "Sure?", "no, make it 4 nights"), {"guests": 2, "nights": 4}),
    (("2 guests, 3 nights", "Sure?", "no, make it 4"), {"guests": 2, "nights": 4}),
    (("2 guests, 3 nights", "Sure?", "no, make it 4"), {"guests": 4, "nights": 3}),
    (("Friday at 7, no wait, at 8",), {"date": "2026-05-01", "time": "20:00"}),
    (("on 3 May at 7pm", "Booked?", "sorry, I meant 4 May"), {"date": "2026-05-04", "time": "19:00"}),
    (("2 tickets. Actually the earlier show is better",), {"tickets": 2}),
    (("Order 2 mugs", "White?", "No, the blue ones"), {"quantity": 2}),
    (("Order 2 mugs", "To work?", "No, to 14 Elm Road"), {"quantity": 2}),
    (("the holiday pot, not the car one",), {"pot": "holiday"}),
    (("the holiday pot, not the car one",), {"avoid": "car"}),
    (("Not the car pot? Fine, take the car pot",), {"pot": "car"}),
    (("4 people", "Inside?", "no, outside, and tell them it's Ana"), {"people": 4}),
]
TAKEN_BACK: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("the holiday pot, not the car one",), {"pot": "car"}),
    (("the oak table rather than the pine",), {"wood": "pine"}),
    (("Book a table for 2", "For 2, then?", "no, make it 3 please"), {"guests": 2}),
    (("A room for 2 guests for 3 nights", "Sure?", "no, make it 4 nights"), {"guests": 2, "nights": 3}),
    (("Send 40 euros", "40?", "sorry, 45"), {"amount": 40}),
    (("Friday at 7, no wait, at 8",), {"time": "19:00"}),
    (("on 3 May at 7pm", "Booked?", "sorry, I meant 4 May"), {"date": "2026-05-03"}),
    (("on Friday, actually Saturday is better",), {"date": "2026-05-01"}),
    (("the meeting at 3pm please, make that 4pm",), {"time": "15:00"}),
    (("three boxes - oh, sorry, four",), {"boxes": 3}),
]


def held(said: tuple[str, ...], arguments: dict[str, Any], schema: dict[str, Any] | None = None) -> list[str]:
    """The arguments that cannot be traced, or are taken back."""
    heard = Heard.of([Message(("user", "assistant")[at % 2], text) for at, text in enumerate(said)], TODAY)
    found = list(leaves(arguments, schema))
    return [leaf.path for leaf in found if trace(leaf, heard, found) is None]


@pytest.mark.parametrize(("said", "arguments"), KEPT, ids=str)
def test_a_correction_takes_back_nothing_else(said: tuple[str, ...], arguments: dict[str, Any]):
    assert held(said, arguments) == []


@pytest.mark.parametrize(("said", "arguments"), TAKEN_BACK, ids=str)
def test_what_was_corrected_is_taken_back(said: tuple[str, ...], arguments: dict[str, Any]):
    assert held(said, arguments)


def test_another_choice_takes_the_first_one_back():
    said = ("The jacket in medium. No wait, the large one",)
    assert held(said, {"size": "large"}, SIZES) == []
    assert held(said, {"size": "medium"}, SIZES) == ["size"]
