"""OpenTelemetry GenAI spans as JSON lines: OTLP exports, or one flat span a line.

In comes a line; out comes one conversation for each span that holds messages, named `trace/span`, its
`gen_ai.conversation.id` kept as metadata. Three generations of the convention are read: messages in attributes
(`gen_ai.input.messages`, with parts), one event a message, and numbered attributes (`gen_ai.prompt.0.content`); and
OpenInference's (`llm.input_messages`), with the rows of Phoenix's data frames. Easy to get wrong: most spans of a trace
are not about a model. They are passed over, but a line of nothing else is bad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from ..conversation import Conversation
from ..errors import BadRecord
from . import openinference
from .kinds import Format, built, mapping, objects, scalars
from .otel_values import attributes_of
from .shapes import UNSAID

_EVENT = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message\Z")
_NUMBERED = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,6})\.(role|content)\Z")
_COLUMN = "attributes."
_NOT_CHAT = frozenset({"execute_tool", "embeddings", "create_agent"})


def recognise(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    if "resourceSpans" in record or "resource_spans" in record or ("attributes" in record and "name" in record):
        return True
    return f"{_COLUMN}{openinference.KIND}" in record or f"{_COLUMN}llm.input_messages" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    found = count = 0
    for span in _spans(record):
        count += 1
        try:
            conversation = _conversation(span, source)
        except BadRecord as error:
            found += 1
            yield BadRecord(f"span {count - 1}: {error.reason}")
            continue
        if conversation is not None:
            found += 1
            yield conversation
    if not found:
        raise BadRecord(f"none of its {count} spans is a chat with a model")


def _spans(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    exported = record.get("resourceSpans", record.get("resource_spans"))
    if exported is None:
        yield record if "attributes" in record else _of_columns(record)
        return
    for resource in objects(exported, "resourceSpans"):
        for scope in objects(resource.get("scopeSpans", resource.get("scope_spans", [])), "scopeSpans"):
            yield from objects(scope.get("spans", []), "spans")


def _of_columns(row: dict[str, Any]) -> dict[str, Any]:
    """The span in a row of a data frame, whose columns are paths: `attributes.llm.model_name`, `context.span_id`."""
    attributes = {key.removeprefix(_COLUMN): value for key, value in row.items() if key.startswith(_COLUMN)}
    context = {key.removeprefix("context."): value for key, value in row.items() if key.startswith("context.")}
    kept = {key: value for key, value in attributes.items() if value is not None}
    return {"attributes": kept, "context": context, "span_kind": row.get("span_kind")}


def _conversation(span: dict[str, Any], source: str) -> Conversation | None:
    """The conversation of a span; None where the span is not a chat."""
    attributes = attributes_of(span.get("attributes"))
    events = _events(span)
    generative = any(key.startswith("gen_ai.") for key in (*attributes, *(name for name, _ in events)))
    inference = openinference.flat(attributes)
    if not generative and "LLM" not in (inference.get(openinference.KIND), span.get("span_kind")):
        return None
    messages = _from_attributes(attributes) or _from_events(events) or _numbered(attributes)
    messages = messages or openinference.messages_of(inference)
    if not messages:
        if attributes.get("gen_ai.operation.name") in _NOT_CHAT:
            return None
        raise BadRecord("a GenAI span without messages: content was not recorded")
    place = {**span, **mapping(span.get("context"))}
    trace, name = place.get("traceId", place.get("trace_id")), place.get("spanId", place.get("span_id"))
    given = f"{trace}/{name}" if isinstance(trace, str) and isinstance(name, str) else name
    metadata = {
        key.removeprefix("gen_ai."): value
        for key, value in scalars(attributes).items()
        if key.startswith("gen_ai.") and not key.endswith((".messages", "_instructions", ".role", ".content"))
    }
    metadata |= scalars({name: inference.get(key) for key, name in openinference.METADATA.items()})
    if "request.model" in metadata or "response.model" in metadata:
        metadata["model"] = metadata.get("response.model", metadata.get("request.model"))
    return built(messages, given, source, metadata)


def _from_attributes(attributes: dict[str, Any]) -> list[Any]:
    """Messages of parts. System instructions are a list of parts without a role."""
    messages: list[Any] = []
    if (instructions := _value(attributes, "gen_ai.system_instructions")) is not None:
        parts = [{"type": "text", "content": instructions}] if isinstance(instructions, str) else instructions
        messages.extend(_message({"role": "system", "parts": parts}))
    for key in ("gen_ai.input.messages", "gen_ai.output.messages"):
        if (value := _value(attributes, key)) is not None:
            for raw in objects(value, key):
                messages.extend(_message(raw))
    return messages


def _value(attributes: dict[str, Any], key: str) -> Any:
    """An attribute that may be structured or JSON text."""
    value = attributes.get(key)
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        return _json(value, key)
    return value


def _json(text: str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"{what} is not JSON; it may have been cut to a length limit") from error


def _message(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One message of parts as messages of the chat shape: each answer of a tool is one of its own."""
    if "parts" not in raw:
        yield raw
        return
    texts: list[Any] = []
    calls: list[dict[str, Any]] = []
    answers = 0
    for part in objects(raw["parts"], "parts"):
        sort = part.get("type")
        if sort == "text":
            texts.append({"type": "text", "text": part.get("content", part.get("text"))})
        elif sort == "tool_call":
            calls.append({"id": part.get("id"), "name": part.get("name"), "arguments": part.get("arguments", {})})
        elif sort == "tool_call_response":
            answers += 1
            answer = _text(part.get("response", part.get("result")))
            yield {"role": "tool", "content": answer, "tool_call_id": part.get("id")}
        elif str(sort) not in UNSAID:
            texts.append({"type": sort if isinstance(sort, str) else "unknown"})
    if texts or calls or not answers:
        yield {"role": raw.get("role"), "content": texts or None, "tool_calls": calls or None, "name": raw.get("name")}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _events(span: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(name, fields) of each event; a body, where there is one, counts with the attributes."""
    events: list[tuple[str, dict[str, Any]]] = []
    raw = span.get("events")
    for event in [] if raw is None else objects(raw, "events"):
        fields = {**attributes_of(event.get("attributes")), **mapping(event.get("body"))}
        name = event.get("name", fields.get("event.name"))
        if isinstance(name, str):
            events.append((name, fields))
    return events


def _from_events(events: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    messages: list[Any] = []
    for name, fields in events:
        if match := _EVENT.match(name):
            content = fields.get("content", fields.get("gen_ai.event.content"))
            calls = fields.get("tool_calls")
            messages.append(
                {
                    "role": fields.get("role", match.group(1)),
                    "content": content,
                    "tool_calls": _json(calls, "tool_calls") if isinstance(calls, str) else calls,
                    "tool_call_id": fields.get("id"),
                }
            )
        elif name == "gen_ai.choice":
            said = fields.get("message", fields)
            said = mapping(_json(said, "message")) if isinstance(said, str) else mapping(said)
            messages.append({"role": "assistant", **said})
        elif name == "gen_ai.client.inference.operation.details":
            messages.extend(_from_attributes(fields))
    return messages


def _numbered(attributes: dict[str, Any]) -> list[Any]:
    found: dict[tuple[bool, int], dict[str, Any]] = {}
    for key, value in attributes.items():
        if match := _NUMBERED.match(key):
            answer = match.group(1) == "completion"
            message = found.setdefault((answer, int(match.group(2))), {"role": "assistant" if answer else "user"})
            message[match.group(3)] = value
    return [found[place] for place in sorted(found)]


FORMAT = Format(
    "otel",
    "OpenTelemetry GenAI spans, OpenInference (Phoenix) among them",
    recognise,
    conversations,
    frozenset(
        {"resourceSpans", "scopeSpans", "spans", "attributes", "events", "key", "value", "stringValue"}
        | {"role", "content"}
    )
    | {"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "parts", "body"},
)
