"""WildChat (allenai/WildChat-1M and its kin): parquet or JSON lines, known by `conversation_hash`.

In comes a row; out comes one conversation, named by its hash, with model, language, country and the moderation flags as
metadata. Easy to get wrong: every turn repeats facts about the user's machine; only role and content are messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, objects, scalars

_PRIVATE = frozenset({"conversation_hash", "hashed_ip"})


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "conversation_hash" in record and "conversation" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    turns = objects(record["conversation"], "conversation")
    messages = [{key: turn[key] for key in ("role", "content") if key in turn} for turn in turns]
    yield built(messages, record["conversation_hash"], source, scalars(record, _PRIVATE))


FORMAT = Format(
    "wildchat",
    "WildChat parquet or JSON lines",
    recognise,
    conversations,
    MESSAGE_KEYS | {"conversation", "conversation_hash"},
)
