"""Which policy, with which settings, on your own tasks? A race of candidates, and then a fresh look at the winner.

In come tasks, candidates, a model and a store; out comes a Tuned: the winner, the looks of the race, the winner's
figures beside the bare model's, and how many trials were saved. Half of the units (a request with its twin) are for
racing; the other half nobody raced on, and only the winner and the bare model are put to it. Easy to get wrong: the
winner's score in the race is the highest of many and so too high; what is reported comes from the other half.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ..audit.estimates import Difference, Figure, Tally
from ..audit.estimates import differences as between
from ..errors import UsageError
from ..models import Model, Remembered, Sampling
from ..simulate.engine import Experiment, Progress, run
from ..simulate.seats import Seat, Yardstick
from ..simulate.speakers import Strict
from ..simulate.store import Store, Trial
from ..simulate.tallies import UNITS, cells
from ..tasks.task import Item, Task
from ..users.named import chosen
from .candidates import BARE
from .learned import LEAST, Learned, learned
from .named import COMPOSED
from .racing import Look, Rules, look, looks
from .steer import Steering

FIGURES = (
    "worth", "solved", "asked_in_need", "asked_needlessly", "wasted", "turns", "user_words", "assistant_tokens",
    "reply_seconds", "failed",
)  # fmt: skip
"""What is reported of the winner and the bare model."""
Told = Callable[[str, int, int], None]
"""(what is going on, trials that ended, trials at most)."""


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
        if trial.status == "failed" or "turns" not in done:
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
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=256))
    concurrency: int = 2
    seconds: float = 600.0
    again: bool = False
    """Whether trials that failed before are tried once more."""

    def halves(self) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """(units to race on, units to confirm on), each (task, pair), drawn by the seed, alike from every task."""
        racing: list[tuple[int, str]] = []
        rest: list[tuple[int, str]] = []
        for at, task in enumerate(self.tasks):
            units = [(at, pair) for pair in dict.fromkeys(item.pair for item in task.items)]
            random.Random(f"tune/{self.seed}/{task.name}").shuffle(units)
            middle = (len(units) + 1) // 2
            racing += units[:middle]
            rest += units[middle:]
        random.Random(f"tune/{self.seed}").shuffle(racing)
        return racing, rest


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
        return any(difference.figure == "worth" and difference.low > 0 for difference in self.differences)

    @property
    def saved(self) -> int:
        """Trials that the race did not need."""
        return max(0, self.exhaustive - self.raced)


async def tune(plan: Plan, model: Model, store: Store, told: Told | None = None) -> Tuned:
    """Race, and confirm. What the store holds is not asked again, so a tuning that was killed goes on.

    Raises UsageError where there are too few units to race on, ConfigurationChanged, and ModelGone.
    """
    racing, rest = plan.halves()
    if len(racing) < plan.rules.first:
        raise UsageError(f"{len(racing)} units to race on are too few; give {2 * plan.rules.first} or more")
    shared = Remembered(model)
    rounds = looks(len(racing), plan.rules)
    left = list(plan.candidates)
    trials: dict[str, list[Trial]] = {name: [] for name in left}
    scores: dict[str, list[float]] = {name: [] for name in left}
    held: list[Look] = []
    raced = 0
    most = sum(len(_items(plan, unit)) for unit in racing) * len(left)
    count = 0

    def heard(_: Progress) -> None:
        nonlocal count
        count += 1
        if told:
            told(f"racing {len(left)} of {len(plan.candidates)}", count, most)

    for before, after in zip([0, *rounds], rounds, strict=False):
        block = racing[before:after]
        for name in left:
            ended = await put(plan, name, shared, store, block, heard)
            raced += len(ended)
            trials[name] += ended
            scores[name] += scored(plan, block, ended)
        seen = look({name: scores[name] for name in left}, len(rounds), len(plan.candidates), plan.rules, plan.seed)
        held.append(seen)
        left = [name for name in left if name not in seen.beaten]
        if len(left) == 1:
            break
    winner = held[-1].best
    every = {trial.trial_id: trial for ended in trials.values() for trial in ended}
    winner, found = await _learn(plan, winner, shared, store, racing[: 2 * LEAST], every)
    raced = len(every)
    ends = {name: await put(plan, name, shared, store, rest) for name in dict.fromkeys((winner, BARE))}
    tallies = {name: _tally(plan, rest, ended) for name, ended in ends.items()}
    figures = {"winner": tallies[winner].figures(), "bare": tallies[BARE].figures()}
    every |= {trial.trial_id: trial for ended in ends.values() for trial in ended}
    return Tuned(
        winner,
        tuple(held),
        raced,
        most,
        len(rest),
        figures,
        tuple(between({"winner": tallies[winner], "bare": tallies[BARE]}, tallies[winner].names))
        if winner != BARE
        else (),
        sum(trial.status in ("failed", "unscored") for trial in every.values()),
        found,
    )


async def _learn(
    plan: Plan, winner: str, model: Model, store: Store, units: Sequence[tuple[int, str]], every: dict[str, Trial]
) -> tuple[str, Learned | None]:
    """The winner once `worth_asking`, where it races as it is, has been put with what these units and the race say of
    asking; and what they say. All trials are added to `every`."""
    whole = (COMPOSED.get(name, name) for name in plan.candidates)
    name = next((name for name in whole if "worth_asking" in name and "worth_asking:" not in name), None)
    if name is None:
        return winner, None
    ended = {each: await put(plan, each, model, store, units) for each in dict.fromkeys((BARE, name, winner))}
    every |= {trial.trial_id: trial for trials in ended.values() for trial in trials}
    found = learned(every.values(), plan.worth.parts)
    if found is None or (new := found.spec(name)) in plan.candidates:
        return winner, found
    trials = await put(plan, new, model, store, units)
    every |= {trial.trial_id: trial for trial in trials}
    better = np.mean(scored(plan, units, trials)) > np.mean(scored(plan, units, ended[winner]))
    return (new if better else winner), found


def _items(plan: Plan, unit: tuple[int, str]) -> list[Item]:
    at, pair = unit
    return [item for item in plan.tasks[at].items if item.pair == pair]


async def put(
    plan: Plan,
    name: str,
    model: Model,
    store: Store,
    units: Sequence[tuple[int, str]],
    watch: Callable[[Progress], None] | None = None,
) -> list[Trial]:
    """The trials of these units with one candidate. Raises ConfigurationChanged, and ModelGone."""
    ended: list[Trial] = []
    for at, task in enumerate(plan.tasks):
        pairs = {pair for where, pair in units if where == at}
        items = tuple(item for item in task.items if item.pair in pairs)
        if items:
            ran = await run(_experiment(plan, name, model, replace(task, items=items)), store, watch)
            ended += ran.trials
    return ended


def _experiment(plan: Plan, name: str, model: Model, task: Task) -> Experiment:
    script = model.name.removeprefix("scripted:")
    known = script != model.name and script in task.yardsticks
    seat = Seat(
        "assistant",
        Yardstick(task, script) if known else model,
        Strict(plan.concurrency, seconds=plan.seconds),
        plan.sampling,
    )
    protocol = "sharded" if "sharded" in task.protocols else next(iter(task.protocols))
    user = chosen(task.user, task, task.protocols[protocol].wrappers)
    lead = None if name == BARE else Steering(name)
    return Experiment(
        task, protocol, user, seat, seed=plan.seed, concurrency=plan.concurrency, again=plan.again, lead=lead,
        called=f"candidate {name}",
    )  # fmt: skip


def scored(plan: Plan, units: Sequence[tuple[int, str]], ended: Sequence[Trial]) -> list[float]:
    """The mean worth of each unit's trials, in the units' order."""
    found = {(trial.task, trial.item): plan.worth.of(trial) for trial in ended}
    return [float(np.mean([found[plan.tasks[unit[0]].name, item.id] for item in _items(plan, unit)])) for unit in units]


def _tally(plan: Plan, units: Sequence[tuple[int, str]], ended: Sequence[Trial]) -> Tally:
    """FIGURES over units; two tallies of the same units draw alike."""
    found = {(trial.task, trial.item): trial for trial in ended}
    top, bottom = (np.zeros((len(units), len(FIGURES))) for _ in range(2))
    for row, unit in enumerate(units):
        for item in _items(plan, unit):
            trial = found[plan.tasks[unit[0]].name, item.id]
            counted = {**cells(trial, None), "worth": (plan.worth.of(trial), 1)}
            for column, name in enumerate(FIGURES):
                hits, chances = counted.get(name, (0, 0))
                top[row, column] += hits
                bottom[row, column] += chances
    tally = Tally(FIGURES, plan.seed, {**UNITS, "worth": "worth"})
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
