"""The upstream as policies ask it, counted: a call that a policy makes costs as much as one that a client makes.

In comes the model that policies are made for; out comes the same model, which tells of each call. Easy to get wrong: a
call that fails was made all the same; and a policy that reviews several choices of one answer would ask the same for
each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from ..conversation import Conversation
from ..models.base import GREEDY, JSON, Model, Reply, Sampling
from ..models.wrapper import Remembered, Wrapper

_KNOWN: ContextVar[dict[str, Reply] | None] = ContextVar("known", default=None)


@contextmanager
def remembering() -> Generator[None]:
    """Within it `Once` asks nothing twice."""
    token = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(token)


class Asked(Wrapper):
    """A model of which `told` hears at each call."""

    def __init__(self, model: Model, told: Callable[[], None]) -> None:
        self.model = model
        self._told = told

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The model's answer. Raises as the model does."""
        self._told()
        return await self.model.reply(conversation, sampling, tools, response_format)


class Once(Wrapper):
    """A model that within `remembering` is asked nothing twice that has a seed."""

    def __init__(self, model: Model) -> None:
        self.model = model

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The model's answer, or the one that it gave in this review. Raises as the model does."""
        known = _KNOWN.get() if sampling.seed is not None else None
        model = self.model if known is None else Remembered(self.model, known)
        return await model.reply(conversation, sampling, tools, response_format)
