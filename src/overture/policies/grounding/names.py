"""Could this name, or this code for a name, have been meant?

In come a name, a short phrase or a code of a few capitals, and what was Heard; out comes where it comes from. Easy to
get wrong: a code such as CDG is derived from "Paris" by knowledge, not by letters; it is let through if the user named
something that no other argument used, and as many codes as there are such names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...tasks.terms import stem
from ..effects import words_of
from . import dates
from .choices import LITTLE, otherwise_said
from .heard import Heard, plain
from .leaf import Leaf

CODE = re.compile(r"[A-Z]{2,4}")
_GENERIC = frozenset(words_of("city town airport station hotel restaurant street inc ltd gmbh company mr mrs ms dr"))
"""Words of a name that add nothing to it."""
_CAPITALS = re.compile(r"(?<![.!?\n] )(?<!^)(?<![\w])[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*", re.MULTILINE)
_PLACE = re.compile(
    r"\b(?:from|to|in|at|into|via|near|between|and|visit(?:ing)?|of) (?!the |my |our |an? )"
    r"([^\W\d_]{3,}(?: [^\W\d_]{3,})?)"
)
_NO_NAMES = LITTLE.union(
    dates.MONTHS,
    dates.DAYS,
    words_of("me you it them us him her this that these those a an the my our your his their any some all"),
    words_of(
        "one two three four five six today tomorrow tonight morning afternoon evening night noon weekend next week"
    ),
    words_of(
        "month year hours hour minutes days day am pm have make get book see go buy find fly travel do be pay use"
    ),
    words_of("home work town office school"),
    words_of("add change cancel know check send least most people person persons adults business economy first class"),
)
"""Words that follow "to" or "in" and name nothing."""
_WORDS = _NO_NAMES | set(words_of("hi ok is as be no so we he she us was not but can may who why how now new old see"))
"""Words that are spelt like a code."""


def is_word(code: str, heard: Heard) -> bool:
    """Whether a code is also a common word and stands nowhere in capitals: "to me" says nothing of Maine."""
    written = rf"(?<!\w){code}(?!\w)"
    return code.lower() in _WORDS and not any(re.search(written, text) for text in (heard.user, heard.tools))


def name(text: str, heard: Heard) -> str | None:
    """A name or a short phrase: every word of it heard, as it is, by its stem, as initials or with one letter wrong."""
    full = [word for word in plain(text).split() if word not in LITTLE]
    words = [word for word in full if word not in _GENERIC] or full
    if not words:
        return None
    if otherwise_said(text, heard):
        return "implied"
    missing = [word for word in words if not _heard(word, heard)]
    shown = set(re.findall(r"\w+", text))
    plainly = all(word in shown and not any(sign.isdigit() for sign in word) for word in missing)
    if not missing or (len(words) >= 4 and len(missing) * 4 <= len(words) and plainly):
        return "said"
    initials = "".join(word[0] for word in full)
    return "said" if len(initials) > 1 and initials in heard.words else None


def _heard(word: str, heard: Heard) -> bool:
    if word in heard.words or f" {word} " in heard.plain_tools or f" {word} " in heard.plain_operator:
        return True
    if any(sign.isdigit() for sign in word):
        return False
    if stem(word) in heard.stems:
        return True
    return len(word) >= 5 and any(
        abs(len(word) - len(said)) <= 1 and len(said) >= 4 and _one_off(word, said) for said in heard.words
    )


def _one_off(one: str, other: str) -> bool:
    """Whether one letter too many, too few, changed, or two exchanged, makes one word the other; the first stays."""
    if one[0] != other[0]:
        return False
    at = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b or b[1:] == a or (a[1:] == b[1:]) or (a[:2] == b[1::-1] and a[2:] == b[2:])


def code(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """A code of a few capitals: by another word for it, or derived from a name that the user gave and nothing else
    used."""
    if otherwise_said(text, heard):
        return "implied"
    if heard.coded & {stem(word) for word in words_of(leaf.name)}:
        return None  # tools speak of such codes, so this one would have been looked up
    free = _unused([str(other.value) for other in beside if other is not leaf and isinstance(other.value, str)], heard)
    codes = [each.value for each in beside if isinstance(each.value, str) and CODE.fullmatch(each.value)]
    left = list(dict.fromkeys(each for each in codes if is_word(each, heard) or not heard.where(each)))
    for alike in (_abbreviates, lambda one, given: True):  # CPH is Copenhagen's before it is Hamburg's
        for one in list(left):
            given = next((each for each in sorted(free) if alike(one, each)), None)
            if given is not None:
                left.remove(one)
                free.discard(given)
    return None if text in left else "derived"


def _unused(values: Sequence[str], heard: Heard) -> set[str]:
    """Names that the user gave and none of the values holds, the longest of those that hold each other."""
    used = [plain(value) for value in values]
    names = {plain(found) for found in (*_CAPITALS.findall(heard.user), *_PLACE.findall(heard.lower))}
    free = {
        each
        for each in names
        if not set(each.split()) <= _NO_NAMES and not any(each in value or value in each for value in used)
    }
    return {each for each in free if not any(each != other and each.strip() in other for other in free)}


def _abbreviates(code: str, name: str) -> bool:
    """Whether a code's letters stand in a name in their order, the first at the beginning of a word."""
    letters = iter(name[name.find(f" {code[0].lower()}") + 1 :]) if f" {code[0].lower()}" in name else iter("")
    return all(any(sign == letter for letter in letters) for sign in code.lower())
