"""How far two labellers who do not know of each other agree: the ceiling of anything trained on their labels.

    python training/moves/agreement.py [--second FILE] [--store NUMBERED] [--json OUT]

`--store` first turns a second labeller's numbered lines into FILE, `second/blind.jsonl` unless said (key, message, offsets,
labels). Out come, a move, Cohen's kappa over messages and the F1 of the second labeller against the first; pairs of moves
that the two mix up; and which moves stay under kappa 0.6. Intervals are 95 %, resampled by conversation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from dataset import HERE, load
from store import numbered

from overture.lenses.segments import segments
from overture.moves import MOVES

SECOND = HERE / "second" / "blind.jsonl"


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


def tables(path: Path = SECOND) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[bool]]:
    """(N, 2 * moves) of the first and of the second labeller, (N,) conversation numbers, and which are held out."""
    by_key = {e.key: e for e in load()}
    names = {label: i for i, label in enumerate([*MOVES, *(f"{m}!" for m in MOVES)])}
    one, two, owner, held = [], [], [], []
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
            held.append(example.held_out is not None)
    return np.array(one), np.array(two), np.array(owner), held


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    observed = (a == b).mean()
    expected = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((observed - expected) / (1 - expected)) if expected < 1 else float("nan")


def f1(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--second", type=Path, default=SECOND, help="the second labeller's file")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.store:
        store(args.store, args.second)
    a, b, owner, _ = tables(args.second)
    names = list(MOVES)
    rng = np.random.default_rng(0)
    size = int(owner.max()) + 1

    def resampled() -> np.ndarray:
        """Message numbers of as many conversations, drawn with replacement."""
        return np.repeat(np.arange(len(owner)), np.bincount(rng.integers(0, size, size), minlength=size)[owner])

    rows = {}
    for k, name in enumerate([*names, *(f"{m}!" for m in names)]):
        draws = []
        for _ in range(300):
            at = resampled()
            draws.append(kappa(a[at, k], b[at, k]))
        low, high = np.nanpercentile(draws, [2.5, 97.5]) if not np.isnan(draws).all() else (float("nan"),) * 2
        rows[name] = {
            "first": int(a[:, k].sum()),
            "second": int(b[:, k].sum()),
            "kappa": kappa(a[:, k], b[:, k]),
            "low": float(low),
            "high": float(high),
            "f1": f1(a[:, k], b[:, k]),
        }
    columns = {name: k for k, name in enumerate(rows)}

    def macro_f1(counted: list[str]) -> tuple[float, list[float]] | tuple[None, None]:
        """The mean F1 of these labels, and its interval."""
        if not counted:
            return None, None
        ks = [columns[n] for n in counted]
        draws = []
        for _ in range(300):
            at = resampled()
            draws.append(np.mean([f1(a[at, k], b[at, k]) for k in ks]))
        return float(np.mean([rows[n]["f1"] for n in counted])), [float(v) for v in np.percentile(draws, [2.5, 97.5])]

    def said(score: float | None, between: list[float] | None) -> str:
        return "none" if score is None or between is None else f"{score:.3f} ({between[0]:.2f}-{between[1]:.2f})"

    frequent = [n for n in names if rows[n]["first"] >= 10]
    macro, interval = macro_f1(frequent)
    frequent_u = [f"{n}!" for n in names if rows[f"{n}!"]["first"] >= 10]
    macro_u, interval_u = macro_f1(frequent_u)
    confused = []
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            n = int((a[:, i] & ~b[:, i] & b[:, j] & ~a[:, j]).sum())
            if n >= 3:
                confused.append((n, x, y))
    print(
        f"{len(a)} messages in {owner.max() + 1} conversations; macro-F1 between labellers {said(macro, interval)} over {len(frequent)} moves, unasked {said(macro_u, interval_u)} over {len(frequent_u)}"
    )
    for name in names:
        r = rows[name]
        print(
            f"{name:12s} {r['first']:4d} {r['second']:4d}  kappa {r['kappa']:.2f} ({r['low']:.2f}-{r['high']:.2f})  F1 {r['f1']:.2f}   unasked kappa {rows[name + '!']['kappa']:.2f} n {rows[name + '!']['first']}"
        )
    print("first said, second said instead:", sorted(confused, reverse=True)[:20])
    if args.json:
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
            "confused": sorted(confused, reverse=True)[:20],
        }
        # A kappa of a move that neither gave is not a number: null.
        args.json.write_text(json.dumps(json.loads(json.dumps(found), parse_constant=lambda _: None), indent=1) + "\n")


if __name__ == "__main__":
    main()
