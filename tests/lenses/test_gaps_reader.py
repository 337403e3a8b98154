"""The second reader of the lens `gaps`: what it reads, what it leaves to the patterns, and what it says.

In come requests and their complete twins; out come probabilities. Easy to get wrong: what is read together must say the
same as what is read alone, and a message of any length costs a bounded number of tokens.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from overture import data
from overture.conversation import Conversation, Message
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import look
from overture.lenses.gaps_reader import HEADS, MOST, TURN, Reader, look_again, pieces, read, reader

WIDTH, LAYERS = 2 * HEADS, 2
LACKING = "Tom has some apples and buys 5 more. How many has he?"
COMPLETE = "Tom has 7 apples and buys 5 more. How many has he?"


def tokens(text: str) -> list[int]:
    return [200 + sum(map(ord, word)) % 90 for word in text.split()]


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
    return Reader(base, LAYERS, some(3 * WIDTH + 1), mix, np.zeros(2, np.float32), np.full(2, 0.5, np.float32), tokens)


def talk(*texts: str) -> Conversation:
    return Conversation(tuple(Message("user" if at % 2 == 0 else "assistant", text) for at, text in enumerate(texts)))


def test_what_is_read_together_says_the_same_as_alone(small: Reader):
    talks = [talk(LACKING), talk("word " * 60), talk(COMPLETE, "How many?", "Seven"), talk("Hi")]
    alone = np.concatenate([read([each], small) for each in talks])
    assert np.allclose(read(talks, small), alone, atol=1e-4)
    assert alone.std() > 0.01


def test_a_long_conversation_is_read_at_its_ends(small: Reader):
    long = "a " * 5000 + "middle " * 5000 + "z " * 5000
    ids, types = pieces(talk(long), tokens)
    assert len(ids) == len(types) == TURN + 2
    assert ids[1] == tokens("a")[0] and ids[-2] == tokens("z")[0]
    many = talk(*(f"turn {n}" for n in range(401)))
    ids, types = pieces(many, tokens)
    assert len(ids) <= MOST + 1 and ids[1:3] == tokens("turn 0") and ids[-3:-1] == tokens("turn 400")
    assert set(types) == {0, 1}
    assert np.isfinite(read([many, talk(long)], small)).all()


def test_what_the_patterns_take_for_complete_is_left_to_them(small: Reader):
    talks = [talk(LACKING), talk(COMPLETE), talk("你好你好你好")]
    patterns = look(lay_flat(talks)).missing
    nothing = look_again(talks, replace(small, least=np.full(2, 1.1, np.float32)))
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
