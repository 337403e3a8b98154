"""Many trials at once: each trial's seats, its talk, its verdict, and its place in the store.

In comes an Experiment and a Store; out comes a trial for every item and run, in that order, whatever ended first.
Each answer is journalled before it is used and each trial stored when it has ended, so a run that is killed anywhere
goes on where it was. Easy to get wrong: whatever a model, a user or a judge does wrong is a typed outcome of that
trial and the run goes on; only our own mistakes and the configuration end it. A limit of cost, a model that has never
answered and an interruption leave trials owed, never failed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import DataError, ModelError, OvertureError, UsageError
from ..tasks.task import Item, Setting, Task, digest
from ..users import faults
from ..users.base import User
from .gate import Stopped
from .outcome import outcome, setting_of, status_of
from .relay import Bare, Talk, relay
from .rounds import Rounds
from .seats import Asked, Lead, Seat, asked, seed_of
from .store import Journal, Trial, identity

SCHEMA = 2
"""Part of every identity; grows when a trial's meaning changes."""


@dataclass(frozen=True)
class Experiment:
    """What is put to whom, how often."""

    task: Task
    protocol: str
    user: User
    assistant: Seat
    speaker: Seat | None = None
    """The model that plays the user, where the user needs one."""
    judge: Seat | None = None
    runs: int = 1
    seed: int = 0
    turns: int | None = None
    """How often the user may speak; None: as the item or the task says."""
    concurrency: int = 8
    """Trials that talk at a time; beside them as many are prepared or judged."""
    again: bool = False
    """Whether trials that failed before are tried once more."""
    lead: Lead | None = None
    """What leads the assistant: a policy; None: nothing does."""
    called: str = "assistant"
    """Tells experiments apart whose trials stand in one store, such as a model's and its rival's."""
    share: tuple[int, int] = (0, 1)
    """Which of how many shares of the trials is run here."""
    witness: str = ""
    """The user as it was typed, where several are compared: without what the protocol puts around it."""
    group: str = ""
    """What the trials are called in a summary; empty: by the protocol."""

    def __post_init__(self) -> None:
        if self.user.needs_model and self.speaker is None:
            raise UsageError(f"the user {self.user.name} is played by a model; name one with --user-model")
        self.task.way(self.protocol)

    @property
    def name(self) -> str:
        return self.group or self.protocol

    @property
    def seats(self) -> list[Seat]:
        return [seat for seat in (self.assistant, self.speaker, self.judge) if seat is not None]

    @property
    def places(self) -> list[tuple[Item, int]]:
        """Every item's every run, run by run; of a share, each so-manieth."""
        number, of = self.share
        return [(item, run) for run in range(self.runs) for item in self.task.items][number::of]

    def put(self, item: Item, run: int) -> Item:
        """An item as a run of it is put: by the protocol and a seed of its own."""
        return as_put(self.task, item, self.protocol, self.seed, run)

    def config(self) -> dict[str, Any]:
        """What determines the outcome of these trials, beside the item and the run."""
        led = {"policy": dict(self.lead.identity())} if self.lead else {}
        return {
            **led,
            "schema": SCHEMA,
            "role": self.called,
            "task": self.task.name,
            "check": self.task.check_version,
            "protocol": self.protocol,
            "user": dict(self.user.identity()),
            "faults": faults.VERSION,
            "seed": self.seed,
            "turns": self.turns if self.turns is not None else self.task.turns,
            "turns_given": self.turns is not None,
            "models": {seat.role: seat.identity() for seat in self.seats},
        }


def as_put(task: Task, item: Item, protocol: str, seed: int, run: int) -> Item:
    """An item as a run of it is put."""
    return task.protocols[protocol].prepare(item, seed_of(seed, task.name, item.hash, run, "protocol", 0, 0))


def hashed(item: Item, put: Item) -> str:
    """What an item adds to a trial's identity: itself, and how it was put where that is another thing."""
    return item.hash if put is item else digest([item.hash, put.hash])


@dataclass
class Progress:
    """How far a run is."""

    total: int
    ended: int = 0
    known: int = 0
    """Of the ended, those that an earlier run had made."""
    failed: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass
class Ran:
    """What a run left."""

    trials: list[Trial] = field(default_factory=list[Trial])
    """In the order of the experiment's places; those that are still owed are not among them."""
    owed: int = 0
    stopped: str = ""
    """Why trials are owed."""


Watch = Callable[[Progress], None]


async def run(experiment: Experiment, store: Journal, watch: Watch | None = None) -> Ran:
    """Every trial that can be had. Raises ConfigurationChanged before any call, and DataError on a broken store."""
    config = experiment.config()
    store.agree(config)
    places = experiment.places
    done: list[Trial | None] = [None] * len(places)
    progress = Progress(len(places))
    ran = Ran()
    queue: Iterator[tuple[int, tuple[Item, int]]] = iter(enumerate(places))
    rounds = Rounds(store, experiment.concurrency)

    async def work() -> None:
        await rounds.quiet()
        for at, (item, number) in queue:  # the workers share one iterator, so each place is taken once
            put = experiment.put(item, number)
            trial_id = identity(config, hashed(item, put), number)
            trial = store.trial(trial_id)
            known = trial is not None and not (experiment.again and trial.status == "failed")
            if not known:
                try:
                    trial = await _trial(experiment, rounds, config, trial_id, (item, put), number)
                except Stopped as stopped:
                    ran.stopped = ran.stopped or str(stopped)
                    return
            assert trial is not None
            done[at] = trial
            _count(progress, trial, known)
            if watch:
                watch(progress)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(2 * experiment.concurrency, len(places))):  # half of them talk
                group.create_task(work())
    except* OvertureError as errors:
        raise first_of(errors) from None
    except* sqlite3.Error as errors:
        raise DataError(
            f"{store.path} cannot be read ({first_of(errors)}); move it away or use another --out"
        ) from errors
    finally:
        rounds.finish()
    ran.trials = [trial for trial in done if trial is not None]
    ran.owed = len(places) - len(ran.trials)
    return ran


async def _trial(
    experiment: Experiment, rounds: Rounds, config: dict[str, Any], trial_id: str, items: tuple[Item, Item], number: int
) -> Trial:
    """`items`: as the task has it, and as the protocol puts it."""
    (item, put), task = items, experiment.task
    place = (experiment.seed, task.name, item.hash, number)
    talk = Talk(put.before)
    known = rounds.store.answers(trial_id)
    seats: dict[str, Asked] = {
        seat.role: asked(seat, rounds, trial_id, place, put, lambda: len(talk.heard), known)
        for seat in experiment.seats
    }
    tools = task.tools(put) if task.tools else None
    user = experiment.user.start(put, seed_of(*place, "user", 0, 0), seats.get("user"))
    model = seats["assistant"]
    assistant = Bare(experiment.lead.over(model) if experiment.lead else model, tools)
    judge = seats.get("judge")
    blank = Trial(trial_id, task.name, item.id, seed_of(*place, "trial", 0, 0), config, "failed", None, None)

    def setting() -> Setting:
        return setting_of(experiment.protocol, talk, tools, judge)

    over = task.over
    turns = experiment.turns or put.turns or task.turns
    try:
        async with rounds.talk():
            await relay(
                talk, user, assistant, turns, tools, (lambda said: over(put, said, setting())) if over else None
            )
        await rounds.quiet()
        verdict = await task.check(put, talk.conversation, setting())
    except ModelError as error:
        failed = replace(blank, error_type=_kind(error, talk, seats), conversation=talk.conversation)
        failed = replace(failed, outcome={"run": number, "error": str(error)[:500]}, cost=_cost(seats.values()))
        return await _stored(rounds, failed)
    except sqlite3.Error as error:
        return _unstored(blank, error, number)
    trial = replace(
        blank,
        status=status_of(talk.ended, verdict.solved),
        conversation=talk.conversation,
        outcome={"run": number, **outcome(put, talk, verdict, task.hear)},
        cost={**_cost(seats.values()), "reply_seconds": sum(reply.seconds for reply in talk.replies)},
    )
    return await _stored(rounds, trial)


async def _stored(rounds: Rounds, trial: Trial) -> Trial:
    try:
        await rounds.keep(trial)
    except sqlite3.Error as error:
        return _unstored(trial, error, (trial.outcome or {}).get("run", 0))
    return trial


def _unstored(trial: Trial, error: sqlite3.Error, number: int) -> Trial:
    """A trial that could not be written down. It is counted in this run and owed to the next."""
    return replace(trial, status="failed", error_type="store_full", outcome={"run": number, "error": str(error)})


def _kind(error: ModelError, talk: Talk, seats: dict[str, Asked]) -> str:
    """The error's kind, with whose it was in front unless it was the assistant's."""
    role = next((role for role, seat in seats.items() if seat.failed is error), None)
    if role is None:
        role = "user" if not talk.ended else "check"
    return error.kind if role == "assistant" else f"{role}_{error.kind}".replace("user_user", "user")


def _cost(seats: Iterable[Asked]) -> dict[str, Any]:
    """By role: calls, tokens, seconds and money. For the assistant also at the top, as in a checkup."""
    out: dict[str, Any] = {}
    for each in seats:
        counts = each.meter.to_dict()
        if each.seat.role == "assistant":
            out |= counts
        else:
            out[each.seat.role] = counts
    return out


def _count(progress: Progress, trial: Trial, known: bool) -> None:
    progress.ended += 1
    progress.known += known
    progress.failed += trial.status == "failed"
    for each in (trial.cost, *(trial.cost[role] for role in ("user", "judge") if role in trial.cost)):
        progress.tokens += each.get("prompt_tokens", 0) + each.get("completion_tokens", 0)
        progress.cost += each.get("cost") or 0.0


def first_of(errors: BaseExceptionGroup[Any]) -> BaseException:
    """The first error of a group that is none itself."""
    error: BaseException = errors.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error
