"""ShareGPT: conversations whose turns are `from` and `value`.

In comes {"conversations": [{"from": "human", "value": "…"}, …]}; out comes one conversation. Easy to get wrong: the
names of the speakers are not agreed upon, and a `function_call` turn is a tool call whose value is JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import orjson

from ..conversation import ROLES, Conversation, Message, ToolCall
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, mapping, objects, opened, said_of, scalars

SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "observation": "tool",
    "function_response": "tool",
}
"""Speaker → role, beside the roles themselves."""


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "conversations" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    turns = objects(record["conversations"], "conversations")
    messages = [_message(turn, index) for index, turn in enumerate(turns)]
    system = record.get("system")
    if messages and isinstance(system, str) and system and messages[0].role != "system":
        messages.insert(0, Message("system", system))
    yield built(messages, record.get("id"), source, scalars(record, {"id", "system", "tools"}))


def _message(turn: dict[str, Any], index: int) -> Message:
    if "from" not in turn:
        return said_of(turn, index)
    if "value" not in turn:
        keys = ", ".join(repr(key[:40]) for key in list(turn)[:8])
        raise BadRecord(f"message {index} has no value, only {keys}")
    speaker, value = turn["from"], turn["value"]
    if value is not None and not isinstance(value, str):
        raise BadRecord(f"message {index} has a value that is {type(value).__name__}, not text")
    if not isinstance(speaker, str):
        raise BadRecord(f"message {index} is from {type(speaker).__name__}, not a speaker's name")
    if speaker == "function_call":
        return Message("assistant", None, tool_calls=_calls(value or ""))
    role = SPEAKERS.get(speaker.lower(), speaker.lower())
    if role not in ROLES:
        raise BadRecord(f"message {index} is from {speaker[:40]!r}, who is not a known speaker")
    return Message(role, value)


def _calls(value: str) -> tuple[ToolCall, ...]:
    """The call or the list of calls that JSON text holds; one call without a name where it holds neither."""
    read = opened(value)
    held = [mapping(each) for each in (cast("list[Any]", read) if isinstance(read, list) else [read])]
    if not held or any(not isinstance(call.get("name"), str) for call in held):
        return (ToolCall("unknown", value),)
    return tuple(ToolCall(call["name"], _written(call.get("arguments", {}))) for call in held)


def _written(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()


FORMAT = Format(
    "sharegpt",
    'ShareGPT: "conversations" of "from" and "value"',
    recognise,
    conversations,
    MESSAGE_KEYS | {"conversations", "from", "value", "system"},
)
