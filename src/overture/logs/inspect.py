"""Inspect AI logs: `.eval` (a zip with one JSON file a sample) and the older single JSON file.

In comes a sample (`id`, `epoch`, `messages`, `scores`); out comes one conversation named `id_epoch_N`, with the scores
as metadata `score_NAME` (`score_NAME_KEY` where a scorer gives several values), model and task from the log's header,
and `protocol` and `status` where it is a trial of Overture's. Easy to get wrong: a tool call names its function in
plain text, and long contents may stand apart, under `attachments`, with a reference in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, identity, mapping, objects, scalars
from .shapes import UNSAID

REFERENCE = "attachment://"


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "messages" in record and "epoch" in record and "id" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    apart = mapping(record.get("attachments"))
    messages = [_message(message, apart) for message in objects(record["messages"], "messages")]
    name = identity(record["id"])
    metadata = scalars(record, {"id", "input", "target", "uuid"})
    for scorer, score in mapping(record.get("scores")).items():
        value = mapping(score).get("value")
        several = {f"score_{scorer}_{name}": one for name, one in mapping(value).items()}
        metadata.update(scalars(several or {f"score_{scorer}": value}))
    trial = mapping(mapping(record.get("store")).get("overture"))
    metadata.update(scalars({"protocol": mapping(trial.get("config")).get("protocol"), "status": trial.get("status")}))
    yield built(messages, None if name is None else f"{name}_epoch_{record['epoch']}", source, metadata)


def _message(message: dict[str, Any], apart: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, str):
        content = _whole(content, apart)
    elif isinstance(content, list):
        content = [_part(part, apart) for part in objects(content, "content") if str(part.get("type")) not in UNSAID]
    content = content or mapping(message.get("error")).get("message") or content  # a tool's that failed
    calls = message.get("tool_calls")
    shaped = {
        "role": message.get("role"),
        "content": content,
        "name": message.get("function"),
        "tool_calls": None if calls is None else [_call(call) for call in objects(calls, "tool_calls")],
        "tool_call_id": message.get("tool_call_id"),
    }
    return {key: value for key, value in shaped.items() if key in message or key in ("role", "name")}


def _part(part: dict[str, Any], apart: Mapping[str, Any]) -> dict[str, Any]:
    text = part.get("text")
    return {**part, "text": _whole(text, apart)} if isinstance(text, str) else part


def _call(call: dict[str, Any]) -> dict[str, Any]:
    named = call.get("function")
    if not isinstance(named, str):
        return call
    return {**call, "function": {"name": named, "arguments": call.get("arguments", {})}}


def _whole(text: str, apart: Mapping[str, Any]) -> str:
    if not text.startswith(REFERENCE):
        return text
    found = apart.get(text.removeprefix(REFERENCE))
    return found if isinstance(found, str) else text


def context(header: Mapping[str, Any]) -> dict[str, Any]:
    """Model and task, from the log's `eval`."""
    about = mapping(header.get("eval"))
    return scalars({"model": about.get("model"), "task": about.get("task")})


FORMAT = Format(
    "inspect",
    "Inspect AI logs",
    recognise,
    conversations,
    MESSAGE_KEYS | {"messages", "epoch", "scores", "value", "attachments"},
    within="samples",
    beside=frozenset({"eval"}),
    context=context,
)
