"""The moves: what a message can do, in one table. The only copy; prompts, docs, taggers and pages are made from it.

In comes nothing; out go `MOVES` (name → Move, in the table's order) and the families; `schemes` says how the labels of
others read in these words. Easy to get wrong: initiative is two things. Dialogue initiative is eliciting; task
initiative is leading, or anything unasked. Their sum crowns the pesterer, so nothing here adds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table."""

    name: str
    family: str
    does: str
    """Completes the sentence "the message …"."""
    unlike: str = ""
    """The nearest thing that is not this move, and what that is instead."""


def _family(family: str, *rows: tuple[str, str, str]) -> list[Move]:
    return [Move(name, family, does, unlike) for name, does, unlike in rows]


_TABLE = [
    *_family(
        "requesting",
        (
            "request",
            "asks for something to be done or told, for the speaker's own ends",
            "a question asked to serve the other's request (eliciting)",
        ),
        (
            "reject",
            'says that the last turn was wrong, unwanted or misunderstood ("no, I meant …")',
            "the speaker's own error (repair)",
        ),
    ),
    *_family(
        "responding",
        (
            "execute",
            "delivers the thing itself: the text, code, plan, translation, booking; a tool call that changes state",
            "describing how it could be done (coach)",
        ),
        ("inform", "gives facts, a value, an answer, news; a user's reply to a question is this too", ""),
        (
            "coach",
            "tells the other how to do it themselves: steps, advice, teaching",
            'steps that are the thing asked for ("give me a recipe" → execute)',
        ),
        (
            "consult",
            'looks something up or computes, changing nothing: a read-only tool call, "let me check"',
            "",
        ),
        (
            "assume",
            'goes ahead on a stand-in that it names, or answers conditionally ("taking 7 as the start …")',
            "an unstated guess (no label)",
        ),
        ("accept", 'agrees to or confirms what was put forward ("yes, go ahead")', ""),
        ("decline", "refuses, or says it cannot", ""),
    ),
    *_family(
        "eliciting",
        (
            "clarify",
            "asks which reading of words already said, what the other is after, or to hear them again",
            "a value nobody has said (elicit)",
        ),
        ("elicit", "asks for something needed that nobody has said: a date, a size, an account", ""),
        (
            "check",
            "asks to confirm an understanding, or for permission, before acting",
            'a closing "does that help?" (trail)',
        ),
        (
            "probe",
            'asks about experience, feeling, opinion or understanding ("what have you tried?", "how did that feel?")',
            "",
        ),
    ),
    *_family(
        "leading",
        ("challenge", "disputes a premise, or names a risk in what was asked", "a missing value (elicit)"),
        (
            "propose",
            "puts a named option, price, next step or plan up for acceptance",
            "permission for what was asked (check); a generic offer (trail)",
        ),
        (
            "position",
            "takes a side on a claim or a choice in play: recommends one, holds a view",
            "listing options evenly",
        ),
        ("redirect", "changes course: back to the goal, away from a dead end", ""),
        ("open", "raises a new topic, or a question left unanswered earlier", ""),
    ),
    *_family(
        "grounding",
        ("acknowledge", "shows that the other's turn was heard; thanks, greets", ""),
        ("restate", "shows understanding: paraphrases, sums up", ""),
        ("repair", "corrects or takes back the speaker's own earlier turn", ""),
    ),
    *_family(
        "relating",
        ("empathize", "names or answers a feeling", ""),
        ("disclose", "tells of the speaker's own experience or self", ""),
        ("encourage", "praises, cheers, reassures", ""),
    ),
    *_family(
        "neither",
        (
            "trail",
            'leaves the work to the other with a generic offer: "Let me know if you need anything else"',
            "",
        ),
    ),
]

MOVES: Mapping[str, Move] = MappingProxyType({move.name: move for move in _TABLE})
"""Every move by name, in the table's order."""

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {family: tuple(m.name for m in _TABLE if m.family == family) for family in dict.fromkeys(m.family for m in _TABLE)}
)
"""Family → the names of its moves."""

ELICITING = frozenset(FAMILIES["eliciting"])
"""Dialogue initiative."""

LEADING = frozenset(FAMILIES["leading"])
"""Task initiative, together with anything unasked."""

DELIVERING = frozenset({"execute", "inform", "coach"})
"""A message that makes one of these hands something over, rightly or not."""


def table_markdown() -> str:
    """The table as Markdown, for docs and prompts."""
    rows = ["| family | move | the message … | not |", "|---|---|---|---|"]
    for move in MOVES.values():
        rows.append(f"| {move.family} | `{move.name}` | {move.does} | {move.unlike} |")
    return "\n".join(rows)
