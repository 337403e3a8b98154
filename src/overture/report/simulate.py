"""The page of a simulation: what a model did with simulated users, how it ended, and how far the users can be trusted.

In comes a SimulatePage, out comes one HTML string. Easy to get wrong: a figure is worth no more than the user that it
was measured with, so the user's errors stand in the opening sentences and not in a footnote; and a scripted model is
called one wherever it appears.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .changes import LEVEL
from .examples import ExampleConversation, fitted
from .shell import Page, render
from .words import listed, written, written_difference

if TYPE_CHECKING:
    from ..audit.differences import Difference
    from ..audit.estimates import Figure

PAIRS = (
    ("solved", "failed"),
    ("aptitude", "unreliability"),
    ("turns", "user_words"),
    ("asked_in_need", "asked_needlessly"),
    ("guessed", "asked_elsewhere"),
    ("assumed", "asked_and_guessed"),
    ("coverage", "wasted"),
    ("lens_asked_in_need", "lens_asked_needlessly"),
)
"""A figure and the one it must never be read without."""


@dataclass(frozen=True, slots=True)
class UserErrors:
    """What the simulated user did wrong."""

    trials: int
    """Trials that were looked over."""
    erred: int
    """Of them, those with an error."""
    by_kind: Mapping[str, int] = field(default_factory=dict[str, int])
    """What it did, in words for people → how often."""
    examples: Sequence[tuple[str, str, str]] = ()
    """(what it did, item, words) of a few."""
    looked_for: Sequence[str] = ()
    """What rules can see, in the same words."""
    again: int = 0
    """How often a model that plays the user was asked again for a line."""


@dataclass(frozen=True, slots=True)
class SimulatePage(Page):
    """Everything that the page shows."""

    model: str
    user: str
    put: str
    """What was put to the model, such as "100 items of pairs, 5 runs each"."""
    solved_note: str
    """What "solved" means in this task."""
    groups: Mapping[str, Mapping[str, Figure]]
    """Protocol, user, or both → figures."""
    errors: UserErrors
    led: str = ""
    """The policy that led the model, as it was named; empty: none."""
    by: str = "protocol"
    """What the groups are: protocols, `user` or `protocol and user`."""
    signs: Sequence[tuple[str, str, str]] = ()
    """(figure, what is compared, whether its sign holds under all users; empty: it is undecided under each)."""
    differences: Sequence[Difference] = ()
    beside: Sequence[tuple[str, str, Figure, str, str]] = ()
    """(name, what it is, here, published, source) of each figure that a source has too."""
    examples: Sequence[tuple[ExampleConversation, str]] = ()
    """A conversation and how it ended, in a few words."""
    left_out: Sequence[str] = ()
    warnings: Sequence[str] = ()
    """Sentences on what casts doubt on all of it, ahead of everything."""
    measured: Sequence[str] = ()


def simulate_html(page: SimulatePage) -> str:
    """The page as one self-contained HTML document, without script and with nothing from outside."""
    names = list(dict.fromkeys(name for figures in page.groups.values() for name in figures))
    pairs = [pair for pair in PAIRS if any(name in names for name in pair)]
    placed = {name for pair in pairs for name in pair}
    conversations = fitted([conversation for conversation, _ in page.examples])
    units = {name: one.unit for figures in page.groups.values() for name, one in figures.items()}
    sure = [
        (one, written_difference(one, units.get(one.figure, "share")))
        for one in page.differences
        if one.p_adjusted < LEVEL
    ]
    return render(
        "simulate.html",
        page,
        columns=list(page.groups.items()),
        sentences=_sentences(page),
        pairs=pairs,
        alone=[name for name in names if name not in placed],
        sure=sure,
        examples=list(zip(conversations, [ended for _, ended in page.examples], strict=True)),
    )


SAID = (
    ("failed", "failed before it ended, of the trials"),
    ("solved", "solved, of the trials"),
    ("asked_in_need", "asked for what was missing, of the requests that lacked something"),
    ("asked_needlessly", "asked although nothing was missing"),
)
"""The figures of the opening sentences, in words before a colon; `failed` only where some trial did."""


def _sentences(page: SimulatePage) -> list[str]:
    """Each figure of SAID with all its groups, whether solving holds under all users, what a source has of it, and how
    often the user erred."""
    rate = page.errors
    if not rate.trials:
        return [f"No trial came to an end, so nothing was measured. {' '.join(page.left_out)}".strip()]
    out: list[str] = []
    place = "in" if page.by == "protocol" else "under"
    for name, words in SAID:
        said = {group: figures[name] for group, figures in page.groups.items() if name in figures}
        if name == "failed" and not any(one.value for one in said.values()):
            continue
        if said:
            where = [
                str(written(one)) + (f" {place} {group}" if len(page.groups) > 1 else "") for group, one in said.items()
            ]
            out.append(f"{words[0].upper()}{words[1:]}: {listed(where)}.")
    for figure, between, verdict in page.signs:
        if figure == "solved":
            out.append(f"Solved, {between}: {verdict or 'undecided under every user'}.")
    if page.beside and page.beside[0][2].value is not None:
        _, plain, here, published, source = page.beside[0]
        out.append(f"{plain}: {written(here)}; published: {published} ({source}).")
    out.append(
        f"The user, not the model, made an error that rules can see in {rate.erred:,} of {rate.trials:,} trials."
    )
    return out
