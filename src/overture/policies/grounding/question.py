"""One question that names what is lacking.

In come the leaves that could not be traced, the tool and what was Heard; out comes the question and its kind. A
post-first insert repairs an understanding: something was said, and it can be read more than one way or otherwise than
the call has it. A pre-second insert gathers what is needed before the answer: nothing was said (Schegloff 2007).
Easy to get wrong: the made-up value must not stand in the question, or the user will agree to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..effects import CHANGES, function_of, words_of
from . import dates, times
from .heard import Heard
from .leaf import Leaf

_VAGUE = {
    "day": re.compile(
        r"\b(?:(?:early |late |mid[- ])?(?:next|this|coming|the following) (?:week|month|year|weekend|spring|summer|"
        r"autumn|fall|winter)|"
        r"(?:some ?time|some ?day|one day|any day|later)(?: (?:next|this|in) \w+)?|soon|the end of (?:the|next|this) "
        r"\w+|"
        rf"(?:early|late|mid)[- ](?:{'|'.join(dates.MONTHS)})|(?:in|during) (?:{'|'.join(dates.MONTHS)})|"
        r"in (?:a few|some|several) (?:days|weeks|months)|(?:over |at )?the holidays?)\b"
    ),
    "time": re.compile(
        r"\b(?:in the )?(?:(?:early|late|mid)[- ]?)?(?:morning|afternoon|evening|lunch ?time|dinner ?time|tonight)\b"
    ),
    "number": re.compile(
        r"\b(?:a few|several|some|a couple(?: of)?|many|a handful(?: of)?|a bunch(?: of)?|a lot(?: of)?|lots of)"
        r"(?: \w+)?"
    ),
}  # fmt: skip
_DAY_SAID = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(dates.MONTHS)})\b|\b(?:{'|'.join(dates.MONTHS)}) "
    rf"\d{{1,2}}(?:st|nd|rd|th)?\b|"
    rf"\b(?:(?:next|this) )?(?:{'|'.join(dates.DAYS)})\b|\btomorrow\b|\btoday\b"
)
_MOST = 3
"""Lacking values that are named; of more the rest is asked later."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and which insert it is."""

    text: str
    insert: str
    """`post-first` or `pre-second`."""

    @property
    def move(self) -> str:
        return "clarify" if self.insert == "post-first" else "elicit"


def ask(tool: str, lacking: Sequence[Leaf], heard: Heard) -> Question:
    """The question for what a call of a tool lacks."""
    act = doing(tool)
    first = lacking[0]
    labels = list(dict.fromkeys(label(leaf) for leaf in lacking))[:_MOST]
    if len(labels) == 1:
        kind = kind_of(first)
        said = _last(_VAGUE[kind], heard) if kind in _VAGUE else None
        if said:
            return Question(f'Before I {act}, which {labels[0]} do you mean by "{said}"?', "post-first")
        said = _last(_DAY_SAID, heard) if kind == "day" else None
        if said:
            return Question(f'Before I {act}: you said "{said}". What exactly is the {labels[0]}?', "post-first")
        choices = first.schema.get("enum")
        if isinstance(choices, list) and 1 < len(choices) <= 6:
            return Question(f"Before I {act}, which {labels[0]} should it be: {_either(choices)}?", "pre-second")
        return Question(f"Before I {act}, what is the {labels[0]}?", "pre-second")
    named = [f"the {each}" for each in labels]
    return Question(f"Before I {act}, what are {', '.join(named[:-1])} and {named[-1]}?", "pre-second")


def doing(tool: str) -> str:
    """A tool's name as what the assistant is about to do: `book_table` → "book the table"."""
    words = words_of(tool)
    if words and words[0] in CHANGES:
        rest = " ".join(words[1:])
        return f"{words[0]} the {rest}" if rest else "do that"
    return "go on"


def label(leaf: Leaf) -> str:
    """What to call an argument: its description where that is a few words, else its name."""
    described = re.split(r"[.,;:(\n]", str(leaf.schema.get("description") or ""))[0].strip()
    described = re.sub(r"^(?:the|a|an) ", "", described, flags=re.IGNORECASE)
    words = described.split()
    if 1 <= len(words) <= 5 and all(re.fullmatch(r"[\w'’-]+", word) for word in words):
        shown = f"{described[0].lower()}{described[1:]}" if not described[:2].isupper() else described
    else:
        shown = _called(leaf) or " ".join(words_of(leaf.name)) or "value"
    place = re.search(r"(\w+)\[(\d+)\]", leaf.path)
    return f"{shown} of {_one(place[1])} {int(place[2]) + 1}" if place and place[1] != leaf.name else shown


def _called(leaf: Leaf) -> str:
    """A name for an argument whose own is no noun: `to`, `from`; empty for others."""
    ends = {"to": ("recipient", "destination"), "from": ("sender", "place to start from")}.get(leaf.name.lower())
    if not ends:
        return ""
    text = str(leaf.value or "")
    return f"{ends[0]}'s address" if "@" in text else ends[0] if re.search(r"\d{5}", text) else ends[1]


def _one(name: str) -> str:
    word = " ".join(words_of(name))
    return word.removesuffix("s") if not word.endswith("ss") else word


def kind_of(leaf: Leaf) -> str:
    """`day`, `time`, `number` or `other`, by the schema, the name and the value."""
    last = set(words_of(leaf.name))
    text = str(leaf.value or "")
    if leaf.schema.get("format") in ("date", "date-time") or dates.read_days(text) or last & {"date", "day"}:
        return "day"
    if leaf.schema.get("format") == "time" or times.read_time(text) is not None or last & {"time", "hour"}:
        return "time"
    if leaf.schema.get("type") in ("integer", "number") or isinstance(leaf.value, int | float):
        return "number"
    return "other"


def _last(pattern: re.Pattern[str], heard: Heard) -> str | None:
    found = [match[0].strip() for match in pattern.finditer(heard.lower)]
    return found[-1] if found else None


def _either(choices: Sequence[Any]) -> str:
    shown = [str(choice).replace("_", " ") for choice in choices]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def parameters(tool: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The schema of a tool's arguments, in the shape of the chat API or of MCP; None where it is not known."""
    function = function_of(tool or {})
    for name in ("parameters", "inputSchema", "input_schema"):
        if isinstance(found := function.get(name), Mapping):
            return found
    return None
