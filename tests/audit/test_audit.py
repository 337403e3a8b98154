"""A whole audit: the same result however the work is shared out, nothing lost, nothing half-written.

In come logs, clean and hostile; out come two tables, the rejects, and `summary.json`. Easy to get wrong: a run that was
interrupted leaves a folder that looks like a result, or one that a second run mixes with its own.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from overture import logs
from overture.audit import Audit, Settings, audit_logs, unfinished
from overture.audit import piece as piece_module
from overture.audit.kinds import Part
from overture.errors import ConfigurationChanged, NothingReadable, UsageError

QUICK = Settings(lenses=("moves",))
WRITTEN = ["conversations.parquet", "messages.parquet", "rejects.jsonl", "summary.json"]
Log = Callable[..., Path]


def turns(number: int) -> list[str]:
    return [
        f"Book flight {number} to Rome.",
        "Which day would you like?",
        "Monday.",
        f"Booked number {number}. Anything else?",
    ]


def small_pieces(monkeypatch: pytest.MonkeyPatch, size: int = 1500) -> None:
    whole = logs.pieces
    monkeypatch.setattr(logs, "pieces", lambda file: whole(file, size))


def rows(out: Path, kind: str) -> list[dict[str, Any]]:
    return pq.read_table(out / f"{kind}.parquet").to_pylist()


def values(result: Audit) -> dict[str, Any]:
    return {g: {n: f.value for n, f in figures.items()} for g, figures in result.groups.items()}


@pytest.fixture
def two_logs(log: Log) -> list[Path]:
    return [log(*map(turns, range(30)), name="in/a.jsonl"), log(*map(turns, range(20, 50)), name="in/b.jsonl")]


def test_tables_and_summary_say_the_same(two_logs: list[Path], tmp_path: Path):
    out = tmp_path / "out"
    result = audit_logs(two_logs, out, Settings(group_by="file"), workers=1)
    messages, conversations = rows(out, "messages"), rows(out, "conversations")
    assert len(messages) == 240 and len(conversations) == 60
    assert {r["group"] for r in conversations} == {"a.jsonl", "b.jsonl"} == set(result.groups) - {"all"}
    mine = [r for r in messages if r["role"] == "assistant" and r["moves"] is not None]
    for name in ("elicit", "trail"):
        share = sum(name in r["moves"] for r in mine) / len(mine)
        assert result.groups["all"][f"move:{name}"].value == pytest.approx(share)
        assert result.groups["all"][f"move:{name}"].n == len(mine)
    assert [r["index"] for r in messages[:4]] == [0, 1, 2, 3]
    assert {r["conversation_id"] for r in messages} == {r["conversation_id"] for r in conversations}
    summary = orjson.loads((out / "summary.json").read_bytes())
    assert (summary["schema"], summary["command"]) == (1, "audit")
    assert summary["config"]["group_by"] == "file"
    assert summary["counts"]["by_group"] == {"all": 60, "a.jsonl": 30, "b.jsonl": 30}
    assert (summary["counts"]["good"], summary["counts"]["bad"], summary["counts"]["doubles"]) == (60, 0, 10)
    for figures in summary["groups"].values():
        for figure in figures["figures"].values():
            assert set(figure) == {"value", "low", "high", "n", "unit"}
            assert figure["value"] is None or figure["low"] <= figure["value"] <= figure["high"]
    assert sorted(p.name for p in out.iterdir()) == WRITTEN


def test_one_worker_or_two_give_the_same_digests(two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small_pieces(monkeypatch)
    one = audit_logs(two_logs, tmp_path / "one", workers=1)
    two = audit_logs(two_logs, tmp_path / "two", workers=2)
    assert one.counts == two.counts
    assert one.groups == two.groups and one.examples == two.examples and one.matrix == two.matrix
    for name in WRITTEN[:3]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_small_pieces_change_no_row_and_no_figure(
    two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = audit_logs(two_logs, tmp_path / "whole", Settings(group_by="file"), workers=1)
    small_pieces(monkeypatch, 700)
    pieces = audit_logs(two_logs, tmp_path / "pieces", Settings(group_by="file"), workers=1)
    for kind in ("messages", "conversations"):
        assert rows(tmp_path / "whole", kind) == rows(tmp_path / "pieces", kind)
    assert values(whole) == values(pieces)
    assert [e.key for e in whole.examples] == [e.key for e in pieces.examples]


def test_ray_gives_the_same_digests(two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("ray", reason="ray is not installed")
    small_pieces(monkeypatch, 4000)
    native = audit_logs(two_logs, tmp_path / "native", QUICK, workers=1)
    ray = audit_logs(two_logs, tmp_path / "ray", QUICK, runner="ray")
    assert native.counts == ray.counts and native.groups == ray.groups


def test_no_piece_depends_on_how_many_threads_multiply(
    two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from threadpoolctl import threadpool_info, threadpool_limits

    seen: list[int] = []
    look = piece_module.look

    def watched(*given: Any) -> Any:
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return look(*given)

    monkeypatch.setattr(piece_module, "look", watched)
    with threadpool_limits(2, user_api="blas"):
        audit_logs(two_logs[0], tmp_path / "out", QUICK, workers=1)
        after = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    assert set(seen) <= {1}
    assert after <= {1, 2} and (not seen or 2 in after)


def test_of_doubles_the_first_is_kept_and_all_are_counted(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = {"id": "first", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
    records = [turns(1), first, {**first, "id": "second"}, turns(2), turns(1), {**first, "id": "third"}]
    path = log(*records)
    small_pieces(monkeypatch, 150)
    kept = audit_logs(path, tmp_path / "kept", Settings(("moves",), dedupe=True), workers=1)
    assert (kept.counts["good"], kept.counts["doubles"], kept.counts["conversations"]) == (6, 3, 3)
    conversations, messages = rows(tmp_path / "kept", "conversations"), rows(tmp_path / "kept", "messages")
    assert [r["conversation_id"] for r in conversations][1] == "first"
    assert len(messages) == kept.counts["messages"] == 10
    assert len({r["content_hash"] for r in conversations}) == 3
    every = audit_logs(path, tmp_path / "all", QUICK, workers=1)
    assert (every.counts["doubles"], every.counts["conversations"]) == (3, 6)
    assert every.groups["all"]["move:elicit"].n > kept.groups["all"]["move:elicit"].n


def test_a_log_of_doubles_still_shows_different_examples(log: Log, tmp_path: Path):
    result = audit_logs(
        log(*[turns(k % 4) for k in range(200)]), tmp_path / "out", Settings(("moves",), examples=4), workers=1
    )
    assert len({e.key for e in result.examples}) == 4


HOSTILE = [
    b'{"messages": [{"role": "user", "content": "torn',
    b"\x00\xff\xfe\x80 binary",
    b'{"messages": []}',
    b'{"messages": [{"role": "robot", "content": "x"}]}',
    b'{"messages": [{"role": "user", "content": 5}]}',
    b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"messages": [{"role": "user", "content": NaN}]}',
    b"[" * 10_000,
    b'{"messages": [{"role": "user", "role": "assistant", "content": "x"}]}',
    b"null",
]


def test_good_and_bad_are_all_and_every_reject_has_its_place(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [turns(0), *[item for k, bad in enumerate(HOSTILE) for item in (bad, turns(k))]]
    path = log(*lines)
    before = path.read_bytes()
    small_pieces(monkeypatch, 400)
    result = audit_logs(path, tmp_path / "out", QUICK, workers=1)
    assert (result.counts["good"], result.counts["bad"]) == (len(HOSTILE) + 1, len(HOSTILE))
    assert sum(result.reasons.values()) == len(HOSTILE)
    rejects = [orjson.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_bytes().splitlines()]
    assert all(set(r) == {"file", "offset", "reason"} and r["file"] == str(path) and r["reason"] for r in rejects)
    for reject, bad in zip(rejects, HOSTILE, strict=True):
        assert before[reject["offset"] :].startswith(bad[:20])
    assert path.read_bytes() == before


def test_a_file_whose_name_is_no_text_is_read_all_the_same(log: Log, tmp_path: Path):
    path = log(turns(1), b"broken", turns(2))
    odd = str(tmp_path / "od\udcffd.jsonl")
    try:
        path.rename(odd)
    except OSError:
        pytest.skip("this file system has no such names")
    result = audit_logs(odd, tmp_path / "out", Settings(("moves",), group_by="file"), workers=1)
    assert (result.counts["good"], result.counts["bad"]) == (2, 1)
    assert rows(tmp_path / "out", "conversations")[0]["group"] == r"od\udcffd.jsonl"


def test_nothing_readable_leaves_the_reasons_and_no_tables(log: Log, tmp_path: Path):
    with pytest.raises(NothingReadable, match="not a log"):
        audit_logs(log(b"just text"), tmp_path / "out", workers=1)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["rejects.jsonl"]


class Stopped(Exception):
    pass


def stop_after(pieces: int) -> Callable[[int, int], None]:
    calls = iter(range(1000))

    def on_piece(done: int, total: int) -> None:
        if next(calls) == pieces:
            raise Stopped

    return on_piece


def test_an_interrupted_run_goes_on_without_doing_anything_twice(
    two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    small_pieces(monkeypatch)
    whole = audit_logs(two_logs, tmp_path / "whole", QUICK, workers=1)
    out = tmp_path / "out"
    with pytest.raises(Stopped):
        audit_logs(two_logs, out, QUICK, workers=1, on_piece=stop_after(3))
    assert [p.name for p in out.iterdir()] == [".parts"]
    done: list[str] = []
    work = piece_module.audit_range
    monkeypatch.setattr("overture.audit.audit_range", lambda *given: (done.append(given[3]), work(*given))[1])
    again = audit_logs(two_logs, out, QUICK, workers=1)
    total = sum(len(logs.pieces(str(p))) for p in two_logs)
    assert sorted(done) == [f"{k:06d}" for k in range(3, total)]
    assert again.counts == whole.counts and again.groups == whole.groups
    assert sorted(p.name for p in out.iterdir()) == WRITTEN


def test_a_part_comes_back_as_it_was_kept(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept: list[Part] = []
    monkeypatch.setattr("overture.audit.store", lambda path, part: (kept.append(part), unfinished.store(path, part)))
    path = log({"prompt": "Book it.", "chosen": "Which day?", "rejected": "Booked."})
    with pytest.raises(Stopped):
        audit_logs(path, tmp_path / "out", Settings(judge="scripted:echo"), workers=1, on_piece=stop_after(1))
    assert kept[0].candidates and kept[0].sides and kept[0].examples
    assert unfinished.stored(tmp_path / "out/.parts/000000.part") == kept[0]


@pytest.mark.parametrize("planted", [pickle.dumps(os.getcwd), pickle.dumps({"no": "part"}), b"", b"nonsense"])
def test_a_part_that_a_stranger_made_is_not_run(log: Log, tmp_path: Path, planted: bytes):
    path = log(turns(3))
    with pytest.raises(Stopped):
        audit_logs(path, tmp_path / "out", QUICK, workers=1, on_piece=stop_after(1))
    (tmp_path / "out/.parts/000000.part").write_bytes(planted)
    with pytest.raises(UsageError, match="is no part that an audit kept"):
        audit_logs(path, tmp_path / "out", QUICK, workers=1)


def test_going_on_under_another_configuration_is_refused_with_the_difference(two_logs: list[Path], tmp_path: Path):
    out = tmp_path / "out"
    with pytest.raises(Stopped):
        audit_logs(two_logs, out, QUICK, workers=1, on_piece=stop_after(1))
    with pytest.raises(ConfigurationChanged, match="dedupe: was False, now True; seed: was 0, now 7") as caught:
        audit_logs(two_logs, out, Settings(("moves",), dedupe=True, seed=7), workers=1)
    assert "--fresh" in str(caught.value)
    with two_logs[1].open("ab") as more:
        more.write(b"\n")
    with pytest.raises(ConfigurationChanged, match="the input files are not the same"):
        audit_logs(two_logs, out, QUICK, workers=1)
    audit_logs(two_logs, out, Settings(("moves",), dedupe=True), workers=1, fresh=True)
    assert sorted(p.name for p in out.iterdir()) == WRITTEN


def test_a_failure_leaves_no_half_written_file(two_logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"

    def fails(*given: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr("overture.audit.result_of", fails)
    with pytest.raises(OSError):
        audit_logs(two_logs, out, QUICK, workers=1)
    assert [p.name for p in out.iterdir()] == [".parts"]
    monkeypatch.undo()
    assert audit_logs(two_logs, out, QUICK, workers=1).counts["good"] == 60


def test_what_cannot_work_is_refused_before_the_work_and_leaves_nothing(two_logs: list[Path], tmp_path: Path):
    out = tmp_path / "out"
    for settings, runner in (
        (QUICK, "dask"),
        (Settings(("nothing",)), "native"),
        (Settings(("moves",), judge="scripted:nobody"), "native"),
        (Settings(("moves",), judge="nonsense"), "native"),
    ):
        with pytest.raises(UsageError):
            audit_logs(two_logs, out, settings, runner=runner, workers=1)
    assert not out.exists()


def test_an_input_is_never_written_over(log: Log, tmp_path: Path):
    path = log(turns(1), name="out/rejects.jsonl")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="written over"):
        audit_logs(path, path.parent, QUICK, workers=1)
    assert path.read_bytes() == before


def test_an_earlier_result_is_no_log_even_without_its_rejects(log: Log):
    folder = log(turns(1)).parent
    for _ in range(2):
        result = audit_logs(folder, folder, QUICK, workers=1)
        assert (result.counts["files"], result.counts["good"], result.counts["bad"]) == (1, 1, 0)
        (folder / "rejects.jsonl").unlink()


def test_groups_by_a_key_of_the_log(log: Log, tmp_path: Path):
    records = [
        {
            "model": model,
            "messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Which day?"}],
        }
        for model in ("a", "a", "all", 7, None)
    ]
    result = audit_logs(log(*records), tmp_path / "out", Settings(("moves",), group_by="model"), workers=1)
    assert result.counts["by_group"] == {"all": 5, "a": 2, "(all)": 1, "7": 1, "(none)": 1}


def test_a_key_with_too_many_values_is_refused(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(piece_module, "MOST_GROUPS", 3)
    records = [{"model": f"m{k}", "messages": [{"role": "user", "content": "Hi."}]} for k in range(4)]
    path, out, whole = log(*records), tmp_path / "out", logs.pieces
    for size in (1 << 20, 60):  # the piece is refused, or what all pieces together make
        monkeypatch.setattr(logs, "pieces", lambda file, size=size: whole(file, size))
        with pytest.raises(UsageError, match="--group-by model makes more than 3 groups"):
            audit_logs(path, out, Settings(("moves",), group_by="model"), workers=1)
    assert audit_logs(path, out, Settings(("moves",)), workers=1).counts["good"] == 4  # nothing keeps it out


def test_groups_that_behave_alike_and_unlike(log: Log, tmp_path: Path):
    def asks(k: int) -> list[str]:
        return [f"Book {k}.", "Which day would you like?"]

    def does(k: int) -> list[str]:
        return [f"What is {k}?", f"The answer is {k} apples."]

    one, two = log(*map(asks, range(80)), name="in/asks.jsonl"), log(*map(does, range(80)), name="in/does.jsonl")
    result = audit_logs([one, two], tmp_path / "out", Settings(("moves",), group_by="file"), workers=1)
    (found,) = [d for d in result.differences if d.figure == "dialogue_initiative"]
    assert (found.a, found.b) == ("asks.jsonl", "does.jsonl")
    shares = {g: result.groups[g]["dialogue_initiative"].value for g in (found.a, found.b)}
    assert found.value == pytest.approx(shares[found.a] - shares[found.b])


def test_an_empty_log_beside_a_good_one_is_a_reject(log: Log, tmp_path: Path):
    result = audit_logs([log(name="empty.jsonl"), log(turns(1))], tmp_path / "out", QUICK, workers=1)
    assert (result.counts["good"], result.counts["bad"]) == (1, 1)
    assert "an empty file" in next(iter(result.reasons))
