"""What went in and what came out: runs of LangSmith, traces and observations of Langfuse, OpenAI's Responses API.

In comes a record with `inputs` and `outputs`, or `input` and `output`, itself or in its request and response; out comes
one conversation. Easy to get wrong: most runs of a tracer are steps (a retriever, a chain, a parser) and hold no
messages. Each of these is rejected with its reason, so that good and bad still add up to what the file has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import orjson

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, mapping, scalars
from .shapes import chat_shape

_NAMES = (("inputs", "outputs"), ("input", "output"))
_OWN = frozenset({"id", "custom_id", "input", "output", "inputs", "outputs", "instructions"})


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and _sides(cast("dict[str, Any]", record)) is not None


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    held = cast("dict[str, Any]", record)
    sides = _sides(held)
    assert sides is not None
    went, came, request = sides
    before = _messages(went, "user")
    after = _messages(came, "assistant")
    if not before and not after:
        raise BadRecord("a step of a trace without messages in what went in or came out")
    if len(after) > len(before) and before and after[: len(before)] == before:
        before = []  # a graph's output is the whole conversation
    ahead = [{"role": "system", "content": request["instructions"]}] if request.get("instructions") else []
    metadata = {**scalars(mapping(held.get("metadata"))), **scalars(request, _OWN), **scalars(held, _OWN)}
    yield built([*ahead, *before, *after], held.get("custom_id", held.get("id")), source, metadata)


def _sides(record: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]] | None:
    """What went in, what came out, and what says more of the request; None where the record has no such keys."""
    for one, other in _NAMES:
        if one in record and other in record and "instruction" not in record:
            return _value(record[one]), _value(record[other]), record
    request, response = mapping(record.get("request")), mapping(record.get("response"))
    request = mapping(request.get("body")) or request or mapping(record.get("body"))
    response = mapping(response.get("body")) or response
    if "output" in response or (request and "input" in request):
        return request.get("input"), response.get("output"), request
    if record.get("object") == "response" and "output" in record:
        return None, record["output"], record
    return None


def _value(value: Any) -> Any:
    """JSON that an export wrote as text is read; other text is what was said."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _messages(value: Any, speaker: str) -> list[Any]:
    """The messages of one side, however they are wrapped; none where it holds something else."""
    if isinstance(value, str):
        return [{"role": speaker, "content": value}] if value else []
    if isinstance(value, list):
        found = chat_shape(value)
        return found if found and all("role" in mapping(message) for message in found) else []
    held = mapping(value)
    if "messages" in held:
        return _messages(held["messages"], speaker)
    if "choices" in held or "generations" in held:
        answers: Any = held.get("choices") or held.get("generations")
        while isinstance(answers, list) and answers:
            answers = cast("list[Any]", answers)[0]
        answer = mapping(answers)
        return _messages(answer.get("message") or answer.get("text"), speaker)
    if "content" in held or "kwargs" in held:
        return [
            {"role": speaker, **message} if isinstance(message, dict) else message
            for message in chat_shape([held if "role" in held or "kwargs" in held else {"role": speaker, **held}])
        ]
    if len(held) == 1:  # {"output": …}, {"question": "…"}
        return _messages(next(iter(held.values())), speaker)
    return []


FORMAT = Format(
    "traces",
    "what went in and came out: LangSmith runs, Langfuse traces and observations, OpenAI's Responses API",
    recognise,
    conversations,
    MESSAGE_KEYS | {"input", "output", "inputs", "outputs", "messages", "choices", "request", "response", "body"},
)
