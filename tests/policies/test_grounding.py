"""Tracing: what was said in other words is found, what was made up is not, and near misses are told apart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace
from overture.policies.grounding.numbers import said
from overture.policies.grounding.times import times

TODAY = date(2026, 4, 29)  # a Wednesday


def traced(
    said: str, value: Any, name: str = "value", schema: dict[str, Any] | None = None, **beside: Any
) -> str | None:
    """How one argument is traced, in a conversation in which the user says one thing."""
    heard = Heard.of([Message("user", said)], TODAY)
    properties = {key: {} for key in beside} | {name: schema or {}}
    found = list(leaves({**beside, name: value}, {"properties": properties, "required": list(properties)}))
    return next(trace(leaf, heard, found) for leaf in found if leaf.name == name or leaf.path.startswith(name))


GROUNDED: list[tuple[str, Any]] = [
    # days
    ("Book it for 3 May.", "2026-05-03"),
    ("Book it for May 3rd, please", "2026-05-03"),
    ("the third of May", "2026-05-03"),
    ("on 2026-05-03", "2026-05-03"),
    ("on 03/05", "2026-05-03"),
    ("on 5/3/2026", "2026-05-03"),
    ("from 3 to 7 May", "2026-05-03"),
    ("from 3 to 7 May", "2026-05-07"),
    ("May 3-7", "2026-05-07"),
    ("this Friday", "2026-05-01"),
    ("next Friday", "2026-05-08"),
    ("tomorrow", "2026-04-30"),
    ("the day after tomorrow", "2026-05-01"),
    ("in two weeks", "2026-05-13"),
    ("in ten days", "2026-05-09"),
    ("on the 3rd", "2026-05-03"),
    ("at the end of the month", "2026-04-30"),
    ("arriving on 3 May for 4 nights", "2026-05-07"),
    ("for Christmas", "2026-12-25"),
    ("May 3", "May 3, 2026"),
    ("3 May at 7pm", "2026-05-03T19:00:00"),
    ("until the end of June", "2026-06-30"),
    ("from 3 August to the 6th", "2026-08-06"),
    ("for the whole weekend", "2026-05-02"),
    ("on weekdays", "tue"),
    ("every day", "sunday"),
    # times
    ("on Thursday at 3, in room Kepler", "15:00"),
    ("1 to 4", "13:00"),
    ("at 7pm", "19:00"),
    ("at seven in the evening", "19:00"),
    ("half past seven", "19:30"),
    ("quarter to eight", "19:45"),
    ("at noon", "12:00"),
    ("at 7", "19:00"),
    ("at 19.30", "19:30"),
    ("from 2 pm for an hour", "15:00"),
    ("7:30 PM", "7:30 pm"),
    # numbers
    ("a table for four", 4),
    ("for 4 people", 4),
    ("twenty-five chairs", 25),
    ("one thousand two hundred euros", 1200),
    ("€1,200", 1200),
    ("1.5k", 1500),
    ("a dozen eggs", 12),
    ("15% off", 15),
    ("15% off", 0.15),
    ("for 90 minutes", 1.5),
    ("for 1.5 hours", 90),
    ("two weeks", 14),
    ("5 km", 5000),
    ("2 adults and 3 children", 5),
    ("I had 20 and gave 8 away", 12),
    ("3 boxes of 12", 36),
    ("just for me", 1),
    ("my wife and I", 2),
    ("No deposit", 0),
    ("for 4 people", "4"),
    ("for half an hour", 30),
    ("an hour and a quarter", 75),
    ("two and a half hours", 150),
    ("5 foot 10", 177.8),
    ("1 hour 20", 80),
    ("154 pounds", 69.85),
    ("350 Fahrenheit", 177),
    ("half a gig", 512),
    ("2 MB", 2000000),
    ("90s", 90000),
    ("every other week", 2),
    ("every third day", 3),
    ("a tenner", 10),
    # names and other texts
    ("for MÜLLER", "Muller"),
    ("my name is zoë o'brien", "Zoë O’Brien"),
    ("in New York", "New York City"),
    ("in NYC", "New York City"),
    ("to amsterdm", "Amsterdam"),
    ("order AB-1234", "AB1234"),
    ("my mail is ana@mail.org", "ana@mail.org"),
    ("ana at mail dot org", "ana@mail.org"),
    ("call +49 (30) 123-456", "+4930123456"),
    ("ana dot b 77 at mail dot org", "ana.b77@mail.org"),
    ("put draft.txt into Clients", "/Clients/draft.txt"),
    ("2 lbs", "lb"),
    ("a one-way ticket", "one_way"),
    ("there and back again", "round_trip"),
    # codes
    ("a flight from Paris", "CDG"),
    ("two hundred dollars", "USD"),
]
MADE_UP: list[tuple[str, Any]] = [
    ("Book a table.", "2026-05-09"),
    ("Book it for 3 May.", "2026-05-04"),
    ("Book it for 3 May.", "2026-06-03"),
    ("Book it for 3 May 2027.", "2026-05-03"),
    ("next week", "2026-05-06"),
    ("sometime in May", "2026-05-06"),
    ("next Friday", "2026-05-09"),
    ("next Friday", "2026-06-12"),
    ("tomorrow", "2026-05-01"),
    ("arriving on 3 May for 4 nights", "2026-05-08"),
    ("Book it for 3 May.", "2026-05-03T19:00:00"),
    ("in the evening", "19:00"),
    ("at 7pm", "20:00"),
    ("for 7 people", "19:00"),
    ("Book a table.", 2),
    ("a table for four", 6),
    ("a few people", 3),
    ("flight LH2034", 2034),
    ("at 14:30", 14),
    ("some money", 50),
    ("My name is Ana.", "Ana Silva"),
    ("Send it to Ana.", "ana.silva@mail.org"),
    ("Send it to Ana.", "+49 30 5551234"),
    ("my order", "AB-1234"),
    ("order AB-1234", "AB-1235"),
    ("Book a flight.", "business"),
    ("book a flight", "CDG"),
    ("Send it.", "<recipient>"),
    ("Send it.", "user@example.com"),
    ("Send it.", "TBD"),
    ("Send it.", ""),
    ("in Rome", "12 Baker Street"),
    ("on weekdays", "sat"),
    ("until the end of June", "2026-06-29"),
    ("from 3 August to the 6th", "2026-11-06"),
    ("1 to 4 people", "13:00"),
    ("for half an hour", 40),
    ("5 foot 10", 180),
    ("154 pounds", 71),
    ("every other week", 3),
    ("for 5", 500),
    ("in ./docs/draft.txt", "/docs/archive/draft.txt"),
    ("my mail is ana dot b at mail dot org", "ana@mail.org"),
]


@pytest.mark.parametrize(("words", "value"), GROUNDED, ids=[f"{v} from {w}" for w, v in GROUNDED])
def test_what_was_said_in_other_words_is_found(words: str, value: Any):
    assert traced(words, value)


@pytest.mark.parametrize(("words", "value"), MADE_UP, ids=[f"{v} from {w}" for w, v in MADE_UP])
def test_what_was_made_up_is_not(words: str, value: Any):
    assert traced(words, value) is None


def test_with_no_known_day_a_weekday_can_be_any_and_tomorrow_any_day():
    heard = Heard.of([Message("user", "next Friday")])
    found = list(leaves({"day": "2026-05-08", "other": "2026-05-09"}, None))
    assert [trace(leaf, heard) for leaf in found] == ["said", None]
    assert trace(found[1], Heard.of([Message("user", "tomorrow")])) == "said"


def test_the_day_is_read_from_the_operator_and_not_from_a_table():
    told = [Message("system", "The current time is 2026-04-29 15:00 EST."), Message("user", "tomorrow")]
    assert Heard.of(told).today == TODAY
    table = Message("tool", '[{"date": "2026-01-01"}]')
    assert Heard.of([Message("user", "tomorrow"), table]).today is None
    assert Heard.of([Message("user", "Today is Wednesday, 29 April 2026")]).today == TODAY


def test_what_the_assistant_said_counts_only_once_the_user_agreed():
    leaf = next(leaves({"date": "2026-05-09"}, None))
    opened = [Message("user", "Book a table."), Message("assistant", "I'll book it for 9 May. Your name?")]
    assert trace(leaf, Heard.of([*opened, Message("user", "Ana Silva")])) is None
    asked = [Message("user", "Book a table."), Message("assistant", "Shall I take 9 May?")]
    assert trace(leaf, Heard.of([*asked, Message("user", "Yes, go ahead")])) == "said"
    assert trace(leaf, Heard.of([*asked, Message("user", "No, that's too late")])) is None


def test_a_tools_answer_grounds_and_so_do_sums_of_it():
    heard = Heard.of(
        [Message("user", "Book the cheapest."), Message("tool", '[{"id": "HAT001", "price": 152}, {"price": 103}]')]
    )
    found = list(leaves({"flight": "HAT001", "amount": 255, "id": "HAT002"}, None))
    assert [trace(leaf, heard, found) for leaf in found] == ["looked_up", "computed", None]


@pytest.mark.parametrize("written", ["9 May 2026", "2026-05-09", "May 9, 2026"])
def test_a_day_that_the_operator_writes_out_is_known_and_today_is_not(written: str):
    told = [Message("system", f"Today is 8 May 2026. The next visit is on {written}."), Message("user", "Book it.")]
    (visit,) = leaves({"date": "2026-05-09"}, None)
    (today,) = leaves({"date": "2026-05-08"}, None)
    assert trace(visit, Heard.of(told)) == "looked_up"
    assert trace(today, Heard.of(told)) is None


def test_the_operators_list_of_choices_is_no_evidence_that_one_was_chosen():
    heard = Heard.of([Message("system", "Cabins are economy and business."), Message("user", "Book it.")])
    choice = {"enum": ["economy", "business"]}
    found = list(leaves({"cabin": "business"}, {"properties": {"cabin": choice}, "required": ["cabin"]}))
    assert trace(found[0], heard) is None
    assert trace(found[0], Heard.of([Message("user", "in business class")])) == "said"


def test_only_what_is_required_is_traced_down_into_lists():
    schema = {
        "properties": {
            "guests": {"items": {"properties": {"name": {}, "diet": {}}, "required": ["name"]}},
            "note": {"type": "string"},
        },
        "required": ["guests", "table"],
    }
    found = list(leaves({"guests": [{"name": "Ana", "diet": "vegan"}, {}], "note": "x"}, schema))
    assert [(leaf.path, leaf.lacking) for leaf in found] == [
        ("guests[0].name", False), ("guests[1].name", True), ("table", True),
    ]  # fmt: skip


def test_defaults_flags_and_neutral_values():
    assert traced("Book it", "EUR", schema={"default": "EUR"}) == "default"
    assert traced("Book it", False, name="insurance") == "neutral"
    assert traced("Book it", True, name="insurance") is None
    assert traced("Book it with insurance", True, name="insurance") == "implied"
    assert traced("Skip the inbox", True, name="skip_inbox") == "implied"
    assert traced("Don't skip the inbox", True, name="skip_inbox") is None
    assert traced("Turn on dark mode", True, name="enabled") == "implied"
    assert traced("Turn off dark mode", True, name="enabled") is None
    assert traced("Book it", "none", schema={"enum": ["none", "vegan"]}) == "neutral"
    assert traced("It's urgent", "high", schema={"enum": ["low", "high"]}) == "implied"
    assert traced("Write to her", "high", schema={"enum": ["low", "high"]}) is None


def test_a_text_the_assistant_writes_is_held_to_its_facts():
    assert traced("Tell Bob I'm late", "Dear Bob, I am running late. Sorry!", name="text") == "composed"
    assert traced("Tell Bob I'm late", "Dear Bob, I will be 25 minutes late.", name="text") is None
    assert traced("Tell Bob I'm 25 minutes late", "Dear Bob, I will be 25 minutes late.", name="text") == "composed"
    assert traced("Tell Bob", "See you on 2026-05-09 then", name="body") is None


def test_codes_are_derived_from_as_many_names_as_the_user_gave():
    heard = Heard.of([Message("user", "Fly me from Paris to Boston.")])
    found = list(leaves({"from": "CDG", "to": "BOS"}, None))
    assert [trace(leaf, heard, found) for leaf in found] == ["derived", "derived"]
    heard = Heard.of([Message("user", "Fly me out of Paris.")])
    assert [trace(leaf, heard, found) for leaf in found] == ["derived", None]


def test_as_many_as_stand_in_the_list_beside_it():
    assert traced("for Ana and Bo", 2, name="count", guests=["Ana", "Bo"]) == "counted"


def test_numbers_in_digits_and_words():
    assert [n.value for n in said("two, three or 4; 1,200.50 and a dozen")] == [4.0, 1200.5, 2.0, 3.0, 12.0]
    assert said("at 14:30 on 2026-05-03, flight LH2034, v1.2.3") == []
    assert {n.value for n in said("1.200,50")} == {1200.5}


def test_times_of_day():
    assert times("at 7:15") == {435, 1155}
    assert times("by 3 days, for 4 people, 12 euros") == frozenset()
