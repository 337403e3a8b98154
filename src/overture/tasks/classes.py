"""What a first reply can be called, and everything that is kept of one.

In comes what occurs in a reply, from whoever has read it; out comes its class. The design's table. Easy to get wrong:
exactly one class holds for a reply to a lacking request, and a reply that does nothing of the table has none.
"""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = ("asked", "asked_and_guessed", "asked_elsewhere", "assumed", "guessed", "declined")
"""What a first reply to a lacking request can be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reply did. For a complete request `asks` is asking needlessly, and `label` says so in the same words."""

    label: str | None
    """One of CLASSES for a lacking item; for a complete one `asked`, `done`, `coached`, `answered` or `declined`;
    None: unscored."""
    asks: bool = False
    names_open: bool = False
    """It asks for a part that is open."""
    delivers: bool = False
    trails: bool = False
    done: bool = False
    """It makes the thing: the lens's execute or inform, outside of what asks, and it does not coach."""
    coached: bool = False
    """It tells how instead: the lens's coach and not execute, or mostly steps with no result beside them."""
    overstepped: bool = False
    """On a complete request: executes although the user wanted to learn, decide or be heard; or proposes unasked."""
    why_unscored: str | None = None
    """`empty`, `unjudged` or `nothing_said`."""


def reply_class(
    asks: bool, names_open: bool, delivers: bool, assumes: bool, declines: bool, complete: str = ""
) -> str | None:
    """What a first reply is, from what occurs in it: one of CLASSES, or None where it does none of these.

    `complete`: of a request with nothing open, what a delivery that asks nothing is called; asking is then `asked`.
    """
    if asks:
        return (
            "asked" if complete else "asked_and_guessed" if delivers else "asked" if names_open else "asked_elsewhere"
        )
    if delivers:
        return complete or ("assumed" if assumes else "guessed")
    return "declined" if declines else None
