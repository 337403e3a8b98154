"""The lens `moves` for one conversation at a time, from Python.

In comes a Conversation, or the list of messages that one is made of; out comes, a message each, the set of its moves,
or None where the lens cannot judge. For many conversations `lay_flat` and `look` are some fifty times faster. Easy to
get wrong: None is not the empty set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..conversation import Conversation
from .batch import lay_flat
from .moves import NAMES, look

Messages = Iterable[Mapping[str, Any]]
"""Messages as the chat API has them."""


def moves_of(conversation: Conversation | Messages) -> list[frozenset[str] | None]:
    """The moves of every message, in order; None for a message that is unscored (the rules, empty, unknown words)."""
    scores = look(lay_flat([_read(conversation)]))
    return [
        frozenset(NAMES[k] for k in made.nonzero()[0]) if scored else None
        for made, scored in zip(scores.made, scores.scored, strict=True)
    ]


def unasked_of(conversation: Conversation | Messages) -> list[frozenset[str] | None]:
    """Those of the moves of every message that nothing so far called for; None as in `moves_of`."""
    scores = look(lay_flat([_read(conversation)]))
    return [
        frozenset(NAMES[k] for k in made.nonzero()[0]) if scored else None
        for made, scored in zip(scores.made_unasked, scores.scored, strict=True)
    ]


def _read(conversation: Conversation | Messages) -> Conversation:
    return conversation if isinstance(conversation, Conversation) else Conversation.of(conversation)
