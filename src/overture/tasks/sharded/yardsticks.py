"""What assistants of known behaviour say to a sharded instruction: asker, guesser, pesterer, coach.

In comes nothing; out comes SPEECHES, those of the tasks in `collab` with what is right and wrong here. Easy to get
wrong: a public item comes without a wrong answer, so one is made of its check.
"""

from __future__ import annotations

from ..collab.speeches import speeches
from ..task import Item
from .protocols import sharded_of
from .shapes import NumberCheck

_COACHING = "First write down all that is given, then decide which step each piece is for, and take the steps in order."


def right(item: Item) -> str:
    """A reply that the check accepts."""
    return sharded_of(item).answer or ""


def wrong(item: Item) -> str:
    """A reply of the same form on values that nobody said."""
    source = sharded_of(item)
    if source.guess is not None:
        return source.guess
    if isinstance(source.check, NumberCheck):
        return f"Answer: {float(source.check.exact) + 1:g}"
    return source.shards[0].says


SPEECHES = speeches(right, wrong, _COACHING)
"""Yardstick → what it says."""
