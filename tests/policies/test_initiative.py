"""What a reply brings, what is left of the initiative, and that nobody is pestered, whoever does the asking.

In come conversations said by hand, and whole ones between simulated users and assistants that ask. Easy to get wrong:
an assistant whose questions are answered must be left to ask them all.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.models import Scripted
from overture.policies import make, steer
from overture.policies.gaps import Gaps, dearer
from overture.policies.initiative import TO_ASK, afresh, brings_nothing, enough, exchanges, initiative
from overture.policies.manners import more_to_come, telling
from overture.tasks import sharded
from overture.tasks.listed import questions
from overture.users.shards import Shards
from talking import talk

SAID = telling("The train leaves with 180 passengers at nine.")


@pytest.mark.parametrize(
    "reply",
    ["I don't know.", "No idea, sorry", "As I said: the train leaves with 180 passengers.", "", "up to you", "No.",
     "That is beside the point. By the way, it has been a long day.", "Just do it.", "Why do you ask?",
     "The train leaves with 180 passengers", "I told you, 180 passengers", "I don't know. It leaves at nine."],
)  # fmt: skip
def test_replies_that_bring_nothing(reply: str):
    assert brings_nothing(reply, SAID)


@pytest.mark.parametrize(
    "reply",
    ["7", "yes", "The second one", "45 get off at the first stop.", "I don't know, but 45 get off.", "Friday", "Ana",
     "As I said, at nine, and from platform 4.", "It leaves at nine."],
)  # fmt: skip
def test_replies_that_bring_something(reply: str):
    assert not brings_nothing(reply, SAID)


def test_exchanges_pair_a_question_with_the_next_words_of_the_user():
    said = talk("Book.", "Which day?", "Friday", "Done.", "And a taxi", "From where?", "I don't know.")
    assert [(each.at, each.heard, each.brought) for each in exchanges(said.messages)] == [(1, 2, True), (5, 6, False)]


def test_the_budget_rises_and_falls():
    nothing = ("Which day?", "I don't know.")
    assert initiative(talk("Book.", *nothing)) == pytest.approx(0.4)
    twice = talk("Book.", *nothing, "For whom?", "I don't know.")
    assert initiative(twice) < TO_ASK
    assert initiative(twice.then(Message("assistant", "Done."), Message("user", "It is for Ana."))) < TO_ASK
    more = twice.then(*talk("It is for Ana.", "Done.", "Take the train.").messages[1:])
    assert initiative(more) == pytest.approx(initiative(twice) + 0.1)
    halves = talk("Book.", *nothing, "For whom?", "Ana", "Where?", "I don't know.", "How?", "By train")
    assert initiative(halves) >= TO_ASK


def test_a_question_is_dearer_the_less_initiative_is_left():
    assert dearer(0.6, 1.0) == pytest.approx(0.6)
    assert 0.6 < dearer(0.6, 0.4) < dearer(0.6, 0.25) < 1


def test_afresh_takes_out_questions_and_keeps_what_was_handed_over():
    said = talk("Sum it.", "How many apples?", "7", "It is 12.", "And pears", "How many pears?", "I don't know.", "Hm")
    shorter = afresh(said)
    assert shorter is not None
    assert [m.text for m in shorter.messages] == ["Sum it.\n\nHow many apples? 7", "It is 12.", "And pears", "Hm"]
    assert afresh(talk("Sum it.", "12.", "Thanks")) is None
    call = Message("assistant", None, tool_calls=(ToolCall("look", "{}"),))
    assert afresh(said.then(call)) is None


def test_a_question_is_known_by_its_own_words_and_not_by_what_it_quotes():
    request = "How many euros does each of the seven friends pay for the fuel of the long drive to the sea?"
    said = talk(request, f'You wrote "{request}": for which drive?', "As I said: the long drive to the sea.")
    shorter = afresh(said)
    assert shorter is not None and [m.text for m in shorter.messages] == [request]


async def test_a_run_of_nothing_ends_asking_and_something_missing_is_assumed():
    lacking = "Tom has some apples and buys 5 more. How many has he?"
    asked = talk(lacking, "Which shop is it?", "I don't know.", "What colour are they?", "No idea.")
    decision = await Gaps().decide(asked)
    assert (decision.move, decision.say) == ("assume", "")
    assert decision.instead is not None and decision.instead.messages == (Message("user", lacking),)
    fresh = await Gaps().decide(replace(talk(lacking), metadata={"initiative": 0.1}))
    assert (fresh.move, fresh.say) == ("assume", "")


async def test_who_says_it_in_pieces_is_not_asked_in_between():
    pieces = "I'll tell you piece by piece. Tom has some apples and buys 5 more."
    assert more_to_come(talk(pieces).messages)
    assert not (await Gaps().decide(talk(pieces))).say
    assert not more_to_come(talk("Cut it in two pieces.").messages)


def pestering(conversation: Conversation) -> str:
    """Goes on asking for as long as it sees a question of its own side's, as small models do."""
    asked = any(questions(m.text) for m in conversation.messages if m.role == "assistant")
    words = " ".join(m.text for m in conversation.messages if m.role == "system")
    told = "Ask the user nothing" in words or "Do not ask again" in words
    return "Answer: 10" if told and not asked else "What colour is the bicycle of your aunt?"


@pytest.mark.parametrize("policy", ["gaps", "recommended"])
async def test_a_conversation_in_pieces_is_not_pestered(policy: str):
    """Bare, each of these talks goes to the cap."""
    for item in sharded.task(8, 0, kinds=("math",)).items:
        led = steer(Scripted.function(pestering, "pestering", "1"), make(policy))
        user, said, asked = Shards().start(item, 0), Conversation(()), 0
        for _ in range(20):
            heard = await user.next(said)
            if heard.done or heard.message is None:
                break
            said = said.then(heard.message)
            reply = await led.reply(said)
            asked += bool(questions(reply.message.text))
            said = said.then(reply.message)
        else:
            pytest.fail(f"{item.id} went to the cap")
        assert asked <= 4, [m.text for m in said.messages]


@pytest.mark.parametrize("policy", ["gaps", "recommended"])
async def test_a_booking_whose_questions_are_answered_is_not_cut_short(policy: str):
    wanted = ["Which day is it?", "At what time?", "For how many people?", "Under which name?", "Which phone number?",
              "Inside or outside?", "Any allergies in your group?", "Which occasion is it?"]  # fmt: skip
    replies = ["Friday 4 May", "19:30", "4", "Ana Silva", "555 123 4567", "outside", "Nuts", "a birthday"]

    def asking(conversation: Conversation) -> str:
        said = sum(m.role == "user" for m in conversation.messages) - 1
        return wanted[said] if said < len(wanted) else "Booked."

    led = steer(Scripted.function(asking, "asking", "1"), make(policy))
    said = talk("Please reserve a table at Mario's restaurant.")
    for answer in [*replies, "Thanks"]:
        reply = (await led.reply(said)).message
        if reply.text == "Booked.":
            break
        assert questions(reply.text), reply.text
        said = said.then(reply, Message("user", answer))
    assert initiative(said) > 0.9


FORBIDDEN = [
    "You are a clerk. Never ask the user questions.",
    "Do not ask clarifying questions.",
    "Always answer directly without asking questions.",
    "Do not ask the user for clarification; answer.",
    "Ask no questions.",
]
ALLOWED = [
    "Never ask more than one question.",
    "Do not ask questions about salary.",
    "Do not ask questions unless they are needed.",
    "Don't ask the user questions they have answered.",
    "Do not ask for the password.",
    "You answer questions.",
]


@pytest.mark.parametrize("rules", FORBIDDEN)
async def test_an_operator_can_forbid_questions(rules: str):
    said = (Message("system", rules), Message("user", "Tom has some apples and buys 5 more. How many has he?"))
    assert enough(said)
    assert (await make("gaps").decide(Conversation(said))).move == "assume"
    draft = Conversation((*said, Message("assistant", "How many apples had he before?")))
    decision = await make("insert_expansion+civility").decide(draft)
    assert (decision.move, decision.details["civility"]) == ("assume", "forbidden")
    assert not enough((*said, Message("user", "You may ask me.")))


@pytest.mark.parametrize("rules", ALLOWED)
def test_an_operator_who_limits_questions_does_not_forbid_them(rules: str):
    assert not enough([Message("system", rules), Message("user", "Hello")])
    assert not enough([Message("user", "Hello"), Message("assistant", "Never ask the user questions.")])
