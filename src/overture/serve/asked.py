"""The upstream as policies ask it, counted: a call that a policy makes costs as much as one that a client makes.

In comes the model that policies are made for; out comes the same model, which tells of each call. Easy to get wrong: a
call that fails was made all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..conversation import Conversation
from ..models.base import GREEDY, JSON, Model, Reply, Sampling
from ..models.wrapper import Wrapper


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
