"""An endpoint against a server on loopback that does everything wrong in turn."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import (
    BadAnswer,
    BadRequest,
    ContextOverflow,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefusedKey,
    ModelTimeout,
    ModelUnreachable,
    ServerFailed,
    UsageError,
)
from overture.models import Sampling, load
from overture.models.endpoint import Endpoint
from overture.models.patience import Key, Patience, Price, key_for, wait_before
from overture.models.wire import Events, retry_after

KEY = "sk-test-0123456789abcdef"
ASKED = Conversation.of([{"role": "user", "content": "Tom has some apples ✓"}])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer(text: str | None = "Ten.", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **more}
    return {
        "model": "served",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


@asynccontextmanager
async def served(handler: Handler, **options: Any) -> AsyncIterator[tuple[Endpoint, list[float]]]:
    """An endpoint at a server of this handler, and the waits it made instead of sleeping."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    address = f"http://127.0.0.1:{runner.addresses[0][1]}/v1#small"
    try:
        async with Endpoint.of(address, **{"key": KEY, "sleep": note, **options}) as endpoint:
            yield endpoint, waits
    finally:
        await runner.cleanup()


def always(status: int = 200, body: Any = None, **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(answer() if body is None else body)
        return web.Response(status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


@pytest.mark.parametrize(
    "message",
    [
        {"content": "Ten.", "reasoning_content": "5 + 5"},
        {"content": "Ten.", "reasoning": "5 + 5"},
        {"content": "<think>\n5 + 5\n</think>\n\nTen."},
        {"content": "<think>5 + 5</think>Ten.", "reasoning": {"effort": "low"}},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "5"}]},
                {"type": "text", "text": "Ten."},
            ]
        },
    ],
)
async def test_what_a_model_thinks_is_not_what_it_says(message: dict[str, Any]) -> None:
    async with served(always(body=answer(None, **message))) as (endpoint, _):
        reply = await endpoint.reply(ASKED)
    assert reply.message == Message("assistant", "Ten.")
    assert reply.details == ({} if isinstance(message["content"], list) else {"reasoning": "5 + 5"})


async def test_asks_what_it_was_told_and_reads_the_answer() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(await request.json(), header=request.headers["Authorization"])
        return web.json_response(answer())

    tool = {"type": "function", "function": {"name": "add"}}
    async with served(handler, prices={"small": Price(1.0, 2.0)}) as (endpoint, waits):
        sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=9, seed=3, stop=("END",))
        reply = await endpoint.reply(ASKED, sampling, [tool], {"type": "json_object"})
    assert reply.message == Message("assistant", "Ten.")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (7, 3)
    assert reply.usage.cost == pytest.approx(13e-6)
    assert (reply.finish, reply.model, waits) == ("stop", "served", [])
    assert seen.pop("header") == f"Bearer {KEY}"
    assert seen == {
        "model": "small",
        "messages": [{"role": "user", "content": "Tom has some apples ✓"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 9,
        "seed": 3,
        "stop": ["END"],
        "stream": False,
        "tools": [tool],
        "response_format": {"type": "json_object"},
    }


async def test_tool_calls_missing_usage_and_unknown_price() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    body = answer(None, tool_calls=[call])
    del body["usage"]
    async with served(always(body=body)) as (endpoint, _):
        reply = await endpoint.reply(ASKED)
    assert reply.message.tool_calls == (ToolCall("add", '{"a": 1}', "c1"),)
    assert reply.details["usage_missing"] and reply.usage.cost is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": {"message": "bad key"}}, ModelRefusedKey),
        (403, "no", ModelRefusedKey),
        (404, {"error": {"message": "no such model"}}, ModelNotFound),
        (400, {"error": {"message": "too long", "code": "context_length_exceeded"}}, ContextOverflow),
        (400, {"error": {"message": "too long", "type": "exceed_context_size_error"}}, ContextOverflow),
        (400, {"error": {"message": "This model's maximum context length is 4096 tokens."}}, ContextOverflow),
        (400, {"error": {"message": "temperature must be a number"}}, BadRequest),
        (429, {"error": {"message": "pay", "code": "insufficient_quota"}}, ModelRefusedKey),
        (302, "moved", BadRequest),
        (200, "<html>hello</html>", BadAnswer),
        (200, {"choices": []}, BadAnswer),
        (200, {"choices": [{"message": {"role": "user", "content": "I am you"}}]}, BadAnswer),
        (200, {"choices": [{"message": {"content": 7}}]}, BadAnswer),
        (200, {"error": {"message": "no room", "code": "context_length_exceeded"}}, ContextOverflow),
        (200, {"error": "overloaded"}, ServerFailed),
        (200, "[1, 2]", BadAnswer),
        (200, "[" * 100_000, BadAnswer),
    ],
)
async def test_each_refusal_has_its_name_and_is_not_repeated(status: int, body: Any, error: type[ModelError]) -> None:
    async with served(always(status, body)) as (endpoint, waits):
        with pytest.raises(error) as caught:
            await endpoint.reply(ASKED)
    assert type(caught.value) is error and waits == []
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_asks_again_where_that_is_safe(status: int) -> None:
    statuses = [status, status, 200]

    async def handler(request: web.Request) -> web.Response:
        return web.json_response(answer(), status=statuses.pop(0))

    async with served(handler) as (endpoint, waits):
        reply = await endpoint.reply(ASKED)
        statuses.extend([status, status, 200])
        await endpoint.reply(ASKED)
    assert reply.details["attempts"] == 3
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0
    assert waits[:2] == waits[2:], "the jitter depends on seed and request alone"


async def test_attempts_are_bounded() -> None:
    async with served(always(500, "boom"), patience=Patience(attempts=3)) as (endpoint, waits):
        with pytest.raises(ServerFailed, match="boom"):
            await endpoint.reply(ASKED)
    assert len(waits) == 2


async def test_retry_after_is_honoured_up_to_a_cap() -> None:
    async with served(always(429, Retry_After="7"), patience=Patience(attempts=2)) as (endpoint, waits):
        with pytest.raises(ModelRateLimited):
            await endpoint.reply(ASKED)
    assert waits == [7.0]
    async with served(always(503, Retry_After="3600")) as (endpoint, waits):
        with pytest.raises(ModelRateLimited) as caught:
            await endpoint.reply(ASKED)
    assert waits == [] and caught.value.retry_after == 3600


def test_retry_after_as_a_date_and_as_nonsense() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    soon = format_datetime(now + timedelta(seconds=30), usegmt=True)
    assert retry_after({"Retry-After": soon}, now) == 30
    assert retry_after({"Retry-After": format_datetime(now - timedelta(days=1), usegmt=True)}, now) == 0
    assert [retry_after({"Retry-After": v}, now) for v in ("", "soon", "-5", "nan", "1e9")] == [None] * 5
    assert retry_after({"Retry-After": "1.5"}) == 1.5


async def test_nothing_listens() -> None:
    async def note(seconds: float) -> None:
        waits.append(seconds)

    waits: list[float] = []
    async with Endpoint.of("http://127.0.0.1:9/v1#m", sleep=note, patience=Patience(attempts=2)) as endpoint:
        with pytest.raises(ModelUnreachable, match="is the server running"):
            await endpoint.reply(ASKED)
    assert len(waits) == 1


async def test_silence_is_a_timeout_and_is_not_repeated() -> None:
    asked = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(5)
        return web.json_response(answer())

    async with served(handler, patience=Patience(silence=0.1)) as (endpoint, _):
        with pytest.raises(ModelTimeout):
            await endpoint.reply(ASKED)
    assert asked == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_half_an_answer(stream: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'data: {"choices": [{"delta": {"content": "Te"}}]}\n\n')
        assert request.transport is not None
        request.transport.close()
        return response

    async with served(handler) as (endpoint, waits):
        with pytest.raises(BadAnswer):
            if stream:
                assert [piece async for piece in endpoint.stream(ASKED)]
            else:
                await endpoint.reply(ASKED)
    assert waits == []


@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_server_says_unasked_answers_nothing(stream: bool) -> None:
    connections = 0

    async def talkative(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """Answers, and a moment later answers again, as if the next call had been made already."""
        nonlocal connections
        connections += 1
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            for text in ("for you", "unasked"):
                said = piece(text, "stop") if stream else json.dumps(answer(text))
                body = (f"data: {said}\n\ndata: [DONE]\n\n" if stream else said).encode()
                out.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                await out.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(talkative, "127.0.0.1", 0)
    async with server, Endpoint.of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1#small") as endpoint:
        for _ in range(3):
            pieces = [piece async for piece in endpoint.stream(ASKED)] if stream else []
            assert ("".join(pieces) if stream else (await endpoint.reply(ASKED)).message.text) == "for you"
            await asyncio.sleep(0.15)
    assert connections == 3


def sse(*payloads: str, size: int = 3) -> Handler:
    """Streams the events in pieces of `size` bytes, so that characters and line ends are cut."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert (await request.json())["stream"] is True
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        whole = "".join(f": ping\r\ndata: {payload}\r\n\r\n" for payload in payloads).encode()
        for start in range(0, len(whole), size):
            await response.write(whole[start : start + size])
        return response

    return handler


def piece(text: str, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": finish}]}, ensure_ascii=False)


async def test_stream_survives_any_cut() -> None:
    async with served(sse(piece("Zehn Äpfel "), piece("🍎"), piece("", "stop"), "[DONE]")) as (endpoint, _):
        assert "".join([text async for text in endpoint.stream(ASKED)]) == "Zehn Äpfel 🍎"


async def test_what_a_stream_says_beside_its_answer_is_passed_over() -> None:
    remark = json.dumps({"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {}}], "error": None})
    usage = json.dumps({"usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    async with served(sse(remark, piece("Ten."), remark, piece("", "stop"), usage, "[DONE]")) as (endpoint, _):
        assert "".join([text async for text in endpoint.stream(ASKED)]) == "Ten."
    async with served(sse(json.dumps({"choices": ["Ten."]}))) as (endpoint, _):
        with pytest.raises(BadAnswer, match="none"):
            [text async for text in endpoint.stream(ASKED)]


async def test_stream_that_just_ends_or_fails_is_no_answer() -> None:
    async with served(sse(piece("Te"))) as (endpoint, _):
        with pytest.raises(BadAnswer, match="ended before"):
            [text async for text in endpoint.stream(ASKED)]
    async with served(sse(piece("Te"), json.dumps({"error": {"message": "out of memory"}}))) as (endpoint, _):
        with pytest.raises(ServerFailed, match="out of memory"):
            [text async for text in endpoint.stream(ASKED)]
    async with served(sse("{not json")) as (endpoint, _):
        with pytest.raises(BadAnswer, match="not JSON"):
            [text async for text in endpoint.stream(ASKED)]


def test_events_at_every_cut_and_with_every_line_end() -> None:
    for whole in (b"data: \xc3\xa4\r\ndata: b\r\n\r\ndata: c\r\n\r\n", b"data:\xc3\xa4\ndata:b\n\ndata:c\n\n"):
        for cut in range(len(whole)):
            events = Events()
            assert [*events.feed(whole[:cut]), *events.feed(whole[cut:])] == ["ä\nb", "c"]
    with pytest.raises(BadAnswer, match="UTF-8"):
        list(Events().feed(b"data: \xff\n\n"))


def test_a_key_of_one_host_is_shown_to_that_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("OVERTURE_API_KEY_JUDGE_EXAMPLE_COM", "the-judges")
    assert key_for("https://judge.example.com:8443/v1") == "the-judges"
    assert key_for("https://example.com/v1") == "theirs"
    monkeypatch.setenv("OVERTURE_API_KEY", "ours")
    assert key_for("http://localhost:8000/v1") == "ours" and key_for("https://Judge.example.com") == "the-judges"
    monkeypatch.setenv("OVERTURE_API_KEY_JUDGE_EXAMPLE_COM", "")
    assert Endpoint.of("https://judge.example.com/v1#m").authorization() == {"Authorization": "Bearer ours"}


async def test_the_key_is_nowhere(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-other-one-1234")
    monkeypatch.setenv("OVERTURE_API_KEY", KEY)
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}, also Bearer {KEY} and sk-tes***cdef"}}
    async with served(always(401, echo), key=None) as (endpoint, _):
        with pytest.raises(ModelRefusedKey) as caught:
            await endpoint.reply(ASKED)
        shown = [str(caught.value), repr(endpoint), str(vars(endpoint)), str(endpoint.identity()), caplog.text]
        with pytest.raises(TypeError):
            pickle.dumps(endpoint._key)
    async with served(always(200, answer(f"Your key is {KEY}!")), key=None) as (endpoint, _):
        reply = await endpoint.reply(ASKED)
    async with served(sse(*(piece(char) for char in f"It is {KEY}."), piece("", "stop")), key=None) as (endpoint, _):
        streamed = "".join([text async for text in endpoint.stream(ASKED)])
    assert reply.message.content == "Your key is [key]!" and streamed == "It is [key]."
    for text in shown:
        assert KEY not in text and "cdef" not in text and "other-one" not in text


def test_a_short_key_does_not_eat_words() -> None:
    assert Key("none").strike("none of these") == "none of these"
    assert Key("none").hold("there is no") == ("there is no", "")
    with pytest.raises(UsageError):
        Key("two\nlines")


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    async with served(always(307, "", Location="http://127.0.0.1:9/elsewhere")) as (endpoint, _):
        with pytest.raises(BadRequest, match=r"redirects to http://127\.0\.0\.1:9/elsewhere"):
            await endpoint.reply(ASKED)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((), "no messages"),
        ((Message("wizard", "x"),), "role 'wizard'"),
        ((Message("user", "x", attachments=("image_url",)),), "image_url"),
        ((Message("user", "\ud800"),), "surrogate"),
        ((Message("user"),), "neither text nor tool calls"),
    ],
)
async def test_a_bad_conversation_is_not_sent(messages: tuple[Message, ...], reason: str) -> None:
    async with Endpoint.of("http://127.0.0.1:9/v1#m") as endpoint:
        with pytest.raises(BadRequest, match=reason):
            await endpoint.reply(Conversation(messages))


@pytest.mark.parametrize(
    "spec",
    ["http://host/v1", "http://user:pass@host/v1#m", "https://#m", "http://host/v1?key=abc#m", "gpt", "x.bin", ""],
)
def test_other_words_are_refused_without_quoting_secrets(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(spec)
    assert "pass" not in str(caught.value).replace("password", "") and "abc" not in str(caught.value)


def test_waits_grow_and_unsafe_errors_are_not_waited_for() -> None:
    patience = Patience()
    waits = [wait_before(n, ServerFailed("x"), patience, "s") or 0 for n in range(2, 6)]
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits))
    assert wait_before(6, ServerFailed("x"), patience, "s") is None
    assert wait_before(2, ModelTimeout("x"), patience, "s") is None
    assert wait_before(2, ServerFailed("x"), patience, "s") != wait_before(2, ServerFailed("x"), patience, "t")
