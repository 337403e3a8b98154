"""Could this date or time have been meant?

In come a value that may be a moment and what was Heard; out comes where it comes from. Easy to get wrong: a moment that
nobody meant is worse than no source at all, since no other reading of its digits may save it; so it has a word of its
own, NO.
"""

from __future__ import annotations

import re
from datetime import date

from . import dates, times
from .heard import Heard

NO = "no"
"""It is a date or a time, and nothing could mean it."""
_BOTH = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})?")
_LONGEST = 30
"""Characters of a date as it is written."""


def moment(text: str, heard: Heard) -> str | None:
    """How a date, a time or both is traced; NO where it is one and cannot be; None where it is neither."""
    if match := _BOTH.fullmatch(text):
        parts = [moment(match[1], heard), moment(re.sub(r"\.\d+$", "", match[2]), heard)]
        return NO if NO in parts else "looked_up" if "looked_up" in parts else "said"
    minutes = times.read_time(text)
    if minutes is not None:
        if time_said(minutes, heard):
            return "said"
        if any((minutes + sign * span) % 1440 in heard.times_elsewhere for span in heard.spans for sign in (1, -1)):
            return "computed"
        return "looked_up" if minutes in heard.times_elsewhere else NO
    if how := weekday(text, heard):
        return how
    days = dates.read_days(text)
    if days and len(text) < _LONGEST:
        return next((how for each in days if (how := day(each, heard))), NO)
    return None


def weekday(text: str, heard: Heard) -> str | None:
    """`said` for the name of a weekday that the user's words mean, "on weekdays" and "daily" too."""
    found = dates.read_weekday(text)
    return None if found is None or not (found in heard.days.weekdays or heard.days.daily) else "said"


def time_said(minutes: int, heard: Heard) -> bool:
    """Whether the user's words can mean so many minutes after midnight, or a span that was said before or after."""
    return minutes in heard.times or any(
        (minutes + sign * span) % 1440 in heard.times for span in heard.spans for sign in (-1, 1)
    )


def day(value: date, heard: Heard) -> str | None:
    """`said`, `looked_up` or `computed`: a said number of days off one that a tool answered with. That the operator
    says which day it is today vouches for no other day that is to be."""
    written_out = heard.where(value.isoformat())
    if written_out == "said" or heard.days.mean(value, heard.today):
        return "said"
    if _named(value) in heard.days_looked_up:
        return "looked_up"
    if any(_named(each) in heard.days_looked_up for each in heard.days.apart(value)):
        return "computed"
    written_out = written_out or _named(value) in heard.days_of_operator
    return "looked_up" if written_out and value != heard.today else None


def _named(value: date) -> dates.Named:
    return value.day, value.month, value.year
