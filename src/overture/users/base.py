"""The one protocol of every simulated user, and what they say.

A User is a kind of person; `start(item, seed, model)` makes one who has this item's goal, for one trial. That Speaking
is asked `await next(conversation)` and returns an Utterance: a message or none, whether it is done, and the names of
the parts it revealed. Easy to get wrong: `done` is a field that the user's code sets, never something read out of
words, so nothing an assistant writes can end a trial; and a Speaking belongs to one trial, or users would get each
other's goals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from ..conversation import Conversation, Message
from ..models import Model
from ..tasks.task import Item

ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "goal_leaked": "told most of what is hidden at once",
        "several_parts": "revealed more parts than the reply asked for, and more than one",
        "value_left_out": "named a part as if telling it, without its value",
        "invented": "stated a figure that is in no part and that nobody said",
        "spoke_for_assistant": "spoke as the assistant",
        "spoke_about_person": "spoke about the person instead of as them",
        "prompt_spoken": "said words of the prompt aloud",
        "said_nothing": "said no word, or in the whole talk none of what they are after",
        "went_in_circles": "said the same words over and over",
    }
)
"""What simulated users do wrong: kind → what that is, in words for people."""


@dataclass(frozen=True, slots=True)
class UserError:
    """One error of a simulated user, with the words in which it was made."""

    kind: str
    """One of ERRORS."""
    words: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a user says next."""

    message: Message | None
    """None: nothing, which only a user who is done may say."""
    done: bool = False
    """Whether the conversation is over for this user. A message with it is a parting word, which nobody answers."""
    revealed: tuple[str, ...] = ()
    """Names of the parts that this message reveals, and that were open until now."""
    why: str = ""
    """What made the user say it, for figures and pages: `opening`, `answered`, `unrelated`, `volunteered`, `said` …"""
    settled: Mapping[str, str] = field(default_factory=dict[str, str])
    """Part → value, where this user now wants another value than the item says."""
    errors: tuple[UserError, ...] = ()
    """Errors that this user knows it made. `faults.find` looks for others in every message."""
    again: int = 0
    """How often a model that plays this user was asked again for this message."""


class Speaking(Protocol):
    """One user in one conversation."""

    async def next(self, conversation: Conversation) -> Utterance:
        """What they say after all that was said. At the start there is no user's message in the conversation yet."""
        ...


@runtime_checkable
class User(Protocol):
    """A kind of person."""

    @property
    def name(self) -> str:
        """As it is typed: `shards+impatient`."""
        ...

    @property
    def needs_model(self) -> bool:
        """Whether `start` must be given a model."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """Everything that determines what they say beside item, seed and model: options, versions, prompts' hashes."""
        ...

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        """Somebody of this kind who has this goal. Pure: the same item and seed give the same person."""
        ...


def last_reply(conversation: Conversation) -> str | None:
    """The text of what the assistant said last; None before it has spoken."""
    for message in reversed(conversation.messages):
        if message.role == "assistant":
            return message.text
    return None


def says(text: str, revealed: tuple[str, ...] = (), why: str = "", done: bool = False) -> Utterance:
    """An Utterance of these words."""
    return Utterance(Message("user", text), done, revealed, why)
