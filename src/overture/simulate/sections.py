"""What a checkup puts to a model: five kinds of conversation, each a task in the smallest form that shows the decision.

In come names, sizes and a seed; out come Sections, each a task as it is put here, with the figures shown of it. Easy to
get wrong: one reply cannot show what asking was worth and a whole talk costs ten times as much, so requests are judged
on the first reply, and only word problems, instructions in pieces and trips are talked through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..errors import UsageError
from ..tasks import named, pairs
from ..tasks.task import Task, once
from .tallies import LACKING

FIRST = ("asked_in_need", "asked_needlessly", "balanced_accuracy", *LACKING)
COSTS = ("turns", "user_words", "assistant_tokens", "reply_seconds")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of conversation before anything is drawn."""

    about: str
    """What it puts to the model, a sentence for people."""
    load: Callable[[int, int], Task]
    """(count, seed) → the task."""
    few: int
    """Requests, pairs, problems, instructions or trips by default."""
    most: int
    """The large sample, which `--full` takes."""
    figures: tuple[str, ...]
    """Those that are shown, in order."""
    unit: str
    """What is counted."""
    protocol: str | None = None
    turns: int | None = None
    once: bool = False
    """Whether the first reply ends it."""
    of: int | None = None
    """How many there are; None where as many are made as are asked for."""


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of conversation with its items drawn."""

    name: str
    kind: Kind
    task: Task
    count: int

    @property
    def sampled(self) -> str:
        """How many of how many, in words."""
        of = self.kind.of
        many = f"All {of}" if self.count == of else f"{self.count} of {of}" if of else f"{self.count}"
        return f"{many} {self.kind.unit}"

    @property
    def protocol(self) -> str:
        return self.task.way(self.kind.protocol)


def _math(count: int, seed: int) -> Task:
    from ..tasks import sharded

    return sharded.task(count, seed, kinds=("math",))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "pairs": Kind(
            "A request that lacks something is put beside its complete twin, in eight domains; the first reply is "
            "judged.",
            pairs.task,
            32,
            100,
            (
                *FIRST,
                "done",
                "coached",
                "overstepped",
                "trailing",
                "trail_instead",
                "assistant_tokens",
                "reply_seconds",
            ),
            "pairs",
            turns=1,
            once=True,
            of=100,
        ),
        "doing": Kind(
            "A request to have a thing done is put beside a question how it is done; the first reply is judged.",
            lambda count, seed: named.load("doing", count, seed),
            10,
            100,
            ("done", "coached", "overstepped", "asked_needlessly", "trailing", "assistant_tokens", "reply_seconds"),
            "requests to have a thing done",
            turns=1,
            once=True,
        ),
        "missing": Kind(
            "A word problem that lacks a number is put beside its complete twin, and talked through: the user gives "
            "the number when it is asked for.",
            lambda count, seed: named.load("missing", count, seed),
            12,
            100,
            (*FIRST, "solved", "right_at_once", "right_when_told", "coverage", "wasted", *COSTS),
            "pairs of word problems",
        ),
        "sharded": Kind(
            "An instruction of arithmetic is said piece by piece, and talked through.",
            _math,
            4,
            12,
            ("solved", "asked_in_need", "guessed", "coverage", "wasted", *COSTS),
            "instructions in pieces",
            protocol="sharded",
            turns=8,
        ),
        "travel": Kind(
            "A traveller lets on what they prefer only when asked well; the assistant can search and book.",
            lambda count, seed: named.load("travel", count, seed),
            3,
            60,
            ("solved", "correct", "best", "elicited_actively", "elicited_passively", "answered", "wasted", *COSTS),
            "trips",
            turns=10,
        ),
    }
)
"""Every kind by name, in the order in which they are put and shown."""


def draw(
    names: Sequence[str] = (), counts: Mapping[str, int] | None = None, full: bool = False, seed: int = 0
) -> list[Section]:
    """The sections of these names (all by default), each in its small sample or with `full` in its large one; `counts`
    overrides either.

    Raises UsageError on a name that means nothing and on a count that cannot be had.
    """
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise UsageError(f"a checkup has no part {unknown[0][:40]!r}; there are {', '.join(KINDS)}")
    found: list[Section] = []
    for name, kind in KINDS.items():
        if names and name not in names:
            continue
        count = (counts or {}).get(name) or (kind.most if full else kind.few)
        task = kind.load(count, seed)
        found.append(Section(name, kind, replace(task, over=once) if kind.once else task, count))
    return found
