"""A Tuned as its page is handed it: the one place where the two meet.

In come a Plan and what it came to; out comes a TunePage. Easy to get wrong: where the bare model won there is no
winner's column and no command to paste, and the page must not show one.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .. import __version__
from ..policies.candidates import BARE
from ..policies.tune_figures import Tuned
from ..policies.tune_plan import Plan
from ..report.changes import Changed
from ..report.tune import Lap, TunePage
from .terminal import serving


def page_of(
    plan: Plan,
    tuned: Tuned,
    words: Sequence[str],
    settings: Mapping[str, Any],
    began: datetime,
    ended: datetime,
    doubts: Sequence[str] = (),
) -> TunePage:
    """Everything the page shows of this tuning; `doubts` is what casts doubt on it."""
    won, bare = tuned.figures["winner"], tuned.figures["bare"]
    beaten = tuned.winner != BARE
    return TunePage(
        title="Which policy suits it",
        model=str(settings["model"]),
        tasks=", ".join(task.name for task in plan.tasks),
        winner=tuned.winner if beaten else "",
        sure=tuned.sure,
        line=line_of(tuned, str(settings["model"])),
        apart=tuned.confirming,
        bare=bare,
        won=won,
        changes=[Changed("", bare[d.figure], won[d.figure], d) for d in tuned.differences],
        laps=[Lap(one.units, len(one.means), one.best, one.means[one.best], list(one.beaten)) for one in tuned.looks],
        race=f"{counted(plan, tuned)}.",
        left_out=[f"{tuned.failed} trials failed or have no verdict; each counts 0."] if tuned.failed else [],
        warnings=list(doubts),
        config=settings,
        command=shlex.join(words),
        version=__version__,
        started=began.isoformat(timespec="seconds"),
        finished=ended.isoformat(timespec="seconds"),
    )


def line_of(tuned: Tuned, model: str) -> str:
    """The command that puts the winner to use; empty where nothing beat the bare model."""
    return "" if tuned.winner == BARE else serving(model, tuned.winner)


def counted(plan: Plan, tuned: Tuned) -> str:
    """How many raced, and what the race saved."""
    return (
        f"{len(plan.candidates)} candidates, {tuned.raced:,} trials in place of {tuned.exhaustive:,}: "
        f"{tuned.saved:,} saved"
    )
