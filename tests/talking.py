"""A conversation in one line, for tests of what reads conversations."""

from __future__ import annotations

from overture.conversation import Conversation, Message


def talk(*said: str | Message) -> Conversation:
    """The user first, and in turns; a Message stands as it is."""
    sides = ("user", "assistant")
    return Conversation(tuple(m if isinstance(m, Message) else Message(sides[at % 2], m) for at, m in enumerate(said)))
