"""An upstream's answer as the drafts it holds, and a policy's words as an answer.

In come the bytes of a completion or of its events; out come Messages, one a choice. Or words come in and the bytes of
an answer go out, in the shape the client asked for. Easy to get wrong: with `n` above 1 the client counts on that many
choices, and events of several choices come mixed, told apart by their index.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
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
        return [unthought(message_of(choice["message"])) for choice in choices]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise BadAnswer("the answer is not a chat completion") from None


def _from_events(data: bytes) -> list[Message]:
    found: dict[int, Gathered] = {}
    for event in Events().feed(data):
        if event.strip() == "[DONE]":
            break
        for index, chunk in _by_choice(orjson.loads(event)):
            found.setdefault(index, Gathered()).add(chunk)
    if not found:
        raise BadAnswer("the stream holds no choice")
    return [gathered.message() for _, gathered in sorted(found.items())]


def _by_choice(chunk: Any) -> list[tuple[int, JSON]]:
    if not isinstance(chunk, dict) or not isinstance(cast("JSON", chunk).get("choices"), list):
        return [(0, cast("JSON", chunk))]  # an error, or no chunk at all: `Gathered` says so
    held = cast("JSON", chunk)
    return [(int(choice.get("index") or 0), {**held, "choices": [choice]}) for choice in held["choices"]]


def spoken(text: str, asked: Mapping[str, Any], draft: bytes = b"", streamed: bool = False) -> bytes:
    """The words as an answer to `asked`, as events if it asked for a stream.

    Where a `draft` was answered before (as events if `streamed`), its name, its time, its usage and whatever else it
    said of itself are kept; the tokens were spent.
    """
    choices = asked.get("n") or 1
    base = _envelope(draft, streamed) or {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": asked.get("model"),
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }
    if not asked.get("stream"):
        message = {"role": "assistant", "content": text, "refusal": None}
        said = [{"index": i, "message": message, "logprobs": None, "finish_reason": "stop"} for i in range(choices)]
        return written({**base, "object": "chat.completion", "choices": said})
    usage = base.pop("usage", None)
    base["object"] = "chat.completion.chunk"
    options = asked.get("stream_options")
    wanted = isinstance(options, dict) and cast("JSON", options).get("include_usage")
    out: list[bytes] = []
    for index in range(choices):
        for delta, finish in (({"role": "assistant", "content": text}, None), ({}, "stop")):
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            out.append(event({**base, "choices": [choice], **({"usage": None} if wanted else {})}))
    if wanted:
        out.append(event({**base, "choices": [], "usage": usage}))
    return b"".join((*out, DONE))


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
    events = [orjson.loads(event) for event in Events().feed(draft) if event.strip() != "[DONE]"]
    usage = next((event["usage"] for event in reversed(events) if event.get("usage")), None)
    first = next(event for event in events if event.get("choices"))  # Azure tells of its filters before, nameless
    return {**{key: value for key, value in first.items() if key not in ("choices", "usage")}, "usage": usage}


def event(value: JSON) -> bytes:
    """One event of a stream."""
    return b"data: " + written(value) + b"\n\n"
