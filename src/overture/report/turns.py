"""How initiative moves as a conversation goes on: a small panel a group, all on the same axes.

In come per group (turn, dialogue initiative, task initiative), out comes one SVG of panels: a solid line for asking, a
dashed one for leading, a band for each interval. Easy to get wrong: late turns are made by the few conversations that
last, so a line is a different crowd at each turn; the text beside the picture says so and each hover text has its n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from . import svg
from .clean import one_line
from .words import written

if TYPE_CHECKING:
    from ..audit.estimates import Figure

Series = Sequence[tuple[int, "Figure", "Figure"]]


def turns(key: str, title: str, description: str, groups: Mapping[str, Series], width: int) -> Markup:
    """Panels in rows: at most three across on a wide page, one on a phone."""
    across = 1 if width < svg.WIDE else min(3, len(groups))
    points = [point for series in groups.values() for point in series]
    last = max((turn for turn, _, _ in points), default=1)
    first = min((turn for turn, _, _ in points), default=1)
    tops = [svg.reach(figure)[1] for _, *pair in points for figure in pair]
    axis = svg.ticks(min(max(tops, default=1.0), 1.0), 5)
    wide = (width + 18) / across - 18
    high = 190 if across == 1 else 150
    panels: list[Markup] = []
    for i, (group, series) in enumerate(groups.items()):
        x, y = (i % across) * (wide + 18), (i // across) * (high + 58)
        inside = _panel(group, series, (first, last), axis, wide, high, width == svg.WIDE)
        panels.append(svg.tag("g", *inside, transform=f"translate({svg.number(x)} {svg.number(y)})"))
    rows = -(-len(groups) // across)
    return svg.picture(key, title, description, width, rows * (high + 58), *panels)


def _panel(
    group: str, series: Series, reach: tuple[int, int], axis: Sequence[float], width: float, height: float, hovers: bool
) -> list[Markup]:
    left, bottom = 34.0, height + 24.0
    first, last = reach
    step = (width - left - 8) / max(last - first, 1)

    def x(turn: int) -> float:
        return left + (turn - first) * step

    def y(share: float) -> float:
        return bottom - min(share, axis[-1]) / axis[-1] * height

    out = [svg.text(0, 13, one_line(group, int(width // 7)), "heading")]
    for tick in axis:
        out += [svg.line(left, y(tick), width, y(tick), "grid")]
        out += [svg.text(left - 6, y(tick) + 4, svg.percent(tick), "tick end")]
    every = max(1, -(-(last - first + 1) // int((width - left) // 22)))
    for turn in range(first, last + 1, every):
        out.append(svg.text(x(turn), bottom + 16, str(turn), "tick mid"))
    for which, name in ((1, "task"), (0, "dialogue")):
        found = [(turn, pair[which]) for turn, *pair in series if pair[which].value is not None]
        below, above = ([(x(turn), y(svg.reach(f)[end])) for turn, f in found] for end in (0, 1))
        middle = [(x(turn), y(f.value or 0.0)) for turn, f in found]
        if len(found) > 1:
            out.append(svg.tag("path", d=_path([*above, *reversed(below)]) + "Z", class_=f"band {name}"))
            out.append(svg.tag("path", d=_path(middle), class_=f"course {name}"))
        stops: list[Markup] = []
        for (turn, figure), (cx, cy) in zip(found, middle, strict=True):
            said = "Asking" if name == "dialogue" else "Leading"
            if not hovers and len(found) > 1:
                continue  # on a phone nothing hovers, and the line alone says where the points are
            hover = [svg.tag("title", f"{group}, turn {turn}. {said}: {written(figure)}")] if hovers else []
            stops.append(svg.tag("circle", *hover, cx=cx, cy=cy, r=2.8))
        if stops:
            out.append(svg.tag("g", *stops, class_=f"stop {name}"))
    return out


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{svg.number(a)} {svg.number(b)}" for a, b in points)
