"""Conversations as the careful reader takes them in: token windows in which a message sees all before it.

In come a Batch and a function from text to token numbers; out come Windows that training and use share. Easy to get
wrong: a segment is read in exactly one window; what is shown again at the start of the next is context, without spans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .batch import Batch
from .segments import segments

WINDOW, CONTEXT = 384, 128
"""Tokens of a window, and of what is shown again from before it."""
MESSAGE, SEGMENT, SHORT = 224, 40, 14
"""Tokens of one message; of one segment; of one segment where the message would be longer than that."""
CHARACTERS = 600
"""Of a segment that are cut into tokens at all."""
BEGIN, END = 0, 2
"""The encoder's own signs for the start of a text and the end of a part."""
ROLE = {"user": "user:", "assistant": "assistant:", "tool": "tool:", "function": "tool:"}


@dataclass
class Window:
    """One pass of the encoder."""

    ids: list[int] = field(default_factory=lambda: [BEGIN])
    message: list[int] = field(default_factory=lambda: [-1])
    """Which message of the batch each token is of, rising: a token sees its own message and those before it."""
    spans: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])
    """(segment of the batch, first token, token after the last, first token of its message)"""


def clip(piece: list[int], most: int) -> list[int]:
    """At most `most` tokens: the beginning and, a quarter of them, the end."""
    tail = most // 4
    return piece if len(piece) <= most else [*piece[: most - tail], *piece[-tail:]]


def windows(batch: Batch, tokens: Callable[[str], list[int]]) -> list[Window]:
    """Every conversation as one window or more."""
    out: list[Window] = []
    bounds = batch.first_segment.tolist()
    role = {name: tokens(text) for name, text in ROLE.items()}
    now, owner = Window(), -1
    for at, message in enumerate(batch.messages):
        if batch.conversation_of[at] != owner:
            out.append(now)
            now, owner = Window(), int(batch.conversation_of[at])
        if batch.side[at] == 0:
            continue
        pieces = [clip(tokens(text[:CHARACTERS]), SEGMENT) for *_, text in segments(message)]
        if not pieces:
            continue
        if sum(map(len, pieces)) > MESSAGE:
            pieces = [clip(piece, SHORT) for piece in pieces]
        size = len(role[message.role]) + sum(map(len, pieces)) + 1
        if len(now.ids) + size > WINDOW:
            out.append(now)
            room = min(CONTEXT, WINDOW - size - 1)
            now = Window([BEGIN, *now.ids[1:][-room:]], [-1, *now.message[1:][-room:]])
        first = len(now.ids)
        now.ids += role[message.role]
        for number, piece in enumerate(pieces, bounds[at]):
            if piece:
                now.spans.append((number, len(now.ids), len(now.ids) + len(piece), first))
            now.ids += piece
        now.ids.append(END)
        now.message += [at] * (len(now.ids) - first)
    out.append(now)
    return [window for window in out if window.spans]
