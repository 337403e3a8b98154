"""Policies for tests: they do what they are told, and keep what they were shown.

In comes what to decide at either moment; out comes a policy that the proxy can be given. Easy to get wrong: a policy
that never looks at drafts must not be shown any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from overture.conversation import Conversation
from overture.policies import LEAVE, Decision, Policy
from overture.policies.base import is_draft


@dataclass
class Told:
    """Decides as it was told."""

    plan: Decision = LEAVE
    review: Decision | Callable[[Conversation], Decision] = LEAVE
    reviews: bool = False
    name: str = "told"
    fails: Exception | None = None
    seconds: float = 0.0
    before: Callable[[Conversation], Awaitable[None]] | None = None
    """Awaited at each decision."""
    seen: list[Conversation] = field(default_factory=list[Conversation])

    def identity(self) -> Mapping[str, Any]:
        return {"policy": self.name}

    async def decide(self, conversation: Conversation) -> Decision:
        self.seen.append(conversation)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.before is not None:
            await self.before(conversation)
        if self.fails is not None:
            raise self.fails
        if not is_draft(conversation):
            return self.plan
        return self.review(conversation) if callable(self.review) else self.review


def making(**policies: Policy) -> Callable[[str], Policy]:
    """Makes these and no others."""
    return lambda spec: policies[spec]
