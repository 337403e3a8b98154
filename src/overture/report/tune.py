"""The page of a tuning: what won the race, what it does beside the bare model, and how the race went.

In comes a TunePage, out comes one HTML string. Easy to get wrong: the score that won the race is the highest of many
and so too high, so every figure here comes from the units on which nobody raced, and the race's own scores are called
what they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .changes import Changed
from .shell import Page, render
from .words import written

if TYPE_CHECKING:
    from ..audit.estimates import Figure


@dataclass(frozen=True, slots=True)
class Lap:
    """The race after so many units."""

    units: int
    racing: int
    """Candidates still in it."""
    best: str
    mean: float
    """The best one's mean worth so far."""
    dropped: Sequence[str]


@dataclass(frozen=True, slots=True)
class TunePage(Page):
    """Everything that the page shows."""

    model: str
    tasks: str
    """Their names."""
    winner: str
    """As `--policy` takes it; empty where nothing beat the bare model."""
    sure: bool
    """Whether the winner is surely worth more than the bare model on the units kept apart."""
    line: str
    """The command that puts the winner to use; empty without one."""
    apart: int
    """Units on which nobody raced."""
    bare: Mapping[str, Figure]
    won: Mapping[str, Figure]
    changes: Sequence[Changed]
    """Winner beside bare; empty where the bare model won."""
    laps: Sequence[Lap]
    race: str
    """Candidates and trials, and how many trials were saved, in a sentence."""
    left_out: Sequence[str] = ()
    warnings: Sequence[str] = ()
    """Sentences on what casts doubt on all of it, ahead of everything."""


def tune_html(page: TunePage) -> str:
    """The page as one self-contained HTML document, without script and with nothing from outside."""
    return render(
        "tune.html",
        page,
        sentences=_sentences(page),
        columns=[("Bare", page.bare)],
    )


def _sentences(page: TunePage) -> list[str]:
    """What won and how surely, then both errors of asking, and how it ended."""
    if page.winner:
        doubt = "" if page.sure else ", which cannot be told from it"
        first = (
            f"{page.winner} won the race; a conversation is worth {_both(page, 'worth')} with the bare model{doubt}."
        )
    else:
        first = f"Nothing beat the bare model: a conversation is worth {_both(page, 'worth')}."
    out = [first]
    for name, words in (
        ("asked_in_need", "Where something was missing it asked in"),
        ("asked_needlessly", "Where nothing was missing it asked all the same in"),
        ("solved", "Solved were"),
    ):
        if name in page.won and page.won[name].value is not None:
            out.append(f"{words} {_both(page, name)}{' bare' if page.winner else ''}.")
    return out


def _both(page: TunePage, name: str) -> str:
    """The winner's figure and the bare model's; only the one where they are the same."""
    said = str(written(page.won[name]))
    return f"{said}, against {written(page.bare[name])}" if page.winner else said
