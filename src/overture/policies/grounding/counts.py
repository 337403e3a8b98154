"""What does this number count, and how many of those were spoken of?

In come a leaf, the leaves beside it and what was Heard; out comes which of the numbers that were said can be this
leaf's, and how many of its kind were named without a number: "a table", "just me", "my wife and I", a list. Easy to
get wrong: "a table" is one table and says nothing of how many sit at it, so a thing grounds a count of its own kind
only; but a ticket is for one person, and people are counted under many names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...tasks.kept import kept
from ...tasks.terms import stem, stems
from ..effects import words_of
from . import numbers
from .heard import Heard, plain
from .leaf import Leaf
from .numbers import Said

_COUNTING = frozenset(words_of("number num no nr n count qty quantity total value of how many size the"))
"""Words of a name that say that it counts, and not what."""
_LINKS = frozenset(words_of("from to for at in on of and or with by per each but then till until"))
"""Words after a number that are nothing it could count."""
_ABOUT = re.compile(r" (?:per|before|after|until|in|each|between|to) ")
"""What comes after these in a name is not what it counts: `days_before_start` counts days."""
_PERSONS = frozenset(
    stems("person people guest passenger traveler traveller adult pax attendee visitor diner participant cover rider")
    + stems("occupant seat ticket player party group head admission pupil student member")
    + stems("attendees employee employees trainee trainees")
)
"""What people are counted under."""
_YOUNG = frozenset(
    stems("child children kid kids infant infants baby babies toddler senior teenager girl boy son daughter grandson")
)
_ADULT = stem("adult")
_ADMITS_ONE = frozenset(stems("person guest passenger traveler traveller adult ticket seat single rider pax"))
"""What there is one of a person."""
_ALONE = re.compile(
    r"\b(?:(?:just|only|it's|for) (?:for )?(?:me|myself)\b(?! and\b|,| \+| with\b)|by myself|on my own|alone|solo)\b|"
    r"\b(?:sign|fly|enrol|enroll|register|check) me\b(?! and\b)|\b(?:for|fly|book) (?:my|our|his|her) (?:wife|husband|"
    r"partner|boss|friend|colleague|mother|mum|mom|father|dad|son|daughter|sister|brother|aunt|uncle|cousin|nephew|"
    r"niece|girlfriend|boyfriend|grandmother|grandma|grandfather|grandpa|neighbour|neighbor)\b(?!'|,? and\b| &)"
)
_I_GO = re.compile(r"\bi\b(?:'\w+)?(?: \w+){0,4} (?:fly|flying|travel|travell?ing|attend|attending|enrol|enroll)\b")
_MORE = re.compile(r"\b(?:we|us|our|together|with (?:my|a|some|two|three|four|friends|family))\b")
"""Not alone, after all."""
_COMPANY = re.compile(
    r"\b(?:my|our|me|us|i|myself)\b(?: \w+){0,2}(?:(?:\s*,\s*(?:and )?|\s*(?:&|\+)\s*|\s+(?:and|with|n|plus)\s+)(?:my |"
    r"our |his |her |their |the )?(?:(?:two|three|four) )?\w+)+"
)
"""People that the user lists, themselves among them."""


@kept()
def head(name: str) -> str:
    """The stem of what a name counts: `number_of_guests` → guest, `table_count` → table; empty for `quantity`."""
    words = words_of(_ABOUT.split(f" {' '.join(words_of(name))} ")[0])
    return next((stem(word) for word in reversed(words) if word not in _COUNTING), "")


def fits(said: Said, leaf: Leaf, beside: Sequence[Leaf]) -> bool:
    """Whether a number that was said can be this leaf's: people are not counted in nights or euros, and "two rooms" are
    no two guests where the call has a place for rooms."""
    kind, unit, measure = head(leaf.name), stem(said.unit), numbers.dimension(said.unit)
    if not kind or not unit or kind == unit or said.unit in _LINKS:
        return True
    if kind == _ADULT and unit in _YOUNG:
        return False
    if kind in _PERSONS and (measure is not None or unit in _PERSONS or unit in _YOUNG):
        return measure is None
    if measure is not None and numbers.dimension(kind) == measure:
        return True
    return not any(head(other.name) == unit for other in beside if other.path != leaf.path)


def adds_up(kind: str, some: Sequence[Said]) -> bool:
    """Whether the sum of such numbers can be so many of a kind: of people, of the same thing, or of a measure."""
    if not kind or kind in _PERSONS or kind in _YOUNG:
        return True
    return any(stem(n.unit) == kind or numbers.dimension(n.unit) is not None for n in some)


def is_of(said: Said, leaf: Leaf) -> bool:
    """Whether a number says in words that it counts what the leaf counts."""
    kind, unit = head(leaf.name), stem(said.unit)
    return bool(kind) and (kind == unit or (kind in _PERSONS and unit in _PERSONS))


def counted(size: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """As many as there are in a list beside it, as people that the user lists, or one that they spoke of."""
    if size != int(size) or size > 20:
        return False
    if any(len(places) == size for name, places in _lists(beside).items() if _is_of(name, leaf)):
        return True
    kind = head(leaf.name)
    people = not kind or kind in _PERSONS
    if people and any(size == 2 * n.value for n in heard.quantities if n.unit == "couples"):
        return True
    if people and any(size in _party(match[0]) for match in _COMPANY.finditer(heard.lower)):
        return True
    return size == 1 and ((people and _alone(heard)) or any(_one(each, leaf, heard, beside) for each in heard.singles))


def _lists(beside: Sequence[Leaf]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for other in beside:
        if match := re.match(r"(.*?)\[(\d+)\]", other.path):
            found.setdefault(match[1], set()).add(match[2])
    return found


def _is_of(name: str, leaf: Leaf) -> bool:
    """Whether a list is of what the leaf counts."""
    kind, listed = head(leaf.name), head(name.rpartition(".")[2])
    if leaf.path.startswith(f"{name}["):
        return False
    return not kind or kind == listed or (kind in _PERSONS and listed in _PERSONS | {stem("names")})


def _alone(heard: Heard) -> bool:
    return bool(_ALONE.search(heard.lower)) or (bool(_I_GO.search(heard.lower)) and not _MORE.search(heard.lower))


def _one(words: Sequence[str], leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """Whether a single thing, in the words that the user has for it, is what the leaf counts. One without a word for
    that (`quantity`) counts what stands beside it."""
    kind = head(leaf.name)
    if kind and "of" in words:
        words = words[: words.index("of")]  # "a picture of the room" is one picture
    single = {stem(word) for word in words if not word.endswith("s") or word.endswith("ss")}
    if kind in _YOUNG and _YOUNG & single:
        return True
    if kind:
        named = kind in single or stem(words[-1]) in single & set(stems(" ".join(words_of(leaf.name))))
        return named or (kind in _PERSONS and bool(_ADMITS_ONE & single))
    things = {stem(word) for word in _things(leaf, beside)} & heard.stems
    return bool(things & single) if things else bool(single)


def _things(leaf: Leaf, beside: Sequence[Leaf]) -> Iterator[str]:
    own = leaf.path.rpartition(".")[0]
    for other in beside:
        if other.path != leaf.path and other.path.rpartition(".")[0] == own and isinstance(other.value, str):
            yield from plain(other.value).split()


def _party(words: str) -> tuple[int, ...]:
    """How many people a list of them is: "my parents, my sister and me" is four; "my husband and our two daughters",
    who may be on their own, three or four."""
    closed = re.match(r".+\b(?:me|i|myself)\b", words)  # what comes after "and me" is something else
    people = [
        each
        for each in re.split(r",|\band\b|\bwith\b|\bn\b|\bplus\b|[&+]", closed[0] if closed else words)
        if re.search(r"\w", each)
    ]
    counts = (max((n.value for n in numbers.said(each) if 1 < n.value < 20), default=1) for each in people)
    pairs = (2 if re.search(r"\b(?:parents|grandparents|twins|both)\b", each) else 1 for each in people)
    named = sum(max(int(count), pair) for count, pair in zip(counts, pairs, strict=True))
    return (named,) if closed or re.match(r"(?:us|i|me|myself)\b", words) else (named, named + 1)
