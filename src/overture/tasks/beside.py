"""A figure across protocols beside what a source published for it.

In come the scores of a task by protocol; out come figures, each with the published one. Easy to get wrong: what was
published is of other models, so the two stand beside each other and are not subtracted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it loads numpy
    from ..audit.estimates import Figure


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure across protocols, and what a source published for it."""

    name: str
    plain: str
    """What it is, in words for people."""
    figure: Figure
    published: float
    source: str

    @property
    def told(self) -> str:
        """What was published, as text."""
        return f"{100 * self.published:.4g}%".replace("-", "\N{MINUS SIGN}")


Comparing = Callable[[Mapping[str, Mapping[str, Sequence[float | None]]], int], Sequence[Beside]]
"""(protocol → item → the score of each run or None, seed) → what of it a source has published too."""
