"""Runs the small task on one store again and again, each time until a kill at a chosen place; then to the end.

In come a store, a file that counts the model's calls, and the places: at the n-th write to the store, before or after
it. Out comes the store. Easy to get wrong: the kill must be a real one, so each attempt is a process of its own that
sends itself SIGKILL; no handler and no `finally` runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from overture.models import GREEDY, Reply, Scripted
from overture.simulate.engine import run
from overture.simulate.store import Store

from .small import asker, experiment, item

COUNT = 4


def model(counted: Path) -> Scripted:
    """The asker, late by a time of its own each call, so that trials end in another order than they begin."""
    answers = [item(number) for number in range(COUNT)]

    def speak(conversation: Any) -> str:
        said = " ".join(message.text for message in conversation.messages if message.role == "user")
        right = next((made for made in answers if f"{made.parts[0].value} apples" in said), answers[0])
        return asker(right, conversation)

    class Late(Scripted):
        async def reply(self, conversation: Any, sampling: Any = GREEDY, *more: Any) -> Reply:  # type: ignore[override]
            with counted.open("ab") as file:
                file.write(b".")
            await asyncio.sleep((sampling.seed % 5) / 2000)
            return await super().reply(conversation, sampling)

    late = Scripted.function(speak, "scripted:late", "1")
    late.__class__ = Late
    return late


def dying(store: Store, place: int, after: bool) -> None:
    """Make the store's process end at its n-th write."""
    left = place

    def around(write: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*given: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            write(*given)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        return wrapped

    store.journal = around(store.journal)  # type: ignore[method-assign]


def main(path: Path, counted: Path, places: list[tuple[int, bool]]) -> None:
    for place, after in [*places, (0, False)]:
        child = os.fork()
        if child == 0:
            with Store(path) as store:
                dying(store, place, after)
                asyncio.run(run(experiment(model(counted), COUNT, concurrency=4), store))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if place == 0:
            assert status == 0, status


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [(abs(int(word)), word.startswith("+")) for word in sys.argv[3:]])
