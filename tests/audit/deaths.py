"""Functions for the runner's tests that die, fail or work in a process of their own. They must be importable there."""

from __future__ import annotations

import os
import signal
from errno import ENOSPC
from pathlib import Path

from overture.errors import UsageError


def twice(number: int, marker: str) -> int:
    return 2 * number


def die_once(number: int, marker: str) -> int:
    """Job 1 kills its process the first time."""
    if number == 1 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def die_always(number: int, marker: str) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def refuse(number: int, marker: str) -> int:
    if number == 1:
        raise UsageError("job 1 makes no sense")
    return 2 * number


def full(number: int, marker: str) -> int:
    """Job 1 finds no room on the disk."""
    if number == 1:
        raise OSError(ENOSPC, "No space left on device", marker)
    return 2 * number


def threads(number: int, marker: str) -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")
