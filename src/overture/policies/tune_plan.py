"""What is tuned, on what, and what a conversation is worth: a tuning before it is run.

In come tasks, candidates and costs; out comes a Plan, which shares its units out between racing and confirming. A unit
is a request with its twin. Easy to get wrong: the winner's score in the race is the highest of many and so too high;
so the halves are drawn by the seed and the task's name alone, and nobody races on the second.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..models import Sampling
from ..simulate.store import Trial
from ..tasks.task import Item, Task
from .racing import Rules

Unit = tuple[int, str]
"""(the task's place in the plan, the items' pair)."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a trial is worth: what it came to, less what it took."""

    solved: float = 1.0
    """Times the check's 0 to 1. A trial that failed or has no verdict counts 0."""
    turn: float = 0.02
    """Taken off for each turn of the user after the first."""
    question: float = 0.1
    """Taken off for each question that named nothing open."""
    tokens: float = 0.05
    """Taken off for each thousand tokens of the assistant."""

    def of(self, trial: Trial) -> float:
        """The score of one trial."""
        came, took = self.parts(trial)
        return came - took

    def parts(self, trial: Trial) -> tuple[float, float]:
        """What it came to, and what it took."""
        done = trial.outcome or {}
        written = trial.cost.get("completion_tokens", 0) / 1000
        if trial.status in ("failed", "unscored") or "turns" not in done:
            return 0.0, 0.0
        took = self.turn * max(0, done["turns"] - 1) + self.question * done["wasted"] + self.tokens * written
        return self.solved * (done["solved"] or 0.0), took


@dataclass(frozen=True)
class Plan:
    """A tuning before it is run."""

    tasks: tuple[Task, ...]
    candidates: tuple[str, ...]
    """As `named.make` takes them; the first is BARE, and of equals the earlier wins."""
    worth: Worth = field(default_factory=Worth)
    rules: Rules = field(default_factory=Rules)
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    concurrency: int = 2
    seconds: float = 600.0
    again: bool = False
    """Whether trials that failed before are tried once more."""

    @cached_property
    def units(self) -> Mapping[Unit, tuple[Item, ...]]:
        """Every unit → its items, in the tasks' order."""
        found: dict[Unit, tuple[Item, ...]] = {}
        for at, task in enumerate(self.tasks):
            for item in task.items:
                found[at, item.pair] = (*found.get((at, item.pair), ()), item)
        return found

    def halves(self) -> tuple[list[Unit], list[Unit]]:
        """(units to race on, units to confirm on), drawn by the seed, alike from every task."""
        racing: list[Unit] = []
        rest: list[Unit] = []
        for at, task in enumerate(self.tasks):
            units = [unit for unit in self.units if unit[0] == at]
            random.Random(f"tune/{self.seed}/{task.name}").shuffle(units)
            middle = (len(units) + 1) // 2
            racing += units[:middle]
            rest += units[middle:]
        random.Random(f"tune/{self.seed}").shuffle(racing)
        return racing, rest

    def exhaustive(self, units: Iterable[Unit]) -> int:
        """How many trials a race over these units takes in which nobody drops out."""
        return sum(len(self.units[unit]) for unit in units) * len(self.candidates)

    def trials(self, unit: Unit, ended: Mapping[tuple[str, str], Trial]) -> list[Trial]:
        """The unit's trials, of those that ended, by (task, item)."""
        return [ended[self.tasks[unit[0]].name, item.id] for item in self.units[unit]]
