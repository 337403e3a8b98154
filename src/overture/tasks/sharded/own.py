"""The sharded instructions that come with Overture: written by hand, for every kind of check.

In come the TOML files in `items/`, one for each kind; out come Sharded items. A number is given as its formula, so that
the answer follows from what the shards say; every other kind has an answer that its check accepts and a guess that it
does not. Easy to get wrong: a shard that the check does not depend on is no part; the tests take shards' values away.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ...errors import DataError
from ..arithmetic import value_of
from ..written import rows_in
from .protocols import prompt
from .shapes import (
    IN_ORDER,
    KINDS,
    CallCheck,
    Check,
    CodeCheck,
    Insight,
    JudgeCheck,
    NumberCheck,
    QueryCheck,
    Shard,
    Sharded,
    TextCheck,
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ShardRow(_Strict):
    """One shard, as a file gives it; `terms` has commas between them."""

    name: str = Field(min_length=1)
    says: str = Field(min_length=1)
    value: str = ""
    terms: str = ""


class InsightRow(_Strict):
    """One finding of a summary."""

    id: str
    says: str
    documents: list[int] = Field(min_length=1)


class ItemRow(_Strict):
    """One instruction; which fields it needs depends on the kind."""

    id: str = Field(pattern=r"^[a-z_]+-\d\d$")
    full: str = ""
    shards: list[ShardRow] = []
    pieces: list[str] = []
    question: str = ""
    formula: str = ""
    answer: str = ""
    guess: str = Field(min_length=1)
    entry: str = ""
    signature: str = ""
    tests: str = ""
    schema_: str = Field(default="", alias="schema")
    columns_free: bool = True
    rows_ordered: bool = False
    functions: list[str] = []
    also: dict[str, list[str]] = {}
    references: list[str] = []
    insights: list[InsightRow] = []


@cache
def items(kind: str | None = None) -> tuple[Sharded, ...]:
    """The items of one kind, or all of them in the order of KINDS."""
    if kind is None:
        return tuple(item for each in KINDS for item in items(each))
    return read(kind, (files("overture.tasks.sharded") / "items" / f"{kind}.toml").read_text("utf-8"))


def read(kind: str, text: str) -> tuple[Sharded, ...]:
    """The items in a file's text. Raises DataError naming the item and the field that is wrong."""
    found = rows_in(f"{kind}.toml", text, lambda raw, one: _item(kind, ItemRow.model_validate(one), raw))
    if len({item.id for item in found}) < len(found):
        raise DataError(f"two items of {kind}.toml have the same id; give each its own")
    return tuple(found)


def _item(kind: str, row: ItemRow, raw: dict[str, Any]) -> Sharded:
    check, answer, guess = _check(kind, row, raw)
    if kind in IN_ORDER:
        pieces = list(row.pieces)
        if row.question:
            pieces[0] = f"My question: {row.question}\n\n{pieces[0]}"
        full = in_full(kind, pieces)
        shards = in_pieces(pieces)
    else:
        full = row.full
        shards = tuple(
            Shard(one.name, one.value, tuple(term.strip() for term in one.terms.split(",") if term.strip()), one.says)
            for one in row.shards
        )
    if len(shards) < 2 or not full or not answer:
        raise ValueError("it needs a whole instruction, at least two shards and an answer")
    return Sharded(row.id, kind, full, shards, check, answer, guess)


def in_pieces(pieces: list[str]) -> tuple[Shard, ...]:
    """Material as shards. Nobody asks for a piece by name, so it has no terms."""
    return tuple(Shard(f"part {at}", text, (), text) for at, text in enumerate(pieces, 1))


def in_full(kind: str, pieces: list[str]) -> str:
    """Material as one instruction."""
    joint = " " if kind == "translation" else "\n\n"
    return prompt(f"sharded_{kind}_full").filled({"material": joint.join(pieces)}, {}).strip()


def _check(kind: str, row: ItemRow, raw: dict[str, Any]) -> tuple[Check, str, str]:
    """(check, the answer, the guess), the last two as an assistant would write them."""
    match kind:
        case "math":
            exact = value_of(row.formula)
            written = str(exact.numerator) if exact.denominator == 1 else str(float(exact))
            return NumberCheck(str(exact)), f"Answer: {written}", f"Answer: {row.guess}"
        case "code":
            made = CodeCheck(row.entry, row.tests.strip(), row.signature)
            return made, f"```python\n{row.answer.strip()}\n```", f"```python\n{row.guess.strip()}\n```"
        case "database":
            base = raw["schema"][row.schema_]
            query = QueryCheck(base["schema"], base["rows"], row.answer, row.columns_free, row.rows_ordered)
            return query, f"```sql\n{row.answer};\n```", f"```sql\n{row.guess};\n```"
        case "actions":
            at_hand = tuple(raw["functions"][name] for name in row.functions)
            also = {name: tuple(literals) for name, literals in row.also.items()}
            return CallCheck(at_hand, (row.answer,), also), row.answer, row.guess
        case "summary":
            found = tuple(Insight(one.id, one.says, tuple(one.documents)) for one in row.insights)
            return JudgeCheck(found), row.answer, row.guess
        case _:
            return TextCheck(tuple(row.references)), row.references[0], row.guess
