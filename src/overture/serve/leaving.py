"""Clients that have left while their request was being answered, even those that the event loop does not hear of.

In come the connections of requests in flight; whose other end has been closed is cut, and with it, by the server, the
request. Easy to get wrong: the
loop notices a client's leaving only while it reads, and it stops reading from a client that has sent much ahead. What
the kernel knows of the connection (TCP_INFO) tells all the same, but for a client that goes with more than some 600 kB
unread: its leaving stands behind them.
"""

from __future__ import annotations

import asyncio
import socket
from typing import cast

EVERY = 0.4
"""Seconds between two looks."""
_ESTABLISHED = 1
_TOLD = hasattr(socket, "TCP_INFO")
"""Whether this system's kernel tells."""


class Leavers:
    """Watches requests in flight while `run` runs."""

    def __init__(self) -> None:
        self.watched: set[asyncio.BaseTransport | None] = set()
        """The connections over which a request is being answered."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for transport in list(self.watched) if _TOLD else ():
                end = None if transport is None else transport.get_extra_info("socket")
                if end is not None and has_left(end):
                    cast("asyncio.WriteTransport", transport).abort()


def has_left(end: socket.socket) -> bool:
    """Whether the other end of a TCP connection has closed it."""
    try:
        return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
    except OSError:
        return True
