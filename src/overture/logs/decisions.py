"""The decisions log of `overture serve`: one line a request, with what a policy decided and what became of it.

In comes a record; out comes the conversation as it went on, the answer that the client got included, with the last
decision (`move`, `policy`), the outcome and the model as metadata. Easy to get wrong: by default such a log holds no
words, and then there is nothing to look at with a lens: each record is a reject that says what was decided. And a
conversation of several turns stands here once for each turn, its earlier turns within; `turn` tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..conversation import Conversation
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, identity, mapping, objects, scalars


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "overture_decision" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    decisions = objects(record.get("decisions", []), "decisions")
    made = [decision for decision in decisions if decision.get("move") != "leave"]
    last = made[-1] if made else {}
    if "messages" not in record:
        what = f"decision {last['move']!r} of {last.get('policy')}" if last else "a turn left alone"
        raise BadRecord(f"{what}; words not logged (serve --log-content)")
    messages = objects(record["messages"], "messages")
    answer = record.get("answer")
    answer = {"role": "assistant", "content": answer} if answer and isinstance(answer, str) else mapping(answer)
    metadata = {
        **scalars(record, {"overture_decision", "id", "answer"}),
        **scalars({"move": last.get("move", "leave"), "decided_by": last.get("policy")}),
        "turn": sum(message.get("role") == "user" for message in messages),
    }
    yield built([*messages, *([answer] if answer else [])], identity(record.get("id")), source, metadata)


FORMAT = Format(
    "decisions",
    "the decisions log of `overture serve`, where it was told to keep content",
    recognise,
    conversations,
    MESSAGE_KEYS | {"overture_decision", "messages", "answer", "decisions", "move"},
)
