"""What of a conversation the second reader of the lens `gaps` reads, token by token, and where each token stands.

In come a conversation and a tokenizer; out comes a Cut. Of a long message the first and the last half are read, of a
long conversation the first turn and the last ones. Easy to get wrong: a token's place is in its message's own text, so
words can be quoted, and a sign of the encoder's own has no place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..conversation import Conversation
from .encoders import tokenizer_of

TURN, SPOKEN, MOST = 128, 40, 224
"""Tokens read of one user's message, of an assistant's message (its end, where its question stands), and of all."""
CHARACTERS = 1200
"""Of either end of a message that are cut into tokens at all."""
Token = tuple[int, int, int]
"""Its number, and the offsets of its text."""
NOWHERE = (-1, 0, 0)


@dataclass(frozen=True)
class Tokens:
    """How an encoder's tokens are made."""

    cut: Callable[[str], list[Token]]
    """Text → tokens with their offsets, without signs and uncut."""
    begin: int
    end: int
    """The encoder's own signs for the start of a text and the end of a part."""
    stops: frozenset[int]
    """The tokens that end a sentence."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The T tokens that are read."""

    ids: list[int]
    who: list[int]
    """Whose they are: 0 the user's, 1 the assistant's."""
    places: list[tuple[int, int, int]]
    """Message and offsets in its text; NOWHERE for a sign."""
    stops: list[bool]
    """Whether it ends a sentence."""


def tokens_at(folder: Path) -> Tokens:
    """Those of the encoder in this folder. Raises UsageError where the extra is not installed."""
    tokenizer = tokenizer_of(folder)

    def cut(text: str) -> list[Token]:
        found = tokenizer.encode(text, add_special_tokens=False)
        return [(number, *place) for number, place in zip(found.ids, found.offsets, strict=True)]

    return Tokens(cut, begin=101, end=102, stops=frozenset([999, 1012, 1029]))


def pieces(conversation: Conversation, tokens: Tokens) -> Cut:
    """The tokens of a conversation as they are read."""
    turns = [
        _turn(at, message.text, message.role == "user", tokens)
        for at, message in enumerate(conversation.messages)
        if message.role in ("user", "assistant") and message.text.strip()
    ]
    first, later = turns[:1], list[Cut]()
    left = MOST - sum(len(turn.ids) for turn in first)
    for turn in reversed(turns[1:]):
        left -= len(turn.ids)
        if left < 0:
            break
        later.append(turn)
    begin = Cut([tokens.begin], [0], [NOWHERE], [False])
    kept = [begin, *first, *reversed(later)]
    return Cut(*([each for turn in kept for each in getattr(turn, name)] for name in ("ids", "who", "places", "stops")))


def _turn(at: int, text: str, users: bool, tokens: Tokens) -> Cut:
    """One message's tokens and the sign behind them."""
    if not users:
        found = _moved(tokens.cut(text[-CHARACTERS:]), max(0, len(text) - CHARACTERS))[-SPOKEN:]
    elif len(text) <= 2 * CHARACTERS:
        found = tokens.cut(text)
    else:
        found = [*tokens.cut(text[:CHARACTERS]), *_moved(tokens.cut(text[-CHARACTERS:]), len(text) - CHARACTERS)]
    if users and len(found) > TURN:
        found = [*found[: TURN // 2], *found[-TURN // 2 :]]
    who = 0 if users else 1
    return Cut(
        [*(number for number, _, _ in found), tokens.end],
        [who] * (len(found) + 1),
        [*((at, start, end) for _, start, end in found), NOWHERE],
        [*(number in tokens.stops for number, _, _ in found), False],
    )


def _moved(found: list[Token], by: int) -> list[Token]:
    return [(number, start + by, end + by) for number, start, end in found]
