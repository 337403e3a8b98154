"""One question at a time: what a message asks for, thing by thing, and the message with one of them left.

In comes a message; out come the things that it asks for, or the message cut down to one. A sentence, an item of a list
and a part of a sentence can each ask for a thing of their own: "which day, and for how many people?" asks for two.
Easy to get wrong: choices that explain a question belong to it ("What kind is it? Is it red or green?"), and "your name
and number" is asked for in one breath, so a list within a sentence counts from three things on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..lenses.segments import spans
from ..tasks.listed import listed, questions
from ..tasks.wording import REQUESTS, apart, blanked
from .manners import same

VERSION = "2"
"""Changes whenever some message would be cut otherwise."""
_GOES_ON = re.compile(
    r"^\W*(?:is|are|was|do|does|should|would|will|could|maybe|perhaps|for (?:example|instance)|or|e\.g|such as|like|"
    r"if so|please|"
    r"once you)\b",
    re.IGNORECASE,
)
_SAME_AGAIN = re.compile(r"\b(?:those|these|this|that|it|them)\b|\bconfirm\b|\blet me know\b", re.IGNORECASE)
_INSTEAD = re.compile(r"^\W*(?:or|alternatively|otherwise|if you|specifically)\b", re.IGNORECASE)
"""Another way to answer the question before, or what it is about."""
_ANNOUNCES = re.compile(
    r":\s*$|\b(?:few|some|several|couple of|following|two|three|four|more) (?:\w+ )?(?:questions|details|things|"
    r"points|information)\b[^?]*$",
    re.IGNORECASE,
)
_ASKS = r"(?:(?:for|at|on|in|from|to|by|with|until) )?(?:what|which|who|whose|when|where|how)\b(?! about\b)"
_PART = re.compile(rf"(?:,? and|,) (?={_ASKS})", re.IGNORECASE)
"""Where one sentence goes from one question to the next."""
_BEGINS = re.compile(rf"\b{_ASKS}", re.IGNORECASE)
_CLAUSE = re.compile(r"\W*(?:what|which|who|when|where|how) (?:i|you|we|they|he|she|it)\b", re.IGNORECASE)
"""Begins with a clause that asks nothing: "when you say blue, which one is it?"."""
_SHORTEST = 3
"""Words of a part that can stand alone: "where and when" is one question."""
_THING = r"(?<!\w)(?:\(?[a-d\d][.)] )?(?:the|your|a|an|any) [^,.;:?!]{2,60}?"
_THINGS = re.compile(rf"(?P<first>{_THING})(?P<others>(?:, {_THING})+,? and {_THING})(?P<end>[.?!]?)$", re.IGNORECASE)
"""Three things or more, named one after the other at the end of a sentence."""
_MARK = re.compile(r"^\W*(?:\d+[.)]|[-*•–])\s*|^\(?[a-c\d][.)]\s*")
_FURTHER = re.compile(
    r"^(?:and|also|additionally|furthermore|moreover|plus|finally|lastly|then|next),?\s+", re.IGNORECASE
)
_DETERMINED = re.compile(
    r"(?:the|your|a|an|any|each|all|how|what|which|when|where|who|whether|if|\d+)\b", re.IGNORECASE
)
_MAY_YOU = re.compile(r"\b(?:can|could|would|will|may i|do) you\b", re.IGNORECASE)
Need = Callable[[str], float | None]


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that a message asks for."""

    words: str
    """The question, as it can stand alone."""
    start: int
    """Where its sentence begins, or the one that leads into its list."""
    lead: str = ""
    """Of an item of a list, the words that lead in."""

    @property
    def own(self) -> str:
        """The question without what it quotes."""
        return " ".join(blanked(self.words, apart(self.words.replace("’", "'"))).split())


def apiece(asked: Sequence[str]) -> list[tuple[str, ...]]:
    """Questions by what they ask: one that goes on with the one before it, with choices ("Is it Tech or Finance?") or
    the same once more ("Could you give me those?"), belongs to it."""
    found: list[tuple[str, ...]] = []
    for each in asked:
        goes_on = bool(_GOES_ON.search(each)) and (" or " in each or bool(_SAME_AGAIN.search(each)))
        goes_on = goes_on or bool(_INSTEAD.search(each))
        if found and (goes_on or same(each, found[-1][-1])):
            found[-1] = (*found[-1], each)
        else:
            found.append((each,))
    return found


def things(text: str, within: bool = True) -> list[Thing]:
    """What a message asks for, in order. `within`: a sentence that asks for several things counts as several."""
    sentences = [each for each in _sentences(text) if not _ANNOUNCES.search(each.words)]
    found: list[Thing] = []
    at = 0
    for group in apiece([each.words for each in sentences]):
        first = sentences[at]
        words = _item(first.lead, group[0]) if first.lead else group[0]
        parts = _parts(words) if within and len(group) == 1 else [" ".join((words, *group[1:]))]
        found += [Thing(part, first.start) for part in parts]
        at += len(group)
    return found


def one_question(text: str, need: Need = lambda _: 0, within: bool = True) -> str | None:
    """A message that asks for several things, cut down to one; None where it asks for at most one.

    `need` says of a question how little it is needed, None where it may not be put; of equals the first stays. What
    comes before the first question stays too, except an announcement that there are several. `within`: as in `things`.
    """
    asked = things(text, within)
    needs = [need(each.words) for each in asked]
    allowed = [(rank, at) for at, rank in enumerate(needs) if rank is not None]
    if len(asked) < 2 or not allowed:
        return None
    chosen = asked[min(allowed)[1]]
    kept = [text[start:end].strip() for start, end in spans(text) if end <= asked[0].start]
    words = chosen.words if chosen is asked[0] else _FURTHER.sub("", chosen.words)
    before = " ".join(each for each in kept if not _ANNOUNCES.search(each))
    return "\n\n".join(filter(None, (before, f"{words[0].upper()}{words[1:]}")))


def _sentences(text: str) -> list[Thing]:
    """The sentences and items of lists that ask, without their marks."""
    plain = text.replace("’", "'")
    spoken = blanked(plain, apart(plain))
    lists = listed(plain)
    taken = [span for one in lists for span in (one.lead, *one.items)]
    found = [
        Thing(_bare(text[start:end]), start)
        for start, end in spans(plain)
        if questions(spoken[start:end]) and not any(start < last and first < end for first, last in taken)
    ]
    for one in lists:
        lead = " ".join(text[slice(*one.lead)].rstrip(" :*_").split())
        for start, end in one.items:
            if re.search(r"\w", spoken[start:end]):
                found.append(Thing(_bare(text[start:end]), one.lead[0], lead))
    return sorted(found, key=lambda each: each.start)


def _item(lead: str, item: str) -> str:
    """An item of a list as a question: with the words that lead in, unless it asks by itself or they only announce."""
    if "?" in item:
        return item
    item = item.rstrip(" .,;:")
    if _ANNOUNCES.search(lead):
        return f"{item}?"
    item = item if item[:2].isupper() else f"{item[0].lower()}{item[1:]}"
    the = "" if _DETERMINED.match(item) else "the "
    return f"{lead} {the}{item}{'?' if _MAY_YOU.search(lead) else '.'}"


def _parts(question: str) -> list[str]:
    """The things that one sentence asks for, each as a sentence."""
    named = _THINGS.search(question)
    if named and REQUESTS.search(question):
        each = [named["first"], *re.split(r",? and (?=\S+ )|, ", named["others"].removeprefix(", "))]
        return [f"{question[: named.start()]}{_MARK.sub('', thing)}{named['end'] or '.'}" for thing in each]
    parts = _PART.split(question)
    if len(parts) > 1 and not _BEGINS.search(parts[0]):
        parts[:2] = [", ".join(parts[:2])]
    if len(parts) < 2 or _CLAUSE.match(parts[0]) or any(len(part.split()) < _SHORTEST for part in parts):
        return [question]
    begins = _BEGINS.search(parts[0])
    lead = parts[0][: begins.start()] if begins else ""
    end = "?" if "?" in question else "."
    whole = [parts[0], *(lead + part if lead else part[0].upper() + part[1:] for part in parts[1:])]
    return [part.rstrip(" ?.!") + end for part in whole]


def _bare(piece: str) -> str:
    """Without the mark of a list and without bold."""
    return _MARK.sub("", piece.strip()).replace("**", "")
