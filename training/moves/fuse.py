"""Put the careful reader and the lens together, on the validation fold that neither network was trained on.

    python training/moves/fuse.py [--write]

In come `.cache/oof.npz` (the lens's logits of the fold, from `train.py`) and `.cache/reader-validate.*` (the reader's, from
`read.py --validate`). A logistic curve a move takes both logits; what it gives is compared with the lens alone on ever more
messages, those with the most expected wrong labels first. Curves and thresholds of one half of the fold are scored on the
other. With `--write`, `careful.npz` goes into the package.
"""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from dataset import load, targets
from reader import FROZEN, LAYERS
from sklearn.linear_model import LogisticRegression
from train import best_threshold, folds, settle

from overture.lenses.batch import lay_flat
from overture.lenses.moves import NAMES, gather, sigmoid

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
MOVES = len(NAMES)
LEAST = 20
SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def curves(two: np.ndarray, truth, judged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2 * moves, 3) factors of the reader's and the lens's logits and an offset; (2 * moves,) thresholds.

    `two` is (M, 2 * moves, 2). As in `settle`, the second half is of "unasked, given that it is made", and its thresholds
    are of both together.
    """
    mix = np.zeros((2 * MOVES, 3), np.float32)
    threshold = np.full(2 * MOVES, 0.5, np.float32)
    for k in range(MOVES):
        for row, some, y in (
            (k, judged, truth[2][:, k] > 0),
            (MOVES + k, judged & (truth[2][:, k] > 0), truth[3][:, k] > 0),
        ):
            if 5 <= y[some].sum() <= some.sum() - 5:
                fitted = LogisticRegression(C=1.0).fit(two[some, row], y[some])
                mix[row] = [*fitted.coef_[0], fitted.intercept_[0]]
            else:
                mix[row, 2] = np.log((y[some].sum() + 0.5) / (some.sum() - y[some].sum() + 0.5))
        made, unasked = mixed(two[judged], mix, k)
        threshold[k] = best_threshold(made, truth[2][judged, k])
        threshold[MOVES + k] = best_threshold(unasked * (made >= threshold[k]), truth[3][judged, k], 0.35)
    return mix, threshold


def mixed(two: np.ndarray, mix: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    made, given = (sigmoid(two[:, row] @ mix[row, :2] + mix[row, 2]) for row in (k, MOVES + k))
    return made, made * given


def labels(two: np.ndarray, mix: np.ndarray, threshold: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(M, moves) probabilities, made, made and unasked."""
    pairs = [mixed(two, mix, k) for k in range(MOVES)]
    made, unasked = (np.stack([pair[side] for pair in pairs], 1) for side in (0, 1))
    hit = made >= threshold[:MOVES]
    return made, hit, hit & (unasked >= threshold[MOVES:])


def macro(hit: np.ndarray, truth: np.ndarray) -> tuple[float, dict[str, float]]:
    found = {
        NAMES[k]: 2 * (hit[:, k] & truth[:, k]).sum() / max(1, hit[:, k].sum() + truth[:, k].sum())
        for k in range(MOVES)
        if truth[:, k].sum() >= LEAST
    }
    return float(np.mean(list(found.values()))), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    by_key = {e.key: e for e in load() if e.held_out is None}
    size = {k: len(lay_flat([e.conversation]).message_of) for k, e in by_key.items()}
    with np.load(CACHE / "oof.npz") as lens, np.load(CACHE / "reader-validate.npz") as reader:
        fold = dict(zip(by_key, folds(list(by_key.values()), 5), strict=True))
        keys = [k for k in lens["keys"] if fold[k] == 0 and k in set(reader["keys"])]
        examples = [by_key[k] for k in keys]
        batch = lay_flat([e.conversation for e in examples])
        rows = []
        for stored in (reader, lens):
            ends = np.cumsum([size[k] for k in stored["keys"]])
            if ends[-1] != len(stored["logit"]):
                raise ValueError("a stored conversation has other segments now; run train.py and read.py again")
            part = dict(zip(stored["keys"], np.split(stored["logit"], ends[:-1]), strict=True))
            rows.append(np.concatenate([part[k] for k in keys]))
    truth = targets(examples, batch)
    two = np.stack([gather(np.nan_to_num(r, nan=-30), batch) for r in rows], axis=2)
    judged = (batch.side > 0) & truth[4]
    slope, offset, _ = settle(two[:, :, 1], truth, judged)
    two[:, :, 1] = np.clip(two[:, :, 1] * slope + offset, -13.8, 13.8)  # as the lens gives it out
    half = np.array([int(sha256(k.encode()).hexdigest()[20:24], 16) % 2 for k in keys])[batch.conversation_of]
    results = {}
    for name, given in (("lens", two * [0, 1]), ("reader", two * [1, 0]), ("both", two)):
        made, hit, unasked = (np.zeros((len(two), MOVES), t) for t in (np.float32, bool, bool))
        for side in (0, 1):
            mix, threshold = curves(given, truth, judged & (half == side))
            some = half != side
            made[some], hit[some], unasked[some] = labels(given[some], mix, threshold)
        results[name] = made[judged], hit[judged], unasked[judged]
    y, u = truth[2][judged] > 0, truth[3][judged] > 0
    print(f"{judged.sum()} messages")
    for name, (_, hit, unasked) in results.items():
        score, each = macro(hit, y)
        print(
            f"{name}: macro-F1 {score:.4f}, unasked {macro(unasked, u)[0]:.4f}",
            {k: round(v, 2) for k, v in each.items()},
        )
    made, hit, unasked = results["lens"]
    doubt = np.minimum(made, 1 - made).sum(1)
    order = np.argsort(-doubt)
    for share in SHARES:
        again = np.zeros(len(doubt), bool)
        again[order[: round(share * len(doubt))]] = True
        new, new_u = hit.copy(), unasked.copy()
        new[again], new_u[again] = results["both"][1][again], results["both"][2][again]
        print(
            f"{share:.0%} read again (doubt from {doubt[again].min():.2f}): all {macro(new, y)[0]:.4f}, unasked "
            f"{macro(new_u, u)[0]:.4f}; of those read again, lens {macro(hit[again], y[again])[0]:.4f}, "
            f"both {macro(new[again], y[again])[0]:.4f}"
        )
    if not args.write:
        return
    mix, threshold = curves(two, truth, judged)
    state = torch.load(CACHE / "reader-validate.pt")
    paths = {"up": "intermediate.dense", "down": "output.dense"}
    out = {"layers": np.array(LAYERS), "mix": mix, "threshold": threshold}
    for layer in range(FROZEN, LAYERS):
        for name in ("q", "k", "v", "o", "up", "down"):
            path = f"encoder.layer.{layer}.{paths.get(name, f'attention.attn.{name}')}.weight"
            out[f"{path}.a"] = state[f"low.{layer}_{name}_a"].numpy().astype(np.float16)
            out[f"{path}.b"] = (2 * state[f"low.{layer}_{name}_b"]).numpy().astype(np.float16)
    for name in ("inner", "outer"):
        out[name] = state[f"{name}.weight"].numpy().T.astype(np.float16)
        out[f"{name}_bias"] = state[f"{name}.bias"].numpy().astype(np.float16)
    np.savez_compressed(ROOT / "src/overture/lenses/weights/careful.npz", **out)


if __name__ == "__main__":
    main()
