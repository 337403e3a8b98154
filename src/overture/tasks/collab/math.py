"""The task `math`: work out a figure for somebody who asks for it before saying what it hangs on.

In come how many and a seed; out comes a Task. A reply delivers iff it gives a number as its answer; `solved` is whether
the last one given is exactly the right one. Each part holds one number and the formula takes them in order, `a`, `b`,
`c` …, so that the answer follows from what the user says. Easy to get wrong: the numbers of a reply that asks are often
the user's own, so only where nothing is asked may an unmarked number be the answer.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from pydantic import Field

from ...conversation import Conversation
from ...errors import DataError
from ..arithmetic import value_of
from ..listed import questions
from ..scoring.numbers import VERSION as NUMBERS
from ..scoring.numbers import extract_number
from ..task import Item, Setting, Task, Verdict
from .replies import VERSION as REPLIES
from .replies import last, replies, verdict
from .rows import Row, item_of, rows, task_of
from .speeches import speeches

VERSION = f"math 1, numbers {NUMBERS}, replies {REPLIES}"
SOLVED = "Solved: whether the last number that was given as the answer is exactly the right one."
LETTERS = "abcdefgh"
"""What the formulas call the parts, in order."""
_COACHING = (
    "Write down all the quantities that you have, decide which of them belong together, and work it out a step at a "
    "time, checking the units as you go."
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_BULLET = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)
_MARK = re.compile(r"\banswer\b|####|\\boxed", re.IGNORECASE)


class MathRow(Row):
    """A figure that somebody wants."""

    formula: str = Field(min_length=1)
    """Of `a`, `b`, `c` …, the numbers of the parts in order."""
    guess: str = Field(min_length=1)
    """The number that some plausible figures of one's own would give."""


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` problems (all by default), evenly from the groups by `seed`. Raises UsageError on too many or too few."""
    speaking = speeches(lambda item: _reply(item.data["answer"]), lambda item: _reply(item.data["guess"]), _COACHING)
    return task_of("math", built_in(), count, seed, check, VERSION, speaking, SOLVED)


@cache
def built_in() -> tuple[Item, ...]:
    """All problems, by group. Raises DataError on a formula that cannot be worked out."""
    return tuple(_item(group, row) for group, row in rows("math", MathRow))


def _item(group: str, row: MathRow) -> Item:
    try:
        answer = worked_out(row.formula, [number_in(part.value) for part in row.part])
    except (ValueError, SyntaxError, KeyError) as error:
        raise DataError(f"the formula of {row.id} cannot be worked out ({error}); mend the file") from error
    return item_of("math", group, row, {"answer": str(answer), "formula": row.formula, "guess": row.guess})


def number_in(value: str) -> str:
    """The one number of a part's value. Raises ValueError where there are more or none."""
    found = _NUMBER.findall(value)
    if len(found) != 1:
        raise ValueError(f"{value[:40]!r} holds {len(found)} numbers and not one")
    return found[0].replace(",", "")


def worked_out(formula: str, numbers: list[str]) -> Fraction:
    """The exact value of a formula. Raises KeyError on a letter that no part has, ValueError on no arithmetic."""
    return value_of(formula, dict(zip(LETTERS, map(value_of, numbers), strict=False)))


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved: 1 where the last number given is right, else 0. Own figures: `right_at_once`, `delivered`."""
    found = [number(reply) for reply in replies(conversation)]
    wanted, given = Fraction(item.data["answer"]), last(found)
    at_once = float(bool(found) and found[0] == wanted)
    details = {"answer": item.data["answer"], "given": None if given is None else str(given)}
    return verdict(item, conversation, found, float(given == wanted), {"right_at_once": (at_once, 1.0)}, details)


def number(reply: str) -> Fraction | None:
    """The number that a reply gives as its answer: marked, stated, or the last one of a reply that asks nothing."""
    loose = not questions(reply) and not _MARK.search(reply)
    found = extract_number(_BULLET.sub(" ", reply), allow_last=loose)
    return found.value if found else None


def _reply(answer: str) -> str:
    exact = Fraction(answer)
    plain = exact.numerator if exact.denominator == 1 else float(exact)
    written = str(plain) if Fraction(str(plain)) == exact else answer
    return f"That comes to this.\n\nAnswer: {written}"
