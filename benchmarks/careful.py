"""What does reading again bring, and what does it cost?

    python benchmarks/careful.py --docs        # the section `careful` of docs/results/moves.md

Compares, in one run and on the same held-out messages, the lens `moves` alone with the lens and the careful reader
(`overture audit --careful`): macro-F1 of all messages and of those read again, by paired resampling of conversations, and
messages a second of either. Needs the labelled set's public texts and the data item `mpnet`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training" / "moves"))

from dataset import load, targets  # noqa: E402
from scores import macro_draws  # noqa: E402

from common import finish, table  # noqa: E402
from overture.lenses.batch import lay_flat  # noqa: E402
from overture.lenses.careful import LEAST_DOUBT, doubt, encoder, reread  # noqa: E402
from overture.lenses.moves import NAMES, look  # noqa: E402

Bools = NDArray[np.bool_]
DRAWS = 500
HOLD_OUTS = {"held out afresh": ("fresh",), "the older hold-out": ("conversation", "source")}


def compared(truth: Bools, one: Bools, two: Bools, owner: NDArray[np.int64]) -> dict[str, Any]:
    """Macro-F1 of both over the moves that occur LEAST times, and the difference; intervals resample conversations."""
    number = np.unique(owner, return_inverse=True)[1]
    frequent, (lens, careful) = macro_draws(truth, (one, two), number, int(number.max()) + 1, DRAWS)

    def interval(values: NDArray[np.float64]) -> list[float]:
        return [float(values[0]), *(float(v) for v in np.percentile(values[1:], [2.5, 97.5]))]

    return {
        "messages": len(truth),
        "counted": [NAMES[k] for k in frequent],
        "lens": interval(lens),
        "careful": interval(careful),
        "gain": interval(careful - lens),
    }


def measured(kinds: tuple[str, ...]) -> dict[str, Any]:
    examples = [e for e in load() if e.held_out in kinds]
    batch = lay_flat([e.conversation for e in examples])
    _, _, made, unasked, labelled = targets(examples, batch)
    began = time.perf_counter()
    alone = look(lay_flat([e.conversation for e in examples]))
    fast = time.perf_counter() - began
    began = time.perf_counter()
    both = reread(batch, alone)
    slow = time.perf_counter() - began
    keep = (batch.side > 0) & labelled
    again = alone.scored & (doubt(alone) >= LEAST_DOUBT)
    owner = batch.conversation_of.astype(np.int64)
    pairs = {
        "moves": (made > 0, alone.made, both.made, keep),
        "unasked": (unasked > 0, alone.made_unasked, both.made_unasked, keep),
        "moves, read again": (made > 0, alone.made, both.made, keep & again),
    }
    return {
        "figures": {name: compared(t[k], a[k], b[k], owner[k]) for name, (t, a, b, k) in pairs.items()},
        "again": float(again[keep].mean()),
        "lens_rate": len(batch.messages) / fast,
        "careful_rate": len(batch.messages) / (fast + slow),
        "again_rate": float(again.sum()) / slow,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    encoder()
    found = {words: measured(kinds) for words, kinds in HOLD_OUTS.items()}

    def shown(values: list[float]) -> str:
        return f"{values[0]:.3f} ({values[1]:.3f} … {values[2]:.3f})"

    rows = [
        [f"{words}: {name}", f"{f['messages']:,}", *(shown(f[side]) for side in ("lens", "careful", "gain"))]
        for words, result in found.items()
        for name, f in result["figures"].items()
    ]
    first = found["held out afresh"]
    text = (
        table(["macro-F1 (95 %, by conversation)", "messages", "the lens", "with `--careful`", "gain"], rows)
        + f"\n\nRead again: the messages of which the lens expects {LEAST_DOUBT:g} wrong labels or more, "
        f"{100 * first['again']:.0f} % of the fresh ones. Messages a second there, one process: {first['lens_rate']:,.0f} by the "
        f"lens, {first['careful_rate']:,.1f} with `--careful`, {first['again_rate']:,.1f} of those read again."
    )
    finish("careful", "moves.md", {"n": first["figures"]["moves"]["messages"], "hold_outs": found}, text, args.docs)


if __name__ == "__main__":
    main()
