"""What of a message is material to be worked on: the text that somebody hands over to have it translated or corrected.

In come messages and an offset; out comes whether the words there are such material. Somebody's text may say "some
apples" and lack nothing. Easy to get wrong: "Solve this: Tom has some apples …" is the user's own question, so only
verbs of working on a text count, and what stands before the colon is still the request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..conversation import Message

_WORK = (
    r"(?:translat|proof-?read|paraphras|rephras|reword|rewrit|summari[sz]|condens|spell-?check|classif|re-?phras)\w*|"
    r"tl;?dr|shorten|correct|edit|polish|improve|simplify|punctuate|transcribe|"
    r"turn into|(?:turn|put|change|convert|make|split) (?:this|these|the following|it|my)|"
    r"reply to|respond to|answer to|"
    r"(?:wrong|funny|missing) (?:with|about|in) (?:this|the following|my)|(?:tone|meaning|mood|gist|grammar) of|"
    r"(?:title|name|headline|caption|docstring|comment|heading|subject line) for|rate (?:this|my)|extract|"
    r"(?:question|problem|sentence|text|exercise|riddle)s? (?:like|similar to)|answerable|solvable|ambiguous|"
    r"is (?:this|the following) (?:\w+ )?(?:question|problem|sentence|text)"
)
_HANDED = re.compile(rf"\b(?:{_WORK})\b[^:?\n]{{0,80}}[:?\n]\s*(?=\S)", re.IGNORECASE)
_WHO = r"the (?:user|customer|learner|student)"
_EACH = re.compile(
    r"\b(?:(?:translat|proof-?read|paraphras|rephras|rewrit|reword|summari[sz]|classif)\w*|label|tag|extract|"
    rf"correct(?:s|ing)?)\b[^.!?\n]{{0,60}}?\b(?:(?:every|each|all|any|incoming|{_WHO}'?s?) (?:\w+ ){{0,2}}?"
    r"(?:messages?|texts?|inputs?|sentences?|reviews?|tickets?|phrases?|e?-?mails?|comments?|posts?|lines?|"
    r"documents?|paragraphs?|grammar|spelling|english|writing|words)|"
    rf"(?:anything|everything|whatever|what) {_WHO} (?:says|writes|sends|types|enters))\b",
    re.IGNORECASE,
)
"""The operator's word that whatever the user writes is material."""
_LEAST = 3
"""Words of what is handed over; fewer may be a mere "this: "."""
_FAR = 400
"""Characters from the start within which a text is handed over."""


def is_material(messages: Sequence[Message], at: int, start: int) -> bool:
    """Whether the words at this offset of this message stand in a text that was handed over, or the operator says that
    all of the user's words are such."""
    if all_is_material(messages):
        return True
    begins = handed(messages[at].text)
    return begins is not None and start >= begins


def all_is_material(messages: Sequence[Message]) -> bool:
    """Whether the operator says that whatever the user writes is to be worked on."""
    return any(message.role in ("system", "developer") and _EACH.search(message.text) for message in messages)


def handed(text: str) -> int | None:
    """Where the text begins that a message hands over to be worked on; None where it hands none over."""
    match = _HANDED.search(text[:_FAR])
    return match.end() if match and len(text[match.end() :].split()) >= _LEAST else None
