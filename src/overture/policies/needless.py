"""Which questions for what the lens finds missing are needless all the same, by rules of manners.

In come a gap and the messages so far; out comes the name of the rule that bars asking, or nothing. The rules were read
off complete requests of the training text; docs/recipes/gaps.md says how many questions each takes away on either side.
Easy to get wrong: a choice that is left open in one request is what another one lacks, so each rule asks for words that
leave it open, and none for a kind of request alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..conversation import Message
from ..lenses.gaps_span import Gap
from .distress import asks_for_dose, distressed
from .gaps_figures import is_fact, is_sum
from .initiative import exchanges
from .kinds import HOW, request_kind
from .manners import already_said, more_to_come
from .material import all_is_material, handed, is_material
from .replies import delegates, sentences

VERSION = "4"
"""Changes whenever some question would be barred otherwise."""
_MAKES = re.compile(
    r"\b(?:write|suggest|give|list|name|make|describe|tell|draft|create|invent|show|think of|come up with|explain|"
    r"compose|propose|recommend|find|need|want|like)\b(?: \w+){0,6}? (?:some|several|a few|a couple of|various|"
    r"a number of|a handful of) (?:\w+ ){0,3}?\w+",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"\b(?:write|draft|create|make|compose|invent|draw up|build|code|design)\b[^.?!\n]{0,60}?\b(?:letter|mail|e-?mail|"
    r"message|note|card|poem|story|script|one-liner|page|table|checklist|json|function|program|speech|toast|request|"
    r"complaint|post|caption|slogan|dialogue|text|timetable|rota|plan|list|quiz|terms)s?\b",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"\bany (?:colou?r|size|kind|brand|sort|make|seat|one)\b|\bnot (?:picky|fussy)\b|\byou (?:choose|pick|decide)\b|"
    r"\b(?:i'll|i will) fill (?:it|them|that|in)\b|\bwith blanks\b|\bleave (?:a )?blanks?\b|\bwith placeholders?\b",
    re.IGNORECASE,
)
_TOLD = r"(?: \w+){0,2}\s?[:(,]\s?(?:to be exact,? |let us say,? |say,? |namely,? |in truth,? )?\d"
_CLOCK = re.compile(
    r"(?:[\w ]+, )?what (?:time|day|date|month|year) is it(?: now| right now| today)?\W*", re.IGNORECASE
)
"""Asks for what nobody but the other could say."""
_POINTS = re.compile(
    r"\b(?:this|these|those|that|it|them|following|below|above)\b|:\s*$|"
    r"\bmy (?:\w+ )?(?:code|script|function|query|formula|essay|text|paragraph|sentence|letter|mail)s?\b",
    re.IGNORECASE,
)
"""Speaks of a thing that is to be at hand."""
_OF_THE_RESULT = frozenset(["form", "language", "level", "purpose", "topic", "recipient", "who", "message"])
"""What may be open of the work on a text that is there."""


def needless(gap: Gap | None, question: str, messages: Sequence[Message]) -> str | None:
    """The first rule that bars this question, by its name in docs/recipes/gaps.md; None: nothing bars it."""
    if already_said(question, messages):
        return "said"
    if more_to_come(messages):
        return "pieces"
    theirs = [message for message in messages if message.role == "user"]
    if any(message.attachments for message in theirs):
        return "attached"
    if any(distressed(message.text) for message in theirs) or (theirs and asks_for_dose(theirs[-1].text)):
        return "harm"
    if len(theirs) == 1 and (rule := _alone(theirs[0].text)):
        return rule
    past = exchanges(messages)
    if not (gap and gap.quote) and past and past[-1].brought and past[-1].heard == len(messages) - 1:
        return "answered"
    if not theirs:
        return None
    text = (messages[gap.message] if gap else theirs[-1]).text.replace("’", "'")
    if _LEFT.search(text) or any(delegates(each) for each in sentences(text)):
        return "left"
    if gap is None:
        return None
    if _handed_over(gap, messages):
        return "material"
    if gap.ask == "text" and request_kind(text) == HOW and not _POINTS.search(text):
        return "how"
    if gap.kind == "amount" and any(gap.words.lower() in made[0].lower() for made in _MAKES.finditer(text)):
        return "free"
    if gap.kind == "form" and _TEXT.search(text):
        return "draft"
    if gap.kind == "amount" and gap.words and re.match(_TOLD, text[gap.end :], re.IGNORECASE):
        return "told"
    return None


def _handed_over(gap: Gap, messages: Sequence[Message]) -> bool:
    """Whether what seems open stands in a text that was handed over, or is said of a request whose text is there."""
    if gap.quote:
        return is_material(messages, gap.message, gap.start)
    there = all_is_material(messages) or handed(messages[gap.message].text) is not None
    return there and _OF_THE_RESULT.isdisjoint((gap.ask, gap.other))


def _alone(text: str) -> str | None:
    """The rule by which a request lacks nothing whatever the lens says, where it is all that was said."""
    if is_sum(text):
        return "sum"
    if is_fact(text):
        return "fact"
    return "clock" if _CLOCK.fullmatch(text.strip()) else None
