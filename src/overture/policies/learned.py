"""What an answer is worth and what a question costs, read off trials instead of set by hand.

In come trials of the same requests, some in which the assistant asked and was told and some in which it went ahead;
out comes a Learned: how often a question was answered, what the answer added to the result, what asking took, and the
settings of `worth_asking` that follow. Only the ratio of cost to gain decides whether to ask, so one number is learned,
`cost`: how much dearer than by hand a question is in units of what its answer adds. Easy to get wrong: who was asked
was asked about the harder requests, so a request counts only where it was put both ways; and a check gives 0 for a
wrong booking and not the harm of it, so how kinds of request stand to each other stays as it was set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from ..simulate.store import Trial
from .worth import DEFAULTS, worth
from .worth_asking import kind_of

LEAST = 20
"""Requests put both ways from which something is learned."""
PRIOR, ANSWERED = 10, 0.8
"""Questions that the share of answered ones, as it is set by hand, counts for."""
DEAREST, CHEAPEST = 10.0, 0.05
"""Times the costs set by hand. The first is also what is learned where answers add nothing."""
Priced = Callable[[Trial], tuple[float, float]]
"""A trial's result, and what it took, in the same units."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What trials say of asking."""

    answered: float
    """Probability that a question is answered, drawn towards ANSWERED."""
    gain: float
    """What an answer added to the result, mean over requests."""
    price: float
    """What asking took beyond going ahead, likewise."""
    cost: float
    """As `worth_asking` takes it."""
    requests: int

    def spec(self, candidate: str) -> str:
        """The candidate with what was learned set in `worth_asking`."""
        return candidate.replace("worth_asking", f"worth_asking:answered={self.answered:.2f}:cost={self.cost:.2f}", 1)


def learned(trials: Iterable[Trial], priced: Priced) -> Learned | None:
    """Learn from trials of requests that lack something; None where fewer than LEAST were put both ways."""
    told: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    ahead: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    stated: dict[tuple[str, str], float] = {}
    asked = heard = 0
    for trial in trials:
        done = trial.outcome or {}
        if trial.conversation is None or not done.get("necessary") or done.get("solved") is None:
            continue
        where = (trial.task, trial.item)
        if done.get("first") != "asked":
            ahead[where].append(priced(trial))
            continue
        asked += 1
        if done["covered"]:
            heard += 1
            told[where].append(priced(trial))
            kind = DEFAULTS[kind_of(trial.conversation)]
            by_hand = worth(1.0, kind, answered=1.0)
            stated[where] = by_hand.price / max(by_hand.gain, 1e-9)
    both = [where for where in told if where in ahead]
    if len(both) < LEAST:
        return None
    gain, price = (
        fmean(fmean(each[n] for each in told[w]) - fmean(each[n] for each in ahead[w]) for w in both) for n in (0, 1)
    )
    ratio = max(price, 0.0) / gain if gain > 0 else float("inf")
    cost = min(DEAREST, max(CHEAPEST, ratio / fmean(stated[w] for w in both)))
    return Learned((heard + PRIOR * ANSWERED) / (asked + PRIOR), gain, price, cost, len(both))
