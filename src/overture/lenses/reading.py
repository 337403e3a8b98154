"""The lens `moves` for one conversation at a time, from Python.

In comes a Conversation, or the list of messages that one is made of; out comes, a message each, the set of its moves,
or None where the lens cannot judge. For many conversations `lay_flat` and `look` are some fifty times faster. Easy to
get wrong: None is not the empty set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conversation import Conversation
from .batch import lay_flat
from .moves import MoveScores, look, names_of

Messages = Iterable[Mapping[str, Any]]
"""Messages as the chat API has them."""


def moves_of(conversation: Conversation | Messages) -> list[frozenset[str] | None]:
    """The moves of every message, in order; None for a message that is unscored (the rules, empty, unknown words)."""
    return _named(conversation, lambda scores: scores.made)


def unasked_of(conversation: Conversation | Messages) -> list[frozenset[str] | None]:
    """Those of the moves of every message that nothing so far called for; None as in `moves_of`."""
    return _named(conversation, lambda scores: scores.made_unasked)


def _named(
    conversation: Conversation | Messages, labels: Callable[[MoveScores], NDArray[np.bool_]]
) -> list[frozenset[str] | None]:
    read = conversation if isinstance(conversation, Conversation) else Conversation.of(conversation)
    scores = look(lay_flat([read]))
    return [
        frozenset(names_of(row)) if scored else None for row, scored in zip(labels(scores), scores.scored, strict=True)
    ]
