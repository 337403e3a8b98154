"""What was written by hand for a task: rows out of a TOML file, and so many of what there is, evenly from its groups.

In come a file's text and what makes a row of an entry, or things with their groups, a count and a seed; out come rows,
or the things that were drawn. Easy to get wrong: where a count does not divide evenly, the group that stands first must
not always be the one that gets one more, so the groups' order is drawn too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from ..errors import DataError, UsageError

T = TypeVar("T")


def rows_in(name: str, text: str, made: Callable[[dict[str, Any], dict[str, Any]], T]) -> list[T]:
    """`made(whole file, entry)` of each `[[item]]`. Raises DataError naming the item and the field that is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{name} is not TOML ({error}); mend the file") from error
    found: list[T] = []
    for number, one in enumerate(raw.get("item", []), 1):
        try:
            found.append(made(raw, one))
        except ValidationError as error:
            place = ".".join(str(at) for at in error.errors()[0]["loc"])
            raise DataError(f"item {number} of {name} is not one: see {place}; mend the file") from error
        except (KeyError, ValueError, SyntaxError) as error:
            raise DataError(f"item {number} of {name} is not one ({error}); mend the file") from error
    return found


def drawn(found: Sequence[T], count: int | None, seed: int, group: Callable[[T], str], what: str = "items") -> list[T]:
    """`count` of them (all by default), evenly from their groups by `seed`, in their order.

    Raises UsageError on a count that cannot be had; `what` they are called there.
    """
    if count is None:
        return list(found)
    if not 1 <= count <= len(found):
        raise UsageError(f"{count} {what} were asked for; there are 1 to {len(found)}")
    return [found[at] for at in _stratified([group(one) for one in found], count, seed)]


def _stratified(groups: list[str], count: int, seed: int) -> list[int]:
    """`count` positions, as evenly from the groups as their sizes allow, sorted."""
    rng = np.random.default_rng(seed)
    members = {group: [i for i, g in enumerate(groups) if g == group] for group in dict.fromkeys(groups)}
    queues = {group: [int(i) for i in rng.permutation(at)] for group, at in members.items()}
    order = [list(queues)[int(i)] for i in rng.permutation(len(queues))]
    chosen: list[int] = []
    while len(chosen) < count:
        for group in order:
            if queues[group] and len(chosen) < count:
                chosen.append(queues[group].pop(0))
    return sorted(chosen)
