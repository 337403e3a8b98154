"""What it took: calls, tokens, seconds and cost, per model.

In come the calls of any number of models, each wrapped by `ledger.watch(model)`; out comes `to_dict()`, ready for a
summary. Easy to get wrong: a call without a known price is not a free call, and an answer out of a cache was not paid
for again; both are counted apart and neither is added in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..conversation import Conversation
from ..errors import ModelError
from .base import GREEDY, JSON, Model, Reply, Sampling
from .wrapper import Wrapper


@dataclass(slots=True)
class Account:
    """The sums of one model."""

    calls: int = 0
    """Answers that came, from the model or from a cache; failures are not among them."""
    cached: int = 0
    """Of the calls, those answered by a cache; their tokens, seconds and cost are not added."""
    failed: Counter[str] = field(default_factory=Counter[str])
    """The failures, by the error's `kind`."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Summed over calls, so more than passed on the clock where calls run side by side."""
    cost: float = 0.0
    """Of the calls that have a price."""
    unpriced: int = 0
    """Calls of unknown cost."""
    uncounted: int = 0
    """Calls whose tokens the server did not tell."""

    def to_dict(self) -> dict[str, Any]:
        """Every sum; `cost` is None where no call had a price."""
        paid = self.calls - self.cached
        return {
            "calls": self.calls,
            "cached": self.cached,
            "failed": dict(sorted(self.failed.items())),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": self.seconds,
            "cost": None if paid and self.unpriced == paid else self.cost,
            "unpriced": self.unpriced,
            "uncounted": self.uncounted,
        }


class Ledger:
    """Accounts by model name. One ledger serves one event loop."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def watch(self, model: Model) -> Watched:
        """The same model, counted."""
        return Watched(model, self._accounts.setdefault(model.name, Account()))

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Model name → sums, sorted by name."""
        return {name: account.to_dict() for name, account in sorted(self._accounts.items())}


class Watched(Wrapper):
    """A model whose calls are counted. Made by `Ledger.watch`."""

    def __init__(self, model: Model, account: Account) -> None:
        self.model = model
        self.account = account

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
        **more: Any,
    ) -> Reply:
        """As the model's; `more` (such as `sample`) goes to it as it is."""
        try:
            reply = await self.model.reply(conversation, sampling, tools, response_format, **more)
        except ModelError as error:
            self.account.failed[error.kind] += 1
            raise
        self._enter(reply)
        return reply

    async def close(self) -> None:
        """Close the wrapped model."""
        await self.model.close()

    def _enter(self, reply: Reply) -> None:
        account = self.account
        account.calls += 1
        if reply.details.get("cached"):
            account.cached += 1
            return
        account.prompt_tokens += reply.usage.prompt_tokens
        account.completion_tokens += reply.usage.completion_tokens
        account.seconds += reply.seconds
        account.uncounted += bool(reply.details.get("usage_missing"))
        if reply.usage.cost is None:
            account.unpriced += 1
        else:
            account.cost += reply.usage.cost
