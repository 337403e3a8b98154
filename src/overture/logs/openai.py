"""OpenAI's chat shape, and Anthropic's: what was fine-tuned on, what was sent and answered, and batch files.

In comes a record with `messages`, a record of a request and its response, a line of a batch file in or out, or a bare
list of messages; out comes one conversation, or one per choice where the model gave several. Easy to get wrong: a
batch output holds the answers alone; its conversation begins with the assistant. And an answer may stand beside the
`messages` that were sent, or both within them and beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, listing, mapping, objects, opened, said_of, scalars
from .shapes import chat_shape

_OWN = frozenset({"id", "custom_id", "system"})
_BESIDE = ("response", "output", "output_message", "completion")


def recognise(record: Any) -> bool:
    if isinstance(record, dict):
        held = cast("dict[str, Any]", record)
        return "messages" in held or any("messages" in body for body in _bodies(held)) or _answers(held) is not None
    return is_message_list(record)


def is_message_list(record: Any) -> bool:
    """Whether this is a bare list of messages."""
    first = cast("list[Any]", record)[0] if isinstance(record, list) and record else None
    return isinstance(first, dict) and "role" in first


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    if isinstance(record, list):
        yield built(chat_shape(record), None, source)
        return
    held = cast("dict[str, Any]", record)
    own_id = held.get("id", held.get("custom_id"))
    flat = "messages" in held
    held = _flat(held)
    empty: dict[str, Any] = {}
    asked = held if flat else next((body for body in _bodies(held) if "messages" in body), empty)
    messages = [*_system(asked), *chat_shape(listing(asked["messages"], "messages"))] if asked else []
    metadata = {**({} if flat else scalars(asked)), **_metadata(held)}
    if held.get("response") is None and "choices" not in held and (flat or not held.get("error")):
        yield built(messages, own_id, source, metadata)
        return
    answers = _answers(held)
    if answers is None:
        failed = "error" in mapping(held.get("response")) or held.get("error")
        why = "the request failed" if failed else "it failed, was streamed, or has a shape that is not read"
        raise BadRecord(f"the response has no choices: {why}")
    choices = objects(answers["choices"], "choices")
    if not choices:
        raise BadRecord("the response has no choices")
    own_id = held.get("custom_id", held.get("id", answers.get("id")))
    metadata = {**scalars(answers, _OWN | {"object"}), **metadata}
    if (lacking := next((at for at, choice in enumerate(choices) if "message" not in choice), None)) is not None:
        raise BadRecord(f"choices[{lacking}] has no message")
    ends = [chat_shape([choice["message"]]) for choice in choices]
    within = next((len(said) for said in ends if _ends_with(messages, said)), 0)
    asked_for = messages[: len(messages) - within]
    for index, said in enumerate(ends):
        name = own_id if index == 0 or own_id is None else f"{own_id}#{index}"
        yield built([*asked_for, *said], name, source, metadata)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record whose answer stands beside its messages, by any of the names, as one with a response. Text is what was
    said, unless an export wrote the response as text."""
    name = next((key for key in _BESIDE if record.get(key) and isinstance(record[key], str | list | dict)), None)
    if name is None:
        return record
    answer = record[name]
    if isinstance(answer, str):
        read = opened(answer)
        choices = (_answers({"response": read}) or {}).get("choices")
        whole = isinstance(choices, list) and any("message" in mapping(each) for each in cast("list[Any]", choices))
        answer = read if whole else {"choices": [{"message": {"role": "assistant", "content": answer}}]}
    return {**{key: value for key, value in record.items() if key != name}, "response": answer}


def _ends_with(messages: list[Any], said: list[Any]) -> bool:
    """Whether the answer stands among the messages already."""
    if not said or len(messages) < len(said):
        return False
    first = len(messages) - len(said)
    last = [said_of(message, first + index) for index, message in enumerate(messages[first:])]
    return last == [said_of(message, first + index) for index, message in enumerate(said)]


def _bodies(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the messages that were sent may stand."""
    request = mapping(record.get("request"))
    return [request, mapping(record.get("body")), mapping(request.get("body"))]


def _answers(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What holds the choices: the response, its body, or the record itself."""
    response = mapping(record.get("response"))
    for place in (response, mapping(response.get("body")), record):
        if "choices" in place:
            return dict(place)
        said = "content" in place or "tool_calls" in place
        if place is not record and "role" in place and said:  # Anthropic's answer is a message itself
            return {**scalars(place, {"role", "type", "content"}), "choices": [{"message": dict(place)}]}
    return None


def _system(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Anthropic's system message stands beside the messages."""
    return [{"role": "system", "content": body["system"]}] if body.get("system") else []


def _metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    nested = mapping(record.get("metadata"))
    return {**scalars(nested), **scalars(record, _OWN)} if nested else scalars(record, _OWN)


FORMAT = Format(
    "openai",
    "OpenAI chat and Anthropic messages as JSON lines, request and response logs, batch files",
    recognise,
    conversations,
    MESSAGE_KEYS | {"messages", "request", "response", "output", "body", "choices", "message", "custom_id"},
)
