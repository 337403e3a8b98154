"""The event loop that everything which asks models runs in: uvloop where it is installed, asyncio's own elsewhere.

In comes a coroutine; out comes what it returns. uvloop takes some eight in a hundred off the processor time of a
simulated call, and a search for cycles of garbage that is made less often some four. Easy to get wrong: the library
never chooses a loop; only commands do, which own the process.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
SELDOM = 20_000
"""Objects made and not yet let go of, beyond which cycles among the new ones are looked for; Python's own is 700."""


def to_the_end(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end from code that does not wait, also where a loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, main).result()


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, as asyncio.run does."""
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
