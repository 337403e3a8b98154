"""What the lens saw in one reply: its segments, each with its moves, and the moves of the whole.

In come items and replies; out comes a Seen for each, in order. The check and the page both read it, so the lens looks
once. Easy to get wrong: the lens judges a reply in its place, so it is shown the request too, and only the reply is
handed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from ..conversation import Conversation, Message


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a reply that does one thing."""

    start: int
    end: int
    """Offsets into the reply's text."""
    text: str
    moves: frozenset[str]
    """Those whose probability passes the lens's threshold, in this segment alone."""
    eliciting: float
    """The largest probability among clarify, elicit and check."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A reply as the lens sees it."""

    scored: bool
    """Whether the lens could judge it at all."""
    segments: tuple[Segment, ...]
    moves: frozenset[str]
    unasked: frozenset[str]


ASKING = ("clarify", "elicit", "check")
"""The moves that ask for what a request needs. A `probe` asks about the person, so it needs a question mark to
count."""


@cache
def version() -> str:
    """16 hex digits of the lens's weights and vocabulary; part of the identity of every trial that it judges."""
    digest = blake2b(digest_size=8)
    for name in ("moves.npz", "vocabulary.txt"):
        digest.update((files("overture.lenses") / "weights" / name).read_bytes())
    return digest.hexdigest()


def see(openings: Sequence[Conversation], replies: Sequence[Message]) -> list[Seen]:
    """The lens `moves` over replies, each after its own opening. Tool calls are not looked at."""
    from ..lenses.batch import lay_flat
    from ..lenses.moves import NAMES, look, weights

    batch = lay_flat([opening.then(reply) for opening, reply in zip(openings, replies, strict=True)])
    scores = look(batch)
    threshold = weights().threshold[: len(NAMES)]
    asking = [NAMES.index(name) for name in ASKING]
    bounds = batch.first_segment
    out: list[Seen] = []
    last = -1
    for opening in openings:
        last += len(opening) + 1
        text = batch.messages[last].text
        segments: list[Segment] = []
        for at in range(int(bounds[last]), int(bounds[last + 1])):
            start, end = int(batch.starts[at]), int(batch.ends[at])
            if start < 0:
                continue
            chances = scores.segment[at]
            moves = frozenset(name for k, name in enumerate(NAMES) if chances[k] >= threshold[k])
            segments.append(Segment(start, end, text[start:end], moves, float(chances[asking].max())))
        made = frozenset(name for k, name in enumerate(NAMES) if scores.made[last, k])
        unasked = frozenset(name for k, name in enumerate(NAMES) if scores.made_unasked[last, k])
        out.append(Seen(bool(scores.scored[last]), tuple(segments), made, unasked))
    return out


def looks(conversation: Conversation) -> dict[int, Seen]:
    """Place of each of the assistant's messages → what the lens saw in it. One look for all of them."""
    at = [place for place, message in enumerate(conversation.messages) if message.role == "assistant"]
    before = [Conversation(conversation.messages[:place]) for place in at]
    return dict(zip(at, see(before, [conversation.messages[place] for place in at]), strict=True))
