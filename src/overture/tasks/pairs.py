"""The built-in pairs: a hundred requests that lack one necessary part, each with its complete twin, in eight domains.

In comes `pairs.jsonl`, written by hand for Overture (a row says what is missing, how a question can name it, and what
assistants of known behaviour would reply); out comes a Task of two items a row. Easy to get wrong: a sample must keep
the twins together and the domains even, or the two errors are measured on different requests.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import DataError
from .delivered import delivered, version
from .task import Item, Part, Script, Task
from .written import drawn
from .yardsticks import SPEECHES

SOLVED = (
    "Solved: the last reply delivers while nothing needed is open. It says that the thing was made with everything "
    "said, not that it was made rightly: these results are not checked."
)


class PartRow(BaseModel):
    """The missing part, as the file gives it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1)
    value: str = Field(min_length=1)
    terms: list[str] = Field(min_length=1)


class PairRow(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z]+-\d\d$")
    domain: str = Field(min_length=1)
    kind: Literal["do", "learn", "decide", "be_heard"]
    lacking: str = Field(min_length=1)
    complete: str = Field(min_length=1)
    part: PartRow
    question: str = Field(min_length=1)
    delivery: str = Field(min_length=1)
    guess: str = Field(min_length=1)
    assumed: str = Field(min_length=1)
    coaching: str = Field(min_length=1)


def rows(content: bytes, name: str = "pairs.jsonl") -> list[PairRow]:
    """Check and read the lines of a pairs file. Raises DataError naming the line and the field that is wrong."""
    found: list[PairRow] = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            found.append(PairRow.model_validate(orjson.loads(line)))
        except (orjson.JSONDecodeError, ValidationError) as error:
            place = (
                ".".join(str(at) for at in error.errors()[0]["loc"]) if isinstance(error, ValidationError) else "JSON"
            )
            raise DataError(f"line {number} of {name} is not a pair: see {place}") from error
    if len({row.id for row in found}) < len(found):
        raise DataError(f"two lines of {name} have the same id; give each its own")
    return found


def items_of(row: PairRow) -> tuple[Item, Item]:
    """The lacking item and its complete twin."""
    part = Part(row.part.name, row.part.value, tuple(row.part.terms), _told(row.part.name, row.part.value))
    script = Script(row.question, row.delivery, row.guess, row.assumed, row.coaching)

    def item(side: str, request: str, left_open: frozenset[str]) -> Item:
        return Item(f"{row.id}/{side}", row.domain, row.kind, request, row.complete, (part,), left_open, row.id, script)

    return item("lacking", row.lacking, frozenset({part.name})), item("complete", row.complete, frozenset())


def _told(name: str, value: str) -> str:
    """A part as a person notes it down: `Values: 4, 8, 15.`"""
    plain = name.removeprefix("the ")
    return f"{plain[:1].upper()}{plain[1:]}: {value.rstrip('.')}."


@cache
def built_in() -> tuple[PairRow, ...]:
    """The rows that come with the package."""
    return tuple(rows((files("overture.tasks") / "pairs.jsonl").read_bytes()))


def task(count: int | None = None, seed: int = 0) -> Task:
    """The task of `count` pairs (all by default), drawn evenly from the domains by `seed`, in the file's order.

    Where `count` does not divide evenly, the domains that get one more are drawn too. Raises UsageError on a count that
    cannot be had.
    """
    chosen = drawn(built_in(), count, seed, lambda row: row.domain, "pairs")
    items = tuple(item for row in chosen for item in items_of(row))
    return Task("pairs", items, delivered, version(), yardsticks=SPEECHES, turns=6, solved_means=SOLVED)
