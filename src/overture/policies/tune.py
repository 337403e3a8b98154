"""Which policy, with which settings, on your own tasks? A race of candidates, and then a fresh look at the winner.

In come tasks, candidates, a model and a store; out comes a Tuned: the winner, the looks of the race, the winner's
figures beside the bare model's, and how many trials were saved. Half of the units are for racing; the other half nobody
raced on, and only the winner and the bare model are put to it. Easy to get wrong: what the store holds is not asked
again, and a trial that two candidates share is counted once, so trials are counted by their id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..audit.differences import differences
from ..errors import OvertureError, UsageError
from ..models import Model, Remembered
from ..simulate.engine import Progress, run
from ..simulate.speakers import Speaker, experiment_of
from ..simulate.store import Store, Trial
from .candidates import BARE
from .learned import LEAST, Learned, learned
from .named import COMPOSED
from .racing import Look, look, looks
from .steer import Steering
from .tune_figures import Tuned, scored, tallied
from .tune_plan import Plan, Unit

Told = Callable[[str, int, int], None]
"""(what is going on, trials that ended, trials at most)."""


async def tune(plan: Plan, model: Model, store: Store, told: Told | None = None) -> Tuned:
    """Race, and confirm. What the store holds is not asked again, so a tuning that was killed goes on.

    Raises UsageError where there are too few units to race on, ConfigurationChanged, and ModelGone.
    """
    racing, rest = plan.halves()
    if len(racing) < plan.rules.first:
        least = -(-2 * plan.rules.first // len(plan.tasks))
        raise UsageError(f"{len(racing)} units to race on are too few; give --count {least} or more")
    shared = Remembered(model, store.asked())
    held, every = await _race(plan, shared, store, racing, told)
    winner, found = await _learn(plan, held[-1].best, shared, store, racing[: 2 * LEAST], every)
    raced = len(every)
    ends = {name: await put(plan, name, shared, store, rest) for name in dict.fromkeys((winner, BARE))}
    every |= {trial.trial_id: trial for ended in ends.values() for trial in ended}
    tallies = {"winner": tallied(plan, rest, ends[winner]), "bare": tallied(plan, rest, ends[BARE])}
    return Tuned(
        winner,
        tuple(held),
        raced,
        plan.exhaustive(racing),
        len(rest),
        {side: tally.figures() for side, tally in tallies.items()},
        tuple(differences(tallies, tallies["winner"].names)) if winner != BARE else (),
        sum(trial.status in ("failed", "unscored") for trial in every.values()),
        found,
    )


async def _race(
    plan: Plan, model: Model, store: Store, units: Sequence[Unit], told: Told | None
) -> tuple[list[Look], dict[str, Trial]]:
    """The looks of the race, and its trials by id, the candidates' in their order."""
    rounds = looks(len(units), plan.rules)
    left = list(plan.candidates)
    trials: dict[str, list[Trial]] = {name: [] for name in left}
    scores: dict[str, list[float]] = {name: [] for name in left}
    held: list[Look] = []
    most, count = plan.exhaustive(units), 0

    def heard(_: Progress) -> None:
        nonlocal count
        count += 1
        if told:
            told(f"racing {len(left)} of {len(plan.candidates)}", count, most)

    for before, after in pairwise([0, *rounds]):
        block = units[before:after]
        for name in left:
            ended = await put(plan, name, model, store, block, heard)
            trials[name] += ended
            scores[name] += scored(plan, block, ended)
        seen = look({name: scores[name] for name in left}, len(rounds), len(plan.candidates), plan.rules, plan.seed)
        held.append(seen)
        left = [name for name in left if name not in seen.beaten]
        if len(left) == 1:
            break
    return held, {trial.trial_id: trial for ended in trials.values() for trial in ended}


async def _learn(
    plan: Plan, winner: str, model: Model, store: Store, units: Sequence[Unit], every: dict[str, Trial]
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


async def put(
    plan: Plan,
    name: str,
    model: Model,
    store: Store,
    units: Sequence[Unit],
    watch: Callable[[Progress], None] | None = None,
) -> list[Trial]:
    """The trials of these units with one candidate. Raises ConfigurationChanged, and ModelGone."""
    ended: list[Trial] = []
    for at, task in enumerate(plan.tasks):
        pairs = {pair for where, pair in units if where == at}
        items = tuple(item for item in task.items if item.pair in pairs)
        if items:
            lead = None if name == BARE else Steering(name)
            speaker = Speaker(f"candidate {name}", model, lead, plan.sampling, plan.concurrency, again=plan.again)
            protocol = "sharded" if "sharded" in task.protocols else next(iter(task.protocols))
            some = replace(task, items=items)
            experiment = experiment_of(some, protocol, speaker, seed=plan.seed, seconds=plan.seconds)
            ran = await run(experiment, store, watch)
            if ran.owed:
                raise OvertureError(f"{ran.owed} trials are owed: {ran.stopped}; the same command goes on")
            ended += ran.trials
    return ended
