"""The policy `worth_asking`: what cannot be undone is asked about, what can be is assumed aloud, the rest left alone.

In come requests; out come moves. Easy to get wrong: a question left unanswered is not put again, and each one makes the
next dearer, so it ends in a named assumption.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.models import Reply, Sampling, Scripted, Usage
from overture.policies import make
from overture.policies.base import with_tools
from overture.policies.disagreement import between_readings, disagreement, one_reading, same, sampled
from overture.policies.gaps_figures import GO_ON
from overture.policies.worth import DEFAULTS, Stakes
from overture.policies.worth_asking import WorthAsking, kind_of, questions_so_far
from talking import talk


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Book me a flight.", "irreversible"),
        ("Delete the old folder.", "irreversible"),
        ("Set an alarm.", "reversible"),
        ("Write a poem for my friend.", "draft"),
        ("How many apples has he?", "answer"),
        ("How do I learn the piano?", "advice"),
        ("I'm so tired today.", "talk"),
    ],
)
def test_what_is_at_stake(text: str, kind: str):
    assert kind_of(talk(text)) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Set an alarm and delete the old folder.", "irreversible"),
        ("Delete the old folder and set an alarm.", "irreversible"),
        ("Write a poem. Then rename the file.", "reversible"),
        ("Rename the file, write a poem and send it to Ana.", "irreversible"),
        ("How many apples are left? Please order 5 more.", "irreversible"),
    ],
)
def test_the_gravest_act_counts(text: str, kind: str):
    assert kind_of(talk(text)) == kind


def test_an_earlier_turns_act_counts_too():
    assert kind_of(talk("Cancel my order.", "Which one?", "Add a note to it as well.")) == "irreversible"


async def test_irreversible_acts_ask_reversible_ones_assume():
    booked = await WorthAsking().decide(talk("Book a table at Luigi's."))
    assert booked.move == "elicit"
    assert booked.details["request"] == "irreversible" and booked.details["gain"] > booked.details["price"]
    alarm = await WorthAsking().decide(talk("Set an alarm for tomorrow."))
    assert alarm.move in ("assume", "leave") and not alarm.say


async def test_costs_can_be_set():
    dear = {"irreversible": Stakes(wrong=-2.0, named=-1.5, cost=5.0)}
    assert (await WorthAsking(dear).decide(talk("Book a table at Luigi's."))).move != "elicit"
    assert WorthAsking(dear).identity() != WorthAsking().identity() == make("worth_asking").identity()


async def test_complete_requests_are_left_alone():
    assert (await WorthAsking().decide(talk("Tom has 7 apples and buys 5 more. How many has he?"))).leaves


async def test_a_read_only_tool_may_know():
    tools = [{"type": "function", "function": {"name": "search_bookings", "parameters": {}}}]
    policy = WorthAsking(found=0.95)
    assert (await policy.decide(with_tools(talk("Cancel my booking."), tools))).move == "consult"
    writes = [{"type": "function", "function": {"name": "cancel_booking", "parameters": {}}}]
    assert (await policy.decide(with_tools(talk("Cancel my booking."), writes))).move != "consult"


async def test_an_unanswered_question_is_not_asked_again():
    first = await WorthAsking().decide(talk("Book a table at Luigi's."))
    asked = first.say or "For how many people, and when?"
    second = await WorthAsking().decide(talk("Book a table at Luigi's.", asked, "I don't know."))
    assert second.move != "elicit"


async def test_who_is_to_go_ahead_does_not_read_the_questions_that_came_to_nothing():
    request = "Jasmine and Alexa went to the store to buy shoes. What's the combined shoe size for both of them?"
    first = await WorthAsking().decide(talk(request))
    assert first.say
    said = talk(request, first.say, "I don't know.", "You're not sure. What is the problem?", "I don't know.")
    second = await WorthAsking().decide(said)
    assert second.move == "assume" and second.instead is not None
    assert [message.text for message in second.instead.messages] == [request]


async def test_who_tells_it_in_pieces_is_waited_for_and_read_as_one():
    bare, piece = "How much does it cost to cover the whole floor?", "Each tile costs 4 dollars."
    first = await WorthAsking().decide(talk(bare))
    waits = await WorthAsking().decide(talk(bare, first.say, "I don't know."))
    assert first.say and waits.move == "acknowledge" and waits.say
    again = talk(bare, first.say, "I don't know.", waits.say, piece)
    assert (await WorthAsking().decide(again)).move == "acknowledge"
    ready = again.then(Message("assistant", GO_ON), Message("user", "She needs 30 tiles."))
    whole = (await WorthAsking().decide(ready)).instead
    assert whole is not None and piece in whole.messages[0].text and len(whole.messages) == 1


def test_questions_are_counted():
    assert questions_so_far(talk("a", "How many?", "b", "Done.", "c")) == 1


def test_answers_mean_the_same_by_number_or_by_words():
    assert same("So he has 1,200 apples.", "It is 1200") and not same("He has 12.", "He has 13.")
    assert same("The capital of France is Paris.", "Paris is the capital of France.")
    assert not same("An apple pie with cream.", "The train leaves from platform nine at night.")
    assert disagreement(["12", "12", "13"]) == pytest.approx(2 / 3)
    assert disagreement(["12"]) == 0


async def test_samples_are_drawn_with_seeds_of_their_own():
    drawn: list[Sampling] = []

    def note(_: object, sampling: Sampling, *__: object) -> Reply:
        drawn.append(sampling)
        return Reply(Message("assistant", "12"), Usage(1, 1), "stop", "m", 0.0)

    assert await sampled(Scripted(note, "noted", "1"), talk("6 + 6?"), 3) == ["12", "12", "12"]
    assert len({sampling.seed for sampling in drawn}) == 3 and {sampling.temperature for sampling in drawn} == {1.0}


async def test_a_question_is_not_put_again_where_more_words_followed_it():
    asked = talk("Send the report.", "Which report do you mean? Please let me know.", "I don't know.")
    assert (await WorthAsking().decide(asked)).move == "assume"


@pytest.mark.parametrize("settings", [{"answered": 5}, {"found": -1}, {"reader": "quick"}, {"prior": 1}])
def test_settings_that_mean_nothing_are_refused_when_it_is_made(settings: dict[str, Any]):
    with pytest.raises(UsageError):
        WorthAsking(**settings)


def test_every_default_is_a_price_of_something():
    assert set(DEFAULTS) == {"irreversible", "reversible", "draft", "answer", "advice", "talk"}
    assert all(stakes.cost > 0 and stakes.wrong <= stakes.named <= 1 for stakes in DEFAULTS.values())


OPEN = "Tom has some apples and buys 5 more. How many has he?"
READING = "Tom has 7 apples and buys 5 more. How many has he?"


def answering(to_the_request: tuple[int, ...], to_the_reading: tuple[int, ...]) -> Scripted:
    """Gives these numbers in turn to the request, those to one reading of it, and words that reading when told to."""
    given = {"request": 0, "reading": 0}

    def reply(conversation: Conversation) -> str:
        text = conversation.messages[-1].text
        if "below again" in text:
            return READING
        which, numbers = ("reading", to_the_reading) if text == READING else ("request", to_the_request)
        given[which] += 1
        return f"He has {numbers[(given[which] - 1) % len(numbers)]}."

    return Scripted.function(reply, "answering", "1")


async def test_the_reading_is_asked_for_inside_a_fence():
    told: list[str] = []

    def reply(conversation: Conversation) -> str:
        told.append(conversation.messages[-1].text)
        return f"  {READING} "

    reading = await one_reading(Scripted.function(reply, "reader", "1"), talk(OPEN))
    assert [message.text for message in reading.messages] == [READING]
    found = re.fullmatch(r".*<(\S+)> and </\1>.*\n\n<\1>\n(.*)\n</\1>\n", told[0], re.DOTALL)
    assert found and found[2] == OPEN
    await one_reading(Scripted.function(reply, "reader", "1"), talk(OPEN))
    assert told[0] == told[1], "the same request is the same bytes, or nothing could be taken from a journal"


@pytest.mark.parametrize(
    ("request_answers", "reading_answers", "left"),
    [
        ((12, 13, 14, 15), (12, 12, 12, 12), 1.0),
        ((12, 13, 14, 15), (12, 13, 14, 15), 0.0),
        ((12, 12, 13, 13), (12, 12, 12, 13), 2 / 3 - 1 / 2),
        ((12, 12, 12, 13), (12, 13, 14, 15), 0.0),
        ((12, 12, 12, 12), (12, 13, 14, 15), 0.0),
    ],
)
async def test_only_disagreement_between_readings_counts(
    request_answers: tuple[int, ...], reading_answers: tuple[int, ...], left: float
):
    """Whatever one reading leaves open too is difficulty and no reason to ask."""
    model = answering(request_answers, reading_answers)
    assert await between_readings(model, talk(OPEN), 4) == pytest.approx(left)


async def test_a_hard_request_is_not_taken_for_an_open_one():
    readings = answering((12, 13, 14, 15), (12, 12, 12, 12))
    hard = answering((12, 13, 14, 15), (12, 13, 14, 15))
    missing = [
        (await WorthAsking(samples=4, model=model).decide(talk(OPEN))).details["missing"] for model in (readings, hard)
    ]
    assert missing[0] > missing[1]


async def test_what_cannot_be_undone_is_drafted_where_no_answer_came():
    unanswered = talk("Send the report.", "Which report do you mean?", "I don't know.")
    decision = await WorthAsking().decide(unanswered)
    assert (decision.move, decision.say) == ("assume", "")
    assert "Do not do it yet" in decision.instruction
    ordered = await WorthAsking().decide(talk("Send the report. Just do it, no questions."))
    assert ordered.move == "assume" and "Do not do it yet" not in ordered.instruction


async def test_a_choice_that_is_left_to_the_other_is_not_asked_about():
    assert (await WorthAsking().decide(talk("Book any restaurant you like, I don't mind which."))).leaves
