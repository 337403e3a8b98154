"""What other APIs and tracers call a message, as messages of the chat shape.

In comes a list of messages as Anthropic's API, Bedrock, OpenAI's Responses API, LangChain or Vercel's AI SDK writes
them; out come mappings with `role`, `content` and `tool_calls`, to be checked like any other. Easy to get wrong: one of
theirs can be several of ours. An answer of a tool is a part of a user's message with Anthropic, of the assistant's own
with the AI SDK, and an item without a role in the Responses API; here it is always a message of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import orjson

from ..errors import BadRecord
from .kinds import SAYING, listing, mapping

_SPEAKERS = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "function"}
_CLASSES = {"HumanMessage": "human", "AIMessage": "ai", "SystemMessage": "system", "ToolMessage": "tool"}
_CALLS = frozenset({"tool_use", "function_call", "tool-call"})
_RESULTS = frozenset({"tool_result", "function_call_output", "tool-result"})
UNSAID = frozenset({"reasoning", "thinking", "redacted_thinking"})
"""What a model wrote for itself."""
_ELSEWHERE = frozenset({"tool_calls", "parts", "toolInvocations", "additional_kwargs", "kwargs"})
"""Where more than `content` may stand."""


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


def is_item(sort: Any) -> bool:
    """Whether an object of this `type` and without a role is a tool's call or answer, as in the Responses API."""
    return isinstance(sort, str) and (sort in _CALLS | _RESULTS or sort.endswith(("_call", "_call_output")))


def _plain(raw: dict[str, Any]) -> bool:
    """Most are in the chat shape already, and a log has millions."""
    content = raw.get("content")
    return "role" in raw and type(content) is str and bool(content) and raw.keys().isdisjoint(_ELSEWHERE)


def _said(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    message = _whole(_unpacked(raw))
    sort = message.get("type")
    if "role" not in message and isinstance(sort, str):
        if sort in UNSAID or sort == "mcp_list_tools":
            return
        if is_item(sort):
            yield from _item(message, sort)
            return
        if sort not in _SPEAKERS and message.keys().isdisjoint(SAYING | {"parts"}):
            raise BadRecord(f"an item of the kind {sort[:40]!r} among the messages, which is not read")
        message = {**message, "role": _SPEAKERS.get(sort, sort)}
    parts = message.get("parts")
    if isinstance(parts, list) and parts and (not message.get("content") or any(map(_tool, cast("list[Any]", parts)))):
        yield from _in_parts(message)
        return
    content = message.get("content")
    if not isinstance(content, list):
        yield message
        return
    content = [_of_bedrock(part) for part in cast("list[Any]", content)]
    sorts = {str(mapping(part).get("type")) for part in content}
    if not sorts & (_CALLS | _RESULTS | UNSAID):
        yield {**message, "content": content}
        return
    own: Any = message.get("tool_calls")  # LangChain has the calls here and in the parts
    kept, made = list[Any](), list(cast("list[Any]", own)) if isinstance(own, list) and not sorts & _CALLS else []
    for part in content:
        sort = str(mapping(part).get("type"))
        if sort in _RESULTS:
            if made:  # the call comes before its answer
                yield {**message, "content": kept or None, "tool_calls": made}
                kept, made = [], []
            yield _result(mapping(part))
        elif sort in _CALLS:
            made.append(_call(mapping(part)))
        elif sort not in UNSAID:
            kept.append(part)
    if kept or made or message.get("function_call"):
        yield {**message, "content": kept or None, "tool_calls": made or None}


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its words and its calls where the chat shape has them: what it refused or spoke aloud, what
    LangChain keeps under `additional_kwargs`, and what the AI SDK called before it had parts."""
    more = mapping(message.get("additional_kwargs"))
    for key in ("tool_calls", "function_call", "refusal", "audio"):
        if more.get(key) and not message.get(key):
            message = {**message, key: more[key]}
    if not message.get("content"):
        said = message.get("refusal") or mapping(message.get("audio")).get("transcript")
        message = {**message, "content": said} if said else message
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message = {**message, "tool_calls": [_chat_call(call) for call in cast("list[Any]", calls)]}
    invoked = message.get("toolInvocations")
    if isinstance(invoked, list) and not message.get("parts"):
        told = [{"type": "text", "text": message["content"]}] if message.get("content") else []
        held = [{"type": "tool-invocation", "toolInvocation": each} for each in cast("list[Any]", invoked)]
        message = {**message, "parts": [*told, *held]}
    return message


def _chat_call(call: Any) -> Any:
    held = mapping(call)
    if custom := mapping(held.get("custom")):
        return _call({**custom, "id": held.get("id")})
    return _call(held) if "args" in held and "function" not in held else call


def _item(item: dict[str, Any], sort: str) -> Iterator[dict[str, Any]]:
    """A call or an answer that is an item of its own; a tool of the API's own answers within its call."""
    if sort in _RESULTS or sort.endswith("_output"):
        yield _result(item)
        return
    call = _call({"name": sort.removesuffix("_call"), **item})
    yield {"role": "assistant", "content": None, "tool_calls": [call]}
    if item.get("output") is not None:
        yield _result({"output": item["output"], "call_id": call["id"]})


def _of_bedrock(part: Any) -> Any:
    """A part of Bedrock's, which is known by its only key, as one of Anthropic's."""
    held = mapping(part)
    if "type" in held or "text" in held:
        return part
    if call := mapping(held.get("toolUse")):
        return {**call, "type": "tool_use", "id": call.get("toolUseId")}
    if told := mapping(held.get("toolResult")):
        said = [_as_text(one) for one in listing(told.get("content", []), "the content of a toolResult")]
        return {"type": "tool_result", "tool_use_id": told.get("toolUseId"), "content": said}
    if "reasoningContent" in held:
        return {"type": "reasoning"}
    return next(({"type": key} for key in ("image", "document", "video") if key in held), part)


def _as_text(part: Any) -> Any:
    held = mapping(part)
    return {"text": orjson.dumps(held["json"]).decode()} if "json" in held else _of_bedrock(part)


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
        if (said := _first(held, "output", "result", "errorText")) is not None:
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
    arguments = _first(raw, "input", "args", "arguments", "action", "queries", "code")
    name = _first(raw, "toolName", "name")
    given = {} if arguments is None else arguments
    return {"id": _first(raw, "call_id", "toolCallId", "id"), "function": {"name": name, "arguments": given}}


def _result(raw: dict[str, Any]) -> dict[str, Any]:
    said = _first(raw, "content", "output", "result")
    if raw.get("type") == "tool-result" and "value" in mapping(said):  # the AI SDK names the kind of what was answered
        said = mapping(said)["value"]
    if said is not None and not isinstance(said, str) and not _worded(said):
        said = orjson.dumps(said).decode()
    return {"role": "tool", "content": said, "tool_call_id": _first(raw, "tool_use_id", "call_id", "toolCallId")}


def _worded(value: Any) -> bool:
    """Whether this is a list of parts of a message."""
    parts = cast("list[Any]", value) if isinstance(value, list) else [None]
    return all(isinstance(part, str) or not mapping(part).keys().isdisjoint({"type", "text"}) for part in parts)


def _first(raw: dict[str, Any], *keys: str) -> Any:
    return next((raw[key] for key in keys if raw.get(key) is not None), None)
