"""What a simulation will take before it is run: calls, tokens and money, as expected and at most.

In come experiments; out come Estimates, with no call made and nothing written. Easy to get wrong: every turn sends the
whole conversation again, so prompt tokens grow with the square of the turns; an assistant with tools is asked again
after every round of calls; and what the store already holds is not asked again, which this does not know, so it is the
cost of a fresh run. What a policy asks beside the replies themselves is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from ..models.patience import Price
from ..tasks.task import Item
from ..users.spoken import ATTEMPTS
from .engine import Experiment
from .relay import STEPS
from .seats import Seat

LETTERS = 4
"""Letters of a token, about, in English."""
USUAL = 0.5
"""Share of `max_tokens` that a reply is expected to take."""
PROMPT = 350
"""Tokens of a prompt by which a model plays a user or a judge, beside the conversation in it."""
SPOKEN = 40
"""Tokens of what a user says."""
TOLD = 250
"""Tokens of what a tool answers."""
CALLED = 3
"""Rounds of tool calls that a trial with tools is expected to take."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one role takes."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """None: no price is known."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in ("calls", "prompt_tokens", "completion_tokens", "cost")}


def estimate(
    experiments: Iterable[Experiment], prices: dict[str, Price | None], most: bool = False
) -> dict[str, Estimate]:
    """Role → what it takes; `prices` by role. `most`: every trial runs to its cap with replies of full length."""
    sums: dict[str, list[int]] = {}
    for experiment in experiments:
        for item, run in experiment.places:
            put = experiment.put(item, run)
            for seat in experiment.seats:
                for at, count in enumerate(_trial(experiment, seat, put, most)):
                    sums.setdefault(seat.role, [0, 0, 0])[at] += count
    return {
        role: Estimate(calls, prompt, made, price.of(prompt, made) if (price := prices.get(role)) else None)
        for role, (calls, prompt, made) in sums.items()
    }


def _trial(experiment: Experiment, seat: Seat, item: Item, most: bool) -> tuple[int, int, int]:
    cap = experiment.turns or item.turns or experiment.task.turns
    turns = cap if most else min(cap, 1 + len(item.open))
    longest = experiment.assistant.sampling.max_tokens if experiment.assistant.sampling else 512
    reply = longest if most else int(longest * USUAL)
    opening = (len(item.system) + len(item.request)) // LETTERS
    tools = experiment.task.tools(item).schemas if experiment.task.tools else ()
    if seat.role == "assistant" and tools:
        asked = turns * STEPS if most else turns + CALLED
        opening += len(orjson.dumps(list(tools))) // LETTERS
        return asked, asked * opening + (asked * (asked - 1) // 2) * (reply + TOLD), asked * reply
    grown = turns * opening + (turns * (turns - 1) // 2) * (reply + SPOKEN)
    if seat.role == "judge":
        return 1, PROMPT + opening + turns * (reply + SPOKEN), SPOKEN * 4
    if seat.role == "user":
        times = ATTEMPTS if most else 1
        return times * turns, times * (turns * PROMPT + grown), times * turns * SPOKEN * 2
    return turns, grown, turns * reply
