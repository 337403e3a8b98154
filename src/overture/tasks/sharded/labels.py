"""Which of the paper's seven labels does a turn of the assistant get?

In come a reply, its item and what the lens `moves` saw in it; out comes a Label. The scheme in `moves.py` says how
each label reads in moves; it is read here the other way round, and the paper's own distinctions that no move makes
(one question or several, short or long, an answer that could be taken as it stands) are made by the form. Easy to get
wrong: a turn that asks and answers is an attempt, because the paper evaluates it, so the label alone does not say that
nothing was asked; `asks` does. Departs from the paper, where a model labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ...conversation import Conversation, Message
from ...schemes import SCHEMES
from ..classify import SURE
from ..listed import Listed, listed
from ..seeing import Seen, Segment, looks
from ..wording import OFFERS, TRAILS, apart, blanked
from .answers import extract, hedges, user_words
from .shapes import Sharded

LABELS: tuple[str, ...] = tuple(SCHEMES["lost_in_conversation"].labels)
"""The seven, in the scheme's order."""

BY_MOVE: Mapping[str, str] = MappingProxyType(
    {move: label for label, moves in SCHEMES["lost_in_conversation"].labels.items() for move in moves}
)
"""The scheme the other way round: move → label."""

SHORT = 100
"""Words; a longer turn with one question is a discussion."""


REFUSES = re.compile(
    r"\b(?:i|we)(?:'m| am| are)? (?:can't|cannot|can not|could not|couldn't|won't|will not|not able to|unable to)\b",
    re.IGNORECASE,
)
"""The plainest wordings of a refusal, so that a verdict does not hang on one threshold of the lens."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a turn is."""

    name: str | None
    """One of LABELS; None where the lens could not judge the turn and its form does not tell."""
    answer: str | None
    """The answer that it attempts; not None for `answer-attempt` alone."""
    questions: int
    """Questions put to the user, offers and drafts aside."""
    asked: str = ""
    """The words in which it asks."""

    @property
    def asks(self) -> bool:
        return self.questions > 0


def label(item: Sharded, reply: Message, seen: Seen, said: str) -> Label:
    """The label of one turn; `said` is all that the user has said before it.

    In order: empty is missing; several answers under conditions are hedging; an answer is an attempt; one short
    question is a clarification, several are an interrogation; then the lens: declining is refusing, assuming hedging,
    all else discussion.
    """
    text = reply.text
    if not text.strip():
        return Label("missing", None, 0)
    spoken = blanked(text, apart(text)).replace("’", "'")
    lists = listed(spoken)
    asking = [segment for segment in seen.segments if _asks(segment, spoken, lists)]
    count = sum(max(1, spoken[segment.start : segment.end].count("?")) for segment in asking)
    wording = "\n".join(segment.text for segment in asking)
    if hedges(item, text, said):
        return Label("hedging", None, count, wording)
    answer = extract(item, text, said)
    if answer is not None:
        return Label("answer-attempt", answer, count, wording)
    if count == 1 and len(text.split()) < SHORT:
        return Label("clarification", None, count, wording)
    if count > 1:
        return Label("interrogation", None, count, wording)
    if not seen.scored:
        return Label(None, None, count, wording)
    made = {BY_MOVE[move] for move in seen.moves if move in BY_MOVE}
    if not count and ("refuse" in made or REFUSES.search(spoken)):
        return Label("refuse", None, count, wording)
    return Label("hedging" if "hedging" in made else "discussion", None, count, wording)


def labels(item: Sharded, conversation: Conversation) -> list[Label]:
    """The label of each assistant turn. One look through the lens for all of them."""
    return [
        label(item, conversation.messages[at], seen, user_words(conversation.messages[:at]))
        for at, seen in looks(conversation).items()
    ]


def _asks(segment: Segment, spoken: str, lists: Sequence[Listed]) -> bool:
    """A sentence that leads into a list asks nothing of its own; each item of the list does."""
    if any(start < segment.end and segment.start < end for one in lists for start, end in one.items):
        return True
    if any(segment.start <= one.lead[0] < segment.end for one in lists):
        return False
    words = spoken[segment.start : segment.end]
    if TRAILS.search(words) or OFFERS.search(words):
        return False
    return "?" in words or (segment.eliciting >= SURE and len(words.split()) > 2)
