"""The store: only grows, answers only what was asked, refuses another configuration, survives a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import ConfigurationChanged, DataError
from overture.models import Reply, Sampling, Usage, request_hash
from overture.simulate.configuration import differences
from overture.simulate.store import Call, Store, Trial, alone, identity
from overture.tasks.task import Item, Part, Script

CONFIG = {"role": "model", "model": {"name": "m"}, "sampling": {"max_tokens": 128}}
SPOKEN = Conversation((Message("user", "hello"), Message("assistant", "<script>\x00 ü")))
REPLY = Reply(SPOKEN.messages[1], Usage(3, 4, 0.5), "stop", "m", 0.1)
OTHER = Reply(SPOKEN.messages[1], Usage(5, 6, None), "length", "m", 0.2)


def trial(name: str = "a", config: dict[str, object] | None = None, status: str = "done") -> Trial:
    return Trial(
        name, "pairs", f"{name}/lacking", 7, config or CONFIG, status, SPOKEN, {"label": "asked"}, {"seconds": 1.5}
    )


def test_a_trial_comes_back_as_it_went(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        assert store.empty
        store.journal([trial()])
        failed = Trial("b", "pairs", "b/lacking", 7, CONFIG, "failed", None, None, {}, "timeout")
        store.journal([failed])
        assert not store.empty
    with Store(tmp_path / "trials.sqlite") as store:
        assert store.trial("a") == trial()
        assert list(store.trials()) == [trial(), failed]
        assert store.trial("c") is None


def test_an_answer_belongs_to_its_call_and_its_request(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        place, later = ("assistant", 0, 0, "request"), ("assistant", 1, 0, "request")
        store.journal([Call("a", place, REPLY), Call("b", place, OTHER), Call("a", later, OTHER)])
        assert store.answers("a") == {place: REPLY, later: OTHER}
        assert store.answers("b") == {place: OTHER}
        assert store.answers("c") == {}


def test_answers_are_written_all_or_none(tmp_path: Path) -> None:
    place, later = ("assistant", 0, 0, "request"), ("assistant", 1, 0, "request")
    with Store(tmp_path / "trials.sqlite") as store:
        store.journal([Call("a", place, REPLY)])
        with pytest.raises(sqlite3.IntegrityError):
            store.journal([Call("a", later, REPLY), Call("a", place, OTHER)])
        assert store.answers("a") == {place: REPLY}
        store.journal([Call("a", later, OTHER)])
        assert store.answers("a") == {place: REPLY, later: OTHER}


def test_the_tables_are_those_of_the_design_and_only_grow(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        store.journal([trial()])
        store.journal([Call("a", ("assistant", 0, 0, "request"), REPLY)])
    db = sqlite3.connect(tmp_path / "trials.sqlite")
    columns = {table: [row[1] for row in db.execute(f"pragma table_info({table})")] for table in ("trials", "calls")}
    db_trials = "trial_id task item seed config status error_type conversation outcome cost"
    assert columns == {
        "trials": db_trials.split(),
        "calls": ["trial_id", "role", "turn", "sample", "request_hash", "answer", "usage"],
    }
    assert db.execute("pragma journal_mode").fetchone()[0] == "wal"
    for change in (
        "update trials set status = 'failed'",
        "delete from trials",
        "update calls set answer = ''",
        "delete from calls",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(change)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("insert into calls select * from calls")
    db.close()


def test_another_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        store.journal([trial()])
        store.agree(CONFIG)
        store.agree({**CONFIG, "role": "against", "model": {"name": "other"}})
        with pytest.raises(ConfigurationChanged, match=r"sampling\.max_tokens: 128 → 64"):
            store.agree({**CONFIG, "sampling": {"max_tokens": 64}})


def test_one_store_holds_several_users_but_not_two_versions_of_one(tmp_path: Path) -> None:
    inner = {"user": "shards", "version": 2, "hearing": 5, "several": False}
    around = {"user": "impatient", "version": 2, "hearing": 5, "inner": inner}
    with Store(tmp_path / "trials.sqlite") as store:
        store.journal([trial(config={**CONFIG, "user": around})])
        for other in (inner, {**around, "user": "recap"}, {**around, "inner": {**inner, "several": True}}, around):
            store.agree({**CONFIG, "user": other})
        for name in ("version", "hearing"):
            with pytest.raises(ConfigurationChanged, match=rf"user\.{name}: "):
                store.agree({**CONFIG, "user": {**around, name: 9}})
            with pytest.raises(ConfigurationChanged, match=rf"user\.inner\.{name}: "):
                store.agree({**CONFIG, "user": {**around, "inner": {**inner, name: 9}}})
        with pytest.raises(ConfigurationChanged, match="seed"):
            store.agree({**CONFIG, "user": around, "seed": 1})


def test_differences_are_named_by_their_place() -> None:
    assert differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}, "d": 4}) == ["b.c: 2 → 3", "d: None → 4"]


def test_an_identity_depends_on_configuration_item_and_run() -> None:
    all_of_them = {identity(CONFIG, "i", 0), identity(CONFIG, "j", 0), identity(CONFIG, "i", 1), identity({}, "i", 0)}
    assert len(all_of_them) == 4
    assert identity(dict(reversed(CONFIG.items())), "i", 0) == identity(CONFIG, "i", 0)


def test_what_names_a_call_and_an_item_is_what_it_was_in_stores_that_stand() -> None:
    tools = ToolCall("find", '{"a": 1}', "c1")
    asked = Conversation(
        (
            Message("system", "Sé breve\x7f\ud800"),
            Message("user", 'say "hi"\n', name="Ann"),
            Message("assistant", None, tool_calls=(tools,)),
            Message("tool", "3", tool_call_id="c1", attachments=("image_url",)),
        )
    )
    schemas = [{"type": "function", "b": {"z": 1, "a": [None, True]}}]
    drawn = Sampling(temperature=1e-7, seed=5, stop=("\n",))
    named = request_hash(asked, drawn, schemas, {"type": "json_object"}, {"name": "m"}, ["t", 0])
    assert named == "dc69d17889c7b2764b70f9a9b3e8b84e"
    item = Item(
        "b/1", "booking", "do", "Book a table.", "Book a table on Friday.",
        (Part("day", "Friday", ("day", "date"), "On Friday."),), frozenset({"day", "an hour", "b"}), "b",
        Script("q", "d", "g", "a", "c"), {"z": [1, 2.5], "a": {"k": None}}, "Be brief.", 3,
    )  # fmt: skip
    assert item.hash == "76878f7d0aa314ea69ba209a9b9e1faa"


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "trials.sqlite"
    path.write_bytes(b"my holiday pictures, all of them" * 100)
    with pytest.raises(DataError, match="another --out"):
        Store(path)
    assert path.read_bytes().startswith(b"my holiday")


def test_what_was_journalled_survives_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from overture.simulate.store import Call, Store\n"
        "from overture.models import Reply, Usage\n"
        "from overture.conversation import Message\n"
        "store = Store(Path(sys.argv[1]))\n"
        "reply = Reply(Message('assistant', 'paid for'), Usage(1, 1, None), 'stop', 'm', 0.0)\n"
        "store.journal([Call('a', ('assistant', 0, 0, 'r'), reply)])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "trials.sqlite"
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    )
    assert ended.returncode == -signal.SIGKILL
    with alone(tmp_path, fresh=True) as emptied, Store(emptied) as store:
        assert store.empty
    with Store(tmp_path / "trials.1.sqlite") as store:
        (kept,) = store.answers("a").values()
    assert kept.message.text == "paid for", "also where it stood in the log alone, and was then set aside"
