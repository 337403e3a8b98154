"""How far two labellers who do not know of each other agree: the ceiling of anything trained on their labels.

    python training/moves/agreement.py [--second FILE] [--store NUMBERED] [--json OUT]

`--store` first turns a second labeller's numbered lines into FILE, `second/blind.jsonl` unless said (key, message, offsets,
labels). Out come, a move, Cohen's kappa over messages and the F1 of the second labeller against the first, and pairs of
moves that the two mix up. Intervals are 95 %, resampled by conversation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from dataset import HERE, load
from store import numbered

from overture.lenses.segments import segments
from overture.moves import MOVES

SECOND = HERE / "second" / "blind.jsonl"
LABELS = (*MOVES, *(f"{move}!" for move in MOVES))
"""Every move, and every move done unasked."""
ROUNDS = 300


def store(path: Path, second: Path = SECOND) -> None:
    by_key = {e.key: e for e in load()}
    lines = []
    for key, rows in numbered(path).items():
        stored = []
        for index, message in enumerate(by_key[key].conversation.messages):
            calls = 0
            for number, (start, end, _) in enumerate(segments(message)):
                if start < 0:
                    calls += 1
                    start, end = -calls, -1
                if (index, number) in rows:
                    stored.append((index, start, end, rows[index, number]))
        lines.append(json.dumps({"key": key, "labels": stored}))
    second.write_text("\n".join(lines) + "\n")


def tables(path: Path = SECOND) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, 2 * moves) of the first and of the second labeller, and (N,) conversation numbers."""
    by_key = {e.key: e for e in load()}
    names = {label: i for i, label in enumerate(LABELS)}
    one, two, owner = [], [], []
    for number, line in enumerate(path.read_text().splitlines()):
        row = json.loads(line)
        example = by_key[row["key"]]
        second: dict[int, set[str]] = {}
        for index, _, _, labels in row["labels"]:
            second.setdefault(index, set()).update(labels.split())
        for index in example.stretches:
            if index not in second or example.conversation.messages[index].role == "system":
                continue
            pair = np.zeros((2, len(names)), bool)
            for side, labels in enumerate((example.labels(index), second[index])):
                for label in labels:
                    pair[side, names[label]] = True
                    pair[side, names[label.rstrip("!")]] = True
            one.append(pair[0])
            two.append(pair[1])
            owner.append(number)
    return np.array(one), np.array(two), np.array(owner)


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    observed = (a == b).mean()
    expected = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((observed - expected) / (1 - expected)) if expected < 1 else float("nan")


def f1(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def resampling(owner: np.ndarray) -> Callable[[], np.ndarray]:
    """Message numbers of as many conversations, drawn with replacement; another draw at each call."""
    rng, size = np.random.default_rng(0), int(owner.max()) + 1
    return lambda: np.repeat(np.arange(len(owner)), np.bincount(rng.integers(0, size, size), minlength=size)[owner])


def by_label(a: np.ndarray, b: np.ndarray, drawn: Callable[[], np.ndarray]) -> dict[str, dict[str, Any]]:
    """A move and a move done unasked (`name!`): how often either gave it, kappa with its interval, F1."""
    rows: dict[str, dict[str, Any]] = {}
    for k, name in enumerate(LABELS):
        draws = [kappa(a[at, k], b[at, k]) for at in (drawn() for _ in range(ROUNDS))]
        low, high = np.nanpercentile(draws, [2.5, 97.5]) if not np.isnan(draws).all() else (float("nan"),) * 2
        rows[name] = {
            "first": int(a[:, k].sum()),
            "second": int(b[:, k].sum()),
            "kappa": kappa(a[:, k], b[:, k]),
            "low": float(low),
            "high": float(high),
            "f1": f1(a[:, k], b[:, k]),
        }
    return rows


def macro_f1(
    a: np.ndarray, b: np.ndarray, labels: list[str], drawn: Callable[[], np.ndarray]
) -> tuple[float, list[float]] | tuple[None, None]:
    """The mean F1 of these labels, and its interval."""
    if not labels:
        return None, None
    ks = [LABELS.index(name) for name in labels]
    draws = [np.mean([f1(a[at, k], b[at, k]) for k in ks]) for at in (drawn() for _ in range(ROUNDS))]
    return float(np.mean([f1(a[:, k], b[:, k]) for k in ks])), [float(v) for v in np.percentile(draws, [2.5, 97.5])]


def confusions(a: np.ndarray, b: np.ndarray) -> list[tuple[int, str, str]]:
    """(how often, what the first said, what the second said instead), the most frequent first."""
    counts = (
        (int((a[:, i] & ~b[:, i] & b[:, j] & ~a[:, j]).sum()), x, y)
        for i, x in enumerate(MOVES)
        for j, y in enumerate(MOVES)
    )
    return sorted((row for row in counts if row[0] >= 3), reverse=True)[:20]


def show(found: dict[str, Any]) -> None:
    def said(score: float | None, between: list[float] | None) -> str:
        return "none" if score is None or between is None else f"{score:.3f} ({between[0]:.2f}-{between[1]:.2f})"

    macro = said(found["macro_f1"], found["macro_f1_interval"])
    unasked = said(found["macro_f1_unasked"], found["macro_f1_unasked_interval"])
    print(
        f"{found['messages']} messages in {found['conversations']} conversations; macro-F1 between labellers {macro} "
        f"over {len(found['counted'])} moves, unasked {unasked} over {len(found['counted_unasked'])}"
    )
    for name in MOVES:
        r, u = found["moves"][name], found["moves"][f"{name}!"]
        print(
            f"{name:12s} {r['first']:4d} {r['second']:4d}  kappa {r['kappa']:.2f} ({r['low']:.2f}-{r['high']:.2f})  "
            f"F1 {r['f1']:.2f}   unasked kappa {u['kappa']:.2f} n {u['first']}"
        )
    print("first said, second said instead:", found["confused"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--second", type=Path, default=SECOND, help="the second labeller's file")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.store:
        store(args.store, args.second)
    a, b, owner = tables(args.second)
    drawn = resampling(owner)
    rows = by_label(a, b, drawn)
    frequent, frequent_u = (
        [n for n in LABELS if rows[n]["first"] >= 10 and n.endswith("!") is u] for u in (False, True)
    )
    macro, interval = macro_f1(a, b, frequent, drawn)
    macro_u, interval_u = macro_f1(a, b, frequent_u, drawn)
    found = {
        "messages": len(a),
        "conversations": int(owner.max() + 1),
        "macro_f1": macro,
        "macro_f1_interval": interval,
        "macro_f1_unasked": macro_u,
        "macro_f1_unasked_interval": interval_u,
        "counted": frequent,
        "counted_unasked": frequent_u,
        "moves": rows,
        "confused": confusions(a, b),
    }
    show(found)
    if args.json:
        # A kappa of a move that neither gave is not a number: null.
        args.json.write_text(json.dumps(json.loads(json.dumps(found), parse_constant=lambda _: None), indent=1) + "\n")


if __name__ == "__main__":
    main()
