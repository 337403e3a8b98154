"""Scripted models of known behaviour, which stand at both ends of every figure: asker, guesser, pesterer, coach.

In comes an item and a conversation about it; out comes what such an assistant would say, from the item's own script.
`SPEECHES` is for tasks whose items have one. Those of the built-in pairs are also registered, so that `scripted:asker`
is a model like any other once this module is imported (`silent` needs no task and is there anyway). Easy to get wrong:
they know the answers, so they are yardsticks and never systems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType

from ..conversation import Conversation
from ..errors import ModelError
from ..models import Scripted, register
from .task import Item, Script, Speech, digest

YARDSTICKS = ("asker", "guesser", "pesterer", "coach", "silent")
"""Asks for exactly what is missing and then delivers; never asks; always asks once more; explains instead of doing;
says nothing."""

Line = Callable[[Item, Script, bool], str]
"""(item, its script, whether the user has spoken again since the request) → what is said."""

_LINES: Mapping[str, Line] = MappingProxyType(
    {
        "asker": lambda item, script, told: script.question if item.lacking and not told else script.delivery,
        "guesser": lambda item, script, told: script.guess if item.lacking and not told else script.delivery,
        "pesterer": lambda item, script, told: script.question,
        "coach": lambda item, script, told: script.coaching,
    }
)


def _speech(name: str) -> Speech:
    line = _LINES[name]

    def speak(item: Item, conversation: Conversation) -> str:
        if item.script is None:
            raise ModelError(f"scripted:{name} has no lines for {item.id}, which comes without a script")
        return line(item, item.script, sum(message.role == "user" for message in conversation.messages) > 1)

    return speak


SPEECHES: Mapping[str, Speech] = MappingProxyType({name: _speech(name) for name in _LINES})
"""Yardstick → what it says to an item that has a script."""


@cache
def _items() -> dict[str, Item]:
    from .pairs import task

    return {item.request: item for item in task().items}


def _scripted(name: str) -> Scripted:
    def reply(conversation: Conversation) -> str:
        said = next((message.text for message in conversation.messages if message.role == "user"), None)
        item = _items().get(said) if said is not None else None
        if item is None:
            raise ModelError(f"scripted:{name} knows only the requests of the built-in pairs, and this is none of them")
        return str(SPEECHES[name](item, conversation))

    line = _LINES[name]
    lines = [
        [item.hash, line(item, item.script, False), line(item, item.script, True)]
        for item in _items().values()
        if item.script
    ]
    return Scripted.function(reply, f"scripted:{name}", digest(lines))


for _name in SPEECHES:
    register(_name)(partial(_scripted, _name))
