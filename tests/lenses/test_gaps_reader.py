"""The second reader of the lens `gaps`: what it reads, what it leaves to the patterns, and what it says.

In come requests and their complete twins; out come probabilities. Easy to get wrong: what is read together must say the
same as what is read alone, and a message of any length costs a bounded number of tokens.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from overture import data
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import look
from overture.lenses.gaps_asks import (
    ASKS,
    LEAST_ASK,
    LEAST_BOTH,
    LEAST_WORDS,
    LONGEST,
    NAMES,
    left_open,
    likeliest,
)
from overture.lenses.gaps_pieces import MOST, TURN, Token, Tokens, pieces
from overture.lenses.gaps_reader import HEADS, Reader, look_again, read, reader
from talking import talk

WIDTH, LAYERS = 2 * HEADS, 2
LACKING = "Tom has some apples and buys 5 more. How many has he?"
COMPLETE = "Tom has 7 apples and buys 5 more. How many has he?"


def cut_at_spaces(text: str) -> list[Token]:
    return [(_number(m[0]), m.start(), m.end()) for m in re.finditer(r"\S+", text)]


def _number(word: str) -> int:
    return 200 + sum(map(ord, word)) % 90


tokens = Tokens(cut_at_spaces, begin=101, end=102, stops=frozenset([_number(".")]))


@pytest.fixture
def small() -> Reader:
    """A small encoder with numbers drawn at random."""
    draw = np.random.default_rng(0)
    some = lambda *shape: draw.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    base = {f"embeddings.{name}_embeddings.weight": some(n, WIDTH) for name, n in
            (("word", 300), ("token_type", 2), ("position", MOST + TURN))}  # fmt: skip
    sizes = {"attention.self.all": (WIDTH, 3 * WIDTH), "attention.output.dense": (WIDTH, WIDTH),
             "intermediate.dense": (WIDTH, 4 * WIDTH), "output.dense": (4 * WIDTH, WIDTH)}  # fmt: skip
    for number in range(LAYERS):
        for name, shape in sizes.items():
            base[f"encoder.layer.{number}.{name}.weight"] = some(*shape)
            base[f"encoder.layer.{number}.{name}.bias"] = some(shape[1])
    norms = [f"encoder.layer.{n}.{part}" for n in range(LAYERS) for part in ("attention.output", "output")]
    for name in ("embeddings", *norms):
        base[f"{name}.LayerNorm.weight"], base[f"{name}.LayerNorm.bias"] = 1 + some(WIDTH), some(WIDTH)
    mix = np.tile(np.float32([1, 0.5, 0]), (2, 1))
    heads = some(3 * WIDTH + 1), some(3 * WIDTH + 1, len(NAMES)), some(WIDTH + 1, 4)
    return Reader(base, LAYERS, *heads, mix, np.zeros(2, np.float32), np.full(2, 0.5, np.float32), tokens)


def test_what_is_read_together_says_the_same_as_alone(small: Reader):
    talks = [talk(LACKING), talk("word " * 60), talk(COMPLETE, "How many?", "Seven"), talk("Hi")]
    together, alone = read(talks, small), [read([each], small) for each in talks]
    for name in ("logit", "asks"):
        each = np.concatenate([getattr(one, name) for one in alone])
        assert np.allclose(getattr(together, name), each, atol=1e-4)
        assert each.std() > 0.01
    for at, one in enumerate(alone):
        assert np.allclose(together.words[at], one.words[0], atol=1e-4)
    assert np.allclose(together.asks.sum(axis=1), 1, atol=1e-5)


def test_a_long_conversation_is_read_at_its_ends(small: Reader):
    long = "a " * 5000 + "middle " * 5000 + "z " * 5000
    cut = pieces(talk(long), tokens)
    assert len(cut.ids) == len(cut.who) == len(cut.places) == TURN + 2
    assert cut.ids[1] == _number("a") and cut.ids[-2] == _number("z")
    assert [long[start:end] for _, start, end in (cut.places[1], cut.places[-2])] == ["a", "z"]
    many = talk(*(f"turn {n}" for n in range(401)))
    cut = pieces(many, tokens)
    assert len(cut.ids) <= MOST + 1
    words = [many.messages[message].text[start:end] for message, start, end in cut.places if message >= 0]
    assert words[:2] == ["turn", "0"] and words[-2:] == ["turn", "400"]
    assert set(cut.who) == {0, 1}
    assert np.isfinite(read([many, talk(long)], small).logit).all()


def test_what_the_patterns_take_for_complete_is_left_to_them(small: Reader):
    talks = [talk(LACKING), talk(COMPLETE), talk("你好你好你好")]
    patterns = look(lay_flat(talks)).missing
    nothing = look_again(talks, replace(small, least=np.full(2, 1.1, np.float32)))
    assert np.isnan(nothing.asks).all() and nothing.words == (None,) * 3
    assert not nothing.read.any() and np.allclose(nothing.missing, patterns, equal_nan=True)
    everything = look_again(talks, small)
    assert everything.read.tolist() == [True, True, False] and np.isnan(everything.missing[2])
    assert not np.isclose(everything.missing[:2], patterns[:2]).any()


@pytest.fixture
def given() -> Reader:
    if data.find("minilm") is None:
        pytest.skip("the encoder is not here (overture data pull minilm)")
    return reader()


def seems(*texts: str) -> bool:
    seen = look_again([talk(*texts)])
    return bool(seen.missing[0] >= seen.threshold[0])


@pytest.mark.parametrize(
    ("lacking", "complete"),
    [
        (LACKING, COMPLETE),
        ("Translate the following into Spanish.", 'Translate into Spanish: "The pool is closed until Monday."'),
        ("Wire the money to my landlord.", "Wire 650 euros to my landlord, Jan Kos, from my current account today."),
    ],
)
def test_lacking_requests_are_told_from_their_twins(given: Reader, lacking: str, complete: str):
    assert seems(lacking) and not seems(complete)


def test_an_answer_fills_the_gap(given: Reader):
    assert not seems(LACKING, "How many apples did Tom have at first?", "He had 7 apples.")


def test_the_words_that_leave_it_open_lie_in_one_sentence_of_the_users():
    cut = pieces(talk("Rename the report . Then mail it", "Which one ?", "the second one"), tokens)
    scores = np.zeros((len(cut.ids), 4), np.float32)
    scores[:, 2] = np.where([who == 1 for who in cut.who], 9, 1)
    found = left_open(cut, scores)
    assert found is not None and found.message == 0
    assert talk("Rename the report . Then mail it").messages[0].text[found.start : found.end] in (
        "Rename the report",
        "Then mail it",
    )
    scores[cut.places.index((2, 0, 3)), 0] = scores[cut.places.index((2, 4, 10)), 1] = 20
    found = left_open(cut, scores)
    assert found is not None and (found.message, found.start, found.end) == (2, 0, 10) and found.sure > 0.99
    scores[0, 3] = 60
    assert (said := left_open(cut, scores)) is not None and said.sure < 0.01
    assert left_open(pieces(talk("", "hello"), tokens), scores) is None


def test_no_stretch_is_longer_than_it_may_be():
    cut = pieces(talk("word " * 90), tokens)
    scores = np.ones((len(cut.ids), 4), np.float32)
    found = left_open(cut, scores)
    assert found is not None and len(("word " * 90)[found.start : found.end].split()) == LONGEST


def test_what_stands_out_is_one_name_or_two_of_two_kinds_or_none():
    def said(**shares: float) -> tuple[str, ...]:
        asks = np.full(len(NAMES), 0.001, np.float32)
        for name, share in shares.items():
            asks[NAMES.index(name)] = share
        return likeliest(asks)

    assert said(which=LEAST_ASK, text=0.1) == ("which",)
    assert said(who=LEAST_ASK / 2, recipient=LEAST_ASK / 2 + 0.01, text=LEAST_ASK / 2 + 0.02) == ("recipient",)
    assert said(which=LEAST_BOTH / 2, people=LEAST_BOTH / 2) == ("which", "people")
    assert said(which=LEAST_BOTH / 2, people=LEAST_BOTH / 2 - 0.05) == ()
    assert 0 < LEAST_WORDS < 1 and len(NAMES) == len(ASKS)
