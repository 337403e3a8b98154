"""How a simulation says how far it is: trials, failures, tokens, money, and how long it will still take.

In comes a Progress after each trial; out goes one line that is rewritten on a terminal and written every ten seconds
elsewhere, always on stderr. Easy to get wrong: trials that an earlier run had made end at once, so the time that is
left is reckoned from the new ones alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..simulate.engine import Progress

EVERY = 10.0
"""Seconds between two lines where stderr is no terminal."""
REDRAWN = 0.2


def told(now: Progress, seconds: float) -> str:
    """One line: `31 of 80 trials, 2 failed, 12,400 tokens, cost 0.0210, 1 min 10 s left`."""
    parts = [f"{now.ended:,} of {now.total:,} trials"]
    if now.failed:
        parts.append(f"{now.failed:,} failed")
    parts.append(f"{now.tokens:,} tokens")
    if now.cost:
        parts.append(f"cost {now.cost:.4f}")
    made = now.ended - now.known
    if made and now.ended < now.total:
        parts.append(f"{lasting((now.total - now.ended) * seconds / made)} left")
    return ", ".join(parts)


def lasting(seconds: float) -> str:
    """A time for people: `45 s`, `1 min 10 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def fitting(line: str, room: int) -> str:
    """As much of the line as stands in a terminal of so many columns: one that wraps could not be drawn over."""
    return line if len(line) < room else line[: max(0, room - 2)] + "…"


def _room() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


@contextmanager
def watching() -> Generator[Callable[[Progress], None]]:
    """A function to be told of each trial."""
    began = last = time.monotonic()
    terminal = sys.stderr.isatty()
    drawn = False

    def watch(now: Progress) -> None:
        nonlocal last, drawn
        at = time.monotonic()
        if at - last < (REDRAWN if terminal else EVERY):
            return
        last = at
        line = told(now, at - began)
        drawing = f"\r\x1b[K{fitting(line, _room())}" if terminal else line
        print(drawing, end="" if terminal else "\n", file=sys.stderr, flush=True)
        drawn = terminal

    try:
        yield watch
    finally:
        if drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
