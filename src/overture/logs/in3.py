"""IN3 records (HBX-hbx/Mistral-Interact): an assistant that judges whether a task is vague, asks, and sums up.

In comes {"initial_thought", "vague", "actions": [{"role": "User|Assistant", "content", "type"}]}; out comes one
conversation, its last message being the summary. Easy to get wrong: `vague` is the system's own verdict, not the
truth, and the thoughts were never said to the user, so they are no messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import Format, built, mapping, objects, scalars

_ROLES = {"User": "user", "Assistant": "assistant"}
_TEXTS = frozenset({"initial_thought", "prompt", "inappropriate_options_reason"})


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "actions" in record and ("initial_thought" in record or "user_record" in record)


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    messages: list[dict[str, Any]] = []
    for action in objects(record["actions"], "actions"):
        role = action.get("role")
        role = _ROLES.get(role, role) if isinstance(role, str) else role
        messages.append({**{key: action[key] for key in action if key == "content"}, "role": role})
    counts = scalars(mapping(record.get("user_record")), _TEXTS)
    metadata = {**counts, **scalars(record, _TEXTS)}
    yield built(messages, record.get("id"), source, metadata)


FORMAT = Format(
    "in3",
    "IN3 records of Mistral-Interact",
    recognise,
    conversations,
    frozenset({"actions", "role", "content", "vague"}),
)
