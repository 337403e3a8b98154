"""What a text names by an identifier, and how its codes are made.

In comes a text; out come stems of what has a number after it ("order no. A-77": order), and the patterns of the codes
in it. Easy to get wrong: any text may come, so every repeat in a pattern here has an end.
"""

from __future__ import annotations

import re
from itertools import islice

from ...tasks.terms import stem
from ..effects import words_of

IDS = frozenset(words_of("id ids identifier uuid guid ref reference sku slug number no"))
"""Last words of the names of identifiers."""
_NUMBERED = re.compile(rf"\b(\w{{2,32}})(?:\W{{1,4}}(?:{'|'.join(sorted(IDS))})\b){{0,3}}\W{{1,4}}(?=\w{{0,32}}\d)")
_CODE = re.compile(r"\b(?=[\w-]{0,31}\d)[\w-]{1,64}")
_NATIONAL = re.compile(r"(?<![\d+])0\d[\d ()/-]{4,18}\d(?!\d)")
_CALL = 7
_COUNTRY = 3
"""Digits of a telephone number without the 0 in front, at least, and of a country's code, at most."""
_MOST = 100
_LONG = 3
"""Digits from which on a bare number may be an identifier."""


def numbered(text: str) -> frozenset[str]:
    """Stems of the words that have a number or a code after them."""
    return frozenset(stem(match[1]) for match in _NUMBERED.finditer(text))


def codes(text: str) -> frozenset[str]:
    """How the codes of a text are made: words with a digit in them, and longer numbers."""
    return frozenset(made_like(code) for code in _CODE.findall(text) if not code.isdigit() or len(code) >= _LONG)


def dials(digits: str, text: str) -> bool:
    """Whether an international number of so many digits reaches a national one in a text, 0171 … as 49 171 …"""
    found = (re.sub(r"\D", "", match[0]).lstrip("0") for match in islice(_NATIONAL.finditer(text), _MOST))
    return any(
        digits.endswith(each) and 1 <= len(digits) - len(each) <= _COUNTRY for each in found if len(each) >= _CALL
    )


def made_like(code: str) -> str:
    """A code's runs of letters and of digits as one of each; empty where it has no digit."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", code)) if re.search(r"\d", code) else ""
