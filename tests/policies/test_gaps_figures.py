"""A figure that is asked for: the question names what it hangs on, and who tells it in pieces is let go on.

In come requests and talks; out come questions and waits. Easy to get wrong: a request that is met by one more figure
must not be waited on, and a user who has had enough must not be told to go on.
"""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message
from overture.models import Scripted
from overture.policies import make, steer
from overture.policies.base import with_tools
from overture.policies.gaps import Gaps
from overture.policies.gaps_figures import (
    GO_ON,
    NOT_YET,
    figures_in,
    is_sum,
    question_about,
    seeks_figure,
    things,
    too_few,
)
from overture.policies.gaps_words import ours
from overture.policies.initiative import afresh, took_initiative
from overture.tasks.listed import questions
from talking import talk

BARE = "How many euros does Ines pay for the tiles of her floor?"
ASKED = "What do I need to know about Ines, the tiles and her floor?"
PIECES = ("The floor has 6 square metres.", "She needs 25 tiles for each square metre.", "One tile costs 3.20 euros.")


def test_what_the_things_do_is_not_of_their_name():
    assert things("How many people fit in a van?") == ("the people", "the van")
    assert things("How many students pass the exam?") == ("the students", "the exam")
    assert things("How many tennis balls fit?") == ("the tennis balls",)


def test_the_things_that_a_request_names_are_not_its_verbs_and_units():
    assert things("How many servings of soda does each guest get?") == ("the servings", "the soda", "each guest")
    assert things("How many euros do the posts for the fence around my garden cost?") == (
        "the posts", "the fence", "your garden",
    )  # fmt: skip
    assert things("How many gallons of milk does Aunt May have left?") == ("the milk", "Aunt May")
    assert things("How much is it to Trace's house?") == ("Trace's house",)
    assert things("How many hours?") == ()
    assert things("How many 苹果 are in the 箱子?") == () == things(f"How many {'a' * 9000}s are there?")


def test_a_figure_is_sought_where_the_request_asks_how_many():
    assert seeks_figure(BARE) and seeks_figure("Calculate the total number of trees.")
    assert not seeks_figure("Which database, given how much data it will hold?")
    assert figures_in("Half of the twelve are red, 3 are blue.") == 3
    assert too_few(talk(BARE).messages) and not too_few(talk(f"{PIECES[0]} {PIECES[1]} {BARE}").messages)
    assert not too_few(talk("Write a poem.").messages)


async def test_a_bare_request_for_a_figure_is_asked_by_what_it_names_and_never_asked_back():
    assert (await Gaps().decide(talk(BARE))).say == question_about(BARE) == ASKED
    asked = (await Gaps().decide(talk("How much money does Clare have left?"))).say
    assert asked == "What do I need to know about Clare?"


def test_a_shortened_word_is_as_small_as_its_parts():
    assert "what's" not in question_about("What's the total cost of Anna's trip?")


async def test_who_tells_it_in_pieces_is_let_go_on_until_there_is_something_to_reckon_with():
    unable = await Gaps().decide(talk(BARE, ASKED, "I don't know."))
    assert (unable.move, unable.say) == ("acknowledge", NOT_YET)
    first = talk(BARE, ASKED, "I don't know.", NOT_YET, PIECES[2])
    assert (await Gaps().decide(first)).say == GO_ON
    ready = first.then(Message("assistant", GO_ON), Message("user", PIECES[1]))
    decision = await Gaps().decide(ready)
    assert (decision.move, decision.say) == ("execute", "")
    assert decision.instead is not None
    assert [m.text for m in decision.instead.messages] == ["\n\n".join((BARE, PIECES[2], PIECES[1]))]


async def test_who_brings_nothing_or_has_had_enough_is_not_waited_for():
    for last in ("I don't know.", "Just do it.", "That is all, just answer."):
        decision = await Gaps().decide(talk(BARE, ASKED, "I don't know.", NOT_YET, last))
        assert not decision.say, last
    assert not (await Gaps().decide(talk(BARE, ASKED, "Just do it."))).say
    tools = [{"type": "function", "function": {"name": "get_bill", "parameters": {}}}]
    assert not (await Gaps().decide(with_tools(talk(BARE, ASKED, "I don't know."), tools))).say


async def test_a_request_that_one_more_figure_meets_is_not_waited_on():
    lacking = "Tom has some apples and buys 5 more. How many has he?"
    asked = (await Gaps().decide(talk(lacking))).say
    assert (await Gaps().decide(talk(lacking, asked, "He had 7."))).leaves


def test_what_lets_go_on_asks_nothing_and_is_known_as_the_policys_own():
    for text in (NOT_YET, GO_ON):
        assert not questions(text) and not took_initiative(text) and ours(text)
    assert ours(ASKED) and ours('You wrote "some apples": how many apples is that exactly?')
    assert not ours("How many apples did Tom have?")


def test_only_the_policys_own_words_are_taken_out_where_that_is_asked_for():
    said = talk(BARE, ASKED, PIECES[0], "How many tiles does she need?", PIECES[1], GO_ON, PIECES[2])
    own = afresh(said, ours)
    assert own is not None
    assert [m.text for m in own.messages] == [
        f"{BARE}\n\n{PIECES[0]}", "How many tiles does she need?", f"{PIECES[1]}\n\n{PIECES[2]}",
    ]  # fmt: skip
    assert afresh(talk(BARE, "How many tiles?", "25"), ours) is None


def test_a_reply_in_words_that_were_said_may_say_something_new():
    said = talk("Kent has more legos than Bruce. How many has Kent?", ASKED, "Bruce has more legos than Kent.")
    whole = afresh(said)
    assert whole is not None and whole.messages[0].text.endswith("Bruce has more legos than Kent.")


def _parrot(conversation: Conversation) -> str:
    """Says again what the assistant asked last, as small models do; else delivers."""
    last = [message.text for message in conversation.messages if message.role == "assistant"]
    return last[-1] if last and (questions(last[-1]) or ours(last[-1])) else "Answer: 480"


async def test_a_model_that_repeats_what_it_sees_neither_repeats_the_question_nor_the_wait():
    led = steer(Scripted.function(_parrot, "parrot", "1"), make("recommended"))
    said, replies = talk(BARE), list[str]()
    for piece in (*PIECES, ""):
        replies.append((await led.reply(said)).message.text)
        said = said.then(Message("assistant", replies[-1]), Message("user", piece))
    assert replies == [ASKED, GO_ON, "Answer: 480", "Answer: 480"]


async def test_a_model_that_repeats_an_answered_question_of_the_policys_is_sent_back():
    request = "Seth bought some boxes of oranges. How many boxes did he buy in the first place?"
    led = steer(Scripted.function(_parrot, "parrot", "1"), make("recommended"))
    asked = (await led.reply(talk(request))).message.text
    assert ours(asked)
    said = talk(request, asked, "He gave a box to his mother and has 4 boxes left.")
    assert (await led.reply(said)).message.text == "Answer: 480"
    assert (await steer(Scripted.function(_parrot, "parrot", "1"), make("gaps")).reply(said)).message.text == asked


@pytest.mark.parametrize(
    "request_",
    ["How much is 5 miles in km?", "How many grams are in 3 ounces?", "How much is 12 x 8?", "What is 20 % of 350?"],
)
async def test_a_sum_or_a_conversion_is_not_asked_about(request_: str):
    assert is_sum(request_)
    assert (await make("recommended").decide(Conversation((Message("user", request_),)))).leaves


@pytest.mark.parametrize(
    "request_",
    [
        "How much is 20 %?",
        "How many euros?",
        "How many apples are in 3 boxes?",
        "How many days is the trip of 3 stages?",
    ],
)
def test_what_names_a_thing_or_too_little_is_no_sum(request_: str):
    assert not is_sum(request_)
