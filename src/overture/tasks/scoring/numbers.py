"""Which number does a reply give as its answer, and how was it found?

In comes the text of a reply; out comes Found: the exact value, and by which of the rules below. Easy to get wrong: the
last number of a text is its answer often enough to look right and seldom enough to flatter, so it is only taken where
the caller asks for it, and then says so. A text that gives two different answers at the same rank gives the later one.

Rules, in order: `marked` (`#### 42`), `boxed` (`\\boxed{42}`), `stated` ("the answer is 42", "Answer: $1,234.50"; in
the last line also "= 42" at its end, or "the total is 42"), `alone` (the reply is nothing but a number and its unit),
`bold` (the last few words in bold that hold one number and are no heading), `last` (only if allowed; what stands in
parentheses is passed over where there is another). The marks of a numbered list are no numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

VERSION = "3"
"""Part of a check's version; changes whenever some text would give another number."""

How = Literal["marked", "boxed", "stated", "alone", "bold", "last"]

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_SIGN = r"(?:(?<![\w.)])[-−–])?"
_CURRENCY = r"(?:\\?\$|[€£¥]|(?:USD|EUR|GBP)\s)"
_MIXED = (
    rf"(?:(?P<whole>\d+)\s+)?(?P<above>\d+)\s*/\s*(?P<below>\d+)|(?P<plain>{_DIGITS})(?:[eE](?P<power>[-+]?\d{{1,3}}))?"
)
_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN})(?:{_CURRENCY}(?P<inner>[-−–]?)\s?)?(?:{_MIXED})"
    r"(?:\s?(?P<percent>%|percent\b)|\s(?P<times>thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|`|\\\(|\\\)|\\,|\\!|(?<!\\)\$(?=\s*[-\d\\][^$]*\$)|(?<=\d)\$(?![\d.])")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}")
_TEXT = re.compile(r"\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}")
_MARKED = re.compile(r"^\s*#{4}\s*(?P<rest>.+)$", re.MULTILINE)
_BOXED = re.compile(r"\\boxed\s*\{(?P<rest>(?:[^{}]|\{[^{}]*\})*)\}")
_STATED = re.compile(
    r"\banswer(?:\s+(?:to|for)\s+[^.:=\n]{1,60})?(?:\s+(?:is|would\s+be|comes\s+to)\b|\s*[:=])\s*:?\s*"
    r"(?=(?P<rest>[^\n]{1,200}))",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:total|result|solution)(?:\s+\w+){0,3}\s*(?:is\b|:)\s*:?\s*(?=(?P<rest>[^\n]{1,200}))", re.IGNORECASE
)
_EQUATION = re.compile(r"=\s*(?P<rest>[^=\n]+?)\s*\.?\s*$")
_GOES_ON = re.compile(
    r"(?:\b(?:and|so|then|thus|makes?|leaves?|gives?)\b|[,;]\s(?!which\b|or\b|about\b)).*\d", re.IGNORECASE
)
_BOLD = re.compile(r"(?<!\*)\*\*(?P<rest>[^*\n]{1,80}?)(?P<end>[:.]?)\*\*(?![*:])")
_HEADING = re.compile(r"^\s*(?:step|part|option|note|case|day|week|example|method)\b|^\s*\d+[.)]", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()\n]*\)")
_PLACE = re.compile(r"^[ \t*_]*(\d{1,2})[.)](?=[\s*_]|\Z)", re.MULTILINE)
_UNSURE = re.compile(r"\b(?:not|isn't|neither|between|unless|if|depends?|cannot|can't)\b|≠", re.IGNORECASE)
_TERM_BEFORE = re.compile(r"(?:^|[^\w])\w\s*[-+*/^×]\s*$")
_TERM_AFTER = re.compile(
    r"\s*[-–+*/^×·:]\s*[\w(\\]|[xyzn]\b|\s+of\s+\\?\$?\d|(?:\s+\w+)?\s+(?:or|to)\s+(?:maybe\s+|about\s+)?\\?\$?\d",
    re.IGNORECASE,
)
_TIMES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_MOST = 20
"""Places where a rule matches that are looked at, from the end."""
_LONGEST = 400
"""Characters of a number, and of a last line that is looked through for an equation."""


@dataclass(frozen=True, slots=True)
class Found:
    """A number and where it stood."""

    value: Fraction
    """Exact; a percentage is its number of hundredths, 15 for 15 %."""
    how: How
    percent: bool = False
    text: str = ""
    """The number as it was written."""


def extract_number(text: str, allow_last: bool = False) -> Found | None:
    """The number that a reply gives as its answer, or None where it gives none.

    With `allow_last` the last number of the text is taken where no rule finds one, and `how` is `last`.
    """
    text = without_places(text)
    plain = _plain(text)
    rules: tuple[tuple[re.Pattern[str], How], ...] = ((_MARKED, "marked"), (_BOXED, "boxed"), (_STATED, "stated"))
    for pattern, how in rules:
        for match in reversed(list(pattern.finditer(plain))[-_MOST:]):
            if found := _first(match["rest"], how, strict=how == "stated"):
                return found
    lines = plain.strip().splitlines()
    for pattern in (_EQUATION, _TOTAL):
        match = pattern.search(lines[-1][-_LONGEST:]) if lines else None
        if match and pattern is _EQUATION and _GOES_ON.search(match["rest"]):
            continue  # "= 480 and with 10% off 432" ends on another number
        if match and (found := _first(match["rest"], "stated", strict=True)):
            return found
    if len(plain.split()) <= 3 and (found := _first(plain, "alone", strict=True)) and len(_all(plain)) == 1:
        return found
    if found := _bold(text):
        return found
    numbers = (_all(_ASIDE.sub(" ", plain)) or _all(plain)) if allow_last else []
    return _value(numbers[-1], "last") if numbers else None


def _bold(text: str) -> Found | None:
    for match in reversed(list(_BOLD.finditer(text))[-_MOST:]):
        if match["end"] == ":" or _HEADING.search(match["rest"]):
            continue
        inner = _plain(match["rest"]).rsplit("=", 1)[-1]
        if len(_all(inner)) == 1:
            return _first(inner, "bold", strict=True)
    return None


def same_number(text: str, wanted: str | int | Fraction, allow_last: bool = False) -> bool:
    """Whether a reply's answer is exactly the wanted number; `wanted` as text may be written "1,234.50".

    Raises ValueError where `wanted` is text without a number.
    """
    if isinstance(wanted, str):
        aim = _value(numbers[0], "alone") if len(numbers := _all(_plain(wanted))) == 1 else None
        if aim is None:
            raise ValueError(f"{wanted[:40]!r} is not one number")
        wanted = aim.value
    found = extract_number(text, allow_last)
    return found is not None and found.value == wanted


def without_places(text: str) -> str:
    """A text without the marks of its numbered lists: those that count on from one line to another."""
    marks = list(_PLACE.finditer(text))
    places = {at: int(mark[1]) for at, mark in enumerate(marks)}
    for at in reversed(range(len(marks))):
        if places[at] - 1 == places.get(at - 1) or places[at] + 1 == places.get(at + 1):
            text = text[: marks[at].start()] + text[marks[at].end() :]
    return text


def _plain(text: str) -> str:
    """Without the marks that stand around a number and are no part of it."""
    text = _FRACTION.sub(r"\1/\2", _TEXT.sub(r"\1", text.replace("{,}", ",").replace("\\%", "%")))
    return _EMPHASIS.sub("", text)


def _all(text: str) -> list[re.Match[str]]:
    return [match for match in _NUMBER.finditer(text) if not _in_word(text, match)]


def _in_word(text: str, match: re.Match[str]) -> bool:
    """Whether it is part of a name (x2, B12) rather than a number."""
    before = text[match.start() - 1] if match.start() else " "
    return before.isalpha() or before == "_"


def _first(text: str, how: How, strict: bool) -> Found | None:
    """The number that a clause gives: after its last "=", else its first. `strict`: not where the clause wavers."""
    clause = re.split(r"(?<=[^\d\s])[.;](?:\s|$)|(?<=\d)[.;](?:\s|$)", text.strip(), maxsplit=1)[0]
    if "=" in clause:
        if strict and _UNSURE.search(clause):
            return None
        clause = clause.rsplit("=", 1)[1]
    numbers = _all(clause)
    if not numbers:
        return None
    first = numbers[0]
    before, after = clause[: first.start()], clause[first.end() :]
    if strict and ("?" in clause or _UNSURE.search(before)):
        return None
    if strict and (_TERM_BEFORE.search(before) or _TERM_AFTER.match(after)):
        return None  # "x + 5" is no number, and neither is "3 or 4"
    return _value(first, how)


def _value(match: re.Match[str], how: How) -> Found | None:
    if len(match[0]) > _LONGEST:
        return None
    if match["plain"]:
        value = Fraction(match["plain"].replace(",", "")) * Fraction(10) ** int(match["power"] or 0)
    elif int(match["below"]) == 0:
        return None
    else:
        value = Fraction(int(match["above"]), int(match["below"])) + int(match["whole"] or 0)
    value *= _TIMES.get((match["times"] or "").lower(), 1)
    negative = bool(match["sign"]) != bool(match["inner"])
    return Found(-value if negative else value, how, bool(match["percent"]), match[0].strip())
