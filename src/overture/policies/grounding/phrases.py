"""What wording alone marks: a correction, a pick among what was offered, a single thing.

In come texts of a user and of an assistant; out come pieces of them. Easy to get wrong: a correction ends with its
clause, and a long answer picks nothing by holding one of the words that were offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ...tasks.terms import stems
from ..effects import words_of
from ..replies import rejects

_SHORT = 8
"""Words of an answer that picks among what was offered, and of a correction."""
_EMPTY = frozenset(
    stems("the a an one i it is that this then please for at on to and my me would like take will want in of")
)
_CORRECTS = re.compile(
    r"(?:^|(?<=\n)|(?<=[.,;!?] )|(?<=[-–—] ))(?:(?:oh|ah|um|oops),? )?(?:(?:no|nope|sorry|wait|hang on|hold on|"
    r"actually|scratch that|correction|on second thought)[,.!:;]* )+(?=\S)|"
    r"\b(?:make (?:it|that)|i meant(?: to say)?|change (?:it|that) to|rather|or better) "
)
"""What a user says before putting something right."""
_CORRECTIONS = 200
_ONE = re.compile(r"\b(?:an?|one|another|single|my|our|the|this|that) ")
"""What comes before a single thing."""
_WORD = re.compile(r"[^\W_][\w'-]*|[^\w\s]")
_PHRASE = 60
_WORDS = 4
"""Characters and words in which a thing that has an article is named."""
_NO_THING = frozenset(
    words_of("a an the to in on at for from by with and or but is are was were will would can that which who if as")
    + list('.,;:!?()"')
)
"""What ends the naming of a thing."""


def last_correction(text: str, lower: str) -> tuple[str, str] | None:
    """The clause of the last correction, and everything from it on; None where nothing short is corrected."""
    found = list(islice(_CORRECTS.finditer(lower), _CORRECTIONS))
    if not found:
        return None
    since = text[found[-1].end() :]
    clause = re.split(r"[.;?!\n]", since, maxsplit=1)[0]
    return (clause, since) if len(clause.split()) <= _SHORT else None


def picked(offered: str, answer: str) -> list[str]:
    """The clauses of what was offered that a short answer picks by a word: "Thursday then"."""
    if len(answer.split()) > _SHORT or rejects(answer):
        return []
    told = set(stems(answer)) - _EMPTY
    clauses = re.split(r"\n|\bor\b|[;?!]|\.\s|,\s", offered)
    return [clause for clause in clauses if told & set(stems(clause))]


def singles(lower: str) -> Iterator[tuple[str, ...]]:
    """What is spoken of as one, a few words each: "a quiet table" gives ("quiet", "table")."""
    for match in _ONE.finditer(lower):
        words = _WORD.findall(lower, match.end(), match.end() + _PHRASE)[:_WORDS]
        end = next((at for at, word in enumerate(words) if word in _NO_THING), len(words))
        if end and words[0] != "of":
            yield tuple(words[:end])
