"""What bears on a request: sentences beside it that tell nothing it could need are left out before the gate reads it.

In comes a conversation; out comes the same with blanks for its user's asides: claims that all is said or that
something is missing, orders to ask or not to ask, markup, small talk, stray facts and numbers. Each sentence is judged
alone, by its phrases; `training/gaps/asides.py` made the weights. Easy to get wrong: what may
supply something has to stay, so a sentence goes only where it is nearly sure and names nothing that the others name,
and the one that is likeliest to be the request always stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conversation import Conversation, Message
from .batch import lay_flat
from .context import Floats, sigmoid, stored
from .gaps_phrases import counted, scaled, words
from .segments import spans

NEAR = 4
"""Messages of the user that are looked at; what lies further back dilutes a request little, and a talk may be long."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    _WORD.findall(
        """
        about above after also answer been before being below could does doing done each every everything from give
        have help here into just know like made make many message more most much must need nothing only other over
        please question questions request said same should some something such tell text than that their them then
        there these they thing things this those time under very want were what when where which while whom whose will
        with would your
        """
    )
)
"""Words that any two sentences may share."""


@dataclass(frozen=True)
class Asides:
    """The weights."""

    phrases: Floats
    """(2 ** BITS,)"""
    curve: Floats
    """(2,) slope and offset of the logistic curve over their sum."""
    threshold: Floats
    """() from which probability a sentence is left out."""


def assembled(raw: Mapping[str, NDArray[Any]]) -> Asides:
    """The weights as they are used; those of phrases are stored in eight bits."""
    return Asides(scaled(raw, "phrases"), raw["curve"], raw["threshold"])


@cache
def asides() -> Asides:
    """The weights that come with the package."""
    return assembled(stored("gaps_asides.npz"))


def to_the_point(conversation: Conversation, by: Asides | None = None) -> Conversation:
    """The conversation with blanks for the asides of its user's last NEAR messages, so every offset stays; itself where
    there is none."""
    theirs = [at for at, message in enumerate(conversation.messages) if message.role == "user"][-NEAR:]
    cut = {at: some for at in theirs if len(some := spans(conversation.messages[at].text)) > 1}
    if not cut:
        return conversation
    by = by or asides()
    sentences = [conversation.messages[at].text[start:end] for at, some in cut.items() for start, end in some]
    p = judged(sentences, by)
    if not (p >= by.threshold).any():
        return conversation
    messages, first = list(conversation.messages), 0
    for at, some in cut.items():
        here = slice(first, first + len(some))
        first += len(some)
        out = _apart(sentences[here], p[here] >= max(by.threshold, np.nextafter(p[here].min(), 2)))
        left_out = [span for span, gone in zip(some, out, strict=True) if gone]
        messages[at] = replace(messages[at], content=_blanked(messages[at].text, left_out))
    return replace(conversation, messages=tuple(messages))


def _apart(sentences: Sequence[str], out: NDArray[np.bool_]) -> list[bool]:
    """Which of these to leave out: those that name nothing which the others name."""
    rest = {word for text, gone in zip(sentences, out, strict=True) if not gone for word in _things(text)}
    return [bool(gone) and rest.isdisjoint(_things(text)) for text, gone in zip(sentences, out, strict=True)]


def _things(text: str) -> set[str]:
    return {word.rstrip("s") for word in _WORD.findall(text.lower()) if word not in _COMMON}


def judged(sentences: Sequence[str], by: Asides) -> Floats:
    """(N,) the probability that each tells nothing that a request could need, at even odds."""
    batch = lay_flat([Conversation((Message("user", text),)) for text in sentences])
    found = (counted(words(batch, at)) for at in range(len(sentences)))
    said = np.array([count @ by.phrases[place] for place, count in found], np.float32)
    return sigmoid(said * by.curve[0] + by.curve[1])


def _blanked(text: str, left_out: Sequence[tuple[int, int]]) -> str:
    for start, end in left_out:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
