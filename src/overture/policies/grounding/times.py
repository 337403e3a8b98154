"""Could any words here mean this time of day?

In comes a text; out come the minutes after midnight that some words in it can mean: "7pm", "19:30", "half past
seven", "noon", "at seven". A time without am or pm is there twice. Easy to get wrong: after "at" or "by" a bare number
is an hour, but not in "for 4 people" or "by 3 days".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numbers import Said, in_words

_HOURS = {in_words(hour)[0]: hour for hour in range(1, 13)}
_HOUR = rf"(?:\d{{1,2}}(?![\d/%-]|,\d)|{'|'.join(sorted(_HOURS, key=len, reverse=True))})"
_HALF = r"(?P<half>[ap])\.?m\b\.?"
_CLOCK = re.compile(
    r"(?<![\d:.,/$€£-])(?P<hour>\d{1,2})[:.h](?P<minute>[0-5]\d)(?::\d{2})?(?![\d:])"
    r"(?!\s*(?:[%€£$]|(?:each|apiece|per|percent|euros?|eur|dollars?|usd|pounds?|quid|bucks|k?g|km|cm|l|lit\w+)\b))\s*"
    rf"(?:{_HALF}|in the (?P<part>morning|afternoon|evening))?"
)
_WHOLE = re.compile(
    rf"\b(?P<hour>{_HOUR})\s*"
    rf"(?:{_HALF}|(?:o'?clock|uhr|h|ish)\b|in the (?P<part>morning|afternoon|evening)|at (?P<night>night)|"
    rf"(?P<tonight>tonight))"
)
_NO_HOUR = (
    r"[:.,]\d|\s*(?:%|€|[a-z]+s\b|people|person|adult|child|day|night|week|hour|min|month|year|st\b|nd\b|rd\b|"
    r"th\b|of\b)"
)
"""What comes after a number that is no hour."""
_BARE = re.compile(
    rf"\b(?:at|by|from|until|till|to|around|about|between|and|before|after|for)\s+(?P<hour>{_HOUR})\b"
    rf"(?!{_NO_HOUR})"
)
_RANGE = re.compile(rf"(?<![\d:.,/$€£-])\b(?P<hour>{_HOUR})\s*(?:-|–|to|till|until)\s*(?={_HOUR}\b(?!{_NO_HOUR}))")
_AT = re.compile(rf"\b(?:at|until|till) {_HOUR}\b(?![.,]\d|\s*(?:%|€|[a-z]))")
_PAST = re.compile(
    rf"\b(?P<minute>half|quarter|(?:five|ten|twenty|twenty[ -]five|5|10|20|25)(?: minutes)?) (?P<way>past|to|before|"
    rf"after) (?P<hour>{_HOUR})\b"
    rf"(?:\s*{_HALF})?"
)
_HALF_SEVEN = re.compile(rf"\bhalf (?P<hour>{'|'.join(_HOURS)})\b")
"""As it is said in Britain: half past seven."""
_MINUTES = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}
_LENGTHS = {"minute": 1, "min": 1, "hour": 60, "hr": 60, "h": 60}


def clock(text: str) -> frozenset[int]:
    """The times that a lower-case text writes with hours and minutes, "7:30 pm"."""
    found: set[int] = set()
    for match in _CLOCK.finditer(text):
        at = _both(int(match["hour"]), int(match["minute"]), match["half"] or _half(match["part"]))
        found |= {min(at)} if at else set()
    return frozenset(found)


def times(text: str) -> frozenset[int]:
    """Minutes after midnight of every time of day that a lower-case text can mean."""
    found: set[int] = set()
    for match in _CLOCK.finditer(text):
        found |= _both(int(match["hour"]), int(match["minute"]), match["half"] or _half(match["part"]))
    for match in _HALF_SEVEN.finditer(text):
        found |= _both(_hour(match["hour"]), 30, None)
    for match in _WHOLE.finditer(text):
        half = match["half"] or _half(match["part"] or match["night"] or match["tonight"])
        found |= _both(_hour(match["hour"]), 0, half)
    for match in (*_BARE.finditer(text), *_RANGE.finditer(text)):
        found |= _both(_hour(match["hour"]), 0, None)
    for match in _PAST.finditer(text):
        words = match["minute"].removesuffix(" minutes").replace("-", " ")
        minute = 25 if words == "twenty five" else _MINUTES.get(words) or int(words)
        back = match["way"] in ("to", "before")
        hour = _hour(match["hour"])
        found |= {(each - 2 * minute) % 1440 if back else each for each in _both(hour, minute, match["half"])}
    found |= {720} if re.search(r"\b(?:noon|midday)\b", text) else set()
    return frozenset(found | ({0} if "midnight" in text else set()))


def without_times(text: str) -> str:
    """A lower-case text with a gap where a time of day is written out."""
    for pattern in (_CLOCK, _PAST, _HALF_SEVEN, _WHOLE, _AT):
        text = pattern.sub(" ; ", text)
    return text


def spans(text: str, durations: Sequence[Said]) -> frozenset[int]:
    """How many minutes things take, as a lower-case text says; `durations` are the numbers in it."""
    found = {round(n.value * _LENGTHS[unit]) for n in durations if (unit := n.unit.removesuffix("s")) in _LENGTHS}
    found |= {60} if re.search(r"\b(?:an|one) hour\b", text) else set()
    return frozenset(found | ({90} if "hour and a half" in text else set()))


def read_time(text: str) -> int | None:
    """Minutes after midnight of a text that is a time of day and nothing else, or None."""
    match = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2})(?::\d{2})?)?\s*(?:([ap])\.?m\.?)?", text.strip().lower())
    if not match or not (match[2] or match[3]):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _half(part: str | None) -> str | None:
    return None if part is None else "a" if part == "morning" else "p"


def _hour(words: str) -> int:
    return int(words) if words.isdigit() else _HOURS[words]


def _both(hour: int, minute: int, half: str | None) -> set[int]:
    if hour > 24:
        return set()
    at = hour % 24 * 60 + minute
    if half:
        return {hour % 12 * 60 + minute + (720 if half == "p" else 0)}
    return {at, (at + 720) % 1440} if 0 < hour < 13 else {at}
