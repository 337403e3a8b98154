"""What was done: lenses read conversations and give columns. Pure functions, from a Batch to Columns.

In comes a Batch (and what earlier lenses of the same look saw); out come columns for messages and for conversations,
and, a conversation at a time, what the figures count. A new lens is one function and one row in LENSES, or
`module.name` where it is your own. Easy to get wrong: a figure's denominator is what *could* have been so, and what a
lens could not judge is in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OvertureError, UsageError
from ..own import fault_in_own, own

if TYPE_CHECKING:
    import pyarrow as pa

    from .batch import Batch

Floats = NDArray[np.float64]
Ratio = tuple[Floats, Floats]
"""(C,) numerators and (C,) denominators, a conversation each."""


@dataclass(frozen=True)
class Columns:
    """What one lens has to say of a Batch of M messages in C conversations."""

    messages: Mapping[str, pa.Array] = field(default_factory=dict[str, Any])
    """Name → array of M."""
    conversations: Mapping[str, pa.Array] = field(default_factory=dict[str, Any])
    """Name → array of C."""
    figures: Mapping[str, Ratio] = field(default_factory=dict[str, Ratio])
    """Figure → what to add up for it."""
    scores: Any = None
    """The lens's own result, for the lenses after it."""
    unscored: int = 0
    """Messages, or conversations, that it could not judge."""


Lens = Callable[["Batch", Mapping[str, Columns]], Columns]


def _moves(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    from .columns import moves

    return moves(batch, seen)


def _moves_carefully(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    from .careful import reread
    from .columns import moves

    return moves(batch, seen, reread)


def _goals(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    from .columns import goals

    return goals(batch, seen)


def _gaps(batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    from .gaps_columns import gaps

    return gaps(batch, seen)


LENSES: dict[str, Lens] = {"moves": _moves, "goals": _goals, "gaps": _gaps}
"""Every lens by name, each after those it builds on."""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The lenses of these names in their order, and `moves`, which all build on. Raises UsageError on unknown names."""
    unknown = [name for name in names if name not in LENSES and "." not in name]
    if unknown:
        raise UsageError(f"there is no lens {unknown[0]!r}; the lenses are {', '.join(LENSES)}")
    own_ones = tuple(name for name in names if "." in name)
    for name in own_ones:
        own(name, "lens", "__call__")
    return (*(name for name in LENSES if name in {*names, "moves"}), *own_ones)


def look(batch: Batch, names: Sequence[str] = ("moves",), careful: bool = False) -> dict[str, Columns]:
    """Look at a batch through the named lenses; `careful` reads messages whose moves are in doubt again."""
    seen: dict[str, Columns] = {}
    lenses = {**LENSES, "moves": _moves_carefully} if careful else LENSES
    for name in chosen(names):
        seen[name] = lenses[name](batch, seen) if name in lenses else _own(name, batch, seen)
    return seen


def _own(name: str, batch: Batch, seen: Mapping[str, Columns]) -> Columns:
    """What a lens of one's own says. Raises OvertureError, as a worker can tell it, where it goes wrong."""
    lens = own(name, "lens", "__call__")
    try:
        columns = lens(batch, seen)
    except Exception as error:
        raise OvertureError(
            fault_in_own(error) or f"the lens {name} failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(columns, Columns):
        raise OvertureError(f"the lens {name} gave {type(columns).__name__} in place of Columns")
    for figure, (top, bottom) in columns.figures.items():
        if not np.all((top >= 0) & (top <= bottom + 1e-6)):
            raise OvertureError(
                f"{figure} of the lens {name} is no share: what was so is more than what could have been"
            )
    return columns
