"""Pictures: marks stand where the figures are, groups can be told apart, labels do not hide one another."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
from samples import NOTHING, share

from overture.report.matrix import Matrix, matrix
from overture.report.plane import Point, plane
from overture.report.svg import SHAPES, WIDE, mark, ticks
from overture.report.turns import turns
from overture.report.whiskers import Row, whiskers

# Machado et al. 2009, severity 1.0: what is left of linear RGB without one kind of cone.
BLINDNESS = {
    "none": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    "protan": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    "deutan": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
    "tritan": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, two: str) -> float:
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, two))
    return light[1] / light[0]


def palettes() -> list[dict[str, str]]:
    css = files("overture.report").joinpath("templates/style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    assert len(blocks) == 2, "light and dark"
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


@pytest.mark.parametrize("scheme", [0, 1])
def test_eight_groups_can_be_told_apart(scheme: int) -> None:
    colours = palettes()[scheme]
    group = [colours[f"g{i}"] for i in range(SHAPES)]
    for kind, left in BLINDNESS.items():
        seen = [lab(np.reshape(left, (3, 3)) @ linear(colour)) for colour in group]
        for (i, a), (j, b) in combinations(enumerate(seen), 2):
            assert np.linalg.norm(a - b) > 15, f"{group[i]} and {group[j]} look alike ({kind})"
    for colour in group:
        assert contrast(colour, colours["paper"]) >= 3, colour
    for name in ("ink", "soft", "accent"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    shapes = {re.sub(r"[\d. -]+", "#", str(mark(i, 0, 0))) + str(mark(i, 0, 0)) for i in range(SHAPES)}
    assert len(shapes) == SHAPES


def test_whiskers_stand_where_the_shares_are() -> None:
    rows = [Row("elicit", {"a": share(0.5, 100), "b": share(0.25, 100)})]
    svg = str(whiskers("k", "t", "d", rows, ["a", "b"], WIDE))
    a, b = (float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg) + re.findall(r'd="M([\d.]+)', svg))
    ends = [
        (float(x), float(y)) for x, y in re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)" y2="[\d.]+"/>', svg)
    ]
    assert len(ends) == 2 and ends[0][0] < a < ends[0][1] and ends[1][0] < b < ends[1][1] < a
    assert "a, elicit: 50% (40–60%, n" in svg


@pytest.mark.parametrize("highest", [0.0, 0.003, 0.0501, 0.1, 0.34, 0.61, 1.0])
def test_ticks_reach_the_highest_and_are_few(highest: float) -> None:
    for most in (4, 5, 6):
        found = ticks(highest, most)
        assert 2 <= len(found) <= most and found[0] == 0 and found[-1] >= highest


def test_yardsticks_on_one_corner_share_a_label() -> None:
    zero, one = share(0.0, 50), share(1.0, 50)
    points = [Point("model", share(0.04, 48), share(0.02, 48))]
    points += [Point(name, zero, zero, True) for name in ("guesser", "coach", "silent")] + [
        Point("asker", one, zero, True)
    ]
    for width in (WIDE, 348):
        svg = str(plane("k", "t", "d", points, width))
        assert svg.count('class="yardstick"') == 2 and "guesser · coach · silent" in svg
        labels = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="(?:name g0|tick)">([a-z][^<]*)</text>', svg)
        assert len(labels) == 3
        boxes = [(float(x), float(y), float(x) + 6 * len(words)) for x, y, words in labels]
        for p, q in combinations(boxes, 2):
            assert abs(p[1] - q[1]) >= 13 or p[2] < q[0] or q[2] < p[0]


def test_turns_leave_out_what_was_not_counted() -> None:
    svg = str(turns("k", "t", "d", {"g": [(1, share(0.4, 50), NOTHING), (2, share(0.2, 20), NOTHING)]}, WIDE))
    assert svg.count("<circle") == 2 and 'course dialogue"' in svg and 'course task"' not in svg


def test_matrix_refuses_counts_of_another_shape() -> None:
    with pytest.raises(ValueError, match="another shape"):
        Matrix(["a"], ["b", "c"], [[1]])
    svg = str(matrix("k", "t", "d", Matrix(["a"], ["b", "c"], [[0, 12345]]), WIDE))
    assert "12k" in svg and "a → c: 12,345" in svg
