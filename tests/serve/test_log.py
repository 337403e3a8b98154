"""The decisions log: what it holds with content and without, that it turns over, and that an audit reads it."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.cli import main
from overture.logs import read
from overture.policies import Decision
from overture.serve.decisions import DecisionsLog

from .leaders import Told, making
from .wire import DONE, Seen, ask, count, event, parted, proxied, replying, request, saying, streaming

CLOSE = b"Connection: close"
SECRET = "my card is 4111"
ASK = Decision(
    "elicit", "Ask them.", 0.9, f"they said {SECRET}", say="For how many?", policy="gaps", details={"missing": 0.9}
)


def body(**more: Any) -> bytes:
    return orjson.dumps(
        {"model": "m", "user": "ann@no.test", "messages": [{"role": "user", "content": SECRET}], **more}
    )


async def logged(log: Path, script: Any, raw: bytes, **settings: Any) -> dict[str, Any]:
    async with proxied(script, log=str(log), **settings) as (_, _, port):
        await ask(port, raw)
    return orjson.loads(log.read_bytes().splitlines()[-1])


async def test_without_content_nothing_that_was_said_is_written(tmp_path: Path):
    log = tmp_path / "d.jsonl"
    record = await logged(
        log,
        replying(saying("hi")),
        request(body(), CLOSE, b"Authorization: Bearer sk-secret"),
        make=making(told=Told(ASK)),
        policy="told",
    )
    assert record["decisions"] == [
        {"moment": "plan", "move": "elicit", "policy": "gaps", "confidence": 0.9, "details": {"missing": 0.9}}
    ]
    assert (record["outcome"], record["status"], record["upstream_calls"]) == ("done", 200, 0)
    text = log.read_text()
    assert not [
        word for word in (SECRET, "4111", "ann@", "sk-secret", "For how many", "Ask them", "hi") if word in text
    ]
    assert log.stat().st_mode & 0o077 == 0


async def test_a_turn_left_alone_is_told_of_the_policy_by_the_name_that_was_given(tmp_path: Path):
    policies = {"told": Told(name="first,second"), "fails": Told(fails=ValueError(), name="first,second")}
    settings = {"policy": "told", "allow": ("fails",), "log": str(tmp_path / "d")}
    async with proxied(replying(saying("hi")), lambda spec: policies[spec], **settings) as (_, proxy, port):
        await ask(port, request(body(), CLOSE))
        await ask(port, request(body(), CLOSE, b"X-Overture-Policy: fails"))
        assert count(proxy, 'overture_decisions_total{move="leave",policy="told",shadow="false"}') == 1
        assert count(proxy, 'overture_decisions_total{move="leave",policy="fails",shadow="false"}') == 1
        assert count(proxy, 'overture_unsteered_total{reason="ValueError"}') == 1
    records = [orjson.loads(line) for line in (tmp_path / "d").read_bytes().splitlines()]
    assert [record["decisions"][0]["policy"] for record in records] == ["told", "fails"]


@pytest.mark.parametrize("settings", [{}, {"shadow": True}, {"policy": "off"}])
async def test_an_answer_names_its_line_of_the_log(tmp_path: Path, settings: dict[str, Any]):
    given = {"policy": "told", "log": str(tmp_path / "d"), **settings}
    async with proxied(replying(saying("hi")), making(told=Told(ASK)), **given) as (_, _, port):
        head, _ = parted(await ask(port, request(body(), CLOSE)))
    record = orjson.loads((tmp_path / "d").read_bytes())
    told = [line.partition(": ")[2] for line in head.decode().split("\r\n") if line.startswith("X-Overture-Id")]
    assert told == ([] if given["policy"] == "off" else [record["id"]])


@pytest.mark.parametrize("settings", [{}, {"shadow": True}, {"policy": "off"}])
async def test_a_request_that_fails_keeps_its_words_and_the_error_names_its_line(
    tmp_path: Path, settings: dict[str, Any]
):
    async def reset(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.transport.abort()

    given = {"policy": "told", "log": str(tmp_path / "d"), "log_content": True, **settings}
    policy = Told(Decision("elicit", "Ask them.", 0.9, policy="gaps"))
    async with proxied(reset, making(told=policy), **given) as (_, _, port):
        head, _ = parted(await ask(port, request(body(), CLOSE)))
    record = orjson.loads((tmp_path / "d").read_bytes())
    assert (record["outcome"], record["status"], record["answer"]) == ("upstream_failed", 502, None)
    assert [message["content"] for message in record["messages"]] == [SECRET]
    told = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line.startswith("X-Overture"))
    assert told.get("X-Overture-Id") == (None if settings.get("policy") == "off" else record["id"])
    move = "shadow; policy=told" if settings.get("shadow") else "elicit; policy=gaps; confidence=0.90"
    assert told.get("X-Overture") == (None if settings.get("policy") == "off" else move)


async def test_answers_are_counted_by_the_status_that_the_client_saw():
    refusing = replying(b'{"error":{}}', status=b"429 Too Many Requests")
    async with proxied(refusing) as (_, proxy, port):
        await ask(port, request(body(), CLOSE))
        await ask(port, request(b"{", CLOSE))
        assert count(proxy, 'overture_answers_total{status="429"}') == 1
        assert count(proxy, 'overture_answers_total{status="400"}') == 1
        assert count(proxy, 'overture_requests_total{outcome="done"}') == 1


async def test_a_policy_with_settings_stands_in_the_header_and_the_counters_as_it_was_given():
    spec = "gaps:threshold=0.7,premise"
    async with proxied(replying(saying("hi")), lambda _: Told(), policy=spec) as (_, proxy, port):
        head, _ = parted(await ask(port, request(body(), CLOSE)))
        assert f"X-Overture: leave; policy={spec}\r\n" in f"{head.decode()}\r\n"
        assert count(proxy, f'overture_decisions_total{{move="leave",policy="{spec}",shadow="false"}}') == 1


async def test_what_policies_ask_the_upstream_is_counted_apart():
    reading = replying(saying('{"premises": []}'))
    async with proxied(reading, policy="premise:ask_model=true", deadline=30.0) as (mock, proxy, port):
        await ask(port, request(body(), CLOSE))
        asked = count(proxy, "overture_policy_calls_total")
        assert asked >= 1
        assert count(proxy, "overture_upstream_calls_total") == 1
        assert len(mock.seen) == 1 + asked


async def test_a_model_name_that_is_none_is_written_harmlessly(tmp_path: Path):
    record = await logged(
        tmp_path / "d", replying(saying("hi")), request(body(model="a b\n<script>" + "x" * 500), CLOSE)
    )
    assert record["model"].startswith("a_b__script_xxx")
    assert len(record["model"]) == 120


@pytest.mark.parametrize("stream", [False, True])
async def test_with_content_the_conversation_and_the_answer_are_read_back(tmp_path: Path, stream: bool):
    log = tmp_path / "d.jsonl"
    script = (
        streaming(event("Two "), event("people."), event(finish="stop"), DONE)
        if stream
        else replying(saying("Two people."))
    )
    await logged(log, script, request(body(stream=stream), CLOSE), log_content=True)
    await logged(log, script, request(body(), CLOSE), make=making(told=Told(ASK)), policy="told", log_content=True)
    first, second = read(log)
    assert [message.text for message in first.messages] == [SECRET, "Two people."]
    assert [message.text for message in second.messages] == [SECRET, "For how many?"]
    assert (first.metadata["move"], second.metadata["move"]) == ("leave", "elicit")
    assert (second.metadata["decided_by"], second.metadata["policy"], second.metadata["turn"]) == ("gaps", "told", 1)


async def test_an_audit_reads_a_log_with_content_and_says_why_it_cannot_read_one_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    full, bare = tmp_path / "full.jsonl", tmp_path / "bare.jsonl"
    for log, content in ((full, True), (bare, False)):
        for _ in range(3):
            await logged(
                log,
                replying(saying("hi")),
                request(body(), CLOSE),
                make=making(told=Told(ASK)),
                policy="told",
                log_content=content,
            )
    words = ["audit", "--lens", "moves", "--workers", "1"]
    assert await asyncio.to_thread(main, [*words, str(full), "--group-by", "move", "--out", str(tmp_path / "a")]) == 0
    assert "3 conversations, 6 messages" in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*words, str(bare), "--out", str(tmp_path / "b")]) == 3
    told = capsys.readouterr().err
    assert "no conversation" in told
    assert "decision 'elicit' of gaps; words not logged (serve --log-content)" in told


async def test_messages_that_are_none_are_logged_as_none(tmp_path: Path):
    for messages in (5, "text", None, {"a": 1}):
        record = await logged(
            tmp_path / "d", replying(saying("hi")), request(body(messages=messages), CLOSE), log_content=True
        )
        assert record["messages"] == []
        assert record["outcome"] == "done"


def test_a_log_turns_over_and_loses_no_line(tmp_path: Path):
    lost: list[int] = []
    logs = [DecisionsLog(tmp_path / "d", 2_000, 3, lost.append) for _ in range(3)]  # as three workers have them
    for number in range(90):
        logs[number % 3].add({"n": number, "text": "x" * 30})
        if number % 7 == 0:
            for log in logs:
                log.close()
    for log in logs:
        log.close()
    files = sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock"))
    assert files == ["d", "d.1", "d.2"]
    lines = [orjson.loads(line)["n"] for name in files for line in (tmp_path / name).read_bytes().splitlines()]
    assert sorted(lines) == list(range(90))
    assert not lost


def test_a_log_that_cannot_be_set_aside_grows_on_and_loses_no_line(tmp_path: Path):
    lost: list[int] = []
    (tmp_path / "d.lock").mkdir()  # as little to be had as any file of a folder that cannot be written
    log = DecisionsLog(tmp_path / "d", 50, 3, lost.append)
    for number in range(5):
        log.add({"n": number, "text": "x" * 30})
        log.close()
    assert [orjson.loads(line)["n"] for line in (tmp_path / "d").read_bytes().splitlines()] == list(range(5))
    assert not lost


def test_the_oldest_is_dropped_and_none_is_kept_where_none_is_wanted(tmp_path: Path):
    for keep, expected in ((2, {"d", "d.1", "d.2"}), (0, {"d"})):
        folder = tmp_path / str(keep)
        folder.mkdir()
        log = DecisionsLog(folder / "d", 100, keep, lambda count: None)
        for number in range(50):
            log.add({"n": number, "text": "x" * 100})
            log.close()
        assert {path.name for path in folder.iterdir() if not path.name.endswith(".lock")} == expected
        assert orjson.loads((folder / "d").read_bytes().splitlines()[-1])["n"] == 49


async def test_what_a_policy_puts_into_its_details_costs_no_line(tmp_path: Path):
    knot: dict[str, Any] = {}
    knot["knot"] = knot
    odd = Decision("elicit", say="Which?", details={"set": {1}, 2: b"x", "path": Path("a")})
    policies = {"odd": Told(odd), "knot": Told(Decision("elicit", say="Which?", details=knot)), "told": Told(ASK)}
    log, allow = tmp_path / "d", tuple(policies)
    async with proxied(replying(saying("hi")), lambda s: policies[s], allow=allow, log=str(log)) as (_, proxy, port):
        asked = [request(body(), CLOSE, b"X-Overture-Policy: " + name.encode()) for name in policies]
        for said in await asyncio.gather(*(ask(port, raw) for raw in asked)):
            assert said.startswith(b"HTTP/1.1 200")
        assert count(proxy, "overture_log_lines_lost_total") == 1
        assert count(proxy, 'overture_requests_total{outcome="done"}') == 3
    records = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert {record["policy"]: record["decisions"][0]["details"] for record in records} == {
        "odd": {"set": "{1}", "2": "b'x'", "path": "a"},
        "told": {"missing": 0.9},
    }


def test_a_line_that_a_full_disk_cut_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lost: list[int] = []
    log = DecisionsLog(tmp_path / "d", 10_000, 3, lost.append)
    write = os.write

    def full(file: int, data: memoryview) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(file, data[:20])

    for cut in (False, True, False):
        with monkeypatch.context() as patch:
            if cut:
                patch.setattr("overture.serve.decisions.os.write", full)
            log.add({"n": 1, "text": "x" * 30})
            log.close()
    whole, torn, after = (tmp_path / "d").read_bytes().splitlines()
    assert orjson.loads(whole) == orjson.loads(after) == {"n": 1, "text": "x" * 30}
    assert whole.startswith(torn)
    assert lost == [1]


async def test_a_log_that_cannot_be_written_costs_the_log_and_not_the_answer(tmp_path: Path):
    (tmp_path / "gone").mkdir()
    async with proxied(replying(saying("hi")), log=str(tmp_path / "gone" / "d")) as (_, proxy, port):
        shutil.rmtree(tmp_path / "gone")
        assert saying("hi") in await ask(port, request(body(), CLOSE))
        await asyncio.sleep(0.4)
        assert count(proxy, "overture_log_lines_lost_total") == 1
