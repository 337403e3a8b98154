"""What is this answer worth? One check for each kind, all giving a score in 0…1 or the reason why there is none.

In come an item and the answer that `answers.extract` found; out comes a Score. Numbers, queries and calls are judged
here and now; code needs the sandbox and summaries a judge, which are handed in, and without them such an answer is
unscored and never zero. Easy to get wrong: what counts for a conversation is its last attempt, but it ends at the
first that is right (`settle`), as in the public code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...models.base import Model
from ..scoring.numbers import VERSION as NUMBERS
from ..wording import VERSION as WORDING
from . import calls, queries
from .shapes import GRADED, CallCheck, CodeCheck, JudgeCheck, NumberCheck, QueryCheck, Sharded, TextCheck

VERSION = f"4, numbers {NUMBERS}, wording {WORDING}"
"""Changes whenever some answer would be scored differently; part of every trial's identity. The sandbox's own version
is not in it: where a change of that changes the tests' verdict on some solution, this is raised too."""

Tester = Callable[[str, str, str], Awaitable["Score"]]
"""`await tester(solution, tests, entry)`: the sandbox."""


@dataclass(frozen=True, slots=True)
class Score:
    """The worth of one answer."""

    value: float | None
    """0…1; None: unscored, which is counted and never a number."""
    why: str = ""
    """Why it is not 1, or why there is none."""
    isolation: str = ""
    """What kept the code in that was run for it; empty: none was."""


async def score(item: Sharded, answer: str | None, tester: Tester | None = None, judge: Model | None = None) -> Score:
    """Judge an answer; no answer scores 0. Raises ModelError where the judge cannot be reached at all."""
    if answer is None:
        return Score(0.0, "no answer was attempted")
    check = item.check
    if isinstance(check, CodeCheck):
        if tester is None:
            return Score(None, "code is only run in the sandbox, and there is none")
        return await tester(answer, check.tests, check.entry)
    if isinstance(check, JudgeCheck):
        from .summaries import judged

        if judge is None:
            return Score(None, "a summary is scored by a judge; name one with --judge")
        return await judged(check, answer, judge)
    return plainly(check, answer)


def plainly(check: NumberCheck | QueryCheck | CallCheck | TextCheck, answer: str) -> Score:
    """The checks that need nobody else. Pure, but for an sqlite database in memory."""
    match check:
        case NumberCheck():
            return _binary(*_number(check, answer))
        case QueryCheck():
            try:
                return _binary(*queries.agrees(check, answer))
            except queries.BadQuery as error:
                return Score(None, f"the item's own query fails: {error}")
        case CallCheck():
            return _binary(*calls.agrees(check, answer))
        case TextCheck():
            return Score(bleu(answer, check.references))


def _number(check: NumberCheck, answer: str) -> tuple[bool, str]:
    try:
        given = Fraction(answer.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return False, "not a number"
    return given == check.exact, "another number"


def _binary(right: bool, why: str) -> Score:
    return Score(1.0) if right else Score(0.0, why)


def bleu(text: str, references: Sequence[str]) -> float:
    """BLEU of one text against its references, 0…1: sacrebleu's corpus BLEU with its own tokens, divided by 100."""
    import sacrebleu

    value = sacrebleu.corpus_bleu([text.strip()], [[reference.strip()] for reference in references]).score
    return min(1.0, max(0.0, value / 100))


def ends(item: Sharded, found: Score) -> bool:
    """Whether a conversation ends with this attempt: it is right. A graded kind goes on until all is said."""
    return item.kind not in GRADED and found.value == 1.0


def settle(item: Sharded, attempts: Sequence[Score]) -> Score:
    """The score of a conversation from its attempts, in order: the first that is right, or else the last; 0 if none."""
    for found in attempts:
        if ends(item, found):
            return found
    return attempts[-1] if attempts else Score(0.0, "no answer was attempted")
