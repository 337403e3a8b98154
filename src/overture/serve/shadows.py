"""What a policy would have done, decided after the answer has gone.

In come a policy, a conversation and a copy of the answer; out go decisions that are noted and change nothing. Easy to
get wrong: nobody waits for these decisions, so nothing slows the clients down when there are too many of them; past a
number a request goes undecided, and that is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..conversation import Conversation
from ..errors import BadAnswer
from ..policies import Decision, Steered
from .copies import Copy
from .exchange import Exchange
from .leading import note, reviewed

MOST = 64
"""Decisions that are being made at a time."""


class Shadows:
    """Decides beside the requests. `written` is called with each exchange when all about it is known."""

    def __init__(self, written: Callable[[Exchange], None]) -> None:
        self._written = written
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, steered: Steered, seen: Conversation, copy: Copy, exchange: Exchange) -> None:
        """Decide about an exchange of which the answer has gone."""
        exchange.end("done")
        if len(self._tasks) >= MOST:
            exchange.unsteered = "shadow_backlog"
            return
        exchange.deferred = True
        task = asyncio.create_task(_decide(steered, seen, copy, exchange))
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:  # even one that was cancelled before it began
            self._tasks.discard(task)
            self._written(exchange)

        task.add_done_callback(ended)

    async def close(self) -> None:
        """Leave off; what is known by then is written."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _decide(steered: Steered, seen: Conversation, copy: Copy, exchange: Exchange) -> None:
    async def decided(moment: str, seen: Conversation) -> Decision:
        decision = await steered.decide(seen)
        note(exchange, moment, decision)
        return decision

    try:
        plan = await decided("plan", seen)
        if plan.leaves and steered.policy.reviews and copy.status == 200:
            await reviewed(seen, copy.drafts(), decided)
    except BadAnswer:
        exchange.unsteered = exchange.unsteered or "draft_not_readable"
