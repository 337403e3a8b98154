"""When have a goal and an action nothing in common? Raw, and corrected for pairs that are two roles in one act.

In come sets of activities as rows of booleans, or lists of O*NET ids; out comes whether they are disjoint. "Get
information" and "provide information" are one act seen from its two ends, and without a table of such pairs they count
as a mismatch. Easy to get wrong: the table has a direction (the user's goal, then the AI's action), and it was frozen
before the lens had looked at any log (see its first lines); changing it after seeing a result would make the result
worthless.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Sets = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """One line of the table: every goal here with every action here is a pair."""

    kind: str
    """`information`, `learning`, `advice`, `support` or `service`."""
    reason: str
    goals: tuple[str, ...]
    actions: tuple[str, ...]


def _lines(name: str) -> list[list[str]]:
    text = (files("overture.lenses") / "weights" / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")][1:]


@cache
def titles() -> MappingProxyType[str, str]:
    """Id → title of the 332 intermediate work activities of O*NET 29.3 (USDOL/ETA, CC BY 4.0), by id."""
    return MappingProxyType({row[0]: row[1] for row in _lines("goals_iwas.tsv")})


@cache
def ids() -> tuple[str, ...]:
    """The 332 ids; an activity's place among them is its column in every matrix of activities."""
    return tuple(titles())


@cache
def places() -> MappingProxyType[str, int]:
    """Id → column."""
    return MappingProxyType({iwa: place for place, iwa in enumerate(ids())})


@cache
def groups() -> tuple[Group, ...]:
    """The table of complementary activities."""

    def whole(field: str) -> tuple[str, ...]:
        return tuple(f"4.A.{short}" for short in field.split())

    return tuple(
        Group(kind, reason, whole(goals), whole(actions))
        for kind, reason, goals, actions in _lines("goals_complements.tsv")
    )


@cache
def matches() -> NDArray[np.float32]:
    """(332, 332) 1 where a goal (row) and an action (column) are one activity or a complementary pair."""
    place = places()
    out = np.eye(len(place), dtype=np.float32)
    for group in groups():
        for goal in group.goals:
            out[place[goal], [place[action] for action in group.actions]] = 1
    out.setflags(write=False)
    return out


def disjoint(goals: Sets, actions: Sets) -> tuple[Sets, Sets]:
    """(N,) raw and (N,) corrected, from two (N, 332) rows of sets. An empty set is disjoint from all: leave such rows
    out.
    """
    reached = goals.astype(np.float32) @ matches() > 0
    shared, paired = (np.asarray((row & actions).any(axis=1), np.bool_) for row in (goals, reached))
    return ~shared, ~paired


def as_sets(lists: Iterable[Iterable[str]]) -> Sets:
    """(N, 332) rows from lists of ids. Raises KeyError on an id that is not one of the 332."""
    place, rows = places(), list(lists)
    out = np.zeros((len(rows), len(place)), np.bool_)
    for row, iwas in enumerate(rows):
        out[row, [place[iwa] for iwa in iwas]] = True
    return out


def as_list(row: Sets) -> list[str]:
    """The ids of one row, sorted."""
    names = ids()
    return [names[i] for i in np.flatnonzero(row)]
