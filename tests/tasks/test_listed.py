"""Is a question that goes on in a list heard as what the list asks for? By every reader of replies, and no other list.

In come lists as strong models write them; out come failures where an item is not asked for, or a list of results, of
choices or of offers is.
"""

from __future__ import annotations

import pytest

from overture.conversation import Message
from overture.tasks import named
from overture.tasks.listed import as_questions, listed
from overture.tasks.seeing import see
from overture.tasks.sharded.labels import label
from overture.tasks.sharded.protocols import sharded_of
from overture.tasks.task import Item, Setting, Task
from overture.users import hearing

LEADS = (
    "Sure! Could you tell me:\n\n- {}\n- your favourite colour",
    "Happy to help. To find the best one, could you please share a few details?\n\n1. {}\n2. your favourite colour\n\n"
    "Once I have this, I can get started.",
    "Please provide the following information:\n* **{}**\n* Favourite colour.",
    "I'll need a bit more information to do that. For example:\n\n- {}",
    "Before I start, I have a couple of questions:\n1) {}",
    "Could you share a few details?\n\n**The basics**\n- {}\n\n**Anything else**\n- Your favourite colour",
    "To plan this I'll need the following:\n\n**1. {}**\n**2. Favourite colour**",
    "Could you tell me:\n\n**{}:** roughly is fine\n**Favourite colour:** any will do",
)


@pytest.mark.parametrize("lead", LEADS)
def test_what_stands_in_the_list_is_asked_for(lead: str):
    text = lead.format("the date of the move")
    (found,) = listed(text)
    assert any("date of the move" in text[slice(*item)] for item in found.items)
    assert text[slice(*found.lead)] not in as_questions(text)
    assert any("the date of the move" in each for each in hearing.questions(text))


@pytest.mark.parametrize(
    "text",
    [
        "Which do you prefer:\n- centre\n- beach",
        "Where should the hotel be?\n- centre\n- beach",
        "Here is the plan:\n- pack\n- go",
        "We need the following:\n1. the total of the week",
        "I need to find the following:\n1. the total",
        "I need the following:\n1. 3 + 4 = 7",
        "Let me know if you need any of the following:\n- a car",
        "Would you like me to do the following:\n- book it",
        "You will need:\n- 2 eggs",
        "Could you tell me your budget?\n\nThank you.",
        "- one\n- two",
        "",
    ],
)
def test_no_other_list_asks(text: str):
    assert listed(text) == () and as_questions(text) == text


def test_only_the_first_sentence_of_an_item_asks_and_the_rest_stays_as_it_is():
    text = "Hello.\n\nPlease share:\n- Date: when you leave. I can be early.\n- How many?\n\nThanks!"
    assert as_questions(text) == "Hello.\n\n\n- Date: when you leave? I can be early.\n- How many?\n\nThanks!"


def lacking(name: str) -> tuple[Task, Item]:
    task = named.load(name, 4, 0)
    return task, next(item for item in task.items if item.lacking)


@pytest.mark.parametrize("name", ["pairs", "travel", "slots", "document", "code", "math", "missing", "sharded"])
@pytest.mark.parametrize("lead", LEADS[:2])
def test_users_hear_every_item(name: str, lead: str):
    task, item = lacking(name)
    part = item.open_parts[0]
    asked = part.terms[0] if name in ("missing", "travel") else part.name
    act = (task.hear or hearing.hear)(item, item.opening.then(Message("assistant", lead.format(asked))))
    assert part.name in act.asks


@pytest.mark.parametrize("name", ["pairs", "missing"])
@pytest.mark.parametrize("lead", LEADS)
async def test_a_first_reply_that_asks_in_a_list_asks_and_delivers_nothing(name: str, lead: str):
    task, item = lacking(name)
    reply = Message("assistant", lead.format(f"the {item.open_parts[0].terms[0]}"))
    verdict = await task.check(item, item.opening.then(reply), Setting(revealed=[()]))
    assert (verdict.first, verdict.delivered) == ("asked", None)


def test_each_item_of_a_list_is_a_question_in_the_labels_of_a_turn():
    task = named.load("sharded", 6, 0)
    item = next(item for item in task.items if item.group == "math")
    for lead, count in ((LEADS[0], 2), (LEADS[4], 1)):
        reply = Message("assistant", lead.format(item.parts[0].name))
        found = label(sharded_of(item), reply, see([item.opening], [reply])[0], item.request)
        assert (found.name, found.questions) == (("clarification", "interrogation")[count > 1], count)
