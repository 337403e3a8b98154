"""How many calls one model has in flight: as many as it bears, fewer as soon as it says that it is too many.

In comes a call; out comes its answer, or the ModelError that remained after waiting and asking again where that is
safe. The limit grows by one a round of good answers and halves on 429, 503 and 5xx (AIMD); a Retry-After holds back
every call of the model and not only the one that was told. Easy to get wrong: a storm of refusals that left together
is one sign and not fifty, so the limit halves once a round trip; and an endpoint that is down must not be waited for
five times by each of a thousand trials.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..errors import (
    ModelError,
    ModelRateLimited,
    ModelTimeout,
    ModelUnreachable,
    OvertureError,
    ServerFailed,
)
from ..models import Reply
from ..models.patience import ABSENT, Patience, wait_before

DOWN_AFTER = 3
"""Calls in a row that nobody took, after which each further call is tried once and not waited for."""
LASTING = (*ABSENT, ModelRateLimited, ServerFailed)
"""What a model that has never answered will go on saying, once it was waited for as long as that helps."""
GONE_AFTER = 8
"""Calls in a row that ended in one of these, all of one kind, before any was answered; none is made after them."""


class Stopped(OvertureError):
    """No further call is made; what has not ended stays owed."""


class Spent(Stopped):
    """The limit of cost is reached."""


class Gone(Stopped):
    """The model has never answered, and no later call would fare better."""


@dataclass
class Budget:
    """What a run may cost, in the currency of the prices."""

    most: float | None = None
    spent: float = 0.0
    dearest: float = 0.0
    flying: int = 0
    unknown: bool = False
    """Whether a call came without its cost although there is a limit."""

    def begin(self) -> None:
        """Raise Spent unless one more call fits in, at the dearest price seen so far."""
        if self.unknown:
            raise Spent(f"a call came without its cost, so no limit can be kept; give --price ({self.spent:.4f} spent)")
        if self.most is not None and (
            self.spent >= self.most or self.spent + (self.flying + 1) * self.dearest > self.most
        ):
            raise Spent(f"the limit of cost is reached: {self.spent:.4f} of {self.most:.4f} spent")
        self.flying += 1

    def end(self, cost: float | None) -> None:
        """Enter what a call cost; 0 for one that failed, None where nobody knows."""
        self.flying -= 1
        if cost is None:
            self.unknown = self.most is not None  # no further call may begin; this answer is journalled all the same
            return
        self.spent += cost
        self.dearest = max(self.dearest, cost)


class Gate:
    """The calls of one model. One gate serves one event loop."""

    def __init__(
        self,
        most: int,
        *,
        patience: Patience | None = None,
        seconds: float = 600.0,
        budget: Budget | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.most = most
        self.limit = float(most)
        """Calls that may be in flight now."""
        self.flying = 0
        self.slowed = 0
        """How often the limit was halved."""
        self.seconds = seconds
        self._patience = patience or Patience()
        self._budget = budget or Budget()
        self._sleep = sleep
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._slowed_at = 0.0
        self._untaken = 0
        self._answered = False
        self._kind, self._lost = "", 0
        """How the last call that failed for good did, and how many in a row did so."""
        self._gone = ""
        """Why no call is made any more."""

    async def ask(self, call: Callable[[], Awaitable[Reply]], seed: str) -> Reply:
        """The call's answer. Raises the ModelError that remained; Spent before a call that would cost too much; Gone
        where GONE_AFTER calls failed alike and none was ever answered."""
        attempt = 1
        while True:
            await self._enter()
            began = time.monotonic()
            try:
                return await self._once(call)
            except ModelError as error:
                wait = self._after(error, attempt, began, seed)
                if wait is None:
                    self._despair(error)
                    raise
            finally:
                self._leave()
            await self._sleep(wait)
            attempt += 1

    async def _once(self, call: Callable[[], Awaitable[Reply]]) -> Reply:
        if self._gone:
            raise Gone(self._gone)
        self._budget.begin()
        limit = asyncio.timeout(self.seconds)
        cost: float | None = 0.0
        try:
            async with limit:
                reply = await call()
            cost = 0.0 if reply.details.get("cached") else reply.usage.cost
        except TimeoutError:
            if not limit.expired():
                raise
            raise ModelTimeout(f"no answer within {self.seconds:g} s") from None
        finally:
            self._budget.end(cost)
        self._untaken = 0
        self._answered, self._gone = True, ""
        if self.limit < self.most:
            self.limit = min(self.most, self.limit + 1 / self.limit)
        return reply

    def _after(self, error: ModelError, attempt: int, began: float, seed: str) -> float | None:
        """Seconds to wait before the next attempt, or None."""
        if isinstance(error, ModelRateLimited | ServerFailed) and began >= self._slowed_at:
            self.limit = max(1.0, self.limit / 2)
            self._slowed_at = time.monotonic()
            self.slowed += 1
        if isinstance(error, ModelUnreachable):
            self._untaken += 1
            if self._untaken > DOWN_AFTER:
                return None
        wait = wait_before(attempt + 1, error, self._patience, seed)
        if wait is not None and isinstance(error, ModelRateLimited) and error.retry_after is not None:
            self._paused_until = max(self._paused_until, time.monotonic() + wait)
        return wait

    def _despair(self, error: ModelError) -> None:
        """Count a call that failed for good. Raises Gone where it is one too many."""
        self._lost = self._lost + 1 if error.kind == self._kind else 1
        self._kind = error.kind
        if self._lost >= GONE_AFTER and isinstance(error, LASTING) and not self._answered:
            self._gone = f"no call was ever answered, and {self._lost} in a row ended in {error.kind}: {error}"
            raise Gone(self._gone) from error

    async def _enter(self) -> None:
        if self.flying < int(self.limit) and not self._waiting:
            self.flying += 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        try:
            while (pause := self._paused_until - time.monotonic()) > 0:
                await self._sleep(pause)
        except asyncio.CancelledError:
            self._leave()
            raise

    def _leave(self) -> None:
        self.flying -= 1
        while self._waiting and self.flying < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.flying += 1  # counted when it is given, or a newcomer could take it too
                turn.set_result(None)
