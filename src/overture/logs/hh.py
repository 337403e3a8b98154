"""Preference pairs: a chosen and a rejected conversation, as text (hh-rlhf) or as messages (the DPO shape).

In comes {"chosen", "rejected"} with or without "prompt"; out come two conversations that share metadata `pair`, a hash
of the record's content, and differ in `side`. Easy to get wrong: some sets repeat the prompt in both sides and some
do not, so it is put in front only where a side does not already begin with it. If one side is bad, both are.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import takewhile
from typing import Any, cast

import orjson

from ..conversation import Conversation, Message
from ..errors import BadRecord
from .kinds import MESSAGE_KEYS, Format, built, said_of, scalars
from .transcript import is_transcript, turns

SIDES = ("chosen", "rejected")
_TELLS = frozenset({"system", "developer"})


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and "chosen" in record and "rejected" in record


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    said = [record.get("prompt"), record["chosen"], record["rejected"]]
    pair = blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    prompt = _messages(record.get("prompt"), "prompt", "user") if record.get("prompt") is not None else []
    metadata = scalars(record, {"prompt", "chosen", "rejected"})
    sides = [
        built(
            _with_prompt(prompt, _messages(record[side], side, "assistant" if prompt else "")),
            f"{pair}#{side}",
            source,
            {**metadata, "pair": pair, "side": side},
        )
        for side in SIDES
    ]
    yield from sides


def _messages(value: Any, what: str, alone: str) -> list[Message]:
    """The messages of one field; text without speakers is one message of the role `alone`."""
    if isinstance(value, list):
        return [said_of(raw, index) for index, raw in enumerate(cast("list[Any]", value))]
    if not isinstance(value, str):
        raise BadRecord(f"{what} is neither text nor a list of messages")
    if is_transcript(value):
        return turns(value)
    if not alone:
        raise BadRecord(f"{what} is text without speakers, and there is no prompt to answer")
    return [Message(alone, value)]


def _with_prompt(prompt: list[Message], side: list[Message]) -> list[Message]:
    if not side:
        raise BadRecord("one side of the pair has no messages")
    if prompt and prompt[-1] == Message("assistant", ""):  # a prompt that ends in "Assistant:"
        prompt = prompt[:-1]
    if side[0].role in _TELLS:
        return side
    lead = list(takewhile(lambda message: message.role in _TELLS, prompt))
    rest = prompt[len(lead) :]
    repeats = (rest and side[: len(rest)] == rest) or side[0].role == "user"
    return [*lead, *side] if repeats else [*prompt, *side]


FORMAT = Format(
    "hh",
    "preference pairs: chosen and rejected, as text or messages",
    recognise,
    conversations,
    MESSAGE_KEYS | {"chosen", "rejected", "prompt"},
)
