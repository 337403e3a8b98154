"""What is remembered of a user from one conversation to the next, in a file or a server, and what is not."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from overture.errors import UsageError
from overture.serve.memory import DAYS, MOST, Memory, Spent, SqliteShelf, opening, shelf_of, start_after, user_of
from talking import talk

from .leaders import Told, making
from .wire import ask, count, proxied, replying, request, saying

CLOSE = b"Connection: close"


BRUSHED = ("Book a table.", "For how many people?", "Just do it.")


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server here")
    pytest.importorskip("redis", reason="the package redis is not here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
    )
    for _ in range(100):
        with socket.socket() as end:
            if end.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "s.sqlite") if request.param == "sqlite" else request.getfixturevalue("redis")


async def test_a_user_who_brushed_initiative_off_begins_the_next_conversation_with_less(place: str):
    failed: list[int] = []
    one, other = (Memory(shelf_of(place), lambda: failed.append(1)) for _ in range(2))  # as two workers have it
    user = f"u{time.time()}"
    assert await one.start_of(user, talk("Book a table.")) == 1.0
    assert await other.start_of(user, talk(*BRUSHED)) == 1.0  # the conversation began with that, and keeps it
    less = await one.start_of(user, talk("Find me a flight."))
    assert less is not None
    assert 0 < less < 1
    assert await other.start_of(user, talk("Find me a flight.", "Where to?", "Rome.")) == less
    assert await other.start_of(user, talk(*BRUSHED, "Done.", "Thanks.")) == 1.0
    assert await one.start_of("another", talk("Find me a flight.")) == 1.0
    await one.close()
    await other.close()
    assert not failed


async def test_two_conversations_that_a_user_begins_at_once_are_both_kept_with_their_starts(place: str):
    failed: list[int] = []
    shelves = [shelf_of(place) for _ in range(2)]
    one, other = (Memory(shelf, lambda: failed.append(1)) for shelf in shelves)
    table, flight, began = talk(*BRUSHED), talk("Find me a flight."), time.time()
    for user in (f"u{began}-{number}" for number in range(20)):
        starts = await asyncio.gather(one.start_of(user, table), other.start_of(user, flight))
        assert (await shelves[0].load(user)).keys() == {opening(table), opening(flight)}
        assert [await other.start_of(user, table), await one.start_of(user, flight)] == starts
    await one.close()
    await other.close()
    assert not failed


def test_only_the_last_conversation_counts_and_half_of_what_it_cost():
    assert start_after({}) == 1.0
    assert start_after({"a": Spent(1.0, 0.0, 1.0), "b": Spent(1.0, 0.6, 2.0)}) == pytest.approx(0.8)


async def test_few_conversations_of_a_user_are_kept_and_an_old_user_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shelf = SqliteShelf(str(tmp_path / "s"))
    memory = Memory(shelf, lambda: None)
    for number in range(MOST + 5):
        await memory.start_of("u", talk(f"Request {number}."))
    held = await shelf.load("u")
    assert len(held) == MOST
    assert opening(talk(f"Request {MOST + 4}.")) in held
    now = time.time()
    monkeypatch.setattr("overture.serve.memory.time.time", lambda: now + 86400 * DAYS + 1)
    assert len(await shelf.load("u")) == MOST
    await memory.start_of("another", talk("Hello."))
    assert await shelf.load("u") == {}
    await memory.close()
    monkeypatch.setattr("overture.serve.memory.time.time", lambda: now)
    shelf = SqliteShelf(str(tmp_path / "s"))
    assert await shelf.save("u", held, {})
    await shelf.close()
    monkeypatch.setattr("overture.serve.memory.time.time", lambda: now + 86400 * DAYS + 1)
    again = SqliteShelf(str(tmp_path / "s"))
    assert await again.load("u") == {}
    await again.close()


def test_a_user_is_a_hash_under_the_key_that_came():
    one, two = user_of({"user": "ann"}, "Bearer a"), user_of({"user": "ann"}, "Bearer b")
    assert one != two
    assert "ann" not in one
    assert user_of({"safety_identifier": "ann"}, "Bearer a") == one
    for none in ({}, {"user": ""}, {"user": 5}, {"user": ["x"]}):
        assert user_of(none, "") == ""


def test_a_store_that_cannot_be_had_is_said_at_once(tmp_path: Path):
    with pytest.raises(UsageError, match="--state"):
        shelf_of(str(tmp_path / "none" / "s"))
    pytest.importorskip("redis", reason="the package redis is not here")
    with pytest.raises(UsageError, match="--state") as wrong:
        shelf_of("redis://:secret@host:no-port/0")
    assert "secret" not in str(wrong.value)


async def test_the_policy_sees_the_number_and_a_store_that_is_away_costs_no_answer(tmp_path: Path):
    policy = Told()
    body = orjson.dumps({"user": "ann", "messages": [{"role": "user", "content": "Hello."}]})
    state = str(tmp_path / "s")
    async with proxied(replying(saying("hi")), making(told=policy), policy="told", state=state) as (_, proxy, port):
        await ask(port, request(body, CLOSE))
        assert policy.seen[-1].metadata["initiative"] == 1.0
        assert proxy.memory is not None
        await proxy.memory.close()
        assert saying("hi") in await ask(port, request(body, CLOSE))
        assert count(proxy, "overture_state_failures_total") == 1
    away = "redis://127.0.0.1:9/0"
    if shutil.which("redis-server"):
        began = time.monotonic()
        async with proxied(replying(saying("hi")), making(told=policy), policy="told", state=away) as (_, proxy, port):
            assert saying("hi") in await ask(port, request(body, CLOSE))
            assert count(proxy, "overture_state_failures_total") == 1
        assert time.monotonic() - began < 3
    await asyncio.sleep(0)
