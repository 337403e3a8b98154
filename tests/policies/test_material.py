"""A text that is handed over to be worked on lacks nothing for saying "some"; a problem that is to be solved does."""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message
from overture.policies import make
from overture.policies.material import handed, is_material

APPLES = "Tom has some apples and buys 5 more. How many has he?"
WORKED_ON = [
    f"Translate into German: {APPLES}",
    f"Create a word problem like this one: {APPLES}",
    f"Is this question answerable? {APPLES}",
    f"What's wrong with this word problem: {APPLES}",
    "Correct my English: I have bought some apples and I will to cook it.",
    "Make this shorter: Our team has worked on many projects and has received awards, some of them international.",
    "Translate to French: How many people will come? Please bring some chairs.",
    "Summarize:\n\nMany residents complained. A few agreed to raise the budget by a certain amount each year.",
    "Rephrase: Send it to him.",
]
OPERATORS = [
    "You are a translator. Translate every message into Spanish.",
    "You correct the user's grammar. Reply with the corrected text only.",
    "Classify the sentiment of each message as positive or negative.",
    "Translate whatever the user writes into French.",
]
OTHERS = [
    "You are a helpful assistant that can translate text, write emails and book tables.",
    "Give correct answers to all customers.",
    "Summarize all bookings before you confirm.",
]


@pytest.mark.parametrize("text", WORKED_ON)
async def test_what_a_text_to_be_worked_on_says_is_not_asked_about(text: str):
    assert handed(text) is not None
    assert (await make("gaps").decide(Conversation((Message("user", text),)))).leaves


@pytest.mark.parametrize("lead", ["Solve this problem: ", "Please answer: ", "My homework: ", ""])
async def test_a_problem_to_be_solved_is(lead: str):
    assert handed(lead + APPLES) is None
    decision = await make("gaps").decide(Conversation((Message("user", lead + APPLES),)))
    assert decision.say.endswith("how many apples is that exactly?")


def test_what_stands_before_the_text_is_the_request():
    said = [Message("user", "Shorten it to a certain length: we are late again")]
    assert not is_material(said, 0, said[0].text.index("a certain"))
    assert is_material(said, 0, said[0].text.index("late"))
    assert handed("Translate this: it") is None  # too little to be the text itself


@pytest.mark.parametrize(("system", "material"), [(s, True) for s in OPERATORS] + [(s, False) for s in OTHERS])
async def test_an_operator_can_say_that_all_is_material(system: str, material: bool):
    said = Conversation((Message("system", system), Message("user", APPLES)))
    assert is_material(said.messages, 1, 0) is material
    assert (await make("gaps").decide(said)).leaves is material


async def test_a_user_cannot_say_so_for_all_that_follows():
    said = Conversation((Message("user", "Translate every message into Spanish."), Message("user", APPLES)))
    assert not is_material(said.messages, 1, 0)
