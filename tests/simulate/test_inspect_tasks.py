"""Our tasks in Inspect AI: the same users, words, checks and outcomes as in our own engine, call for call."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="Inspect AI is not installed (the extra `inspect`)")

from inspect_ai import eval as inspect_eval
from inspect_ai import score as inspect_score
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
    get_model,
)

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.models import Sampling
from overture.simulate.engine import Experiment, as_put, run
from overture.simulate.gate import Gate
from overture.simulate.inspect import tasks
from overture.simulate.inspect.logs import KEY, to_inspect, trials_of
from overture.simulate.inspect.messages import ours, theirs
from overture.simulate.seats import Seat, Yardstick
from overture.simulate.store import Store, Trial
from overture.tasks.task import Speech, Task
from overture.users.named import chosen

pytestmark = [  # streams that Inspect leaves open when an eval ends are none of ours
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
REPOSITORY = Path(__file__).resolve().parents[2]
Outputs = Callable[..., ModelOutput]


def output(message: ChatMessageAssistant | str, **more: Any) -> ModelOutput:
    """An answer that says what it took, or Inspect would count with a tokenizer that it has to download."""
    made = ChatMessageAssistant(content=message) if isinstance(message, str) else message
    told = ModelOutput.from_message(made, **more)
    told.usage = ModelUsage(input_tokens=5, output_tokens=2, total_tokens=7)
    return told


def speaking(task: Task, protocol: str, name: str) -> Outputs:
    """A scripted assistant of a task, as a model of Inspect's; it knows the item by its opening."""
    speech: Speech = task.yardsticks[name]
    put = [as_put(task, item, protocol, 0, number) for number in (0, 1) for item in task.items]

    def answer(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        said = Conversation(tuple(map(ours, messages)))
        opening = next(message.text for message in said.messages if message.role == "user")
        made = speech(next(item for item in put if item.request == opening), said)
        message = theirs(Message("assistant", made) if isinstance(made, str) else made)
        assert isinstance(message, ChatMessageAssistant)
        return output(message)

    return answer


def evaluated(
    path: Path,
    name: str,
    outputs: Outputs,
    epochs: int = 1,
    fails: bool = True,
    draws: dict[str, Any] | None = None,
    **arguments: Any,
) -> EvalLog:
    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    return inspect_eval(
        f"overture/{name}", model=model, task_args=arguments, epochs=epochs, log_dir=str(path), display="none",
        log_level="error",
        fail_on_error=fails, **(draws or {}),
    )[0]  # fmt: skip


async def engine(path: Path, task: Task, protocol: str, name: str, runs: int = 1) -> list[Trial]:
    seat = Seat("assistant", Yardstick(task, name), Gate(4), Sampling())
    user = chosen(task.user, task, task.protocols[protocol].wrappers)
    with Store(path / "trials.sqlite") as store:
        return (await run(Experiment(task, protocol, user, seat, runs=runs), store)).trials


@pytest.mark.parametrize(
    ("name", "protocol", "speaker", "count"),
    [
        ("missing", "talk", "asker", 2),
        ("missing", "talk", "guesser", 2),
        ("sharded", "sharded", "asker", 4),
        ("sharded", "recap", "pesterer", 3),
        ("desk", "both", "asker", 3),
        ("travel", "talk", "asker", 2),
    ],
)
def test_a_task_gives_in_inspect_what_it_gives_here(
    tmp_path: Path, name: str, protocol: str, speaker: str, count: int
) -> None:
    task = tasks.named.load(name, count, 0)
    protocol = protocol if protocol in task.protocols else next(iter(task.protocols))
    log = evaluated(tmp_path, name, speaking(task, protocol, speaker), epochs=2, count=count, protocol=protocol)
    assert log.status == "success", log.error
    there = {(trial.item, trial.outcome["run"]): trial for trial in trials_of(log) if trial.outcome}
    here = asyncio.run(engine(tmp_path, task, protocol, speaker, runs=2))
    assert len(here) == len(there) == 2 * len(task.items)
    for trial in here:
        assert trial.outcome is not None
        twin = there[trial.item, trial.outcome["run"]]
        assert twin.conversation is not None
        assert trial.conversation is not None
        assert [(m.role, m.text, m.name) for m in twin.conversation.messages] == [
            (m.role, m.text, m.name) for m in trial.conversation.messages
        ]
        assert twin.outcome == trial.outcome
        assert (twin.status, twin.seed) == (trial.status, trial.seed)
        assert twin.trial_id != trial.trial_id, "another model made it"


def test_a_log_is_judged_again_from_its_words_alone(tmp_path: Path) -> None:
    task = tasks.named.load("desk", 2, 0)
    log = evaluated(tmp_path, "desk", speaking(task, "both", "asker"), count=2)
    assert [trial.outcome["solved"] for trial in trials_of(log) if trial.outcome] == [1.0, 1.0]
    assert log.samples is not None
    first = log.samples[0]
    first.messages = [message for message in first.messages if message.role == "user"] + first.messages[-1:]
    again = inspect_score(log, tasks.check(), action="overwrite", display="none")
    assert [trial.outcome["solved"] for trial in trials_of(again) if trial.outcome] == [0.0, 1.0]
    first.store[KEY]["item_hash"] = "of another version"
    with pytest.raises(UsageError, match="no item desk-0000 as it was"):
        inspect_score(log, tasks.check(), action="overwrite", display="none")


def test_a_store_of_ours_can_be_judged_by_inspect(tmp_path: Path) -> None:
    task = tasks.named.load("desk", None, 0)
    few = replace(task, items=task.items[:2])
    asyncio.run(engine(tmp_path, few, "both", "asker"))
    (path,) = to_inspect(tmp_path / "trials.sqlite", tmp_path)
    log = inspect_score(read_eval_log(path), tasks.check(), action="overwrite", display="none")
    with Store(tmp_path / "trials.sqlite") as store:
        assert sorted(trials_of(log), key=lambda trial: trial.item) == sorted(store.trials(), key=lambda t: t.item)


def test_the_figures_are_those_of_a_trial_and_nothing_is_counted_as_nought(tmp_path: Path) -> None:
    task = tasks.named.load("missing", 2, 0)
    log = evaluated(tmp_path, "missing", speaking(task, next(iter(task.protocols)), "guesser"), count=2)
    assert log.results is not None
    found = {score.name: score for score in log.results.scores}
    assert found["asked_in_need"].metrics["mean"].value == 0.0
    assert found["asked_needlessly"].metrics["mean"].value == 0.0
    assert found["asked_in_need"].scored_samples == found["asked_needlessly"].scored_samples == len(task.items) // 2
    told = evaluated(tmp_path, "desk", lambda *_: output("No."), count=1)
    assert told.results is not None
    absent = next(score for score in told.results.scores if score.name == "asked_in_need")
    assert absent.scored_samples == 0
    assert str(absent.metrics["mean"].value) == "nan"


def test_a_context_that_overflowed_is_a_failure_and_not_an_answer(tmp_path: Path) -> None:
    def overflowed(*_: Any) -> ModelOutput:
        return output("The prompt is too long", stop_reason="model_length")

    log = evaluated(tmp_path, "desk", overflowed, count=1)
    (trial,) = trials_of(log)
    assert (log.status, trial.status, trial.error_type) == ("success", "failed", "context_overflow")
    assert log.samples is not None
    scores = log.samples[0].scores or {}
    assert scores["check"].reason == "context_overflow"
    assert str(scores["check"].value) == "nan"


def test_a_limit_of_inspects_ends_a_sample_as_inspect_says(tmp_path: Path) -> None:
    model = get_model("mockllm/model", custom_outputs=lambda *_: output("What else?"), memoize=False)
    made = inspect_eval(
        "overture/sharded", model=model, task_args={"count": 1, "protocol": "sharded"}, message_limit=4,
        log_dir=str(tmp_path), display="none",
    )[0]  # fmt: skip
    assert made.samples is not None
    assert made.samples[0].limit is not None
    assert made.samples[0].limit.type == "message"
    assert len(made.samples[0].messages) >= 3, "what was said stays in the log"
    (trial,) = trials_of(made)
    assert (trial.status, trial.error_type) == ("failed", "inspect_message_limit")


def test_a_model_that_breaks_off_in_one_sample_leaves_a_failed_trial_and_the_others(tmp_path: Path) -> None:
    task = tasks.named.load("missing", 2, 0)
    right = speaking(task, next(iter(task.protocols)), "asker")

    def breaking(messages: list[ChatMessage], *more: Any) -> ModelOutput:
        if messages[-1].text == task.items[0].request:
            raise RuntimeError("the line went dead")
        return right(messages, *more)

    log = evaluated(tmp_path, "missing", breaking, fails=False, count=2)
    first, *others = sorted(trials_of(log), key=lambda trial: trial.item != task.items[0].id)
    assert (first.status, first.error_type) == ("failed", "inspect_error")
    assert first.outcome is not None
    assert "the line went dead" in first.outcome["error"]
    assert {trial.status for trial in others} == {"done"}
    assert len({trial.trial_id for trial in (first, *others)}) == len(task.items)


def test_the_model_hears_its_own_reasoning_but_nobody_else_does(tmp_path: Path) -> None:
    heard: list[list[ChatMessage]] = []

    def thinking(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        heard.append(list(messages))
        said = [ContentReasoning(reasoning="secret"), ContentText(text="What else?")]
        return output(ChatMessageAssistant(content=said))

    log = evaluated(tmp_path, "sharded", thinking, count=1, protocol="sharded", turns=3)
    assert len(heard) == 3
    assert any("secret" in str(message.content) for message in heard[-1])
    (trial,) = trials_of(log)
    assert trial.conversation is not None
    assert "secret" not in str(trial.conversation.messages)


def test_a_user_that_needs_a_model_is_never_played_by_the_one_under_test(tmp_path: Path) -> None:
    log = evaluated(tmp_path, "missing", lambda *_: output("Hm."), count=1, user="goal")
    assert log.status == "error"
    assert log.error is not None
    assert "--model-role user" in log.error.message


def test_how_the_model_drew_is_part_of_who_it_was(tmp_path: Path) -> None:
    def declining(*_: Any) -> ModelOutput:
        return output("No.")

    made = [evaluated(tmp_path, "desk", declining, count=1, draws={"temperature": heat}) for heat in (0.0, 0.5, 0.5)]
    ids = [trials_of(log)[0].trial_id for log in made]
    assert (ids[0] != ids[1], ids[1] == ids[2]) == (True, True)
    assert trials_of(made[1])[0].config["models"]["assistant"]["sampling"] == {"temperature": 0.5}


def test_the_entry_point_names_the_registry_and_every_task_is_in_it() -> None:
    points = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["entry-points"]["inspect_ai"]
    assert import_module(points["overture"]) is tasks
    assert set(tasks.TASKS) == set(tasks.named.NAMES)
