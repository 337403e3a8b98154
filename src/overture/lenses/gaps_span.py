"""What is missing: the words of a request that leave it open, found by asking the lens what it would say without them.

In comes a conversation that ends with a user's message; out comes a Gap, or None where no words stand out. Vague
quantities ("some apples", "the same each") are candidates with a number put in their place; clauses are candidates
with nothing in their place; the candidate that lowers the lens's logit most is the one. Easy to get wrong: the lens
judges the request as it stands, so a candidate is tried in its place among all the turns, never alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..conversation import Conversation
from .batch import lay_flat
from .context import Floats
from .gaps import KINDS, Weights, logits, weights
from .gaps_asks import ASKS, LEAST_WORDS, Words, likeliest
from .segments import spans

LEAST_DROP = 0.5
"""Of the logit: what filling a candidate must do at least, or nothing is said to stand out."""
LEAST_KIND = 0.3
"""Probability of the likeliest kind, from which it is enough to ask by where no words stand out."""
MOST = 24
"""Candidates that are tried; of more, the last."""

_UNITS = r"(?:minutes?|hours?|days?|weeks?|months?|years?|while|times?)"
_VAGUE = re.compile(
    r"\b(?:(?:quite )?a few|some|several|many|various|numerous|a (?:good |certain |fixed |large |small |set |given )?"
    r"(?:number|amount|handful|bunch|couple|lot|bit|percentage|share|sum|quantity) (?:of|off)|plenty of|lots of|enough"
    r"|(?:the|an?) (?:same|equal|usual|fixed|certain|steady|constant|hourly|daily|weekly|monthly|regular|given|set)"
    r"(?: (?:number|amount) of)?|a certain|a little|one fixed|more|fewer|less|part|of (?:some|equal|a certain))\b"
    r"(?: (?:more |other |new |big |small |large |red |blue |green |old |full |empty )*([a-z][\w'-]*))?",
    re.IGNORECASE,
)
_NO_NOUN = (
    "of is are was were in on at to for and or but each every than as that this the a an it he she they who if "
    "when how what which by with from much many longer shorter money time cash"
)
_NOT_COUNTED = frozenset(_NO_NOUN.split())
_CLAUSE = re.compile(r"[,;:]\s+|\s+(?:and|but|that|which|who|because|so|while|when|if|then)\s+")
_FILLED = "12"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a request leaves open."""

    ask: str
    """One of ASKS; the patterns know only the kinds among them."""
    quote: str
    """The user's own words around it, a clause; empty where no words stand out and the request as a whole lacks it."""
    words: str
    """The words themselves: `some apples`."""
    noun: str
    """What is to be counted, `apples`; empty where nothing is."""
    message: int
    start: int
    end: int
    """Where the words stand: the message's index and offsets in its text."""
    drop: float
    """By how much the lens's logit falls once it is filled; 0 where nothing was filled."""
    other: str = ""
    """The second likeliest of ASKS, where only both together stand out."""
    vague: bool = False
    """Whether the words are a quantity that is named vaguely."""

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return ASKS[self.ask]


@dataclass(frozen=True, slots=True)
class _Candidate:
    message: int
    start: int
    end: int
    clause: tuple[int, int]
    filled: str
    noun: str


def find(conversation: Conversation, network: Weights | None = None) -> Gap | None:
    """The gap at the user's last message; None where neither words nor a kind stand out, or the lens cannot judge."""
    network = network or weights()
    candidates = _candidates(conversation)[-MOST:]
    variants = [conversation, *(_with(conversation, each) for each in candidates)]
    raw = logits(lay_flat(variants), network)
    logit, judged = raw.logit, raw.judged
    last = np.cumsum([len(variant) for variant in variants]) - 1
    row = np.cumsum(judged) - 1
    if not judged[last[0]]:
        return None
    now = logit[row[last[0]]]
    slope = float(network.slope[int(raw.figured[row[last[0]]])])
    drops = np.array([now[0] - logit[row[at], 0] if judged[at] else -np.inf for at in last[1:]]) * slope
    # a quantity that is named vaguely says what to ask; a clause only says where
    counted = np.array([bool(each.filled) for each in candidates], np.bool_)
    for which in (counted, ~counted):
        if which.any() and (drops[which] >= LEAST_DROP).any():
            best = int(np.where(which, drops, -np.inf).argmax())
            return _gap(conversation, candidates[best], KINDS[int(now[1:].argmax())], float(drops[best]))
    odds = np.exp(now[1:] - now[1:].max())
    if odds.max() / odds.sum() < LEAST_KIND:
        return None
    at = len(conversation.messages) - 1
    return Gap(KINDS[int(odds.argmax())], "", "", "", at, 0, len(conversation.messages[at].text), 0.0)


def seen(conversation: Conversation, asks: Floats, words: Words | None) -> Gap | None:
    """The gap as the second reader sees it, from its (asks,) probabilities and the words that it found."""
    named = likeliest(asks)
    if not named:
        return None
    other = "".join(named[1:])
    if words is None or words.sure < LEAST_WORDS:
        at = len(conversation.messages) - 1
        return Gap(named[0], "", "", "", at, 0, len(conversation.messages[at].text), 0.0, other)
    text, start, end = conversation.messages[words.message].text, words.start, words.end
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return Gap(named[0], text[start:end], text[start:end], "", words.message, start, end, 0.0, other)


def _gap(conversation: Conversation, found: _Candidate, kind: str, drop: float) -> Gap:
    text = conversation.messages[found.message].text
    quote = text[slice(*found.clause)].strip().rstrip(".,;:!?")
    words, vague = text[found.start : found.end], bool(found.filled)
    kind = "amount" if vague else kind
    return Gap(kind, quote, words, found.noun, found.message, found.start, found.end, drop, vague=vague)


def _with(conversation: Conversation, candidate: _Candidate) -> Conversation:
    message = conversation.messages[candidate.message]
    text = message.text[: candidate.start] + candidate.filled + message.text[candidate.end :]
    changed = replace(message, content=text)
    messages = (*conversation.messages[: candidate.message], changed, *conversation.messages[candidate.message + 1 :])
    return Conversation(messages)


def _candidates(conversation: Conversation) -> list[_Candidate]:
    found: list[_Candidate] = []
    for index, message in enumerate(conversation.messages):
        if message.role != "user":
            continue
        for start, end in spans(message.text):
            clauses = list(_clauses(message.text, start, end))
            for match in _VAGUE.finditer(message.text, start, end):
                around = next(c for c in clauses if c[0] <= match.start() < c[1] or c is clauses[-1])
                noun = (match[1] or "").lower()
                counts = bool(noun) and noun not in _NOT_COUNTED
                stop = match.end() if counts or not match[1] else match.start(1) - 1
                filled = f"{_FILLED} {noun}" if counts else _FILLED
                found.append(_Candidate(index, match.start(), stop, around, filled, noun if noun.endswith("s") else ""))
            found += [_Candidate(index, a, b, (a, b), "", "") for a, b in clauses]
    return found


def _clauses(text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """A segment's clauses of three words or more; shorter ones join the one before."""
    out: list[tuple[int, int]] = []
    begin = start
    for match in _CLAUSE.finditer(text, start, end):
        if len(text[begin : match.start()].split()) >= 3:
            out.append((begin, match.start()))
            begin = match.end()
    if out and len(text[begin:end].split()) < 3:
        out[-1] = (out[-1][0], end)
    else:
        out.append((begin, end))
    return out
