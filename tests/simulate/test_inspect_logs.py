"""Trials into Inspect logs and back: nothing is lost, and what is no trial of ours is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="Inspect AI is not installed (the extra `inspect`)")

from inspect_ai import Task as InspectTask
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import BadRecord, ConfigurationChanged, DataError
from overture.logs import read
from overture.logs.archives import without_nan
from overture.simulate.engine import run
from overture.simulate.inspect.logs import to_inspect, to_trials
from overture.simulate.inspect.messages import ours, theirs
from overture.simulate.store import Store, Trial, identity

from .small import experiment

pytestmark = [  # streams that Inspect leaves open when an eval ends are none of ours
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ODD = (
    Message("developer", "Be brief."),
    Message("user", "Add ✓ <b>1</b> and " + "long " * 60, name="Ann"),
    Message(
        "assistant", None, tool_calls=(ToolCall("add", '{ "a": 1,\n"b": [2.50] }', "c1"), ToolCall("add", "{torn"))
    ),
    Message("tool", "3", "add", tool_call_id="c1"),
    Message("function", "3", "add"),
    Message("assistant", "Three.", attachments=("image_url",)),
    Message("assistant", "", tool_calls=(ToolCall("none", "[1]", "c2"),)),
    Message("system", None),
)


def rows(path: Path) -> list[Trial]:
    with Store(path) as store:
        return sorted(store.trials(), key=lambda trial: trial.trial_id)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two runs of two items, one trial that failed before a word, one half-way, and one that nobody could judge."""
    path = tmp_path / "trials.sqlite"

    async def fill() -> None:
        with Store(path) as opened:
            ran = await run(experiment(count=2, runs=2), opened)
            like = ran.trials[0]
            odd = Conversation(ODD[:-1])
            for number, (status, said, outcome) in enumerate(
                (
                    ("failed", None, {"run": 2, "error": "nobody listens"}),
                    ("failed", odd, {"run": 3, "error": "torn"}),
                    (
                        "unscored",
                        like.conversation,
                        {**(like.outcome or {}), "solved": None, "why_unscored": "no judge"},
                    ),
                )
            ):
                trial_id = identity(like.config, "other", number)
                kind = "unreachable" if status == "failed" else None
                odd_one = replace(
                    like, trial_id=trial_id, item=f"other {number}", status=status, conversation=said,
                    outcome=outcome, error_type=kind, seed=2**62 + number,
                )  # fmt: skip
                opened.journal([odd_one])

    asyncio.run(fill())
    return path


def test_trials_come_back_from_an_inspect_log_as_they_were(store: Path, tmp_path: Path) -> None:
    (log,) = to_inspect(store, tmp_path / "logs")
    back = tmp_path / "back.sqlite"
    assert to_trials(log, back) == 11
    before, after = rows(store), rows(back)
    assert [trial.trial_id for trial in before] == [trial.trial_id for trial in after]
    for one, other in zip(before, after, strict=True):
        assert one == other
    assert {trial.status for trial in after} == {"done", "failed", "unscored"}


def test_the_log_is_one_that_inspect_reads(store: Path, tmp_path: Path) -> None:
    (log,) = to_inspect(store, tmp_path / "logs")
    found = read_eval_log(log)
    assert (found.eval.task, found.eval.model, found.eval.config.epochs) == ("overture/fruit", "none/scripted:asker", 4)
    assert found.results is not None
    by_name = {score.name: score for score in found.results.scores}
    assert by_name["solved"].metrics["mean"].value == 1.0
    assert (by_name["solved"].scored_samples, by_name["solved"].unscored_samples) == (8, 3)
    assert to_inspect(store, tmp_path / "again")[0].name == log.name


def test_the_log_is_one_that_our_audit_reads(store: Path, tmp_path: Path) -> None:
    (log,) = to_inspect(store, tmp_path / "logs")
    talks = [talk for talk in read(str(log)) if isinstance(talk, Conversation)]
    wanted = sorted(text(trial.conversation) for trial in rows(store) if trial.conversation)
    assert sorted(map(text, talks)) == wanted
    assert all(talk.metadata["model"] == "none/scripted:asker" for talk in talks)


def text(talk: Sequence[Message] | Conversation | None) -> list[str]:
    assert isinstance(talk, Conversation)
    return [message.text for message in talk.messages]


@pytest.mark.parametrize("message", ODD, ids=lambda message: message.role)
def test_a_message_goes_there_and_back_whole(message: Message) -> None:
    told = theirs(message)
    kept = ours(type(told).model_validate_json(told.model_dump_json()))
    assert kept.to_dict() == message.to_dict()


def test_a_message_that_was_edited_there_is_not_taken_for_the_old_one() -> None:
    told = theirs(ODD[0])
    told.content = "Be long."
    with pytest.raises(BadRecord, match="was edited"):
        ours(told)


def test_two_configurations_are_two_logs_and_do_not_mix_in_one_store(store: Path, tmp_path: Path) -> None:
    like = rows(store)[0]
    with Store(tmp_path / "other.sqlite") as other:
        other.journal([replace(like, trial_id="1" * 32, config={**like.config, "seed": 1})])
        other.journal([replace(like, trial_id="2" * 32)])
    one, two = to_inspect(tmp_path / "other.sqlite", tmp_path / "logs")
    back = tmp_path / "back.sqlite"
    to_trials(one, back)
    with pytest.raises(ConfigurationChanged, match="seed"):
        to_trials(two, back)
    assert len(rows(back)) == 1


def test_what_is_no_log_or_store_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no trial store"):
        to_inspect(tmp_path / "none.sqlite", tmp_path)
    with Store(tmp_path / "empty.sqlite"):
        pass
    with pytest.raises(DataError, match="holds no trials"):
        to_inspect(tmp_path / "empty.sqlite", tmp_path)
    (tmp_path / "torn.eval").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError, match="cannot be read as an Inspect log"):
        to_trials(tmp_path / "torn.eval", tmp_path / "t.sqlite")
    with pytest.raises(DataError, match="cannot be read as an Inspect log"):
        to_trials(tmp_path / "absent.eval", tmp_path / "t.sqlite")
    log = inspect_eval(
        InspectTask(dataset=[Sample(input="Hello")], solver=[], name="theirs"), model="mockllm/model", log_dir=str(tmp_path),
        display="none",
    )[0]  # fmt: skip
    with pytest.raises(DataError, match="of another task"):
        to_trials(Path(log.location), tmp_path / "t.sqlite")
    assert not (tmp_path / "t.sqlite").exists()


def test_only_a_bare_nan_is_null() -> None:
    said = rb'{"a": NaN, "b": "NaN \" -Infinity", "c": [-Infinity, 1]}'
    assert without_nan(said) == rb'{"a": null, "b": "NaN \" -Infinity", "c": [null, 1]}'
