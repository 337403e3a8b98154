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

from ..effects import function_of
from . import dates
from .heard import Heard
from .labels import doing, is_plural, kind_of, label, thing
from .leaf import Leaf
from .moments import day

_VAGUE = {
    "day": re.compile(
        r"\b(?:(?:early |late |mid[- ])?(?:next|this|coming|the following) (?:week|month|year|weekend|spring|summer|"
        r"autumn|fall|winter)|"
        r"(?:some ?time|some ?day|one day|any day|later)(?: (?:next|this|in) \w+)?|soon|the end of (?:the|next|this) "
        r"\w+|"
        rf"(?:early|late|mid)[- ](?:{'|'.join(dates.MONTHS)})|(?:in|during) (?:{'|'.join(dates.MONTHS)})|"
        r"in (?:a few|some|several) (?:days|weeks|months)|(?:over |at )?the holidays?)\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        r"\b(?:in the )?(?:(?:early|late|mid)[- ]?)?(?:morning|afternoon|evening|lunch ?time|dinner ?time|tonight)\b",
        re.IGNORECASE,
    ),
    "number": re.compile(
        r"\b(?:a few|several|some|a couple(?: of)?|many|a handful(?: of)?|a bunch(?: of)?|a lot(?: of)?|lots of)"
        r"\b(?: \w+)?",
        re.IGNORECASE,
    ),
}  # fmt: skip
_DAY_SAID = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(dates.MONTHS)})\b|\b(?:{'|'.join(dates.MONTHS)}) "
    rf"\d{{1,2}}(?:st|nd|rd|th)?\b|"
    rf"\b(?:(?:next|this) )?(?:{'|'.join(dates.DAYS)})\b|\btomorrow\b|\btoday\b",
    re.IGNORECASE,
)
_BOTH = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")
_MOST = 3
"""Lacking values that are named; of more the rest is asked later."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and which insert it is."""

    text: str
    insert: str
    """`post-first` or `pre-second`."""
    labels: tuple[str, ...] = ()
    """What everything that is lacking is called, more than is named perhaps."""

    @property
    def move(self) -> str:
        return "clarify" if self.insert == "post-first" else "elicit"


def ask(tool: str, lacking: Sequence[Leaf], heard: Heard, beside: Sequence[Leaf] = ()) -> Question:
    """The question for what a call of a tool lacks; `beside` are all leaves of the call."""
    kinds = {leaf.path: _kind(leaf, heard) for leaf in lacking}
    labels = tuple(dict.fromkeys(label(leaf, kinds[leaf.path]) for leaf in lacking))
    before = f"Before I {doing(tool)}"
    if len(labels) > 1:
        named = [f"the {each}" for each in labels[:_MOST]]
        return Question(f"{before}, what are {', '.join(named[:-1])} and {named[-1]}?", "pre-second", labels)
    called = next(iter(labels))
    first, kind = lacking[0], kinds[lacking[0].path]
    said = _last(_VAGUE[kind], heard) if kind in _VAGUE else None
    if said:
        short = called if kind == "number" or called.endswith(("date", "day", "time")) else kind.replace("day", "date")
        return Question(f'{before}, which {short} do you mean by "{said}"?', "post-first", labels)
    said = _last(_DAY_SAID, heard, [leaf for leaf in beside if leaf not in lacking]) if kind == "day" else None
    if said:
        return Question(f'{before}: you said "{said}". What exactly is the {called}?', "post-first", labels)
    return Question(f"{before}{_gathers(first, kind, called)}?", "pre-second", labels)


def _gathers(leaf: Leaf, kind: str, called: str) -> str:
    """The rest of a question for what nobody has spoken of."""
    choices = leaf.schema.get("enum")
    if isinstance(choices, list) and 1 < len(choices) <= 6:
        return f", which {called} should it be: {_either(choices)}"
    if isinstance(leaf.value, bool) or leaf.schema.get("type") == "boolean":
        return f": {called}, yes or no"
    if of := thing(leaf):
        return f", which {of} is it"
    if is_plural(called):
        return f", how many {called} should it be" if kind == "number" else f", what are the {called}"
    return f", what is the {called}"


def _kind(leaf: Leaf, heard: Heard) -> str:
    """Its kind, but `time` for a day and a time of which the day is not what lacks."""
    days = dates.read_days(str(leaf.value or "")[:10]) if _BOTH.match(str(leaf.value or "")) else []
    return "time" if any(day(each, heard) for each in days) else kind_of(leaf)


def _last(pattern: re.Pattern[str], heard: Heard, taken: Sequence[Leaf] = ()) -> str | None:
    """The last such words of the user's, unless they are the day of an argument that is `taken` care of."""
    found = [match[0].strip() for match in pattern.finditer(heard.user.replace("’", "'"))]
    days = [each for leaf in taken for each in dates.read_days(str(leaf.value or "")[:10])]
    for said in reversed(found):
        means = dates.Days.of(said.lower())
        if not any(means.mean(each, heard.today) or each.weekday() in means.weekdays for each in days):
            return said
    return None


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
