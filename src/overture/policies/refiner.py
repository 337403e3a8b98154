"""Rules for the mediator, distilled from what went wrong: an item solved when told at once and failed bit by bit.

In comes a store of `overture simulate sharded --protocol full,sharded`; out come rules, one a line, for
`Mediator(rules=…)`. Needs a model. Source: the refiner of Mediator–Assistant (arXiv 2602.07338). Easy to get wrong: a
rule that quotes its item is that item's answer leaking into every later rewriting, and rules are read by a model that
read outside text, so those with figures, names or quotations of their item, or too long, are dropped and counted, and
people should read the file before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from ..conversation import Conversation
from ..errors import ModelError
from ..models import Model
from ..models.verdicts import Unscored, ask
from ..simulate.store import Trial
from ..tasks.terms import stems
from .base import prompt
from .effects import words_of
from .mediator import as_text

LONGEST = 160
"""Characters of a rule at most."""
_CAPITAL = re.compile(r"\b[A-Z][a-z]+\b")
_OPENERS = frozenset(
    words_of("a all always any ask before carry do each every give if include keep make name never only put quote")
    + words_of("repeat say state take the use what when where who whatever write")
)
"""Words with which a rule may begin although a sentence of its item begins with them."""
_ALIKE = 0.7
"""Share of a rule's words in another from which they say the same."""


class Rules(BaseModel):
    """What the refiner answers."""

    model_config = ConfigDict(extra="forbid")
    rules: list[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """One item that was solved when told at once and failed when told bit by bit."""

    item: str
    full: Conversation
    failed: Conversation


@dataclass(frozen=True, slots=True)
class Refined:
    """What a refinement gave."""

    rules: tuple[str, ...]
    asked: int
    """Failures that the model was shown."""
    unreadable: int
    """Answers that were no list of rules."""
    dropped: int
    """Rules that quoted their item, were too long, or said what another says."""

    def to_text(self) -> str:
        """As `Mediator(rules=…)` reads it."""
        return "\n".join(f"- {rule}" for rule in self.rules) + "\n"


def failures(trials: Iterable[Trial], solved: float = 1.0, failed: float = 0.0) -> list[Failure]:
    """Items with a trial under `full` that scores at least `solved` and one under `sharded` at most `failed`."""
    told: dict[str, Conversation] = {}
    lost: dict[str, Conversation] = {}
    for trial in trials:
        score = (trial.outcome or {}).get("solved")
        if score is None or trial.conversation is None or trial.config.get("role") != "assistant":
            continue
        way = trial.config.get("protocol")
        if way == "full" and score >= solved:
            told.setdefault(trial.item, trial.conversation)
        elif way == "sharded" and score <= failed:
            lost.setdefault(trial.item, trial.conversation)
    return [Failure(item, told[item], lost[item]) for item in told if item in lost]


async def refine(model: Model, found: Sequence[Failure], rules: Sequence[str] = (), most: int = 12) -> Refined:
    """Rules from these failures, beginning with those given; at most `most`. A failed call counts as unreadable."""
    kept = list(rules)
    unreadable = dropped = asked = 0
    for failure in found:
        if len(kept) >= most:
            break
        asked += 1
        outside = {"full": as_text(failure.full), "failed": as_text(failure.failed)}
        shown = "\n".join(f"- {rule}" for rule in kept) or "(none)"
        try:
            verdict = await ask(model, prompt("refiner").filled({"rules": shown}, outside), Rules)
        except ModelError:
            unreadable += 1
            continue
        if isinstance(verdict, Unscored):
            unreadable += 1
            continue
        for rule in verdict.rules[:2]:
            rule = " ".join(rule.split()).lstrip("-• ")
            if len(kept) < most and general(rule, failure) and not any(_alike(rule, each) for each in kept):
                kept.append(rule)
            else:
                dropped += 1
    return Refined(tuple(kept), asked, unreadable, dropped)


def general(rule: str, failure: Failure) -> bool:
    """Whether a rule could hold for other items: no figures, no quotations, no names of this one."""
    if not rule or len(rule) > LONGEST or re.search(r"\d|[\"“”`<>{}]", rule):
        return False
    names = set(_CAPITAL.findall(as_text(failure.full)))
    first, _, others = rule.partition(" ")
    return not names & set(_CAPITAL.findall(others if first.lower() in _OPENERS else rule))


def _alike(one: str, other: str) -> bool:
    first, second = set(stems(one)), set(stems(other))
    return len(first & second) >= _ALIKE * min(len(first), len(second))
