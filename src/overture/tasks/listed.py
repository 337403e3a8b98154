"""What does a reply ask? Its questions, of which one may go on in a list: "Could you tell me:" and three bullets are
three questions.

In comes a message; out come the sentences that lead into such a list and what each list asks for. Easy to get wrong: a
list of results, of steps or of choices asks nothing, so a list counts only where the sentence before it asks the other
for something and says nothing of what, as in "please share a few details"; "which of these do you prefer?" is the
question itself, and its list are the answers to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..lenses.segments import sentences, spans
from .kept import kept
from .terms import stems
from .wording import OFFERS, REQUESTS, TRAILS, to_the_user

VERSION = "2"
"""Part of the version of every reading that uses this; changes whenever some list would be read differently."""

_ITEM = re.compile(r"^[ \t]*(?:(?:[-*•–]|[*_]{0,2}\d{1,2}[.)]|[a-z]\)|#{1,6})[ \t]+(?=\S)|(?=\*\*[^*\n]{1,60}\*\*))")
"""A mark, or a name in bold, at the beginning of a line."""
_AT_LARGE = re.compile(
    r"\b(?:details?|information|info|specifics|following|preferences?|requirements?|below"
    r"|(?:few|some|couple of|several|more) (?:\w+ )?(?:things?|points?|items?)|questions?)\b",
    re.IGNORECASE,
)
_QUESTIONS = re.compile(r"\bquestions?\b[^.?!]*:\W*$", re.IGNORECASE)
_NEED = re.compile(r"\bi(?:'ll|'d| will| would)?(?: \w+)? need\b(?! to (?!know|see|ask))", re.IGNORECASE)
_NARRATES = re.compile(r"\bwe(?:'ll|'d| will| would)?(?: \w+)? need\b", re.IGNORECASE)
"""Tells what it is about to work out."""
_AS_IN = re.compile(
    r"^\W*(?:for (?:example|instance)|such as|e\.g|namely|specifically|in particular)\W*$", re.IGNORECASE
)
_NOTHING = frozenset(
    stems(
        "a an the please kindly could can would you i we me us my your our to for on in of about and or with tell give "
        "share provide send confirm clarify specify answer let know need needed want like have is are do what whether "
        "if also just first so that this it be some any more help"
    )
)
"""Words of a lead-in that say nothing of what is asked for."""

_SIGNS = str.maketrans("？؟", "??")
"""The question marks of other scripts; readers of replies look for one sign."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A question and the list in which it goes on."""

    lead: Span
    """The sentence that leads in: offsets into the text."""
    items: tuple[Span, ...]
    """The first sentence of each item, with its mark."""


@kept()
def listed(text: str) -> tuple[Listed, ...]:
    """The questions of a text that go on in a list, in order."""
    found: list[Listed] = []
    lead: Span | None = None
    items: list[Span] = []
    at = 0
    for line in text.splitlines(keepends=True):
        mark = _ITEM.match(line)
        if mark and lead is not None:
            first = next(iter(spans(line[mark.end() :])), None)
            if first and "=" not in line:
                items.append((at + mark.start(), at + mark.end() + first[1]))
        elif line.strip():
            found += [Listed(lead, tuple(items))] if lead and items else []
            lead, items = _lead(line, at), []
        at += len(line)
    return (*found, Listed(lead, tuple(items))) if lead and items else tuple(found)


def as_questions(text: str) -> str:
    """The text with each thing that such a list asks for as a question of its own, and without the sentences that lead
    in, and with one question mark for all scripts."""
    text = text.translate(_SIGNS)
    for one in reversed(listed(text)):
        for start, end in reversed(one.items):
            if "?" not in text[start:end]:
                text = f"{text[:start]}{text[start:end].rstrip(' .,;:')}?{text[end:]}"
        text = text[: one.lead[0]] + text[one.lead[1] :]
    return text


def _asks(words: str) -> bool:
    asks = any(pattern.search(words) for pattern in (REQUESTS, _NEED, _QUESTIONS))
    return "?" in words or (asks and not _NARRATES.search(words))


def _lead(line: str, at: int) -> Span | None:
    """The last sentence of a line, if it leads into a list of what it asks for."""
    cut = spans(line)
    if len(cut) > 1 and _AS_IN.match(line[cut[-1][0] : cut[-1][1]]):
        cut.pop()
    start, end = cut[-1]
    words = line[start:end].replace("’", "'")
    if TRAILS.search(words) or OFFERS.search(words) or not _asks(words):
        return None
    at_large = bool(_AT_LARGE.search(words))
    # of "to find the best one, could you tell me:" only what follows the comma says what is asked for
    empty = words.rstrip("*_ ").endswith(":") and _NOTHING.issuperset(stems(re.split(r",\s", words)[-1]))
    return (at + start, at + end) if at_large or empty else None


@kept()
def questions(text: str) -> tuple[str, ...]:
    """The sentences that put a question to the user: not in code, quotations or drafts, and no generic offers.

    Where one goes on in a list, each item is a question.
    """
    spoken = to_the_user(as_questions(text))
    found = [spoken[start:end].strip() for start, end in sentences(spoken)]  # in the middle of a long reply too
    return tuple(
        each
        for each in found
        if ("?" in each or REQUESTS.search(each)) and not TRAILS.search(each) and not OFFERS.search(each)
    )
