"""Could this number have been meant?

In come a number, its leaf, the leaves beside it and what was Heard; out comes where it comes from: it was said, looked
up, counted among things that were named, or computed from numbers that were. Easy to get wrong: almost any small number
can be made of two others, and stands in any table; so counts have to stand under a key of their own, and are only added
up within one message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import dates, numbers
from .heard import Heard
from .leaf import Leaf
from .moments import time_said

_COUNT = 10
"""Whole numbers below this are counts: so many of anything stand in any table."""
_COMPANY = re.compile(
    r"\b(?:my|our|me|us|i|myself)\b(?: \w+){0,2}(?:(?:\s*,\s*(?:and )?|\s*(?:&|\+)\s*|\s+(?:and|with|n)\s+)(?:my |"
    r"our |his |her )?(?:(?:two|three|four) )?\w+)+"
)
"""People that the user lists, themselves among them."""
_ONE = re.compile(r"\b(?:(?:an?|my|the|this|that) \w|(?:just|only|for) (?:me|myself)\b|by myself\b|on my own\b)")
"""A single thing, of whatever kind, or the user alone."""


def amount(value: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """`neutral` for nought, else `said`, `looked_up`, `counted`, `computed` or None."""
    size = abs(value)
    if size == 0:
        return "neutral"
    if any(_same(size, n.value) for n in heard.numbers):
        return "said"
    if size < _COUNT and size == int(size):
        if heard.under(str(int(size)), leaf.name):
            return "looked_up"
    elif any(_same(size, n) for n in heard.numbers_elsewhere):
        return "looked_up"
    if size >= _COUNT and any(_same(size, n) for n in heard.numbers_of_operator):
        return "looked_up"
    if size >= 100 and size == int(size) and re.search(rf"(?<![\w]){int(size)}(?![\w])", heard.user):
        return "said"
    if _of_a_moment(size, leaf, heard):
        return "said"
    if _counted(size, heard, beside):
        return "counted"
    return "computed" if _computed(size, heard) else None


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def _of_a_moment(size: float, leaf: Leaf, heard: Heard) -> bool:
    """An hour, or a day, month or year given as a number of its own."""
    if leaf.head in ("hour", "time", "start", "end") and size < 24 and size == int(size):
        return time_said(int(size) * 60, heard)
    if leaf.head == "month" and size in range(1, 13):
        return bool(re.search(rf"\b{dates.MONTHS[int(size) - 1][:3]}", heard.lower))
    if leaf.head == "day" and size in range(1, 32):
        return bool(re.search(rf"\b(?:{int(size)}(?:st|nd|rd|th)|{numbers.in_words(int(size))[1]})\b", heard.lower))
    return leaf.head == "year" and heard.today is not None and size in (heard.today.year, heard.today.year + 1)


# counted


def _counted(size: float, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """As many as there are in a list beside it, as people the user lists, or one where "a table" was said."""
    if size != int(size) or size > 20:
        return False
    groups: dict[str, set[str]] = {}
    for other in beside:
        if match := re.match(r"(.*?)\[(\d+)\]", other.path):
            groups.setdefault(match[1], set()).add(match[2])
    if any(len(group) == size for group in groups.values()):
        return True
    if size == 1:
        return bool(_ONE.search(heard.lower))
    return any(size == _party(match[0]) for match in _COMPANY.finditer(heard.lower))


def _party(words: str) -> int:
    """How many people a list of them is: "my parents, my sister and me" is four."""
    closed = re.match(r".+\b(?:me|i|myself)\b", words)  # what comes after "and me" is something else
    people = [
        each
        for each in re.split(r",|\band\b|\bwith\b|\bn\b|[&+]", closed[0] if closed else words)
        if re.search(r"\w", each)
    ]
    counts = (max((n.value for n in numbers.said(each) if 1 < n.value < 20), default=1) for each in people)
    pairs = (2 if re.search(r"\b(?:parents|grandparents|twins|both)\b", each) else 1 for each in people)
    return sum(max(int(count), pair) for count, pair in zip(counts, pairs, strict=True))


# computed


def _computed(size: float, heard: Heard) -> bool:
    """From one number by its unit, or from two by adding, subtracting, multiplying or dividing."""
    if any(_same(size, other) for n in heard.numbers for other in numbers.converted(n)):
        return True
    if size < _COUNT and size == int(size):
        return any(_of_two(size, list(group), products=False) for group in heard.numbers_by_message)
    own = list(dict.fromkeys(n.value for n in heard.numbers))[-16:]
    if _of_two(size, own):
        return True
    percents = [n.value / 100 for n in heard.numbers if n.unit in ("percent", "%")]
    if any(_same(size, n * (1 + sign * part)) for n in own for part in percents for sign in (1, -1)):
        return True
    return _of_figures(size, own, heard)


def _of_figures(size: float, own: Sequence[float], heard: Heard) -> bool:
    """From figures that were looked up: two of them, or one changed by a said number or taken so many times."""
    figures = [n for n in heard.numbers_elsewhere if n >= _COUNT][-400:]
    known = {round(n, 4) for n in figures}
    if any(round(size - n, 4) in known or round(size + n, 4) in known for n in figures):
        return True
    changed = (abs(n + sign * said) for n in figures[-60:] for said in own if said > 1 for sign in (1, -1))
    if any(_same(size, each) for each in changed):
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
