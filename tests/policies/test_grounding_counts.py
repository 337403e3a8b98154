"""A single thing is as many as the user spoke of one of: what is counted, and what is not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace

TODAY = date(2026, 4, 29)

ONE: list[tuple[str, dict[str, Any]]] = [
    ("Book a table at Nona's on Friday", {"tables": 1}),
    ("Book a nice quiet table by the window", {"table_count": 1}),
    ("I need a double room in Graz", {"rooms": 1}),
    ("I need a room with a view", {"number_of_rooms": 1}),
    ("a single room, please", {"guests": 1}),
    ("a single room, please", {"rooms": 1}),
    ("Book a table for one", {"party_size": 1}),
    ("Dinner at eight, just me", {"party_size": 1}),
    ("It's only for myself", {"guests": 1}),
    ("I'll be travelling alone", {"passengers": 1}),
    ("I want to fly to Rome", {"num_passengers": 1}),
    ("Sign me up for the pottery course", {"participants": 1}),
    ("Book me a seat on the early train", {"seats": 1}),
    ("a ticket to Berlin tomorrow", {"adults": 1}),
    ("one ticket to Berlin tomorrow", {"passengers": 1}),
    ("The room is for my sister", {"guests": 1}),
    ("Stay a night at the Lido", {"nights": 1}),
    ("Keep it for a week", {"weeks": 1}),
    ("Meet for an hour", {"duration_hours": 1}),
    ("Meet for an hour", {"duration_minutes": 60}),
    ("Print a copy of the lease", {"copies": 1}),
    ("I have a small suitcase", {"suitcases": 1}),
    ("Put an avocado in my basket", {"item": "avocado", "quantity": 1}),
    ("Buy this lamp", {"product_id": "L-77", "quantity": 1}),
    ("Add a black leather jacket", {"items": [{"name": "leather jacket", "qty": 1}]}),
    ("a table, we are one adult and two children", {"adults": 1}),
]
MADE_UP_ONE: list[tuple[str, dict[str, Any]]] = [
    ("two adults and three children for the museum", {"adults": 3, "children": 3}),
    ("Book a table at Nona's on Friday", {"party_size": 1}),
    ("Book a table at Nona's on Friday", {"guests": 1}),
    ("Book a table at Nona's on Friday", {"number_of_people": 1}),
    ("Get us a room in Graz", {"guests": 1}),
    ("Get us a room in Graz", {"nights": 1}),
    ("Find a hotel and book it", {"adults": 1}),
    ("Book a flight to Rome for us", {"passengers": 1}),
    ("We want to fly to Rome", {"passengers": 1}),
    ("Book the rooms we talked about", {"rooms": 1}),
    ("Book a table, a terrace one", {"high_chairs": 1}),
    ("I'd like to fly to Rome", {"checked_bags": 1}),
    ("I'm travelling alone", {"nights": 1}),
    ("Just me", {"rooms_per_floor": 1}),
    ("Start a job in the cluster", {"retries": 1}),
    ("Set a reminder", {"days_before": 1}),
    ("Book a table for my birthday", {"party_size": 1}),
    ("Put an avocado and oat milk in my basket", {"items": [{"name": "oat milk", "quantity": 1}]}),
    ("I have a meeting, order pens", {"item": "pens", "quantity": 1}),
    ("The table is for my wife and our children", {"party_size": 1}),
    ("Keep it for a week", {"copies": 1}),
    ("Rent a car in Split", {"drivers": 1}),
    ("This is a nightmare, cancel the tickets", {"tickets": 1}),
    ("Ship a parcel", {"weight_kg": 1}),
    ("Make a payment", {"amount": 1}),
]
SEVERAL: list[tuple[str, dict[str, Any]]] = [
    ("my husband, the twins and me", {"guests": 4}),
    ("me and my three colleagues", {"attendees": 4}),
    ("my wife plus her parents and me", {"guests": 4}),
    ("two couples", {"party_size": 4}),
    ("I'm coming with my son", {"children": 1}),
    ("Book a table for my wife and me", {"party_size": 2}),
    ("my parents, my sister and me", {"guests": 4}),
    ("2 adults and 3 children", {"party_size": 5}),
    ("We were six but two have cancelled", {"party_size": 4}),
    ("for 3 nights, 2 people", {"guests": 2, "nights": 3}),
    ("a double room for two for two nights", {"guests": 2, "nights": 2}),
    ("for Ana and Bo", {"names": ["Ana", "Bo"], "quantity": 2}),
    ("for Ana and Bo", {"passengers": ["Ana", "Bo"], "passenger_count": 2}),
    ("for Ana and Bo", {"guests": ["Ana", "Bo"], "party_size": 2}),
    ("two tickets to Rome", {"passengers": 2}),
    ("two tickets to Rome", {"tickets": 2, "seats": 2}),
    ("stay five nights", {"duration": 5}),
    ("a room for three nights", {"length_of_stay": 3}),
    ("a five minute timer", {"minutes": 5}),
    ("we're four", {"covers": 4}),
    ("2 adults and a toddler", {"adults": 2, "children": 1}),
    ("request 7 from Amira", {"from": "Amira", "amount": 7}),
    ("une chambre et une table pour deux personnes s'il vous plaît", {"rooms": 1, "tables": 1, "guests": 2}),
]
MADE_UP_SEVERAL: list[tuple[str, dict[str, Any]]] = [
    ("two couples", {"nights": 4}),
    ("my husband, the twins and me", {"guests": 3}),
    ("I'm coming with my colleague", {"children": 1}),
    ("a room for three nights", {"nights": 3, "guests": 3}),
    ("two rooms for three nights", {"rooms": 2, "nights": 3, "guests": 5}),
    ("two rooms for three nights", {"rooms": 2, "guests": 2}),
    ("my wife and I want a room", {"rooms": 2}),
    ("my wife and I want a room", {"nights": 2}),
    ("for Ana and Bo", {"names": ["Ana", "Bo"], "nights": 2}),
    ("a room with 2 km to the beach", {"guests": 2}),
    ("5 euros a day for 3 days", {"travellers": 8}),
    ("Pay 4 euros", {"party_size": 4}),
    ("Ship two boxes", {"boxes": 2, "pallets": 2}),
    ("2 adults and a toddler", {"adults": 2, "children": 2}),
    ("one quattro and two cokes", {"tip": 3}),
    ("from the 25th until the 27th", {"guests": 2}),
    ("a table on the 4th", {"guests": 4}),
]


def held(said: str, arguments: dict[str, Any]) -> list[str]:
    """The counts among a call's leaves that cannot be traced."""
    heard = Heard.of([Message("user", said)], TODAY)
    found = list(leaves(arguments, None))
    return [leaf.path for leaf in found if isinstance(leaf.value, int) and trace(leaf, heard, found) is None]


@pytest.mark.parametrize(("said", "arguments"), [*ONE, *SEVERAL], ids=str)
def test_a_count_is_traced_to_what_it_counts(said: str, arguments: dict[str, Any]):
    assert held(said, arguments) == []


@pytest.mark.parametrize(("said", "arguments"), [*MADE_UP_ONE, *MADE_UP_SEVERAL], ids=str)
def test_a_count_is_not_traced_to_another_thing(said: str, arguments: dict[str, Any]):
    assert held(said, arguments)
