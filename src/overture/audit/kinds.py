"""What an audit is asked, and what one piece of it gives back.

In come choices, as Settings, which `summary.json` holds; out of each piece comes a Part: the name of its files and what
is counted of it. Easy to get wrong: whatever determines the result is in Settings, and how it is computed (workers,
runner) is not, or an unfinished audit could not go on with more of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..logs import Piece
from .files import writable
from .preference import Side

EVERYTHING = "all"
"""The group of a conversation where nothing is grouped, and of all conversations together."""
KEYLESS = "(none)"
"""The group of conversations whose metadata has no such key."""
PLACES = 3
"""Rejects of one reason whose places are kept for the page; all are in `rejects.jsonl`."""


@dataclass(frozen=True)
class Settings:
    """What to look at and how; the same settings on the same input give the same result."""

    lenses: tuple[str, ...] = ("moves", "goals")
    """Which lenses to look through."""
    group_by: str | None = None
    """`file`, or a key of the conversations' metadata; None puts all in one group."""
    dedupe: bool = False
    """Leave out conversations whose words were seen before."""
    examples: int = 20
    """How many example conversations stand on the page."""
    judge: str | None = None
    """A MODEL that labels a random sample; None leaves every figure uncorrected."""
    judge_sample: int = 200
    """How many assistant messages, and how many conversations, the judge labels."""
    root: str = ""
    """The folder that all inputs share; groups by file are named from there."""
    seed: int = 0
    """Draws the sample, the examples and the intervals."""
    careful: bool = False
    """Read again, with a larger encoder, the messages whose moves are in doubt."""

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "lenses": list(self.lenses), "root": writable(self.root)}


@dataclass(frozen=True)
class Span:
    """A stretch of a message's text, or a tool call, with what it does."""

    text: str
    moves: tuple[str, ...]
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """A conversation kept with its words, to be shown or judged."""

    rank: int
    """Its place in a random order that depends on the seed and the words alone."""
    key: str
    group: str
    source: str
    messages: tuple[tuple[int, str, str | None, tuple[Span, ...]], ...]
    """(index, role, name, spans)"""


@dataclass(frozen=True)
class Candidate:
    """A message or a conversation that the judge may be shown, with the lens's own verdict."""

    rank: int
    conversation: tuple[dict[str, Any], ...]
    """The messages up to and with the one to be judged, or all of them."""
    group: str
    verdict: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """What one piece gave."""

    piece: Piece
    name: str
    """Its files are `<name>.messages.parquet`, `<name>.conversations.parquet`, `<name>.counts.f32`,
    `<name>.rejects.jsonl`.
    """
    good: int
    bad: int
    unscored: dict[str, int]
    """Lens → how many messages or conversations it could not judge."""
    reasons: dict[str, int]
    """Reason of rejection → how often."""
    places: dict[str, tuple[str, ...]]
    """Reason of rejection → where, a few times."""
    figures: tuple[str, ...]
    examples: tuple[Example, ...] = ()
    candidates: dict[str, tuple[Candidate, ...]] = field(default_factory=dict[str, tuple[Candidate, ...]])
    """`messages` and `conversations` → what the judge may be shown, lowest rank first."""
    sides: tuple[Side, ...] = ()
    """Answers of preference pairs."""
