"""Choices in other words, amounts in cents, changes by so many percent, and the ends of weeks, months and quarters."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace

TODAY = date(2026, 6, 10)  # a Wednesday
FOUND = '{"id": "E-77", "salary": 52000, "workers": 4, "licences": 7, "temperature": 21, "timeout": 30, "due": "2026-07-05"}'

SAID: list[tuple[str, dict[str, Any]]] = [
    ("Get it done by the end of next week", {"deadline": "2026-06-19"}),
    ("Get it done by the end of the week", {"deadline": "2026-06-14"}),
    ("It should close by the end of Q3", {"close_date": "2026-09-30"}),
    ("Report at the end of the quarter", {"date": "2026-06-30"}),
    ("Switch the plan as of next month", {"effective": "2026-07-01"}),
    ("Start at the beginning of next year", {"start": "2027-01-01"}),
    ("Answer within ten days", {"due": "2026-06-20"}),
    ("Give him the 19,99 € back", {"amount_cents": 1999}),
    ("Charge her $12", {"unit_price_cents": 1200}),
    ("Give Wanda five percent more", {"new_salary": 54600}),
    ("Cut Wanda's pay by 10%", {"new_salary": 46800}),
    ("Triple the number of workers", {"workers": 12}),
    ("We need two more licences than now", {"licences": 9}),
    ("Raise it by half a degree", {"temperature": 21.5}),
    ("One more licence, please", {"licences": 8}),
    ("Halve the timeout", {"timeout": 15}),
    ("Set the volume to the max", {"volume": 100}),
    ("Blinds halfway down", {"position": 50}),
    ("three at 12.50 each", {"total": 37.5}),
    ("Keep it for three quarters of an hour", {"minutes": 45}),
    ("Postpone it by a month", {"due": "2026-08-05"}),
    ("For a year from the first of July", {"until": "2027-06-30"}),
    ("One month after the 3 July", {"date": "2026-08-03"}),
    ("A fortnight's notice", {"notice_days": 14}),
    ("Call 0171 555 0199", {"phone": "+491715550199"}),
    ("Vienna time", {"timezone": "Europe/Vienna"}),
    ("Pay in kronor", {"currency": "SEK"}),
    ("Anyone with the link may see it", {"is_public": True}),
    ("Open the port", {"allow": True}),
    ("half a kilo of flour and a litre of milk", {"items": [{"amount": 500, "unit": "g"}, {"amount": 1, "unit": "l"}]}),
    ("a dozen eggs", {"items": [{"amount": 12, "unit": "pieces"}]}),
    ("two tickets, second class", {"travel_class": "2"}),
    ("Put the page out in Dutch", {"target_language": "nl"}),
    ("Add my daughter Mila", {"relation": "child"}),
    ("Tell them I can't make it", {"response": "declined"}),
    ("When the sun goes down, turn it on", {"trigger": "sunset"}),
    ("It is the same issue as #4, close it", {"resolution": "duplicate"}),
    ("Whatever he writes should be thrown away", {"action": "delete"}),
]
MADE_UP: list[tuple[str, dict[str, Any]]] = [
    ("Get it done by the end of next week", {"deadline": "2026-06-17"}),
    ("Get it done by the end of next week", {"deadline": "2026-06-12"}),
    ("Get it done next week", {"deadline": "2026-06-19"}),
    ("It should close by the end of Q3", {"close_date": "2026-12-31"}),
    ("It should close next quarter", {"close_date": "2026-09-30"}),
    ("Switch the plan next month", {"effective": "2026-07-01"}),
    ("Switch the plan as of next month", {"effective": "2026-06-01"}),
    ("Give him the 19,99 € back", {"amount_cents": 1500}),
    ("Give him something back", {"amount_cents": 100}),
    ("Just me, charge the usual", {"total_cents": 100}),
    ("5 percent off", {"description_of_discount": 500}),
    ("Give Wanda five percent more", {"new_salary": 54000}),
    ("Give Wanda more", {"new_salary": 54600}),
    ("Triple the number of workers", {"workers": 10}),
    ("Change the number of workers", {"workers": 8}),
    ("Scale up, there are 2 regions", {"workers": 8}),
    ("We need more licences", {"licences": 9}),
    ("A seat in row 2 and a licence", {"licences": 9}),
    ("Set the volume", {"volume": 100}),
    ("Set the volume to the max", {"volume": 80}),
    ("three at 12.50 each", {"time": "00:50"}),
    ("Postpone it", {"due": "2026-08-05"}),
    ("Postpone it by a month", {"due": "2026-08-08"}),
    ("Call 0171 555 0199", {"phone": "+491715550198"}),
    ("Call 0171 555 0199", {"phone": "+49891715550199"}),
    ("Call 555 0199", {"phone": "+431555550199"}),
    ("Local time", {"timezone": "Europe/Vienna"}),
    ("Share the link", {"is_public": True}),
    ("flour and a litre of milk", {"items": [{"name": "flour", "unit": "g"}]}),
    ("Wait a second, two tickets", {"travel_class": "3"}),
    ("On the second Friday, please", {"travel_class": "2"}),
    ("Put the page out", {"target_language": "nl"}),
    ("Tell them I can't attend", {"response": "accepted"}),
    ("When it gets late, turn it on", {"trigger": "sunset"}),
    ("I told you already", {"apply_to_existing": True}),
]
ENUMS = {
    "travel_class": ["1", "2", "3"], "relation": ["child", "partner"], "trigger": ["sunset", "motion"],
    "response": ["accepted", "declined"], "resolution": ["fixed", "duplicate"], "action": ["delete", "archive"],
    "unit": ["g", "l", "pieces"],
}  # fmt: skip


def held(said: str, arguments: dict[str, Any]) -> list[str]:
    heard = Heard.of([Message("user", said), Message("tool", FOUND)], TODAY)
    items = {"items": {"properties": {"unit": {"enum": ENUMS["unit"]}}, "required": ["unit"]}}
    known = {name: {"enum": ENUMS[name]} if name in ENUMS else {} for name in arguments} | {"items": items}
    found = list(leaves(arguments, {"properties": known, "required": list(arguments)}))
    return [leaf.path for leaf in found if trace(leaf, heard, found) is None]


@pytest.mark.parametrize(("said", "arguments"), SAID, ids=str)
def test_what_was_said_in_other_words_is_found(said: str, arguments: dict[str, Any]):
    assert held(said, arguments) == []


@pytest.mark.parametrize(("said", "arguments"), MADE_UP, ids=str)
def test_what_nobody_said_is_not(said: str, arguments: dict[str, Any]):
    assert held(said, arguments)
