"""Clients that have left while their request was being answered, even those that the event loop does not hear of.

In come the sockets of requests in flight; whose other end has been closed is cancelled. Easy to get wrong: the
loop notices a client's leaving only while it reads, and it stops reading from a client that has sent much ahead. What
the kernel knows of the connection (TCP_INFO) tells all the same, but for a client that goes with more than some 600 kB
unread: its leaving stands behind them.
"""

from __future__ import annotations

import asyncio
import socket

from aiohttp import web

EVERY = 0.4
"""Seconds between two looks."""
_ESTABLISHED = 1
_TOLD = hasattr(socket, "TCP_INFO")
"""Whether this system's kernel tells."""


class Leavers:
    """Watches requests in flight while `run` runs."""

    def __init__(self) -> None:
        self._watched: dict[asyncio.Task[object], socket.socket] = {}

    def watching(self, request: web.BaseRequest) -> Watch:
        """A block; the task that runs it is cancelled if the client leaves."""
        return Watch(request, self._watched)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for task, end in list(self._watched.items()):
                if has_left(end):
                    task.cancel()


class Watch:
    """A block in which a client is watched; a class, because each request goes through it."""

    __slots__ = ("_end", "_task", "_watched")

    def __init__(self, request: web.BaseRequest, watched: dict[asyncio.Task[object], socket.socket]) -> None:
        self._task = asyncio.current_task()
        self._end = None if request.transport is None else request.transport.get_extra_info("socket")
        self._watched = watched

    def __enter__(self) -> None:
        if self._task is not None and self._end is not None and _TOLD:
            self._watched[self._task] = self._end

    def __exit__(self, *error: object) -> None:
        if self._task is not None:
            self._watched.pop(self._task, None)


def has_left(end: socket.socket) -> bool:
    """Whether the other end of a TCP connection has closed it."""
    try:
        return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
    except OSError:
        return True
