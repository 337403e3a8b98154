"""Calls are named where both ways are on offer and one fits; elsewhere nothing is said."""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message
from overture.policies.api_first import ApiFirst, fits, works_an_interface
from overture.policies.base import with_tools
from overture.tasks.desk.jobs import job
from overture.tasks.desk.screen import CALLS, SCREEN

BOTH = (*SCREEN, *CALLS)


def asked(words: str, tools: tuple[dict[str, object], ...] = BOTH) -> Conversation:
    return with_tools(Conversation((Message("user", words),)), tools)


async def test_the_call_that_fits_is_named():
    decision = await ApiFirst().decide(asked('Please rename the document "Plan" to "Notes".'))
    assert (decision.move, decision.details["calls"][0]) == ("execute", "rename_document")
    assert "click" in decision.instruction


@pytest.mark.parametrize(
    ("words", "tools"),
    [
        ('Rename the document "Plan".', SCREEN),
        ('Rename the document "Plan".', CALLS),
        ("Hello there", BOTH),
        ("Hi", ()),
    ],
    ids=["only the screen", "only calls", "no call fits", "no tools"],
)
async def test_else_the_turn_is_left_alone(words: str, tools: tuple[dict[str, object], ...]):
    assert (await ApiFirst().decide(asked(words, tools))).leaves


def test_every_operation_of_two_hundred_jobs_is_found():
    jobs = [job(number, 1) for number in range(200)]
    missed = [each.request for each in jobs if {name for name, _ in each.calls} - set(fits(each.request, CALLS))]
    assert not missed


def test_tools_of_the_interface_are_told_from_calls():
    assert all(map(works_an_interface, SCREEN))
    assert not any(map(works_an_interface, CALLS))
    assert works_an_interface({"name": "mouseMove", "description": ""})
    assert works_an_interface({"name": "act", "description": "Works the element at a place on the page."})
    assert not works_an_interface({"name": "create_event", "description": "Creates an event. Returns all its fields."})
