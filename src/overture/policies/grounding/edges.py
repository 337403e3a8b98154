"""The first and the last days of weeks, months, quarters and years: "by the end of next week", "as of next month".

In comes a text; out come Edges, each of which says of a day whether it could be meant. Easy to get wrong: the end of a
week is its Friday to some and its Sunday to others, and "next month" alone names no day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

_EDGE = re.compile(
    r"\b(?P<edge>end|last day|close|start|beginning) of (?P<which>the|this|next|the coming)? ?(?P<span>week|month|"
    r"quarter|q[1-4]|year)\b|\b(?:from|as of|starting|effective|beginning)(?: with| from)? (?:the )?(?P<from>next) "
    r"(?P<whole>week|month|quarter|year)\b"
)
_FRIDAY = 4
_MOST = 100
"""Edges of a text that are looked at."""


class Edge(NamedTuple):
    """One end of a stretch of time."""

    last: bool
    """Its last day, not its first."""
    next: bool
    """Of the one after this."""
    span: str
    """`week`, `month`, `quarter`, `year`, or a quarter by its name: `q3`."""

    def means(self, day: date, today: date | None) -> bool:
        """Whether this could be the day. Where nobody says what day it is, of any such stretch."""
        if self.span == "week":
            near = today is None or _monday(day) == _monday(today) + timedelta(weeks=self.next)
            return near and (day.weekday() >= _FRIDAY if self.last else day.weekday() == 0)
        edge = day + timedelta(days=1) if self.last else day
        if edge.day != 1 or (edge.month - 1) % self._months or not self._is_named(day):
            return False
        if today is None or len(self.span) == 2:
            return today is None or 0 <= (day - today).days <= 366
        return self._at(day) - self._at(today) in ((1,) if self.next else (0,) if self.last else (0, 1))

    @property
    def _months(self) -> int:
        return {"month": 1, "year": 12}.get(self.span, 3)

    def _is_named(self, day: date) -> bool:
        return len(self.span) != 2 or (day.month - 1) // 3 + 1 == int(self.span[1])

    def _at(self, day: date) -> int:
        return (day.year * 12 + day.month - 1) // self._months


def edges(text: str) -> Iterator[Edge]:
    """Those that a lower-case text names."""
    for at, match in enumerate(_EDGE.finditer(text)):
        if at >= _MOST:
            return
        last = match["edge"] in ("end", "last day", "close")
        yield Edge(last, "next" in (match["which"], match["from"]), match["span"] or match["whole"])


def shifted(day: date, months: int) -> date:
    """So many months on, on the last day where the month is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 0 < year < 9998:
        return day
    after = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (after - timedelta(days=1)).day))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
