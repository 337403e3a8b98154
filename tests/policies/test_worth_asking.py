"""The policy `worth_asking`: what cannot be undone is asked about, what can be is assumed aloud, the rest left alone.

In come requests; out come moves. Easy to get wrong: a question left unanswered makes the next one less worth, and
another turn dearer, so it ends in a named assumption.
"""

from __future__ import annotations

import pytest

from overture.conversation import Conversation
from overture.models import Scripted
from overture.policies import make
from overture.policies.base import with_tools
from overture.policies.disagreement import disagreement, same, sampled
from overture.policies.worth import DEFAULTS, Stakes
from overture.policies.worth_asking import WorthAsking, kind_of, questions_so_far


def talk(*turns: str) -> Conversation:
    sides = ("user", "assistant")
    return Conversation.of([{"role": sides[at % 2], "content": turn} for at, turn in enumerate(turns)])


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


def test_questions_are_counted():
    assert questions_so_far(talk("a", "How many?", "b", "Done.", "c")) == 1


def test_answers_mean_the_same_by_number_or_by_words():
    assert same("So he has 1,200 apples.", "It is 1200") and not same("He has 12.", "He has 13.")
    assert same("The capital of France is Paris.", "Paris is the capital of France.")
    assert not same("An apple pie with cream.", "The train leaves from platform nine at night.")
    assert disagreement(["12", "12", "13"]) == pytest.approx(2 / 3)
    assert disagreement(["12"]) == 0


async def test_samples_are_drawn_with_seeds_of_their_own():

    model = Scripted.function(lambda conversation: "12", "noted", "1")
    assert await sampled(model, talk("6 + 6?"), 3) == ["12", "12", "12"]


def test_every_default_is_a_price_of_something():
    assert set(DEFAULTS) == {"irreversible", "reversible", "draft", "answer", "advice", "talk"}
    assert all(stakes.cost > 0 and stakes.wrong <= stakes.named <= 1 for stakes in DEFAULTS.values())
