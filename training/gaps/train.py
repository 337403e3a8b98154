"""Train the lens `gaps`, from the sets to the weights in the package.

    python training/gaps/train.py [--seed 3] [--epochs 12] [--without SET …] [--out FILE] [--write]

Comes in: `dataset.load()`. Three steps. 1) A network on everything of split `train`. 2) On split `valid`, each set and
each side of it counting alike, a slope and an offset calibrate the logit. 3) Also there, the threshold is the lowest at
which at most `--needless` of the complete requests would be asked. Split `test` is not read here: `benchmarks/gate.py`
does that. Easy to get wrong: the sets differ in how many of their requests lack something, so what is calibrated is
the probability at even odds, and a user with other odds shifts it (`Gaps.prior`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dataset import Example, drawn, load
from heads import refit
from network import arrays, fit, weights_of

from overture.lenses.batch import lay_flat
from overture.lenses.gaps import Weights, assembled, calibrated, logits, sigmoid

ROOT = Path(__file__).resolve().parents[2]
SHARES = {
    "missing: gsm8k": 1.0,
    "gsm8k: plain": 0.5,
    "sharded: gsm8k": 0.4,
    "in3": 0.8,
    "abg-coqa": 0.4,
    "written": 2.0,
}
"""Of the loss."""


def scored(examples: list[Example], network: Weights) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the logit at each example's last message, nan where the lens would not judge; and whether it has figures."""
    out: list[np.ndarray] = []
    kinds: list[np.ndarray] = []
    for begin in range(0, len(examples), 256):
        some = examples[begin : begin + 256]
        batch = lay_flat([e.conversation for e in some])
        logit, judged, figured = logits(batch, network)
        everything, kind = np.full(len(batch.messages), np.nan), np.zeros(len(batch.messages), np.bool_)
        everything[judged], kind[judged] = logit[:, 0], figured
        last = np.cumsum([len(e.conversation) for e in some]) - 1
        out.append(everything[last])
        kinds.append(kind[last])
    return np.concatenate(out), np.concatenate(kinds)


def calibrate(logit: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic curve, by Newton steps with a light prior on slope 1."""
    slope, offset = 1.0, 0.0
    for _ in range(200):
        p = sigmoid(slope * logit + offset)
        w = weight * p * (1 - p) + 1e-9
        g = np.array([np.sum(weight * (p - truth) * logit) + (slope - 1), np.sum(weight * (p - truth))])
        h = np.array([[np.sum(w * logit * logit) + 1, np.sum(w * logit)], [np.sum(w * logit), np.sum(w) + 1e-6]])
        step = np.clip(np.linalg.solve(h, g), -0.5, 0.5)
        slope, offset = slope - step[0], offset - step[1]
        if np.abs(step).max() < 1e-8:
            break
    return slope, offset


def trained(
    seed: int,
    epochs: int,
    without: tuple[str, ...] = (),
    needless: float = 0.05,
    loud: bool = True,
    kept: float = 1.0,
    start: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The arrays of a network trained and calibrated without the sets whose names begin so.

    `kept` is the share of the examples made of GSM8K that are used. `start` are arrays whose patterns are taken as they
    are, with only the layers behind them fitted.
    """
    examples = [e for e in load() if not e.set.startswith(without or ("\0",))]
    train = [
        e
        for e in examples
        if e.split == "train" and (kept == 1 or "gsm8k" not in e.set or drawn(e.conversation.content_hash) < kept)
    ]
    plain = {"slope": np.ones(2, np.float32), "offset": np.zeros(2, np.float32), "threshold": np.float32(0.5)}
    fitted = refit(start, train, SHARES, seed) if start else arrays(fit(train, SHARES, seed, epochs, loud=loud))
    return finished(fitted | plain, examples, needless)


def finished(raw: dict[str, Any], examples: Sequence[Example], needless: float) -> dict[str, Any]:
    """The arrays calibrated and with their threshold, by the split `valid`."""
    valid = [e for e in examples if e.split == "valid"]
    logit, figured = scored(valid, assembled(raw))
    known = ~np.isnan(logit)
    truth = np.array([float(e.lacking) for e in valid])
    weight = weights_of(valid, VALID_SHARES)
    for kind in (False, True):
        here = known & (figured == kind)
        if 0 < truth[here].sum() < here.sum():
            raw["slope"][int(kind)], raw["offset"][int(kind)] = calibrate(logit[here], truth[here], weight[here])
    made = assembled(raw)
    p = sigmoid(calibrated(logit, figured, made))
    complete = known & (truth == 0) & np.array([e.set in THRESHOLD_SETS for e in valid])
    order = np.argsort(-p[complete])
    share = np.cumsum(weight[complete][order]) / max(weight[complete].sum(), 1e-9)
    threshold = 0.5
    if complete.any():
        threshold = float(np.clip(p[complete][order][np.searchsorted(share, needless)], 0.5, 0.95))
    return raw | {"threshold": np.float32(threshold)}


VALID_SHARES = {"abg-coqa": 0.2, "in3": 0.5, "missing: templates": 2.0, "written": 2.0}
"""Of the calibration."""
THRESHOLD_SETS = ("missing: templates", "missing: gsm8k", "sharded: gsm8k", "written")
"""Sets whose complete requests bound the needless questions; IN3 and Abg-CoQA call complete what others would not."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--needless", type=float, default=0.05)
    parser.add_argument("--kept", type=float, default=1.0, help="share of the GSM8K examples")
    parser.add_argument("--patterns", type=Path, help="take the patterns of this file and fit the layers behind them")
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    start = None
    if given.patterns:
        with np.load(given.patterns) as stored:
            start = {name: stored[name] for name in stored.files}
    without = tuple(given.without)
    made = trained(given.seed, given.epochs, without, given.needless, True, given.kept, start)
    valid = [e for e in load() if e.split == "valid"]
    network = assembled(made)
    p = sigmoid(calibrated(*scored(valid, network), network))
    print(f"slope {network.slope}, offset {network.offset}, threshold {network.threshold:.2f}")
    for name in sorted({e.set for e in valid}):
        here = np.array([e.set == name for e in valid]) & ~np.isnan(p)
        truth = np.array([e.lacking for e in valid])[here]
        print(f"valid {name:24} {_line(truth, p[here], network.threshold)}")
    target = ROOT / "src" / "overture" / "lenses" / "weights" / "gaps.npz" if given.write else given.out
    if target:
        np.savez_compressed(target, **made)
        print(f"{target.stat().st_size / 1e6:.1f} MB -> {target}")


def _line(truth: np.ndarray, p: np.ndarray, threshold: float) -> str:
    from sklearn.metrics import roc_auc_score

    if truth.all() or not truth.any():
        return "one side only"
    asked, needless = (p[truth] >= threshold).mean(), (p[~truth] >= threshold).mean()
    return f"AUROC {roc_auc_score(truth, p):.3f}  asked {asked:.2f}  needless {needless:.2f}  n {truth.sum()}+{(~truth).sum()}"


if __name__ == "__main__":
    main()
