"""From the bytes of one record to its conversations, or to the reason why there are none.

In come bytes that should be a JSON record, and the format the file was found to have; out come conversations and
rejects. Easy to get wrong: JSON allows a key twice in one object and parsers keep the last, so "role" twice is a
message with two speakers of which one is lost. Counting keys in the bytes and in the parsed value tells cheaply that
something is doubled; only then is the record parsed again, slowly, to see what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import orjson

from ..conversation import Conversation
from ..errors import BadRecord
from .formats import RECORD_FORMATS
from .kinds import Format


def parsed(raw: bytes) -> Any:
    """The JSON value. Raises BadRecord."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        what = error.msg.split(": line ")[0]
        raise BadRecord(f"not JSON: {what}, at byte {_byte(raw, error.pos)} of the record") from error


def recognised(record: Any, likely: Format | None = None) -> Format | None:
    """The format whose keys a parsed record has, or None; `likely` is asked first."""
    if likely is not None and likely.recognise(record):
        return likely
    return next((form for form in RECORD_FORMATS if form.recognise(record)), None)


def format_of(record: Any, likely: Format | None = None) -> Format:
    """The same. Raises BadRecord, saying what the record looks like, where there is none."""
    if (form := recognised(record, likely)) is None:
        raise BadRecord(f"not a record of a known log format: {_looks(record)}")
    return form


def read_record(raw: bytes, likely: Format | None, source: str) -> Iterator[Conversation | BadRecord]:
    """Conversations and bad parts of one record. Nothing is raised: what is wrong comes out as a BadRecord."""
    try:
        record = parsed(raw)
        form = format_of(record, likely)
        if (key := doubled(raw, record, form.keys)) is not None:
            raise BadRecord(f"the key {key!r} occurs twice in one object")
    except BadRecord as error:
        yield error
        return
    yield from read_value(record, form, source)


def read_value(record: Any, likely: Format | None, source: str) -> Iterator[Conversation | BadRecord]:
    """The same for a record that is parsed already, such as a row of a table."""
    try:
        yield from format_of(record, likely).conversations(record, source)
    except BadRecord as error:
        yield error
    except orjson.JSONEncodeError:
        yield BadRecord("the arguments of a tool call cannot be written as JSON")
    except RecursionError:
        yield BadRecord("nested too deep to be read")


def doubled(raw: bytes, record: Any, keys: frozenset[str]) -> str | None:
    """The first of `keys` that occurs twice in one object of the record, or None."""
    bare = raw.translate(None, b" \t\r\n")
    escaped = bare.count(b'\\":')
    if bare.count(b'":') - escaped == count_keys(record) and not (escaped and b'\\\\":' in bare):
        return None

    def unique(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen and key in keys:
                    raise _Doubled(key)
                seen.add(key)

    try:
        json.loads(raw, object_pairs_hook=unique, parse_int=str)
    except _Doubled as found:
        return found.key
    except RecursionError as error:
        raise BadRecord("nested too deep to be checked for doubled keys") from error
    return None


_KINDS: dict[type, str] = {list: "a list", str: "a string", type(None): "null"}


class _Doubled(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def count_keys(record: Any) -> int:
    """How many keys the objects of a parsed value have, all together."""
    total = 0
    waiting: list[Any] = [record]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            held = cast("dict[str, Any]", value)
            total += len(held)
            value = held.values()
        for inner in cast("list[Any]", value):
            if type(inner) is dict or type(inner) is list:
                waiting.append(inner)
    return total


def _byte(raw: bytes, position: int) -> int:
    """orjson counts characters; a person looks for bytes."""
    return len(raw.decode("utf-8", "replace")[:position].encode("utf-8")) if not raw.isascii() else position


def _looks(record: Any) -> str:
    if isinstance(record, dict):
        if "role" in record and "content" in record:
            return "one message; gather those of a conversation"
        names = [repr(key[:40]) for key in list(cast("dict[str, Any]", record))[:8]]
        return f"an object with keys {', '.join(names)}" if names else "an empty object"
    return _KINDS.get(type(cast("object", record)), "a number or truth value")
