"""Which values of a call need a source?

In come a call's arguments and the schema of its tool; out come Leaves, a plain value each, with its path and its own
part of the schema. Easy to get wrong: what a schema does not require is the assistant's to choose and is left out; but
where there is no schema, everything is required.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..effects import words_of

_MOST = 500
"""Items of a list that are looked at."""
_DEEPEST = 20
"""Levels that are looked into. What lies beyond either is one empty leaf, which nothing can account for."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value of a call's arguments."""

    path: str
    """`date`, `flights[0].date`."""
    name: str
    """The nearest key."""
    value: Any
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    lacking: bool = False
    """Required, and not there at all."""

    @property
    def head(self) -> str:
        """The last word of its name: `check_in_date` is a `date`. Empty where the name has no words."""
        return (words_of(self.name) or [""])[-1]


def arguments_of(arguments: str) -> dict[str, Any] | None:
    """A call's arguments, with the NaN that some readers of JSON take; None where they are no object."""
    try:
        found: Any = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def leaves(arguments: Mapping[str, Any], schema: Mapping[str, Any] | None, depth: int = 0) -> Iterator[Leaf]:
    """The required leaves. With no schema every argument is required; what a schema does not require is left out."""
    schema = schema or {}
    known = schema.get("properties")
    wanted = _names(schema.get("required")) if isinstance(known, Mapping) else list(arguments)
    properties: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    for name in wanted:
        inner = properties.get(name)
        inner = inner if isinstance(inner, Mapping) else {}
        if name not in arguments or arguments[name] is None:
            yield Leaf(name, name, None, inner, lacking=True)
        else:
            yield from _inside(name, name, arguments[name], inner, depth)


def _names(given: Any) -> list[str]:
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def _inside(path: str, name: str, value: Any, schema: Mapping[str, Any], depth: int) -> Iterator[Leaf]:
    if depth > _DEEPEST and isinstance(value, list | dict):
        yield Leaf(path, name, "", schema)
    elif isinstance(value, list):
        items = schema.get("items")
        for at, each in enumerate(value[:_MOST]):
            yield from _inside(f"{path}[{at}]", name, each, items if isinstance(items, Mapping) else {}, depth + 1)
        if len(value) > _MOST:
            yield Leaf(f"{path}[{_MOST}]", name, "", schema)
    elif isinstance(value, dict):
        for leaf in leaves(value, schema if schema.get("properties") else None, depth + 1):
            yield Leaf(f"{path}.{leaf.path}", leaf.name, leaf.value, leaf.schema, leaf.lacking)
    else:
        yield Leaf(path, name, value, schema)
