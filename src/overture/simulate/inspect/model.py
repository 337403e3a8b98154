"""A model of Inspect AI's, as Overture asks one: so that its providers, its retries and its limits serve our trials.

In comes Inspect's Model; out comes one of ours. Each call is made through Inspect, which counts it, logs it and holds
it to the sample's limits. Easy to get wrong: a reasoning model wants its own messages back whole, so what it said is
handed on as it came and not as we read it; and a context that overflowed comes back as if the error were the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...conversation import Conversation, Message
from ...errors import BadAnswer, ContextOverflow
from ...models import GREEDY, Reply, Sampling, Usage
from ...models.base import JSON, wire_messages
from ...models.wrapper import Whole
from .messages import ours, theirs

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput
    from inspect_ai.tool import ToolInfo

FINISH: Mapping[str, str] = {"max_tokens": "length", "tool_calls": "tool_calls"}
"""Inspect's reasons to stop → ours, where the word differs or matters."""


class Inspected(Whole):
    """A model in Inspect's hands, for one trial.

    `drawn`: whether temperature and length are this caller's, as for a user or a judge; if not, they are what was asked
    of Inspect, as for the assistant under test. `heard` is told, after each answer, all that was said and the output.
    """

    def __init__(
        self,
        model: Model,
        drawn: bool = False,
        heard: Callable[[list[ChatMessage], ModelOutput], None] | None = None,
    ) -> None:
        self.model = model
        self.name = str(model)
        self._drawn = drawn
        self._heard = heard
        self._known: list[tuple[Message, ChatMessage]] = []

    def identity(self) -> dict[str, str]:
        """Its name. How it draws is in the header of Inspect's log, and joins the trial's identity there."""
        return {"kind": "inspect", "name": self.name}

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message. Raises ContextOverflow and BadAnswer; what else fails is raised by Inspect as its own."""
        wire_messages(conversation)
        began = time.monotonic()
        asked = self._told(conversation)
        output = await self.model.generate(
            list(asked), tools=tool_infos(tools), config=self._config(sampling, response_format)
        )
        if output.empty:
            raise BadAnswer(f"{self.name} answered with no choice")
        if output.stop_reason == "model_length":
            raise ContextOverflow(
                f"the conversation of {len(conversation)} messages is longer than the model's context"
            )
        message = ours(output.message)
        self._known.append((message, output.message))
        if self._heard:
            self._heard([*asked, output.message], output)
        return Reply(
            message,
            usage_of(output),
            FINISH.get(output.stop_reason, output.stop_reason),
            output.model or self.name,
            time.monotonic() - began,
        )

    def _told(self, conversation: Conversation) -> list[ChatMessage]:
        """The messages for Inspect; those it has seen are the same objects, so that its log holds each once."""
        same = 0
        for message, (known, _) in zip(conversation.messages, self._known, strict=False):
            if message != known:
                break
            same += 1
        del self._known[same:]
        self._known += [(message, theirs(message)) for message in conversation.messages[same:]]
        return [message for _, message in self._known]

    def _config(self, sampling: Sampling, response_format: JSON | None) -> GenerateConfig:
        from inspect_ai.model import GenerateConfig, ResponseSchema

        config = GenerateConfig(seed=sampling.seed)
        if self._drawn:
            config.temperature, config.top_p = sampling.temperature, sampling.top_p
            config.max_tokens, config.stop_seqs = sampling.max_tokens, list(sampling.stop) or None
        if response_format is not None and response_format.get("type") == "json_schema":
            told: dict[str, Any] = response_format["json_schema"]
            config.response_schema = ResponseSchema.model_validate(
                {"name": told.get("name", "answer"), "json_schema": told["schema"], "strict": told.get("strict")}
            )
        return config


def tool_infos(tools: Sequence[JSON]) -> list[ToolInfo]:
    """Tools in the shape of the OpenAI chat API, as Inspect takes them."""
    from inspect_ai.tool import ToolInfo

    return [
        ToolInfo.model_validate(
            {
                "name": tool["function"]["name"],
                "description": tool["function"].get("description", ""),
                "parameters": tool["function"].get("parameters", {}),
            }
        )
        for tool in tools
    ]


def usage_of(output: ModelOutput) -> Usage:
    """What an output took; Inspect counts cached tokens apart."""
    used = output.usage
    if used is None:
        return Usage(0, 0, None)
    cached = (used.input_tokens_cache_read or 0) + (used.input_tokens_cache_write or 0)
    return Usage(used.input_tokens + cached, used.output_tokens, used.total_cost)
