"""Could any words here mean this day? What a text says of days, read once, and asked of one day at a time.

In comes a text; out comes Days, which says of a day whether some words could mean it: "3 May", "May 3-7", "03/05", "the
third", "next Friday", "tomorrow", "in two weeks", "Christmas", "for three nights" after a day that was said. Relative
words need today; where nobody says what day it is, "next Friday" can be any Friday and "tomorrow" any day. Easy to get
wrong: a year that was said must be the value's, and one that was not said must be near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from ..effects import words_of
from .edges import Edge, edges, shifted
from .numbers import Said, in_words

MONTHS = words_of("january february march april may june july august september october november december")
DAYS = words_of("monday tuesday wednesday thursday friday saturday sunday")
MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS if name != "september") + "|sept?(?:ember)?"
NEAR = timedelta(days=370)
"""How far from today a day without a year can be."""
_HOLIDAYS = {
    "christmas eve": (24, 12), "christmas": (25, 12), "new year's eve": (31, 12), "new year": (1, 1),
    "new year's": (1, 1), "end of the year": (31, 12), "valentine's": (14, 2), "valentine": (14, 2),
    "halloween": (31, 10), "boxing day": (26, 12), "st patrick's": (17, 3), "new year's day": (1, 1),
}  # fmt: skip
_IN_WORDS = {words: day for day in range(1, 32) for words in in_words(day)}
_LONGEST_FIRST = sorted((words.replace(" ", "[ -]") for words in _IN_WORDS), key=len, reverse=True)
_NUMBER = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?!\d)|{'|'.join(_LONGEST_FIRST)})"
_LIST = rf"{_NUMBER}(?:\s*(?:-|–|,|&|/|to|and|or|until|till|through|thru)\s*(?:the\s+)?{_NUMBER})*"
_YEAR = r"(?:,?\s+(?:of\s+)?((?:19|20)\d\d)(?!\d))?"
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?(?![\d/%]|[.-]\d|:\d)")
_MONTH_NAMED = re.compile(rf"\b({MONTH})\b\.?{_YEAR}", re.IGNORECASE)
_BEFORE_MONTH = re.compile(rf"(?<![\w:.])({_LIST})\.?\s*(?:of\s+)?$", re.IGNORECASE)
_MOST = 100
"""Names of months in a text that are looked at: more are no talk, and patterns must end in time."""
_LONGEST = 60
"""Characters before the name of a month that can hold its days."""
_END = re.compile(rf"\bend of ({MONTH})\b{_YEAR}", re.IGNORECASE)
_LAST_DAYS = {month: (30,) if month in (4, 6, 9, 11) else (28, 29) if month == 2 else (31,) for month in range(1, 13)}
_MONTH_DAY = re.compile(rf"\b({MONTH})\b\.?\s*(?:the\s+)?({_LIST})\b{_YEAR}", re.IGNORECASE)
_THE = re.compile(
    rf"\b(?:the|on)\s+(\d{{1,2}}(?:st|nd|rd|th)|"
    rf"{'|'.join(sorted((in_words(d)[1].replace(' ', '[ -]') for d in range(1, 32)), key=len, reverse=True))})\b"
)
_TODAY = re.compile(r"\b(?:today|current|now|as of)\b(?:'s)?(?:\s+(?:date|day|time|is))*[^.\n]{0,24}?(?=\d|\b(?:"
                    rf"{MONTH})\b)", re.IGNORECASE)  # fmt: skip
_NTH = re.compile(
    rf"\b(?P<nth>first|second|third|fourth|last) (?P<weekday>{'|'.join(DAYS)}) (?:of|in) (?:(?P<which>this|the|next) "
    rf"month|(?P<month>{MONTH}))\b"
)
_REACH = range(-7, 15)
"""Days from today that the name of a weekday alone can mean."""
_SOON = range(63)
"""Days from today that "the third" can mean."""
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
_WHOLE = {"day": 1, "night": 1, "week": 7, "fortnight": 14}
_AWAY = (
    (2, r"(?:the )?day after tomorrow"),
    (0, r"today|tonight|(?:right )?now|this (?:morning|afternoon|evening)|immediately|asap|straight away|at once"),
    (1, r"tomorrow|tmrw|tomorow"),
    (-1, r"yesterday"),
    (7, r"in a week|a week from (?:now|today)|a week today|this day next week"),
    (14, r"in a fortnight|in a couple of weeks"),
)
_AWAY_OF = {f"away{at}": days for at, (days, _) in enumerate(_AWAY)}
_AWAYS = re.compile(rf"\b(?:{'|'.join(f'(?P<away{at}>{words})' for at, (_, words) in enumerate(_AWAY))})\b")
_IN = re.compile(
    r"\b(?:in|within) (?:about )?(\w+) (day|week|month)s?\b|\b(\w+) (day|week|month)s? (?:from (?:now|today)|ahead|"
    r"hence|ago|later)\b"
)
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|rs|day|sday|nesday|rsday|urday)?s?\b")

Named = tuple[int, int, int | None]
"""Day, month and, where it was said, year."""


@dataclass(frozen=True)
class Days:
    """What a text says of days."""

    named: frozenset[Named]
    alone: frozenset[int]
    """Days of a month that is not said: "the third"."""
    weekdays: frozenset[int]
    away: frozenset[int]
    """Days from today: "tomorrow" is 1."""
    steps: frozenset[int]
    """Days that a stay or a wait takes: "for three nights"."""
    months: frozenset[int]
    """Months that it takes: "for a year" is 12."""
    month_end: bool
    daily: bool
    """Every day of the week."""
    nth: frozenset[tuple[int, int, str]]
    """Which of a weekday (-1 the last), the weekday, and of which month: "this", "next" or its name."""
    edges: frozenset[Edge] = frozenset()
    """First and last days: "the end of next week"."""

    @classmethod
    def of(cls, text: str, durations: Sequence[Said] = ()) -> Days:
        """Read a text in lower case; `durations` are the numbers in it."""
        weekdays = {next(k for k, name in enumerate(DAYS) if name.startswith(m[1])) for m in _WEEKDAY.finditer(text)}
        if re.search(r"\bweekends?\b", text):
            weekdays |= {5, 6}
        if re.search(r"\b(?:on|every|each|all) (?:weekday|working day)s?\b", text):
            weekdays |= set(range(5))
        away = {_AWAY_OF[match.lastgroup or ""] for match in _AWAYS.finditer(text)} | set(_counted(text))
        units = [(n.value, n.unit.removesuffix("s")) for n in durations]
        steps = {round(value * _WHOLE[unit]) for value, unit in units if unit in _WHOLE and value < 400}
        if re.search(
            r"\b(?:(?:next|following) (?:day|morning|night)|day (?:after|before)(?! tomorrow)|overnight|(?:a|one) "
            r"night)\b",
            text,
        ):
            steps.add(1)
        if re.search(r"\b(?:a|one) week\b", text):
            steps.add(7)
        months = {round(value * _MONTHS_OF[unit]) for value, unit in units if unit in _MONTHS_OF and 0.9 < value < 100}
        months |= {_MONTHS_OF[match[1]] for match in re.finditer(r"\b(?:a|one|another) (month|quarter|year)\b", text)}
        alone = {number for m in _THE.finditer(text) if (number := _number(m[1]))}
        end = bool(re.search(r"\b(?:end|last day) of (?:the|this|next) month\b", text))
        ordinals = ("first", "second", "third", "fourth")
        nth = {
            (
                -1 if m["nth"] == "last" else ordinals.index(m["nth"]),
                DAYS.index(m["weekday"]),
                m["month"] or ("next" if m["which"] == "next" else "this"),
            )
            for m in _NTH.finditer(text)
        }
        return cls(
            frozenset(named(text)),
            frozenset(alone),
            frozenset(weekdays),
            frozenset(away),
            frozenset(steps),
            frozenset(months),
            end,
            bool(re.search(r"\b(?:(?:every|each) ?day|daily|all week|seven days a week)\b", text)),
            frozenset(nth),
            frozenset(edges(text)),
        )

    @property
    def speak(self) -> bool:
        """Whether the text says a day at all."""
        return bool(self.named or self.alone or self.weekdays or self.away or self.month_end or self.nth or self.edges)

    def names(self, day: int, month: int) -> bool:
        """Whether this day of this month was written out, in any year."""
        return any(each[:2] == (day, month) for each in self.named)

    def mean(self, day: date, today: date | None) -> bool:
        """Whether any of the words could mean this day, or one that lies a said number of days, nights or weeks off."""
        if self._directly(day, today):
            return True
        return any(self._directly(each, today) for each in self.apart(day))

    def apart(self, day: date) -> Iterator[date]:
        """The days that lie a said length of time before or after this one; of months the last day counts too."""
        for sign in (-1, 1):
            yield from (day + timedelta(days=sign * step) for step in self.steps if step)
            yield from (shifted(day, sign * step) for step in self.months)
        yield from (shifted(day + timedelta(days=1), -step) for step in self.months)

    def _directly(self, day: date, today: date | None) -> bool:
        if (day.day, day.month, day.year) in self.named:
            return True
        if (day.day, day.month, None) in self.named and (today is None or abs(day - today) <= NEAR):
            return True
        ahead = (day - today).days if today else None
        if day.weekday() in self.weekdays and (ahead is None or ahead in _REACH):
            return True
        if (ahead is None or ahead in _SOON) and (
            day.day in self.alone or (self.month_end and (day + timedelta(days=1)).day == 1)
        ):
            return True
        if day.day in self.alone and any(each[1] == day.month for each in self.named):
            return True  # "from 3 June to the 6th"
        if any(self._nth(day, today, *each) for each in self.nth) or any(e.means(day, today) for e in self.edges):
            return True
        return bool(self.away) if ahead is None else ahead in self.away

    def _nth(self, day: date, today: date | None, which: int, weekday: int, month: str) -> bool:
        if day.weekday() != weekday or (today and not 0 <= (day - today).days <= NEAR.days):
            return False
        if month in ("this", "next"):
            wanted = today and (today.month - 1 + (month == "next")) % 12 + 1
        else:
            wanted = _month(month)
        if wanted is not None and day.month != wanted:
            return False
        return (day + timedelta(days=7)).month != day.month if which < 0 else (day.day - 1) // 7 == which


def named(text: str) -> Iterator[Named]:
    """The days that a text writes out, with their year where it has one; "3/4" gives both readings."""
    for match in _ISO.finditer(text):
        yield int(match[3]), int(match[2]), int(match[1])
    for match in _SLASHED.finditer(text):
        year = None if match[3] is None else int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        yield int(match[1]), int(match[2]), year
        yield int(match[2]), int(match[1]), year
    for match in islice(_MONTH_NAMED.finditer(text), _MOST):
        before = _BEFORE_MONTH.search(text, max(0, match.start() - _LONGEST), match.start())
        after = _MONTH_DAY.match(text, match.start())
        for listed, year in ((before and before[1], match[2]), (after and after[2], after and after[3])):
            for number in re.findall(_NUMBER, listed or "", re.IGNORECASE):
                if day := _number(number):
                    yield day, _month(match[1]), int(year) if year else None
    for match in islice(_END.finditer(text), _MOST):
        month = _month(match[1])
        yield from ((day, month, int(match[2]) if match[2] else None) for day in _LAST_DAYS[month])
    for words, (day, month) in _HOLIDAYS.items():
        if words in text:
            yield day, month, None


def read_days(text: str) -> list[date]:
    """The days that a text writes out with their year, in the usual orders; "3/4/2026" gives both."""
    found: list[date] = []
    for day, month, year in named(text):
        if year is not None and (made := day_of(year, month, day)):
            found.append(made)
    return list(dict.fromkeys(found))


def read_weekday(text: str) -> int | None:
    """The weekday that a text is, in full or as its first three letters, and nothing else; Monday is 0."""
    low = text.strip().lower().removesuffix(".")
    return next((at for at, name in enumerate(DAYS) if low in (name, name[:3])), None)


def day_of(year: int, month: int, day: int) -> date | None:
    """The day, or None where there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def without_days(text: str) -> str:
    """The text with a gap where a day is written out; "1.5" may be a number as well and stays."""
    for match in reversed(list(islice(_MONTH_NAMED.finditer(text), _MOST))):
        before = _BEFORE_MONTH.search(text, max(0, match.start() - _LONGEST), match.start())
        after = _MONTH_DAY.match(text, match.start())
        end = after.end() if after else match.end()
        text = f"{text[: before.start() if before else match.start()]} ; {text[end:]}" if before or after else text
    return _SLASHED.sub(lambda match: " ; " if match[3] else match[0], _ISO.sub(" ; ", text))


def today_in(texts: Iterable[str]) -> date | None:
    """The day that the conversation says it is, or None."""
    for text in texts:
        for match in _TODAY.finditer(text):
            days = read_days(text[match.end() : match.end() + 30])
            if days:
                return days[0]
    return None


def _counted(text: str) -> Iterator[int]:
    for match in _IN.finditer(text):
        number, unit = match[1] or match[3], match[2] or match[4]
        count = 1 if number in ("a", "one") else _number(number)
        if count is None:
            continue
        sign = -1 if match[0].endswith("ago") else 1
        if unit == "month":
            yield from range(sign * count * 28, sign * (count * 31 + 1), sign)
        else:
            yield sign * count * _WHOLE[unit]


def _number(words: str) -> int | None:
    digits = re.match(r"\d+", words)
    if digits:
        return int(digits[0][:4])
    return _IN_WORDS.get(words.lower().replace("-", " "))


def _month(word: str) -> int:
    return next(at for at, name in enumerate(MONTHS, 1) if name.startswith(word.lower()[:3]))
