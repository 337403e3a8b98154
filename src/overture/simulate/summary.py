"""One simulation from its experiments to `summary.json`: trials run, counted, compared, and what they would cost.

In come experiments that differ in their protocol and user alone; out comes a Simulation, and from it a plain
dictionary. Easy to get wrong: every failed, unscored and owed trial is counted by its reason, and the simulated user's
errors stand beside the result with examples, because a figure is no better than the user that it was measured with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..audit.differences import Difference
from ..audit.estimates import Figure
from ..tasks.beside import Beside
from ..tasks.task import Task
from .engine import Experiment, Progress, Ran, Watch, run
from .signs import Sign, signs
from .store import Store, Trial
from .tallies import Group, differences, group

SHOWN = 10
"""Examples of the user's errors in a summary."""


@dataclass(frozen=True)
class Simulation:
    """What was found out."""

    task: Task
    experiments: tuple[Experiment, ...]
    groups: Mapping[str, Group]
    """Experiment's name (its protocol, its user, or `protocol · user`) → its trials and figures."""
    compared: tuple[Difference, ...]
    runs: Mapping[str, Ran] = field(default_factory=dict[str, Ran])
    beside: tuple[Beside, ...] = ()
    """What of it a source has published too."""
    signs: tuple[Sign, ...] = ()
    """Of several users: which of the differences between protocols hold under all of them."""

    @property
    def users(self) -> dict[str, list[Experiment]]:
        """User → its experiments."""
        return by_user(self.experiments)

    @property
    def trials(self) -> list[Trial]:
        """Every trial that ended."""
        return [trial for one in self.groups.values() for trial in one.trials]

    @property
    def owed(self) -> int:
        """Trials that were asked for and are not there."""
        return sum(ran.owed for ran in self.runs.values())

    @property
    def stopped(self) -> str:
        """Why trials are owed."""
        return next((ran.stopped for ran in self.runs.values() if ran.stopped), "")


async def simulate(experiments: Sequence[Experiment], store: Store, watch: Watch | None = None) -> Simulation:
    """Run the experiments one after the other. Raises UsageError and ConfigurationChanged before any call."""
    for experiment in experiments:
        store.agree(experiment.config())
    runs: dict[str, Ran] = {}
    before = Progress(sum(len(experiment.places) for experiment in experiments))

    for experiment in experiments:
        last = Progress(0)

        def step(now: Progress, base: Progress = before) -> None:
            nonlocal last
            last = now
            if watch:
                watch(_sum(base, now))

        runs[experiment.name] = await run(experiment, store, step)
        before = _sum(before, last)
    return counted(experiments, runs)


def _sum(base: Progress, now: Progress) -> Progress:
    return Progress(
        base.total,
        base.ended + now.ended,
        base.known + now.known,
        base.failed + now.failed,
        base.tokens + now.tokens,
        base.cost + now.cost,
    )


def counted(experiments: Sequence[Experiment], runs: Mapping[str, Ran]) -> Simulation:
    """The figures of trials that have ended."""
    task, seed, users = experiments[0].task, experiments[0].seed, by_user(experiments)
    groups = {name: group(task, ran.trials, seed) for name, ran in runs.items()}
    protocols = {one.name: one.protocol for one in experiments}
    families = {user: {one.name: groups[one.name] for one in theirs} for user, theirs in users.items()}
    several = len(users) > 1 and len(set(protocols.values())) > 1
    compared = differences(*families.values()) if several else differences(groups)
    beside: list[Beside] = []
    for user, theirs in users.items():
        scores = {one.protocol: scores_of(one, runs[one.name].trials) for one in theirs}
        found = task.beside(scores, seed) if task.beside else ()
        beside += found if len(users) == 1 else [_under(user, one) for one in found]
    held = signs(families, protocols, compared) if several else ()
    return Simulation(task, tuple(experiments), groups, tuple(compared), runs, tuple(beside), tuple(held))


def by_user(experiments: Sequence[Experiment]) -> dict[str, list[Experiment]]:
    """User → its experiments; of a single one, by the name that it has in the first."""
    users: dict[str, list[Experiment]] = {}
    for one in experiments:
        users.setdefault(one.witness or experiments[0].user.name, []).append(one)
    return users


def _under(user: str, one: Beside) -> Beside:
    return replace(one, name=f"{one.name} · {user}", plain=f"{one.plain}, with the user {user}")


def scores_of(experiment: Experiment, trials: Sequence[Trial]) -> dict[str, list[float | None]]:
    """Item → the score of each of its runs; None where it failed, is owed, or was not scored."""
    scores: dict[str, list[float | None]] = {item.id: [None] * experiment.runs for item in experiment.task.items}
    for trial in trials:
        done = trial.outcome or {}
        scores[trial.item][done["run"]] = done.get("solved")
    return scores


def counts(trials: Sequence[Trial]) -> dict[str, Any]:
    """`good`, `bad` and `unscored`, with `capped` of the good, and the bad and unscored by reason."""
    bad = Counter(str(trial.error_type) for trial in trials if trial.status == "failed")
    unscored = Counter(str((trial.outcome or {}).get("why_unscored")) for trial in trials if trial.status == "unscored")
    return {
        "good": sum(trial.status in ("done", "capped") for trial in trials),
        "bad": sum(bad.values()),
        "unscored": sum(unscored.values()),
        "capped": sum(trial.status == "capped" for trial in trials),
        "by_error": dict(sorted(bad.items())),
        "by_unscored": dict(sorted(unscored.items())),
    }


def user_errors(trials: Sequence[Trial]) -> dict[str, Any]:
    """How often the simulated user erred, by kind, per trial and per utterance, with examples."""
    ended = [trial for trial in trials if trial.status != "failed" and trial.outcome]
    found = [(trial, error) for trial in ended for error in (trial.outcome or {})["user_errors"]]
    return {
        "trials": len(ended),
        "utterances": sum((trial.outcome or {})["turns"] for trial in ended),
        "asked_again": sum((trial.outcome or {}).get("user_again", 0) for trial in ended),
        "trials_with_errors": len({trial.trial_id for trial, _ in found}),
        "by_kind": dict(sorted(Counter(error["kind"] for _, error in found).items())),
        "examples": [{"trial_id": trial.trial_id, "item": trial.item, **error} for trial, error in found[:SHOWN]],
    }


def fell_short(trials: Sequence[Trial]) -> tuple[int, int]:
    """(the assistant's messages that are empty or were cut off at the cap of tokens, all of its messages).

    Of each trial the empty or the cut are counted, whichever are more: most that are cut off in thinking are both.
    """
    short = said = 0
    for trial in trials:
        messages = trial.conversation.messages if trial.conversation and trial.outcome else ()
        spoken = [message for message in messages if message.role == "assistant"]
        empty = sum(not message.text.strip() and not message.tool_calls for message in spoken)
        short += max(empty, (trial.outcome or {}).get("cut", 0))
        said += len(spoken)
    return short, said


def costs(trials: Sequence[Trial]) -> dict[str, Any]:
    """Calls, tokens, seconds and money by role; `cost` is None where some call's price is unknown."""
    out: dict[str, dict[str, Any]] = {}
    for trial in trials:
        roles = {role: trial.cost[role] for role in ("user", "judge") if role in trial.cost}
        for role, took in {"assistant": trial.cost, **roles}.items():
            sums = out.setdefault(
                role, {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0, "cost": 0.0}
            )
            for name in sums:
                value = took.get(name, 0)
                sums[name] = None if value is None or sums[name] is None else sums[name] + value
    return out


def summary(result: Simulation, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`summary.json`: the groups, and what is counted by protocol, stand under each experiment's name."""
    trials = result.trials
    return {
        "schema": 1,
        "command": "simulate",
        "config": {
            **settings,
            "items": len(result.task.items),
            "task_hash": result.task.hash,
            "trials": {experiment.name: experiment.config() for experiment in result.experiments},
        },
        "counts": {
            **counts(trials),
            "owed": result.owed,
            "stopped": result.stopped,
            "by_protocol": {name: counts(one.trials) for name, one in result.groups.items()},
        },
        "groups": {name: {"figures": _plain(one.figures)} for name, one in result.groups.items()},
        "differences": [
            {"figure": d.figure, "a": d.a, "b": d.b, "value": d.value, "low": d.low, "high": d.high}
            | {"p": d.p, "p_adjusted": d.p_adjusted}
            for d in result.compared
        ],
        **({"signs": [one.to_dict() for one in result.signs]} if result.signs else {}),
        "beside": [
            {"name": one.name, **one.figure.to_dict(), "published": one.published, "source": one.source}
            for one in result.beside
        ],
        "user_errors": user_errors(trials),
        "cost": costs(trials),
    }


def _plain(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.to_dict() for name, figure in figures.items()}
