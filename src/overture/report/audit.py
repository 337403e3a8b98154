"""The page of an audit: what an assistant did in a log, with every figure's interval and other error beside it.

In comes an AuditPage, out comes one HTML string. This file says what the page is handed and puts its parts in order;
the words are in `words` and `headlines`, the pictures in a file each. Easy to get wrong: with many groups some pair
always differs, so only differences that survive the correction are shown, and how many were tested is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..moves import FAMILIES, MOVES
from . import svg
from .changes import LEVEL
from .examples import ExampleConversation, fitted
from .headlines import audit_sentences
from .matrix import Matrix, matrix
from .shell import Page, render
from .turns import Series, turns
from .whiskers import Row, legend, whiskers
from .words import words_of

if TYPE_CHECKING:
    from ..audit.differences import Difference
    from ..audit.estimates import Figure

MOST_DIFFERENCES = 30
"""Rows of differences on the page; how many more survive is said below them."""
RARE = 0.005
"""A move below this share in every group is named in a sentence and not drawn."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Records of the log that could not be read, by reason."""

    reason: str
    count: int
    places: Sequence[str] = ()
    """A few of them, such as `log.jsonl at byte 1,204`."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One row of a model of preference pairs: log odds of being chosen, with its 95 % interval."""

    name: str
    coefficient: float
    low: float
    high: float
    odds_ratio: float


@dataclass(frozen=True, slots=True)
class Preference:
    """What is chosen within pairs: a conditional logit."""

    rows: Sequence[Coefficient]
    pairs: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage(Page):
    """Everything that the page of an audit shows. Shares are in 0…1; figures carry their own intervals."""

    source: str
    """What was read, in a sentence."""
    counts: Mapping[str, int]
    """good, bad, unscored, doubles, conversations, messages; others are shown as they are named."""
    groups: Mapping[str, Mapping[str, Figure]]
    """Group → figure name → Figure, in the order they are to stand."""
    lens_note: str
    """What the labels of the lens are worth, in a sentence or two."""
    corrected: Mapping[str, Mapping[str, Figure]] | None = None
    """Group → figures corrected by a judged sample."""
    judged: tuple[int, int] = (0, 0)
    """How many messages, and how many conversations, were judged for `corrected`."""
    differences: Sequence[Difference] = ()
    """All that were tested, already adjusted."""
    turns: Mapping[str, Series] = field(default_factory=dict[str, Series])
    """Group → (turn, dialogue initiative, task initiative) at that assistant turn."""
    goal_action: Matrix | None = None
    examples: Sequence[ExampleConversation] = ()
    rejects: Sequence[Reject] = ()
    left_out: Sequence[str] = ()
    """Sentences on what else is not in the figures."""
    warnings: Sequence[str] = ()
    """Sentences on what casts doubt on all of them, ahead of everything."""
    preference: Preference | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A table of the headline: figures that are only to be read beside one another."""

    title: str
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference with what its reader must see beside it."""

    difference: Difference
    unit: str
    n: tuple[int, int]
    other: Difference | None
    """The same groups in the other error, whether or not that survives the correction."""
    figures: tuple[Figure | None, Figure | None]
    """The other error itself in both groups, for where the difference in it was not tested."""


PAIRS = (
    Pair("Asking, beside trailing off", ("dialogue_initiative", "trailing")),
    Pair("Doing, beside telling how", ("done", "coached", "do_goal", "automation")),
    Pair(
        "Nothing in common between goal and action",
        ("disjoint", "disjoint_corrected", "disjoint_floor", "disjoint_ceiling"),
        "A coder who misses an activity makes two sides look apart: the floor is how often two codings of one side "
        "share nothing, the ceiling how often the goals share nothing with the actions of other conversations.",
    ),
    Pair("Leading, beside what nobody called for", ("task_initiative", "unasked")),
    Pair(
        "Delivering where something seemed missing, beside asking where nothing did",
        ("guessed_underspecified", "asked_where_complete"),
        "What was missing is the lens's word, at a threshold that was set for few needless questions.",
    ),
)


def audit_html(page: AuditPage) -> str:
    """The page as one self-contained HTML document, without script and with nothing from outside."""
    groups = page.groups
    surviving = sorted((d for d in page.differences if d.p_adjusted < LEVEL), key=lambda d: -abs(d.value))
    return render(
        "audit.html",
        page,
        sentences=audit_sentences(groups, page.corrected, page.judged),
        judged=f"{page.judged[0]:,} messages and {page.judged[1]:,} conversations",
        pairs=[pair for pair in (_present(pair, groups) for pair in PAIRS) if pair.names],
        moves_picture=_moves_picture(groups),
        legend=legend(list(groups)) if len(groups) > 1 else Markup(""),
        rare=_rare(groups),
        move_names=[name for name in MOVES if any(f"move:{name}" in figures for figures in groups.values())],
        turns_picture=_turns_picture(page.turns),
        matrix_picture=_matrix_picture(page.goal_action),
        differences=_compared(surviving[:MOST_DIFFERENCES], page.differences, groups),
        surviving=len(surviving),
        shown=len(surviving[:MOST_DIFFERENCES]),
        examples=fitted(page.examples),
        drawn=svg.SHAPES,
    )


def _present(pair: Pair, groups: Mapping[str, Mapping[str, Figure]]) -> Pair:
    """The pair with the figures there are."""
    names = (name for name in pair.names if any(name in figures for figures in groups.values()))
    return Pair(pair.title, tuple(names), pair.note)


def _share(groups: Mapping[str, Mapping[str, Figure]], move: str) -> float:
    found = [figures.get(f"move:{move}") for figures in groups.values()]
    return max((figure.value or 0.0 for figure in found if figure is not None), default=0.0)


def _rare(groups: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    return [move for move in MOVES if _share(groups, move) < RARE]


def _moves_picture(groups: Mapping[str, Mapping[str, Figure]]) -> Markup:
    rows: list[Row] = []
    for family, moves in FAMILIES.items():
        drawn = [move for move in moves if _share(groups, move) >= RARE]
        rows += [Row(family)] if drawn else []
        for move in drawn:
            rows.append(Row(move, {g: f[f"move:{move}"] for g, f in groups.items() if f"move:{move}" in f}))
    if not rows:
        return Markup("")
    about = "A mark is the share, its whisker the 95% interval. The same figures stand in the table below the picture."
    return svg.both(
        lambda key, width: whiskers(
            key, "Share of assistant messages that make each move", about, rows, list(groups), width
        ),
        "moves",
    )


def _turns_picture(series: Mapping[str, Series]) -> Markup:
    drawn = {group: points for group, points in list(series.items())[: svg.SHAPES] if points}
    if len({turn for points in drawn.values() for turn, *_ in points}) < 2:  # a course has two points at least
        return Markup("")
    about = "Solid: share of messages that ask. Dashed: share that lead or do something unasked. Bands: 95% intervals."
    return svg.both(lambda key, width: turns(key, "Initiative by assistant turn", about, drawn, width), "turns")


def _matrix_picture(table: Matrix | None) -> Markup:
    if table is None or not table.rows or not table.columns:
        return Markup("")
    about = "Conversations with each goal (rows) and each action (columns); a conversation can count in several cells."
    return svg.both(lambda key, width: matrix(key, "Goals and actions", about, table, width), "matrix")


def _compared(
    shown: Sequence[Difference], every: Sequence[Difference], groups: Mapping[str, Mapping[str, Figure]]
) -> list[tuple[str, list[Comparison]]]:
    """The differences by figure, in the order the figures were tested."""
    tested = {(d.figure, d.a, d.b): d for d in every}
    out: dict[str, list[Comparison]] = {}
    for name in dict.fromkeys(d.figure for d in every):
        for d in (d for d in shown if d.figure == name):
            one, two = groups.get(d.a, {}).get(name), groups.get(d.b, {}).get(name)
            other = words_of(name).beside
            pair = (groups.get(d.a, {}).get(other), groups.get(d.b, {}).get(other))
            unit = one.unit if one else "share"
            n = (one.n if one else 0, two.n if two else 0)
            out.setdefault(name, []).append(Comparison(d, unit, n, tested.get((other, d.a, d.b)), pair))
    return list(out.items())
