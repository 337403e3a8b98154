"""What is written down about requests: counters, lines of the log and spans, a few requests at a time.

In come exchanges that have ended; out they go to the metrics, the decisions log and the spans, each exchange once. It
happens a moment later, for all that ended within it: to write down twenty together takes less than half of what it
takes one by one, between answers that others wait for. Easy to get wrong: what is still waiting when somebody asks for
the counters, or when the proxy stops, has to be written before.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from .decisions import DecisionsLog
from .exchange import Exchange
from .metrics import Metrics
from .settings import Settings
from .spans import Spans

SOON = 0.01
"""Seconds that an exchange may wait."""


class Notes:
    """Make it within the event loop, and `close` it there. Raises UsageError where the spans cannot be written."""

    def __init__(self, settings: Settings) -> None:
        self.metrics = Metrics()
        self._content = settings.log_content
        self._log = None
        if settings.log is not None:
            lost = self.metrics.lost.inc
            self._log = DecisionsLog(Path(settings.log), settings.log_bytes, settings.log_files, lost)
        self._spans = Spans(settings.otel) if settings.otel else None
        self._in_flight = 0
        self._waiting: list[Exchange] = []
        self._due = False

    def start(self) -> None:
        """Raises UsageError where the log cannot be written."""
        if self._log is not None:
            self._log.check()

    def begun(self) -> None:
        """A request is being answered."""
        self._in_flight += 1
        self._soon()

    def ended(self) -> None:
        """A request is no longer being answered."""
        self._in_flight -= 1
        self._soon()

    def add(self, exchange: Exchange) -> None:
        """Write an exchange down, about which all is known."""
        self._waiting.append(exchange)
        self._soon()

    def text(self) -> bytes:
        """The counters, as Prometheus reads them."""
        self._write()
        return self.metrics.text()

    async def run(self) -> None:
        """Write the log's lines until cancelled."""
        if self._log is not None:
            await self._log.run()

    async def close(self) -> None:
        """Write what is left."""
        self._write()
        if self._log is not None:
            self._log.close()
        if self._spans is not None:
            await asyncio.to_thread(self._spans.close)

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(SOON, self._write)

    def _write(self) -> None:
        self._due = False
        self.metrics.in_flight.set(self._in_flight)
        waiting, self._waiting = self._waiting, []
        for exchange in waiting:
            try:
                self.metrics.count(exchange)
                if self._log is not None:
                    self._log.add(exchange.record(self._content))
                if self._spans is not None:
                    self._spans.add(exchange)
            except Exception:  # what a policy of anybody's decided must not cost the others' lines
                self.metrics.lost.inc()
