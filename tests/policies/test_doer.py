"""Coaching is sent back where a thing was to be done, and only there."""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.models import Scripted
from overture.policies import make, steer
from overture.policies.base import second
from overture.policies.doer import Doer, standing_request
from overture.policies.kinds import request_kind
from overture.tasks.pairs import built_in


def reviewed(request: str, reply: str) -> Conversation:
    return Conversation((Message("user", request), Message("assistant", reply)))


async def test_coaching_is_sent_back_and_a_result_is_not():
    row = next(row for row in built_in() if row.id == "travel-01")
    decision = await Doer().decide(reviewed(row.complete, row.coaching))
    assert (decision.move, decision.details) == ("execute", {"kind": "do"})
    assert "Do it yourself" in decision.instruction
    assert (await Doer().decide(reviewed(row.complete, row.delivery))).leaves
    assert (await Doer().decide(reviewed(row.lacking, row.question))).leaves


async def test_on_the_written_pairs_it_finds_most_coaching_and_sends_back_hardly_any_result():
    """The replies helped to make the rules that judge them, so this guards against a change for the worse alone."""
    sent = {"coaching": 0, "delivery": 0}
    rows = [row for row in built_in() if row.kind == "do"]
    for row in rows:
        for kind in sent:
            sent[kind] += not (await Doer().decide(reviewed(row.complete, getattr(row, kind)))).leaves
    assert sent["coaching"] >= 0.8 * len(rows)
    assert sent["delivery"] <= 0.03 * len(rows)


async def test_learning_deciding_and_being_heard_are_left_alone():
    for row in built_in():
        if row.kind != "do":
            assert (await Doer().decide(reviewed(row.complete, row.coaching))).leaves, row.id


KINDS = {
    "do": ["Write a cover letter for a barista.", "Can you translate this into French?", "what is 347 times 29",
           "Write a guide on how to plant tomatoes", "Book me a table for two", "help me write a toast", "I need a poem"],
    "how": ["How do I write a cover letter?", "Teach me how to juggle", "What's the best way to learn chess?",
            "Any tips for a job interview?", "walk me through setting up a router", "How can I fix this bug?"],
    "learn": ["Explain photosynthesis", "Why is the sky blue?", "What does VLOOKUP do?", "Help me understand recursion"],
    "decide": ["Should I take the job?", "Which is better, Rome or Paris?", "Pay it down or save?"],
    "be_heard": ["No advice please, I just want to vent.", "I don't need tips, I just need a moment."],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "request_"), [(k, r) for k, rs in KINDS.items() for r in rs])
def test_kinds(kind: str, request_: str):
    assert request_kind(request_) == kind


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("Write instructions for our guests on how to use the coffee machine (fill water, capsule, press big button)",
         "1. Fill the tank with water.\n2. Put in a capsule.\n3. Press the big button."),
        ("Translate into English: Drücken Sie den roten Knopf und warten Sie.", "Press the red button and wait."),
        ("Compute 17*23 and show your work",
         "First multiply 17 by 20: 340. Then multiply 17 by 3: 51. Add them: 391."),
        ("Give me directions from the station to the museum (it's straight on, then second left)",
         "Go straight on, then take the second left."),
    ],
)  # fmt: skip
async def test_steps_that_are_the_thing_asked_for_are_not_sent_back(request_: str, reply: str):
    assert (await Doer().decide(reviewed(request_, reply))).leaves


async def test_steps_in_the_text_do_not_excuse_a_lecture_on_the_work():
    request = "Translate into English: Drücken Sie den roten Knopf und warten Sie."
    lecture = "To translate this, look up each word first. Then put the words in English order and check the grammar."
    assert not (await Doer().decide(reviewed(request, lecture))).leaves


@pytest.mark.parametrize("text", ["", "   ", "hello", "yes", "```\nwrite x\n```", '"Write me a letter"', "12 May"])
def test_no_kind_is_read_into_nothing(text: str):
    assert request_kind(text) is None


def test_the_request_that_stands_is_the_last_that_is_one():
    said = [Message("user", "Write a letter."), Message("assistant", "To whom?"), Message("user", "Bob")]
    assert standing_request(said)[0].text == "Write a letter."
    assert standing_request([*said, Message("user", "How do I start one myself?")])[1] == "how"
    assert standing_request([]) == (Message("user", ""), None)


async def test_calls_and_questions_and_plans_are_not_reviewed():
    call = Message("assistant", None, tool_calls=(ToolCall("write"),))
    assert (await Doer().decide(Conversation((Message("user", "Write a letter."), call)))).leaves
    assert (await Doer().decide(Conversation((Message("user", "Write a letter."),)))).leaves


async def test_a_steered_coach_does_it():
    row = next(row for row in built_in() if row.id == "travel-01")

    def speak(conversation: Conversation) -> str:
        return row.delivery if "Do it yourself" in conversation.messages[0].text else row.coaching

    model = steer(Scripted.function(speak, "coach", "1"), make("doer"))
    asked = Conversation((Message("user", row.complete),))
    assert (await model.reply(asked)).message.text == row.delivery


async def test_a_second_draft_that_cannot_is_cut_to_the_line_that_says_so():
    asked = Conversation((Message("user", "Book me a flight to Rome on 3 May."),))
    lecture = "I can't book flights. Go to an airline's website. Choose your dates. Pay by card."
    first = asked.then(Message("assistant", lecture))
    assert (await Doer().decide(first)).sends_back
    again = await Doer().decide(second(first, "execute"))
    assert (again.move, again.say) == ("decline", "I can't book flights.")
    coached = second(asked.then(Message("assistant", lecture.removeprefix("I can't book flights. "))), "execute")
    assert (await Doer().decide(coached)).leaves
