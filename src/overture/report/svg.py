"""Small functions that write SVG: an element, a mark, an axis, a whole picture. No styling: that is the style sheet's.

In come numbers and strings, out comes Markup that is safe to put on a page: every attribute and text is cleaned and
escaped here and nowhere else. Easy to get wrong: a picture scales with its box, and its letters with it, so each
picture is drawn twice, for a wide page and for a phone (`both`), and the style sheet shows the one that fits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import cos, floor, log10, pi, sin
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from .clean import visible

if TYPE_CHECKING:
    from ..audit.estimates import Figure

WIDE, NARROW = 720, 348
"""Units across a picture: as many as CSS pixels in the column it stands in."""
SHAPES = 8
"""How many groups get a shape and a colour of their own."""


def tag(name: str, *inside: str, **attributes: str | float | None) -> Markup:
    """One element. `class_` is `class`, `stroke_width` is `stroke-width`; None leaves an attribute out."""
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            text = number(value) if isinstance(value, int | float) else visible(value)
            words.append(f'{key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    body = "".join(part if isinstance(part, Markup) else escape(visible(part)) for part in inside)
    return Markup(f"<{' '.join(words)}>{body}</{name}>" if inside else f"<{' '.join(words)}/>")


def number(value: float) -> str:
    """A coordinate with no more digits than can be seen."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def text(x: float, y: float, words: str, class_: str = "label") -> Markup:
    """A line of text with its baseline at y; the classes `mid` and `end` say where x is in it."""
    return tag("text", words, x=x, y=y, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str | None = None) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def picture(key: str, title: str, description: str, width: float, height: float, *inside: str) -> Markup:
    """A whole picture. `key` must be unique on the page: it names the title and the description."""
    return tag(
        "svg",
        tag("title", title, id=f"{key}-t"),
        tag("desc", description, id=f"{key}-d"),
        *inside,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
        class_="picture",
    )


def both(draw: Callable[[str, int], Markup], key: str) -> Markup:
    """`draw(key, width)` for a wide page and for a phone; only one of them is ever shown."""
    wide = Markup('<div class="wide">{}</div>').format(draw(f"{key}-w", WIDE))
    return wide + Markup('<div class="narrow">{}</div>').format(draw(f"{key}-n", NARROW))


def lane_class(group: int) -> str:
    """The class of whatever holds a group's marks: its colour, and for the last one an open shape."""
    return f"ring g{group}" if group == SHAPES - 1 else f"mark g{group}"


def mark(group: int, x: float, y: float, size: float = 4.0, hover: str = "", class_: str | None = None) -> Markup:
    """The shape of a group centred on (x, y). Its colour comes from `class_` or from the element around it."""
    kind = group % SHAPES
    inside = (tag("title", hover),) if hover else ()
    if kind == 0:
        return tag("circle", *inside, cx=x, cy=y, r=size, class_=class_)
    if kind == 7:
        return tag("circle", *inside, cx=x, cy=y, r=size * 0.85, class_=class_)
    return tag("path", *inside, d=_outline(kind, x, y, size), class_=class_)


def _outline(kind: int, x: float, y: float, r: float) -> str:
    if kind in (5, 6):  # + and ×
        arm, turn = r * 0.42, 0.0 if kind == 5 else pi / 4
        long = r * 1.2
        plus = [(-arm, -long), (arm, -long), (arm, -arm), (long, -arm), (long, arm), (arm, arm)]
        corners = [*plus, *[(-a, -b) for a, b in plus]]
        points = [(a * cos(turn) - b * sin(turn), a * sin(turn) + b * cos(turn)) for a, b in corners]
    else:
        sides, start = {1: (4, pi / 4), 2: (3, -pi / 2), 3: (4, 0.0), 4: (3, pi / 2)}[kind]
        angles = [start + 2 * pi * i / sides for i in range(sides)]
        points = [(1.25 * r * cos(angle), 1.25 * r * sin(angle)) for angle in angles]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    moved = " ".join(f"{number(a)} {number(b)}" for a, b in steps)
    return f"M{number(x + points[0][0])} {number(y + points[0][1])}l{moved}z"


def ticks(highest: float, most: int = 6) -> list[float]:
    """Round values from 0 to at least `highest`, no more than `most` of them."""
    if highest <= 0:
        return [0.0, 1.0]
    step = 10.0 ** floor(log10(highest / most))
    while highest / step > most - 1:
        step *= 2 if f"{step:e}"[0] in "15" else 2.5
    top = floor(highest / step + 0.999999)
    return [i * step for i in range(top + 1)]


def percent(value: float) -> str:
    """A tick of a share."""
    return f"{value * 100:.3g}%"


def reach(figure: Figure) -> tuple[float, float]:
    """The ends of a figure's interval; its value where it has none, and 0 where it has no value either."""
    value = figure.value or 0.0
    return value if figure.low is None else figure.low, value if figure.high is None else figure.high


def strip(figure: Figure) -> Markup:
    """A share as a dot and its interval on a line from 0 to 100 %. Hidden from readers: the text beside it says it."""
    if figure.value is None or figure.unit != "share":
        return Markup("")
    low, high = reach(figure)
    return tag(
        "svg",
        line(4 + low * 100, 5, 4 + high * 100, 5, "reach"),
        tag("circle", cx=4 + figure.value * 100, cy=5, r=3.5, class_="dot"),
        viewBox="0 0 108 10",
        class_="strip",
        aria_hidden="true",
    )
