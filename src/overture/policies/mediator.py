"""Everything that was said, as one explicit instruction, carried out by an assistant that has seen nothing else.

In comes a conversation of several turns; out comes a Decision with `instead`: the system message and one user message.
`Mediator` has a model rewrite (Mediator–Assistant, arXiv 2602.07338); `Joined` puts the user's own statements together
by rule, for models too small to rewrite. docs/recipes/mediator-assistant.md has the departures. Easy to get wrong: a
rewriter that adds what nobody said has made the user's request its own, so the prompt forbids it and a rewriting whose
figures nobody said is not used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..conversation import Conversation, Message
from ..errors import ModelError, UsageError
from ..models import Model
from ..models.verdicts import Unscored, ask, in_words
from ..tasks.listed import questions
from ..tasks.terms import stems
from .base import LEAVE, Decision, is_draft, prompt
from .grounding import numbers
from .grounding.dates import DAYS, MONTHS

VERSION, JOINED_VERSION = "2", "3"
"""One changes whenever `Mediator` would put some conversation otherwise, the other whenever `Joined` would."""
LONGEST = 12_000
"""Characters of a conversation that are rewritten; a longer one is left alone."""
_ANSWER = 8
"""Words of a reply to a question at most for the question to be put beside it."""
_EMPTY = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?(?: you)?|great|go on|continue|please|good|nice|hm+|hi|hello|next|that's (?:all|it)|"
    r"and|yes|sure|perfect)\b[\s,.!]*)+$",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:actually|i meant?|instead|scratch that|correction|not \w+ but|rather than|sorry|make (?:it|that)|change "
    r"(?:it|that|the)|no longer|"
    r"never ?mind (?:the|that)|forget (?:the|that|what))\b|^\W*no\b",
    re.IGNORECASE,
)
_HANDED_OVER = re.compile(
    r"\bthe (?:first|second|third|fourth|last|other) (?:one|option|choice|idea|suggestion|version)s?\b|"
    r"\b(?:option|suggestion|choice|version|idea) (?:\d+|[a-e]|one|two|three|four)\b|\b(?:that|this) one\b|"
    r"\byour (?:\w+ )?(?:suggestion|idea|proposal|draft|version|recommendation)s?\b|"
    r"\byou(?:'ve| have|'d| had)? (?:just )?(?:said|suggested|proposed|mentioned|wrote|listed|recommended|offered|gave|"
    r"described|named|picked|showed|drafted)\b",
    re.IGNORECASE,
)
"""Speaks of what the assistant said, which an assistant that has seen nothing else would not know."""
_VALUES = frozenset(
    stems(
        "a an the of to in on at for from by with is are was were be it its this that these those they we i you my "
        "your our "
        "he she his her their and or but if so as not should would will can must have has do does want need like make "
        "one two three four five six seven eight nine ten "
    )
    + stems(" ".join((*DAYS, *MONTHS)))
)
"""Words that say nothing of what a statement is about: small ones, and values."""


class Instruction(BaseModel):
    """What the rewriter answers."""

    model_config = ConfigDict(extra="forbid")
    instruction: str = Field(min_length=1, max_length=20_000)


_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"instruction": {"type": "string", "minLength": 1}},
    "required": ["instruction"],
    "additionalProperties": False,
}
"""What the rewriter's server is to hold it to. A bound on the length would make a grammar that small engines refuse."""


@dataclass(frozen=True)
class Mediator:
    """Has a model rewrite a conversation of several turns. Needs a model: the one it leads, unless another is given."""

    model: Model | None = None
    rules: Path | str | None = None
    """A file of rewriting rules, as `refiner` writes it; None: no rules beyond the prompt."""
    max_tokens: int = 800
    name: str = "mediator"
    reviews: bool = False

    def identity(self) -> Mapping[str, Any]:
        own = {"policy": self.name, "version": VERSION, "prompt": prompt("mediator").version}
        model = self.model.identity() if self.model else None
        return {**own, "rules": sha256(self.read_rules().encode()).hexdigest()[:12], "model": model}

    def read_rules(self) -> str:
        """The rules' text; empty where there are none. Raises UsageError where the file cannot be read."""
        if self.rules is None:
            return ""
        try:
            return Path(self.rules).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the rules in {self.rules} cannot be read ({type(error).__name__})") from error

    async def decide(self, conversation: Conversation) -> Decision:
        """`execute` with the rewritten conversation; LEAVE for one turn, for tools in use, attachments and more than
        LONGEST characters, and, with the reason in its details, where the rewriting cannot be read or says figures that
        nobody said."""
        if self.model is None:
            raise UsageError("the policy mediator needs a model to rewrite with; the policy joined needs none")
        if not _several_turns(conversation):
            return LEAVE
        told = self.read_rules()
        own = {"rules": f"Rules learned from earlier failures:\n\n{told}" if told else ""}
        try:
            verdict = await ask(
                self.model,
                prompt("mediator").filled(own, {"conversation": as_text(conversation)}),
                Instruction,
                self.max_tokens,
                _SCHEMA,
            )
        except ModelError as error:
            verdict = in_words(error)
        if isinstance(verdict, Unscored):
            return Decision(LEAVE.move, policy=self.name, details={"failed": verdict.reason})
        invented = added_figures(verdict.instruction, conversation)
        if invented:
            return Decision(LEAVE.move, policy=self.name, details={"failed": f"{len(invented)} figures nobody said"})
        return _instead(conversation, verdict.instruction, "several turns, rewritten into one instruction")


@dataclass(frozen=True)
class Joined:
    """Puts the user's own statements together by rule: what was corrected is dropped, answers stand with their
    questions. Offline."""

    name: str = "joined"
    reviews: bool = False

    def identity(self) -> Mapping[str, Any]:
        return {"policy": self.name, "version": JOINED_VERSION, "prompt": prompt("joined").version}

    async def decide(self, conversation: Conversation) -> Decision:
        """`execute` with the joined conversation, or LEAVE where `Mediator` leaves, and where the user speaks of what
        the assistant said ("the second one, please")."""
        if not _several_turns(conversation) or _leans(conversation):
            return LEAVE
        first, rest = statements(conversation.messages)
        if not rest:
            return LEAVE
        listed = "\n".join(f"- {each}" for each in rest)
        return _instead(
            conversation,
            prompt("joined").filled({"request": first, "list": listed}, {}).strip(),
            "several turns, joined into one",
        )


def _several_turns(conversation: Conversation) -> bool:
    """Whether there is something to join, and all of it is words: two user messages or more, the last of them last, no
    tool used so far, nothing attached."""
    messages = conversation.messages
    if is_draft(conversation) or not messages or messages[-1].role != "user":
        return False
    if any(message.tool_calls or message.role in ("tool", "function") or message.attachments for message in messages):
        return False
    asked = sum(message.role == "user" for message in messages)
    return asked > 1 and sum(len(message.text) for message in messages) <= LONGEST


def _leans(conversation: Conversation) -> bool:
    """Whether the user speaks of what the assistant has handed over."""
    roles = [message.role for message in conversation.messages]
    later = conversation.messages[roles.index("assistant") :] if "assistant" in roles else ()
    return any(message.role == "user" and _HANDED_OVER.search(message.text) for message in later)


def _instead(conversation: Conversation, instruction: str, why: str) -> Decision:
    kept = [message for message in conversation.messages if message.role in ("system", "developer")]
    instead = Conversation((*kept, Message("user", instruction)), metadata=conversation.metadata)
    turns = sum(message.role == "user" for message in conversation.messages)
    return Decision("execute", why=why, instead=instead, details={"turns": turns})


def statements(messages: Sequence[Message]) -> tuple[str, list[str]]:
    """(the opening, what the user said after it), without what was corrected later and without mere courtesies."""
    opening = ""
    said: list[tuple[str, str]] = []
    before = ""
    for message in messages:
        if message.role == "assistant":
            before = message.text
        if message.role != "user":
            continue
        text = message.text.strip()
        asked, before = questions(before), ""
        if not opening:
            opening = text
        elif text and not (_EMPTY.fullmatch(text) and not asked):
            if _CORRECTS.search(text):
                said = [each for each in said if not _replaces(text, each[1])]
            short = len(text.split()) <= _ANSWER and bool(asked)
            said.append((f'(asked: "{asked[0]}") {text}' if short else text, text))
    return opening, [shown for shown, _ in said]


def _replaces(correction: str, earlier: str) -> bool:
    """Whether a correction is about what an earlier statement was about: half of that one's telling words or more."""
    about = set(stems(earlier)) - _VALUES
    return bool(about) and 2 * len(about & set(stems(correction))) >= len(about)


def as_text(conversation: Conversation) -> str:
    """The turns after the rules, each with who speaks."""
    turns = [message for message in conversation.messages if message.role in ("user", "assistant")]
    return "\n\n".join(f"[{message.role}] {message.text.strip()}" for message in turns)


def added_figures(instruction: str, conversation: Conversation) -> set[float]:
    """The numbers of an instruction that stand nowhere in the conversation."""
    known = {number.value for number in numbers.said("\n".join(message.text for message in conversation.messages))}
    return {number.value for number in numbers.said(instruction) if number.value >= 2 and number.value not in known}
