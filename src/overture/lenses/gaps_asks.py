"""What the second reader of the lens `gaps` says beside its probability: what to ask for, and which words are open.

In come a Cut and what the reader makes of its tokens; out come Words, the one stretch of a user's message that most
probably leaves the missing thing open. Easy to get wrong: often no words do, because it is just not said ("Book a table
for four"), so none competes with every stretch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .context import Floats
from .gaps import KINDS
from .gaps_pieces import Cut

FINER = {
    "people": "amount",
    "duration": "time",
    "route": "place",
    "country": "place",
    "recipient": "who",
    "referent": "which",
    "message": "text",
    "budget": "money",
    "sort": "taste",
    "level": "form",
    "language": "form",
    "topic": "purpose",
    "situation": "purpose",
}
"""How many people; how long or how often; from where to where; where the user lives or is; to whom it goes; what a word
such as "it" stands for; what a text to be written should say; what may be spent; what kind of thing is had in mind; for
how much knowledge or in how much detail; in which language; what something is to be about; what has happened or how
things are with the user."""
ASKS = {**{kind: kind for kind in KINDS}, **FINER}
"""Name → kind. Under its own name a kind is all that is not finer."""
NAMES = tuple(ASKS)
LONGEST = 12
"""Tokens of a stretch."""
LEAST_ASK, LEAST_BOTH, LEAST_WORDS = 0.5, 0.4, 0.4
"""Probability from which the likeliest kind stands out, from which the likeliest two together do, and from which words
do. Chosen on the split `valid`: docs/results/gate.md."""


@dataclass(frozen=True, slots=True)
class Words:
    """A stretch of a message."""

    message: int
    start: int
    end: int
    sure: float
    """Probability that it, or a stretch that shares half of both together, leaves the missing thing open."""


def left_open(cut: Cut, scores: Floats) -> Words | None:
    """The likeliest stretch, from (T, 4) scores of each token: as the first of a stretch, as the last, as one within,
    and (the first token's counts) that there is none. None where no user's token is read."""
    first, last = stretches(cut)
    if not len(first):
        return None
    total = stretch_scores(scores, first, last)
    most = max(total.max(), scores[0, 3])
    share = np.exp(total - most)
    share /= share.sum() + np.exp(scores[0, 3] - most)
    best = int(total.argmax())
    both = np.minimum(last, last[best]) - np.maximum(first, first[best]) + 1
    either = np.maximum(last, last[best]) - np.minimum(first, first[best]) + 1
    (message, start, _), (_, _, end) = cut.places[first[best]], cut.places[last[best]]
    return Words(message, start, end, float(share[2 * both >= either].sum()))


def stretches(cut: Cut) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last token of every stretch of at most LONGEST within a sentence of the user's."""
    message = np.array([place[0] if who == 0 else -1 for place, who in zip(cut.places, cut.who, strict=True)])
    first = np.repeat(np.arange(len(message)), LONGEST)
    last = first + np.tile(np.arange(LONGEST), len(message))
    inside = last < len(message)
    first, last = first[inside], last[inside]
    stops = np.cumsum([0, *cut.stops])
    own = (message[first] >= 0) & (message[first] == message[last]) & (stops[first] == stops[last + 1])
    return first[own], last[own]


def stretch_scores(scores: Floats, first: NDArray[np.int64], last: NDArray[np.int64]) -> Floats:
    """What a stretch's first token, its last and all of them together give it."""
    until = np.concatenate([np.zeros(1, np.float32), np.cumsum(scores[:, 2])])
    return scores[first, 0] + scores[last, 1] + until[last + 1] - until[first]


def likeliest(asks: Floats) -> tuple[str, ...]:
    """Of (asks,) probabilities, the likeliest name of the kind that stands out; of the first two kinds where only both
    together do; else none."""
    best: dict[str, tuple[float, float, str]] = {}
    for name, p in zip(NAMES, asks.tolist(), strict=True):
        total, most, first = best.get(ASKS[name], (0.0, -1.0, ""))
        best[ASKS[name]] = (total + p, *max((most, first), (p, name)))
    (one, _, first), (two, _, second) = sorted(best.values(), reverse=True)[:2]
    if one >= LEAST_ASK:
        return (first,)
    return (first, second) if one + two >= LEAST_BOTH else ()
