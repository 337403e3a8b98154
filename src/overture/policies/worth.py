"""What a question is worth: the arithmetic of asking, going ahead, going ahead on a named assumption, looking it up, or
handing over a draft of what cannot be undone.

In come a probability that something is missing and what the request has at stake; out come the values of the five and
whether asking pays. Pure functions of numbers. Easy to get wrong: the comparison is with the *best* other move, so a
question that pays beside a silent guess may not pay beside a stand-in that the user is told of.

Ask question q if and only if

    answered x (after - now)  >  cost x (1 + asked)

where `after` is the expected value of the best move once q is answered, `now` that of the best other move at this
point, and `asked` how many questions the user has had already. With probability m that something is missing and h
that a guess hits,

    go ahead = (1 - m) + m (h + (1 - h) wrong)
    assume   = (1 - m) (1 - fuss) + m (h + (1 - h) named)
    look up  = 1 - m (1 - found)                              (only with a read-only tool)
    draft    = (1 - m) (1 - cost) + m (h (1 - cost) + (1 - h) drafted)   (only where the act cannot be undone)
    now      = max of these,   after = 1

A right result is worth 1; of a draft that is right the user's leave is still to be had, which costs them a turn. The
shape is the value of information (Howard 1966; for dialogue, Horvitz 1999); that going
ahead on a named assumption is a move of its own, and that each further question is dearer, are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a kind of request has at stake, a right result being worth 1."""

    wrong: float
    """Value of a result on a silent guess that is wrong."""
    named: float
    """Value of a result on a wrong assumption that the user is told of: what is left once they correct it."""
    cost: float
    """Of the user's first turn spent on answering."""
    hit: float = 0.25
    """Probability that a guess is right."""
    fuss: float = 0.02
    """Lost by naming an assumption where nothing was missing."""
    drafted: float | None = None
    """Value of a wrong draft, held back until the user has seen it; None where any result can be undone, and a draft is
    no move of its own."""


DEFAULTS: Mapping[str, Stakes] = MappingProxyType(
    {
        "irreversible": Stakes(wrong=-2.0, named=-1.5, cost=0.10, drafted=0.3),
        "reversible": Stakes(wrong=0.0, named=0.75, cost=0.15),
        "draft": Stakes(wrong=0.3, named=0.7, cost=0.15),
        "answer": Stakes(wrong=-0.5, named=0.3, cost=0.15, hit=0.1),
        "advice": Stakes(wrong=0.5, named=0.8, cost=0.2),
        "talk": Stakes(wrong=0.9, named=0.9, cost=0.3),
    }
)
"""Kind of request → its stakes. Set by hand: what is sent, paid or deleted cannot be taken back; a wrong number
misleads and is seldom hit by a guess; a draft is read before it is used; who only talks wants no questions."""


@dataclass(frozen=True, slots=True)
class Worth:
    """The values of the moves."""

    moves: Mapping[str, float]
    """`execute`, `assume`, `consult` where something could be looked up, `draft` where the act cannot be undone →
    expected value."""
    best: str
    gain: float
    """answered x (after - now): what asking adds."""
    price: float
    """cost x (1 + asked)."""

    @property
    def asks(self) -> bool:
        """Whether asking pays."""
        return self.gain > self.price


def worth(missing: float, stakes: Stakes, answered: float = 0.8, asked: int = 0, found: float | None = None) -> Worth:
    """Weigh one question. `missing`, `answered`: probabilities; `asked`: questions so far; `found`: probability that a
    tool at hand yields the missing thing, None where there is none. Raises ValueError on what is no probability."""
    for name, value in (("missing", missing), ("answered", answered), ("found", found or 0.0), ("hit", stakes.hit)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, which is no probability")
    hit, miss = stakes.hit, 1 - stakes.hit
    moves = {
        "execute": 1 - missing + missing * (hit + miss * stakes.wrong),
        "assume": (1 - missing) * (1 - stakes.fuss) + missing * (hit + miss * stakes.named),
    }
    if found is not None:
        moves["consult"] = 1 - missing * (1 - found)
    if stakes.drafted is not None:
        right = 1 - stakes.cost
        moves["draft"] = (1 - missing) * right + missing * (hit * right + miss * stakes.drafted)
    best = max(moves, key=lambda name: moves[name])
    return Worth(moves, best, answered * (1 - moves[best]), stakes.cost * (1 + asked))
