"""LMSYS-Chat-1M: parquet or JSON lines with `conversation_id` and a `conversation` of roles and contents.

In comes a row; out comes one conversation with model, language and flags as metadata. Easy to get wrong: WildChat
also has a `conversation`, so it is asked first; what is left with that key, with or without an id, is read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, objects, scalars
from .shapes import chat_shape


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "conversation" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    turns = objects(record["conversation"], "conversation")
    given = record.get("conversation_id", record.get("id"))
    yield built(chat_shape(turns), given, source, scalars(record, {"conversation_id", "id"}))


FORMAT = Format(
    "lmsys",
    "LMSYS-Chat-1M parquet or JSON lines",
    recognise,
    conversations,
    MESSAGE_KEYS | {"conversation", "conversation_id"},
)
