"""How much initiative a user welcomes at the start of a conversation, from how the earlier ones went.

In come a user and a conversation, both hashed, and what is left of the conversation's budget; out comes the number that
it began with, 0 to 1. Within one conversation nothing is kept, since `policies.initiative` reads the budget from what
was said. Easy to get wrong: a conversation's start has to stay what it was, turn after turn, or each turn would be paid
for twice, and so two conversations of one user must not overwrite each other; and a store that is slow or away costs
the number, never the answer.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol, cast

import orjson

from ..conversation import Conversation
from ..errors import UsageError
from ..policies.initiative import initiative

REMEMBERED = 0.5
"""This share of what the last conversation cost is still felt at the start of the next."""
MOST = 8
"""Conversations of one user that are kept."""
DAYS = 30
"""After so long a user is forgotten."""
SECONDS = 0.25
"""The store may take so long."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One conversation: the initiative it began with, what is left, and when that was."""

    start: float
    left: float
    at: float


class Shelf(Protocol):
    """Where the last conversations of each user are kept."""

    async def load(self, user: str) -> dict[str, Spent]:
        """Those of one user, by conversation."""
        ...

    async def save(self, user: str, held: Mapping[str, Spent], before: Mapping[str, Spent]) -> bool:
        """Put these in place of `before`; False, and nothing done, where by now that is not what is there."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class Memory:
    """What all workers remember of users. `on_failure` is called where the store was slow or away."""

    def __init__(self, shelf: Shelf, on_failure: Callable[[], None]) -> None:
        self._shelf = shelf
        self._on_failure = on_failure

    async def start_of(self, user: str, conversation: Conversation) -> float | None:
        """The initiative that this conversation began with; None where it cannot be found out."""
        name = opening(conversation)
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    held = await self._shelf.load(user)
                    before = held.get(name)
                    start = before.start if before else start_after(held)
                    left = initiative(Conversation(conversation.messages, metadata={"initiative": start}))
                    if before is not None and before.left == left:
                        return start
                    now = Spent(start, left, time.time())
                    if await self._shelf.save(user, latest({**held, name: now}), held):
                        return start
        except Exception:  # whatever is wrong with the store
            self._on_failure()
            return None

    async def close(self) -> None:
        """Close the store."""
        await self._shelf.close()


def start_after(held: Mapping[str, Spent]) -> float:
    """What a new conversation begins with: 1, less a share of what the last one cost."""
    if not held:
        return 1.0
    last = max(held.values(), key=lambda spent: spent.at)
    return 1.0 - REMEMBERED * (1.0 - last.left)


def latest(held: Mapping[str, Spent]) -> dict[str, Spent]:
    """The MOST that were active last."""
    return dict(sorted(held.items(), key=lambda item: item[1].at)[-MOST:])


def opening(conversation: Conversation) -> str:
    """A hash that stays the same as the conversation grows: of everything up to the user's first words."""
    digest = blake2b(digest_size=12)
    for message in conversation.messages:
        digest.update(f"{message.role}\0{message.text}\0".encode("utf-8", "surrogatepass"))
        if message.role == "user":
            break
    return digest.hexdigest()


def user_of(asked: Mapping[str, Any], authorization: str) -> str:
    """A hash of the user that a request names, under the key it came with; empty where it names none."""
    user = asked.get("user") or asked.get("safety_identifier")
    if not isinstance(user, str) or not user:
        return ""
    key = blake2b(authorization.encode("utf-8", "surrogatepass"), digest_size=32).digest()
    return blake2b(user.encode("utf-8", "surrogatepass"), digest_size=12, key=key).hexdigest()


def shelf_of(place: str) -> Shelf:
    """The store that `--state` names. Raises UsageError where it cannot be had."""
    if place.startswith(("redis://", "rediss://")):
        return RedisShelf(place)
    return SqliteShelf(place)


class SqliteShelf:
    """A file that the workers of one machine share."""

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=SECONDS, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=off")  # a number that a power cut loses is only a start of 1 again
            self._db.execute("pragma cache_size=-256")  # KiB; the system keeps the file's pages as well
            self._db.execute("create table if not exists users (user text primary key, held text, at real)")
            self._db.execute("create index if not exists by_time on users (at)")
            self._forget()
        except sqlite3.Error as error:
            raise UsageError(f"--state {path[:200]} cannot be used ({error})") from None
        self._lock = threading.Lock()

    def _forget(self) -> None:
        """Old users go when the file is opened and every hour: a proxy runs for months."""
        self._next = time.time() + 3600
        self._db.execute("delete from users where at < ?", (time.time() - 86400 * DAYS,))

    async def load(self, user: str) -> dict[str, Spent]:
        """Those of one user, by conversation."""
        return await asyncio.to_thread(self._load, user)

    def _load(self, user: str) -> dict[str, Spent]:
        with self._lock:
            row = self._db.execute("select held from users where user = ?", (user,)).fetchone()
        return _read(row[0]) if row else {}

    async def save(self, user: str, held: Mapping[str, Spent], before: Mapping[str, Spent]) -> bool:
        """Put these in place of `before`, if that is there."""
        return await asyncio.to_thread(self._save, user, held, before)

    def _save(self, user: str, held: Mapping[str, Spent], before: Mapping[str, Spent]) -> bool:
        now = time.time()
        if before:
            change = "update users set held = ?, at = ? where user = ? and held = ?"
            values = (_written(held), now, user, _written(before))
        else:
            change, values = "insert or ignore into users values (?, ?, ?)", (user, _written(held), now)
        with self._lock:
            changed = self._db.execute(change, values).rowcount
            if now > self._next:
                self._forget()
        return changed == 1

    async def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class RedisShelf:
    """A server that workers on several machines share."""

    def __init__(self, url: str) -> None:
        try:
            from redis.asyncio import Redis
            from redis.exceptions import WatchError
        except ImportError:
            raise UsageError("--state redis://… needs the package redis: pip install 'overture[serve]'") from None
        waits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
        try:
            self._redis: Any = cast("Any", Redis).from_url(url, **waits)
            self._too_late = WatchError
        except ValueError:  # it quotes the address, which may hold a password
            raise UsageError("--state is no address of a redis server, such as redis://host:6379/0") from None

    async def load(self, user: str) -> dict[str, Spent]:
        """Those of one user, by conversation."""
        held = await self._redis.get(_key(user))
        return _read(held) if held else {}

    async def save(self, user: str, held: Mapping[str, Spent], before: Mapping[str, Spent]) -> bool:
        """Put these in place of `before`, if that is there."""
        key = _key(user)
        async with self._redis.pipeline() as step:
            await step.watch(key)
            there = await step.get(key)
            if (_read(there) if there else {}) != before:
                return False
            step.multi()
            step.set(key, _written(held), ex=86400 * DAYS)
            try:
                await step.execute()
            except self._too_late:
                return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _key(user: str) -> str:
    return f"overture:initiative:{user}"


def _written(held: Mapping[str, Spent]) -> bytes:
    return orjson.dumps({name: [spent.start, spent.left, spent.at] for name, spent in held.items()})


def _read(held: bytes | str) -> dict[str, Spent]:
    return {name: Spent(*spent) for name, spent in orjson.loads(held).items()}
