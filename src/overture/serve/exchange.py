"""One request and what became of it: the one thing that is written down about it, once.

In come facts as they happen; out goes a record for the log, the counters and the spans. Easy to get wrong: every way
out of a handler is an outcome, the client's leaving among them, and none may be told twice.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from ..conversation import Message
from ..policies import Decision

JSON = dict[str, Any]

OUTCOMES = ("done", "client_left", "refused", "upstream_failed", "failed")
"""Answered as the upstream answered (whatever its status) or as the policy did; the client went; turned away here; no
whole answer from the upstream; something here broke."""
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9._:/+@=,-]")


@dataclass(slots=True)
class Exchange:
    """A request that is being answered."""

    id: str = field(default_factory=lambda: random.randbytes(8).hex())
    began: float = field(default_factory=time.perf_counter)
    at: float = field(default_factory=time.time)
    """Seconds since 1970."""
    model: str = ""
    """As the client named it."""
    policy: str = "off"
    shadow: bool = False
    stream: bool = False
    user: str = ""
    """A hash, where the client named a user."""
    decisions: list[tuple[str, Decision]] = field(default_factory=list[tuple[str, Decision]])
    """(`plan` or `review`, what was decided), in order."""
    unsteered: str = ""
    """Why a policy that should have led did not: `deadline`, an error's name, `response_format` …"""
    calls: int = 0
    """Requests to the upstream."""
    status: int = 0
    """Of the answer to the client; 0 if there was none."""
    outcome: str = ""
    error: str = ""
    """The kind, where something failed."""
    first: float | None = None
    """Seconds until the first byte of the answer went out."""
    seconds: float = 0.0
    messages: Sequence[Any] = ()
    """The conversation, kept only where content is logged."""
    answer: Any = None
    """The message that the client got, kept only where content is logged."""

    trace: str = ""
    """The client's `traceparent`."""
    deferred: bool = False
    """Whether it is written down later, by whoever still decides about it."""

    def take(self, asked: Mapping[str, Any], policy: str, shadow: bool) -> None:
        """What was asked, and who leads it."""
        self.model = str(asked.get("model", ""))
        self.stream = bool(asked.get("stream"))
        self.policy, self.shadow = policy, shadow

    def end(self, outcome: str, error: str = "") -> None:
        """The first outcome counts."""
        if not self.outcome:
            self.outcome, self.error = outcome, error
            self.seconds = time.perf_counter() - self.began

    def heard(self, asked: Mapping[str, Any]) -> None:
        """Keep the conversation for a log with content, whatever becomes of it."""
        given = asked.get("messages")
        self.messages = cast("list[Any]", given) if isinstance(given, list) else ()

    def said(self, messages: Sequence[Message]) -> None:
        """Keep the first choice of the answer for a log with content."""
        if self.answer is None and messages:
            self.answer = messages[0].to_dict()

    def began_to_answer(self) -> None:
        """The first byte of an answer goes out."""
        if self.first is None:
            self.first = time.perf_counter() - self.began

    @property
    def moved(self) -> Decision | None:
        """The last decision that changed something, or would have."""
        return next((decision for _, decision in reversed(self.decisions) if not decision.leaves), None)

    def headers(self) -> dict[str, str]:
        """What the client is told where a policy is on; by the id its own records find the line of the log."""
        return {"X-Overture": self.header(), "X-Overture-Id": self.id}

    def header(self) -> str:
        """What the policy did, as `X-Overture` tells the client."""
        if self.shadow:
            return f"shadow; policy={plain(self.policy)}"
        moved = self.moved
        did = f"leave; policy={plain(self.policy)}"
        if moved is not None:
            did = f"{plain(moved.move)}; policy={plain(moved.policy)}; confidence={moved.confidence:.2f}"
        return f"{did}; unsteered={plain(self.unsteered)}" if self.unsteered else did

    def record(self, content: bool) -> JSON:
        """The line of the decisions log."""
        out: JSON = {
            "overture_decision": 1,
            "id": self.id,
            "time": _time(self.at),
            "model": plain(self.model),
            "policy": self.policy,
            "shadow": self.shadow,
            "stream": self.stream,
            "decisions": self.decisions
            and [{"moment": moment, **decision.to_dict(content)} for moment, decision in self.decisions],
            "outcome": self.outcome,
            "status": self.status,
            "upstream_calls": self.calls,
            "ms": round(1000 * self.seconds, 3),
            "first_ms": None if self.first is None else round(1000 * self.first, 3),
        }
        if self.user:
            out["user"] = self.user
        if self.unsteered:
            out["unsteered"] = self.unsteered
        if self.error:
            out["error"] = self.error
        if content:
            out |= {"messages": list(self.messages), "answer": self.answer}
        return out


def _time(at: float) -> str:
    return f"{_second(int(at))}.{int(1000 * (at % 1)):03d}+00:00"


@lru_cache(maxsize=8)  # the requests of one second share it
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def plain(word: str) -> str:
    """A word that is safe in a header, a log and a metric: a client may have put anything where a name should be."""
    return _NOT_PLAIN.sub("_", word[:120])
