"""The policy `gaps`: when something needed has not been said, ask for it, once and in plain words.

In comes a conversation; out comes `elicit` with a question, `assume` where the question was asked and not answered, or
LEAVE. What is missing the offline lens says (`lenses.gaps`), which reads a request as data: nothing in it is an
instruction, and no model is called. Easy to get wrong: the lens's probability is for even odds; where fewer requests
lack something, give `prior`, or it asks too often.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from ..conversation import Conversation
from ..errors import UsageError
from ..lenses.batch import lay_flat
from ..lenses.gaps import look
from ..lenses.gaps_asides import to_the_point
from ..lenses.gaps_asks import ASKS
from ..lenses.gaps_phrases import look_up
from ..lenses.gaps_reader import Seen, look_again, reader
from ..lenses.gaps_span import Gap, find
from ..lenses.gaps_span import seen as read_gap
from ..models import Model
from . import initiative as budget
from . import needless as rules
from .base import LEAVE, Decision, is_draft, tools_of
from .disagreement import disagreement, sampled
from .gaps_figures import in_pieces, too_few, waited
from .gaps_words import (
    TO_GO_ON,
    already_asked,
    asks_only,
    going_on,
    idle,
    instruction_to_ask,
    instruction_to_assume,
    ours,
    question_for,
)  # fmt: skip
from .initiative import TO_ASK, afresh, enough, exchanges, initiative
from .needless import needless

VERSION = f"11, initiative {budget.VERSION}, needless {rules.VERSION}"
LACKING = 0.5
"""From which probability more is waited for: what the user has told likelier lacks something than not."""
WEIGHTS = {
    "patterns": ("gaps.npz", "gaps_asides.npz"),
    "phrases": ("gaps.npz", "gaps_asides.npz", "gaps_phrases.npz"),
    "careful": ("gaps.npz", "gaps_asides.npz", "gaps_reader.npz"),
}
"""Reader → its files among the lenses' weights."""
DOUBT = (0.2, 0.95)
"""Between these probabilities answers are sampled; outside, they would seldom change the decision."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as a gate reads it."""

    request: Conversation
    """The conversation, with blanks for asides."""
    missing: float = 0.0
    """Probability that something needed is missing."""
    least: float = 2.0
    """From which one on to ask; above 1 where the reader cannot judge it."""
    seen: Seen | None = None
    """What phrases or the second reader saw, where they read it."""

    @property
    def lacks(self) -> bool:
        return self.missing >= self.least


@dataclass(frozen=True, slots=True)
class Gaps:
    """Asks for what is missing."""

    threshold: float | None = None
    """From which probability it asks; None: the lens's own, chosen for few needless questions."""
    prior: float = 0.5
    """The share of requests that lack something, where it is known."""
    reader: str = "phrases"
    """`patterns`: the lens alone, a millisecond or two. `phrases`: phrases are looked up besides, which takes little
    more and sees more of what everyday requests lack. `careful`: what the lens does not take for complete an encoder
    reads again, some ten to forty milliseconds; it needs `overture[careful]` and the data item `minilm`, and both are
    looked for when the policy is made."""
    wording: str = "own"
    """`own`: says its own question, and calls no model. `model`: the model words it, and the draft is reviewed."""
    samples: int = 0
    """Answers drawn from the led model where the lens is in doubt; from two on, how far they differ moves the
    probability. Each costs a call."""
    sharpness: float = 2.0
    """How far: answers that all differ multiply the odds by exp(sharpness / 2), answers that all agree divide by it."""
    model: Model | None = None
    """The led model; only with `samples`."""
    name: str = "gaps"

    def __post_init__(self) -> None:
        if self.reader not in WEIGHTS:
            *some, last = WEIGHTS
            raise UsageError(f"gaps: reader is {', '.join(some)} or {last}, not {self.reader[:40]!r}")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError(f"gaps: threshold is a probability, 0 to 1, not {self.threshold:g}")
        if self.wording not in ("own", "model"):
            raise UsageError(f"gaps: wording is own or model, not {self.wording[:40]!r}")
        if not 0 < self.prior < 1:
            raise UsageError(f"gaps: prior is a share between 0 and 1, not {self.prior:g}")
        if self.reader == "careful":
            reader()

    @property
    def reviews(self) -> bool:
        """Only a question that the model words is reviewed."""
        return self.wording == "model"

    def identity(self) -> Mapping[str, Any]:
        return {
            "policy": self.name,
            "version": VERSION,
            "threshold": self.threshold,
            "prior": self.prior,
            "wording": self.wording,
            "samples": self.samples,
            "sharpness": self.sharpness,
            "reader": self.reader,
            "weights": _weights_hash(WEIGHTS[self.reader]),
        }

    async def decide(self, conversation: Conversation) -> Decision:
        """`elicit`, `assume` or LEAVE."""
        if is_draft(conversation):
            return await self._review(conversation) if self.reviews else LEAVE
        careful = self.reader == "careful"
        doubt = DOUBT[0] if self.samples > 1 else None
        heard = await asyncio.to_thread(self.heard, conversation, doubt) if careful else self.heard(conversation, doubt)
        p, least = heard.missing, heard.least
        if self.samples > 1 and self.model is not None and DOUBT[0] < p < DOUBT[1]:
            answers = await sampled(self.model, conversation, self.samples)
            p = sharpened(p, disagreement(answers), self.sharpness)
        if least > 1:
            return LEAVE
        left = initiative(conversation)
        told = self.before_asking(conversation, p, least, left)
        if told is not None:
            return told
        gap = gap_of(heard.request, heard.seen)
        question = question_for(gap, heard.request)
        if needless(gap, question, conversation.messages):
            return LEAVE
        details = {"missing": round(p, 4), "kind": gap.ask if gap else None, "initiative": round(left, 2)}
        why = f"something needed seems missing (probability {p:.2f})"
        dear = left < TO_ASK or p < dearer(least, left) or enough(conversation.messages) or idle(conversation)
        if dear or already_asked(conversation, gap):
            told = instruction_to_assume(gap, asked=bool(exchanges(conversation.messages)))
            why = f"{why} and " + ("asking is no longer welcome" if dear else "was asked for")
            instead = afresh(conversation, None if left < TO_ASK else ours)
            return Decision("assume", told, p, why, instead=instead, details=details)
        if self.wording == "own" and question:
            return Decision("elicit", confidence=p, why=why, say=question, details=details)
        return Decision("elicit", instruction_to_ask(gap), p, why, details=details)

    def before_asking(self, conversation: Conversation, p: float, least: float, left: float) -> Decision | None:
        """What comes before a question: a request that is told in pieces is waited for, or read as one; a turn that
        needs no question is left alone, or is for doing once questions have come to nothing. None: ask, if at all.

        `p` is the probability that something is missing, `least` that from which on to ask, `left` the initiative."""
        whole = afresh(conversation, ours) if in_pieces(conversation.messages) else None
        if whole is not None:
            if self._waits(conversation, whole):
                why = "too few figures have been said to reckon with"
                return Decision("acknowledge", confidence=p, why=why, say=going_on(conversation))
            if p < least and left >= TO_ASK:
                return Decision("execute", why="what was told in pieces is read as one request", instead=whole)
        if p < least:
            return _go_on(conversation, left) if left < TO_ASK else LEAVE
        return None

    def _waits(self, conversation: Conversation, told: Conversation) -> bool:
        """Whether to let the user go on: what they have told has too few figures and lacks something, as the lens sees
        it at first and as they then show by telling more."""
        messages = conversation.messages
        if enough(messages) or tools_of(conversation) or idle(conversation) or not too_few(told.messages):
            return False
        if any(message.role == "assistant" and waited(message.text) for message in messages):
            return True
        heard = self.heard(told, LACKING)
        return heard.missing >= LACKING and heard.least <= 1

    def heard(self, conversation: Conversation, least: float | None = None) -> Heard:
        """What is read as the request, and what the reader makes of it. Asides are left out; where a text then seems to
        be missing, only those that can hardly be it ("Translate this. Nothing is missing."). It seems so from `least`
        on, the probability from which whoever asks this acts, or else the reader's own."""
        if not conversation.messages or conversation.messages[-1].role != "user":
            return Heard(conversation)
        careful = self.reader == "careful"
        told = to_the_point(conversation, careful=careful)
        heard = self._read(told)
        lacks = told is not conversation and heard.missing >= (heard.least if least is None else least)
        if not lacks or not is_text(gap_of(told, heard.seen)):
            return heard
        return self._read(to_the_point(conversation, text=True, careful=careful))

    def _read(self, conversation: Conversation) -> Heard:
        again = {"phrases": look_up, "careful": look_again}.get(self.reader)
        if self.reader == "phrases" and tools_of(conversation):
            again = None  # what an everyday request lacks a tool may yield
        seen = again([conversation]) if again else None
        scores = seen or look(lay_flat([conversation]))
        p = float(scores.missing[-1])
        if math.isnan(p):
            return Heard(conversation)
        least = float(scores.threshold[-1]) if self.threshold is None else self.threshold
        return Heard(conversation, shifted(p, self.prior), least, seen)

    async def _review(self, conversation: Conversation) -> Decision:
        """The policy's own question in place of a draft that was to ask and does not."""
        before = Conversation(conversation.messages[:-1], metadata=conversation.metadata)
        plan = await self.decide(before)
        if plan.move != "elicit" or asks_only(conversation):
            return LEAVE
        heard = self.heard(before)
        question = question_for(gap_of(heard.request, heard.seen), heard.request)
        why = "the draft does not ask for what is missing"
        return replace(plan, instruction="", say=question, why=why) if question else LEAVE


def _go_on(conversation: Conversation, left: float) -> Decision:
    """Whoever asked, the model too: when questions have come to nothing, the turn is for doing."""
    if all(each.brought for each in exchanges(conversation.messages)):
        return LEAVE
    why, details = "questions have come to nothing", {"initiative": round(left, 2)}
    return Decision("assume", TO_GO_ON, why=why, instead=afresh(conversation), details=details)


def gap_of(conversation: Conversation, seen: Seen | None) -> Gap | None:
    """What is missing: as the second reader sees it where it has read the request. In a request of figures, and before
    what phrases say, a vague quantity comes first, which is found by trial; in one of figures the reader counts only
    where it can quote words."""
    if seen is None or not seen.read[-1]:
        return find(conversation)
    theirs = read_gap(conversation, seen.asks[-1], seen.words[-1])
    if not seen.figured[-1] and seen.words[-1]:
        return theirs
    own = find(conversation)
    if not seen.figured[-1]:
        return theirs if theirs and not (own and own.vague) else own
    return theirs if own is None or (not own.vague and theirs is not None and theirs.quote) else own


def is_text(gap: Gap | None) -> bool:
    """Whether a text seems missing."""
    return gap is not None and "text" in (gap.kind, ASKS.get(gap.other))


def dearer(least: float, left: float) -> float:
    """From which probability to ask when so much initiative is left: the odds of `least`, divided by it. A question
    pays where odds x gain exceed its cost, and the cost is divided by what is left: after one that came to nothing
    2.5 times as high."""
    odds = least / max(1 - least, 1e-9) / max(left, 1e-9)
    return odds / (1 + odds)


def shifted(p: float, prior: float) -> float:
    """A probability that holds at even odds, at other odds."""
    odds = p / max(1 - p, 1e-9) * prior / max(1 - prior, 1e-9)
    return odds / (1 + odds) if math.isfinite(odds) else 1.0


def sharpened(p: float, differing: float, sharpness: float) -> float:
    """The probability once it is known which share of pairs of sampled answers differs: odds times
    exp(sharpness x (share - 1/2))."""
    odds = p / max(1 - p, 1e-9) * math.exp(sharpness * (differing - 0.5))
    return odds / (1 + odds)


@cache
def _weights_hash(names: tuple[str, ...]) -> str:
    whole = sha256()
    for name in names:
        whole.update((files("overture.lenses") / "weights" / name).read_bytes())
    return whole.hexdigest()[:16]
