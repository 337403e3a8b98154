"""The policy `worth_asking`: ask only where the answer is worth the turn; else assume aloud, look it up, hand over a
draft, or go ahead.

In comes a conversation; out comes `elicit`, `assume` (and what cannot be undone is then drafted and not done),
`consult`, LEAVE, or what `Gaps.before_asking` finds. How likely something is missing the lens `gaps` says, what is at
stake the kind of request, and `worth.worth` weighs the moves. Easy to get wrong: what was asked and not answered is not
asked again, however much an answer would be worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..conversation import Conversation
from ..errors import UsageError
from ..lenses.gaps_span import find
from ..models import Model
from . import initiative as budget
from . import needless as rules
from .base import LEAVE, Decision, is_draft, tools_of
from .disagreement import between_readings
from .effects import changes_state, function_of
from .gaps import Gaps
from .gaps_words import (
    already_asked,
    instruction_to_ask,
    instruction_to_assume,
    instruction_to_draft,
    instruction_to_look_up,
    ours,
    question_for,
)
from .initiative import TO_ASK, afresh, enough, forbidden, initiative
from .kinds import BE_HEARD, DECIDE, DO, HOW, LEARN, request_kind
from .needless import needless
from .worth import DEFAULTS, Stakes, worth

VERSION = f"6, initiative {budget.VERSION}, needless {rules.VERSION}"
LEAST = 0.5
"""Where the lens gives less, a request is left alone, whatever is at stake: it is too unsure of what is unlikely."""

_ACTS = {
    "irreversible": (
        "book order buy pay send transfer delete cancel post publish submit wire sell return unsubscribe forward block "
        "remove reserve donate sign approve merge call hire"
    ),
    "reversible": (
        "add rename set turn open schedule remind move mute play start stop share update connect install create put "
        "change"
    ),
}
_OPENERS = {kind: frozenset(words.split()) for kind, words in _ACTS.items()}
_SUM = re.compile(r"\b(?:how (?:much|many|long|far)|calculate|compute|work out|add up|convert)\b", re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[.!?;:,]\s+|\b(?:please|and|then|to|you|me|just)\s+)(?=([a-z]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WorthAsking:
    """Asks where it pays."""

    stakes: Mapping[str, Stakes] = field(default_factory=lambda: DEFAULTS)
    """Kind of request → what is at stake; kinds that are not named have the default."""
    answered: float = 0.8
    """Probability that the user answers a first question."""
    found: float = 0.5
    """Probability that a read-only tool at hand yields what is missing."""
    prior: float = 0.5
    """As in Gaps."""
    reader: str = "patterns"
    """As in Gaps; the stakes were set for the patterns' probabilities."""
    cost: float = 1.0
    """Times every kind's cost of a question: above 1 for users whose turns are dear; what `overture tune` varies."""
    samples: int = 0
    """Answers drawn twice over from the led model; from two on, uncertainty about the request is how much more they
    differ than answers to one reading of it, and counts beside the lens."""
    model: Model | None = None
    """The led model; only with `samples`."""
    name: str = "worth_asking"

    def __post_init__(self) -> None:
        self._gate()
        for name, value in (("answered", self.answered), ("found", self.found)):
            if not 0 <= value <= 1:
                raise UsageError(f"worth_asking: {name} is a probability, 0 to 1, not {value:g}")

    @property
    def reviews(self) -> bool:
        return False

    def identity(self) -> Mapping[str, Any]:
        return {
            "policy": self.name,
            "version": VERSION,
            "stakes": {kind: asdict(self._stakes(kind)) for kind in DEFAULTS},
            "answered": self.answered,
            "found": self.found,
            "samples": self.samples,
            "gate": dict(self._gate().identity()),
        }

    def _gate(self) -> Gaps:
        return Gaps(prior=self.prior, reader=self.reader)

    def _stakes(self, kind: str) -> Stakes:
        stakes = self.stakes.get(kind, DEFAULTS[kind])
        return replace(stakes, cost=stakes.cost * self.cost)

    async def decide(self, conversation: Conversation) -> Decision:
        """The move that is worth most."""
        if is_draft(conversation):
            return LEAVE
        gate = self._gate()
        heard = gate.heard(conversation, LEAST)
        p = heard.missing
        if heard.least > 1:
            return LEAVE
        left = initiative(conversation)
        told = gate.before_asking(conversation, p, LEAST, left)
        if told is not None:
            return told
        if self.samples > 1 and self.model is not None:
            p = (p + await between_readings(self.model, conversation, self.samples)) / 2
        kind = kind_of(conversation)
        gap = find(heard.request)
        question = question_for(gap, heard.request)
        if needless(gap, question, conversation.messages):
            return LEAVE
        unanswered = already_asked(conversation, gap)
        tools = tools_of(conversation)
        reads = any(not changes_state(str(function_of(tool).get("name", "")), tool) for tool in tools)
        found = self.found if reads else None
        values = worth(p, self._stakes(kind), self.answered, questions_so_far(conversation), found)
        details = {
            "missing": round(p, 4),
            "request": kind,
            "gain": round(values.gain, 4),
            "price": round(values.price, 4),
        } | {move: round(value, 4) for move, value in values.moves.items()}
        why = f"{kind}: asking adds {values.gain:.2f} and costs {values.price:.2f}"
        welcome = left >= TO_ASK and not enough(conversation.messages)
        if values.asks and not unanswered and welcome:
            return Decision(
                "elicit", "" if question else instruction_to_ask(gap), p, why, say=question, details=details
            )
        if values.best == "consult":
            return Decision("consult", instruction_to_look_up(gap), p, why, details=details)
        ordered = enough(conversation.messages) and not forbidden(conversation.messages)
        instead = afresh(conversation, None if left < TO_ASK else ours)
        if values.best == "draft" and not ordered:
            return Decision("assume", instruction_to_draft(gap), p, why, instead=instead, details=details)
        if values.best in ("assume", "draft"):
            told_to = instruction_to_assume(gap, asked=unanswered)
            return Decision("assume", told_to, p, why, instead=instead, details=details)
        return LEAVE


def kind_of(conversation: Conversation) -> str:
    """Which of the kinds in DEFAULTS the user's request is; of several things to be done the gravest counts."""
    text = " ".join(message.text for message in conversation.messages if message.role == "user")
    kind = request_kind(text)
    if kind in (HOW, LEARN, DECIDE):
        return "advice"
    if kind == BE_HEARD:
        return "talk"
    begins = {match[1].lower() for match in _BEGINS.finditer(text)}
    for act, openers in _OPENERS.items():
        if begins & openers:
            return act
    if "?" in text or _SUM.search(text):
        return "answer"
    return "draft" if kind == DO else "talk"


def questions_so_far(conversation: Conversation) -> int:
    """How many of the assistant's messages end on a question."""
    return sum(message.role == "assistant" and message.text.rstrip().endswith("?") for message in conversation.messages)
