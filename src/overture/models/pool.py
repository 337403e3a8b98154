"""Connections that are kept for the next request, and never one over which something was said unasked.

In comes a request, out comes a connection to ask it over. Easy to get wrong: what a server says over an idle connection
(a second answer behind its first, a late error) is read all the same, and the library would take it for the answer to
whatever is asked over that connection next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace


class Pool(aiohttp.TCPConnector):
    """As many connections as are asked for, kept for four seconds: servers drop idle ones after five, and a call that
    is caught in that moment could not safely be repeated."""

    def __init__(self) -> None:
        super().__init__(limit=0, keepalive_timeout=4)

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A kept connection that has been silent since its last answer, or else a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()
