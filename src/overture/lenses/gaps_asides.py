"""What bears on a request: sentences beside it that tell nothing it could need are left out before the gate reads it.

In comes a conversation; out comes the same with blanks for its user's asides: claims that all is said or that
something is missing, orders to ask or not to ask, markup, small talk, stray facts. Each sentence is judged alone, by
its phrases, and carefully by the second reader's encoder too; `training/gaps/asides.py` made the weights. Easy to get
wrong: what may supply something has to stay, so a sentence goes only where it brings no name or code of its own, no
figure where figures matter, names nothing that the others name, and none behind it refers back; one always stays.
Beside a request that lacks a text any sentence may be the text, so only what speaks of the request itself goes there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
from .gaps_reader import doubted, encoded, reader
from .segments import sentences

NEAR = 4
"""Messages of the user that are looked at; what lies further back dilutes a request little, and a talk may be long."""
SURE = 0.1
"""A probability under which a sentence tells something, whatever the encoder would say."""
MOST = 24
"""A message of more sentences is left as it is: a text that was pasted."""
_BACK = re.compile(r"\b(?:it|its|it's|he|him|his|she|her|they|them|their|this|that|these|those)\b", re.IGNORECASE)
"""What refers to a sentence before."""
_OWN = re.compile(
    r"^```|\w\.[a-z]{1,5}\b|(?<=[\w,;)] )(?!I\b)[A-Z][a-z]+"
    r"|\b[A-Z]{1,6}[-_ ]?\d|\b\d{5,}|\b\d[A-Z0-9]{5,}\b|\b[A-Z][a-z]+-\d"
)
"""What only the sentence itself can bring: code, the name of a file, of a model or of anything else, a long number."""
FIGURE = re.compile(r"\b\d")
_RECKONS = re.compile(
    r"\d|\bhow (?:many|much|far|long|old|tall|high|big|heavy|fast|wide|deep|often)\b|\bwhat time\b"
    r"|\b(?:total|sum|average|percent\w*|calculate|compute|work out|add (?:it |them |these )?up|convert|area|costs?"
    r"|prices?|afford|enough)\b",
    re.IGNORECASE,
)
"""What has a figure or asks for one: a figure beside it may belong to it."""
_QUOTED = re.compile(r"[\W_]*[\"'“”‘’‚‛«»‹›„`>「『*]")
"""How a text begins that is given in quotes."""
_OPENS = re.compile(r"[\"“„«»「『]")
"""A mark that a text of several sentences may stand between; one more of them closes it."""
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
    """The weights. Of two, the first is for any request, the second for one that lacks a text."""

    phrases: Floats
    """(2, 2 ** BITS)"""
    reader: Floats
    """(3 width + 1, 2) over what the second reader's encoder gives (`gaps_reader.encoded`), the last row the offset."""
    curve: Floats
    """(2, 2) what the phrases' sum counts, and an offset."""
    threshold: Floats
    """(3,) from which probability a sentence is left out: one without figures, one with, and one that may be a text."""
    careful_curve: Floats
    """(2, 3) what the phrases' sum counts, what the encoder's does, and an offset."""
    careful_threshold: Floats
    """(3,)"""


def assembled(raw: Mapping[str, NDArray[Any]]) -> Asides:
    """The weights as they are used; those of phrases are stored in eight bits."""
    plain = ("reader", "curve", "threshold", "careful_curve", "careful_threshold")
    return Asides(scaled(raw, "phrases"), **{name: raw[name].astype(np.float32) for name in plain})


@cache
def asides() -> Asides:
    """The weights that come with the package."""
    return assembled(stored("gaps_asides.npz"))


def to_the_point(conversation: Conversation, text: bool = False, careful: bool = False) -> Conversation:
    """The conversation with blanks for the asides of its user's last NEAR messages, so every offset stays; itself where
    there is none. What answers a question is left as it is. `text`: the request lacks a text. `careful`: the second
    reader's encoder judges as well, where what is left without all that could be an aside may lack something; raises
    DataError where MiniLM cannot be had, UsageError without the extra."""
    careful = careful and doubted(_barest(conversation))

    def excess(said: Sequence[str]) -> Floats:
        by = asides()
        least = by.careful_threshold if careful else by.threshold
        figure = np.array([bool(FIGURE.search(each)) for each in said])
        return judged(said, by, careful)[:, int(text)] - (least[2] if text else least[figure.astype(int)])

    return _without(conversation, excess, text)


def judged(texts: Sequence[str], by: Asides, careful: bool = False) -> Floats:
    """(N, 2) the probability that each sentence tells nothing that a request could need, at even odds: any request, and
    one that lacks a text. Carefully, the encoder reads what the phrases are not SURE of."""
    given = [Conversation((Message("user", text),)) for text in texts]
    batch = lay_flat(given)
    found = (counted(words(batch, at)) for at in range(len(texts)))
    said = np.array([by.phrases[:, place] @ count for place, count in found], np.float32)
    p = sigmoid(said * by.curve[:, 0] + by.curve[:, 1])
    if careful and len(doubt := np.flatnonzero(p.max(axis=1) >= SURE)):
        theirs = encoded([given[at] for at in doubt], reader()) @ by.reader[:-1] + by.reader[-1]
        curve = by.careful_curve
        p[doubt] = sigmoid(said[doubt] * curve[:, 0] + theirs * curve[:, 1] + curve[:, 2])
    return p


def _barest(conversation: Conversation) -> Conversation:
    """The conversation with blanks for all that could be an aside."""
    return _without(conversation, lambda said: judged(said, asides())[:, 0] - SURE)


def _without(conversation: Conversation, excess: Callable[[Sequence[str]], Floats], text: bool = False) -> Conversation:
    messages = list(conversation.messages)
    near = _unasked(messages)
    for at in near:
        told = messages[at].text
        beside = [conversation.messages[other].text for other in near if other != at]
        for start, end in _asides(told, beside, excess, text):
            told = told[:start] + " " * (end - start) + told[end:]
        if told != messages[at].text:
            messages[at] = replace(messages[at], content=told)
    left = tuple(messages)
    return conversation if left == conversation.messages else replace(conversation, messages=left)


def _unasked(messages: Sequence[Message]) -> list[int]:
    """Where the user's last messages stand that answer no question of the assistant's."""
    asked, out = False, list[int]()
    for at, message in enumerate(messages):
        if message.role == "assistant":
            asked = "?" in message.text
        elif message.role == "user" and not asked:
            out.append(at)
    return out[-NEAR:]


def _asides(
    told: str, beside: Sequence[str], excess: Callable[[Sequence[str]], Floats], text: bool
) -> list[tuple[int, int]]:
    """The sentences of a message to leave out: those that `excess` gives 0 or more, tied to none that it does not, nor
    to the messages beside it."""
    some = sentences(told, figures=False)
    if not 1 < len(some) <= MOST:
        return []
    said = [told[start:end] for start, end in some]
    most = excess(said)
    out = most >= max(0.0, np.nextafter(most.min(), np.float32(2)))
    stays = [each for each, gone in zip(said, out, strict=True) if not gone]
    if len(stays) == len(said) or not _is_read(" ".join(stays)):
        return []
    if any(_RECKONS.search(each) for each in (*stays, *beside)):
        out &= [not FIGURE.search(each) for each in said]
    named = {word for each in stays for word in _things(each)}
    last = max((at for at, each in enumerate(said) if not out[at] and _BACK.search(each)), default=-1)
    return [
        span
        for at, (span, each) in enumerate(zip(some, said, strict=True))
        if out[at]
        and at > last
        and not _OWN.search(each)
        and not (text and _is_given(told, *span))
        and named.isdisjoint(_things(each))
    ]


def _is_given(told: str, start: int, end: int) -> bool:
    """Whether a stretch of a message is given as a text: in quotes, or behind a colon."""
    before = told[:start]
    quoted = _QUOTED.match(told, start, end) or len(_OPENS.findall(before)) % 2
    return bool(quoted) or before.rstrip().endswith(":")


def _is_read(text: str) -> bool:
    """Whether enough of its words is known for a reader to judge it, so that it can be what was asked."""
    return bool(np.nan_to_num(lay_flat([Conversation((Message("user", text),))]).known())[0] >= LEAST_KNOWN)


def _things(text: str) -> set[str]:
    return {word.rstrip("s") for word in _WORD.findall(text.lower()) if word not in _COMMON}
