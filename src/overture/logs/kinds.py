"""What a log format is to the rest of the house: a name, a way to know it, and a function from record to conversations.

In come values that a parser made of outside bytes; out go checked pieces of them, or BadRecord with a reason a person
can act on. Each format file is a `Format` and little else; everything about bytes is elsewhere. Easy to get wrong:
`recognise` looks at keys only, never at whether their values are right. A record of a known format with a wrong
value must reach `conversations`, which says what is wrong with it, and not fall out as "unknown".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import orjson

from ..conversation import Conversation, Message, message_of, unthought
from ..errors import BadRecord

LONGEST_LABEL = 200
"""Characters. A longer string in a record is text, not something to group by, and stays out of the metadata."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is not a conversation, and why."""

    file: str
    offset: int
    """Where the record begins: bytes of the (decompressed) file. For parquet, whose rows have no place, its number."""
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One row of work: the records of `file` that start in bytes start ≤ x < end. For parquet: its row groups."""

    file: str
    format: str
    """A name in `FORMATS`, or `unknown` for a file that is itself the reject."""
    start: int
    end: int
    at: str = ""
    """Where the bytes lie when the file itself cannot be read twice: stdin and pipes are copied to a temporary file."""


@dataclass(frozen=True, slots=True)
class Format:
    """A log format."""

    name: str
    about: str
    """One line for people."""
    recognise: Callable[[Any], bool]
    """Whether a parsed record has this format's keys."""
    conversations: Callable[[Any, str], Iterator[Conversation | BadRecord]]
    """(record, source) → conversations. Raises BadRecord, or yields one where only a part of the record is bad."""
    keys: frozenset[str] = frozenset()
    """The keys that matter: an object in which one of them occurs twice is ambiguous, and the record is rejected."""
    within: str = ""
    """The key of the array of records, where a file of this format is one JSON object."""
    beside: frozenset[str] = frozenset()
    """Keys of that object, ahead of the array, that say something of every record."""
    context: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """The values under `beside` → metadata for every conversation of the file."""


MESSAGE_KEYS = frozenset(
    {"role", "content", "text", "type", "id", "name"}
    | {"tool_calls", "tool_call_id", "function_call", "function", "arguments"}
)
"""What is read of a message in the OpenAI shape."""
SAYING = frozenset({"content", "tool_calls", "function_call"})
"""One of them every message has, if only as null."""


def built(
    messages: Iterable[Message | Mapping[str, Any]], id: Any, source: str, metadata: Mapping[str, Any] | None = None
) -> Conversation:
    """`Conversation.of`, with an id that may be anything and the guards that outside data needs: what is said under
    another name than `content` must not become silence, and what a model only thought was not said."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        _speaks(message, index)
    try:
        made = Conversation.of(messages, identity(id), source, metadata)
    except TypeError as error:  # a list or an object where a role should be cannot be looked up
        raise BadRecord("a message has a role that is not text") from error
    if any("think>" in message.text for message in made.messages):
        made = replace(made, messages=tuple(map(unthought, made.messages)))
    return made


def said_of(raw: Any, index: int = 0) -> Message:
    """`message_of` with the same guards, for a format that needs the message itself."""
    _speaks(raw, index)
    return unthought(message_of(raw, index))


def _speaks(message: Any, index: int) -> None:
    if isinstance(message, dict) and "role" in message and message.keys().isdisjoint(SAYING):
        keys = ", ".join(repr(str(key)[:40]) for key in list(cast("dict[str, Any]", message))[:8])
        raise BadRecord(f"message {index} has no content, only {keys}")


def opened(value: Any) -> Any:
    """JSON that an export wrote as text is read; other text is what was said."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def listing(value: Any, what: str) -> list[Any]:
    """The value if it is a list. Raises BadRecord."""
    if not isinstance(value, list):
        raise BadRecord(f"{what} is not a list")
    return cast("list[Any]", value)


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """The value if it is a list of JSON objects. Raises BadRecord."""
    for index, item in enumerate(listing(value, what)):
        if not isinstance(item, dict):
            raise BadRecord(f"{what}[{index}] is not an object")
    return cast("list[dict[str, Any]]", value)


def identity(value: Any) -> str | None:
    """A log's own id as text, or None where it has none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def scalars(record: Mapping[str, Any], skip: Container[str] = ()) -> dict[str, Any]:
    """The flat values of a record that one could group by: text up to LONGEST_LABEL, finite numbers, true and false."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if key in skip or value is None:
            continue
        if isinstance(value, str):
            if len(value) <= LONGEST_LABEL:
                found[key] = value
        elif isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            found[key] = value
        elif isinstance(value, date):
            found[key] = value.isoformat()
    return found
