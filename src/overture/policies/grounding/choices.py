"""Could this value of a closed list have been meant?

In come a flag or one of several choices and what was Heard; out comes where it comes from. Easy to get wrong: a choice
is seldom said in its own letters ("round_trip" is "there and back"), and one that asks for nothing needs no source.
"""

from __future__ import annotations

import re

from ...tasks.terms import stem, stems
from ..effects import words_of
from . import numbers
from .heard import Heard, plain
from .leaf import Leaf
from .meanings import MEANS

NEUTRAL = frozenset(
    {"n/a", *words_of("none no default normal standard regular other any all auto automatic false off")}
)
"""Values of a choice that ask for nothing."""
LITTLE = frozenset(words_of("a an the of to in on at for from by with and or my our your"))
"""Words that any phrase may hold."""
_PIECES = frozenset(words_of("piece pieces pcs item items unit units each count"))
_FLAGS = frozenset(stems("is has with include add use should want enable allow"))
_ON = frozenset(stems("enable activate start turn switch open allow permit"))
"""What is said of a flag that says of nothing but itself that it is on."""
_NEGATED = re.compile(r"\b(?:no|not|without|none|don't|doesn't|never|decline|skip|off|disable|deactivate)\b")


def flag(value: bool, leaf: Leaf, heard: Heard) -> str | None:
    """`implied` where the user last spoke of it without a no; False is `neutral`."""
    if not value:
        return "neutral"
    own = words_of(leaf.name)
    about = {
        stem(word) for word in (*own, *" ".join(MEANS.get(word, "") for word in own if word not in LITTLE).split())
    }
    said = [each for each in re.split(r"[.!?\n]+", heard.lower) if (about - _FLAGS or _ON) & set(stems(each))]
    against = set(_NEGATED.findall(said[-1])) if said else set[str]()
    return "implied" if said and not any(stem(word) not in about for word in against) else None


def choice(text: str, leaf: Leaf, heard: Heard) -> str | None:
    """Said, looked up, meant by another word, or one that asks for nothing."""
    low = text.lower()
    if low in ("true", "yes"):
        return flag(True, leaf, heard)
    if plain(text) in heard.plain_user:
        return "said"
    if low in NEUTRAL:
        return "neutral"
    if heard.under(text, leaf.name):
        return "looked_up"
    if _ordinal(low, leaf, heard) or _unit(low, leaf, heard):
        return "implied"
    signs = [sign for sign in MEANS.get(low, "").split() if not sign.isalnum() and sign in heard.user]
    if signs or otherwise_said(text, heard):
        return "implied"
    parts = [stem(word) for word in words_of(text) or plain(text).split() if word not in LITTLE]
    if parts and all(any(_alike(part, said) for said in heard.stems) for part in parts):
        return "implied"
    if low == "round_trip" and re.search(r"\b(?:back|return)\b", heard.lower):
        return "implied"
    return None


def otherwise_said(text: str, heard: Heard) -> bool:
    """Whether the user said another word for a common value, or for a unit."""
    low = text.lower()
    units = {n.unit for n in heard.numbers} | {word for words in heard.singles for word in words[:1]}
    means = MEANS.get(low, "").split()
    if any(f" {phrase.replace('_', ' ')} " in heard.plain_user for phrase in means):
        return True
    return any(numbers.same_unit(low, unit) for unit in units)


def _ordinal(text: str, leaf: Leaf, heard: Heard) -> bool:
    """Whether a choice that is a figure was said as "second", by itself or of what the argument is named for."""
    if not text.isdigit() or not 0 < int(text) < 10:
        return False
    named = "|".join(map(re.escape, words_of(leaf.name)))
    word = numbers.in_words(int(text))[1]
    return bool(re.search(rf"\b{word}\b(?:[ -](?:{named})\b|\W*(?:[,.;!?\n…]|$))", heard.lower))


def _unit(text: str, leaf: Leaf, heard: Heard) -> bool:
    """Whether a unit measures what some number that was said does: grams, of half a kilo."""
    if leaf.head not in ("unit", "units"):
        return False
    said = {numbers.dimension(n.unit) for n in (*heard.quantities, *heard.single_measures)}
    return (None if text in _PIECES else numbers.dimension(text) or -1) in said


def _alike(one: str, other: str) -> bool:
    return one == other or (len(one) >= 4 and len(other) >= 4 and (one.startswith(other) or other.startswith(one)))
