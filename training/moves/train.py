"""Train the lens `moves`, from labels to the weights in the package.

    python training/moves/train.py [--seed 7] [--epochs 16] [--write]

Three steps. 1) Five folds over the training conversations, each trained without one fold, give every training message a
probability from a network that never saw it: these calibrate the logits (a slope and an offset a move) and choose
each move's threshold by its F1. 2) A network on all training conversations. 3) With `--held-out`, and for the last run
alone, the held-out sets, which nothing above has touched, are scored.
"""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from dataset import HELD_OUT, Example, load, targets
from network import fit, segment_logits
from scores import f1_table, report

from overture.lenses.batch import lay_flat
from overture.lenses.moves import NAMES, gather, sigmoid

ROOT = Path(__file__).resolve().parents[2]
PACKAGED = ROOT / "src/overture/lenses/weights/moves.npz"


def folds(examples: list[Example], count: int) -> np.ndarray:
    """(C,) each conversation's fold, by its key: more labels move no other conversation."""
    return np.array([int(sha256(e.key.encode()).hexdigest()[8:16], 16) % count for e in examples])


def calibrate(logit: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic curve from logits to truth, by Newton steps with a light prior on slope 1."""
    slope, offset = 1.0, 0.0
    for _ in range(200):
        p = 1 / (1 + np.exp(-np.clip(slope * logit + offset, -30, 30)))
        w = p * (1 - p) + 1e-9
        g = np.array([np.sum((p - truth) * logit) + (slope - 1), np.sum(p - truth)])
        h = np.array([[np.sum(w * logit * logit) + 1, np.sum(w * logit)], [np.sum(w * logit), np.sum(w) + 1e-6]])
        step = np.clip(np.linalg.solve(h, g), -0.5, 0.5)  # a whole Newton step can leap past a rare move's optimum
        slope, offset = slope - step[0], offset - step[1]
        if np.abs(step).max() < 1e-8:
            break
    return float(max(slope, 0.05)), float(offset)


def best_threshold(probability: np.ndarray, truth: np.ndarray, rest: float = 0.45) -> float:
    """The threshold with the best F1, drawn towards `rest` so that few positives do not set it alone."""
    grid = np.linspace(0.05, 0.9, 86)
    f1 = [
        2 * np.sum((probability >= t) & (truth > 0)) / max(1, np.sum(probability >= t) + np.sum(truth > 0))
        for t in grid
    ]
    weight = min(1.0, truth.sum() / 100)
    return float(weight * grid[int(np.argmax(f1))] + (1 - weight) * rest)


def recalled(path: Path, train: list[Example]) -> np.ndarray:
    """(S, 2 * moves) the logits that an earlier run kept, nan for conversations that it did not have."""
    size = {e.key: len(lay_flat([e.conversation]).message_of) for e in train}
    with np.load(path) as stored:
        keys, logit = stored["keys"].tolist(), stored["logit"]
    part = dict(zip(keys, np.split(logit, np.cumsum([size[k] for k in keys])[:-1]), strict=True))
    nothing = np.full((0, 2 * len(NAMES)), np.nan, np.float32)
    rows = [part.get(k, nothing) for k in size]
    return np.concatenate(
        [
            r if len(r) == n else np.full((n, 2 * len(NAMES)), np.nan, np.float32)
            for r, n in zip(rows, size.values(), strict=True)
        ]
    )


def settle(oof: np.ndarray, truth, judged: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, offset and threshold, each (2 * moves,), from logits that messages got from networks that never saw them.

    `oof` is (M, 2 * moves). The second half of the slopes and offsets is of "unasked, given that it is made"; the second half
    of the thresholds is of "made and unasked", which is what is counted.
    """
    moves = len(NAMES)
    slope, offset = np.ones(2 * moves, np.float32), np.zeros(2 * moves, np.float32)
    threshold = np.full(2 * moves, 0.5, np.float32)
    for k in range(moves):
        y = truth[2][judged, k]
        slope[k], offset[k] = calibrate(oof[judged, k], y)
        probability = sigmoid(oof[judged, k] * slope[k] + offset[k])
        threshold[k] = best_threshold(probability, y)
        made = judged & (truth[2][:, k] > 0)
        u = truth[3][made, k]
        if 5 <= u.sum() <= len(u) - 5:
            slope[moves + k], offset[moves + k] = calibrate(oof[made, moves + k], u)
        elif u.sum() < 5:
            slope[moves + k], offset[moves + k] = 0.05, -4.0
        both = probability * sigmoid(oof[judged, moves + k] * slope[moves + k] + offset[moves + k])
        hit = probability >= threshold[k]
        threshold[moves + k] = best_threshold(both * hit, truth[3][judged, k], 0.35)
    return slope, offset, threshold


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--turns", type=int, help="leave out only so many of the folds in turn: quicker, coarser")
    parser.add_argument("--kept", action="store_true", help="take .cache/oof.npz of an earlier run for the folds")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--held-out", action="store_true", help="score the held-out sets; once, when all is chosen")
    parser.add_argument("--write", type=Path, nargs="?", const=PACKAGED, help="write the weights, into the package")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    everything = load()
    train = [e for e in everything if e.held_out is None]
    batch = lay_flat([e.conversation for e in train])
    truth = targets(train, batch)
    turns = args.turns or args.folds
    fold_of = folds(train, args.folds)[batch.conversation_of]
    segment_fold = fold_of[batch.message_of]
    kept = ROOT / ".cache" / "oof.npz"
    if args.kept:
        raw = recalled(kept, train)
    else:
        raw = np.full((len(batch.message_of), 2 * len(NAMES)), np.nan, np.float32)
        for fold in range(turns):
            network = fit(batch, truth, fold_of != fold, args.seed + fold, args.epochs)
            raw[segment_fold == fold] = segment_logits(network, batch)[segment_fold == fold]
            print(f"fold {fold + 1}", flush=True)
        np.savez(kept, logit=raw, keys=np.array([e.key for e in train]))
    there = np.bincount(batch.message_of, weights=~np.isnan(raw[:, 0]), minlength=len(batch.messages)) > 0
    oof = gather(np.nan_to_num(raw, nan=-30), batch)
    judged = (batch.side > 0) & truth[4] & there & (fold_of < turns)
    slope, offset, threshold = settle(oof, truth, judged)
    table = f1_table(sigmoid(oof * slope + offset), truth, judged, threshold)
    print(f"out of fold: {judged.sum()} messages; macro-F1 {table['macro']:.3f}, thresholds being chosen on them")
    network = fit(batch, truth, np.ones(len(batch.messages), bool), args.seed, args.epochs)
    weights = network.export(slope, offset, threshold)
    if args.held_out:
        kinds = (*HELD_OUT, "all")
        held = {k: [e for e in everything if e.held_out and k in (e.held_out, "all")] for k in kinds}
        for kind, row in ((k, report(examples, weights)) for k, examples in held.items() if examples):
            print(
                f"{kind}: {row['messages']} messages; macro-F1 {row['macro']:.3f}, unasked {row['macro_unasked']:.3f}"
            )
    if args.write:
        network.save(args.write, slope, offset, threshold)


if __name__ == "__main__":
    main()
