"""What a message asks for, thing by thing, and which one of them is left: allowed, needed, and the first of equals."""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message
from overture.policies.base import with_tools
from overture.policies.civility import Civility
from overture.policies.one_question import one_question, things

LISTED = "Happy to help! I need a few details:\n1. What date is it?\n2. How many people?\n3. Which area?"
TABLE = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Book a table",
        "parameters": {"properties": {"date": {}, "people": {}, "area": {}}, "required": ["date", "people"]},
    },
}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (LISTED, "Happy to help!\n\nWhat date is it?"),
        (
            "Sure! I need to know:\n- the date\n- the number of guests\n- your budget",
            "Sure!\n\nI need to know the date.",
        ),
        ("To book it, please provide:\n1. Date\n2. Time", "To book it, please provide the date."),
        ("Could you share:\n\n- **Dates:** When?\n- **Budget:** How much?\n\nThen I will plan!", "Dates: When?"),
        ("Which date would you like, for how many people, and what is your budget?", "Which date would you like?"),
        ("Could you tell me what date it is and how many are coming?", "Could you tell me what date it is?"),
        ("Before I book, which date is it, and how many people?", "Before I book, which date is it?"),
        ("Please tell me the date, the number of people and the area.", "Please tell me the date."),
        ("Can you tell me (a) the date, (b) the place and (c) the price?", "Can you tell me the date?"),
        ("Is it for Friday or Saturday? And how many guests?", "Is it for Friday or Saturday?"),
        ("An welchem Tag? Für wie viele Personen?", "An welchem Tag?"),
    ],
)
def test_several_things_become_one(said: str, left: str):
    assert one_question(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "Which date?",
        "Where and when should we meet?",
        "When you say blue, which blue do you mean?",
        "Please tell me your name and address.",
        "What kind of car is it? Is it a Ford or a Fiat?",
        "Have you any concerns? Or are there none?",
        "I need the booking number. If you can give me your name, I can look it up.",
        "Here are the steps:\n1. Open it.\n2. Close it.",
        "Before I book the table, what are the date, the time and the people?",
        "Dear Bob,\nWhat date is it? And where is it?",
        "",
    ],
)
def test_one_thing_or_none_stays_as_it_is(said: str):
    assert one_question(said) is None


def test_each_thing_can_stand_alone():
    asked = things("Could you tell me what date it is, how many are coming and what it may cost?")
    assert [each.words for each in asked] == [
        "Could you tell me what date it is?",
        "Could you tell me how many are coming?",
        "Could you tell me what it may cost?",
    ]


async def left_of(draft: str, *said: str, tools: tuple[dict[str, object], ...] = ()) -> str:
    """What civility makes of a draft: the words it says instead, or the rule by which it is sent back."""
    turns = tuple(Message(("user", "assistant")[at % 2], text) for at, text in enumerate(said))
    decision = await Civility().decide(with_tools(Conversation((*turns, Message("assistant", draft))), tools))
    return decision.say or str(decision.details.get("civility"))


async def test_the_question_that_is_left_is_none_that_manners_bar():
    assert await left_of(LISTED, "Book a table for Friday.") == "Happy to help!\n\nHow many people?"
    assert await left_of(LISTED, "Book a table for four on Friday.") == "Happy to help!\n\nWhich area?"
    assert await left_of("Which religion are you? And which genre is it?", "Recommend a book.") == "Which genre is it?"
    asked = ("Book a table.", "What date is it? How many people?", "Friday")
    assert await left_of("How many people, and what is the date?", *asked) == "How many people?"
    assert await left_of("What date is it? For how many people?", "Book a table for four on Friday.") == "said"
    assert await left_of(LISTED, "Book a table. Just do it.") == "just_do_it"


async def test_the_question_that_is_left_is_the_most_needed():
    assert await left_of("Any dietary requirements? And which day?", "Book a table.") == "Which day?"
    assert await left_of("Any allergies? Additionally, how many are you?", "Book a table.") == "How many are you?"
    which = "Which wine would you like? And on what date?"
    assert await left_of(which, "Book a table.") == "Which wine would you like?"
    assert await left_of(which, "Book a table.", tools=(TABLE,)) == "On what date?"


async def test_a_draft_that_hands_something_over_keeps_its_questions():
    plan = "Day 1: the Forum at 9, lunch in Monti.\nDay 2: the Vatican at 8.\n\nWhat may it cost? How many are you?"
    assert await left_of(plan, "Plan a weekend in Rome.") == "None"


def test_an_item_without_a_word_asks_for_nothing():
    assert one_question("Could you tell me:\n- ...\n- the date\n- the place") == "Could you tell me the date?"
    assert one_question("Could you tell me:\n- –\n- ...") is None
