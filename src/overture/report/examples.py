"""Example conversations with the moves marked where they stand in the text, cut to what a page can hold.

In come messages as spans (text, moves, unasked), out come the same, shorter and with neighbours that make the same
moves joined. Easy to get wrong: one log message can be longer than the whole page, so all examples share one budget of
characters, and what is not shown is counted on the page, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..moves import MOVES

BUDGET = 130_000
"""Characters of all examples together."""
SHORTEST, LONGEST = 240, 3000
"""Characters of one message: at least so many are shown whatever the budget, and no more."""
MOST = 40
"""Messages of one conversation that are shown: the first HEAD and the last ones."""
HEAD = 30


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a message. Spans follow one another and together are the text."""

    text: str
    moves: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    """Those of the moves that nothing so far called for."""

    @property
    def core(self) -> str:
        """The text without the white space around it, which is not marked."""
        return self.text.strip()

    @property
    def before(self) -> str:
        """White space before the core."""
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def after(self) -> str:
        """White space after the core."""
        return self.text[len(self.text.rstrip()) :] if self.core else ""

    @property
    def family(self) -> str:
        """The family of the first move, which gives the underline its colour; empty without moves."""
        return next((MOVES[move].family for move in self.moves if move in MOVES), "other" if self.moves else "")

    @property
    def labels(self) -> tuple[str, ...]:
        """What the small label says, one each move."""
        return tuple(f"{move}, unasked" if move in self.unasked else move for move in self.moves)


@dataclass(frozen=True, slots=True)
class ExampleMessage:
    """One message of an example."""

    index: int
    role: str
    name: str | None
    spans: Sequence[Span]
    cut: int = 0
    """Characters left out at the end."""
    skipped: int = 0
    """Messages left out just before this one."""


@dataclass(frozen=True, slots=True)
class ExampleConversation:
    """One conversation to read."""

    id: str
    group: str
    messages: Sequence[ExampleMessage]

    @property
    def opening(self) -> str:
        """What the first user says, or else the first words of the conversation."""
        users = [message for message in self.messages if message.role == "user"] or list(self.messages)
        return "".join(span.text for span in users[0].spans) if users else ""


def fitted(examples: Sequence[ExampleConversation]) -> list[ExampleConversation]:
    """The examples cut to the budget; each message says how much of it, or before it, is left out."""
    kept = [replace(example, messages=_some(example.messages)) for example in examples]
    total = sum(len(example.messages) for example in kept)
    room = max(SHORTEST, min(LONGEST, BUDGET // max(total, 1)))
    lengths = [len(span.text) for example in kept for message in example.messages for span in message.spans]
    if sum(lengths) <= BUDGET:
        room = LONGEST
    return [replace(example, messages=tuple(_cut(message, room) for message in example.messages)) for example in kept]


def _some(messages: Sequence[ExampleMessage]) -> tuple[ExampleMessage, ...]:
    if len(messages) <= MOST:
        return tuple(messages)
    tail = messages[-(MOST - HEAD) :]
    return (*messages[:HEAD], replace(tail[0], skipped=len(messages) - MOST), *tail[1:])


def _cut(message: ExampleMessage, room: int) -> ExampleMessage:
    spans, cut = shortened(message.spans, room)
    return replace(message, spans=spans, cut=cut)


def shortened(spans: Sequence[Span], room: int) -> tuple[tuple[Span, ...], int]:
    """(the spans joined, as far as `room` characters of them go; how many characters are left out)."""
    kept: list[Span] = []
    left = room
    for span in joined(spans):
        if left > 0:
            kept.append(replace(span, text=span.text[:left]))
        left -= len(span.text)
    return tuple(kept), max(0, -left)


def joined(spans: Sequence[Span]) -> list[Span]:
    """Neighbours with the same moves as one, across white space that has none."""
    out: list[Span] = []
    for span in spans:
        if out and (span.moves, span.unasked) == (out[-1].moves, out[-1].unasked):
            out[-1] = replace(out[-1], text=out[-1].text + span.text)
        elif (
            len(out) > 1
            and not out[-1].moves
            and not out[-1].text.strip()
            and (span.moves, span.unasked) == (out[-2].moves, out[-2].unasked)
        ):
            gap = out.pop()
            out[-1] = replace(out[-1], text=out[-1].text + gap.text + span.text)
        else:
            out.append(span)
    return out
