"""Where one call does the job, call; do not click through the interface.

In come a conversation and the tools on offer; out comes LEAVE, or an instruction that names the calls that fit what
was asked. It speaks only where both ways are on offer: tools that work an interface (click, type, open an app) and
tools that do a thing in one call. After AXIS (arXiv 2409.17140); docs/recipes/axis.md names the departures. Easy to get
wrong: a call that merely shares a word with the request must not be pressed on the model, and what no call covers must
still be clicked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..conversation import Conversation
from ..lenses.segments import spans
from ..models.base import JSON
from ..tasks.kept import kept
from ..tasks.terms import stem, stems
from ..tasks.wording import apart, blanked
from .base import LEAVE, Decision, is_draft, tools_of
from .effects import function_of, words_of

VERSION = "2"
"""Changes whenever some turn would be led otherwise."""

_HANDS = frozenset(
    words_of(
        "click tap press type scroll swipe drag drop hover focus mouse keyboard key keys cursor screenshot navigate "
        "goto tab doubleclick rightclick hotkey"
    )
)
"""Verbs of working an interface, as words of a tool's name."""
_PARTS = frozenset(words_of("button buttons field fields screen window cursor element form pixel coordinates"))
"""Words in a tool's description that say it works an interface, but not where they say what it returns."""
_SMALL = frozenset(
    stems(
        "a an the to of in on at for with and or it its this that from into by be is are do does "
        "please use one all another tool function user will can returns return"
    )
)
_ALIKE = (
    "create make put add new write insert schedule book",
    "set change turn switch update edit modify enable disable choose",
    "cancel delete remove clear drop",
    "move reschedule shift postpone transfer",
    "send mail email message post share forward",
    "get show list find search read look check",
    "rename call name retitle",
    "buy order purchase pay reserve book",
)
"""Verbs that may stand for each other, a group a line."""
_GROUPS = tuple(frozenset(stems(group)) for group in _ALIKE)
_VERBS = frozenset[str]().union(*_GROUPS)
_MOST = 5
"""Calls that are named."""


@dataclass(frozen=True)
class ApiFirst:
    """Names the calls that do what was asked. Offline; it plans and reviews nothing."""

    name: str = "api_first"
    reviews: bool = False

    def identity(self) -> Mapping[str, Any]:
        return {"policy": self.name, "version": VERSION}

    async def decide(self, conversation: Conversation) -> Decision:
        """LEAVE, or the instruction to take the calls that fit."""
        tools = tools_of(conversation)
        if not tools or is_draft(conversation):
            return LEAVE
        by_hand = [_name(tool) for tool in tools if works_an_interface(tool)]
        if not by_hand or len(by_hand) == len(tools):
            return LEAVE
        asked = next((each.text for each in reversed(conversation.messages) if each.role == "user"), "")
        fitting = fits(asked, [tool for tool in tools if not works_an_interface(tool)])
        if not fitting:
            return LEAVE
        instruction = (
            f"These tools do in one call what takes several steps on the screen: {', '.join(fitting)}. Use a call for "
            f"every part of the job that one covers. Use {', '.join(by_hand[:_MOST])} only for what no call covers."
        )
        why = f"{', '.join(fitting)} can do in one call what the screen takes several steps for"
        return Decision("execute", instruction, why=why, details={"calls": fitting, "by_hand": len(by_hand)})


def works_an_interface(tool: Mapping[str, Any]) -> bool:
    """Whether a tool works an interface rather than doing a thing: by its name, else by its description."""
    function = function_of(tool)
    if _HANDS & set(words_of(_name(tool))):
        return True
    described = str(function.get("description") or "").lower()
    told = (described[start:end] for start, end in spans(described))
    return any(_PARTS & set(words_of(each)) for each in told if not each.startswith("return"))


def fits(request: str, tools: Sequence[JSON]) -> list[str]:
    """The names of the tools that the request's words speak of, the best first.

    A tool fits if the request has its verb, or one like it, and a word of its object (`send_mail`: mail) or of its
    description or arguments; or else a word of its object and two more. What is quoted does not count.
    """
    said = frozenset(stems(blanked(request, apart(request)))) - _SMALL
    scored: list[tuple[float, str]] = []
    for tool in tools:
        verbs, objects, others = _words(_name(tool), _described(tool))
        about, more, done = len(said & objects), len(said & others), bool(said & verbs)
        if (done and about + more) or (about and about + more > 2):
            scored.append((2 * about + 2 * done + 0.5 * more, _name(tool)))
    return [name for _, name in sorted(scored, key=lambda each: -each[0])[:_MOST]]


@kept()
def _words(name: str, described: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The stems of a tool's verb and those like it, of its object, and of all else that is said of it."""
    verb, *objects = [stem(word) for word in words_of(name)] or [""]
    own = frozenset(objects) - _SMALL
    verbs = {verb}.union(*(group for group in _GROUPS if verb in group))
    return frozenset(verbs), own, frozenset(stems(described)) - _SMALL - own - _VERBS


def _described(tool: Mapping[str, Any]) -> str:
    function = function_of(tool)
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    names = " ".join(properties) if isinstance(properties, Mapping) else ""
    values = [
        str(value)
        for each in (properties.values() if isinstance(properties, Mapping) else ())
        if isinstance(each, Mapping)
        for value in (each.get("enum") or ())
    ]
    return f"{function.get('description') or ''} {names} {' '.join(values)}"


def _name(tool: Mapping[str, Any]) -> str:
    return str(function_of(tool).get("name") or "")
