"""The published headline beside what was found here: how often a problem that lacks a number is solved in the end.

In come the scores of a simulation by protocol; out comes a Beside. Easy to get wrong: the published accuracy is of
lacking problems after the clarification, so complete twins, which anybody who reckons well solves, must not be in it.
Source: Wang et al. 2025 (arXiv 2507.23407), GSM-MC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..beside import Beside

SOURCE = "Wang et al. 2025: Qwen3-1.7B on GSM-MC after training; 0.15% before"
ACCURACY = 0.7398


def beside(by_protocol: Mapping[str, Mapping[str, Sequence[float | None]]], seed: int = 0) -> list[Beside]:
    """`right_when_told` of the lacking problems of `mc`, by problem; nothing where none was scored."""
    import numpy as np

    from ...audit.estimates import Tally

    scored = [
        [score for score in scores if score is not None]
        for item, scores in by_protocol.get("mc", {}).items()
        if item.endswith("/lacking")
    ]
    tally = Tally(("right_when_told",), seed)
    sums = np.array([(sum(each), len(each)) for each in scored], float).reshape(-1, 2)
    tally.add(sums[:, :1], sums[:, 1:])
    figure = tally.figure("right_when_told")
    plain = "Problems that lack a number, solved in the end"
    return [Beside("right_when_told", plain, figure, ACCURACY, SOURCE)] if figure.n else []
