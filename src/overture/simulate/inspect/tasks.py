"""Overture's tasks in Inspect AI: `inspect eval overture/sharded --model … -T protocol=recap -T count=40`.

In come a task's name and how to put it; out comes an Inspect task whose solver is our engine with our users around
Inspect's model, and whose scorer is our check. Users and judges that need a model take it from `--model-role user=…`
and `--model-role judge=…`. Easy to get wrong: the check belongs to the scorer, so that `inspect score` can judge again
from the log alone, and there the tools stand as new: the calls in the log are made again before they are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from inspect_ai import Task as InspectTask
from inspect_ai import task as registered
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, Model, ModelOutput, get_model, model_roles
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from ...conversation import Conversation
from ...errors import ModelError, UsageError
from ...models.patience import Patience
from ...tasks import named
from ...tasks.task import Item, Setting, Task, Tools, Verdict
from ...users.named import chosen
from ..engine import Experiment, as_put, first_of, hashed, run
from ..gate import Gate
from ..outcome import coverage
from ..seats import Seat, seed_of
from ..store import Store, Trial
from .logs import ENDED, KEY, Record, values
from .messages import conversation_of, ours, theirs
from .model import Inspected

LONGEST = 1e7
"""Seconds for one call: Inspect's own limits are the ones that hold."""


@dataclass(frozen=True)
class Sitting(Experiment):
    """One item in one epoch: what Inspect calls a sample."""

    at: int = 0

    @property
    def places(self) -> list[tuple[Item, int]]:
        return [(self.task.items[0], self.at)]


@lru_cache(maxsize=8)
def loaded(name: str, count: int | None, seed: int) -> tuple[Task, dict[str, Item]]:
    """A task with its items by id; read once for dataset, solver and scorer."""
    found = named.load(name, count, seed)
    return found, {item.id: item for item in found.items}


async def unjudged(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """The verdict before the scorer's."""
    return Verdict(None, "not scored")


@solver
def relay(
    task: str,
    protocol: str,
    user: str | None = None,
    count: int | None = None,
    seed: int = 0,
    turns: int | None = None,
) -> Solver:
    """Our users talk with Inspect's model about a sample's item, until they are done or the cap is reached."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        whole, items = loaded(task, count, seed)
        item, number = items[str(state.sample_id)], state.epoch - 1
        known = hashed(item, as_put(whole, item, protocol, seed, number))
        someone = chosen(user or whole.user, whole, whole.protocols[protocol].wrappers)
        speaking = _role("user") if someone.needs_model else None
        if someone.needs_model and speaking is None:
            raise UsageError(f"the user {someone.name} is played by a model; name one with --model-role user=…")

        def heard(messages: list[ChatMessage], output: ModelOutput) -> None:
            state.messages, state.output = messages, output

        experiment = Sitting(
            replace(whole, items=(item,), check=unjudged),
            protocol,
            someone,
            _seat("assistant", Inspected(get_model(), heard=heard)),
            _seat("user", Inspected(speaking, drawn=True)) if speaking else None,
            seed=seed,
            turns=turns,
            concurrency=1,
            at=number,
        )
        state.store.set(KEY, Record.of(_owed(experiment, item, number), known, number, count).model_dump())
        with Store(Path(":memory:")) as store:
            try:
                trial = (await run(experiment, store)).trials[0]
            except BaseExceptionGroup as group:
                raise first_of(group) from None  # Inspect knows its own limits and cancellations only if they are bare
        said = trial.conversation.messages if trial.conversation else ()
        shared = state.messages if [ours(each) for each in state.messages] == list(said[: len(state.messages)]) else []
        state.messages = [*shared, *map(theirs, said[len(shared) :])]
        state.store.set(KEY, Record.of(trial, known, number, count).model_dump())
        return state

    return solve


@scorer(metrics={"*": [mean(), stderr(cluster="pair")]})
def check() -> Scorer:
    """Our check of a sample's conversation. The outcome of the trial stands whole in the score's metadata.

    It takes nothing, for all it must know is in the sample: `inspect score LOG --scorer overture/check` judges again.
    Raises UsageError where the sample is of another solver, or its item is no longer what it was.
    """

    async def score(state: TaskState, target: Target) -> Score:
        told = state.store.get(KEY)
        if told is None:
            raise UsageError(
                f"sample {state.sample_id} was not made by the solver overture/relay, which the check needs"
            )
        record = Record.model_validate(told)
        protocol, seed = str(record.config["protocol"]), int(record.config["seed"])
        whole, items = loaded(record.task, record.count, seed)
        found = items.get(record.item)
        item = as_put(whole, found, protocol, seed, record.run) if found else None
        if found is None or item is None or not record.fits(hashed(found, item)):
            raise UsageError(
                f"{record.task} has no item {record.item} as it was in this log, so it cannot be judged again"
            )
        conversation = conversation_of(state.messages)
        if record.status == "failed" or record.outcome is None or conversation is None:
            return Score.unscored(reason=record.error_type, metadata=record.outcome)
        tools = whole.tools(item) if whole.tools else None
        if tools:
            await again(tools, conversation)
        judging = _role("judge")
        judge = Inspected(judging, drawn=True) if judging else None
        before = record.outcome
        setting = Setting(protocol, before["revealed"], before["settled"], tools, judge)
        try:
            verdict = await whole.check(item, conversation, setting)
        except ModelError as error:
            return Score.unscored(reason=f"judge_{error.kind}", explanation=str(error), metadata=before)
        necessary, covered = coverage(item, conversation, before["revealed"], verdict.delivered)
        outcome: dict[str, Any] = {**before, **verdict.to_dict(), "necessary": necessary, "covered": covered}
        said = next((each.text for each in reversed(conversation.messages) if each.role == "assistant"), None)
        return Score(
            value=values(record.trial(conversation, outcome)),
            answer=said,
            explanation=verdict.why_unscored,
            metadata=outcome,
        )

    return score


async def again(tools: Tools, conversation: Conversation) -> None:
    """Make the calls of a conversation once more, in their order, so that the tools stand as the trial left them."""
    for message in conversation.messages:
        for call in message.tool_calls:
            await tools.call(call.name, call.arguments)


def _role(name: str) -> Model | None:
    """The model of a role, only where one was named: the model under test must not play its own user or judge."""
    found = model_roles().get(name)
    return found[0] if isinstance(found, list) else found


def _owed(experiment: Experiment, item: Item, number: int) -> Trial:
    """What a sample holds until its talk has ended: all that stays where Inspect ends it, by an error or a limit."""
    drawn = seed_of(experiment.seed, experiment.task.name, item.hash, number, "trial", 0, 0)
    outcome = {"run": number, "error": "the sample ended before its talk did"}
    config = experiment.config()
    return Trial("", experiment.task.name, item.id, drawn, config, "failed", None, outcome, error_type=ENDED)


def _seat(role: str, model: Inspected) -> Seat:
    return Seat(role, model, Gate(1, patience=Patience(attempts=1), seconds=LONGEST))


def _made(name: str) -> Callable[..., InspectTask]:
    @registered(name=name)
    def make(
        protocol: str | None = None,
        user: str | None = None,
        count: int | None = None,
        seed: int = 0,
        turns: int | None = None,
    ) -> InspectTask:
        whole, _ = loaded(name, count, seed)
        how = whole.way(protocol or None)
        chosen(user or whole.user, whole, whole.protocols[how].wrappers)
        samples = [
            Sample(
                id=item.id,
                input=list(map(theirs, as_put(whole, item, how, seed, 0).opening.messages)),
                target=item.goal,
                metadata={"group": item.group, "kind": item.kind, "pair": item.pair},
            )
            for item in whole.items
        ]
        return InspectTask(
            dataset=MemoryDataset(samples, name=name),
            solver=relay(name, how, user, count, seed, turns),
            scorer=check(),
            version=whole.check_version,
        )

    return make


TASKS = {name: _made(name) for name in named.NAMES}
"""Every task of `overture simulate`, by name, as Inspect's registry holds it."""
