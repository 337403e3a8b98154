"""Was the thing delivered, and with everything said? The check of tasks whose results nobody can verify by rule.

In come an item, its conversation and what the user revealed when; out comes a Verdict. `solved` is 1 if the last reply
delivers while no part is open, and does not tell the user how instead; else 0. Easy to get wrong: this says that it
was made and not that it was made rightly, so a page that shows it must say so; and a reply is judged in its place,
with only those parts open that the user had not said by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..conversation import Conversation
from .classes import Outcome
from .classify import VERSION as RULES
from .classify import classify
from .seeing import looks
from .seeing import version as lens
from .task import Item, Setting, Verdict

VERSION = f"delivered 2, rules {RULES}"


def version() -> str:
    """Part of every trial's identity: the rules, and the lens that they read with."""
    return f"{VERSION}, lens {lens()}"


def outcomes(item: Item, conversation: Conversation, revealed: Sequence[Sequence[str]]) -> list[Outcome]:
    """Each reply's Outcome, given what was open before it. `revealed[n]` are the parts in the user's n-th message."""
    seen = looks(conversation)
    found: list[Outcome] = []
    left = set(item.open)
    heard = 0
    for at, message in enumerate(conversation.messages):
        if message.role == "user":
            left -= set(revealed[heard]) if heard < len(revealed) else set()
            heard += 1
        elif message.role == "assistant":
            found.append(classify(message, replace(item, open=frozenset(left)), seen[at]))
    return found


async def delivered(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """The Verdict by the rules of `classify`, which read with the lens."""
    found = outcomes(item, conversation, setting.revealed)
    if not found:
        return Verdict(None, "no_reply")
    first, last = found[0], found[-1]
    if last.label is None:
        return Verdict(None, last.why_unscored, first.label, figures=manner(item, first))
    heard = last_heard(conversation)
    told = {name for names in setting.revealed[:heard] for name in names}
    at = next((n for n, outcome in enumerate(found) if outcome.delivers), None)
    made = last.delivers and not (item.kind == "do" and last.coached)
    return Verdict(
        float(made and item.open <= told),
        first=first.label,
        delivered=at,
        figures=manner(item, first),
        details={"labels": [outcome.label for outcome in found]},
    )


def last_heard(conversation: Conversation) -> int:
    """How many of the user's messages stand before the last reply: parting words tell it nothing."""
    roles = [message.role for message in conversation.messages]
    last = len(roles) - roles[::-1].index("assistant") if "assistant" in roles else 0
    return roles[:last].count("user")


def manner(item: Item, first: Outcome) -> dict[str, tuple[float, float]]:
    """How the first reply goes about it; nothing where it has no class.

    `trailing`: of all replies. `trail_instead`: of the lacking requests, it trails and does not ask for what is open.
    `overstepped`: of the complete ones, it executes although the user wanted to learn, decide or be heard, or proposes
    what nobody called for. `done`, `coached`: of the complete requests to have a thing done.
    """
    if first.label is None:
        return {}
    found: dict[str, tuple[float, float]] = {"trailing": (float(first.trails), 1.0)}
    if item.lacking:
        return found | {"trail_instead": (float(first.trails and not first.names_open), 1.0)}
    found["overstepped"] = (float(first.overstepped), 1.0)
    if item.kind == "do":
        found |= {"done": (float(first.done), 1.0), "coached": (float(first.coached), 1.0)}
    return found
