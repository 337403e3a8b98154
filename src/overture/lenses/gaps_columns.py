"""The lens `gaps` as a column and two figures: delivered although something seemed missing, asked although nothing did.

In come a Batch and what the lens `moves` saw; out come Columns. Easy to get wrong: an answer is judged by the user's
message that it answers, and the two figures have different denominators: answers where something seemed missing, and
answers where nothing did.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ..moves import ELICITING
from . import Columns
from .batch import Batch
from .columns import by_conversation
from .gaps import look
from .moves import NAMES, MoveScores

DELIVERING = ("execute", "inform", "coach")
"""Moves that answer as if nothing were missing; with `assume` beside them it was named, and is no guess."""
_ASKS = np.array([name in ELICITING for name in NAMES])
_GIVES = np.array([name in DELIVERING for name in NAMES])


def gaps(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    """Column `missing`, the probability at each user message; figures `guessed_underspecified` and
    `asked_where_complete`, shares of the assistant's answers."""
    scores = look(batch)
    moves: MoveScores = seen["moves"].scores
    other = np.where(batch.other >= 0, batch.other, 0)
    answers = (batch.side == 2) & moves.scored & (batch.other >= 0) & scores.judged[other]
    with np.errstate(invalid="ignore"):
        lacks = answers & (scores.missing >= scores.threshold)[other]
    asks, gives = np.any(moves.made[:, _ASKS], axis=1), np.any(moves.made[:, _GIVES], axis=1)
    assumes = moves.made[:, NAMES.index("assume")]
    count = len(batch.conversations)

    def share(top: np.ndarray, bottom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return by_conversation(top, batch.conversation_of, count), by_conversation(bottom, batch.conversation_of, count)

    values = np.round(scores.missing, 3)
    return Columns(
        messages={"missing": pa.array(values, pa.float32(), mask=~scores.judged)},
        figures={
            "guessed_underspecified": share(lacks & gives & ~asks & ~assumes, lacks),
            "asked_where_complete": share(answers & ~lacks & asks, answers & ~lacks),
        },
        scores=scores,
        unscored=int(((batch.side == 1) & ~scores.judged).sum()),
    )
