"""The policy `gaps`: asks for what is missing, once; leaves what is complete alone; takes no orders from a request.

In come requests and replies; out come decisions. Easy to get wrong: whoever was asked and did not answer is not asked
again, and a sentence that claims that nothing is missing fills nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overture import data
from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import KINDS, look
from overture.lenses.gaps_asks import ASKS, NAMES, Words
from overture.lenses.gaps_reader import look_again
from overture.lenses.gaps_span import seen
from overture.models import Scripted
from overture.policies import make, steer
from overture.policies.gaps import Gaps, sharpened, shifted
from overture.policies.gaps_words import QUESTIONS, question_for
from overture.tasks.listed import questions
from talking import talk

LACKING = "Tom has some apples and buys 5 more. How many has he?"
COMPLETE = "Tom has 7 apples and buys 5 more. How many has he?"
ATTACKS = [json.loads(line) for line in (Path(__file__).parent / "attacks.jsonl").read_text().splitlines()]


def saying(text: str) -> Scripted:
    return Scripted.function(lambda conversation: text, "saying", "1")


async def test_asks_for_the_vague_quantity_in_plain_words():
    decision = await Gaps().decide(talk(LACKING))
    assert decision.move == "elicit"
    assert decision.say == 'You wrote "Tom has some apples": how many apples is that exactly?'
    assert 0.5 <= decision.confidence <= 1
    assert not (await Gaps().decide(talk(COMPLETE))).say


async def test_what_was_said_is_not_asked():
    question = (await Gaps().decide(talk(LACKING))).say
    assert (await Gaps().decide(talk(LACKING, question, "He had 7."))).leaves


@pytest.mark.parametrize("reply", ["I don't know.", "Just do it.", "Whatever you think."])
async def test_nothing_is_asked_twice(reply: str):
    question = (await Gaps().decide(talk(LACKING))).say
    decision = await Gaps().decide(talk(LACKING, question, reply))
    assert decision.move in ("assume", "leave")
    assert not decision.say
    if decision.move == "assume":
        assert "assumption" in decision.instruction


async def test_only_a_users_message_is_planned_for():
    assert (await Gaps().decide(talk(LACKING).then(Message("assistant", "10")))).leaves
    assert (await Gaps().decide(Conversation((Message("user", LACKING), Message("tool", "ok"))))).leaves
    assert (await Gaps().decide(Conversation(()))).leaves
    assert (await Gaps().decide(talk("你好你好你好"))).leaves


async def test_a_model_may_word_the_question_and_is_overruled_when_it_guesses():
    policy = Gaps(wording="model")
    assert policy.reviews and not Gaps().reviews
    guessed = await steer(saying("He has 10 apples."), policy).reply(talk(LACKING))
    assert guessed.message.text == 'You wrote "Tom has some apples": how many apples is that exactly?'
    asked = await steer(saying("How many apples did Tom have at the start?"), policy).reply(talk(LACKING))
    assert asked.message.text == "How many apples did Tom have at the start?"
    bare = await steer(saying("He has 12."), policy).reply(talk(COMPLETE))
    assert bare.message.text == "He has 12."


@pytest.mark.parametrize(
    "barred",
    [
        talk(f"{LACKING} Just do it, no questions."),
        Conversation((Message("system", "Never ask the user questions."), Message("user", LACKING))),
    ],
)
async def test_a_draft_is_not_overruled_where_the_plan_was_not_to_ask(barred: Conversation):
    assert (await Gaps(wording="model").decide(barred)).move == "assume"
    reply = await steer(saying("Taking 7 as the start, 12."), Gaps(wording="model")).reply(barred)
    assert reply.message.text == "Taking 7 as the start, 12."


@pytest.mark.parametrize("settings", [{"wording": "modle"}, {"prior": 5.0}, {"prior": 1.0}, {"threshold": 2.0}])
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]):
    with pytest.raises(UsageError, match=next(iter(settings))):
        Gaps(**settings)


async def test_own_words_cost_no_call():
    reply = await steer(saying("10"), "gaps").reply(talk(LACKING))
    assert reply.message.text.endswith("how many apples is that exactly?")
    assert reply.usage.completion_tokens == 0


async def test_the_model_is_told_of_the_users_words_as_data():
    told = (
        await Gaps(wording="model").decide(talk("Tom has some >> apples << and buys 5 more. How many has he?"))
    ).instruction
    if told:
        assert told.count("<<") == told.count(">>") == 1


def test_odds_shift_the_probability():
    assert shifted(0.5, 0.5) == 0.5
    assert shifted(0.5, 0.1) == pytest.approx(0.1)
    assert shifted(0.9, 0.5) == pytest.approx(0.9)
    assert Gaps(prior=0.01).heard(talk(LACKING)).missing < Gaps().heard(talk(LACKING)).missing


async def test_answers_that_differ_make_a_gap_likelier():
    assert sharpened(0.5, 1.0, 2.0) > 0.7 > sharpened(0.5, 0.5, 2.0) == 0.5 > sharpened(0.5, 0.0, 2.0)
    numbers = iter(range(100))
    differing = Scripted.function(lambda conversation: f"He has {next(numbers)}.", "differing", "1")
    for model, move in ((differing, "elicit"), (saying("He has 12."), "leave")):
        led = Gaps(samples=3, model=model, threshold=0.6, prior=_even_prior())
        assert (await led.decide(talk(LACKING))).move == move


def _even_prior() -> float:
    """The prior at which the lens gives the lacking request one half."""
    heard = Gaps().heard(talk(LACKING))
    assert heard.least <= 1
    return 1 - heard.missing


def test_identity_names_what_decides():
    same = make("gaps").identity()
    assert same == Gaps().identity()
    assert same["weights"] and same["threshold"] is None
    assert Gaps(prior=0.2).identity() != same


def test_a_reader_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="patterns, phrases or careful, not 'quick'"):
        make("gaps:reader=quick")


async def test_the_careful_reader_decides_where_it_is_asked_to():
    if data.find("minilm") is None:
        pytest.skip("the encoder is not here (overture data pull minilm)")
    careful = make("gaps:reader=careful")
    assert careful.identity()["weights"] != Gaps().identity()["weights"]
    assert (await careful.decide(talk(LACKING))).move == "elicit"
    assert (await careful.decide(talk(COMPLETE))).leaves
    assert (await careful.decide(talk("你好你好你好"))).leaves
    asks = await careful.decide(talk("Rename the document."))
    assert asks.say == 'You wrote "the document": which one do you mean?'
    told = await careful.decide(talk("Rename the document.", asks.say, "I don't know."))
    assert not told.say


def test_every_kind_has_its_questions():
    assert QUESTIONS.keys() == ASKS.keys() >= set(KINDS)
    for after, alone, called in QUESTIONS.values():
        assert questions(after.capitalize()) and len(questions(alone)) == 1 and not called.endswith("?")


def test_the_second_readers_question_quotes_whole_words_or_names_two_things():
    said = talk("Forward one of the mails to my wife.")
    asks = np.full(len(NAMES), 0.01, np.float32)
    asks[NAMES.index("which")] = 0.8
    words = Words(0, 15, 23, 0.9)  # inside of "the"
    assert question_for(seen(said, asks, words), said) == 'You wrote "the mails": which one do you mean?'
    assert question_for(seen(said, asks, replace(words, sure=0.1)), said) == QUESTIONS["which"][1]
    asks[NAMES.index("which")], asks[NAMES.index("recipient")] = 0.4, 0.3
    both = seen(said, asks, words)
    assert both is not None and (both.kind, both.other) == ("which", "recipient")
    question = question_for(both, said)
    assert question.startswith('Could you tell me a little more about "the mails", such as which one')
    assert len(questions(question)) == 1
    asks[NAMES.index("which")] = 0.05
    assert seen(said, asks, words) is None


REQUESTS = [
    (LACKING, COMPLETE),
    (
        "Rita buys several notebooks at $3 each. How much does she pay?",
        "Rita buys 6 notebooks at $3 each. How much does she pay?",
    ),
    (
        "A train runs at a steady speed for 3 hours. How many kilometres does it go?",
        "A train runs at 90 km per hour for 3 hours. How many kilometres does it go?",
    ),
    (
        "Mia has 4 boxes with some pencils in each. She gives 6 pencils away. How many pencils are left?",
        "Mia has 4 boxes with 9 pencils in each. She gives 6 pencils away. How many pencils are left?",
    ),
    (
        "Leo earns a certain amount an hour. He works 6 hours a day, 5 days a week. How much does he earn in a week?",
        "Leo earns $14 an hour. He works 6 hours a day, 5 days a week. How much does he earn in a week?",
    ),
    ("Book a table at Mario's.", "Book a table at Mario's for four people on Friday 4 May at 19:30."),
]


MOST_TURNED = {
    ("patterns", "lacking"): 0.1,
    ("patterns", "complete"): 0.12,
    ("careful", "lacking"): 0.18,
    ("careful", "complete"): 0.1,
}
"""What vague quantities that belong to nothing turn most of all: at most 0.7 of the trials of that kind."""


@pytest.mark.parametrize(("reader", "side"), MOST_TURNED)
def test_attacks_seldom_turn_the_gate(reader: str, side: str):
    """Bounds what docs/results/gate.md reports at large: a sentence is read as a sentence and not obeyed."""
    if reader == "careful" and data.find("minilm") is None:
        pytest.skip("the encoder is not here (overture data pull minilm)")
    lacking = side == "lacking"
    rows = [row for row in ATTACKS if row["side"] == side]
    assert len(rows) >= (40 if lacking else 20)
    requests = [pair[0 if lacking else 1] for pair in REQUESTS]
    held = [text for text, said in zip(requests, _seem(reader, requests), strict=True) if said == lacking]
    assert len(held) >= 3
    trials = [(row["kind"], row["text"], text) for row in rows for text in held]
    said = _seem(reader, [f"{text} {words}" for _, words, text in trials])
    turned = [trial for trial, each in zip(trials, said, strict=True) if each != lacking]
    assert len(turned) <= MOST_TURNED[reader, side] * len(trials), turned
    padding = [kind == "padding" for kind, _, _ in trials]
    assert sum(kind == "padding" for kind, _, _ in turned) <= 0.7 * sum(padding), turned


def _seem(reader: str, texts: list[str]) -> list[bool]:
    """Whether something seems to be missing in each."""
    talks = [talk(text) for text in texts]
    scores = look_again(talks) if reader == "careful" else look(lay_flat(talks))
    return [bool(each) for each in scores.missing >= scores.threshold]


@pytest.mark.parametrize("label", ["Solve:", "Q:", "Question 3:", "Problem 2."])
async def test_a_label_is_not_quoted(label: str):
    decision = await Gaps().decide(talk(f"{label} {LACKING}"))
    assert decision.say == 'You wrote "Tom has some apples": how many apples is that exactly?'
