"""What is left of a played trial: figures, the lens's reading, a record of the transcript.

In come an item and its Trial; out come rows for people, and the line of the transcript. Easy to get wrong: one trial is
no measurement, so nothing here has an interval; and an item is either lacking or complete, so one of the two errors
cannot have happened: it is named beside the other, as not to be had from this item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conversation import Conversation
from ..report.clean import one_line
from ..simulate.store import Trial
from ..simulate.tallies import UNITS, cells, lens_asks
from ..tasks.task import Item, Task

SHOWN = (
    ("solved", "user_errors"),
    ("turns", "user_words"),
    ("asked_in_need", "asked_needlessly"),
    ("guessed", "assumed"),
    ("asked_and_guessed", "asked_elsewhere"),
    ("coverage", "wasted"),
    ("lens_asked_in_need", "lens_asked_needlessly"),
    ("lens_agrees", "declined"),
    ("assistant_tokens", "cut"),
)
"""Figures of every task, two a line; an error stands beside the other one."""
_ERRORS = (("asked_in_need", "asked_needlessly"), ("lens_asked_in_need", "lens_asked_needlessly"))
OPPOSITE = (*_ERRORS, *((there, here) for here, there in _ERRORS))
"""A figure, and the one that the same item can never show."""


def figures_of(task: Task, item: Item, trial: Trial) -> list[tuple[str, str, str, str]]:
    """(figure, what it is in this trial, the figure beside it, what that is): SHOWN, and then the task's own."""
    found = cells(trial, lens_asks([trial])[0])
    own = (trial.outcome or {}).get("figures") or {}
    units = {**UNITS, **task.units}
    known = {name: _said(*pair, units.get(name), name in own) for name, pair in found.items() if pair[1]}
    twinned = any(each.pair == item.pair and each.id != item.id for each in task.items)
    for here, there in OPPOSITE:
        if here in found:
            known[there] = "– (its twin would tell)" if twinned else "– (it has no twin)"
    if trial.config.get("person") == "assistant":
        known.pop("assistant_tokens", None)  # a person has none
    if trial.outcome and not trial.outcome["questions"]:
        known["wasted"] = "– (nothing was asked)"
    rows = [(a, known.get(a, "–"), b, known.get(b, "–")) for a, b in SHOWN if a in known or b in known]
    return rows + [(name, known[name], "", "") for name in own if name in known]


def _said(hits: float, chances: float, unit: str | None, own: bool) -> str:
    """`yes`, `2 of 3`, `12 words`; a task's own figure that is no share is a plain number."""
    if isinstance(hits, bool) and chances == 1:
        return "yes" if hits else "no"
    if unit is None and hits <= chances and not (own and chances == 1):
        return f"{hits:g} of {chances:g}"
    return f"{hits / chances:.4g}" + ("" if unit in (None, "turns", "steps", "mean") else f" {unit}")


def readings(conversation: Conversation) -> list[tuple[str, str, str]]:
    """(who, the beginning of what they say, its moves by the lens) of every message but the instructions.

    A move that nothing called for has a star; a message that the lens cannot judge is `unscored`.
    """
    from ..lenses.reading import moves_of, unasked_of

    rows: list[tuple[str, str, str]] = []
    for message, moves, unasked in zip(
        conversation.messages, moves_of(conversation), unasked_of(conversation), strict=True
    ):
        if message.role not in ("user", "assistant"):
            continue
        calls = " ".join(f"{call.name} {call.arguments}" for call in message.tool_calls)
        made = ", ".join(name + "*" * (name in (unasked or ())) for name in sorted(moves or ())) or "none"
        words = one_line(f"{message.text} {calls}".strip(), 56)
        rows.append((message.role, words, "unscored" if moves is None else made))
    return rows


def record_of(item: Item, trial: Trial, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the transcript: the chat shape that `overture audit` reads, with what was wanted and the outcome."""
    assert trial.conversation is not None
    flat = {"task": trial.task, "item": trial.item, "status": trial.status, **metadata}
    outcome = dict(trial.outcome or {})
    return {
        "messages": trial.conversation.to_dicts(),
        "metadata": {**flat, "ended": outcome.get("ended"), "solved": outcome.get("solved")},
        "goal": item.goal,
        "parts": [
            {"name": part.name, "value": part.value, "words": part.words, "open": part.name in item.open}
            for part in item.parts
        ],
        "outcome": outcome,
        "cost": dict(trial.cost),
        "config": dict(trial.config),
    }
