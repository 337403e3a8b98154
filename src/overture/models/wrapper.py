"""A model around another: what all of them have in common, and the one that is not asked the same twice.

In comes a Model; out comes a Model that does something about each answer before it is handed on: counts it, stores it,
remembers it. Easy to get wrong: such an answer has to be whole first, so it streams as one piece; and what a wrapper
closes is its own affair, since many wrappers may share one model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from ..conversation import Conversation
from .base import GREEDY, JSON, Closing, Model, Reply, Sampling, request_hash


class Whole(Closing, ABC):
    """A model whose answers come in one piece. A subclass says how in `reply`."""

    @abstractmethod
    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message."""

    async def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncIterator[str]:
        """The whole answer as one piece."""
        yield (await self.reply(conversation, sampling, tools, response_format)).message.text


class Wrapper(Whole):
    """A model around `model` that changes no answer: it has its name and its identity."""

    model: Model

    @property
    def name(self) -> str:
        return self.model.name

    def identity(self) -> dict[str, str]:
        """The wrapped model's."""
        return self.model.identity()


@dataclass
class Remembered(Wrapper):
    """A model that is not asked the same twice: same request, seed and all, same answer, `cached` in its details. Two
    that ask at once are both answered by the model."""

    model: Model
    known: dict[str, Reply] = field(default_factory=dict[str, Reply])
    """Hash of a request → its answer."""

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The model's answer, or the one that it gave before. Raises as the model does."""
        asked = request_hash(conversation, sampling, tools, response_format)
        if (known := self.known.get(asked)) is not None:
            return replace(known, details={**known.details, "cached": True})
        reply = self.known[asked] = await self.model.reply(conversation, sampling, tools, response_format)
        return reply
