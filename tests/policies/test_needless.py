"""Questions that manners bar although something may be missing, each beside one like it that they do not bar."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overture.conversation import Conversation, Message
from overture.lenses.gaps_span import Gap
from overture.policies.gaps import Gaps
from overture.policies.gaps_words import question_for
from overture.policies.needless import needless


def barred(text: str, words: str, kind: str = "amount", noun: str = "") -> str | None:
    """The rule for a question about these words of a single request."""
    start = text.index(words)
    gap = Gap(kind, text if words == text else words, words, noun, 0, start, start + len(words), 1.0)
    said = Conversation((Message("user", text),))
    return needless(gap, question_for(gap, said), said.messages)


@pytest.mark.parametrize(
    ("rule", "words", "kind", "needless_in", "needed_in"),
    [
        ("left", "a certain word", "amount", "Use a certain word. You choose it.", "Use a certain word. Choose well."),
        ("left", "Order flowers", "amount", "Order flowers, any colour.", "Order flowers in my colour."),
        ("left", "Write a letter", "form", "Write a letter, I'll fill it in.", "Fill in what I said: Write a letter"),
        ("free", "some questions", "amount", "Write some questions for me.", "Tom has some questions left."),
        ("free", "a few sentences", "amount", "Describe it in a few sentences.", "He wrote a few sentences a day."),
        ("draft", "about a late train", "form", "Write a mail about a late train.", "Translate this about a late train."),
        ("told", "several pets", "amount", "He has several pets: 2 dogs and a cat.", "He has several pets and 2 dogs."),
        ("told", "a few drops", "amount", "Add a few drops, say 20, to it.", "Add a few drops to it and 20 ml."),
    ],
)  # fmt: skip
def test_each_rule_bars_what_is_needless_and_leaves_what_is_not(
    rule: str, words: str, kind: str, needless_in: str, needed_in: str
):
    assert barred(needless_in, words, kind) == rule
    assert barred(needed_in, words, kind) != rule


def test_the_figure_that_stands_in_the_quoted_words_is_not_asked_for():
    assert barred("It leaves with 180 passengers.", "180 passengers", noun="passengers") == "said"
    assert barred("It leaves with some passengers.", "some passengers", noun="passengers") is None


def test_an_answer_is_not_met_with_a_question_about_nothing_in_particular():
    said = Conversation.of([
        {"role": "user", "content": "I'd like to book a hotel."},
        {"role": "assistant", "content": "Which board would you like?"},
        {"role": "user", "content": "Board: all inclusive."},
    ])  # fmt: skip
    general = Gap("which", "", "", "", 2, 0, 21, 0.0)
    assert needless(general, question_for(general, said), said.messages) == "answered"
    unknown = replace(said, messages=(*said.messages[:2], Message("user", "I don't know.")))
    assert needless(replace(general, end=13), question_for(general, unknown), unknown.messages) is None
    named = Gap("amount", "all inclusive", "all inclusive", "", 2, 7, 20, 1.0)
    assert needless(named, question_for(named, said), said.messages) is None


async def test_the_policy_keeps_to_the_rules():
    asked = await Gaps(threshold=0.0, reader="patterns").decide(
        Conversation((Message("user", "Describe a market in a few sentences."),))
    )
    assert asked.leaves


FACTS = [
    "How many eggs are in 4 dozen?",
    "How many eggs are there in a dozen?",
    "How many cards are in two decks?",
    "How many legs do 6 spiders have?",
    "How much does a litre of water weigh?",
    "How much protein is in 100 g of lentils?",
    "How much vitamin C is in 2 oranges?",
    "How many grams are in 2 cups of flour?",
    "How many steps is 5 km?",
    "How many ways are there to arrange 5 books on a shelf?",
]
NO_FACTS = [
    "How many apples are in 3 boxes?",
    "How many eggs are left on the shelf?",
    "How many legs do the spiders have?",
    "How many apples does Tom have?",
    "How many steps does a flight have?",
    "How much is 2 kg?",
    "How many apples is 3 euros?",
    "How many boxes is 5 kg?",
    "How many apples are in 2 bags of apples?",
    "How many ways home does she know? She tried 2.",
]


@pytest.mark.parametrize("text", FACTS)
async def test_what_is_so_for_every_one_of_a_kind_is_not_asked_about(text: str):
    assert needless(None, "", [Message("user", text)]) == "fact"
    assert (await Gaps().decide(Conversation((Message("user", text),)))).leaves


@pytest.mark.parametrize("text", NO_FACTS)
def test_what_hangs_on_the_case_may_be_asked_about(text: str):
    assert needless(None, "", [Message("user", text)]) is None


def test_the_clock_is_not_asked_back():
    assert needless(None, "", [Message("user", "Hey, what time is it?")]) == "clock"
    assert needless(None, "", [Message("user", "It is late in Tokyo. What time is it in London?")]) is None


def test_what_was_attached_the_lens_cannot_read():
    shown = Message("user", "Summarise this document.", attachments=("image_url",))
    assert needless(None, "", [shown]) == "attached"
    assert needless(None, "", [replace(shown, attachments=())]) is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("How can I join short sentences into one?", "how"),
        ("How can I make my writing clearer?", "how"),
        ("How can I join these sentences into one?", None),
        ("How can I fix my code?", None),
        ("Join short sentences into one.", None),
    ],
)
def test_who_asks_how_is_not_asked_for_the_text(text: str, rule: str | None):
    assert barred(text, text, "text") == rule


def test_a_choice_left_to_the_other_is_left_where_nothing_can_be_named():
    assert needless(None, "", [Message("user", "Book any hotel you like, I don't mind.")]) == "left"
    assert needless(None, "", [Message("user", "Book a hotel.")]) is None
