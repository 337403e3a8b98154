"""Several users in one command: groups by user, signs across them, one store that goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.cli import main
from overture.cli.simulate_seats import users_of
from overture.conversation import Message
from overture.models import Reply, Scripted, Usage, register

MODEL = ("--model", "scripted:asker", "-n", "8")


def run(*words: str) -> int:
    return main(["simulate", *words])


def left(out: Path) -> dict[str, Any]:
    return orjson.loads((out / "summary.json").read_bytes())


def stored(out: Path) -> dict[str, str]:
    """Trial's id → everything about it."""
    with closing(sqlite3.connect(out / "trials.sqlite")) as db:
        return {row[0]: json.dumps(row) for row in db.execute("select * from trials")}


def test_users_are_the_groups_and_each_is_as_it_is_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = ("shards", "shards+impatient", "shards+cannot_answer")
    assert run("pairs", *MODEL, "--user", ",".join(users), "--out", str(tmp_path / "all")) == 0
    whole = left(tmp_path / "all")
    assert tuple(whole["groups"]) == tuple(whole["counts"]["by_protocol"]) == users and "signs" not in whole
    assert {(one["a"], one["b"]) for one in whole["differences"]} == {
        (users[0], users[1]), (users[0], users[2]), (users[1], users[2])
    }  # fmt: skip
    said, page = capsys.readouterr().out, (tmp_path / "all" / "report.html").read_text("utf-8")
    assert "the users shards, shards+impatient, shards+cannot_answer: 48 judged" in said
    assert "Between users" in page and "Users: shards, " in page and "by user: shards, " in page
    assert "The users are shards, who needs no model; shards+impatient, who" in page
    for user in users:
        out = tmp_path / user
        assert run("pairs", *MODEL, "--user", user, "--out", str(out)) == 0
        alone, beside = (dict(one["figures"]) for one in (left(out)["groups"]["talk"], whole["groups"][user]))
        alone.pop("reply_seconds"), beside.pop("reply_seconds")
        assert alone == beside and stored(out).keys() <= stored(tmp_path / "all").keys()


def test_signs_stand_in_summary_page_and_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = ("shards", "shards+impatient")
    words = ("sharded", *MODEL[:2], "-n", "24", "--protocol", "sharded,recap", "--user", ",".join(users))
    assert run(*words, "--out", str(tmp_path)) == 0
    summary = left(tmp_path)
    assert list(summary["groups"]) == [f"{how} · {user}" for user in users for how in ("sharded", "recap")]
    assert {(one["a"], one["b"]) for one in summary["differences"]} == {
        (f"sharded · {user}", f"recap · {user}") for user in users
    }, "nobody is compared across both"
    configs = summary["config"]["trials"]
    assert configs["recap · shards+impatient"]["user"]["user"] == "recap"
    assert configs["recap · shards+impatient"]["user"]["inner"]["user"] == "impatient"
    found = {one["figure"]: one for one in summary["signs"]}
    assert found["user_words"] | {"holds": True, "below": list(users), "above": []} == found["user_words"]
    assert found["solved"]["undecided"] == list(users) and not found["solved"]["holds"]
    line = (
        "user_words, sharded minus recap: its sign holds under all users: below nought under shards, shards+impatient"
    )
    said, page = capsys.readouterr().out, (tmp_path / "report.html").read_text("utf-8")
    HTMLParser().feed(page)
    assert line in said and "sharded minus recap: undecided under every user: solved, " in said
    assert "Whether a sign holds under all users" in page and line.partition(": ")[2] in page
    assert "Between protocols" in page and "by protocol and user: " in page


def test_published_figures_stand_once_for_each_user(tmp_path: Path) -> None:
    words = ("sharded", *MODEL, "--protocol", "full,sharded", "--user", "shards,shards+impatient")
    assert run(*words, "--out", str(tmp_path)) == 0
    beside = {one["name"]: one["value"] for one in left(tmp_path)["beside"]}
    assert beside == {"sharded_change · shards": 0, "sharded_change · shards+impatient": -1}


def test_a_store_of_one_user_goes_on_with_more_and_pays_for_none_again(tmp_path: Path) -> None:
    asked = [0]

    def answer(*_: object) -> Reply:
        asked[0] += 1
        return Reply(Message("assistant", "Which day?"), Usage(1, 1, 0.0), "stop", "witnessed", 0.0)

    register("witnessed")(lambda: Scripted(answer, "scripted:witnessed", "1"))
    words = ("pairs", "--model", "scripted:witnessed", "-n", "3", "--out", str(tmp_path))
    assert run(*words, "--user", "shards+impatient") == 0
    first, paid = stored(tmp_path), asked[0]
    assert run(*words, "--user", "shards+impatient,shards") == 0
    both = stored(tmp_path)
    assert first.items() <= both.items() and len(both) == 2 * len(first)
    now = asked[0]
    assert now > paid and run(*words, "--user", "shards") == run(*words, "--user", "shards+impatient") == 0
    assert asked[0] == now and stored(tmp_path) == both


def test_a_user_who_errs_is_named_among_others_who_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register("strays")(lambda: Scripted.function(lambda _: '{"message": "I like tea.", "done": false}', version="1"))
    users = "shards,shards+impatient,shards+cannot_answer,shards+answers_several,goal"
    words = ("pairs", "--model", "scripted:asker", "-n", "2", "--turns", "2", "--user", users)
    assert run(*words, "--user-model", "scripted:strays", "--out", str(tmp_path)) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "In 4 of 4 trials the simulated user goal erred" in said and said.count("erred") == 1


def test_users_are_parted_by_commas_but_not_by_those_of_their_options() -> None:
    assert users_of(None) == users_of("") == users_of(" , ") == []
    assert users_of("shards, shards+impatient,shards") == ["shards", "shards+impatient"]
    assert users_of("agenda:influence=0.8, idle=5+impatient,agenda:idle=2,a.b:x=1") == [
        "agenda:influence=0.8, idle=5+impatient", "agenda:idle=2", "a.b:x=1"
    ]  # fmt: skip


def test_a_dry_run_counts_the_users(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sharded", *MODEL, "--protocol", "sharded,recap", "--user", "shards,shards+impatient,goal", "--dry-run")
    assert run(*words, "--user-model", "scripted:guesser") == 0
    said = capsys.readouterr().out
    assert said.startswith("48 trials: 8 items, 1 run, 2 protocols, 3 users\n") and "about: user " in said


@pytest.mark.parametrize(
    ("users", "said"),
    [
        ("shards,goal", "the user goal is played by a model; name one with --user-model"),
        ("shards,shard", "did you mean shards"),
        ("shards+impatient,shards +impatient", "are one user"),
        ("agenda,agenda:influence=0.5", "are one user"),
        ("shards,goal+answers_several", "answers_several fits the user shards"),
    ],
)
def test_bad_users_are_one_line_and_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], users: str, said: str
) -> None:
    assert run("pairs", *MODEL, "--user", users, "--out", str(tmp_path / "out")) == 2
    error = capsys.readouterr().err
    assert said in " ".join(error.split()) and not (tmp_path / "out").exists()
