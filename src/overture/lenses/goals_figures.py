"""From what the lens `goals` saw to the columns of `conversations.parquet`, and to the ceiling of a disjoint share.

In come a Batch, its GoalScores and its MoveScores; out comes one value a conversation and column, null where it cannot
be judged. Easy to get wrong: `done` is asked only of conversations whose goal is to have a thing done, and an assistant
message that the lens `moves` could not read may be the very one that did it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch
from .complements import Sets, as_list, as_sets, disjoint
from .goals import ASSISTANT, GoalScores
from .moves import NAMES, MoveScores

Column = list[bool | None]

FIGURES = ("disjoint", "disjoint_corrected", "disjoint_floor", "disjoint_corrected_floor")
CEILING = ("disjoint_ceiling", "disjoint_corrected_ceiling")
NEIGHBOURS = 64
"""Conversations of a group among which the other one is drawn."""


def _where(values: Sets, known: Sets) -> Column:
    return [bool(value) if judged else None for value, judged in zip(values, known, strict=True)]


def columns(batch: Batch, scores: GoalScores, moves: MoveScores) -> dict[str, list[Any]]:
    """Every column of this lens, each C long.

    `goal_iwas`, `action_iwas`: sorted lists of O*NET ids, or null. `disjoint`, `disjoint_corrected`: the two share no
    activity; nor a complementary pair. `…_floor`: the same of two codings of the user's side. `do_goal`, `done`,
    `coached`, `automation`: see the functions below.
    """
    both = scores.goal_scored & scores.action_scored
    twice = scores.coded[0].any(axis=1) & scores.coded[1].any(axis=1)
    # The floor is asked of the very conversations that the figure is asked of.
    shares = [*disjoint(scores.goals, scores.actions), *disjoint(*scores.coded)]
    out: dict[str, list[Any]] = {
        "goal_iwas": _lists(scores.goals, scores.goal_scored),
        "action_iwas": _lists(scores.actions, scores.action_scored),
    }
    for name, values, known in zip(FIGURES, shares, (both, both, both & twice, both & twice), strict=True):
        out[name] = _where(values, known)
    out["do_goal"] = do_goal(scores)
    out["done"], out["coached"] = done_and_coached(batch, moves, out["do_goal"])
    out["automation"] = automation(batch, scores, moves)
    return out


def _lists(sets: Sets, scored: Sets) -> list[list[str] | None]:
    return [as_list(row) if judged else None for row, judged in zip(sets, scored, strict=True)]


def do_goal(scores: GoalScores) -> Column:
    """Is the goal to have something made or done (and not to learn, decide or be heard)? Null where unscored."""
    with np.errstate(invalid="ignore"):
        return _where(scores.do >= 0.5, ~np.isnan(scores.do))


def _answers(batch: Batch, moves: MoveScores) -> tuple[Sets, Sets, Sets]:
    """(C,) three times: an assistant message after the request makes `execute`; makes `coach`; all of them could be
    read.
    """
    count = len(batch.conversations)
    later = (batch.side == ASSISTANT) & (batch.first_user >= 0) & (np.arange(len(batch.side)) > batch.first_user)

    def any_of(mask: NDArray[np.bool_]) -> Sets:
        return np.bincount(batch.conversation_of[mask & later], minlength=count) > 0

    executed = any_of(moves.made[:, NAMES.index("execute")])
    coached = any_of(moves.made[:, NAMES.index("coach")])
    read = any_of(np.ones_like(later)) & ~any_of(~moves.scored)
    return executed, coached, read


def done_and_coached(batch: Batch, moves: MoveScores, do_goal: Sequence[bool | None]) -> tuple[Column, Column]:
    """`done`: a later assistant message makes `execute`. `coached`: one makes `coach` and none ever `execute`.

    Both null unless the goal is to have something done, and where no later message executes but one could not be read.
    """
    executed, coached, read = _answers(batch, moves)
    known = np.array([goal is True for goal in do_goal], np.bool_) & (executed | read)
    return _where(executed, known), _where(coached & ~executed, known)


def automation(batch: Batch, scores: GoalScores, moves: MoveScores) -> Column:
    """Automation: the AI carried out an activity that the user was after (goal and action share one, and a message
    makes `execute`). False is augmentation: it assisted in some other way. Null where either cannot be judged.

    After the automation and augmentation of Handa et al. 2025 (arXiv 2503.04761), who read five patterns of
    collaboration from the whole conversation; here it is the meeting of the two lenses, and neither iteration nor
    success is looked at.
    """
    executed, _, read = _answers(batch, moves)
    known = scores.goal_scored & scores.action_scored & (executed | read)
    return _where(executed & (scores.goals & scores.actions).any(axis=1), known)


class Ceiling:
    """How often a goal has nothing in common with the action of *another* conversation of its group.

    Conversations come in the log's order; each goal meets the action of one of the last NEIGHBOURS in its group,
    chosen by a hash of its own words, so memory does not grow with the log and nothing depends on who computed it.
    Doubles never meet.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._recent: dict[str, deque[tuple[str, Sequence[str]]]] = {}

    def add(
        self,
        groups: Sequence[str],
        hashes: Sequence[str],
        goals: Sequence[Sequence[str] | None],
        actions: Sequence[Sequence[str] | None],
    ) -> tuple[Column, Column]:
        """(raw, corrected) for these conversations: disjoint or not, null where unscored or where there is no other
        yet.
        """
        rows: list[int] = []
        others: list[Sequence[str]] = []
        for row, (group, digest, goal, action) in enumerate(zip(groups, hashes, goals, actions, strict=True)):
            if not goal or not action:
                continue
            recent = self._recent.setdefault(group, deque(maxlen=NEIGHBOURS))
            candidates = [theirs for words, theirs in recent if words != digest]
            if candidates:
                drawn = blake2b(f"{self._seed}\x1f{digest}".encode(), digest_size=8).digest()
                rows.append(row)
                others.append(candidates[int.from_bytes(drawn, "big") % len(candidates)])
            recent.append((digest, action))
        raw, corrected = disjoint(as_sets(goals[row] or () for row in rows), as_sets(others))
        out: tuple[Column, Column] = ([None] * len(groups), [None] * len(groups))
        for row, one, two in zip(rows, raw, corrected, strict=True):
            out[0][row], out[1][row] = bool(one), bool(two)
        return out
