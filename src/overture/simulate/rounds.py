"""Whose turn it is: answers first, written down and then on to their trials; then trials that begin or have ended.

In comes an answer with its place, or an ended trial; `keep` returns once it is in the store. What came together is
written in one transaction and goes on in rounds of FEW. Easy to get wrong: if all of them went on at once, all would
be worked off before the first of the next calls leaves, and a model that answers in step would stay in step; what can
wait, such as a verdict, must let answers pass and hold no turn to talk, or fewer calls are out than could be; and one
record that cannot be written must not take the others of its round with it.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from ..errors import DataError
from .gate import Spent, Stopped
from .store import Call, Journal, Trial

T = TypeVar("T")
FEW = 16
"""How many go on in one round of the event loop. Fewer cost more rounds, more keep their next calls waiting."""
ROOM = 1 << 20
"""Bytes that must be free on the disk, after it was full once, before another call is paid for."""


class Rounds:
    """The one way into a journal for a run's answers and trials. It serves one event loop."""

    def __init__(self, store: Journal, most: int = 1) -> None:
        self.store = store
        self._turns = asyncio.Semaphore(most)
        self._left = most
        """Turns to talk that no stop has taken away."""
        self._came: deque[tuple[Call | Trial, asyncio.Future[None]]] = deque()
        self._later: deque[asyncio.Future[None]] = deque()
        self._planned = False

    @asynccontextmanager
    async def talk(self) -> AsyncGenerator[None]:
        """One of `most` turns to talk. A stopped trial takes its turn away; when all are gone, nobody talks."""
        await self._turns.acquire()
        kept = True
        try:
            if not self._left:
                raise Stopped("no more")
            yield
        except Stopped:
            self._left = max(0, self._left - 1)
            kept = not self._left  # or those who wait for a turn would wait for ever
            raise
        finally:
            if kept:
                self._turns.release()

    async def keep(self, record: Call | Trial) -> None:
        """Return once this is written down. Raises DataError where it may never be, Spent where the disk has no room
        for another, and otherwise what the store says against it."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._came.append((record, kept))
        self._plan()
        try:
            await kept
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError) as error:
            told = f"{self.store.path} refuses a record of trial {record.trial_id} ({error}); use another --out"
            raise DataError(told) from error
        except sqlite3.Error as error:
            if shutil.disk_usage(self.store.path.parent).free >= ROOM:
                raise
            # without room no answer can be kept, and none should be paid for
            told = f"{self.store.path} cannot be written ({error}); make room and run the same command again"
            raise Spent(told) from error

    async def quiet(self) -> None:
        """Return when no answer waits."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._later.append(turn)
        self._plan()
        await turn

    def finish(self) -> None:
        """Write down what came for trials that no longer wait for it, as after an interruption."""
        self._write([record for record, _ in self._came])
        self._came.clear()

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._planned = False
        if self._came:
            few = _some(self._came)
            for (_, kept), error in zip(few, self._write([record for record, _ in few]), strict=True):
                _go_on(kept, error)
        else:
            for turn in _some(self._later):
                _go_on(turn)
        if self._came or self._later:
            self._plan()

    def _write(self, records: Sequence[Call | Trial]) -> list[Exception | None]:
        """What the store says against each; None: it is written."""
        try:
            self.store.journal(records)
        except Exception as error:
            return [error] if len(records) == 1 else [each for one in records for each in self._write([one])]
        return [None] * len(records)


def _some(waiting: deque[T]) -> list[T]:
    return [waiting.popleft() for _ in range(min(FEW, len(waiting)))]


def _go_on(waiting: asyncio.Future[None], error: Exception | None = None) -> None:
    if waiting.done():  # it was given up
        return
    if error is None:
        waiting.set_result(None)
    else:
        waiting.set_exception(error)
