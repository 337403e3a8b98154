"""What went in and what came out: runs of LangSmith, traces and observations of Langfuse, OpenAI's Responses API.

In comes a record with `inputs` and `outputs`, or `input` and `output`, itself or in its request and response; out comes
one conversation, or one for each choice. Easy to get wrong: most runs of a tracer are steps (a retriever, a chain, a
parser) and hold no messages. Each of these is rejected with its reason, so that good and bad still add up to what the
file has; and so is a run of which one side alone can be read, for half of a conversation looks like a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, SAYING, Format, built, mapping, opened, said_of, scalars
from .shapes import chat_shape, is_item

_NAMES = (("inputs", "outputs"), ("input", "output"))
_OWN = frozenset({"id", "custom_id", "input", "output", "inputs", "outputs", "instructions"})


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and _sides(cast("dict[str, Any]", record)) is not None


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    held = cast("dict[str, Any]", record)
    sides = _sides(held)
    assert sides is not None
    went, came, request = sides
    before = _side(went, "user")
    ends = [_side(each, "assistant") for each in _alternatives(came)]
    if not before and not any(ends):
        raise BadRecord("a step of a trace without messages in what went in or came out")
    if before is None:
        raise BadRecord("what went in holds no messages")
    ahead = [{"role": "system", "content": request["instructions"]}] if request.get("instructions") else []
    metadata = {**scalars(mapping(held.get("metadata"))), **scalars(request, _OWN), **scalars(held, _OWN)}
    own_id = held.get("custom_id", held.get("id"))
    for index, after in enumerate(ends):
        if after is None:
            raise BadRecord("what came out holds no messages")
        name = own_id if index == 0 or own_id is None else f"{own_id}#{index}"
        yield built([*ahead, *([] if _within(before, after) else before), *after], name, source, metadata)


def _sides(record: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]] | None:
    """What went in, what came out, and what says more of the request; None where the record has no such keys."""
    for one, other in _NAMES:
        if one in record and other in record and "instruction" not in record:
            return record[one], record[other], record
    request, response = mapping(record.get("request")), mapping(record.get("response"))
    request = mapping(request.get("body")) or request or mapping(record.get("body"))
    response = mapping(response.get("body")) or response
    if "output" in response or (request and "input" in request):
        return request.get("input"), response.get("output"), {"instructions": response.get("instructions"), **request}
    if record.get("object") == "response" and "output" in record:
        return None, record["output"], record
    return None


def _within(before: list[Any], after: list[Any]) -> bool:
    """Whether a graph's output is the whole conversation. Its messages have gained ids and the like on the way."""
    said = [said_of(message, index) for index, message in enumerate(before)]
    return bool(said) and said == [said_of(message, index) for index, message in enumerate(after[: len(said)])]


def _alternatives(value: Any) -> list[Any]:
    """What came out, once for each choice. Raises BadRecord where one run answered several conversations."""
    read = opened(value)
    held = mapping(read)
    named: Any = held.get("choices") or held.get("generations")
    choices: Any = named or read
    if isinstance(choices, list) and choices and isinstance(choices[0], list) and named:
        if len(cast("list[Any]", choices)) > 1:
            raise BadRecord("a run that answered several conversations at once")
        choices = choices[0]
    if isinstance(choices, list) and choices:
        each = [mapping(choice) for choice in cast("list[Any]", choices)]
        if all("message" in one or (named and "text" in one) for one in each):
            return [one.get("message") or one.get("text") for one in each]
    if len(held) == 1 and isinstance(only := next(iter(held.values())), dict):  # {"output": {"choices": …}}
        found = _alternatives(only)
        return found if len(found) > 1 or found[0] is not only else [value]
    return [value]


def _side(value: Any, speaker: str) -> list[Any] | None:
    """The messages of one side: none where nothing is there, None where it holds something else. Text is what was said,
    unless an export wrote messages as text; an assistant may well have been asked for JSON."""
    if not isinstance(value, str):
        return _messages(value, speaker, loose=True)
    read = opened(value)
    found = None if read is value else _messages(read, speaker, loose=speaker == "user")
    return found or ([{"role": speaker, "content": value}] if value else [])


def _messages(value: Any, speaker: str, loose: bool) -> list[Any] | None:
    """The messages of one side, however they are wrapped. `loose`: a value under any one name counts."""
    if isinstance(value, str):
        return [{"role": speaker, "content": value}] if value else []
    if isinstance(value, list):
        found = chat_shape([_paired(one) for one in cast("list[Any]", value)])
        return found if all("role" in mapping(message) for message in found) else None
    if value is not None and not isinstance(value, dict):
        return None
    whole = mapping(value)
    held = {key: one for key, one in whole.items() if one not in (None, "", [], {})}
    if "messages" in held:
        return _told(held, _messages(held["messages"], speaker, loose))
    if "input" in held and not held.keys().isdisjoint({"instructions", "chat_history"}):
        earlier = _messages(held.get("chat_history"), speaker, loose)
        asked = _messages(held["input"], speaker, loose)
        return None if earlier is None or asked is None else _told(held, [*earlier, *asked])
    spoken = not SAYING.isdisjoint(held) and (loose or "role" in held)
    if spoken or "role" in held or "kwargs" in held or is_item(held.get("type")):
        named = "role" in held or "kwargs" in held or is_item(held.get("type"))
        return [
            {"role": speaker, **message} if isinstance(message, dict) else message
            for message in chat_shape([whole if named else {"role": speaker, **whole}])
        ]
    if len(held) == 1 and loose:  # {"output": …}, {"question": "…"}
        return _messages(next(iter(held.values())), speaker, loose)
    return None if held else []


def _paired(one: Any) -> Any:
    """LangChain takes ("user", "Hi") for a message too."""
    pair = cast("list[Any]", one) if isinstance(one, list) else []
    if len(pair) == 2 and all(isinstance(each, str) for each in pair):
        return {"type" if pair[0] in ("human", "ai") else "role": pair[0], "content": pair[1]}
    return one


def _told(held: dict[str, Any], messages: list[Any] | None) -> list[Any] | None:
    """The messages after what the model was told beside them."""
    told = held.get("system") or held.get("instructions")
    return [{"role": "system", "content": told}, *messages] if told and messages is not None else messages


FORMAT = Format(
    "traces",
    "what went in and came out: LangSmith runs, Langfuse traces and observations, OpenAI's Responses API",
    recognise,
    conversations,
    MESSAGE_KEYS | {"input", "output", "inputs", "outputs", "messages", "choices", "request", "response", "body"},
)
