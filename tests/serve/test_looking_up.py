"""Through the proxy: an id that was made up is looked up first; made up again it is one question and no call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.policies import make

from .wire import DONE, Script, Seen, ask, count, event, parted, proxied, replying, request, saying, streaming

CLOSE = b"Connection: close"
TOOLS = [
    {"type": "function", "function": {"name": "list_orders", "description": "List the customer's orders."}},
    {"type": "function", "function": {"name": "cancel_order", "parameters": {
        "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}}},
]  # fmt: skip
USER = {"role": "user", "content": "Cancel my order."}
LOOKED = [
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "l", "type": "function", "function": {"name": "list_orders", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "l", "content": '[{"order_id": "B-7"}]'},
]  # fmt: skip
QUESTION = b"Before I cancel the order, which order is it?"


def calls(name: str, arguments: str, stream: bool) -> Script:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    if stream:
        return streaming(event(tool_calls=[{"index": 0, **call}]), event(finish="tool_calls"), DONE)
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return replying(saying(choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}]))


def hasty(stream: bool, obeys: bool) -> Script:
    """Cancels a made-up order; told to look first it does, if it obeys, and then takes what it found."""

    async def script(seen: Seen, out: asyncio.StreamWriter) -> None:
        if b"B-7" in seen.body and obeys:
            chosen = calls("cancel_order", '{"order_id":"B-7"}', stream)
        elif b"First call `list_orders`" in seen.body and obeys:
            chosen = calls("list_orders", "{}", stream)
        else:
            chosen = calls("cancel_order", '{"order_id":"A-1"}', stream)
        await chosen(seen, out)

    return script


def body(stream: bool, *messages: Any) -> bytes:
    return orjson.dumps({"model": "m", "messages": [USER, *messages], "tools": TOOLS, "stream": stream})


@pytest.mark.parametrize("stream", [False, True])
async def test_it_is_looked_up_and_then_the_call_passes(stream: bool, tmp_path: Path):
    log = tmp_path / "decisions.jsonl"
    settings: dict[str, Any] = {"policy": "insert_expansion", "log": str(log)}
    async with proxied(hasty(stream, obeys=True), make, **settings) as (mock, _, port):
        head, first = parted(await ask(port, request(body(stream), CLOSE)))
        _, then = parted(await ask(port, request(body(stream, *LOOKED), CLOSE)))
        assert len(mock.seen) == 3
    assert b"list_orders" in first
    assert b"A-1" not in first
    assert b"X-Overture: consult; policy=insert_expansion; confidence=1.00" in head
    assert b"B-7" in then
    one, two = map(orjson.loads, log.read_bytes().splitlines())
    assert [(made["moment"], made["move"]) for made in one["decisions"]] == [
        ("plan", "leave"), ("review", "consult"), ("second_review", "leave"),
    ]  # fmt: skip
    assert (one["upstream_calls"], two["upstream_calls"]) == (2, 1)


@pytest.mark.parametrize("messages", [(), LOOKED], ids=["at once", "after the look-up"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("policy", ["insert_expansion", "recommended"])
async def test_made_up_again_it_is_one_question_and_no_call(stream: bool, messages: Any, policy: str):
    async with proxied(hasty(stream, obeys=False), make, policy=policy) as (mock, proxy, port):
        head, said = parted(await ask(port, request(body(stream, *messages), CLOSE)))
        assert count(proxy, "overture_upstream_calls_total") == len(mock.seen) == (1 if messages else 2)
    assert QUESTION in said
    assert said.count(b"?") == 1
    assert b"A-1" not in said
    assert b"tool_calls" not in said
    assert b"X-Overture: elicit" in head


async def test_where_the_upstream_fails_the_second_time_its_error_is_the_answer():
    asked: list[Seen] = []

    async def script(seen: Seen, out: asyncio.StreamWriter) -> None:
        asked.append(seen)
        again = replying(b'{"error": {"message": "slow down"}}', status=b"429 Too Many Requests")
        await (hasty(False, obeys=True) if len(asked) == 1 else again)(seen, out)

    async with proxied(script, make, policy="insert_expansion") as (_, _, port):
        head, said = parted(await ask(port, request(body(False), CLOSE)))
    assert head.startswith(b"HTTP/1.1 429")
    assert b"A-1" not in said
