"""One moment at which an assistant could ask: what all sets of the lens `gaps` are made of, and how they are split.

In come names; out go Examples and splits. Easy to get wrong: a unit (a template, a problem, a passage, a pair) is in one
split alone, by a hash of its name, and a problem's name are its words: it stands in several sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from overture.conversation import Conversation, Message


@dataclass(frozen=True, slots=True)
class Example:
    """One moment at which an assistant could ask."""

    set: str
    """The set that it is judged in."""
    unit: str
    """What is split, and resampled for the intervals."""
    split: str
    conversation: Conversation
    lacking: bool
    kind: str = ""
    """Of the lens's KINDS, where known."""
    missing: str = ""
    """The missing thing in words, where known: a question that asks for it."""
    left_open: tuple[str, ...] | None = None
    """The words that leave it open, none where it is just not said; None where not known."""
    weight: float = 1.0
    file: str = ""
    """Of the written ones, where it stands."""


def drawn(name: str) -> float:
    """0 to 1, by the name alone."""
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48


def split_of(unit: str, test: float, valid: float) -> str:
    value = drawn(f"gaps/{unit}")
    return "test" if value < test else "valid" if value < test + valid else "train"


def said(*texts: str) -> Conversation:
    """A conversation of these turns, the user's first."""
    sides = ("user", "assistant")
    return Conversation(tuple(Message(sides[at % 2], text) for at, text in enumerate(texts)))


def words_of(text: str) -> str:
    """A problem's identity: its letters and digits."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


UNWILLING = (
    "I don't know.",
    "No idea, sorry.",
    "It doesn't say.",
    "I can't remember.",
    "Why do you ask?",
    "What do you mean?",
    "Hm, I'd have to look that up.",
    "Not sure yet.",
)
"""Answers that tell nothing."""
