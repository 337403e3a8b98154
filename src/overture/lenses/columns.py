"""The lenses' results as columns of the two tables and as counts for the figures.

In comes what a lens saw; out come arrow arrays without a loop over messages. The lenses themselves know nothing of
tables. Easy to get wrong: null and the empty list are two things. Null is "could not be judged".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..moves import ELICITING, LEADING
from . import Columns, Ratio
from .batch import Batch
from .moves import NAMES, MoveScores
from .moves import look as look_moves

Bools = NDArray[np.bool_]

LEAST_SCORE = 0.02
"""Probabilities below this are left out of `move_scores`."""
TURNS = 8
"""Assistant turns of a conversation that get figures of their own."""
_ALPHABETICAL = np.array(sorted(range(len(NAMES)), key=lambda k: NAMES[k]))
_SORTED_NAMES = pa.array([NAMES[k] for k in _ALPHABETICAL])
_KIND_ELICITING = np.array([name in ELICITING for name in NAMES])
_KIND_LEADING = np.array([name in LEADING for name in NAMES])


def name_lists(made: Bools, scored: Bools) -> pa.ListArray:
    """(M, moves) labels as lists of names, sorted; null where not scored."""
    ordered = made[:, _ALPHABETICAL]
    which = np.nonzero(ordered)[1]
    names = _SORTED_NAMES.take(pa.array(which))
    return pa.ListArray.from_arrays(_offsets(ordered.sum(1)), names, mask=pa.array(~scored))


def score_maps(probability: NDArray[np.float32], scored: Bools) -> pa.MapArray:
    """(M, moves) probabilities as maps from move to probability; null where not scored."""
    ordered = probability[:, _ALPHABETICAL]
    kept = (ordered >= LEAST_SCORE) & scored[:, None]
    rows, which = np.nonzero(kept)
    values = np.round(ordered[rows, which], 3)
    names = _SORTED_NAMES.take(pa.array(which))
    return pa.MapArray.from_arrays(_offsets(kept.sum(1)), names, pa.array(values, pa.float32()), mask=pa.array(~scored))


def _offsets(counts: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))


def moves(
    batch: Batch, seen: Mapping[str, Columns], again: Callable[[Batch, MoveScores], MoveScores] | None = None
) -> Columns:
    """Columns `moves`, `unasked`, `move_scores`; figures of initiative, shares of assistant messages.

    `again` is given what the lens saw, and what it answers is taken instead.
    """
    scores = look_moves(batch)
    if again is not None:
        scores = again(batch, scores)
    judged = batch.side > 0
    return Columns(
        messages={
            "moves": name_lists(scores.made, scores.scored),
            "unasked": name_lists(scores.made_unasked, scores.scored),
            "move_scores": score_maps(scores.message, scores.scored),
        },
        figures=_move_figures(batch, scores),
        scores=scores,
        unscored=int((judged & ~scores.scored).sum()),
    )


def _move_figures(batch: Batch, scores: MoveScores) -> dict[str, Ratio]:
    could = (batch.side == 2) & scores.scored
    eliciting: Bools = np.any(scores.made[:, _KIND_ELICITING], axis=1)
    unasked: Bools = np.any(scores.made_unasked, axis=1)
    leading: Bools = np.any(scores.made[:, _KIND_LEADING], axis=1) | unasked
    per_message: dict[str, Bools] = {
        "dialogue_initiative": eliciting,
        "task_initiative": leading,
        "trailing": scores.made[:, NAMES.index("trail")],
        "unasked": unasked,
    }
    per_message |= {f"move:{name}": scores.made[:, k] for k, name in enumerate(NAMES)}
    per_message |= {f"unasked:{name}": scores.made_unasked[:, k] for k, name in enumerate(NAMES)}
    count = len(batch.conversations)
    bottom = by_conversation(could, batch.conversation_of, count)
    figures = {
        name: (by_conversation(values & could, batch.conversation_of, count), bottom)
        for name, values in per_message.items()
    }
    turn = assistant_turn(batch)
    for number in range(TURNS):
        here = could & (turn == number)
        reached = by_conversation(here, batch.conversation_of, count)
        figures[f"turn:{number}:dialogue"] = by_conversation(here & eliciting, batch.conversation_of, count), reached
        figures[f"turn:{number}:task"] = by_conversation(here & leading, batch.conversation_of, count), reached
    return figures


def assistant_turn(batch: Batch) -> NDArray[np.int64]:
    """(M,) how many assistant messages that answer someone came before in the conversation; a run of tool calls is
    one turn.
    """
    opens = (batch.side == 2) & (np.where(batch.other >= 0, batch.side[batch.other], 1) != 3)
    seen = np.cumsum(opens)
    starts = np.flatnonzero(np.diff(batch.conversation_of, prepend=-1))
    before = (seen - opens)[starts]
    return seen - before[batch.conversation_of] - 1


def by_conversation(values: NDArray[Any], owner: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """(C,) how many of a conversation's messages are true."""
    return np.bincount(owner[values], minlength=count).astype(np.float64)


def goals(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    """Columns of activities and of doing; figures are shares of conversations."""
    from .goals import look as look_goals
    from .goals_figures import columns

    scores = look_goals(batch)
    arrays: dict[str, Any] = {}
    figures: dict[str, Ratio] = {}
    for name, values in columns(batch, scores, seen["moves"].scores).items():
        if name.endswith("_iwas"):
            arrays[name] = pa.array(values, pa.list_(pa.string()))
            continue
        arrays[name] = pa.array(values, pa.bool_())
        known = np.array([value is not None for value in values], np.float64)
        figures[name] = np.array([value is True for value in values], np.float64), known
    unscored = int((~(scores.goal_scored & scores.action_scored)).sum())
    return Columns(conversations=arrays, figures=figures, scores=scores, unscored=unscored)
