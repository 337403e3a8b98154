"""What the trials of a tuning come to: a score a unit, figures with their intervals, and `summary.json`.

In come a Plan and trials that ended; out come numbers. Easy to get wrong: a unit is drawn whole, a request with its
twin, and two candidates' figures are drawn alike from the same units, or their difference would not be paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..audit.differences import Difference
from ..audit.estimates import Figure, Tally
from ..simulate.store import Trial
from ..simulate.tallies import UNITS, cells
from .learned import Learned
from .racing import Look
from .tune_plan import Plan, Unit

FIGURES = (
    "worth", "solved", "asked_in_need", "asked_needlessly", "wasted", "turns", "user_words", "assistant_tokens",
    "reply_seconds", "failed",
)  # fmt: skip
"""What is reported of the winner and the bare model."""
LEVEL = 0.05
"""The winner is not surely worth more where p is not below this, whatever the interval: its units may be too few."""


@dataclass(frozen=True)
class Tuned:
    """What a tuning came to."""

    winner: str
    looks: tuple[Look, ...]
    raced: int
    """Trials of the race, those that learning took included."""
    exhaustive: int
    """Trials of a race in which nobody drops out."""
    confirming: int
    """Units that were kept apart."""
    figures: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, Figure]])
    """`winner` and `bare` → figures, on those units."""
    differences: tuple[Difference, ...] = ()
    """Winner minus bare, there; empty where the bare model won."""
    failed: int = 0
    """Trials that failed or have no verdict."""
    learned: Learned | None = None
    """What the race's trials say of asking, where `worth_asking` raced and enough requests were put both ways."""

    @property
    def sure(self) -> bool:
        """Whether the winner is worth more than the bare model on the units kept apart, beyond chance."""
        return any(d.figure == "worth" and d.low > 0 and d.p < LEVEL for d in self.differences)

    @property
    def saved(self) -> int:
        """Trials that the race did not need."""
        return max(0, self.exhaustive - self.raced)


def by_item(ended: Sequence[Trial]) -> dict[tuple[str, str], Trial]:
    """(task, item) → its trial."""
    return {(trial.task, trial.item): trial for trial in ended}


def scored(plan: Plan, units: Sequence[Unit], ended: Sequence[Trial]) -> list[float]:
    """The mean worth of each unit's trials, in the units' order."""
    found = by_item(ended)
    return [float(np.mean([plan.worth.of(trial) for trial in plan.trials(unit, found)])) for unit in units]


def tallied(plan: Plan, units: Sequence[Unit], ended: Sequence[Trial]) -> Tally:
    """FIGURES over units; two tallies of the same units draw alike."""
    found = by_item(ended)
    top, bottom = (np.zeros((len(units), len(FIGURES))) for _ in range(2))
    for row, unit in enumerate(units):
        for trial in plan.trials(unit, found):
            counted = {**cells(trial, None), "worth": (plan.worth.of(trial), 1)}
            for column, name in enumerate(FIGURES):
                hits, chances = counted.get(name, (0, 0))
                top[row, column] += hits
                bottom[row, column] += chances
    tally = Tally(FIGURES, plan.seed, {**UNITS, "worth": "worth"}, keep=True)
    tally.add(top, bottom)
    return tally


def summary(plan: Plan, tuned: Tuned, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`summary.json`: what won, how surely, what it does on the units kept apart, and what the race saved."""
    return {
        "schema": 1,
        "command": "tune",
        "config": {
            **settings,
            "candidates": list(plan.candidates),
            "worth": asdict(plan.worth),
            "rules": asdict(plan.rules),
            "tasks": {task.name: task.hash for task in plan.tasks},
        },
        "counts": {
            "raced": tuned.raced,
            "exhaustive": tuned.exhaustive,
            "saved": tuned.saved,
            "unscored": tuned.failed,
        },
        "winner": tuned.winner,
        "sure": tuned.sure,
        "learned": asdict(tuned.learned) if tuned.learned else None,
        "looks": [asdict(one) for one in tuned.looks],
        "groups": {
            name: {"figures": {figure: one.to_dict() for figure, one in figures.items()}}
            for name, figures in tuned.figures.items()
        },
        "differences": [asdict(difference) for difference in tuned.differences],
    }
