"""Clients that have left while their request was being answered, even those that the event loop does not hear of.

In come the sockets of requests in flight; whose other end has been closed is cancelled. Easy to get wrong: the
loop notices a client's leaving only while it reads, and it stops reading from a client that has sent much ahead. What
the kernel knows of the connection (TCP_INFO) tells all the same, but for a client that goes with more than some 600 kB
unread: its leaving stands behind them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

from aiohttp import web

EVERY = 0.4
"""Seconds between two looks."""
_ESTABLISHED = 1


class Leavers:
    """Watches requests in flight while `run` runs."""

    def __init__(self) -> None:
        self._watched: dict[asyncio.Task[object], socket.socket] = {}

    @contextmanager
    def watching(self, request: web.BaseRequest) -> Generator[None]:
        """Cancel the task that runs this block if the client leaves."""
        task = asyncio.current_task()
        end = None if request.transport is None else request.transport.get_extra_info("socket")
        if task is None or end is None or not hasattr(socket, "TCP_INFO"):
            yield
            return
        self._watched[task] = end
        try:
            yield
        finally:
            del self._watched[task]

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for task, end in list(self._watched.items()):
                if has_left(end):
                    task.cancel()


def has_left(end: socket.socket) -> bool:
    """Whether the other end of a TCP connection has closed it."""
    try:
        return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
    except OSError:
        return True
