"""The messages of a span by OpenInference, the convention of Phoenix and of many instrumentations for it.

In come a span's attributes, flat (`llm.input_messages.0.message.role`), nested, or half of each, as exporters and data
frames have them; out come messages of the chat shape. Source: the OpenInference semantic conventions. Easy to get
wrong: the same message lies deep in a path of names and numbers, and parts, calls and their fields each have a level
of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from ..errors import BadRecord
from .otel_values import DEEPEST
from .shapes import UNSAID

KIND = "openinference.span.kind"
_MESSAGE = re.compile(r"llm\.(input|output)_messages\.(\d{1,6})\.message\.(.+)", re.DOTALL)
_CALL = re.compile(r"tool_calls\.(\d{1,6})\.tool_call\.(?:function\.)?(id|name|arguments)")
_PART = re.compile(r"contents\.(\d{1,6})\.message_content\.(type|text)")
_PLAIN = frozenset({"role", "content", "name", "tool_call_id"})
_OLDER = {"function_call_name": "name", "function_call_arguments_json": "arguments"}
METADATA = {"llm.model_name": "model", "llm.provider": "provider", "session.id": "session.id", "user.id": "user.id"}
"""Attribute → what the conversation's metadata calls it."""


def flat(attributes: dict[str, Any]) -> dict[str, Any]:
    """Path, joined by dots → value; empty where no attribute is of this convention. Raises BadRecord on what is nested
    too deep."""
    own = any(key.partition(".")[0] in ("llm", "openinference") for key in attributes)
    return dict(_leaves("", attributes, 0)) if own else {}


def messages_of(values: dict[str, Any]) -> tuple[list[Any], list[list[Any]]]:
    """The messages that went in, and each that came out, in their order; empty where none were recorded."""
    found: dict[tuple[bool, int], dict[str, Any]] = {}
    for path, value in values.items():
        if match := _MESSAGE.fullmatch(path):
            answer = match[1] == "output"
            message = found.setdefault((answer, int(match[2])), {"role": "assistant" if answer else "user"})
            _place(message, match[3], value)
    shaped = [(answer, _shaped(found[answer, at])) for answer, at in sorted(found)]
    return [one for answer, one in shaped if not answer], [[one] for answer, one in shaped if answer]


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > DEEPEST:
        raise BadRecord(f"an attribute is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict) and value:
        pairs = [(str(key), each) for key, each in cast("dict[Any, Any]", value).items()]
    elif isinstance(value, list) and value:
        pairs = [(str(place), each) for place, each in enumerate(cast("list[Any]", value))]
    else:
        yield path, value
        return
    for name, each in pairs:
        yield from _leaves(f"{path}.{name}" if path else name, each, depth + 1)


def _place(message: dict[str, Any], field: str, value: Any) -> None:
    if field in _PLAIN:
        message[field] = value
    elif field in _OLDER:
        message.setdefault("function_call", {})[_OLDER[field]] = value
    elif match := _CALL.fullmatch(field):
        message.setdefault("tool_calls", {}).setdefault(int(match[1]), {})[match[2]] = value
    elif match := _PART.fullmatch(field):
        message.setdefault("parts", {}).setdefault(int(match[1]), {})[match[2]] = value


def _shaped(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its parts and calls as lists."""
    held = [part for _, part in sorted(message.pop("parts", {}).items())]
    parts = [part for part in held if str(part.get("type")) not in UNSAID]
    calls = [call for _, call in sorted(message.pop("tool_calls", {}).items())]
    if held and message.get("content") is None:
        message["content"] = parts or None
    return {**message, "tool_calls": calls} if calls else message
