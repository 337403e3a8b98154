"""The proxy as a process, as several, with spans, with a model in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import ContextOverflow
from overture.models import Reply, Scripted, register
from overture.models.base import Usage
from overture.models.wrapper import Wrapper
from overture.policies import Decision
from overture.serve.running import serving
from overture.serve.settings import Settings
from overture.serve.workers import MOST_FILES

from .leaders import Told, making
from .wire import DONE, ask, parted, proxied, replying, request, saying

CLOSE = b"Connection: close"
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello there."}]}


def asked(**more: Any) -> bytes:
    return request(json.dumps({**ASKED, **more}).encode(), CLOSE)


@contextmanager
def command(folder: Path, *words: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """`overture serve …` as a process, and its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from overture.cli import main; main()", "serve", "--port", "0", *words],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("overture serves http://127.0.0.1:"), line + process.stderr.read()
        yield process, int(line.split("127.0.0.1:")[1].split("/")[0])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stderr.close()  # pyright: ignore


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    found: set[int] = set()
    for one in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # one that has just died
            if any("spawn_main" in word for word in one.cmdline()):
                found.add(one.pid)
    return found


def said_on_refusing(folder: Path, *words: str) -> str:
    """The one line of a proxy that does not come to serve."""
    done = subprocess.run(
        [sys.executable, "-c", "from overture.cli import main; main()", "serve", "--port", "0", *words],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_one_process_serves_and_ends_at_a_signal_with_its_log_written(tmp_path: Path):
    with command(tmp_path, "--upstream", "scripted:echo") as (process, port):
        _, said = parted(asyncio.run(ask(port, asked())))
        assert orjson.loads(said)["choices"][0]["message"]["content"] == "Hello there."
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read().endswith("overture: ended\n")
    assert [orjson.loads(line)["outcome"] for line in (tmp_path / "decisions.jsonl").read_bytes().splitlines()] == [
        "done"
    ]
    assert not (tmp_path / "initiative.sqlite-wal").exists()


def test_several_workers_share_the_port_and_the_counters_and_a_dead_one_is_replaced(tmp_path: Path):
    with command(tmp_path, "--upstream", "scripted:echo", "--workers", "2") as (process, port):

        def workers() -> set[int]:
            return workers_of(process)

        before = workers()
        assert len(before) == 2
        for _ in range(20):
            head, _ = parted(asyncio.run(ask(port, asked())))
            assert head.startswith(b"HTTP/1.1 200")

        def counted() -> bytes:
            return parted(asyncio.run(ask(port, request(b"", CLOSE, path=b"/metrics", method=b"GET"))))[1]

        until(
            lambda: b'overture_requests_total{outcome="done"} 20.0' in counted()
        )  # the other worker counts a moment later
        assert b"overture_in_flight 0.0" in counted()
        log = tmp_path / "decisions.jsonl"
        until(lambda: log.exists() and len(log.read_bytes().splitlines()) == 20)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers() - {min(before)}) == 2)
        head, _ = parted(asyncio.run(ask(port, asked())))
        assert head.startswith(b"HTTP/1.1 200")
        everyone = workers()
    assert process.returncode == 0
    assert not [pid for pid in everyone if psutil.pid_exists(pid)]
    assert len((tmp_path / "decisions.jsonl").read_bytes().splitlines()) == 21


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGKILL])
def test_no_worker_outlives_the_process_that_began_it(tmp_path: Path, ending: signal.Signals):
    held = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a process begins with what its parent has
    try:
        with command(tmp_path, "--upstream", "scripted:echo", "--workers", "2") as (process, port):
            everyone = workers_of(process)
            assert len(everyone) == 2
            parted(asyncio.run(ask(port, asked())))
            process.send_signal(ending)
            process.wait(60)
            until(lambda: not [pid for pid in everyone if psutil.pid_exists(pid)])
    finally:
        signal.signal(signal.SIGHUP, held)
    assert len((tmp_path / "decisions.jsonl").read_bytes().splitlines()) == 1


def test_it_may_have_as_many_connections_as_the_system_allows(tmp_path: Path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))  # a process begins with what its parent has
    try:
        with command(tmp_path, "--upstream", "scripted:echo") as (process, _):
            assert psutil.Process(process.pid).rlimit(psutil.RLIMIT_NOFILE)[0] == min(hard, MOST_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_closed_terminal_ends_it_and_nohup_does_not(tmp_path: Path):
    for before, ends in ((signal.SIG_DFL, True), (signal.SIG_IGN, False)):
        held = signal.signal(signal.SIGHUP, before)  # a process begins with what its parent has
        try:
            with command(tmp_path, "--upstream", "scripted:echo") as (process, port):
                process.send_signal(signal.SIGHUP)
                if ends:
                    assert process.wait(60) == 0
                else:
                    head, _ = parted(asyncio.run(ask(port, asked())))
                    assert head.startswith(b"HTTP/1.1 200")
        finally:
            signal.signal(signal.SIGHUP, held)


def test_what_cannot_work_is_said_before_it_serves_in_one_line(tmp_path: Path):
    echo = ("--upstream", "scripted:echo")
    line = said_on_refusing(tmp_path, *echo, "--allow", "gaps,recommened")
    assert "did you mean recommended?" in line
    line = said_on_refusing(tmp_path, *echo, "--log", str(tmp_path / "none" / "d.jsonl"))
    assert "d.jsonl cannot be written (No such file or directory); name another file, or `off`" in line
    assert "(Is a directory)" in said_on_refusing(tmp_path, *echo, "--log", str(tmp_path), "--workers", "2")
    line = said_on_refusing(tmp_path, "--upstream", "http://127.0.0.1:9/v1#m", "--state", str(tmp_path / "none" / "s"))
    assert "cannot be used (unable to open database file)" in line


def test_an_upstream_that_is_not_there_is_said_and_the_proxy_serves_all_the_same(tmp_path: Path):
    with command(tmp_path, "--upstream", "http://127.0.0.1:9/v1#m") as (process, port):
        head, _ = parted(asyncio.run(ask(port, asked())))
        assert head.startswith(b"HTTP/1.1 502")
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stderr is not None
        assert "overture: nothing listens at http://127.0.0.1:9/v1 yet; until something does" in process.stderr.read()


def test_a_share_is_said_when_it_begins(tmp_path: Path):
    words = ("--upstream", "scripted:echo", "--policy", "gaps", "--share", "0.05")
    with command(tmp_path, *words) as (process, _):
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stderr is not None
        assert "policy     5 % led by gaps, the others in shadow" in process.stderr.read()


def test_an_upstream_that_is_there_is_not_said_to_be_missing(tmp_path: Path):
    with (
        command(tmp_path, "--upstream", "scripted:echo", "--log", "off", "--state", "off") as (_, port),
        command(tmp_path, "--upstream", f"http://127.0.0.1:{port}/v1#m") as (process, _),
    ):
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stderr is not None
        assert "nothing listens" not in process.stderr.read()


def test_a_taken_port_is_said(tmp_path: Path):
    with command(tmp_path, "--upstream", "scripted:echo") as (_, port):
        for workers in ("1", "2"):
            done = subprocess.run(
                [sys.executable, "-c", "from overture.cli import main; main()", "serve", "--upstream", "scripted:echo", "--port", str(port), "--workers", workers],
                cwd=tmp_path, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert done.returncode == 1
            line = f"overture: cannot listen on 127.0.0.1:{port} (Address already in use); choose another --port\n"
            assert done.stderr == line
            assert "Traceback" not in done.stderr


async def test_a_request_in_flight_is_answered_before_the_proxy_ends(tmp_path: Path):
    async def slow(seen: Any, out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        await replying(saying("hi"))(seen, out)

    async with proxied(slow, log=str(tmp_path / "d")) as (mock, _, port):
        asking = asyncio.create_task(ask(port, asked()))
        while not mock.seen:
            await asyncio.sleep(0.01)
    assert saying("hi") in await asking
    assert orjson.loads((tmp_path / "d").read_bytes())["outcome"] == "done"


async def test_a_span_a_request_goes_to_a_file_without_a_word_of_it(tmp_path: Path):
    pytest.importorskip("opentelemetry.sdk", reason="the package opentelemetry-sdk is not here")
    place = tmp_path / "spans.jsonl"
    policy = Told(Decision("elicit", say="For how many?", policy="gaps", confidence=0.93))
    trace = b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with proxied(replying(saying("hi")), making(told=policy), policy="told", otel=str(place)) as (_, _, port):
        await ask(port, request(orjson.dumps(ASKED), CLOSE, trace))
        await ask(port, request(b"{", CLOSE))
    led, refused = (orjson.loads(line) for line in place.read_bytes().splitlines())
    assert led["name"] == "chat m"
    assert led["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
    assert led["parent_id"] == "0xb7ad6b7169203331"
    expected = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "overture.move": "elicit", "overture.confidence": 0.93, "overture.outcome": "done", "http.response.status_code": 200}  # fmt: skip
    assert expected.items() <= led["attributes"].items()
    assert refused["attributes"]["error.type"] == "not_json"
    assert "Hello" not in place.read_text()
    assert "how many" not in place.read_text()


@register("tries")
def tries() -> Scripted:
    def speak(conversation: Conversation) -> str | Message:
        if conversation.messages[-1].text == "overflow":
            raise ContextOverflow("the conversation is longer than the model's context")
        return Message("assistant", None, tool_calls=(ToolCall("look", '{"a":1}', "c1"),))

    return Scripted.function(speak, "scripted:tries", "1")


async def test_a_model_in_this_process_answers_as_a_server_would():
    async with serving(Settings("scripted:tries", port=0, log=None)) as (_, port):

        async def said(raw: bytes) -> tuple[bytes, Any]:
            head, body = parted(await ask(port, raw))
            return head, orjson.loads(body)

        _, models = await said(request(b"", CLOSE, path=b"/v1/models", method=b"GET"))
        assert [one["id"] for one in models["data"]] == ["scripted:tries"]
        tool = {"type": "function", "function": {"name": "look", "parameters": {}}}
        _, whole = await said(asked(tools=[tool], n=2))
        assert [c["finish_reason"] for c in whole["choices"]] == ["tool_calls"] * 2
        assert whole["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"a":1}'}
        assert whole["usage"] == {"prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2}
        head, events = parted(await ask(port, asked(tools=[tool], stream=True, stream_options={"include_usage": True})))
        assert b"Content-Type: text/event-stream" in head
        parts = [orjson.loads(line[6:]) for line in events.split(b"\n\n") if line.startswith(b"data: {")]
        assert parts[0]["choices"][0]["delta"]["tool_calls"][0]["index"] == 0
        assert parts[1]["choices"][0]["finish_reason"] == "tool_calls"
        assert parts[2]["usage"]["total_tokens"] == 2
        assert events.endswith(DONE)
        for wrong, status, kind in (
            ({"logprobs": True}, 400, "bad_request"),
            ({"n": 99}, 400, "bad_request"),
            ({"temperature": "hot"}, 400, "bad_request"),
            ({"top_p": 7}, 400, "bad_request"),
            ({"max_tokens": math.inf}, 400, "bad_request"),
            ({"max_tokens": 1e30}, 400, "bad_request"),
            ({"seed": -math.inf}, 400, "bad_request"),
            ({"messages": []}, 400, "bad_request"),
            ({"messages": [{"role": "user", "content": "overflow"}]}, 400, "context_overflow"),
            ({"messages": [{"role": "user", "content": "overflow"}], "stream": True}, 400, "context_overflow"),
        ):
            head, error = await said(asked(**wrong))
            assert head.startswith(b"HTTP/1.1 %d" % status), wrong
            assert error["error"]["code"] == kind


class Cut(Scripted):
    """Says half of what it would."""

    def __init__(self) -> None:
        reply = Reply(Message("assistant", "He had"), Usage(4, 2), "length", "m", 0.0)
        super().__init__(lambda *asked: reply, "scripted:cut", "1")


class Whole(Wrapper):
    """One whose answer comes in one piece."""

    def __init__(self) -> None:
        self.model = Cut()

    async def reply(self, *asked: Any, **more: Any) -> Reply:
        return await self.model.reply(*asked, **more)


register("cut")(Cut)
register("whole")(Whole)


@pytest.mark.parametrize(("name", "pieces"), [("cut", ["He ", "had"]), ("whole", ["He had"])])
async def test_a_stream_of_a_model_in_this_process_says_that_it_was_cut_off_and_what_it_took(
    name: str, pieces: list[str]
):
    async with serving(Settings(f"scripted:{name}", port=0, log=None)) as (_, port):
        whole = orjson.loads(parted(await ask(port, asked()))[1])
        bare = parted(await ask(port, asked(stream=True)))[1]
        counted = parted(await ask(port, asked(stream=True, stream_options={"include_usage": True})))[1]
    assert (whole["choices"][0]["finish_reason"], whole["usage"]["total_tokens"]) == ("length", 6)
    for said in (bare, counted):
        assert said.endswith(DONE)
        parts = [orjson.loads(line[6:]) for line in said.split(b"\n\n") if line.startswith(b"data: {")]
        choices = [choice for part in parts for choice in part["choices"]]
        assert [choice["delta"]["content"] for choice in choices if choice["delta"]] == pieces
        assert [choice["finish_reason"] for choice in choices] == [*(None for _ in pieces), "length"]
        assert [part["usage"] for part in parts if part.get("usage")] == ([whole["usage"]] if said is counted else [])
