"""The lens `gaps`: what was said fills the gap, wherever it was said.

In come requests and their complete twins; out come probabilities in the right order. Easy to get wrong: a batch of many
conversations must say of each what it says of that one alone.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from overture.conversation import Conversation
from overture.lenses import look as look_through
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import KINDS, look
from overture.lenses.gaps_span import find
from talking import talk

LACKING = "Tom has some apples and buys 5 more. How many has he?"
COMPLETE = "Tom has 7 apples and buys 5 more. How many has he?"


def seems(*turns: str) -> bool:
    scores = look(lay_flat([talk(*turns)]))
    return bool(scores.missing[-1] >= scores.threshold[-1])


def test_the_issues_own_example():
    assert seems(LACKING) and not seems(COMPLETE)


def test_an_answer_fills_the_gap_and_a_shrug_does_not():
    question = "How many apples did Tom have at first?"
    assert not seems(LACKING, question, "He had 7 apples.")
    assert seems(LACKING, question, "I don't know.")


def test_together_or_alone_the_answer_is_the_same():
    talks = [talk(LACKING), talk(LACKING, "How many?", "He had 7."), talk("Hello there"), talk(COMPLETE)]
    together = look(lay_flat(talks))
    alone = [look(lay_flat([each])) for each in talks]
    assert np.allclose(together.missing, np.concatenate([s.missing for s in alone]), atol=1e-5, equal_nan=True)
    assert np.allclose(together.kinds, np.concatenate([s.kinds for s in alone]), atol=1e-5, equal_nan=True)


def test_only_user_messages_that_can_be_read_are_judged():
    batch = lay_flat(
        [talk(LACKING, "12", "你好你好你好"), Conversation.of([{"role": "system", "content": "Be brief."}])]
    )
    scores = look(batch)
    assert scores.judged.tolist() == [True, False, False, False]
    assert np.isnan(scores.missing[1:]).all()
    assert scores.kinds.shape == (4, len(KINDS)) and scores.kinds[0].sum() == pytest.approx(1, abs=1e-5)
    empty = look(lay_flat([]))
    assert len(empty.missing) == 0


def test_what_is_missing_is_named_in_the_users_words():
    gap = find(talk(LACKING))
    assert gap and (gap.words, gap.noun, gap.kind) == ("some apples", "apples", "amount")
    assert talk(LACKING).messages[gap.message].text[gap.start : gap.end] == gap.words


def test_column_and_figures_say_what_the_lenses_saw():
    talks = [
        talk(LACKING, "He has 10 apples."),
        talk(LACKING, "How many apples did he have?"),
        talk(COMPLETE, "He has 12."),
    ]
    batch = lay_flat(talks)
    seen = look_through(batch, ("gaps",))
    assert set(seen) == {"moves", "gaps"}
    column = seen["gaps"].messages["missing"]
    assert column.type == pa.float32() and column.null_count == 3
    top, bottom = seen["gaps"].figures["guessed_underspecified"]
    assert (top.tolist(), bottom.tolist()) == ([1, 0, 0], [1, 1, 0])
    top, bottom = seen["gaps"].figures["asked_where_complete"]
    assert (top.tolist(), bottom.tolist()) == ([0, 0, 0], [0, 0, 1])
