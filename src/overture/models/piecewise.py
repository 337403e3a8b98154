"""A model that tells its answer as it makes it.

In come the pieces of an answer, and at their end the whole of it; out come `stream` and `reply`. Easy to get wrong:
text alone does not tell why it ended, so whoever hands a stream on needs the Reply at its end, too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from ..conversation import Conversation
from ..errors import BadAnswer
from .base import GREEDY, JSON, Closing, Reply, Sampling


class Piecewise(Closing, ABC):
    """A model whose answers come piece by piece. A subclass says how in `pieces`."""

    @abstractmethod
    def pieces(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncGenerator[str | Reply]:
        """The next message's text as it comes, and then the whole Reply."""

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message."""
        async with aclosing(self.pieces(conversation, sampling, tools, response_format)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Reply):
                    return piece
        raise BadAnswer("the stream ended before the answer did")

    async def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncIterator[str]:
        """Text as it comes."""
        async with aclosing(self.pieces(conversation, sampling, tools, response_format)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece
