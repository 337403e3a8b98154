"""The decisions log: one JSON line a request, appended, set aside when it is large.

In come records; out go lines, written in whole batches so that several workers can share the file. Easy to get wrong:
a disk that is full must cost the log, not the answers; and a log that is set aside by one worker must not be written
over by another.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from ..errors import UsageError
from .bodies import JSON

FLUSH = 0.2
"""Seconds that a line may wait."""
MOST_WAITING = 10_000
"""Lines; past these the oldest are given up."""


class DecisionsLog:
    """A log under a path. `run` writes as time passes; `close` writes what is left."""

    def __init__(self, path: Path, most: int, keep: int, on_loss: Callable[[int], None]) -> None:
        self.path = path
        self._most = most
        self._keep = keep
        self._on_loss = on_loss
        self._lines: list[bytes] = []
        self._torn = False
        """Whether the disk was full in the middle of a line, which must not spoil the next one."""

    def check(self) -> None:
        """Raises UsageError where the file cannot be written: later that would only be counted."""
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        except OSError as error:
            where = f"--log {str(self.path)[:200]}"
            raise UsageError(f"{where} cannot be written ({error.strerror}); name another file, or `off`") from None

    def add(self, record: JSON) -> None:
        """Take a record; it is written a moment later."""
        try:
            line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # half a surrogate pair, or what a policy of anybody's put into its details
            line = json.dumps(record, separators=(",", ":"), default=str).encode("ascii") + b"\n"
        self._lines.append(line)
        if len(self._lines) > MOST_WAITING:
            self._on_loss(1)
            del self._lines[0]

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(FLUSH)
            if self._lines:
                lines, self._lines = self._lines, []
                await asyncio.shield(asyncio.to_thread(self._write, lines))

    def close(self) -> None:
        """Write what is left."""
        lines, self._lines = self._lines, []
        if lines:
            self._write(lines)

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._set_aside()
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                data = memoryview((b"\n" if self._torn else b"") + b"".join(lines))
                while data:
                    data = data[os.write(file, data) :]
                    self._torn = True
                self._torn = False
            finally:
                os.close(file)
        except OSError:
            self._on_loss(len(lines))

    def _set_aside(self) -> None:
        """Rename a log that is large enough to `.1`, `.1` to `.2` and so on; the last is dropped."""
        if not self._large():
            return
        try:
            with FileLock(f"{self.path}.lock", timeout=1):
                if not self._large():  # another worker was first
                    return
                if self._keep == 0:
                    self.path.unlink()
                    return
                for number in range(self._keep - 1, 0, -1):
                    older = Path(f"{self.path}.{number}")
                    if older.exists():
                        older.replace(f"{self.path}.{number + 1}")
                self.path.replace(f"{self.path}.1")
        except (Timeout, OSError):  # in a folder that cannot be written it grows on, rather than lose lines
            return

    def _large(self) -> bool:
        try:
            return self.path.stat().st_size >= self._most
        except FileNotFoundError:
            return False
