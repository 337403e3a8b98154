"""Which move next: what a policy is given, what it decides, and how several are put in order.

In comes a Conversation; out comes a Decision. A policy decides at two moments, told apart by who spoke last. After
a user or a tool the turn is still to be *planned*; after the assistant, its last message is a *draft under review*
that nobody has seen yet. The tools on offer stand in `conversation.metadata["tools"]`. Easy to get wrong: to leave
a turn alone is the common case and the cheap one, so it is a value (LEAVE) and never a None; a policy that must see
drafts says so (`reviews`), because for its sake an answer cannot be handed on as it streams; and a draft is sent back
once, so of the second one a policy can only put words in its place (`sent_back_to`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, runtime_checkable

from ..conversation import Conversation, Message
from ..models.base import JSON
from ..models.verdicts import Prompt

NO_MOVE = "leave"
"""The `move` of a Decision that changes nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice of what the assistant does next."""

    move: str
    """A name in MOVES, `silent`, or `leave`: whatever the model would do of itself."""
    instruction: str = ""
    """What the model is told, beside the conversation, before it answers (again). Empty: nothing."""
    confidence: float = 1.0
    """0 to 1, that this is the better move; calibrated where the policy's page says so."""
    why: str = ""
    """The reason, a sentence for people. It may quote the conversation, so it is content and logged as such."""
    say: str = ""
    """Words that are said as they stand; the model is not called (again)."""
    instead: Conversation | None = None
    """What the model is given in place of the conversation; None: the conversation."""
    policy: str = ""
    """Who decided; filled in by whoever composes."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Whatever else a log should hold, as JSON can hold it; no content."""

    @property
    def leaves(self) -> bool:
        """Whether nothing is changed."""
        return self.move == NO_MOVE

    @property
    def sends_back(self) -> bool:
        """Whether, of a draft, the model is asked for another."""
        return not self.say and bool(self.instruction or self.instead)

    def to_dict(self, content: bool = False) -> JSON:
        """As JSON can hold it. Without `content`, nothing in it comes from the conversation."""
        out: JSON = {
            "move": self.move,
            "policy": self.policy,
            "confidence": round(self.confidence, 4),
            "details": dict(self.details),
        }
        if content:
            out |= {"why": self.why, "instruction": self.instruction, "say": self.say}
        return out


LEAVE = Decision(NO_MOVE)
"""Change nothing."""


@runtime_checkable
class Policy(Protocol):
    """Anything that decides. Where one raises, the turn goes on as if none led it, and that is counted."""

    @property
    def name(self) -> str:
        """As it is called on the command line."""
        ...

    @property
    def reviews(self) -> bool:
        """Whether it wants to see drafts. If not, it is never given a conversation that ends with the assistant."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """Everything that determines its decisions beside the conversation: version, settings, hash of weights."""
        ...

    async def decide(self, conversation: Conversation) -> Decision:
        """The move for this turn, or for this draft."""
        ...


@dataclass(frozen=True)
class First:
    """Policies in order of priority: the first that does not leave the turn alone decides."""

    policies: tuple[Policy, ...]

    @property
    def name(self) -> str:
        return ",".join(policy.name for policy in self.policies)

    @property
    def reviews(self) -> bool:
        return any(policy.reviews for policy in self.policies)

    def identity(self) -> Mapping[str, Any]:
        return {"first": [dict(policy.identity()) for policy in self.policies]}

    async def decide(self, conversation: Conversation) -> Decision:
        noted = LEAVE
        for policy in self.policies:
            if is_draft(conversation) and not policy.reviews:
                continue
            decision = heeded(await policy.decide(conversation), conversation)
            if decision.leaves and (noted.details or not decision.details):
                continue
            noted = decision if decision.policy else replace(decision, policy=policy.name)
            if not noted.leaves:
                return noted
        return noted  # what left the turn may have noted why, such as a verdict that could not be read


@cache
def prompt(name: str) -> Prompt:
    """One of this package's prompt files."""
    return Prompt.read(files("overture.policies") / "prompts" / f"{name}.md")


def is_draft(conversation: Conversation) -> bool:
    """Whether the last message is the assistant's, and so a draft under review."""
    return bool(conversation.messages) and conversation.messages[-1].role == "assistant"


def second(conversation: Conversation, move: str) -> Conversation:
    """The same conversation, told to whoever decides as one of which a draft was sent back to make this move."""
    return replace(conversation, metadata={**conversation.metadata, "sent_back_to": move or NO_MOVE})


def sent_back_to(conversation: Conversation) -> str:
    """The move that the first draft was sent back to make, where the one under review is the second; else empty."""
    return str(conversation.metadata.get("sent_back_to", ""))


def heeded(decision: Decision, conversation: Conversation) -> Decision:
    """The decision; LEAVE in place of one that would send back a second draft."""
    return LEAVE if sent_back_to(conversation) and decision.sends_back else decision


def tools_of(conversation: Conversation) -> Sequence[JSON]:
    """The tools on offer, in the shape of the OpenAI chat API."""
    return conversation.metadata.get("tools") or ()


def with_tools(conversation: Conversation, tools: Sequence[JSON]) -> Conversation:
    """The same conversation with the tools on offer told to whoever decides."""
    if not tools:
        return conversation
    return replace(conversation, metadata={**conversation.metadata, "tools": list(tools)})


def instructed(conversation: Conversation, instruction: str) -> Conversation:
    """The conversation with an instruction of the operator's. It joins the system message at the start, or becomes one,
    because many chat templates take no other."""
    if not instruction:
        return conversation
    messages = conversation.messages
    if messages and messages[0].role in ("system", "developer"):
        first = replace(messages[0], content=f"{messages[0].text}\n\n{instruction}".lstrip())
        return replace(conversation, messages=(first, *messages[1:]))
    return replace(conversation, messages=(Message("system", instruction), *messages))
