"""Answers on their way from models to trials: written down first, and then on, a few at a time.

In comes an answer with its place; `keep` returns once it is in the store. Answers that came together are written in
one transaction and go on in rounds of FEW. Easy to get wrong: if all of them went on at once, all would be worked off
before the first of the next calls leaves, and a model that answers in step would stay in step; and one answer that
cannot be written must not take the others of its round with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from .store import Call, Journal

FEW = 16
"""Answers that go on in one round of the event loop. Fewer cost more rounds, more keep their next calls waiting."""


class Rounds:
    """The one way into a journal for a run's answers. It serves one event loop."""

    def __init__(self, store: Journal) -> None:
        self.store = store
        self._came: deque[tuple[Call, asyncio.Future[None]]] = deque()

    async def keep(self, call: Call) -> None:
        """Return once this answer is written down. Raises what the store says against it."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        self._came.append((call, kept))
        if len(self._came) == 1:
            loop.call_soon(self._next)
        await kept

    def finish(self) -> None:
        """Write down what came for trials that no longer wait for it, as after an interruption."""
        self._write([call for call, _ in self._came])
        self._came.clear()

    def _next(self) -> None:
        few = [self._came.popleft() for _ in range(min(FEW, len(self._came)))]
        for (_, kept), error in zip(few, self._write([call for call, _ in few]), strict=True):
            if kept.done():
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)
        if self._came:
            asyncio.get_running_loop().call_soon(self._next)

    def _write(self, calls: Sequence[Call]) -> list[Exception | None]:
        """What the store says against each; None: it is written."""
        try:
            self.store.journal(calls)
        except Exception as error:
            return [error] if len(calls) == 1 else [each for call in calls for each in self._write([call])]
        return [None] * len(calls)
