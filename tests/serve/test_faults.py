"""Upstreams and clients that misbehave: one outcome each, nothing asked twice, nothing left open.

In come a script for either end of the wire; out comes what the other end saw, what was logged and what is still open.
Easy to get wrong: a proxy that waits is not a proxy that hangs; each test has its own limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from overture.policies import Policy
from overture.serve.app import Proxy

from .leaders import Told, making
from .wire import (
    CHUNKED,
    DONE,
    Mock,
    Script,
    Seen,
    answer,
    ask,
    chunk,
    event,
    parted,
    proxied,
    replying,
    request,
    saying,
    streaming,
)

CLOSE = b"Connection: close"
ASKED = b'{"model":"m","messages":[{"role":"user","content":"Hello."}]}'
STREAMED = ASKED[:-1] + b',"stream":true}'


@pytest.fixture(params=["off", "leading", "reviewing"])
def led(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The proxy's settings: without a policy, with one that plans, with one that sees drafts."""
    if request.param == "off":
        return {}
    policies = making(told=Told(reviews=request.param == "reviewing"))
    return {"make": policies, "policy": "told"}


@asynccontextmanager
async def watched(
    script: Script, log: Path, make: Callable[[str], Policy] | None = None, expect: int = 1, **settings: Any
) -> AsyncGenerator[tuple[Mock, Proxy, int]]:
    """A proxy of which nothing may be left: no task, no socket, and `expect` outcomes."""
    tasks, sockets = asyncio.all_tasks(), opened()
    async with proxied(script, make, log=str(log), **settings) as (mock, proxy, port):
        yield mock, proxy, port
        deadline = time.monotonic() + 3
        while mock.open and time.monotonic() < deadline and not idle(mock):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    left = {task for task in asyncio.all_tasks() - tasks if not task.done()}
    assert not left, left
    assert opened() <= sockets
    assert len(outcomes(log)) == expect


def idle(mock: Mock) -> bool:
    return bool(mock.left)


def opened() -> int:
    return len(psutil.Process(os.getpid()).net_connections("tcp"))


def outcomes(log: Path) -> list[str]:
    """What the log says became of each request."""
    return [orjson.loads(line)["outcome"] for line in log.read_bytes().splitlines()] if log.exists() else []


def never() -> asyncio.Event:
    return asyncio.Event()


async def test_a_stall_before_the_first_byte_is_a_timeout(tmp_path: Path, led: dict[str, Any]):
    async def stall(seen: Seen, out: asyncio.StreamWriter) -> None:
        await never().wait()

    async with watched(stall, tmp_path / "log", silence=0.3, **led) as (mock, _, port):
        head, said = parted(await ask(port, request(ASKED, CLOSE)))
        assert head.startswith(b"HTTP/1.1 504")
        assert orjson.loads(said)["error"]["code"] == "upstream_silent"
        assert len(mock.seen) == 1
    assert outcomes(tmp_path / "log") == ["upstream_failed"]


async def test_a_stall_in_the_middle_cuts_the_answer(tmp_path: Path):
    async def stall(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(CHUNKED + chunk(event("He")))
        await never().wait()

    async with watched(stall, tmp_path / "log", silence=0.3) as (mock, _, port):
        raw = await ask(port, request(STREAMED, CLOSE))
        assert event("He") in raw
        assert not raw.endswith(b"0\r\n\r\n")
        assert len(mock.seen) == 1
    assert outcomes(tmp_path / "log") == ["upstream_failed"]


async def test_a_reset_in_the_middle_of_a_stream_reaches_the_client_as_one(tmp_path: Path):
    async def reset(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(CHUNKED + chunk(event("He")))
        await out.drain()
        await asyncio.sleep(0.05)
        out.transport.abort()

    async with watched(reset, tmp_path / "log") as (mock, _, port):
        raw = await ask(port, request(STREAMED, CLOSE))
        assert raw.endswith(chunk(event("He")))
        assert not raw.endswith(b"0\r\n\r\n")
        assert len(mock.seen) == 1
    assert outcomes(tmp_path / "log") == ["upstream_failed"]


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"], ids=["at once", "half"])
async def test_an_answer_that_breaks_off_before_any_of_it_was_sent_is_told(
    tmp_path: Path, led: dict[str, Any], after: bytes
):
    async def reset(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(after)
        await out.drain()
        out.transport.abort() if not after else out.close()

    async with watched(reset, tmp_path / "log", **led) as (mock, _, port):
        head, said = parted(await ask(port, request(ASKED, CLOSE)))
        assert head.startswith(b"HTTP/1.1 502")
        assert orjson.loads(said)["error"]["code"] == "upstream_broke"
        assert len(mock.seen) == 1
    assert outcomes(tmp_path / "log") == ["upstream_failed"]


async def test_nothing_listens(tmp_path: Path, led: dict[str, Any]):
    async with watched(replying(b"{}"), tmp_path / "log", upstream="http://127.0.0.1:9/v1#m", **led) as (_, _, port):
        head, said = parted(await ask(port, request(ASKED, CLOSE)))
        assert head.startswith(b"HTTP/1.1 502")
        assert orjson.loads(said)["error"]["code"] == "upstream_unreachable"
    assert outcomes(tmp_path / "log") == ["upstream_failed"]


async def test_a_stream_that_is_cut_short_passes_as_it_is(tmp_path: Path, led: dict[str, Any]):
    async with watched(streaming(event("He"), b'data: {"cho'), tmp_path / "log", **led) as (_, _, port):
        _, said = parted(await ask(port, request(STREAMED, CLOSE)))
        assert said == event("He") + b'data: {"cho'
    assert outcomes(tmp_path / "log") == ["done"]


async def test_a_character_split_between_two_pieces_stays_whole(tmp_path: Path, led: dict[str, Any]):
    whole = event("né") + event(finish="stop") + DONE
    half = whole.index("é".encode()) + 1
    async with watched(streaming(whole[:half], whole[half:]), tmp_path / "log", **led) as (_, _, port):
        _, said = parted(await ask(port, request(STREAMED, CLOSE)))
        assert said == whole
    assert outcomes(tmp_path / "log") == ["done"]


async def test_a_hundred_megabytes_pass_without_being_held(tmp_path: Path, led: dict[str, Any]):
    size, piece = 100 << 20, b"x" * (1 << 20)

    async def much(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            out.write(piece)
            await out.drain()

    memory = psutil.Process(os.getpid())
    before, most, got = memory.memory_info().rss, 0, 0
    async with watched(much, tmp_path / "log", **led) as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(ASKED, CLOSE))
        while data := await asyncio.wait_for(reader.read(1 << 20), 20):
            got += len(data)
            most = max(most, memory.memory_info().rss)
        writer.close()
    assert size <= got <= size + 1000
    assert most - before < 80 << 20


async def test_a_byte_a_moment_passes_as_it_comes(tmp_path: Path):
    async def trickle(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(CHUNKED)
        for byte in event("He"):
            out.write(chunk(bytes([byte])))
            await asyncio.sleep(0.01)
        out.write(b"0\r\n\r\n")

    async with watched(trickle, tmp_path / "log", silence=0.5) as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(STREAMED, CLOSE))
        await reader.readuntil(b"\r\n\r\n")
        began = time.monotonic()
        first = await reader.readuntil(b"\r\nd\r\n")
        took = time.monotonic() - began
        rest = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert first == b"1\r\nd\r\n"
        assert time.monotonic() - began > took + 0.2  # the first byte did not wait for the others
        assert parted(b"transfer-encoding: chunked\r\n\r\n" + first + rest)[1] == event("He")
    assert outcomes(tmp_path / "log") == ["done"]


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(tmp_path: Path):
    async def much(seen: Seen, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            out.write(CHUNKED)
            for _ in range(200):
                out.write(chunk(b"x" * (1 << 18)))
                await out.drain()

    async with watched(much, tmp_path / "log", silence=0.6) as (mock, _, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(request(STREAMED))
        await until(lambda: mock.seen)
        await until(lambda: not mock.open, 4)
        writer.transport.abort()
    assert outcomes(tmp_path / "log") == ["client_left"]


async def test_a_head_that_does_not_come_in_time_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("overture.serve.running.HEAD", 0.4)
    async with watched(replying(saying("hi")), tmp_path / "log", expect=2) as (mock, _, port):

        async def ended(*pieces: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for piece in pieces:
                if not writer.transport.is_closing():
                    writer.write(piece)
                await asyncio.sleep(0.1)
            try:
                return await asyncio.wait_for(reader.read(), 2)
            except ConnectionError:
                return b""
            finally:
                writer.close()

        whole = request(ASKED)
        assert await ended() == b""
        assert await ended(b"POST /v1/chat") == b""
        assert await ended(*(whole[i : i + 1] for i in range(12))) == b""  # a byte now and then
        assert saying("hi") in await ended(whole, b"POST /v1/chat")
        # one that waits between two requests is waited for
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(whole)
        await reader.readuntil(saying("hi"))
        await asyncio.sleep(0.8)
        writer.write(request(b"", CLOSE, path=b"/health", method=b"GET"))
        assert b'{"status":"ok"}' in await reader.read()
        writer.close()
        assert len(mock.seen) == 2


async def leave(writer: asyncio.StreamWriter, abort: bool) -> None:
    if abort:
        writer.transport.abort()
    else:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("abort", [False, True])
async def test_a_client_that_leaves_before_the_first_token_stops_the_upstream(
    tmp_path: Path, led: dict[str, Any], abort: bool
):
    async def stall(seen: Seen, out: asyncio.StreamWriter) -> None:
        await never().wait()

    async with watched(stall, tmp_path / "log", **led) as (mock, _, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(STREAMED))
        await until(lambda: mock.seen)
        await leave(writer, abort)
        await until(lambda: mock.left)
    assert outcomes(tmp_path / "log") == ["client_left"]


async def test_a_client_that_leaves_in_the_middle_stops_the_upstream(tmp_path: Path, led: dict[str, Any]):
    async def some(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(CHUNKED + chunk(event("He")))
        await never().wait()

    async with watched(some, tmp_path / "log", **led) as (mock, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(STREAMED))
        await until(lambda: mock.seen)
        if led.get("policy") is None:
            await reader.readuntil(event("He"))
        await leave(writer, False)
        await until(lambda: mock.left)
    assert outcomes(tmp_path / "log") == ["client_left"]


@pytest.mark.parametrize("ahead", [1, 60, 0], ids=["one", "more than are queued", "a large one"])
async def test_a_client_that_leaves_with_requests_sent_ahead_stops_the_one_that_runs(tmp_path: Path, ahead: int):
    async def stall(seen: Seen, out: asyncio.StreamWriter) -> None:
        await never().wait()

    async with watched(stall, tmp_path / "log") as (mock, _, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        more = request(STREAMED) * ahead or request(b'{"messages":"' + b"x" * 400_000 + b'"}')
        writer.write(request(STREAMED) + more)
        await until(lambda: mock.seen)
        await asyncio.sleep(0.1)
        await leave(writer, False)
        await until(lambda: mock.left)
        assert len(mock.seen) == 1
    assert outcomes(tmp_path / "log") == ["client_left"]


async def test_requests_sent_ahead_are_answered_in_their_order(tmp_path: Path):
    async def echo(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(answer(seen.body))

    bodies = [b'{"n":%d}' % number for number in range(5)]
    async with watched(echo, tmp_path / "log", expect=5) as (_, _, port):
        raw = await ask(port, b"".join(request(body) for body in bodies[:-1]) + request(bodies[-1], CLOSE))
        places = [raw.index(body) for body in bodies]
        assert places == sorted(places)


async def test_a_body_that_breaks_off_or_never_ends_is_refused_and_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("overture.serve.receiving.SECONDS", 0.2)
    async with watched(replying(b"{}"), tmp_path / "log", expect=2) as (mock, _, port):
        late = request(ASKED, CLOSE)[:-5]
        head, _ = parted(await ask(port, late))
        assert head.startswith(b"HTTP/1.1 408")
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(late)
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.3)
        assert not mock.seen


async def test_a_policy_at_work_when_the_client_leaves_is_stopped(tmp_path: Path):
    policy = Told(seconds=30)
    settings: dict[str, Any] = {"make": making(told=policy), "policy": "told", "deadline": 60}
    async with watched(replying(b"{}"), tmp_path / "log", **settings) as (mock, _, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(ASKED))
        await until(lambda: policy.seen)
        await leave(writer, False)
        await asyncio.sleep(0.3)
        assert not mock.seen
    assert outcomes(tmp_path / "log") == ["client_left"]


async def test_many_at_once_with_every_fault_leave_nothing_open(tmp_path: Path):
    async def unsteady(seen: Seen, out: asyncio.StreamWriter) -> None:
        kind = seen.json["n"] % 4
        if kind == 0:
            out.write(answer(saying("hi")))
        elif kind == 1:
            out.write(CHUNKED + chunk(event("He")))
            await out.drain()
            out.transport.abort()
        elif kind == 2:
            out.transport.abort()
        else:
            out.write(CHUNKED + chunk(event("He")))
            await never().wait()

    async def one(port: int, number: int) -> None:
        body = b'{"n":%d,"messages":[{"role":"user","content":"x"}]}' % number
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(body, CLOSE))
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.5 if number % 4 == 3 else 5)
        writer.close()

    async with watched(unsteady, tmp_path / "log", expect=80) as (_, _, port):
        await asyncio.gather(*(one(port, number) for number in range(80)))
        await asyncio.sleep(1)
    found = outcomes(tmp_path / "log")
    assert {kind: found.count(kind) for kind in sorted(set(found))} == {
        "client_left": 20,
        "done": 20,
        "upstream_failed": 40,
    }


async def until(holds: Callable[[], Any], seconds: float = 1.0) -> None:
    """Wait until something holds, and not longer than the second that is promised."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not within the time promised"
        await asyncio.sleep(0.01)
