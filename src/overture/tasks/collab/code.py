"""The task `code`: write a function for somebody who names it and tells bit by bit how it should behave.

In come how many and a seed; out comes a Task. A reply delivers iff it holds a function; the last one is put to tests
that nobody shows it, in the sandbox, and `solved` is the share of them that it passes. Easy to get wrong: tests that
never ran have not been passed, so the share is of all the asserts there are and not of those that were reached.
"""

from __future__ import annotations

import ast
from functools import cache

from pydantic import Field

from ...conversation import Conversation
from ..sandbox import VERSION as SANDBOX
from ..sandbox import run_tests
from ..sharded.answers import function
from ..task import Item, Setting, Task, Verdict
from .replies import VERSION as REPLIES
from .replies import last, replies, verdict
from .rows import Row, item_of, rows, task_of
from .speeches import speeches

VERSION = f"code 1, sandbox {SANDBOX}, replies {REPLIES}"
SOLVED = "Solved: the share of hidden tests that the last function delivered passes, 0 without any."
_COACHING = (
    "Write down two or three examples of what goes in and what should come out, decide what the edge cases are, and "
    "then take the examples one at a time until each of them works."
)


class CodeRow(Row):
    """A function that somebody wants. Each part has tests of its own, which a function ignorant of it does not pass."""

    entry: str = Field(pattern=r"^[a-z_]+$")
    tests: str = Field(min_length=1)
    """Asserts that hang on no part."""
    answer: str = Field(min_length=1)
    guess: str = Field(min_length=1)
    """A function that takes the request at its word."""


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` functions (all by default), evenly from the groups by `seed`. Raises UsageError on too many or few."""
    speaking = speeches(lambda item: _reply(item.data["answer"]), lambda item: _reply(item.data["guess"]), _COACHING)
    return task_of("code", built_in(), count, seed, check, VERSION, speaking, SOLVED)


@cache
def built_in() -> tuple[Item, ...]:
    """All functions, by group."""
    return tuple(_item(group, row) for group, row in rows("code", CodeRow))


def _item(group: str, row: CodeRow) -> Item:
    tests = "\n".join(each.strip() for each in (row.tests, *(part.tests for part in row.part)))
    data = {"entry": row.entry, "tests": tests, "answer": row.answer.strip(), "guess": row.guess.strip()}
    return item_of("code", group, row, data)


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved: tests passed ÷ tests. Own figures: `all_passed`, `delivered`.

    Raises SandboxUnavailable where nothing keeps a program off the network.
    """
    entry, tests = item.data["entry"], item.data["tests"]
    found = [function(reply, entry) for reply in replies(conversation)]
    made, count = last(found), asserts(tests)
    tested = await run_tests(made, tests, entry) if made is not None else None
    share = min(1.0, tested.passed / count) if tested else 0.0
    details = {"tests": count, "passed": 0, "error": None}
    if tested:
        details |= {"passed": tested.passed, "error": tested.error, "isolation": tested.isolation}
    return verdict(item, conversation, found, share, {"all_passed": (float(share == 1.0), 1.0)}, details)


def asserts(tests: str) -> int:
    """How many asserts there are, each at the top level and run once."""
    return sum(isinstance(node, ast.Assert) for node in ast.parse(tests).body)


def _reply(code: str) -> str:
    return f"Here it is.\n\n```python\n{code}\n```"
