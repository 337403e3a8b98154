"""Was this value taken back? "No, make it 3" leaves nothing of the 2 that was said before.

In come a leaf that has been traced, the leaves beside it and what was Heard; out comes whether its value was said only
before a correction that offers another value of its kind which the call does not take up. Easy to get wrong: which of
several numbers is corrected is seldom said, so a correction that has found its place in the call takes nothing else
back, and one that names what it counts only that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from ..effects import words_of
from . import dates, times
from .counts import fits, head
from .heard import Heard, plain
from .leaf import Leaf
from .numbers import Said

_UNWANTED = frozenset(words_of("avoid exclude excluded excludes without except skip not ban block old previous from"))
"""Words of a name whose value is what the user does not want."""
_LONGEST = 60
_MOST = 100
"""Places that are looked at."""
_REFUSES = re.compile(r" (?:not|instead of|rather than)(?: (?:the|a|an|in|on|to|my))*$")
_FREE = frozenset(["", "please", "instead", "then", "thanks", "actually", "not", "now"])
"""Words after a number that are no thing."""


def taken_back(leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """Whether a correction that the call does not take up replaces the leaf's value."""
    if isinstance(leaf.value, str) and not _UNWANTED & set(words_of(leaf.name)) and _refused(leaf.value, heard):
        return True
    if heard.corrected is None:
        return False
    offer, since = heard.corrected
    if isinstance(choices := leaf.schema.get("enum"), list):
        named = [choice for choice in map(str, choices) if plain(choice.replace("_", " ")) in offer.plain_user]
        return bool(named) and not since.where(str(leaf.value).replace("_", " "))
    if isinstance(leaf.value, bool):
        return False
    if isinstance(leaf.value, int | float):
        offered = {n.value for n in offer.quantities if _is_for(n, leaf, beside)}
        known = offered | {n.value for n in since.quantities}
        return bool(offered) and leaf.value not in known and not offered & {each.value for each in beside}
    text = str(leaf.value).strip()
    if (minutes := times.read_time(text)) is not None:
        own = {times.read_time(str(each.value)) for each in beside}
        return bool(offer.times) and minutes not in since.times and not offer.times & own
    if days := dates.read_days(text):
        own = [day for each in beside for day in dates.read_days(str(each.value))]
        taken_up = any(offer.days.mean(day, heard.today) for day in own)
        return offer.days.speak and not taken_up and not since.days.mean(days[0], heard.today)
    return False


def _refused(value: str, heard: Heard) -> bool:
    """Whether every time the user said it they said not that: "the holiday pot, not the car one"."""
    words = plain(value.replace("_", " "))
    if not words.strip() or len(value) > _LONGEST:
        return False
    text = heard.plain_user
    said = list(islice(_places(words, text), _MOST))
    return bool(said) and all(_REFUSES.search(text, max(0, at - _LONGEST), at) for at in said)


def _places(words: str, text: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _is_for(number: Said, leaf: Leaf, beside: Sequence[Leaf]) -> bool:
    return fits(number, leaf, beside) and (number.unit in _FREE or head(leaf.name) == head(number.unit))
