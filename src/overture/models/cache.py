"""Answers that were paid for once: a model's replies kept in a sqlite file, and given again for the same question.

In comes a call; out comes the stored reply, or the model's own, stored before it is handed on. The key holds everything
that determines an answer: the model's identity, the messages, sampling, tools, response format, and the caller's
`sample`. Easy to get wrong: without `sample`, ten samples of one question would be one answer ten times.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from ..conversation import Conversation
from ..errors import DataError
from .base import GREEDY, JSON, Model, Reply, Sampling, request_hash
from .wrapper import Wrapper

SCHEMA = 1


class Cached(Wrapper):
    """Wraps a model. Failures are not kept. Several processes may share one file.

    `seconds` and `cost` of a stored reply are those of the first time; `details["cached"]` says that it is one.
    """

    def __init__(self, model: Model, path: Path | str) -> None:
        self.model = model
        self.path = Path(path)
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
        *,
        sample: tuple[str | int, ...] = (),
    ) -> Reply:
        """As the model's. `sample`, such as (trial, turn, sample), keeps apart what is asked more than once.

        Raises DataError where the file is no such cache.
        """
        key = request_hash(conversation, sampling, tools, response_format, self.model.identity(), list(sample))
        known = await asyncio.to_thread(self._get, key)
        if known is None:
            reply = await self.model.reply(conversation, sampling, tools, response_format)
            first = await asyncio.to_thread(self._put, key, orjson.dumps(reply.to_dict()))
            if first is None:
                return reply
            # asked twice at once: both say the same, but the second was paid for, too
            return replace(Reply.of(orjson.loads(first)), usage=reply.usage, seconds=reply.seconds)
        reply = Reply.of(orjson.loads(known))
        return replace(reply, details={**reply.details, "cached": True})

    async def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
        *,
        sample: tuple[str | int, ...] = (),
    ) -> AsyncIterator[str]:
        """The whole answer as one piece, because it is stored first."""
        yield (await self.reply(conversation, sampling, tools, response_format, sample=sample)).message.text

    async def close(self) -> None:
        """Close the file and the wrapped model."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
        await self.model.close()

    def _get(self, key: str) -> bytes | None:
        with self._lock:
            row = self._open().execute("SELECT reply FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def _put(self, key: str, reply: bytes) -> bytes | None:
        """None where this reply was stored, else the one that another call stored first."""
        with self._lock:
            file = self._open()
            with file:
                stored = file.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, reply)).rowcount
            if stored:
                return None
            return file.execute("SELECT reply FROM answers WHERE key = ?", (key,)).fetchone()[0]

    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = _opened(self.path)
            except (sqlite3.DatabaseError, OSError) as error:
                raise DataError(f"{self.path} cannot be used as an answer cache ({error}); move it away") from error
        return self._file


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA):
            raise DataError(f"{path} is an answer cache of schema {version}, not {SCHEMA}; move it away")
        file.execute("PRAGMA journal_mode = WAL")
        with file:
            file.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, reply BLOB) WITHOUT ROWID")
            file.execute(f"PRAGMA user_version = {SCHEMA}")
    except BaseException:
        file.close()
        raise
    return file
