"""The page of a checkup: does a model ask when something it needs is missing, and only then? What would change it?

In comes a CheckupPage, out comes one HTML string: sentences to repeat, what a policy changed and what that cost,
the two errors in one picture, each figure beside its other error, the yardsticks, the domains, pairs to read. Easy to
get wrong: the scripted yardsticks are not competitors; they stand at the ends of every scale, and are named as scripted
wherever they appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from . import svg
from .changes import Changed, changed
from .examples import Span, shortened
from .headlines import checkup_sentences
from .plane import Point, plane
from .shell import Page, render
from .whiskers import Row, legend, whiskers

if TYPE_CHECKING:
    from ..audit.estimates import Figure

LONGEST = 1500
"""Characters of one reply that are shown."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A second model, or the same under a policy."""

    name: str
    figures: Mapping[str, Figure]
    """Of the pairs."""
    sections: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, "Figure"]])
    """Of every further part, by its title."""


@dataclass(frozen=True, slots=True)
class Part:
    """A further part of the checkup: what was put, and the model's figures."""

    title: str
    about: str
    """What is put to the model and how many, in a sentence or two."""
    figures: Mapping[str, Figure]
    yardsticks: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, "Figure"]])


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered to one request and how the answer was classed."""

    request: str
    spans: Sequence[Span]
    kind: str
    """`asked`, `guessed` … for a lacking request; `asked needlessly`, `delivered` … for a complete one."""
    cut: int = 0
    """Characters left out at the end."""


@dataclass(frozen=True, slots=True)
class ExamplePair:
    """A request that lacks something and its complete twin, each with the reply to it."""

    domain: str
    lacking: Reply
    complete: Reply


@dataclass(frozen=True, slots=True)
class CheckupPage(Page):
    """Everything that the page of a checkup shows."""

    model: str
    sampled: str
    """What was put to the model, such as "48 of 100 pairs, stratified by domain"."""
    figures: Mapping[str, Figure]
    lens_note: str
    """How replies were classed and what that is worth."""
    policy: str = "none"
    steered: Compared | None = None
    """The model led by `policy`."""
    against: Compared | None = None
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    """The further parts by name: `doing`, `missing`, `sharded`, `travel`."""
    changes: Sequence[Changed] = ()
    """Steered beside bare, in every figure of every part."""
    yardsticks: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, "Figure"]])
    """Scripted model → figures: asker, guesser, pesterer, coach, silent."""
    by_domain: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, "Figure"]])
    examples: Sequence[ExamplePair] = ()
    examples_of: str = ""
    """Whose replies the examples show; empty: the model's."""
    left_out: Sequence[str] = ()
    """Sentences on what is not in the figures: failed calls, unscored replies."""
    warnings: Sequence[str] = ()
    """Sentences on what casts doubt on all of it, ahead of everything."""
    measured: Sequence[str] = ()
    """Further sentences on how it was measured."""

    @property
    def beside(self) -> list[Compared]:
        """Who stands beside the model, in order."""
        return [one for one in (self.steered, self.against) if one is not None]

    @property
    def columns(self) -> list[str]:
        """What the columns of a table are called: under a policy `bare` and `with the policy`, for those are short."""
        first = ["Bare", "With the policy"] if self.steered else [self.model]
        return [*first, *([self.against.name] if self.against else [])]


PAIRS = (
    ("asked_in_need", "asked_needlessly"),
    ("guessed", "asked_elsewhere"),
    ("assumed", "asked_and_guessed"),
    ("done", "coached"),
    ("declined", "overstepped"),
    ("trailing", "asked_needlessly"),
)
"""A figure and the one it must never be read without."""
TALKED = (
    ("solved", "turns"),
    ("done", "coached"),
    ("overstepped", "asked_needlessly"),
    ("asked_in_need", "asked_needlessly"),
    ("guessed", "asked_elsewhere"),
    ("right_at_once", "right_when_told"),
    ("coverage", "wasted"),
    ("correct", "best"),
    ("elicited_actively", "elicited_passively"),
    ("user_words", "assistant_tokens"),
)
"""The same for the further parts, of which each shows those that it has."""
ALONE = ("balanced_accuracy", "turns", "tokens", "assistant_tokens", "user_words", "seconds")


def checkup_html(page: CheckupPage) -> str:
    """The page as one self-contained HTML document, without script and with nothing from outside."""
    pairs = [pair for pair in PAIRS if any(name in page.figures for name in pair)]
    columns = list(zip(page.columns, (page.figures, *(one.figures for one in page.beside)), strict=True))
    return render(
        "checkup.html",
        page,
        columns=columns,
        sentences=headlines(page),
        changed=changed(page.changes),
        plane_picture=_plane_picture(page),
        pairs=pairs,
        alone=_alone(page.figures, pairs),
        scales=[name for pair in pairs for name in pair if any(name in f for f in page.yardsticks.values())],
        parts_shown=[_part(page, name, part) for name, part in page.parts.items()],
        domains_picture=_domains_picture(page.by_domain),
        domains_legend=legend([_NEED, _NEEDLESSLY]),
        examples=[
            replace(pair, lacking=_shortened(pair.lacking), complete=_shortened(pair.complete))
            for pair in page.examples
        ],
    )


def headlines(page: CheckupPage) -> list[str]:
    """The three sentences that the page opens with, for whoever says them elsewhere."""
    return checkup_sentences(page.model, _by_part(page.figures, page.parts), _others(page))


def _by_part(pairs: Mapping[str, Figure], parts: Mapping[str, Part]) -> dict[str, Mapping[str, Figure]]:
    found = {name: part.figures for name, part in parts.items()}
    return ({"pairs": pairs} if pairs else {}) | found


def _others(page: CheckupPage) -> dict[str, Mapping[str, Mapping[str, Figure]]]:
    found: dict[str, Mapping[str, Mapping[str, Figure]]] = {}
    if page.steered:
        found[f"with the policy {page.policy}"] = {"pairs": page.steered.figures, **page.steered.sections}
    if page.against:
        found[page.against.name] = {"pairs": page.against.figures, **page.against.sections}
    return found


def _alone(figures: Mapping[str, Figure], pairs: Sequence[tuple[str, str]]) -> list[str]:
    placed = {name for pair in pairs for name in pair}
    alone = [name for name in ALONE if name in figures and name not in placed]
    return alone + [name for name in figures if name not in placed and name not in alone]


def _part(page: CheckupPage, name: str, part: Part) -> dict[str, Any]:
    pairs = [pair for pair in TALKED if all(figure in part.figures for figure in pair)]
    figures = (part.figures, *(one.sections.get(name, {}) for one in page.beside))
    alone = _alone(part.figures, pairs)
    scales = [figure for figure in part.figures if any(figure in f for f in part.yardsticks.values())]
    return {
        "part": part,
        "columns": list(zip(page.columns, figures, strict=True)),
        "pairs": pairs,
        "alone": alone,
        "scales": scales,
    }


def _plane_picture(page: CheckupPage) -> Markup:
    named = [(page.model, page.figures, False), *((one.name, one.figures, False) for one in page.beside)]
    named += [(f"scripted {name}", figures, True) for name, figures in page.yardsticks.items()]
    points = [
        Point(name.removeprefix("scripted ") if scripted else name, f["asked_in_need"], f["asked_needlessly"], scripted)
        for name, f, scripted in named
        if "asked_in_need" in f and "asked_needlessly" in f
    ]
    if not any(point.in_need.value is not None and point.needlessly.value is not None for point in points):
        return Markup("")
    about = "Up: asked for what was missing. Right: asked although nothing was missing. Crosses are 95% intervals."
    return svg.both(lambda key, width: plane(key, "The two errors of asking", about, points, width), "plane")


_NEED, _NEEDLESSLY = "asked for what was missing", "asked although nothing was missing"


def _domains_picture(domains: Mapping[str, Mapping[str, Figure]]) -> Markup:
    rows = [
        Row(
            domain,
            {
                label: figures[name]
                for label, name in ((_NEED, "asked_in_need"), (_NEEDLESSLY, "asked_needlessly"))
                if name in figures
            },
        )
        for domain, figures in domains.items()
    ]
    if not rows:
        return Markup("")
    about = "Each domain's two shares with their 95% intervals. The same figures stand in the table below the picture."
    names = [_NEED, _NEEDLESSLY]
    return svg.both(
        lambda key, width: whiskers(key, "Asking by domain", about, rows, names, width, bars=True), "domains"
    )


def _shortened(reply: Reply) -> Reply:
    spans, cut = shortened(reply.spans, LONGEST)
    return replace(reply, spans=spans, cut=cut)
