"""Clients that have left while their request was being answered, even those that the event loop does not hear of.

In come the connections of requests in flight; whose other end has been closed, or takes nothing of its answer any more,
is cut, and with it, by the server, the request. Easy to get wrong: the loop notices a client's leaving only while it
reads, and it stops reading from a client that has sent much ahead. What the kernel knows of the connection (TCP_INFO)
tells all the same, but for a client that goes with more than some 600 kB unread: its leaving stands behind them.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from typing import cast

EVERY = 0.4
"""Seconds between two looks."""
_ESTABLISHED = 1
_TOLD = hasattr(socket, "TCP_INFO")
"""Whether this system's kernel tells."""


class Leavers:
    """Watches requests in flight while `run` runs. Who takes nothing for `patience` seconds has left as well."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._stuck: dict[asyncio.WriteTransport, tuple[int, float]] = {}
        """Bytes that wait to be taken, and since when they are as many."""
        self.watched: set[asyncio.BaseTransport | None] = set()
        """The connections over which a request is being answered."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            before, self._stuck = self._stuck, {}
            for transport in [cast("asyncio.WriteTransport", each) for each in self.watched if each is not None]:
                end = transport.get_extra_info("socket")
                if (_TOLD and end is not None and has_left(end)) or self._takes_nothing(transport, before):
                    transport.abort()

    def _takes_nothing(
        self, transport: asyncio.WriteTransport, before: Mapping[asyncio.WriteTransport, tuple[int, float]]
    ) -> bool:
        waiting, now = transport.get_write_buffer_size(), time.monotonic()
        if not waiting:
            return False
        size, since = before.get(transport, (0, now))
        self._stuck[transport] = (waiting, since if size == waiting else now)
        return size == waiting and now - since > self._patience


def has_left(end: socket.socket) -> bool:
    """Whether the other end of a TCP connection has closed it."""
    try:
        return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
    except OSError:
        return True
