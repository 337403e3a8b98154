"""An upstream's answer as the drafts it holds, and a policy's words as an answer.

In come the bytes of a completion or of its events; out come Messages, one a choice. Or words come in and the bytes of
an answer go out, in the shape the client asked for. Easy to get wrong: with `n` above 1 the client counts on that many
choices, and events of several choices come mixed, told apart by their index.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from ..conversation import Message, message_of, unthought
from ..errors import BadAnswer
from ..models.chunks import Gathered
from ..models.wire import Events
from .bodies import JSON, written

STREAM = "text/event-stream"
DONE = b"data: [DONE]\n\n"


def is_stream(headers: Mapping[str, str]) -> bool:
    """Whether an answer comes as events."""
    return headers.get("Content-Type", "").lstrip().lower().startswith(STREAM)


def drafts_of(data: bytes, streamed: bool) -> list[Message]:
    """The message of each choice, in order, without what was only thought. Raises BadAnswer, BadRecord, or what an
    error inside the answer says."""
    return _from_events(data) if streamed else _from_completion(data)


def _from_completion(data: bytes) -> list[Message]:
    try:
        choices = orjson.loads(data)["choices"]
        return [unthought(message_of(_of_assistant(choice["message"]))) for choice in choices]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise BadAnswer("the answer is not a chat completion") from None


def _of_assistant(message: JSON) -> JSON:
    """A choice's message; some servers leave its role out."""
    return {**message, "role": message.get("role") or "assistant"}


def _from_events(data: bytes) -> list[Message]:
    found: dict[int, Gathered] = {}
    for event in _events(data):
        for index, chunk in _by_choice(event):
            found.setdefault(index, Gathered()).add(chunk)
    if not found:
        raise BadAnswer("the stream holds no choice")
    return [gathered.message() for _, gathered in sorted(found.items())]


def _events(data: bytes) -> Iterator[Any]:
    """What the events hold, up to the one that says that all is said."""
    for event in Events().feed(data):
        if event.strip() == "[DONE]":
            return
        yield orjson.loads(event)


def _by_choice(chunk: JSON) -> list[tuple[int, JSON]]:
    """The chunk as each of its choices has it; a choice of which only a remark is made, as Azure does, is left out."""
    if chunk.get("error"):
        return [(0, chunk)]  # `Gathered` raises it
    return [
        (int(choice.get("index") or 0), {**chunk, "choices": [choice]})
        for choice in chunk.get("choices") or ()
        if choice.get("delta") is not None or choice.get("finish_reason")
    ]


def spoken(text: str, asked: Mapping[str, Any], draft: bytes = b"", streamed: bool = False) -> bytes:
    """The words as an answer to `asked`, as events if it asked for a stream.

    Where a `draft` was answered before (as events if `streamed`), its name, its time, its usage and whatever else it
    said of itself are kept; the tokens were spent.
    """
    base = _envelope(draft, streamed) or {**fresh(asked.get("model")), "usage": usage_of(0, 0)}
    return completion([(Message("assistant", text), "stop")] * (asked.get("n") or 1), asked, base)


def fresh(model: Any) -> JSON:
    """What a new answer says of itself beside its choices and its usage."""
    return {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}


def usage_of(prompt: int, made: int) -> JSON:
    """Tokens as the chat API tells them."""
    return {"prompt_tokens": prompt, "completion_tokens": made, "total_tokens": prompt + made}


def completion(choices: Sequence[tuple[Message, str]], asked: Mapping[str, Any], base: JSON) -> bytes:
    """Messages and why each ended, as an answer to `asked`, in events if it wants a stream; `base` says the rest."""
    if asked.get("stream"):
        events = Chunks(asked, base)
        return b"".join(
            (*(events.whole(i, *choice) for i, choice in enumerate(choices)), events.end(base.get("usage")))
        )
    said = [
        {"index": i, "message": {**message.to_dict(), "refusal": None}, "logprobs": None, "finish_reason": finish}
        for i, (message, finish) in enumerate(choices)
    ]
    return written({**base, "object": "chat.completion", "choices": said})


@dataclass(frozen=True)
class Chunks:
    """The events of an answer to `asked`."""

    asked: Mapping[str, Any]
    base: JSON

    def one(self, index: int, delta: JSON, finish: str | None = None) -> bytes:
        """More of a choice."""
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._event([choice], None)

    def whole(self, index: int, message: Message, finish: str, *, told: bool = False) -> bytes:
        """A choice and its end. Where its text was `told`, only its calls of tools are left."""
        held: JSON = {key: value for key, value in message.to_dict().items() if value is not None}
        if "tool_calls" in held:
            held["tool_calls"] = [{"index": i, **call} for i, call in enumerate(held["tool_calls"])]
        left = {key: value for key, value in held.items() if key == "tool_calls"} if told else held
        return (self.one(index, left) if left else b"") + self.one(index, {}, finish)

    def end(self, usage: JSON | None) -> bytes:
        """The last of all: what it took, if that was asked for."""
        return (self._event([], usage) if self._counted else b"") + DONE

    @property
    def _counted(self) -> bool:
        options = self.asked.get("stream_options")
        return isinstance(options, dict) and bool(cast("JSON", options).get("include_usage"))

    def _event(self, choices: list[JSON], usage: JSON | None) -> bytes:
        told = {key: value for key, value in self.base.items() if key != "usage"}
        counted = {"usage": usage} if self._counted else {}
        return event({**told, "object": "chat.completion.chunk", "choices": choices, **counted})


def until_stop(text: str, stop: Any) -> str:
    """The text up to the first of the client's stop words, which it counts on never to see."""
    words: list[Any] = [stop] if isinstance(stop, str) else cast("list[Any]", stop) if isinstance(stop, list) else []
    for word in words:
        if isinstance(word, str) and word:
            text = text.partition(word)[0]
    return text


def _envelope(draft: bytes, streamed: bool) -> JSON:
    """What an answer says beside its choices; of a stream, its first choice's with the usage of whichever has it."""
    if not draft:
        return {}
    if not streamed:
        return {key: value for key, value in orjson.loads(draft).items() if key != "choices"}
    events = list(_events(draft))
    usage = next((event["usage"] for event in reversed(events) if event.get("usage")), None)
    first = next(event for event in events if event.get("choices"))  # Azure tells of its filters before, nameless
    return {**{key: value for key, value in first.items() if key not in ("choices", "usage")}, "usage": usage}


def event(value: JSON) -> bytes:
    """One event of a stream."""
    return b"data: " + written(value) + b"\n\n"
