"""The event loop that everything which asks models runs in: uvloop where it is installed, asyncio's own elsewhere.

In comes a coroutine; out comes what it returns. uvloop takes some eight in a hundred off the processor time of a
simulated call, and a search for cycles of garbage that is made less often some four. Easy to get wrong: the library
never chooses a loop; only commands do, which own the process.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
SELDOM = 20_000
"""Objects made and not yet let go of, beyond which cycles among the new ones are looked for; Python's own is 700."""


def to_the_end(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end from code that does not wait, also where a loop is running already, as in a notebook."""
    return _beside(asyncio.run, main)


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """The same for a command, in the faster loop."""
    return _beside(_quickly, main)


def _quickly(main: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:  # there is none for Windows
        factory = None
    often = gc.get_threshold()
    gc.set_threshold(SELDOM, *often[1:])
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main)
    finally:
        gc.set_threshold(*often)
        main.close()  # an interrupt before its first step would leave it behind, never awaited


def _beside(run: Callable[[Coroutine[Any, Any, T]], T], main: Coroutine[Any, Any, T]) -> T:
    """Run it here, or, where a loop is running here, in a thread, in which an interrupt of this one ends it too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run(main)
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def held() -> T:
        if (task := asyncio.current_task()) is not None:
            begun.append((asyncio.get_running_loop(), task))
        return await main

    try:
        with ThreadPoolExecutor(1) as beside:
            ended = beside.submit(run, held())
            try:
                return ended.result()
            except KeyboardInterrupt:
                for loop, task in begun:
                    with suppress(RuntimeError):  # it has just ended, and its loop is closed
                        loop.call_soon_threadsafe(task.cancel)
                raise
    finally:
        main.close()
