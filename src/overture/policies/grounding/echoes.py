"""An answer that only repeats what it was asked is no source.

In comes what a tool answered and the call that it answers; out comes the answer without the values that the call gave.
Otherwise a made-up date would be looked up as soon as a search for it says which date it searched. Easy to get wrong: a
small number stands in any answer, so it is an echo only under its own name; and what was searched for may be a part of
what was found ("hotel" of "hotel-05").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from ...conversation import ToolCall
from ...tasks.kept import kept
from .leaf import Leaf, arguments_of, leaves

_SHORTEST = 4
"""Signs of a text that is an echo wherever it stands."""
_DEEPEST = 12
_CLOSE = re.compile(r'":(?=[\d-])')
_MIDNIGHT = "(?:T00:00(?::00)?Z?)?"


def without_echo(answer: str, call: ToolCall | None) -> str:
    """The answer with a gap wherever it repeats an argument of its call. The numbers of JSON without
    spaces get one, so that they stand alone."""
    asked = call.arguments if call else ""
    return _without_echo(answer, asked)


@kept(64, 20_000)
def _without_echo(answer: str, arguments: str) -> str:
    answer = _CLOSE.sub(r"\g<0> ", answer)
    asked = [leaf for leaf in leaves(arguments_of(arguments) or {}, None) if not leaf.lacking]
    low = answer.lower()
    texts = {text for leaf in asked if len(text := str(leaf.value)) >= _SHORTEST and text.lower() in low}
    short = {name: leaf for leaf in asked if f'"{(name := leaf.name.lower())}"' in low}
    if not texts and not short:
        return answer
    long = _any_of(*sorted(texts, key=len, reverse=True))
    try:
        content: Any = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return long.sub(" … ", answer)
    return json.dumps(_without(content, "", long, short), ensure_ascii=False)


@kept(256, 500)
def _any_of(*texts: str) -> re.Pattern[str]:
    found = (rf"(?<![\w@./-]){re.escape(text)}{_MIDNIGHT}(?![\w@/-]|\.\w)" for text in texts)
    return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)


def _without(content: Any, key: str, long: re.Pattern[str], short: Mapping[str, Leaf], depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return content
    if isinstance(content, dict):
        return {name: _without(each, name, long, short, depth + 1) for name, each in content.items()}
    if isinstance(content, list):
        return [_without(each, key, long, short, depth + 1) for each in content]
    if isinstance(content, str):
        return long.sub(" … ", content)
    asked = short.get(key.lower())
    echo = (asked is not None and asked.value == content) or long.fullmatch(str(content))
    return None if echo else content
