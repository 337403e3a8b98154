"""What is asked is asked in words for people: no names of arguments, the right argument, the user's own words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.policies.base import with_tools
from overture.policies.grounding.labels import doing, label
from overture.policies.grounding.leaf import Leaf
from overture.policies.insert_expansion import InsertExpansion

POLICY = InsertExpansion(today=date(2026, 6, 10))  # a Wednesday
DAY, BOTH = {"format": "date"}, {"format": "date-time"}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("add_to_list", "add to the list"),
        ("turn_off_lights", "turn off the lights"),
        ("create_out_of_office", "create the out of office"),
        ("create_dns_record", "create the DNS record"),
        ("bookTable", "book the table"),
        ("transfer", "do that"),
        ("frobnicate", "go on"),
    ],
)
def test_a_tools_name_becomes_what_is_about_to_be_done(tool: str, said: str):
    assert doing(tool) == said


@pytest.mark.parametrize(
    ("path", "value", "schema", "called"),
    [
        ("duration_minutes", 30, {}, "duration in minutes"),
        ("weight_kg", 1.5, {}, "weight in kg"),
        ("temperature_c", 21, {}, "temperature in °C"),
        ("amount_cents", 1999, {}, "amount"),
        ("hours", 8, {}, "hours"),
        ("remind_at", "2026-06-12T09:00:00", BOTH, "date and time to remind"),
        ("expires_on", "2026-06-12", DAY, "date it expires"),
        ("scheduled_at", "09:30", {}, "time it is scheduled"),
        ("until", "22:00", {}, "end time"),
        ("from", "2026-06-12", DAY, "start date"),
        ("valid_until", "2026-06-12", DAY, "date until which it is valid"),
        ("effective", "2026-06-12", DAY, "effective date"),
        ("due_date", "2026-06-12", DAY, "due date"),
        ("start_dt", "2026-06-12", DAY, "start date"),
        ("end.dateTime", "2026-06-12T09:00:00", BOTH, "end date and time"),
        ("sku", "A-1", {}, "SKU"),
        ("num_guests", 4, {}, "number of guests"),
        ("notify", "#ops", {}, "recipient"),
        ("position", 35, {"description": "0 closed, 100 open"}, "position"),
        ("people", 3, {"description": "Number of people"}, "number of people"),
        ("items[1].quantity", 3, {}, "quantity of item 2"),
    ],
)
def test_an_argument_is_called_by_a_noun(path: str, value: object, schema: dict[str, Any], called: str):
    assert label(Leaf(path, path.rpartition(".")[2], value, schema)) == called


def draft(said: str, tool: str, properties: dict[str, Any], **arguments: Any) -> Conversation:
    call = ToolCall(tool, json.dumps(arguments), "1")
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    talk = Conversation((Message("user", said), Message("assistant", None, tool_calls=(call,))))
    return with_tools(talk, [{"type": "function", "function": {"name": tool, "parameters": schema}}])


async def test_of_a_moment_only_what_lacks_is_asked_for():
    when = {"start": BOTH, "end": BOTH}
    said = "Block this Friday from 2 pm for the kick-off"
    asked = draft(said, "create_event", when, start="2026-06-12T14:00:00", end="2026-06-12T15:30:00")
    assert (await POLICY.decide(asked)).say == "Before I create the event, what is the end time?"


async def test_a_day_that_another_argument_has_is_not_quoted():
    days = {"first_day": DAY, "last_day": DAY}
    talk = draft(
        "I'm off from Monday the 6th of July", "set_absence", days, first_day="2026-07-06", last_day="2026-07-17"
    )
    assert (await POLICY.decide(talk)).say == "Before I set the absence, what is the last day?"


async def test_part_of_a_word_is_not_quoted():
    talk = draft("He wants something back", "refund_payment", {"amount": {"type": "number"}}, amount=20)
    assert (await POLICY.decide(talk)).say == "Before I refund the payment, what is the amount?"


async def test_several_things_flags_and_what_an_identifier_is_of_are_asked_for_as_people_do():
    points = draft("Give it its points", "update_ticket", {"story_points": {"type": "integer"}}, story_points=5)
    assert (await POLICY.decide(points)).say == "Before I update the ticket, how many story points should it be?"
    names = draft("File it", "create_issue", {"assignees": {"type": "array"}}, assignees=["mw"])
    assert (await POLICY.decide(names)).say == "Before I create the issue, what are the assignees?"
    flag = draft("Make a filter", "create_filter", {"apply_to_existing": {"type": "boolean"}}, apply_to_existing=True)
    assert (await POLICY.decide(flag)).say == "Before I create the filter: apply to existing, yes or no?"
    mail = draft("Forward it", "forward_email", {"message_id": {"type": "string"}}, message_id="18c3f0")
    assert (await POLICY.decide(mail)).say == "Before I forward the email, which message is it?"
    tax = draft("Fill it in", "submit_form", {"tax_id": {"type": "string"}}, tax_id="18c3f0")
    assert (await POLICY.decide(tax)).say == "Before I submit the form, what is the tax ID?"


@pytest.mark.parametrize("asked", ["which message is it?", "what are the message ID and the reason?"])
async def test_what_was_asked_by_another_name_is_not_asked_for_ever(asked: str):
    question = f"Before I forward the email, {asked}"
    talk = draft("Forward it", "forward_email", {"message_id": {"type": "string"}}, message_id="18c3f0")
    said = (Message("user", "Forward it"), Message("assistant", question), Message("user", "the one from Ola"))
    again = Conversation((*said, talk.messages[-1]), metadata=talk.metadata)
    assert (await POLICY.decide(again)).leaves
