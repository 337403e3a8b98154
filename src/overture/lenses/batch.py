"""Conversations laid flat, once, for every lens: messages, segments, words, and who follows whom.

In come conversations; out comes a Batch of arrays that the lenses index. Cutting and looking up words is most of what a
lens costs, so it is done here and shared. Easy to get wrong: "the message before" is the one before in the same
conversation, and "the other's last turn" skips the speaker's own messages and the system's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..conversation import Conversation, Message
from .segments import segments
from .words import KNOWN_FROM, vocabulary

Ints = NDArray[np.int32]

SIDES = {"system": 0, "developer": 0, "user": 1, "assistant": 2, "tool": 3, "function": 3}
"""Role → side: 0 the rules, 1 who asks, 2 who answers, 3 what tools return."""


@dataclass(frozen=True)
class Batch:
    """Arrays over the messages (M) and segments (S) of some conversations, in order."""

    conversations: Sequence[Conversation]
    messages: Sequence[Message]
    conversation_of: Ints
    """(M,) which conversation a message is in."""
    index: Ints
    """(M,) its position there, from 0."""
    side: Ints
    """(M,) see SIDES."""
    other: Ints
    """(M,) the last earlier message of another side than this one's and not the rules', or -1."""
    first_user: Ints
    """(M,) the first user message of the conversation, or -1."""
    message_of: Ints
    """(S,) which message a segment is in; segments stand in order."""
    starts: Ints
    ends: Ints
    """(S,) offsets into the message's text; -1 for a tool call."""
    rows: Ints
    """(W,) vocabulary rows of all segments' words, one after the other."""
    offsets: NDArray[np.int64]
    """(S + 1,) where each segment's words start in `rows`."""
    code: NDArray[np.bool_]
    """(S,) the segment is a fenced block of code."""

    @property
    def first_segment(self) -> NDArray[np.int64]:
        """(M + 1,) where each message's segments start."""
        return np.searchsorted(self.message_of, np.arange(len(self.messages) + 1))

    def known(self) -> NDArray[np.float32]:
        """(M,) share of a message's words of which something is known; nan where it has no words."""
        words = np.repeat(self.message_of, np.diff(self.offsets))
        seen = np.bincount(words, minlength=len(self.messages))
        good = np.bincount(words, weights=self.rows >= KNOWN_FROM, minlength=len(self.messages))
        with np.errstate(invalid="ignore"):
            return (good / seen).astype(np.float32)


def lay_flat(conversations: Sequence[Conversation]) -> Batch:
    """Cut and look up every message of these conversations."""
    look_up = vocabulary().rows
    messages = [message for conversation in conversations for message in conversation.messages]
    sides = [SIDES[message.role] for message in messages]
    counts = [len(conversation.messages) for conversation in conversations]
    other, first_user = _heard(sides, counts)
    message_of: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    code: list[bool] = []
    lists: list[list[int]] = []
    for at, message in enumerate(messages):
        if sides[at] == 0:
            continue
        for start, end, text in segments(message):
            message_of.append(at)
            starts.append(start)
            ends.append(end)
            code.append(text.startswith("```"))
            lists.append(look_up(text))
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int32)

    return Batch(
        conversations,
        messages,
        conversation_of=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        index=ints(chain.from_iterable(map(range, counts))),
        side=ints(sides),
        other=ints(other),
        first_user=ints(first_user),
        message_of=ints(message_of),
        starts=ints(starts),
        ends=ints(ends),
        rows=ints(chain.from_iterable(lists)),
        offsets=offsets,
        code=np.array(code, np.bool_),
    )


def _heard(sides: list[int], counts: list[int]) -> tuple[list[int], list[int]]:
    """(`other`, `first_user`) of every message, from its side and how many messages each conversation has."""
    other: list[int] = []
    first_user: list[int] = []
    for count in counts:
        last = [-1, -1, -1, -1]
        opening = -1
        begin = len(other)
        for at in range(begin, begin + count):
            own = sides[at]
            other.append(max(last[side] for side in (1, 2, 3) if side != own))
            if own == 1 and opening < 0:
                opening = at
            first_user.append(opening)
            last[own] = at
    return other, first_user
