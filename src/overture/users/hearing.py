"""What does a reply ask for? Its questions, and which part of the goal each of them names, by its words.

In come a reply and an item; out comes an Act. A question's words are compared with a part's name, terms, value and
sentence; words that many parts share weigh less. Easy to get wrong: a threshold that lets any question in makes
asking pay, so THRESHOLD is calibrated on questions about other things (see docs/simulate.md), and the
request's own subject is not enough to name a part.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from math import fsum

from ..conversation import Conversation
from ..tasks.listed import VERSION as LISTS
from ..tasks.listed import questions
from ..tasks.task import Act, Item, Part
from ..tasks.terms import stems
from ..tasks.wording import VERSION as WORDING
from ..tasks.wording import at_large
from .base import last_reply

VERSION = f"3, wording {WORDING}, lists {LISTS}"
"""Part of every offline user's identity; changes whenever some question would be heard differently."""
THRESHOLD = 0.4
"""Share of a question's weighed words that must be a part's. benchmarks/hearing.py prints what others would let in."""

_SMALL = frozenset(
    stems(
        "a an the of to in on at for from by with is are was were be been am do does did has have had will would can "
        "could should may might must it its this that these those there here i me my we us our you your he she they "
        "them his her their what which who whom whose when where why how and or but if so as not no any some all "
        "please tell let know give share provide specify clarify confirm need want like just also more other else "
        "much many exactly kind sort thing something anything information detail before help start first get got go "
        "one mean"
    )
)
_TELLING = {
    "when": frozenset(stems("date day time month hour week year season")),
    "where": frozenset(stems("place city address location country street")),
}

_AND = re.compile(
    r",\s*(?:and\s+|or\s+)?|;\s*"
    r"|\s+and\s+(?=(?:\w+ )?(?:what|which|who|whose|when|where|why|how|whether|do|does|is|are)\b)",
    re.IGNORECASE,
)
"""Where one sentence goes from one question to the next."""


def relevance(question: str, part: Part, item: Item) -> float:
    """0 to 1: the share of the question's words, weighed, that are this part's; 1 where it has the part's whole name or
    a whole term, of several words."""
    vocabularies, shared, request = _vocabulary(item.parts, item.request)
    said = set(stems(question))
    whole = [words for words in map(stems, (part.name, *part.terms)) if said.issuperset(words)]
    if any(len(words) > 1 for words in whole):
        return 1.0
    own = vocabularies[part.name].union(*whole)
    weight = {
        word: (0.4 if word in request and word not in own else 1.0) / max(shared[word], 1)
        for word in said
        if word in own or word not in _SMALL
    }
    # a set has no order of its own, and a plain sum in another order can end on the other side of the threshold
    met = fsum(weight[word] for word in weight if word in own)
    total = fsum(weight.values())
    for word, kinds in _TELLING.items():
        # "when?" is about a date, but "when is your birthday?" is about a birthday
        if word in said and word not in own:
            total += 0.5
            met += 0.5 * bool(kinds & own)
    return round(met / total, 9) if total else 0.0


@lru_cache(maxsize=4096)
def _vocabulary(
    parts: tuple[Part, ...], request: str
) -> tuple[dict[str, frozenset[str]], Counter[str], frozenset[str]]:
    """Part → its words; word → in how many parts it is; the request's words."""
    own = {
        part.name: frozenset(stems(" ".join((part.name, *part.terms, part.value, part.text)))) - _SMALL
        for part in parts
    }
    shared = Counter(word for words in own.values() for word in words)
    return own, shared, frozenset(stems(request))


def matches(question: str, item: Item, threshold: float = THRESHOLD) -> list[tuple[float, str]]:
    """(relevance, name) of the parts that a question is about, the most relevant first; none of a question at large.

    Of equals the one whose whole name is said, of two such the longer, then in the item's order: who asks for "the
    number of rolls on a tray" does not ask for "the number of trays".
    """
    if at_large(question):
        return []
    said = set(stems(question))
    scored = [(relevance(question, part, item), _name_said(said, part), part.name) for part in item.parts]
    ranked = sorted((one for one in scored if one[0] >= threshold), key=lambda one: (-one[0], -one[1]))
    return [(score, name) for score, _, name in ranked]


def _name_said(said: set[str], part: Part) -> int:
    """Words of the part's name if all of them were said, else 0."""
    words = stems(part.name)
    return len(words) if said.issuperset(words) else 0


def hear(item: Item, conversation: Conversation) -> Act:
    """The Act of the last reply, by its words alone; whether it delivers cannot be told so."""
    best: dict[str, float] = {}
    elsewhere = False
    each: list[tuple[str, ...]] = []
    for question in questions(last_reply(conversation) or ""):
        found = matches(question, item)
        elsewhere = elsewhere or not found
        for score, name in found:
            best[name] = max(best.get(name, 0.0), score)
        if found:
            each += _clauses(question, item, [name for _, name in found])
    return Act(tuple(sorted(best, key=lambda name: -best[name])), elsewhere, questions=tuple(each))


def _clauses(question: str, item: Item, fitting: list[str]) -> list[tuple[str, ...]]:
    """For each thing that a sentence asks for, those of the parts it fits: on which day, and for how many people?"""
    clauses = [[name for _, name in matches(clause, item) if name in fitting] for clause in _AND.split(question)]
    return [tuple(names) for names in clauses if names] or [tuple(fitting)]
