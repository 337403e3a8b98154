"""OpenTelemetry GenAI spans as JSON lines: OTLP exports, or one flat span a line.

In comes a line; out comes one conversation for each span that holds messages, or for each of its choices, named
`trace/span`, its `gen_ai.conversation.id` kept as metadata. Three generations of the convention are read: messages in
attributes (`gen_ai.input.messages`, with parts), one event a message, and numbered attributes
(`gen_ai.prompt.0.content`); and OpenInference's (`llm.input_messages`), with the rows of Phoenix's data frames. Easy to
get wrong: most spans of a trace are not about a model. They are passed over, but a line of nothing else is bad. And a
span may have its messages in two places, the request in one and the answer in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..conversation import Conversation
from ..errors import BadRecord
from . import openinference
from .kinds import Format, built, mapping, objects, scalars
from .otel_values import attributes_of
from .shapes import UNSAID

_EVENT = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message\Z")
_NUMBERED = re.compile(
    r"gen_ai\.(prompt|completion)\.(\d{1,6})\."
    r"(?:(role|content|tool_call_id)|tool_calls\.(\d{1,6})\.(?:function\.)?(id|name|arguments))\Z"
)
_COLUMN = "attributes."
_NOT_CHAT = frozenset({"execute_tool", "embeddings", "create_agent"})


@dataclass(frozen=True, slots=True)
class _Told:
    """What one place of a span says."""

    system: list[Any] = field(default_factory=list[Any])
    asked: list[Any] = field(default_factory=list[Any])
    answers: list[list[Any]] = field(default_factory=list[list[Any]])
    """The messages of each answer, in the order in which they were recorded."""


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
            for conversation in _conversations(span, source):
                found += 1
                yield conversation
        except BadRecord as error:
            found += 1
            yield BadRecord(f"span {count - 1}: {error.reason}")
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


def _conversations(span: dict[str, Any], source: str) -> Iterator[Conversation]:
    """The conversation of a span, one for each choice; none where the span is not a chat."""
    attributes = attributes_of(span.get("attributes"))
    events = _events(span)
    generative = any(key.startswith("gen_ai.") for key in (*attributes, *(name for name, _ in events)))
    inference = openinference.flat(attributes)
    if not generative and "LLM" not in (inference.get(openinference.KIND), span.get("span_kind")):
        return
    places = [_from_attributes(attributes), _from_events(events), _numbered(attributes)]
    places.append(_Told([], *openinference.messages_of(inference)))
    system = next((told.system for told in places if told.system), [])
    asked = next((told.asked for told in places if told.asked), [])
    answers = _ends(next((told.answers for told in places if told.answers), []))
    if not (system or asked or any(answers)):
        if attributes.get("gen_ai.operation.name") in _NOT_CHAT:
            return
        raise BadRecord("a GenAI span without messages: content was not recorded")
    place = {**span, **mapping(span.get("context"))}
    trace, name = place.get("traceId", place.get("trace_id")), place.get("spanId", place.get("span_id"))
    given = f"{trace}/{name}" if isinstance(trace, str) and isinstance(name, str) else name
    metadata = {
        key.removeprefix("gen_ai."): value
        for key, value in scalars(attributes).items()
        if key.startswith("gen_ai.")
        and not key.endswith((".messages", "_instructions", ".role", ".content"))
        and not _NUMBERED.match(key)
    }
    metadata |= scalars({name: inference.get(key) for key, name in openinference.METADATA.items()})
    if "request.model" in metadata or "response.model" in metadata:
        metadata["model"] = metadata.get("response.model", metadata.get("request.model"))
    for index, answer in enumerate(answers):
        named = given if index == 0 or given is None else f"{given}#{index}"
        yield built([*system, *asked, *answer], named, source, metadata)


def _ends(answers: list[list[Any]]) -> list[list[Any]]:
    """How the conversation ends, once for each choice: several answers of the assistant are alternatives, unless a tool
    or the user spoke between them."""
    others = any(all(mapping(said).get("role") != "assistant" for said in answer) for answer in answers)
    return [[said for answer in answers for said in answer]] if others or len(answers) < 2 else answers


def _from_attributes(attributes: dict[str, Any]) -> _Told:
    """Messages of parts. System instructions are a list of parts without a role."""
    told = _Told()
    if (instructions := _value(attributes, "gen_ai.system_instructions")) is not None:
        parts = [{"type": "text", "content": instructions}] if isinstance(instructions, str) else instructions
        told.system.extend(_message({"role": "system", "parts": parts}))
    if (value := _value(attributes, "gen_ai.input.messages")) is not None:
        for raw in objects(value, "gen_ai.input.messages"):
            told.asked.extend(_message(raw))
    if (value := _value(attributes, "gen_ai.output.messages")) is not None:
        told.answers.extend(list(_message(raw)) for raw in objects(value, "gen_ai.output.messages"))
    return told


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

    def spoken() -> dict[str, Any]:
        return {
            "role": raw.get("role"),
            "content": list(texts) or None,
            "tool_calls": list(calls) or None,
            "name": raw.get("name"),
        }

    for part in objects(raw["parts"], "parts"):
        sort = part.get("type")
        if sort == "text":
            texts.append({"type": "text", "text": part.get("content", part.get("text"))})
        elif sort == "tool_call":
            calls.append({"id": part.get("id"), "name": part.get("name"), "arguments": part.get("arguments", {})})
        elif sort == "tool_call_response":
            answers += 1
            if calls:  # the call comes before its answer
                yield spoken()
                texts.clear()
                calls.clear()
            answer = _text(part.get("response", part.get("result")))
            yield {"role": "tool", "content": answer, "tool_call_id": part.get("id")}
        elif str(sort) not in UNSAID:
            texts.append({"type": sort if isinstance(sort, str) else "unknown"})
    if texts or calls or not answers:
        yield spoken()


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _events(span: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(name, fields) of each event; a body, where there is one, counts with the attributes."""
    events: list[tuple[str, dict[str, Any]]] = []
    raw = span.get("events")
    for event in [] if raw is None else objects(raw, "events"):
        fields = {**attributes_of(event.get("attributes")), **mapping(event.get("body"))}
        if (content := _value(fields, "gen_ai.event.content")) is not None:  # Azure: the body, as JSON text
            fields = {**fields, **(mapping(content) if isinstance(content, dict) else {"content": content})}
        name = event.get("name", fields.get("event.name"))
        if isinstance(name, str):
            events.append((name, fields))
    return events


def _from_events(events: list[tuple[str, dict[str, Any]]]) -> _Told:
    found = _Told()
    for name, fields in events:
        if match := _EVENT.match(name):
            calls = fields.get("tool_calls")
            message = {"role": fields.get("role", match.group(1)), "tool_call_id": fields.get("id")}
            message |= {"content": fields["content"]} if "content" in fields else {}
            message |= {"tool_calls": _json(calls, "tool_calls") if isinstance(calls, str) else calls} if calls else {}
            found.asked.extend(said for answer in found.answers for said in answer)  # what is followed is no choice
            found.answers.clear()
            found.asked.append(message)
        elif name == "gen_ai.choice":
            said = fields.get("message", fields)
            said = mapping(_json(said, "message")) if isinstance(said, str) else mapping(said)
            found.answers.append([{"role": "assistant", **said}])
        elif name == "gen_ai.client.inference.operation.details":
            told = _from_attributes(fields)
            found.system.extend(told.system)
            found.asked.extend(told.asked)
            found.answers.extend(told.answers)
    return found


def _numbered(attributes: dict[str, Any]) -> _Told:
    found: dict[tuple[bool, int], dict[str, Any]] = {}
    for key, value in attributes.items():
        if match := _NUMBERED.match(key):
            answer = match.group(1) == "completion"
            message = found.setdefault((answer, int(match.group(2))), {"role": "assistant" if answer else "user"})
            if match.group(3):
                message[match.group(3)] = value
            else:
                message.setdefault("tool_calls", {}).setdefault(int(match.group(4)), {})[match.group(5)] = value
    for message in found.values():
        if "tool_calls" in message:
            message["tool_calls"] = [call for _, call in sorted(message["tool_calls"].items())]
    places = sorted(found)
    return _Told([], [found[at] for at in places if not at[0]], [[found[at]] for at in places if at[0]])


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
