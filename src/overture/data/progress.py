"""How far along a pull is, for a person: a bar on a terminal, a plain line every few seconds elsewhere.

In come byte counts through the four members that pooch asks of a progress bar (`total`, `update`, `reset`, `close`);
out goes text on stderr, so that a command's stdout stays what it answers. Easy to get wrong: at the end pooch calls
`reset` and then `update` with everything, so a bar that does not start again at nothing ends at twice the size.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

EVERY = 5.0
"""Seconds between plain lines."""


class Progress:
    """`with Progress("in3/train.jsonl", True) as bar: …`; silent where `shown` is false."""

    def __init__(self, name: str, shown: bool) -> None:
        self.name = name
        self.shown = shown
        self.total: int = 0
        """Bytes expected; 0 until known. pooch sets it."""
        self._done = 0
        self._said = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self.shown and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self.name, total=None)
            self._bar.start()
        else:
            self.say("pulling")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is None:
            self.say(f"fetched{f', {_size(self._done)}' if self._done else ''}")  # not yet verified

    def say(self, words: str) -> None:
        """A plain line, unless a bar stands there or nothing is to be shown."""
        if self.shown and self._bar is None:
            print(f"{self.name}: {words}", file=sys.stderr, flush=True)

    def update(self, count: int) -> None:
        """`count` more bytes have come."""
        self._done += count
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, total=self.total or None)
        elif time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            self.say(f"{_size(self._done)} of {_size(self.total) if self.total else 'unknown'}")

    def reset(self) -> None:
        """Count from nothing again."""
        self._done = 0

    def close(self) -> None:
        """The bar is closed by leaving the context."""


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
