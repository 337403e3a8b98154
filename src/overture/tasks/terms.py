"""Does a text name a thing? Words compared by their stems, whole words only.

In come a text and the terms of a part; out comes yes or no. Easy to get wrong: a substring is not a word ("rate" is
in "operate"), and "dates" does name a date, so both sides are stripped of the commonest endings first, and of nothing
more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from .kept import kept

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = ("ing", "ies", "ed", "es", "s")
_SHORTEST = 3
"""Letters that must be left for an ending to be taken off."""
_LONGEST = 24
"""Letters up to which a word's stem is kept."""


def stem(word: str) -> str:
    """A word in lower case without its commonest ending: dropped → drop, dates → dat, date → dat."""
    return _known_stem(word) if len(word) <= _LONGEST else _stem(word)


def _stem(word: str) -> str:
    word = word.lower().split("'")[0].split("’")[0]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] not in "aeiouls":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST else word


_known_stem = lru_cache(maxsize=4096)(_stem)


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    return list(_known_stems(text))


@kept(2048, 1000)  # an item's texts are compared with every line of a talk
def _known_stems(text: str) -> tuple[str, ...]:
    return tuple(map(stem, _WORD.findall(text)))


def names(text: str, terms: Iterable[str]) -> bool:
    """Whether the text has every word of at least one term."""
    said = set(stems(text))
    return any(bool(wanted) and said.issuperset(wanted) for wanted in map(stems, terms))
