"""Could a tool at hand yield what a call lacks, so that nobody need be asked?

In comes a leaf that could not be traced, its call and the tools on offer; out come the names of tools to look with;
where there are none only the user can say. What can be looked up is an identifier of something that a tool that only
looks says it finds; never a day, a time, an amount, a choice, a text or what is the user's own. Easy to get wrong: a
description is written by whoever offers the tool, so what it says may cost one look-up and can ground no value; a tool
that has to be told the very thing does not yield it; and where the user did name one, a list that holds the wrong one
too would vouch for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...conversation import Message, ToolCall
from ...models.base import JSON
from ...tasks.terms import stem, stems
from ..effects import CHANGES, changes_state, function_of, words_of
from .heard import Heard
from .identifiers import IDS, made_like
from .labels import kind_of
from .leaf import Leaf, arguments_of
from .question import parameters
from .trace import COMPOSED

_POINTERS = frozenset(words_of("option result offer listing entry candidate"))
"""Last words of names whose values only a list can hold."""
_OWN = frozenset(
    words_of("name surname email mail phone mobile telephone fax address street zip postal postcode account iban bic")
    + words_of("card credit debit cvv cvc bank routing payment payer payee password passphrase pin otp secret token")
    + words_of("api auth access security verification passport licence license ssn social national tax birth birthday")
)
"""Words of the names of what belongs to the user, or is theirs to choose: the means of payment too."""
_LOOKS = frozenset(
    words_of("search list find lookup look get fetch query retrieve browse show view read recommend suggest resolve")
    + words_of("availability lookups")
)
"""Verbs, and last words of names, of tools that yield things; `calculate` and `verify` yield none."""
_PLAIN = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
"""Names that may stand in what the model is told; others were written to be read."""
_MOST = 5
"""Calls of one tool in a turn, after which it is no longer one to look with."""


def sources(leaf: Leaf, call: ToolCall, tools: Sequence[JSON], heard: Heard) -> list[str]:
    """The tools that could yield this leaf's value, the likeliest first; empty where only the user can say."""
    if not (thing := _thing(leaf, call)) or not _PLAIN.fullmatch(leaf.name) or not _PLAIN.fullmatch(call.name):
        return []
    if _named(thing, leaf, heard):
        return []
    rated = [(_yields(thing, tool), str(function_of(tool).get("name") or "")) for tool in tools]
    found = sorted((-score, at, name) for at, (score, name) in enumerate(rated) if score)
    return [name for _, _, name in found if _PLAIN.fullmatch(name)]


def _thing(leaf: Leaf, call: ToolCall) -> str:
    """The stem of what a leaf identifies (`order_id`: order); empty where it is nothing to be looked up."""
    words = words_of(leaf.name)
    if not words or {*words} & _OWN or leaf.head in COMPOSED or isinstance(leaf.value, bool) or leaf.schema.get("enum"):
        return ""
    numeric = isinstance(leaf.value, int | float) or leaf.schema.get("type") in ("integer", "number")
    if leaf.head in IDS and not (numeric and leaf.head in ("number", "no")):
        of = _besides_ids(words) or _holder(leaf, call)
        return "" if not of or {*of} & _OWN else stem(of[-1])
    return stem(leaf.head) if leaf.head in _POINTERS and kind_of(leaf) == "other" else ""


def _besides_ids(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in IDS]


def _holder(leaf: Leaf, call: ToolCall) -> list[str]:
    """What a bare `id` is the id of: `items[0].id` of an item, `cancel_order(id)` of an order."""
    above = leaf.path.split(".")[-2:-1]
    if above:
        return words_of(re.sub(r"\[\d+\]", "", above[0]))
    words = words_of(call.name)
    return words[1:] if words[:1] and words[0] in CHANGES else words


def _named(thing: str, leaf: Leaf, heard: Heard) -> bool:
    """Whether the user named one by its identifier: the thing with a number after it, or a code made like the value."""
    return thing in heard.numbered or made_like(str(leaf.value)) in heard.codes


def _yields(thing: str, tool: JSON) -> int:
    """0 where a tool yields no such thing; else the more, the plainer it says so."""
    function = function_of(tool)
    name = str(function.get("name") or "")
    if changes_state(name, tool):
        return 0
    words = words_of(name)
    described = stems(str(function.get("description") or "")[:1000])
    if not ({*words[:1], *words[-1:]} & _LOOKS or {*described[:1]} & {stem(verb) for verb in _LOOKS}):
        return 0
    schema = parameters(tool) or {}
    required = schema.get("required")
    for key in required if isinstance(required, list) else ():
        of = _besides_ids(words_of(str(key))) or [word for word in words if word not in _LOOKS]
        if of and stem(of[-1]) == thing:
            return 0
    if thing in {stem(word) for word in words}:
        return 3
    if thing in _outputs(tool):
        return 2
    return int(thing in described)


def _outputs(tool: JSON) -> frozenset[str]:
    """The stems of the keys that a tool's answer is documented to have (MCP's `outputSchema`)."""
    found: set[str] = set()
    for place in (tool, function_of(tool)):
        for name in ("outputSchema", "output_schema", "returns"):
            _keys(place.get(name), found)
    return frozenset(found)


def _keys(schema: Any, found: set[str], depth: int = 0) -> None:
    if not isinstance(schema, Mapping) or depth > 6:
        return
    known = schema.get("properties")
    for key, inner in known.items() if isinstance(known, Mapping) else ():
        found.update(map(stem, words_of(str(key))))
        _keys(inner, found, depth + 1)
    _keys(schema.get("items"), found, depth + 1)


def tried(name: str, call: ToolCall, before: Sequence[Message]) -> bool:
    """Whether the tool was called since the user's last word for what this call is about: with nothing that both
    calls name and say otherwise, or often enough anyhow."""
    wanted = arguments_of(call.arguments) or {}
    last = max((at for at, message in enumerate(before) if message.role == "user"), default=-1)
    calls = [made for message in before[last + 1 :] for made in message.tool_calls if made.name == name]
    given = [arguments_of(made.arguments) or {} for made in calls]
    return len(calls) >= _MOST or any(
        all(json.dumps(each[key]) == json.dumps(wanted[key]) for key in each.keys() & wanted.keys()) for each in given
    )
