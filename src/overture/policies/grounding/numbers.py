"""The numbers that were said, in digits and in words, with the word that follows each.

In comes a text; out come Said values: "1,200", "1.5k", "twenty-five", "a dozen", "half". Easy to get wrong: the digits
of a time, a date, a version or an identifier are no numbers, and a comma may group thousands or begin a fraction, so
a text may give one number two readings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ...tasks.kept import kept
from ..effects import words_of

_SMALL = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = words_of("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = words_of(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "dozen": 12}
_UNITS = {word: value for value, word in enumerate(_SMALL)} | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
_OTHERS = {"pair": 2.0, "couple": 2.0, "both": 2.0, "twice": 2.0, "double": 2.0, "triple": 3.0, "half": 0.5,
           "quarter": 0.25, "halve": 0.5, "halfway": 0.5, "quadruple": 4.0, "once": 1.0, "fiver": 5.0,
           "tenner": 10.0}  # fmt: skip
_UNITS_OF_THEIR_OWN: Mapping[str, str] = {
    "twice": "times", "once": "times", **dict.fromkeys(["double", "triple", "quadruple", "halve", "halfway"], "")
}  # fmt: skip
"""What some of these count, whatever comes next: "a double room" is no two rooms."""
_THIS_ONE = re.compile(
    r"\b(?:an?|the|this|that|which|no|any|every|each|some|at)(?: [a-z]+)? (?:one|once)\b|\bone of\b|"
    r"\bone[- ](?:way|off|time|stop|on)\b"
)
"""Where "one" is no number."""
_SUFFIX = {
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    "million": 1e6,
    "thousand": 1e3,
    "billion": 1e9,
    "hundred": 1e2,
    "dozen": 12.0,
}

_DIGITS = re.compile(
    r"(?<![\w.:/#])(?<!\d[-–,])[$€£¥]?\s?(\d+(?:[.,]\d+)*)(?!\d|:\d|/\d|-\d|[.,]\d)\s?"
    r"(%|(?:k|m|bn|million|thousand|billion|hundred|dozen)\b)?(?:\s?(-?[^\W\d_]+))?",
    re.IGNORECASE,
)
_HALF_A_DOZEN = re.compile(r"\bhalf a dozen\b", re.IGNORECASE)
_PART = re.compile(r"(?<![\d/.-])([1-9])/([2-9])(?![\d/.-])")
_HALF_A = re.compile(r"\bhalf an? ([a-z]+)")
_PART_OF = re.compile(r"\b(?:(?:a|one) (quarter|tenth)|(three) quarters)\b(?: of an? ([a-z]+))?")
_PARTS = {"quarter": 0.25, "tenth": 0.1, "three": 0.75}
_EACH = {"other": 2.0} | {word: float(at) for at, word in enumerate(_ORDINALS) if at > 1}
_EVERY_OTHER = re.compile(rf"\b(?:every|each) ({'|'.join(_EACH)}) ([a-z]+)")
_AND_A_HALF = re.compile(
    r"\b(?:(?:an?|one) (?P<one>[a-z]+)|(?P<some>\d+|[a-z]+)) and a (?P<part>half|quarter)\b(?: (?P<unit>[a-z]+))?"
)
_COMPOUND = re.compile(
    r"(?<![\w.,])(?P<some>\d{1,3}) ?(?P<large>[a-z]+),?(?: and)? (?P<more>\d{1,2})(?![\w.,:/-])(?: ?(?P<small>[a-z]+))?"
)
_SMALLER = {"foot": "inch", "feet": "inch", "ft": "inch", "hour": "minute", "h": "minute", "hr": "minute"}
"""What comes after these where no unit does: five foot ten."""
_WORD = re.compile(r"[a-z]+|[^\sa-z-]+")


_KEPT = 500
"""Characters up to which what a text says is kept, since every turn reads the ones before it again."""


@dataclass(frozen=True, slots=True)
class Said:
    """One number as it was said."""

    value: float
    unit: str = ""
    """The word after it, in lower case."""


def said(text: str, letters: bool = True) -> list[Said]:
    """Every number in a text, in digits and, with `letters`, in words; one that can be read two ways is there twice."""
    return list(_known(text, letters) if len(text) <= _KEPT else _said(text, letters))


@lru_cache(maxsize=1024)
def _known(text: str, letters: bool) -> tuple[Said, ...]:
    return tuple(_said(text, letters))


def _said(text: str, letters: bool) -> list[Said]:
    found: list[Said] = []
    for match in _DIGITS.finditer(text):
        times = _SUFFIX.get((match[2] or "").lower(), 1.0)
        percent = match[2] == "%"
        for value in readings(match[1]):
            found.append(Said(value * times, "percent" if percent else (match[3] or "").strip("-").lower()))
            if percent:
                found.append(Said(value / 100))
    return [*found, *_in_letters(text), *_special(text)] if letters else found


def _in_letters(text: str) -> list[Said]:
    tokens = _WORD.findall(_THIS_ONE.sub(" ; ", text.lower()))
    found: list[Said] = []
    run: list[str] = []
    for at, word in enumerate([*tokens, ""]):
        if word in _UNITS or word in _SCALES:
            if run and word in _UNITS and not _goes_on(run[-1], word):
                found.append(Said(_valued(run), word))
                run = []
            run.append(word)
        elif not (
            run and word == "and" and run[-1] in _SCALES and tokens[at + 1 : at + 2] and tokens[at + 1] in _UNITS
        ):
            if run:
                found.append(Said(_valued(run), word))
                run = []
            if word in _OTHERS:
                after: str = (tokens[at + 1 : at + 2] or [""])[0]
                found.append(Said(_OTHERS[word], _UNITS_OF_THEIR_OWN.get(word, after)))
    return found


def _special(text: str) -> list[Said]:
    found = [Said(int(match[1]) / int(match[2])) for match in _PART.finditer(text)]
    found += [Said(6.0) for _ in _HALF_A_DOZEN.finditer(text)]
    low = text.lower()
    found += [Said(0.5, match[1]) for match in _HALF_A.finditer(low)]
    for match in _PART_OF.finditer(low):
        found.append(Said(_PARTS[match[1] or match[2]], match[3] or ""))
    found += [Said(_EACH[match[1]], match[2]) for match in _EVERY_OTHER.finditer(low)]
    for match in _AND_A_HALF.finditer(low):
        whole = 1.0 if match["one"] else next((each.value for each in said(match["some"])), 0.0)
        found.append(Said(whole + _OTHERS[match["part"]], match["one"] or match["unit"] or ""))
    for match in _COMPOUND.finditer(low):
        large, small = match["large"], match["small"] or _SMALLER.get(match["large"].removesuffix("s"), "")
        size, part = (_size(unit, _of(large)) for unit in (large, small))
        if size and part and part < size:
            found.append(Said(float(match["some"]) + float(match["more"]) * part / size, large))
    return found


def _of(unit: str) -> Mapping[str, float]:
    at = dimension(unit)
    return {} if at is None else DIMENSIONS[at]


def _goes_on(before: str, word: str) -> bool:
    """Whether a number word belongs to the same number as the one before it: "twenty five", not "three four"."""
    return before in _SCALES or (before in _TENS and 0 < _UNITS[word] < 10)


def readings(digits: str) -> set[float]:
    """What digits with points and commas can mean: "1,200" is 1200 (or 1.2), "1.200,50" is 1200.5, "3,4,5" a list."""
    if len(digits) > 20:
        return set()
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return {float(digits)}
    out: set[float] = set()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits) or marks == ["."]:
        out.add(float(digits.replace(",", "")))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", digits) or marks == [","]:
        out.add(float(digits.replace(".", "").replace(",", ".")))
    return out or {float(part) for part in re.split(r"[.,]", digits)}


def _valued(words: list[str]) -> float:
    total = current = 0.0
    for word in words:
        if word in _UNITS:
            current += _UNITS[word]
        elif word in ("hundred", "dozen"):
            current = (current or 1) * _SCALES[word]
        else:
            total += (current or 1) * _SCALES[word]
            current = 0.0
    return total + current


def in_words(number: int) -> tuple[str, ...]:
    """A day's or a small number's words, cardinal and ordinal: 23 gives "twenty three" and "twenty third"; 0 to 99."""
    if number < 20:
        return _SMALL[number], _ORDINALS[number]
    ten, one = divmod(number, 10)
    tens = _TENS[ten - 2]
    if not one:
        return tens, f"{tens[:-1]}ieth"
    return f"{tens} {_SMALL[one]}", f"{tens} {_ORDINALS[one]}"


_LENGTHS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "meter": 1.0, "metre": 1.0, "km": 1e3, "kilometer": 1e3, "kilometre": 1e3,
            "inch": 0.0254, "inches": 0.0254, "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "yard": 0.9144,
            "mile": 1609.344, "mi": 1609.344}  # fmt: skip
_TIMES = {"ms": 1e-3, "millisecond": 1e-3, "second": 1.0, "sec": 1.0, "s": 1.0, "minute": 60.0, "min": 60.0,
          "hour": 3600.0, "hr": 3600.0, "h": 3600.0, "day": 86400.0, "night": 86400.0, "week": 604800.0,
          "fortnight": 1209600.0, "month": 2592000.0, "year": 31536000.0}  # fmt: skip
_MONTHS = {"month": 1.0, "year": 12.0, "quarter": 3.0}
_WEIGHTS = {"mg": 1e-6, "g": 1e-3, "gram": 1e-3, "kg": 1.0, "kilo": 1.0, "kilogram": 1.0, "ton": 1e3, "tonne": 1e3,
            "pound": 0.45359237, "lb": 0.45359237, "ounce": 0.028349523, "oz": 0.028349523}  # fmt: skip
_VOLUMES = {"ml": 1e-3, "cl": 1e-2, "l": 1.0, "liter": 1.0, "litre": 1.0, "gallon": 3.785411784, "cup": 0.236588236}
_SIZES = {"byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "meg": 1e6, "gig": 1e9}
_BINARY = {"byte": 1.0, "kb": 2.0**10, "mb": 2.0**20, "gb": 2.0**30, "tb": 2.0**40, "meg": 2.0**20, "gig": 2.0**30}
_MONEY = {"cent": 0.01, "dollar": 1.0, "euro": 1.0, "usd": 1.0, "eur": 1.0, "gbp": 1.0}
_FAHRENHEIT = frozenset(["f", "fahrenheit", "degrees"])
_CELSIUS = frozenset(["c", "celsius", "centigrade", "degrees"])
_OFTEN = {"time": 1.0}
DIMENSIONS = (_LENGTHS, _TIMES, _MONTHS, _WEIGHTS, _VOLUMES, _SIZES, _BINARY, _MONEY, _OFTEN, {"percent": 1.0})
"""Units that can be turned into each other, with their size in the first of them."""
_PHYSICAL = (_LENGTHS, _TIMES, _WEIGHTS, _VOLUMES, _SIZES)


def converted(number: Said) -> set[float]:
    """The number in every other unit of its dimension: 1.5 hours is 90 (minutes) and 5400 (seconds)."""
    out = (
        {number.value / 100} if number.unit == "percent" else {number.value * 100} if _is_part(number) else set[float]()
    )
    for units in DIMENSIONS:
        own = _size(number.unit, units)
        if own is not None:
            out |= {number.value * own / other for other in units.values()}
    degrees = number.unit.removeprefix("degrees ").strip("°")
    if degrees in _FAHRENHEIT:
        out.add((number.value - 32) / 1.8)
    if degrees in _CELSIUS:
        out.add(number.value * 1.8 + 32)
    return out


def _is_part(number: Said) -> bool:
    return not number.unit and number.value < 1


@kept()
def dimension(unit: str) -> int | None:
    """Which dimension a word is a unit of; None for a word that is none, such as a thing that is counted."""
    return next((at for at, units in enumerate(DIMENSIONS) if _size(unit, units) is not None), None)


def same_unit(one: str, other: str) -> bool:
    """Whether two words are one unit: "lb" and "pounds"."""
    return any((size := _size(one, units)) is not None and size == _size(other, units) for units in _PHYSICAL)


def _size(unit: str, units: Mapping[str, float]) -> float | None:
    return units.get(unit, units.get(unit.removesuffix("s")))
