"""Tuning on a task whose truth is known: an assistant that errs unless it is told, and policies that ask or pester."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.audit.differences import Difference
from overture.cli import main
from overture.cli.tune_page import page_of
from overture.conversation import Conversation
from overture.errors import ModelError, OvertureError, ServerFailed, UsageError
from overture.models import Reply, Scripted, register
from overture.policies import Decision, make, named
from overture.policies.base import LEAVE
from overture.policies.candidates import BARE, expand
from overture.policies.racing import Rules
from overture.policies.tune import tune
from overture.policies.tune_figures import Tuned, summary
from overture.policies.tune_plan import Plan, Worth
from overture.report.tune import tune_html
from overture.simulate.store import Store, Trial
from overture.tasks.task import Item, Task

from ..report.reading import Reader
from ..simulate.small import NAMES, task


@dataclass(frozen=True)
class Made:
    """Asks for whatever fruit is not yet counted; `pester` asks for the apples every time."""

    pester: bool = False
    name: str = "made"
    reviews: bool = False

    def identity(self) -> Mapping[str, Any]:
        return {"policy": self.name, "pester": self.pester}

    async def decide(self, conversation: Conversation) -> Decision:
        said = " ".join(message.text for message in conversation.messages if message.role == "user")
        unsaid = [name for name in NAMES if f" {name}." not in said]
        if self.pester or not unsaid:
            return Decision("elicit", say="How many apples are there?") if self.pester else LEAVE
        return Decision("elicit", say=f"How many {unsaid[0]} are there?")


def hasty(item: Item, conversation: Conversation) -> str:
    """Right once everything is said, and past any help after a first guess."""
    said = " ".join(message.text for message in conversation.messages if message.role == "user")
    guessed = any("total" in message.text for message in conversation.messages if message.role == "assistant")
    told = all(f" {name}." in said for name in NAMES) and not guessed
    return f"The total is {item.data['answer'] if told else 0}."


def fruit(count: int) -> Task:
    made = task(count)
    return replace(made, yardsticks={**made.yardsticks, "hasty": hasty})


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(word: str, known: Any, **given: Any) -> Any:
        return {"asking": Made(), "pestering": Made(pester=True)}[word]

    monkeypatch.setattr(named, "_made", made)


def plan(count: int = 40, **more: Any) -> Plan:
    return Plan((fruit(count),), (BARE, "asking", "pestering"), **more)


MODEL = Scripted.function(lambda _: "", "scripted:hasty", "1")


@pytest.mark.usefixtures("policies")
async def test_it_finds_the_best_on_one_half_and_measures_it_on_the_other(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        tuned = await tune(plan(), MODEL, store)
        stored = list(store.trials())
    assert tuned.winner == "asking" and tuned.sure
    assert tuned.raced < tuned.exhaustive == 3 * 20 * 2 and tuned.saved == tuned.exhaustive - tuned.raced
    assert tuned.confirming == 20
    assert tuned.figures["winner"]["solved"].value == 1 and tuned.figures["bare"]["solved"].value == 0.5
    racing, rest = plan().halves()
    assert not set(racing) & set(rest) and len(racing) + len(rest) == 40
    apart = {trial.config["role"] for trial in stored if trial.item.split("/")[0] in {pair for _, pair in rest}}
    assert apart == {"candidate asking", "candidate none"}, "nobody raced on the units kept apart"
    written = orjson.loads(orjson.dumps(summary(plan(), tuned, {"model": "scripted:hasty"})))
    assert written["winner"] == "asking" and written["counts"]["saved"] > 0
    now = datetime.now(UTC)
    shown = page_of(plan(), tuned, ["overture", "tune"], {"model": "scripted:hasty <b>"}, now, now)
    text = Reader(tune_html(shown)).named("body")[0].text
    assert "asking won the race; a conversation is worth 0.9" in text and "Solved were 100%" in text
    assert (
        "overture serve --upstream 'scripted:hasty <b>' --policy asking" in text and "cannot be told from" not in text
    )


@pytest.mark.usefixtures("policies")
async def test_a_race_goes_on_where_it_was_and_ends_the_same(tmp_path: Path) -> None:
    class Stop(OvertureError):
        pass

    def stop(what: str, done: int, most: int) -> None:
        if done > 30:
            raise Stop

    with Store(tmp_path / "trials.sqlite") as store:
        with pytest.raises(Stop):
            await tune(plan(), MODEL, store, stop)
        begun = len(list(store.trials()))
        again = await tune(plan(), MODEL, store)
    with Store(tmp_path / "other.sqlite") as store:
        whole = await tune(plan(), MODEL, store)
    assert begun > 0 and again.looks == whole.looks and again.winner == whole.winner


@pytest.mark.usefixtures("policies")
async def test_where_nothing_helps_the_bare_model_wins(tmp_path: Path) -> None:
    only = replace(fruit(40), items=tuple(item for item in fruit(40).items if not item.lacking))
    with Store(tmp_path / "trials.sqlite") as store:
        tuned = await tune(replace(plan(), tasks=(only,)), MODEL, store)
    assert tuned.winner == BARE and not tuned.sure and not tuned.differences
    now = datetime.now(UTC)
    text = Reader(tune_html(page_of(plan(), tuned, [], {"model": "m"}, now, now))).named("body")[0].text
    assert "Nothing beat the bare model" in text and "overture serve" not in text and "winner" not in text


@pytest.mark.usefixtures("policies")
async def test_trials_that_are_owed_end_the_race_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with Store(tmp_path / "trials.sqlite") as store:
        monkeypatch.setattr(store, "journal", full)
        monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
        with pytest.raises(OvertureError, match=r"owed.*make room.*goes on"):
            await tune(plan(), MODEL, store)


async def test_too_few_units_are_refused(tmp_path: Path) -> None:
    with (
        Store(tmp_path / "trials.sqlite") as store,
        pytest.raises(UsageError, match="too few; give --count 16 or more"),
    ):
        await tune(plan(10, rules=Rules()), MODEL, store)


@pytest.mark.parametrize(("p", "sure"), [(0.01, True), (0.0625, False)])
def test_an_interval_above_nought_of_too_few_units_makes_no_winner_sure(p: float, sure: bool) -> None:
    won = Difference("worth", "winner", "bare", 0.2, 0.05, 0.35, p)
    assert Tuned("gaps", (), 10, 20, 5, differences=(won,)).sure is sure


def test_worth_takes_off_what_it_took() -> None:
    outcome = {"solved": 1.0, "turns": 3, "wasted": 2}
    trial = Trial("t", "fruit", "i", 0, {}, "done", None, outcome, {"completion_tokens": 400})
    assert Worth(1, 0.02, 0.1, 0.05).of(trial) == pytest.approx(1 - 0.04 - 0.2 - 0.02)
    assert Worth().of(replace(trial, status="failed")) == 0
    assert Worth().of(replace(trial, status="unscored", outcome=outcome | {"solved": None})) == 0


def test_candidates_are_the_policies_with_every_setting_and_the_bare_model_first() -> None:
    found = expand(["gaps", "recommended"])
    assert found[:2] == (BARE, "gaps") and "gaps:threshold=0.5" in found
    assert any(word.startswith("insert_expansion,gaps:threshold=0.5,") and word.endswith("+civility") for word in found)
    for word in found[1:]:
        make(word)
    assert expand(["gaps"], settings=False) == (BARE, "gaps")


@pytest.mark.parametrize(
    "word", ["gaps:threshold", "gaps:nothing=1", "gaps:=1", "gaps:name=x", "gaps:threshold=high", "nonsense"]
)
def test_a_setting_that_there_is_not_is_said(word: str) -> None:
    with pytest.raises(UsageError):
        make(word)


def test_a_setting_reaches_the_policy() -> None:
    assert make("gaps:threshold=0.25").identity()["threshold"] == 0.25
    assert make("insert_expansion:today=2026-05-03").identity()["today"] == "2026-05-03"
    usual, dear = (make(word).identity()["stakes"]["draft"]["cost"] for word in ("worth_asking", "worth_asking:cost=2"))
    assert dear == 2 * usual


def test_the_command_leaves_a_summary_and_says_what_to_paste(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("tune", "missing", "--model", "scripted:asker", "--policies", "gaps", "-n", "20", "--out", str(tmp_path))
    assert main(list(words)) == 0
    written = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert written["command"] == "tune" and written["schema"] == 1 and written["counts"]["exhaustive"] == 6 * 20
    said = capsys.readouterr().out
    assert "saved" in said and "units apart" in said
    assert f"page: {tmp_path / 'report.html'}" in said.replace("\n", "")
    assert "How the race went" in (tmp_path / "report.html").read_text()
    assert ("leave it as it is" in said) == (written["winner"] == "none")
    assert main(["tune", "missing", "--level", "2", "--out", str(tmp_path)]) == 2
    assert main(["tune", "missing", "--concurrency", "0", "--out", str(tmp_path)]) == 2
    assert main(["tune", "nothing", "--out", str(tmp_path)]) == 2


def test_a_server_that_only_fails_ends_the_race_after_a_few_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [0]

    def fail(*_: object) -> Reply:
        asked[0] += 1
        raise ServerFailed("the server failed (status 500)")

    register("burning")(lambda: Scripted(fail, "scripted:burning", "1"))
    monkeypatch.setattr("overture.simulate.gate.wait_before", lambda attempt, *_: None if attempt > 2 else 0.0)
    words = ("tune", "missing", "--policies", "gaps", "--no-settings", "-n", "40", "--model", "scripted:burning")
    assert main([*words, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "server_failed: the server failed (status 500)" in error
    assert "--retry-failed" in error and asked[0] <= 2 * 16


def test_off_is_nobody_in_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert expand(["off", "gaps"], settings=False) == (BARE, "gaps")
    monkeypatch.setenv("OVERTURE_POLICY", "off")  # as a shell has it in which a proxy is started, too
    for words in (["simulate", "missing", "-n", "2"], ["checkup", "--only", "pairs", "--pairs", "8"]):
        out = tmp_path / words[0]
        assert main([*words, "--model", "scripted:asker", "--out", str(out)]) == 0
        assert "steered" not in orjson.loads((out / "summary.json").read_bytes())["groups"]


def test_where_nothing_could_be_judged_nothing_is_concluded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register("lost")(lambda: Scripted.failing(ModelError("nothing to say"), name="scripted:lost"))
    words = ("tune", "missing", "--policies", "gaps", "--no-settings", "-n", "40", "--model", "scripted:lost")
    assert main([*words, "--out", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "no trial could be judged" in told.err
    assert "overture simulate missing --model scripted:lost -n 4" in told.err
    assert "leave it as it is" not in told.out
    assert not (tmp_path / "summary.json").exists()
