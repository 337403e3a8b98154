"""Could this number have been meant?

In come a number, its leaf, the leaves beside it and what was Heard; out comes where it comes from: it was said, looked
up, counted among things that were named, or computed from numbers that were. Easy to get wrong: almost any small number
can be made of two others, and stands in any table; so a number must be one of what the leaf counts (`counts`), counts
have to stand under a key of their own, and are only added up within one message and with their like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from ...tasks.terms import stem, stems
from ..effects import words_of
from . import dates, numbers
from .counts import adds_up, counted, fits, head, is_of
from .heard import Heard
from .leaf import Leaf
from .moments import time_said
from .numbers import Said

_COUNT = 10
"""Whole numbers below this are counts: so many of anything stand in any table."""
_MOST = 16
"""Numbers that are put together."""
_CENTS = re.compile(r"(?<!per )\b(?:cents?|pence|centimes|(?:minor|smallest)(?: currency)? units?)\b", re.IGNORECASE)
"""What says of an amount that it is in hundredths."""
_PERCENTS = frozenset(words_of("percent pct percentage level brightness volume position opacity progress"))
"""Last words of names of what goes from 0 to 100."""
_FULLY = re.compile(r"\b(?:max|maximum|highest|full|fully|completely|all the way|to the top|loudest|brightest)\b")
_LEAST = re.compile(r"\b(?:min|minimum|lowest|least|smallest|quietest|dimmest)\b")
_FIGURE = re.compile(r"\d{1,12}(?: \d{1,6})?")
_NEW = frozenset(stems("new old number of id count total"))
"""Words of a name that say nothing of what it is."""
_MORE = frozenset(words_of("more less fewer extra additional further warmer cooler colder higher lower longer shorter"))
"""What comes after a number that a figure is to be changed by."""
_BY = re.compile(r"\bby ([^.;,!?\n]{1,40})")
_ONE_MORE = re.compile(r"\b(?:another|one (?:more|less|fewer))\b")
_OF_TIME = frozenset(stems("hour minute second day night week month year time date duration length stay start end"))
"""Last words of names that a number of a date or a time can go into."""


def amount(value: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """`neutral` for nought, else `said`, `looked_up`, `counted`, `computed` or None. Of an amount in cents the whole
    money may have been said."""
    how = _as_it_is(value, leaf, heard, beside)
    if how or not _CENTS.search(f"{' '.join(words_of(leaf.name))}; {leaf.schema.get('description', '')}"):
        return how
    how = _as_it_is(value / 100, leaf, heard, beside)
    return how if how != "counted" else None


def _as_it_is(value: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    size = abs(value)
    if size == 0:
        return "neutral"
    if not math.isfinite(size):
        return None
    of_time = _is_of_time(leaf)
    own = [n for n in (heard.numbers if of_time else heard.quantities) if fits(n, leaf, beside)]
    if any(_same(size, n.value) for n in own):
        return "said"
    if size < _COUNT and size == int(size):
        told = any(size == n.value and is_of(n, leaf) for n in heard.prose)
        if told or heard.under(str(int(size)), leaf.name, prose=False):
            return "looked_up"
    elif any(_same(size, n) for n in heard.numbers_elsewhere):
        return "looked_up"
    if size >= _COUNT and any(_same(size, n) for n in heard.numbers_of_operator):
        return "looked_up"
    if size >= 100 and size == int(size) and re.search(rf"(?<![\w]){int(size)}(?![\w])", heard.user):
        return "said"
    if _of_a_moment(size, leaf, heard):
        return "said"
    if counted(size, leaf, heard, beside):
        return "counted"
    if _extreme(size, leaf, heard):
        return "said"
    return "computed" if _computed(size, own, leaf, heard, beside) else None


def _is_of_time(leaf: Leaf) -> bool:
    """Whether it may hold a number of a date or a time: by its name, or as a text that the assistant composes."""
    return bool(_OF_TIME & {stem(word) for word in words_of(leaf.name)}) or " " in str(leaf.value)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def _rounded(size: float, exact: float) -> bool:
    """Whether a number is another one, rounded to as many places as it shows and by a hundredth at most."""
    if _same(size, exact):
        return True
    shown = repr(size).partition(".")[2]
    return abs(size - exact) <= 0.01 * size and size == round(exact, 0 if shown == "0" else len(shown))


def _extreme(size: float, leaf: Leaf, heard: Heard) -> bool:
    """The most or the least that the schema allows, or all of a hundred, where that was said."""
    most = leaf.schema.get("maximum", 100 if leaf.head in _PERCENTS else None)
    if size == most and _FULLY.search(heard.lower):
        return True
    return size == leaf.schema.get("minimum") and bool(_LEAST.search(heard.lower))


def _of_a_moment(size: float, leaf: Leaf, heard: Heard) -> bool:
    """An hour, or a day, month or year given as a number of its own."""
    if leaf.head in ("hour", "time", "start", "end") and size < 24 and size == int(size):
        return time_said(int(size) * 60, heard)
    if leaf.head == "month" and size in range(1, 13):
        return bool(re.search(rf"\b{dates.MONTHS[int(size) - 1][:3]}", heard.lower))
    if leaf.head == "day" and size in range(1, 32):
        return bool(re.search(rf"\b(?:{int(size)}(?:st|nd|rd|th)|{numbers.in_words(int(size))[1]})\b", heard.lower))
    return leaf.head == "year" and heard.today is not None and size in (heard.today.year, heard.today.year + 1)


# computed


def _computed(size: float, said: Sequence[Said], leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """From one number by its unit, or from two by adding, subtracting, multiplying or dividing."""
    if any(_rounded(size, other) for n in said for other in numbers.converted(n)):
        return True
    measures = (n for n in heard.single_measures if fits(n, leaf, beside))
    if any(_same(size, other) for n in measures for other in numbers.converted(n) if other != n.value):
        return True
    if _changed(size, said, leaf, heard):
        return True
    if size < _COUNT and size == int(size):
        return any(_of_two(size, alike, products=False) for alike in _alike(leaf, heard, beside))
    own = list(dict.fromkeys(n.value for n in said))[-_MOST:]
    if _of_two(size, own):
        return True
    percents = [n.value / 100 for n in said if n.unit in ("percent", "%")]
    if any(_same(size, n * (1 + sign * part)) for n in own for part in percents for sign in (1, -1)):
        return True
    return _of_figures(size, own, percents, heard)


def _changed(size: float, said: Sequence[Said], leaf: Leaf, heard: Heard) -> bool:
    """From a figure that a tool gave under the leaf's own name, so many times or by so much more or less."""
    named = {stem(word) for word in words_of(leaf.name)} - _NEW
    shown = (value for value, keys in heard.fields.items() if keys & named and _FIGURE.fullmatch(value))
    figures = [float(value.replace(" ", ".")) for value in shown]
    many = [n.value for n in said if n.unit in ("", "times", "fold") and (n.value < 1 or n.value == int(n.value))]
    if any(_same(size, figure * n) for figure in figures for n in many if n != 1):
        return True
    steps = [n.value for n in said if n.unit in _MORE]
    steps += [n.value for match in _BY.finditer(heard.lower) for n in numbers.said(match[1])]
    steps += [1.0] if _ONE_MORE.search(heard.lower) else []
    return any(_same(size, figure + sign * n) for figure in figures for n in steps for sign in (1, -1))


def _alike(leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> Iterator[list[float]]:
    """The numbers of one message that can be added up: those that fit, by what they measure."""
    for message in heard.numbers_by_message if _is_of_time(leaf) else heard.quantities_by_message:
        groups: dict[int | None, list[Said]] = {}
        for each in message:
            if fits(each, leaf, beside):
                groups.setdefault(numbers.dimension(each.unit), []).append(each)
        for group in groups.values():
            if _is_of_time(leaf) or adds_up(head(leaf.name), group):
                yield list(dict.fromkeys(each.value for each in group))[-_MOST:]


def _of_figures(size: float, own: Sequence[float], percents: Sequence[float], heard: Heard) -> bool:
    """From figures that were looked up: two of them, or one changed by a said number or by so many percent, or taken so
    many times."""
    figures = [n for n in heard.numbers_elsewhere if n >= _COUNT][-400:]
    known = {round(n, 4) for n in figures}
    if any(round(size - n, 4) in known or round(size + n, 4) in known for n in figures):
        return True
    changed = (abs(n + sign * said) for n in figures[-60:] for said in own if said > 1 for sign in (1, -1))
    if any(_same(size, each) for each in changed):
        return True
    if any(_same(size, n * (1 + sign * part)) for n in figures[-60:] for part in percents for sign in (1, -1)):
        return True
    times = {2.0, 3.0, 4.0, 5.0} | {n for n in own if 0 < n < 1 or (n == int(n) and 1 < n <= 12)}
    taken = (*figures, *(n for n in heard.numbers_of_operator if n >= _COUNT))
    return any(_same(size, n * many) for n in taken for many in times)


def _of_two(size: float, some: Sequence[float], products: bool = True) -> bool:
    """Whether two of some numbers make it, or all of them together."""
    for at, one in enumerate(some):
        for other in some[:at]:
            made = [one + other, abs(one - other)]
            if products:
                made += [one * other, one / other if other else 0, other / one if one else 0]
            if any(_same(size, each) for each in made):
                return True
    return _same(size, sum(some)) and len(some) > 1
