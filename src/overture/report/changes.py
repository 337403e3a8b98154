"""What a policy changed: each figure bare and steered, the difference with its interval, and how to read it.

In come Changed rows of every part; out come those to show, in two lists: what it did, and what it cost. Easy to get
wrong: a difference whose interval holds nought says nothing, and so does one of forty that would turn up by chance, so
only what survives Holm's correction over all rows is called better or worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .words import LESS, MORE, Written, written_difference

if TYPE_CHECKING:
    from ..audit.differences import Difference
    from ..audit.estimates import Figure

LEVEL = 0.05
"""A difference counts where its adjusted p is below this."""
COSTS = ("turns", "user_words", "assistant_tokens", "reply_seconds")
NOTICED = {"reply_seconds": 0.1}
"""What a person can notice of a figure, at least; a smaller difference is neither better nor worse."""
KEY = ("asked_in_need", "asked_needlessly", "balanced_accuracy", "done", "coached", "overstepped", "solved")
"""Shown whatever became of them; others only where they surely changed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One figure of one part, bare and steered."""

    part: str
    """The part's title."""
    bare: Figure
    steered: Figure
    difference: Difference
    """Steered minus bare; its p is adjusted over all rows."""

    @property
    def figure(self) -> str:
        return self.difference.figure

    @property
    def sure(self) -> bool:
        return self.difference.p_adjusted < LEVEL

    @property
    def written(self) -> Written:
        """The difference with its interval; `none`, and no interval, where every unit came out the same."""
        if self.difference.low == self.difference.high == 0:
            return Written("none", "", "")
        return written_difference(self.difference, self.bare.unit)

    @property
    def reading(self) -> str:
        """`better`, `worse`, `more` or `less`, with `not surely` where chance alone might do it; else `the same`, that
        they cannot be told apart, or that nobody would notice."""
        low, high = self.difference.low, self.difference.high
        if low == high == 0:
            return "the same"
        if low <= 0 <= high and not self.sure:
            return "cannot be told apart"
        if abs(self.difference.value) < NOTICED.get(self.figure, 0):
            return "too little to notice"
        up = self.difference.value > 0
        word = "more" if up else "less"
        if self.figure in MORE or self.figure in LESS:
            word = "better" if up == (self.figure in MORE) else "worse"
        return word if self.sure else f"{word}, not surely"

    @property
    def tone(self) -> str:
        """The class of its colour: `better` or `worse` where that is sure, else `cannot`."""
        return self.reading if self.reading in ("better", "worse") else "cannot"


def changed(rows: Sequence[Changed]) -> dict[str, Any]:
    """`did` and `cost`: the rows to show, in order; `rest`: the others. `better`, `worse`: how many of what it did
    surely are; `dearer`: how many of what it cost."""
    did = [row for row in rows if row.figure not in COSTS]
    return {
        "did": [row for row in did if row.sure or row.figure in KEY],
        "cost": [row for row in rows if row.figure in COSTS],
        "rest": [row for row in did if not row.sure and row.figure not in KEY],
        **{tone: sum(row.tone == tone for row in did) for tone in ("better", "worse")},
        "dearer": sum(row.tone == "worse" for row in rows if row.figure in COSTS),
    }
