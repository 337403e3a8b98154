"""What the proxy counts, as Prometheus reads it.

In come exchanges that have ended; out comes text. Several workers count into one folder, named to them in the
environment before they start, and whichever is asked adds up. Easy to get wrong: a label never holds what a client
wrote, or clients could make as many series as they like.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from .exchange import OUTCOMES, Exchange, plain

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder that workers count into."""
MOST_NAMED = 64
"""Policies that are counted under their names; a client can put the allowed ones in many orders."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The counters of one proxy."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._named = set[str]()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"overture_{name}", about, labels, registry=self._registry)

        self._requests = counter("requests_total", "Chat requests, by what became of them.", "outcome")
        self._by_outcome = {outcome: self._requests.labels(outcome) for outcome in OUTCOMES}
        self._decisions = counter("decisions_total", "What policies decided.", "policy", "move", "shadow")
        self._unsteered = counter("unsteered_total", "Requests that a policy should have led and did not.", "reason")
        self._answers = counter("answers_total", "Chat requests that were answered, by status.", "status")
        self.turned_away = counter("turned_away_total", "Requests that were not let in; they are not logged.", "reason")
        self._calls = counter(
            "upstream_calls_total", "Clients' requests to the upstream, drafts that were made anew included."
        )
        self.asked = counter("policy_calls_total", "Calls of the upstream that policies made in order to decide.")
        self.lost = counter("log_lines_lost_total", "Lines of the decisions log that could not be written.")
        self.forgotten = counter("state_failures_total", "Times that the store of users' initiative was slow or away.")
        self._seconds = Histogram(
            "overture_request_seconds",
            "From a request to the end of its answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._first = Histogram(
            "overture_first_byte_seconds", "From a request to the first byte of its answer.", buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "overture_in_flight", "Chat requests being answered.", registry=self._registry, multiprocess_mode="livesum"
        )

    def count(self, exchange: Exchange) -> None:
        """Add an exchange that has ended."""
        self._by_outcome[exchange.outcome].inc()
        if exchange.status:
            self._answers.labels(str(exchange.status)).inc()
        if exchange.calls:
            self._calls.inc(exchange.calls)
        self._seconds.observe(exchange.seconds)
        if exchange.first is not None:
            self._first.observe(exchange.first)
        for _, decision in exchange.decisions:
            named = plain(decision.policy)
            if len(self._named) < MOST_NAMED:
                self._named.add(named)
            policy = named if named in self._named else "other"
            self._decisions.labels(policy, plain(decision.move), str(exchange.shadow).lower()).inc()
        if exchange.unsteered:
            self._unsteered.labels(plain(exchange.unsteered)).inc()

    def text(self) -> bytes:
        """All of it, of all workers."""
        if os.environ.get(SHARED):
            together = CollectorRegistry()
            MultiProcessCollector(together)
            return generate_latest(together)
        return generate_latest(self._registry)
