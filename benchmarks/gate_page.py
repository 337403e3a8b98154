"""The page of the gate: its tables from what `gate.py` measured.

In come figures by reader and set, the embedded model's, times and questions; out come sections in Markdown. Easy
to get wrong: sets are pooled with each set and each side counting alike, or the largest would speak for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from common import share, table
from overture.lenses.gaps import Weights
from overture.lenses.gaps_reader import reader

HEADS = (
    "set",
    "AUROC",
    "asked in need, %",
    "asked needlessly, %",
    "balanced accuracy, %",
    "MCC",
    "ECE",
    "lacking + complete (units)",
)
ASK_HEADS = ("lacking requests asked about", "n", "worded by the policy", "naming one thing", "of a right kind (known)",
             "naming two", "one of a right kind (known)", "quoting words")  # fmt: skip


def page(
    network: Weights,
    found: dict[str, dict[str, dict[str, Any]]],
    direct: dict[str, dict[str, Any]],
    took: dict[str, dict[str, float]],
) -> str:
    """The section of the page."""
    by = reader()
    parts = [
        "### The patterns alone",
        f"Thresholds {network.threshold[0]:.2f} and, for requests of figures, {network.threshold[1]:.2f}; "
        "chosen on the validation split.",
        table(HEADS, rows_of(found["patterns"])),
        "### With the second reader",
        f"It reads again from a probability of {by.least[0]:.2f} and {by.least[1]:.2f} on; thresholds "
        f"{by.threshold[0]:.2f} and {by.threshold[1]:.2f}.",
        table(HEADS, rows_of(found["careful"])),
    ]
    parts.append("Always asking and never asking have AUROC 0.50, balanced accuracy 50 %, MCC 0 on every set.")
    if direct:
        heads = ("set", "asked in need, %", "asked needlessly, %", "balanced accuracy, %", "MCC", "scored (unscored)")
        rows = [
            [
                name,
                *(written(each[f], True) for f in ("asked in need", "asked needlessly", "balanced accuracy")),
                written(each["MCC"]),
                f"{each['n']} ({each['unscored']})",
            ]
            for name, each in direct.items()
        ]
        parts += [
            "### The embedded model asked directly",
            "The first of each side in the order of a hash; IN3's complete ones from every split, since it learnt from none.",
            table(heads, rows),
        ]
    else:
        parts.append(
            "The embedded model asked directly (`gate_embedded.py`) has not given 90 verdicts a side of any set."
        )
    parts += ["### Calibration", "Five sets pooled, each set and each side counting alike.", tenths_table(found),
              "### Time", time_table(took)]  # fmt: skip
    return "\n\n".join(parts)


def written(figure: dict[str, float], percent: bool = False) -> str:
    scale, digits = (100, 0) if percent else (1, 2)
    value, low, high = (figure[k] * scale for k in ("value", "low", "high"))
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def rows_of(found: dict[str, dict[str, Any]]) -> list[list[str]]:
    return [
        [
            name,
            written(each["AUROC"]),
            written(each["asked in need"], True),
            written(each["asked needlessly"], True),
            written(each["balanced accuracy"], True),
            written(each["MCC"]),
            written(each["ECE"]),
            f"{each['lacking']} + {each['complete']} ({each['AUROC']['n']})",
        ]
        for name, each in found.items()
    ]


def tenths_table(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """How calibrated each reader is."""
    tenths = {name: pooled(each) for name, each in found.items()}
    rows = [
        [f"{k / 10:.1f} – {(k + 1) / 10:.1f}", *(cell for name in found for cell in tenths[name].get(k, ("", "", "")))]
        for k in range(10)
    ]
    heads = ("mean said", "share that lacks something", "of all")
    return table(("probability", *(f"{name}: {head}" for name in found for head in heads)), rows)


def time_table(took: dict[str, dict[str, float]]) -> str:
    """What one decision takes with each reader."""
    keys = ("p50", "p95", "p50 left alone", "p50 asked")
    rows = [[name, *(f"{each[key]:.1f}" for key in keys), f"{each['n']:.0f}"] for name, each in took.items()]
    return table(("one decision, ms", "median", "95th percentile", "left alone", "asked", "n"), rows)


def asks_table(put: dict[str, list[dict[str, Any]]]) -> str:
    """What is asked for, a set a row."""
    return table(ASK_HEADS, [[part, *_put(rows)] for part, rows in put.items()])


def _put(rows: list[dict[str, Any]]) -> list[str]:
    def of_them(some: list[dict[str, Any]], test: Callable[[dict[str, Any]], bool]) -> str:
        return share(sum(bool(test(row)) for row in some), len(some))

    one, two = ([row for row in rows if row["named"] == n] for n in (1, 2))
    known = [[row for row in some if row["right"] is not None] for some in (one, two)]
    return [
        str(len(rows)),
        of_them(rows, lambda row: bool(row["said"])),
        of_them(rows, lambda row: row["named"] == 1),
        of_them(known[0], lambda row: row["right"]),
        of_them(rows, lambda row: row["named"] == 2),
        of_them(known[1], lambda row: row["right"]),
        of_them(rows, lambda row: row["quoted"]),
    ]


def pooled(found: dict[str, dict[str, Any]]) -> dict[int, tuple[str, str, str]]:
    """Of each tenth: mean probability, share lacking, share of all."""
    names = ("missing: templates", "missing: gsm8k", "written: requests", "written: sums", "checkup pairs")
    tenths: dict[int, list[tuple[float, float, float]]] = {}
    for name in names:
        for w, said, seen in found[name]["bins"]:
            tenths.setdefault(min(int(said * 10), 9), []).append((w, said, seen))
    out: dict[int, tuple[str, str, str]] = {}
    for k, each in tenths.items():
        w = np.array([e[0] for e in each])
        said, seen = (float((w * np.array([e[i] for e in each])).sum() / w.sum()) for i in (1, 2))
        out[k] = (f"{said:.2f}", f"{seen:.2f}", f"{w.sum() / len(names):.0%}")
    return out
