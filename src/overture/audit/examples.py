"""Conversations kept with their words: to be shown on the page with the moves marked where they stand.

In comes a conversation of a Batch and what the lens saw; out comes an Example. Easy to get wrong: the marks of a
message must agree with its labels, so a move is marked on the segments that make it and on the likeliest one at
least.
"""

from __future__ import annotations

import numpy as np

from ..lenses.batch import Batch
from ..lenses.moves import NAMES, MoveScores
from ..lenses.segments import name_words
from .kinds import Example, Span

MOST_MESSAGES = 20
MOST_CHARACTERS = 1500
"""Of one message; the rest is cut and said to be."""


def example_of(batch: Batch, moves: MoveScores, number: int, rank: int, group: str) -> Example:
    """Conversation `number` of the batch with its moves marked."""
    conversation = batch.conversations[number]
    first = int(np.searchsorted(batch.conversation_of, number))
    rows = [
        (index, message.role, message.name, spans_of(batch, moves, first + index))
        for index, message in enumerate(conversation.messages[:MOST_MESSAGES])
    ]
    left = len(conversation.messages) - MOST_MESSAGES
    if left > 0:
        rows.append((MOST_MESSAGES, "system", None, (Span(f"… and {left} more messages", ()),)))
    return Example(rank, conversation.id, group, conversation.source, tuple(rows))


def spans_of(batch: Batch, moves: MoveScores, at: int) -> tuple[Span, ...]:
    """The stretches of message `at`: together its whole text, up to MOST_CHARACTERS, and then its tool calls."""
    message = batch.messages[at]
    text = message.text
    bounds = batch.first_segment
    low, high = int(bounds[at]), int(bounds[at + 1])
    made = np.flatnonzero(moves.made[at])
    marked = moves.segment[low:high] >= 0.5
    for move in made:
        if high > low:
            marked[int(np.argmax(moves.segment[low:high, move])), move] = True
    spans: list[Span] = []
    called: list[Span] = []
    shown = min(len(text), MOST_CHARACTERS)
    position = 0
    for row, segment in enumerate(range(low, high)):
        start, end = int(batch.starts[segment]), min(int(batch.ends[segment]), shown)
        names = [int(k) for k in made if marked[row, k]]
        labels = tuple(NAMES[k] for k in names)
        unasked = tuple(NAMES[k] for k in names if moves.made_unasked[at, k])
        if start < 0:
            call = message.tool_calls[len(called)]
            called.append(Span(f"{name_words(call.name)} {call.arguments}"[:400], labels, unasked))
        elif start < shown:
            if start > position:
                spans.append(Span(text[position:start], ()))
            spans.append(Span(text[start:end], labels, unasked))
            position = end
    if position < shown:
        spans.append(Span(text[position:shown], ()))
    if shown < len(text):
        spans.append(Span(f" … and {len(text) - shown:,} more characters", ()))
    return (*spans, *called)
