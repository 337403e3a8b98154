"""Assistants of known behaviour for the tasks of this folder and for `sharded`: asker, guesser, pesterer, coach.

In comes what a right and a wrong result look like and how one would explain it; out come the four. The asker asks for
one open part at a time by its name and then delivers; the guesser delivers at every turn, wrongly until all is said.
Easy to get wrong: they know the results and the user's very words, so they are yardsticks and never systems, and with a
user that rephrases they do not notice what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...conversation import Conversation
from ..task import Item, Part, Speech
from .replies import replies, unsaid


def speeches(right: Callable[[Item], str], wrong: Callable[[Item], str], coaching: str) -> Mapping[str, Speech]:
    """Yardstick → what it says. `right` and `wrong` are whole replies."""

    def asker(item: Item, talk: Conversation) -> str:
        left = unsaid(item, talk)
        if not left:
            return right(item)
        said = replies(talk)
        return min((_question(part) for part in left), key=said.count)  # what was not understood is asked for last

    def guesser(item: Item, talk: Conversation) -> str:
        return wrong(item) if unsaid(item, talk) else right(item)

    def pesterer(item: Item, talk: Conversation) -> str:
        return _question((unsaid(item, talk) or item.parts)[0])

    def coach(item: Item, talk: Conversation) -> str:
        return coaching

    return MappingProxyType({"asker": asker, "guesser": guesser, "pesterer": pesterer, "coach": coach})


def _question(part: Part) -> str:
    return f"What is the {part.name}?"
