"""Which stretch of a reply is the thing itself?

In comes a reply; out comes Block: the text between the markers the assistant was told to use, or else the last fenced
block, and which of the two. Easy to get wrong: a reply without either is not a document, however much it looks like
one, and taking it whole would score the chat around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

VERSION = "1"
_FENCE = re.compile(r"^[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*[^\n`]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """The thing itself."""

    text: str
    how: Literal["marked", "fenced"]
    closed: bool = True
    """False where its end is missing, as in an answer that was cut off."""


def marked_block(text: str, begin: str, end: str) -> Block | None:
    """The last stretch between the lines `begin` and `end`, else the last fenced block; None where there is neither.

    Markers stand on lines of their own. An end that is missing is the end of the text.
    """
    return _marked(text, begin, end) or _fenced(text)


def _marked(text: str, begin: str, end: str) -> Block | None:
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if line.strip() == begin]
    # a marker that is named, and not meant, has nothing behind it
    for start in reversed(starts):
        stop = next((at for at in range(start + 1, len(lines)) if lines[at].strip() == end), None)
        inner = "\n".join(lines[start + 1 : stop]).strip("\n")
        if inner.strip():
            return Block(_unfenced(inner), "marked", stop is not None)
    return None


def _fenced(text: str) -> Block | None:
    found: Block | None = None
    at = 0
    while opening := _FENCE.search(text, at):
        ticks = opening["ticks"]
        close = re.compile(rf"^[ \t]*{re.escape(ticks[0])}{{{len(ticks)},}}[ \t]*$", re.MULTILINE)
        closing = close.search(text, opening.end())
        inner = text[opening.end() : closing.start() if closing else len(text)]
        if inner.strip():
            found = Block(inner.removesuffix("\n"), "fenced", closing is not None)
        at = closing.end() if closing else len(text)
    return found


def _unfenced(inner: str) -> str:
    """Without a fence that encloses the whole of it."""
    opening = _FENCE.match(inner)
    if opening and inner.rstrip().endswith("\n" + opening["ticks"]):
        return inner.rstrip()[opening.end() : -len(opening["ticks"]) - 1]
    return inner
