"""Memory that stays where it is: nothing of a request is left when it has ended, and what is kept of texts is bounded.

In come requests of each fate, and a conversation of long texts; out come counts of what is still there. Easy to get
wrong: a cache that is bounded only in its number of entries is none in bytes, and one of many entries fills for hours.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from overture.conversation import Conversation
from overture.policies import make

from .wire import CHUNKED, Seen, answer, chunk, event, proxied, request, saying

ASKED = b'{"model":"m","user":"u","messages":[{"role":"user","content":"Hello."}]}'
REQUESTS = 60
LONGEST = 20_000
"""Characters of the longest text of which anything is kept."""
MOST = 10_000
"""Entries: at ten new ones a second, a cache is full after a quarter of an hour."""
LONG = 30_000
TOOL = {"type": "function", "function": {"name": "book", "parameters": {"properties": {"day": {"type": "string"}}}}}


async def fated(seen: Seen, out: asyncio.StreamWriter) -> None:
    """Does what the model's name says."""
    fate = seen.json["model"]
    if "streamed" in fate:
        out.write(CHUNKED + chunk(event("word ")) * 3)
        await asyncio.sleep(0.02 if "left" in fate else 0)
        out.write(b"0\r\n\r\n") if "broken" not in fate else out.close()
    elif fate == "broken":
        out.write(answer(saying("hello"))[:80])
        out.close()
    else:
        await asyncio.sleep(0.02 if fate == "left" else 0)
        out.write(answer(saying("hello")))


async def ask(port: int, fate: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(ASKED.replace(b'"m"', b'"%s"' % fate.encode()), b"Connection: close"))
    with contextlib.suppress(ConnectionError):
        if "left" in fate:
            await asyncio.sleep(0.01)
        else:
            await asyncio.wait_for(reader.read(), 20)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("fate", ["done", "broken", "left", "streamed", "streamed broken", "streamed left"])
async def test_nothing_of_a_request_is_left(fate: str):
    async with proxied(fated) as (mock, _, port):

        async def after() -> int:
            for _ in range(REQUESTS):
                await ask(port, fate)
            await asyncio.sleep(0.6)  # what is looked at from time to time has been looked at
            mock.seen.clear()
            mock.left.clear()
            gc.collect()
            return len(gc.get_objects())

        await after()
        before = await after()
        assert await after() - before < REQUESTS / 2


def caches() -> Iterator[Any]:
    """Every cache that this package has of what its functions made."""
    for each in gc.get_objects():
        if isinstance(each, type(functools.lru_cache(len))) and each.__module__.startswith("overture."):
            yield each


def texts(held: Any) -> Iterator[str]:
    """The texts that a cache holds, in its keys and in what was made of them."""
    waiting, known = [each for each in gc.get_referents(held) if isinstance(each, dict)], set[int]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif id(one) not in known and not callable(one) and type(one).__module__ in ("builtins", "functools"):
            known.add(id(one))
            waiting += gc.get_referents(one)


async def test_no_cache_keeps_long_texts_or_fills_for_hours():
    policy = make("recommended")
    words = "Which day is it? " + "word " * (LONG // 5)
    call = {"name": "book", "arguments": f'{{"day": "{"day " * (LONG // 4)}"}}'}
    talk = [
        {"role": "user", "content": f"Book it. {words}"},
        {"role": "assistant", "content": f"For when? {words}"},
        {"role": "user", "content": "x" * LONG},
        {"role": "assistant", "content": words, "tool_calls": [{"id": "1", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "1", "content": words},
    ]
    for end in range(1, len(talk) + 1):
        await policy.decide(Conversation.of(talk[:end], metadata={"tools": [TOOL]}))
    held = list(caches())
    assert any(cached.cache_info().currsize for cached in held)
    assert {
        cached.__qualname__: cached.cache_info().maxsize for cached in held if (cached.cache_info().maxsize or 0) > MOST
    } == {}
    assert {cached.__qualname__ for cached in held if any(len(text) > LONGEST for text in texts(cached))} == set()
