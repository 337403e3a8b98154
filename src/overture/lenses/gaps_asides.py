"""What bears on a request: sentences beside it that tell nothing it could need are left out before the gate reads it.

In comes a conversation; out comes the same with blanks for its user's asides: claims that all is said or that
something is missing, orders to ask or not to ask, markup, small talk, stray facts. Each sentence is judged alone, by
its phrases; `training/gaps/asides.py` made the weights. Easy to get wrong: what may supply something has to stay, so a
sentence goes only where it is nearly sure, brings no name, figure or code of its own, names nothing that the others
name, and none behind it refers back; one always stays.
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
from .gaps import LEAST_KNOWN
from .gaps_phrases import counted, scaled, words
from .segments import sentences

NEAR = 4
"""Messages of the user that are looked at; what lies further back dilutes a request little, and a talk may be long."""
MOST = 24
"""A message of more sentences is left as it is: a text that was pasted."""
_BACK = re.compile(r"\b(?:it|its|it's|he|him|his|she|her|they|them|their|this|that|these|those)\b", re.IGNORECASE)
"""What refers to a sentence before."""
_OWN = re.compile(r"^```|\b\d|\w\.[a-z]{1,5}\b|(?<=[\w,;)] )(?!I\b)[A-Z][a-z]+")
"""What only the sentence itself can bring: code, a figure, the name of a file or of anything else."""
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


def to_the_point(conversation: Conversation) -> Conversation:
    """The conversation with blanks for the asides of its user's last NEAR messages, so every offset stays; itself where
    there is none. What answers a question is left as it is."""
    messages = list(conversation.messages)
    for at in _unasked(messages):
        text = messages[at].text
        for start, end in _asides(text, asides()):
            text = text[:start] + " " * (end - start) + text[end:]
        if text != messages[at].text:
            messages[at] = replace(messages[at], content=text)
    told = tuple(messages)
    return conversation if told == conversation.messages else replace(conversation, messages=told)


def judged(texts: Sequence[str], by: Asides) -> Floats:
    """(N,) the probability that each sentence tells nothing that a request could need, at even odds."""
    batch = lay_flat([Conversation((Message("user", text),)) for text in texts])
    found = (counted(words(batch, at)) for at in range(len(texts)))
    said = np.array([count @ by.phrases[place] for place, count in found], np.float32)
    return sigmoid(said * by.curve[0] + by.curve[1])


def _unasked(messages: Sequence[Message]) -> list[int]:
    """Where the user's last messages stand that answer no question of the assistant's."""
    asked, out = False, list[int]()
    for at, message in enumerate(messages):
        if message.role == "assistant":
            asked = "?" in message.text
        elif message.role == "user" and not asked:
            out.append(at)
    return out[-NEAR:]


def _asides(text: str, by: Asides) -> list[tuple[int, int]]:
    """The sentences of a message to leave out: nearly sure to tell nothing, and tied to none that is not."""
    some = sentences(text, figures=False)
    if not 1 < len(some) <= MOST:
        return []
    said = [text[start:end] for start, end in some]
    p = judged(said, by)
    out = p >= max(by.threshold, np.nextafter(p.min(), 2))
    stays = [each for each, gone in zip(said, out, strict=True) if not gone]
    if len(stays) == len(said) or not _is_read(" ".join(stays)):
        return []
    named = {word for each in stays for word in _things(each)}
    last = max((at for at, each in enumerate(said) if not out[at] and _BACK.search(each)), default=-1)
    return [
        span
        for at, (span, each) in enumerate(zip(some, said, strict=True))
        if out[at] and at > last and not _OWN.search(each) and named.isdisjoint(_things(each))
    ]


def _is_read(text: str) -> bool:
    """Whether enough of its words is known for a reader to judge it, so that it can be what was asked."""
    return bool(np.nan_to_num(lay_flat([Conversation((Message("user", text),))]).known())[0] >= LEAST_KNOWN)


def _things(text: str) -> set[str]:
    return {word.rstrip("s") for word in _WORD.findall(text.lower()) if word not in _COMMON}
