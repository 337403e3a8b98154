"""Shares with their intervals, side by side: a row a name, and in each row a mark and a whisker a group.

In come rows of (name, group → Figure), out comes an SVG. It serves the moves of an audit and the domains of a checkup.
Easy to get wrong: groups that share a line hide one another, so each has its own lane inside the row, its own colour
and its own shape, and the hover text of each mark gives the figure whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from . import svg
from .clean import one_line
from .words import written

if TYPE_CHECKING:
    from ..audit.estimates import Figure

LANE = 9
"""Units of height that a group has in a row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; a row without figures is the heading of those below it."""

    name: str
    figures: Mapping[str, Figure] | None = None


def whiskers(
    key: str, title: str, description: str, rows: Sequence[Row], groups: Sequence[str], width: int, bars: bool = False
) -> Markup:
    """A picture `width` units wide. The axis runs from 0 to a round number above the highest whisker.

    `bars` fills the way from 0 to each mark, for a few groups whose rows are compared one by one.
    """
    left = 96 if width < svg.WIDE else 190
    right = width - 16
    longest = max(9, left // 7)
    lanes = groups[: svg.SHAPES]
    highest = max((svg.reach(f)[1] for row in rows for f in (row.figures or {}).values()), default=0.0)
    axis = svg.ticks(min(highest, 1.0), 6 if width == svg.WIDE else 5)
    span = (right - left) / axis[-1]
    lane_height = LANE + 4 * bars
    tall = max(20, lane_height * len(lanes) + 7)
    marks: list[Markup] = []
    lines: list[list[Markup]] = [[] for _ in lanes]
    dots: list[list[Markup]] = [[] for _ in lanes]
    y = 24.0
    for row in rows:
        if row.figures is None:
            y += 24
            marks.append(svg.text(0, y - 7, row.name, "heading"))
            continue
        marks.append(svg.line(left, y + tall, right, y + tall, "hair"))
        marks.append(svg.text(left - 10, y + tall / 2 + 4, one_line(row.name, longest), "label end"))
        for lane, group in enumerate(lanes):
            figure = row.figures.get(group)
            if figure is not None and figure.value is not None:
                middle = y + tall / 2 + (lane - (len(lanes) - 1) / 2) * lane_height
                if bars:
                    box = svg.tag(
                        "rect", x=left, y=middle - 4, width=figure.value * span, height=8, class_=f"bar g{lane}"
                    )
                    marks.append(box)
                hover = f"{group}, {row.name}: {written(figure)}" if width == svg.WIDE else ""
                lines[lane].append(_whisker(figure, left, span, middle))
                dots[lane].append(svg.mark(lane, left + figure.value * span, middle, 3.6, hover))
        y += tall
    # One element a lane holds its marks, so that each mark need not say its colour again: it halves the page.
    held = [svg.tag("g", *drawn, class_=f"whisker g{lane}") for lane, drawn in enumerate(lines)]
    held += [svg.tag("g", *drawn, class_=svg.lane_class(lane)) for lane, drawn in enumerate(dots)]
    return svg.picture(key, title, description, width, y + 8, *_grid(axis, left, span, y + 2), *marks, *held)


def _grid(axis: Sequence[float], left: float, span: float, bottom: float) -> list[Markup]:
    out: list[Markup] = []
    for tick in axis:
        x = left + tick * span
        out.append(svg.line(x, 22, x, bottom, "grid"))
        out.append(svg.text(x, 14, svg.percent(tick), "tick mid"))
    return out


def _whisker(figure: Figure, left: float, span: float, y: float) -> Markup:
    low, high = svg.reach(figure)
    return svg.line(left + low * span, y, left + min(high, 1.0) * span, y)


def legend(groups: Sequence[str]) -> Markup:
    """The groups with their shapes, as a list that wraps. Those past the eighth have no mark and are not in it."""
    items = [
        Markup("<li>{}{}</li>").format(
            svg.tag(
                "svg",
                svg.mark(i, 7, 7, 4.4, class_=svg.lane_class(i)),
                viewBox="0 0 14 14",
                class_="key",
                aria_hidden="true",
            ),
            one_line(group, 80),
        )
        for i, group in enumerate(groups[: svg.SHAPES])
    ]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))
