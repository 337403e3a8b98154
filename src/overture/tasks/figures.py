"""The figures of a sentence and the words beside them, and whether they are only the problem's own said again.

In come texts; out come numbers with their neighbours. Easy to get wrong: "12 apples" said again is no result, "12"
beside another word may be one, and numbers are as often written in words.
"""

from __future__ import annotations

import re

from .terms import stems

_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
# without "one": "one quick question" holds no figure
WORDED = {word: str(value) for value, word in enumerate(_COUNTED.split()) if word != "one"} | {
    "none": "0",
    "dozen": "12",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
}
"""Words that are figures, and the figures."""
_FIGURE = re.compile(
    rf"(?<![\w.])(\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)|\b({'|'.join(WORDED)})\b", re.IGNORECASE
)
_ALIKE = {"ha": "have", "had": "have", "did": "do", "doe": "do", "made": "make", "spent": "spend", "paid": "pay"}
_SMALL = frozenset(
    stems("a an the of to in on at for is are was were be do does did he she it they we i you so and or")
)


def figures(sentence: str) -> list[tuple[str, str, str]]:
    """(number, the word before it, the word after it) of each figure; words as stems, empty at the ends."""
    found: list[tuple[str, str, str]] = []
    for match in _FIGURE.finditer(sentence):
        number = match[1].replace(",", "") if match[1] else WORDED[match[2].lower()]
        before = content(sentence[: match.start()])
        after = content(sentence[match.end() :])
        found.append((number, before[-1] if before else "", after[0] if after else ""))
    return found


def content(text: str) -> list[str]:
    """The stems of a text's words without the smallest ones; `has` and `had` are one."""
    return [_ALIKE.get(word, word) for word in stems(text) if word not in _SMALL]


def restates(sentence: str, request: str) -> bool:
    """Whether every figure of a sentence is the request's own, with the same word before or after it."""
    if re.search(r"[=≈]", sentence):
        return False
    own = figures(request)
    return all(
        any(number == n and ((before and before == b) or (after and after == a)) for n, b, a in own)
        for number, before, after in figures(sentence)
    )


def question_of(request: str) -> str:
    """The request's last question."""
    asked = re.findall(r"[^.?!]*\?", request)
    return asked[-1] if asked else request
