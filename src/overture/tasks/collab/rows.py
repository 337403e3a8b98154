"""The items that come with Overture: texts, functions and figures that somebody wants, and the parts of each wish.

In come the TOML files in `items/KIND/`, written by hand, a group a file; out come rows, and from a row an Item as it is
put vaguely, with every part open. What stands in a file beside its items holds for each of them. Easy to get wrong: the
request may name what is wanted and nothing more, because a part that it gives away is not open; the tests look for each
part's words and figures in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ...errors import DataError
from ...models.verdicts import Prompt
from ..task import Check, Item, Part, Speech, Staging, Task
from ..written import drawn, rows_in
from .replies import hear


class PartRow(BaseModel):
    """One part of a wish; `terms` has commas between them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1)
    """What the part is, as a question can put it: `price of a tile`."""
    value: str = Field(min_length=1)
    terms: str = Field(min_length=1)
    says: str = Field(min_length=1)
    tests: str = ""
    """Of a function: the asserts that this part decides."""

    @property
    def part(self) -> Part:
        """The part as every task has it."""
        terms = tuple(term.strip() for term in self.terms.split(",") if term.strip())
        return Part(self.name, self.value, terms, self.says)


class Row(BaseModel):
    """What an item of each kind has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z]+-\d\d$")
    request: str = Field(min_length=1)
    part: list[PartRow] = Field(min_length=3)


OfKind = TypeVar("OfKind", bound=Row)


def read(name: str, text: str, shape: type[OfKind]) -> list[OfKind]:
    """The rows in a file's text. Raises DataError naming the item and the field that is wrong."""

    def made(raw: dict[str, Any], one: dict[str, Any]) -> OfKind:
        return shape.model_validate({**{key: value for key, value in raw.items() if key != "item"}, **one})

    found = rows_in(name, text, made)
    for row in found:
        if len({part.name for part in row.part}) < len(row.part):
            raise DataError(f"{row.id} of {name} has two parts of the same name; give each its own")
    return found


def rows(kind: str, shape: type[OfKind]) -> list[tuple[str, OfKind]]:
    """(group, row) of every file of a kind, by the files' names. Raises DataError as `read` does."""
    folder = files("overture.tasks.collab") / "items" / kind
    found: list[tuple[str, OfKind]] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            group = file.name.removesuffix(".toml")
            found += [(group, row) for row in read(file.name, file.read_text("utf-8"), shape)]
    if len({row.id for _, row in found}) < len(found):
        raise DataError(f"two items of {kind} have the same id; give each its own")
    return found


def item_of(kind: str, group: str, row: Row, data: Mapping[str, Any], result: str = "") -> Item:
    """The item as it is put vaguely: every part is open. `result` is added to the goal that a spoken user has."""
    parts = tuple(one.part for one in row.part)
    told = "\n".join((row.request, *(part.words for part in parts)))
    system = Prompt.read(files("overture.tasks") / "prompts" / f"collab_{kind}.md").text.strip()
    return Item(
        id=row.id,
        group=group,
        kind="do",
        request=row.request,
        goal=f"{told}\n\n{result}" if result else told,
        parts=parts,
        open=frozenset(part.name for part in parts),
        pair=row.id,
        data=data,
        system=system,
    )


def _at_once(item: Item, seed: int) -> Item:
    """Everything in the first message: the control, where a question is one too many."""
    lines = "\n".join(f"- {part.words}" for part in item.parts)
    return replace(item, request=f"{item.request}\n\n{lines}", open=frozenset())


STAGINGS: Mapping[str, Staging] = MappingProxyType({"vague": Staging(), "full": Staging(prepare=_at_once)})
"""Protocol → how it puts an item; `vague` is the default."""


def task_of(
    name: str,
    items: Sequence[Item],
    count: int | None,
    seed: int,
    check: Check,
    version: str,
    yardsticks: Mapping[str, Speech],
    solved: str,
) -> Task:
    """The task of `count` of the items (all by default), evenly from the groups. Raises as `drawn` does."""
    chosen = tuple(drawn(items, count, seed, lambda item: item.group))
    return Task(
        name, chosen, check, version, hear=hear, protocols=STAGINGS, yardsticks=yardsticks, turns=16,
        solved_means=solved,
    )  # fmt: skip
