"""A run in Overture's `trials.sqlite`, and the same in an Inspect AI log: each can be made of the other.

In come trials or a log; out comes the other. `to_inspect(store, folder)` writes one `.eval` file for each
configuration, `to_trials(log, store)` reads one that our Inspect tasks or `to_inspect` wrote. Easy to get wrong: a
trial's identity is a hash of what determines it, and in a run of Inspect's that includes how its model drew, which only
the log's header knows; and a log of any other task has no trials in it, which is refused and never guessed at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ...conversation import Conversation
from ...errors import BadRecord, DataError
from ...tasks.task import digest
from ..outcome import status_of
from ..store import Store, Trial, identity
from .messages import conversation_of, theirs

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalResults, EvalSample

KEY = "overture"
"""Where in a sample's store the Record stands."""
ENDED = "inspect_ended"
"""The kind of failure of a talk that Inspect cut off; the log says more, and a trial made of it says that."""
SCORER = "check"
"""The name of our scorer in a sample's scores."""
SHOWN = ("solved", "asked_in_need", "asked_needlessly", "turns", "user_words", "capped", "user_errors")
"""Figures that a sample's score has: those that are one value a trial, so that a mean of them is what it says."""
BESIDE = ("max_retries", "timeout", "attempt_timeout", "max_connections", "adaptive_connections", "batch", "cache")
"""Settings of Inspect's generation that do not change an answer."""


class Record(BaseModel):
    """What a sample holds of its trial beside the words and the verdict."""

    task: str
    item: str
    item_hash: str | None
    """None in a log made of a store, which holds the trial's identity and not what it was made of."""
    count: int | None = None
    """How many items its task was loaded with; None: the task's own number, or not known."""
    run: int
    seed: int
    config: dict[str, Any]
    status: str
    error_type: str | None
    outcome: dict[str, Any] | None
    cost: dict[str, Any]
    trial_id: str | None = None
    """None where the identity is still to be completed from the log's header."""

    @classmethod
    def of(cls, trial: Trial, item_hash: str | None, run: int, count: int | None = None) -> Record:
        """Of a trial; its identity is left to be completed."""
        return cls(
            task=trial.task,
            item=trial.item,
            item_hash=item_hash,
            count=count,
            run=run,
            seed=trial.seed,
            config=dict(trial.config),
            status=trial.status,
            error_type=trial.error_type,
            outcome=dict(trial.outcome) if trial.outcome is not None else None,
            cost=dict(trial.cost),
        )

    def fits(self, item_hash: str) -> bool:
        """Whether an item with this hash is the one that the trial was about."""
        if self.trial_id is not None:
            return identity(self.config, item_hash, self.run) == self.trial_id
        return item_hash == self.item_hash

    def trial(
        self,
        conversation: Conversation | None,
        outcome: Mapping[str, Any] | None,
        assistant: Mapping[str, Any] | None = None,
    ) -> Trial:
        """The trial with this outcome; `assistant` is what the log's header adds to the identity of its model."""
        config = self.config
        trial_id = self.trial_id
        if trial_id is None:
            models: dict[str, Any] = config["models"]
            config = {**config, "models": {**models, "assistant": {**models["assistant"], **(assistant or {})}}}
            trial_id = identity(config, self.item_hash or "", self.run)
        status = self.status
        if status != "failed" and outcome is not None and "ended" in outcome:
            status = status_of(outcome["ended"], outcome["solved"])
        given = (self.task, self.item, self.seed, config, status, conversation, outcome, self.cost, self.error_type)
        return Trial(trial_id, *given)


def values(trial: Trial) -> dict[str, str | int | float | bool | None]:
    """A trial's figures of SHOWN; NaN for those it has no say in, which Inspect counts as unscored."""
    from ..tallies import cells

    found = cells(trial, None)
    return {name: found[name][0] / found[name][1] if name in found else math.nan for name in SHOWN}


def to_inspect(store: Path, folder: Path, created: datetime | None = None) -> list[Path]:
    """Write a store's trials as Inspect logs, one for each configuration; the paths, in order.

    `created` is the time in the logs, by default that of the store's last change. Raises DataError where `store` is not
    one or holds nothing.
    """
    from inspect_ai.log import write_eval_log

    if not store.is_file():
        raise DataError(f"there is no trial store at {store}")
    when = created or datetime.fromtimestamp(store.stat().st_mtime, UTC)
    groups: dict[str, list[Trial]] = {}
    with Store(store) as opened:
        for trial in opened.trials():
            groups.setdefault(digest(dict(trial.config)), []).append(trial)
    if not groups:
        raise DataError(f"{store} holds no trials")
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for key, trials in groups.items():
        protocol = str(trials[0].config.get("protocol") or "first-reply")
        path = folder / f"{re.sub(r'[^a-z0-9]+', '-', f'{trials[0].task} {protocol}'.lower())}-{key[:8]}.eval"
        write_eval_log(log_of(trials, when, key), path)
        paths.append(path)
    return paths


def log_of(trials: Sequence[Trial], created: datetime, key: str) -> EvalLog:
    """An Inspect log of trials of one configuration, `key` its hash."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSpec, EvalStats

    config, task = trials[0].config, trials[0].task
    when = created.astimezone(UTC).isoformat(timespec="seconds")
    model: dict[str, Any] = (config.get("models") or {}).get("assistant") or config.get("model") or {}
    samples = [_sample(trial) for trial in trials]
    items = list(dict.fromkeys(trial.item for trial in trials))
    return EvalLog(
        status="success",
        eval=EvalSpec(
            eval_id=key,
            run_id=key,
            task_id=key,
            created=when,
            task=f"overture/{task}",
            task_registry_name=f"overture/{task}",
            task_version=str(config.get("check", "")),
            task_args={"protocol": config.get("protocol"), "seed": config.get("seed")},
            dataset=EvalDataset(name=task, samples=len(items), sample_ids=[*items]),
            model=_named(model),
            config=EvalConfig(epochs=max(sample.epoch for sample in samples)),
        ),
        stats=EvalStats(started_at=when, completed_at=when),
        results=_results(samples, trials),
        samples=samples,
    )


def _named(model: Mapping[str, Any]) -> str:
    """A model's name in an Inspect log: `none/…` where Inspect has no provider for it: it can show but not ask it."""
    name = str(model.get("name", "unknown"))
    return name if model.get("kind") == "inspect" else f"none/{name}"


def _sample(trial: Trial) -> EvalSample:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import ModelUsage
    from inspect_ai.scorer import Score

    outcome = dict(trial.outcome) if trial.outcome is not None else None
    run = int((outcome or {}).get("run", 0))
    record = Record.of(trial, None, run).model_copy(update={"trial_id": trial.trial_id})
    said = [*map(theirs, trial.conversation.messages)] if trial.conversation else []
    opening = next((at for at, message in enumerate(said) if message.role == "assistant"), len(said))
    score = Score.unscored(reason=trial.error_type or (outcome or {}).get("why_unscored"), metadata=outcome)
    if trial.status != "failed" and outcome is not None and "ended" in outcome:
        answer = next((each.text for each in reversed(said) if each.role == "assistant"), None)
        score = Score(value=values(trial), answer=answer, explanation=outcome["why_unscored"], metadata=outcome)
    taken = [int(trial.cost.get(name, 0)) for name in ("prompt_tokens", "completion_tokens")]
    usage = ModelUsage(input_tokens=taken[0], output_tokens=taken[1], total_tokens=sum(taken))
    failed = EvalError(
        message=f"{trial.error_type}: {(outcome or {}).get('error', '')}", traceback="", traceback_ansi=""
    )
    return EvalSample(
        id=trial.item,
        epoch=run + 1,
        input=said[:opening],
        target="",
        messages=said,
        scores={SCORER: score},
        store={KEY: record.model_dump()},
        metadata={"pair": trial.item},  # a store does not say which item is whose twin
        role_usage={"assistant": usage},
        error=failed if trial.status == "failed" else None,
        uuid=trial.trial_id,
    )


def _results(samples: Sequence[EvalSample], trials: Sequence[Trial]) -> EvalResults:
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    scores: list[EvalScore] = []
    for name in SHOWN:
        found = [
            value[name]
            for sample in samples
            for score in (sample.scores or {}).values()
            if isinstance(value := score.value, Mapping) and not math.isnan(float(value[name] or 0))
        ]
        if found:
            mean = sum(float(value or 0) for value in found) / len(found)
            metrics = {"mean": EvalMetric(name="mean", value=mean)}
            left = len(samples) - len(found)
            scores.append(
                EvalScore(
                    name=name,
                    scorer="overture/check",
                    scored_samples=len(found),
                    unscored_samples=left,
                    metrics=metrics,
                )
            )
    failed = sum(trial.status == "failed" for trial in trials)
    return EvalResults(total_samples=len(samples), completed_samples=len(samples) - failed, scores=scores)


def to_trials(log: Path, store: Path) -> int:
    """Add the trials of an Inspect log to a store, made where there is none; how many the log holds.

    Raises DataError where the log cannot be read, or is not of one of our tasks, or did not score all of its samples;
    ConfigurationChanged where the store holds trials of this task, protocol and user under another configuration.
    Nothing is added then.
    """
    from inspect_ai.log import read_eval_log

    try:
        found = read_eval_log(log, resolve_attachments=True)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{log} cannot be read as an Inspect log ({type(error).__name__}: {str(error)[:200]})"
        ) from error
    trials = trials_of(found, str(log))
    with Store(store) as opened:
        for trial in trials:
            opened.agree(trial.config)
        opened.journal(trials)
    return len(trials)


def trials_of(log: EvalLog, name: str = "the log") -> list[Trial]:
    """The trials of an Inspect log, in the order of its samples. Raises DataError as `to_trials` does."""
    told = [config.model_dump(exclude_none=True) for config in (log.eval.model_generate_config, log.plan.config)]
    drawn = {key: value for config in told for key, value in config.items() if key not in BESIDE}
    assistant = {"sampling": drawn, "endpoint": log.eval.model_base_url}
    trials: list[Trial] = []
    for sample in log.samples or ():
        here = f"sample {sample.id} (epoch {sample.epoch}) of {name}"
        if KEY not in sample.store:
            why = f"it ended with {sample.error.message[:200]}" if sample.error else "it is of another task"
            raise DataError(f"{here} holds no trial of Overture's: {why}")
        try:
            record = Record.model_validate(sample.store[KEY])
            conversation = conversation_of(sample.messages)
        except (ValidationError, BadRecord) as error:
            raise DataError(f"{here} holds a trial that cannot be read ({str(error)[:200]})") from error
        if record.error_type == ENDED and sample.error is not None:
            said = {**(record.outcome or {}), "error": sample.error.message[:500]}
            record = record.model_copy(update={"error_type": "inspect_error", "outcome": said})
        elif record.error_type == ENDED and sample.limit is not None:
            record = record.model_copy(update={"error_type": f"inspect_{sample.limit.type}_limit"})
        score = (sample.scores or {}).get(SCORER)
        if score is None and record.status != "failed":
            raise DataError(f"{here} has not been scored; run `inspect score {Path(name).name}` first")
        outcome = score.metadata if score is not None and record.status != "failed" else record.outcome
        trials.append(record.trial(conversation, outcome, assistant))
    if not trials:
        raise DataError(f"{name} holds no samples")
    return trials
