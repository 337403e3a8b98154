"""The careful reader: what it sees, what it changes, and that its windows hold every segment once."""

from __future__ import annotations

import numpy as np
import pytest

from overture.lenses.batch import lay_flat
from overture.lenses.careful import HEADS, Encoder, doubt, logits, reread
from overture.lenses.moves import NAMES, look
from overture.lenses.windows import WINDOW, windows
from talking import talk

WIDTH, LAYERS, MOVES = 2 * HEADS, 2, len(NAMES)


def tokens(text: str) -> list[int]:
    return [3 + sum(map(ord, word)) % 90 for word in text.split()]


@pytest.fixture
def reader() -> Encoder:
    """A small encoder with numbers drawn at random."""
    draw = np.random.default_rng(0)
    some = lambda *shape: draw.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    base = {
        "embeddings.word_embeddings.weight": some(100, WIDTH),
        "embeddings.position_embeddings.weight": some(2 + WINDOW, WIDTH),
        "encoder.relative_attention_bias.weight": some(32, HEADS),
    }
    sizes = {f"attention.attn.{name}": (WIDTH, WIDTH) for name in "qkvo"}
    sizes |= {"intermediate.dense": (WIDTH, 4 * WIDTH), "output.dense": (4 * WIDTH, WIDTH)}
    for number in range(LAYERS):
        for name, shape in sizes.items():
            base[f"encoder.layer.{number}.{name}.weight"] = some(*shape)
            base[f"encoder.layer.{number}.{name}.bias"] = some(shape[1])
    norms = [f"encoder.layer.{n}.{part}.LayerNorm" for n in range(LAYERS) for part in ("attention", "output")]
    for name in ("embeddings.LayerNorm", *norms):
        base[f"{name}.weight"], base[f"{name}.bias"] = 1 + some(WIDTH), some(WIDTH)
    heads = some(2 * WIDTH, 8), some(8), some(8, 2 * MOVES), some(2 * MOVES)
    mix = np.tile(np.float32([1, 0, 0]), (2 * MOVES, 1))
    return Encoder(base, LAYERS, *heads, mix, np.full(2 * MOVES, 0.5, np.float32), tokens)


SHORT = talk("Book me a table. For Friday!", "For how many people?", "Four of us", "Done. Anything else?")


def test_what_comes_later_changes_nothing_before_it(reader: Encoder):
    other = talk(*(m.text for m in SHORT.messages[:3]), "I never book tables, and you should not ask me that.")
    found = []
    for conversation in (SHORT, other):
        batch = lay_flat([conversation])
        found.append((logits(reader, windows(batch, tokens), len(batch.message_of)), batch.message_of))
    (one, owner), (two, other_owner) = found
    assert np.allclose(one[owner < 3], two[other_owner < 3], atol=1e-5)
    assert not np.allclose(one[owner == 3][0], two[other_owner == 3][0], atol=1e-2)


def test_padding_and_company_change_nothing(reader: Encoder):
    long = talk("word " * 90, "more words here. " * 20)
    alone, both = (lay_flat(some) for some in ([SHORT], [SHORT, long]))
    apart = logits(reader, windows(alone, tokens), len(alone.message_of))
    together = logits(reader, windows(both, tokens), len(both.message_of))
    assert np.allclose(apart, together[: len(apart)], atol=1e-5) and not np.isnan(together).any()


def test_every_segment_is_read_once_however_long_the_conversation():
    batch = lay_flat([talk(*(f"sentence one of {i}. sentence two." * 9 for i in range(60))), SHORT])
    found = windows(batch, tokens)
    assert sorted(segment for window in found for segment, *_ in window.spans) == list(range(len(batch.message_of)))
    for window in found:
        assert len(window.ids) == len(window.message) <= WINDOW and window.message == sorted(window.message)
        for segment, first, last, marker in window.spans:
            assert (
                marker < first < last and window.message[first] == window.message[marker] == batch.message_of[segment]
            )


def test_only_the_doubtful_are_read_again(reader: Encoder):
    batch = lay_flat([SHORT, talk("привет", "Hello. I can help with that, what is the date?")])
    before = look(batch)
    least = float(np.sort(doubt(before))[-3])
    again = doubt(before) >= least
    after = reread(batch, before, reader, least)
    assert 0 < again.sum() < len(again) and not again[~before.scored].any()
    same = before.message[~again]
    assert np.array_equal(after.message[~again], same, equal_nan=True)
    raw = logits(reader, windows(batch, tokens), len(batch.message_of))
    for at in np.flatnonzero(again):
        seen = 1 / (1 + np.exp(-raw[batch.message_of == at, :MOVES].max(0)))
        assert np.allclose(after.message[at], seen, atol=1e-4)
        assert np.array_equal(after.made[at], after.message[at] >= 0.5)
    assert not (after.made_unasked & ~after.made).any() and (after.unasked <= after.message + 1e-6)[again].all()
