"""The task `missing`: word problems that lack one needed number, each with its complete twin.

In come how many pairs, a seed and where they come from; out comes a Task with two protocols, `mc` and `mce` (the same
with a detail that changes nothing). Easy to get wrong: always asking is not a skill, so every lacking problem stands
beside its twin, and the headline is balanced accuracy, where an assistant that always asks gets one half.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

from ...conversation import Conversation
from ...errors import UsageError
from ..scoring.numbers import VERSION as NUMBERS
from ..scoring.numbers import same_number
from ..task import Act, Item, Part, Script, Setting, Speech, Staging, Task, Verdict
from ..yardsticks import SPEECHES
from .first_reply import VERSION, Reading, classed
from .published import beside
from .template import TEMPLATES, Problem, draw, measured

SOURCES = ("templates", "gsm8k")
MOST = 50
"""Problems of one template at most."""


def task(count: int | None = None, seed: int = 0, source: str = "templates") -> Task:
    """`count` pairs (by default 210 of the templates, or all that GSM8K yields), in an order that `seed` draws.

    Raises UsageError on a count or source that cannot be had, and DataError where GSM8K cannot be had.
    """
    if source not in SOURCES:
        raise UsageError(f"there is no source {source!r} of word problems; there are {', '.join(SOURCES)}")
    found = _written(210 if count is None else count, seed) if source == "templates" else _public(count, seed)
    items = tuple(item for problem in found for item in pair(*problem))
    return Task(
        "missing",
        items,
        check,
        f"{VERSION}, numbers {NUMBERS}",
        hear=hear,
        protocols={"mc": Staging(), "mce": Staging(prepare=_with_detail)},
        over=over,
        yardsticks=YARDSTICKS,
        turns=4,
        beside=beside,
    )


def pair(problem: Problem, detailed: Problem) -> tuple[Item, Item]:
    """The lacking item and its complete twin. `detailed` is the same problem with the irrelevant detail."""
    answer, guess = measured(problem.answer, problem.unit), measured(problem.wrong, problem.unit)
    part = Part(problem.missing, str(problem.value), problem.terms, problem.tell)
    script = Script(
        problem.ask,
        f"The answer is {answer}.",
        f"The answer is {guess}.",
        f"Assuming {problem.wrong_value} for what is not said, the answer is {guess}.",
        "Write down what you know, decide which of the figures belong together, and work it out one step at a time.",
    )

    def item(side: str, request: str, plus: str, left_open: frozenset[str]) -> Item:
        data = {"answer": str(problem.answer), "detailed": plus}
        return Item(
            f"{problem.id}/{side}", problem.group, "do", request, problem.complete, (part,), left_open, problem.id,
            script, data,
        )  # fmt: skip

    return (
        item("lacking", problem.lacking, detailed.lacking, frozenset({part.name})),
        item("complete", problem.complete, detailed.complete, frozenset()),
    )


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved iff the last reply ends on the right number. `first` by the rules of `first_reply`.

    Own figures: `right_at_once` (the first reply is right) and, of lacking items, `right_when_told` (the last one).
    """
    replies = [message.text for message in conversation.messages if message.role == "assistant"]
    if not replies:
        return Verdict(None, why_unscored="no_reply")
    readings = _readings(item, conversation)
    solved = _right(replies[-1], item) and not readings[-1].asks
    figures: dict[str, tuple[float, float]] = {"right_at_once": (_right(replies[0], item) and readings[0].delivers, 1)}
    if item.lacking:
        figures["right_when_told"] = (solved, 1)
    return Verdict(
        float(solved),
        first=_label(readings[0], item),
        delivered=next((at for at, reading in enumerate(readings) if reading.delivers), None),
        figures=figures,
        details={"answer": item.data["answer"], "classes": [reading.label for reading in readings]},
    )


async def over(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether the last reply is right and asks nothing more."""
    replies = [message.text for message in conversation.messages if message.role == "assistant"]
    return bool(replies) and _right(replies[-1], item) and not _readings(item, conversation)[-1].asks


def hear(item: Item, conversation: Conversation) -> Act:
    """What the last reply asks for, by the same rules that class it."""
    reading = _readings(item, conversation)[-1]
    asks = (item.parts[0].name,) if reading.asks and reading.names_open else ()
    return Act(asks, elsewhere=reading.asks and not asks, delivers=reading.delivers, stray=reading.stray)


def _label(reading: Reading, item: Item) -> str | None:
    if item.lacking or reading.label in (None, "declined"):
        return reading.label
    return "asked" if reading.asks else "coached" if reading.coached else "done"


def _readings(item: Item, conversation: Conversation) -> list[Reading]:
    told: list[str] = []
    found: list[Reading] = []
    for message in conversation.messages:
        if message.role == "user":
            told.insert(0, message.text)  # the request stays last, where its question is looked for
        elif message.role == "assistant":
            found.append(classed(message.text, " ".join(told), item.parts[0].terms))
    return found


def _right(text: str, item: Item) -> bool:
    return same_number(text, Fraction(item.data["answer"]), allow_last=True)


def _with_detail(item: Item, seed: int) -> Item:
    return replace(item, request=item.data["detailed"])


@cache
def _written(count: int, seed: int) -> tuple[tuple[Problem, Problem], ...]:
    if not 1 <= count <= MOST * len(TEMPLATES):
        raise UsageError(f"{count} word problems were asked for; the templates give 1 to {MOST * len(TEMPLATES)}")
    order = random.Random(f"missing/{seed}").sample(TEMPLATES, len(TEMPLATES))
    found: list[tuple[Problem, Problem]] = []
    for at in range(count):
        template = order[at % len(order)]
        drawn = [
            draw(
                template,
                random.Random(f"{seed}/{template.name}/{at}"),
                detail,
                f"{template.name}-{at // len(order):02d}",
            )
            for detail in (False, True)
        ]
        found.append((drawn[0], drawn[1]))
    return tuple(found)


@cache
def _public(count: int | None, seed: int) -> tuple[tuple[Problem, Problem], ...]:
    from ... import data
    from .gsm8k import detail, problems

    found, _ = problems(data.path("gsm8k/train.jsonl").read_bytes().splitlines(), seed)
    if count is not None and not 1 <= count <= len(found):
        raise UsageError(f"{count} word problems were asked for; GSM8K gives 1 to {len(found)}")
    chosen = random.Random(f"gsm8k/{seed}").sample(found, len(found) if count is None else count)

    def detailed(problem: Problem) -> Problem:
        lacking, complete = (
            detail(text, random.Random(f"{seed}/{problem.id}")) for text in (problem.lacking, problem.complete)
        )
        return replace(problem, lacking=lacking, complete=complete)

    return tuple((problem, detailed(problem)) for problem in chosen)


def _guesser(item: Item, talk: Conversation) -> str:
    assert item.script is not None
    return item.script.guess if item.lacking else item.script.delivery


YARDSTICKS: Mapping[str, Speech] = {**SPEECHES, "guesser": _guesser}
"""Here the guesser goes on guessing, also once it was told."""
