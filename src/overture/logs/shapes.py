"""What other APIs and tracers call a message, as messages of the chat shape.

In comes a list of messages as Anthropic's API, OpenAI's Responses API, LangChain or Vercel's AI SDK writes them; out
come mappings with `role`, `content` and `tool_calls`, to be checked like any other. Easy to get wrong: one of theirs
can be several of ours. An answer of a tool is a part of a user's message with Anthropic, of the assistant's own with
the AI SDK, and an item without a role in the Responses API; here it is always a message of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import orjson

from .kinds import listing, mapping

_SPEAKERS = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "function"}
_CLASSES = {"HumanMessage": "human", "AIMessage": "ai", "SystemMessage": "system", "ToolMessage": "tool"}
_CALLS, _RESULTS = frozenset({"tool_use", "function_call"}), frozenset({"tool_result", "function_call_output"})
UNSAID = frozenset({"reasoning", "thinking", "redacted_thinking"})
"""What a model wrote for itself."""


def chat_shape(messages: Any) -> list[Any]:
    """The messages in the chat shape; what is no object stays, for the check to complain of. Raises BadRecord."""
    given = listing(messages, "messages")
    if len(given) == 1 and isinstance(given[0], list):  # LangChain: a batch of one
        given = cast("list[Any]", given[0])
    found: list[Any] = []
    for raw in given:
        if isinstance(raw, dict) and not _plain(mapping(raw)):
            found.extend(_said(mapping(raw)))
        else:
            found.append(raw)
    return found


def _plain(raw: dict[str, Any]) -> bool:
    """Most are in the chat shape already, and a log has millions."""
    return "role" in raw and type(raw.get("content")) is str and not raw.get("tool_calls") and "parts" not in raw


def _said(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    message = _unpacked(raw)
    sort = message.get("type")
    if "role" not in message and isinstance(sort, str):
        if sort in UNSAID:
            return
        if sort in _CALLS:
            yield {"role": "assistant", "content": None, "tool_calls": [_call(message)]}
            return
        if sort in _RESULTS:
            yield _result(message)
            return
        message = {**message, "role": _SPEAKERS.get(sort, sort)}
    if isinstance(message.get("parts"), list) and (not message.get("content") or any(map(_tool, message["parts"]))):
        yield from _in_parts(message)
        return
    content = message.get("content")
    parts = [p for p in cast("list[Any]", content) if isinstance(p, dict)] if isinstance(content, list) else []
    sorts = {cast("dict[str, Any]", part).get("type") for part in parts}
    if not sorts & (_CALLS | _RESULTS | UNSAID):
        calls = message.get("tool_calls")
        if isinstance(calls, list) and any("args" in mapping(call) for call in cast("list[Any]", calls)):
            message = {**message, "tool_calls": [_call(mapping(call)) for call in cast("list[Any]", calls)]}
        yield message
        return
    kept, made = list[Any](), list[dict[str, Any]]()
    for part in cast("list[Any]", content):
        sort = mapping(part).get("type")
        if sort in _RESULTS:
            yield _result(mapping(part))
        elif sort in _CALLS:
            made.append(_call(mapping(part)))
        elif sort not in UNSAID:
            kept.append(part)
    if kept or made:
        yield {**message, "content": kept or None, "tool_calls": made or None}


def _tool(part: Any) -> bool:
    """Whether a part of a message of the AI SDK is a call of a tool, with or without what it answered."""
    sort = mapping(part).get("type")
    return isinstance(sort, str) and (sort.startswith("tool-") or sort == "dynamic-tool")


def _in_parts(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A message of the AI SDK: its words, its calls and what the tools answered, in the order in which they came."""
    rest = {key: value for key, value in raw.items() if key != "parts"}
    kept = list[Any]()
    for part in cast("list[Any]", raw["parts"]):
        sort = str(mapping(part).get("type", ""))
        if sort in UNSAID or sort == "step-start":
            continue
        if not _tool(part):
            kept.append(part)
            continue
        held = mapping(mapping(part).get("toolInvocation")) or mapping(part)
        call = {"id": held.get("toolCallId"), "name": held.get("toolName", sort.removeprefix("tool-"))}
        given = held.get("input", held.get("args"))
        yield {
            **rest,
            "content": kept or None,
            "tool_calls": [_call({**call, "input": {} if given is None else given})],
        }
        kept = []
        if (said := held.get("output", held.get("result"))) is not None:
            told = said if isinstance(said, str) else orjson.dumps(said).decode()
            yield _result({"content": told, "call_id": call["id"]})
    if kept:
        yield {**rest, "content": kept}


def _unpacked(raw: dict[str, Any]) -> dict[str, Any]:
    """A message of LangChain out of its wrapping: `{"id": […, "AIMessage"], "kwargs": {…}}` or `{"type", "data"}`."""
    if held := mapping(raw.get("kwargs")):
        name = raw.get("id")
        last = str(cast("list[Any]", name)[-1]) if isinstance(name, list) and name else ""
        return {**held, "type": _CLASSES.get(last.removesuffix("Chunk"), held.get("type"))}
    if held := mapping(raw.get("data")):
        return {**held, "type": raw.get("type")}
    return raw


def _call(raw: dict[str, Any]) -> dict[str, Any]:
    arguments = next((raw[key] for key in ("input", "args", "arguments") if key in raw), {})
    return {"id": raw.get("call_id", raw.get("id")), "function": {"name": raw.get("name"), "arguments": arguments}}


def _result(raw: dict[str, Any]) -> dict[str, Any]:
    said = raw.get("content", raw.get("output"))
    if isinstance(said, dict):
        said = orjson.dumps(said).decode()
    return {"role": "tool", "content": said, "tool_call_id": raw.get("tool_use_id", raw.get("call_id"))}
