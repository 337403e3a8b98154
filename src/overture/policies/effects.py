"""Does a call of this tool change anything, or does it only look?

In comes a tool as a chat API is told it, or its bare name; out comes whether it changes state. Where the schema says
so (`x-overture-readonly` on the function or the tool, MCP's `annotations.readOnlyHint`) that stands. Else the name
decides: it reads if it begins with, or ends in, a verb of looking and does not go on with "and". Else the description's
first word, or the words "read-only". What nothing speaks for changes state. Easy to get wrong: `check_out` and `book`
are no look-ups, and a tool nobody can judge must be taken for the dangerous kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..models.base import JSON

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """The words of a name in snake, kebab, dotted or camel case, in lower case."""
    return [word.lower() for word in _WORDS.findall(name)]


READS = frozenset(
    words_of(
        "get search list find lookup look check calculate calc compute convert count describe show view read fetch "
        "query retrieve browse preview compare estimate validate verify quote think plan summarize summarise explain "
        "inspect analyze analyse translate detect is has are can does what which who where when resolve load peek "
        "watch monitor status info details forecast weather history availability lookups recommend suggest geocode "
        "measure"
    )
)
"""Verbs, and last words of names, that only look."""
CHANGES = frozenset(
    words_of(
        "book reserve order buy purchase pay send post publish create add insert make update edit change modify set "
        "put move rename delete remove cancel drop clear reset submit transfer refund charge withdraw deposit schedule "
        "reschedule invite assign approve reject accept close open start stop run execute write save upload share "
        "subscribe unsubscribe enable disable turn switch call notify email mail message reply forward upgrade "
        "downgrade issue grant revoke register enroll enrol sign file log play confirm apply checkout rent hire ship "
        "return"
    )
)
"""Verbs that change something; they also make the words of a question."""
NOUNS = frozenset(words_of("order book file log message mail email call sign ship play reserve post"))
"""Verbs of CHANGES that are things too: `order_status` looks."""


def named(tools: Sequence[JSON], name: str) -> JSON | None:
    """The tool of this name, as the API is told it; None where none is offered."""
    return next((tool for tool in tools if function_of(tool).get("name") == name), None)


def function_of(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """A tool's `function`, or the tool itself in the flat shape; empty where it is neither."""
    found = tool.get("function", tool)
    return found if isinstance(found, Mapping) else {}


def changes_state(name: str, tool: Mapping[str, Any] | None = None) -> bool:
    """Whether a call of the tool changes anything."""
    function = function_of(tool or {})
    for place in (function, tool or {}):
        annotations = place.get("annotations")
        for said in (
            place.get("x-overture-readonly"),
            annotations.get("readOnlyHint") if isinstance(annotations, Mapping) else None,
        ):
            if isinstance(said, bool):
                return not said
    words = words_of(name)
    if not words:
        return True
    if words[:2] in (["check", "in"], ["check", "out"]):
        return True
    if words[0] in READS:
        return any(word in ("and", "or", "then") for word in words[1:]) and any(word in CHANGES for word in words[1:])
    if words[0] in CHANGES:
        return not (words[0] in NOUNS and len(words) > 1 and words[-1] in READS)
    if words[-1] in READS:
        return False
    if any(word in CHANGES for word in words):
        return True
    return _by_description(str(function.get("description") or ""))


def _by_description(text: str) -> bool:
    if re.search(r"\bread[- ]only\b|\b(?:does not|doesn't|without) (?:chang|modif)\w+", text, re.IGNORECASE):
        return False
    first = re.match(r"\W*([a-z]+)", text.lower())
    if not first:
        return True
    word = first[1]
    return not ({word, word.removesuffix("s"), word.removesuffix("es")} & (READS | {"return"}))
