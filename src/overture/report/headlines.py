"""The sentences a page opens with, made from its figures.

In come groups of Figures, out come a few plain sentences that a reader can repeat, each with the intervals and the n of
what it says and each with the other error in the same breath. Easy to get wrong: a sentence that says "because", or
that calls one group better. These say how often, where, and how sure, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .words import extremes, listed, written

if TYPE_CHECKING:
    from ..audit.estimates import Figure

Figures = Mapping[str, "Figure"]

INSTEAD: Mapping[str, str] = {
    "guessed": "went ahead as if nothing were missing",
    "assumed": "went ahead on an assumption that it named",
    "asked_and_guessed": "asked and went ahead all the same",
    "asked_elsewhere": "asked for something that was not missing",
    "declined": "said that it could not",
}
"""What a reply that did not ask in need did, for the middle of a sentence."""


ASKING = ("dialogue_initiative", "trailing")
"""The figures of the first sentence of an audit."""


def audit_sentences(
    groups: Mapping[str, Figures], corrected: Mapping[str, Figures] | None, judged: tuple[int, int]
) -> list[str]:
    """Asking, doing, common activity, as far as the lenses looked for them; corrected by a judged sample where there
    is one. `judged`: messages, and conversations."""
    fixed = corrected or {}
    best = {group: {**figures, **fixed.get(group, {})} for group, figures in groups.items()}
    asking = (
        f"Of the assistant's messages, {_range(best, 'dialogue_initiative')} asked a question that serves the request, "
        f"and {_range(best, 'trailing')} closed with a generic offer.{_by(fixed, ASKING, judged[0])}"
    )
    doing = (
        "Of the conversations whose goal was to have something made or done, in "
        f"{_range(best, 'done')} it was made or done, and in {_range(best, 'coached')} the user was told how instead."
    )
    looked_for = {name for figures in best.values() for name in figures}
    return [
        asking,
        *([doing] if "done" in looked_for else []),
        *([_common(best, fixed, judged[1])] if "disjoint" in looked_for else []),
    ]


def _by(fixed: Mapping[str, Figures], names: Sequence[str], judged: int) -> str:
    """Which of these figures are corrected, and by how many; empty without one."""
    used = [name for name in names if any(_counted(figures.get(name)) for figures in fixed.values())]
    if not used:
        return ""
    return f" Of these, {listed(used)} {'are' if len(used) > 1 else 'is'} corrected by {judged:,} judged at random."


def _common(best: Mapping[str, Figures], fixed: Mapping[str, Figures], judged: int) -> str:
    """Only the estimate corrected by a judged sample is a headline; without one the sentence says so."""
    name = "disjoint_corrected"
    if any(_counted(figures.get(name)) for figures in fixed.values()):
        only = {group: fixed.get(group, {}) for group in best}
        floor = _range(best, "disjoint_floor")
        return (
            f"Of the conversations, corrected by {judged:,} judged at random, {_range(only, name)} had no activity in "
            f"common between goal and action; of two codings of the same side, {floor} have none in common."
        )
    return (
        "How often the user's goal and the assistant's action had nothing in common is no headline, because no sample "
        "was judged (--judge): the raw shares stand below, between a floor and a ceiling."
    )


def _counted(figure: Figure | None) -> bool:
    return figure is not None and figure.value is not None


def _range(groups: Mapping[str, Figures], name: str) -> str:
    """A figure in words: itself with one group, the lowest and the highest with several."""
    ends = extremes({group: figures.get(name) for group, figures in groups.items()})
    if ends is None:
        return "an uncounted share (n\xa0=\xa00)"
    low, high = (str(written(groups[group][name])) for group in ends)
    if len(groups) == 1:
        return low
    if ends[0] == ends[1]:
        return f"{low} in {ends[0]}, the only group where it could be counted"
    return f"{low} in {ends[0]} to {high} in {ends[1]}"


Telling = tuple[str, tuple[str, ...], str, str]
"""A section, its figures, the words for a model's, and the words for those of each beside it."""

_LACKED = "When a request left out something it needed, {model} asked for it, and waited, in {}"
_WHOLE = "When nothing was left out, {model} asked all the same in {}"
IN_NEED: Sequence[Telling] = (
    ("pairs", ("asked_in_need",), _LACKED, "{}"),
    ("missing", ("asked_in_need",), _LACKED, "{}"),
    (
        "sharded",
        ("asked_in_need",),
        "While an instruction lacked pieces, {model} asked for one, and waited, in {}",
        "{}",
    ),
    (
        "travel",
        ("elicited_actively", "elicited_passively"),
        "Of what travellers wished, {model} brought out {} by asking, and {} came unasked",
        "{} and {}",
    ),
)
"""Asking in need, first where it is counted best."""
NEEDLESSLY: Sequence[Telling] = (
    ("pairs", ("asked_needlessly",), _WHOLE, "{}"),
    ("missing", ("asked_needlessly",), _WHOLE, "{}"),
    ("doing", ("asked_needlessly",), "Asked to do a thing that lacked nothing, {model} asked first in {}", "{}"),
    ("sharded", ("wasted",), "Of what {model} asked, {} brought nothing", "{}"),
    ("travel", ("wasted",), "Of what {model} asked, {} brought nothing", "{}"),
)
"""Asking without need."""
OUTCOMES: Sequence[Telling] = (
    (
        "missing",
        ("solved", "asked_in_need"),
        "Talked through, {model} solved {} of the word problems, and asked for the number that was left out in {}",
        "{} and {}",
    ),
    (
        "doing",
        ("done", "coached"),
        "Asked to do a thing, {model} made it in {} and told how instead in {}",
        "in {} and {}",
    ),
    ("sharded", ("solved", "turns"), "Told piece by piece, {model} did {} of what was wanted, in {} turns", "{} in {}"),
    (
        "travel",
        ("correct", "best"),
        "Of what it was to book, {model} chose what suited in {}, the best in {}",
        "{}, {}",
    ),
)
"""What a talk comes to, first where asking pays."""


def checkup_sentences(
    model: str,
    parts: Mapping[str, Figures],
    others: Mapping[str, Mapping[str, Figures]] | None = None,
) -> list[str]:
    """Three: asked in need; asked needlessly; what it did instead, or beside another what came of it.

    `parts`: section of the checkup → the model's figures; `others`: who stands beside it, such as "with the policy
    gaps", → theirs, and each sentence then says the same of all. Each is told from the first section of its list in
    which it was counted.
    """
    said = _Said(model, parts, others or {})
    return [
        said.first(IN_NEED) or f"Whether {model} asked when something was missing could not be counted (n = 0).",
        said.first(NEEDLESSLY) or f"Whether {model} asked when nothing was missing could not be counted (n = 0).",
        (said.first(OUTCOMES) if others else "")
        or _instead(parts)
        or said.first(OUTCOMES)
        or "What it did instead of asking could not be counted.",
    ]


@dataclass(frozen=True)
class _Said:
    """Says the same of a model and of each that stands beside it."""

    model: str
    parts: Mapping[str, Figures]
    beside: Mapping[str, Mapping[str, Figures]]

    def first(self, tellings: Sequence[Telling]) -> str:
        """The first that was counted; empty without one."""
        told = (self._of(*telling) for telling in tellings)
        return next((f"{words}." for words in told if words), "")

    def _of(self, section: str, names: Sequence[str], words: str, again: str) -> str:
        """`words` filled with the model's figures, then `again` with the others'; empty without the first figure."""
        if not _counted(self.parts.get(section, {}).get(names[0])):
            return ""

        def filled(text: str, parts: Mapping[str, Figures]) -> str:
            return text.format(*(_bare(parts.get(section, {}), name) for name in names), model=self.model)

        others = [f"{who}, {filled(again, parts)}" for who, parts in self.beside.items()]
        return "; ".join([filled(words, self.parts), *others])


def _instead(parts: Mapping[str, Figures]) -> str:
    """What the model did in place of asking, and whether it did or coached; empty where that was not counted."""
    figures = next((parts[name] for name, *_ in IN_NEED if name in parts), {})
    ends = extremes({name: figures.get(name) for name in INSTEAD})
    if ends is None:
        return ""
    often = ends[1]
    if not figures[often].value:
        return f"In place of asking it did nothing else that is counted: {written(figures[often])}."
    said = f"What it most often did instead of asking: it {INSTEAD[often]}, in {written(figures[often])}"
    doing = next((parts[name] for name in ("doing", "pairs") if _counted(parts.get(name, {}).get("done"))), None)
    if doing is None:
        return f"{said}."
    made, told = (_bare(doing, name) for name in ("done", "coached"))
    return f"{said}; asked to have a thing done, it made it in {made} and told how instead in {told}."


def _bare(figures: Figures, name: str) -> str:
    figure = figures.get(name)
    return str(written(figure)) if figure is not None and figure.value is not None else "nothing to count"
