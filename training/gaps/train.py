"""Train the lens `gaps`, from the sets to the weights in the package.

    python training/gaps/train.py [--seed 3] [--epochs 12] [--without SET …] [--out FILE] [--write]

Comes in: `dataset.load()`. Three steps. 1) A network on everything of split `train`. 2) On split `valid`, each set and
each side of it counting alike, a slope and an offset calibrate the logit. 3) Also there, the threshold is the
lowest at which at most `--needless` of the complete requests of a set would be asked. Split `test` is not read here: `benchmarks/gate.py`
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
from heads import UNCALIBRATED, refit
from network import arrays, fit, weights_of

from overture.lenses.batch import lay_flat
from overture.lenses.gaps import Raw, Weights, assembled, logits, sigmoid, spread

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


def scored(examples: list[Example], network: Weights) -> tuple[Raw, np.ndarray]:
    """What the network gives for each example's last message, and (N,) whether the lens judges it; of those that it does
    not judge the first is zeros."""
    raws: list[Raw] = []
    for begin in range(0, len(examples), 256):
        some = examples[begin : begin + 256]
        raw = logits(lay_flat([e.conversation for e in some]), network)
        last = np.cumsum([len(e.conversation) for e in some]) - 1
        place = np.where(raw.judged[last], (np.cumsum(raw.judged) - 1)[last], -1)
        padded = [np.concatenate([each, np.zeros_like(each[:1])]) for each in (raw.logit, raw.figured, raw.words)]
        raws.append(Raw(padded[0][place], raw.judged[last], padded[1][place], padded[2][place]))
    whole = [np.concatenate([getattr(raw, name) for raw in raws]) for name in ("logit", "judged", "figured", "words")]
    return Raw(*whole), whole[1]


def calibrate(raw: Raw, here: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Slope, offset and share of the length of a logistic curve, by Newton steps with a light prior on (1, 0, 0)."""
    x = np.stack([raw.logit[:, 0], np.ones(len(truth)), spread(raw.words)], axis=1)[here].astype(float)
    y, w = truth[here], weight[here]
    start = np.array([1.0, 0.0, 0.0])
    prior = np.array([1.0, 1e-6, 1.0])
    beta = start.copy()
    for _ in range(200):
        p = sigmoid(x @ beta)
        gradient = x.T @ (w * (p - y)) + prior * (beta - start)
        hessian = (x * (w * p * (1 - p) + 1e-9)[:, None]).T @ x + np.diag(prior)
        step = np.clip(np.linalg.solve(hessian, gradient), -0.5, 0.5)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta


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
    fitted = refit(start, train, SHARES, seed) if start else arrays(fit(train, SHARES, seed, epochs, loud=loud))
    return finished(fitted, examples, needless)


def finished(raw: dict[str, Any], examples: Sequence[Example], needless: float) -> dict[str, Any]:
    """The arrays calibrated and with their thresholds, by the split `valid`."""
    raw = raw | {name: value.copy() for name, value in UNCALIBRATED.items()}
    valid = [e for e in examples if e.split == "valid"]
    found, known = scored(valid, assembled(raw))
    truth = np.array([float(e.lacking) for e in valid])
    weight = weights_of(valid, VALID_SHARES)
    names = np.array([e.set for e in valid])
    for kind in (0, 1):
        here = known & (found.figured == bool(kind))
        if not 0 < truth[here].sum() < here.sum():
            continue
        raw["slope"][kind], raw["offset"][kind], raw["length"][kind] = calibrate(found, here, truth, weight)
        complete = here & (truth == 0) & np.isin(names, THRESHOLD_SETS[kind])
        if complete.any():
            p = sigmoid(found.calibrated(assembled(raw)))
            raw["threshold"][kind] = max(
                np.clip(np.quantile(p[complete & (names == name)], 1 - needless), LEAST, 0.95)
                for name in set(names[complete])
            )
    return raw


LEAST = 0.4
"""No threshold is lower."""
VALID_SHARES = {"abg-coqa": 0.2, "in3": 0.5, "missing: templates": 2.0, "written": 2.0}
"""Of the calibration."""
THRESHOLD_SETS = (("sharded: gsm8k", "written"), ("missing: templates", "missing: gsm8k"))
"""Sets in each of which needless questions are bounded: without figures, and with figures. IN3 and Abg-CoQA call
complete what others would not; the written sums are mostly traps ("a fixed amount of fuel: 6 litres")."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--needless", type=float, default=0.05)
    parser.add_argument("--kept", type=float, default=1.0, help="share of the GSM8K examples")
    parser.add_argument("--patterns", type=Path, help="take the patterns of this file and fit the layers behind them")
    parser.add_argument("--layers", type=Path, help="take all layers of this file and only calibrate")
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.layers:
        kept = [e for e in load() if not e.set.startswith(tuple(given.without) or ("\0",))]
        made = finished(arrays_of(given.layers), kept, given.needless)
    else:
        start = arrays_of(given.patterns) if given.patterns else None
        without = tuple(given.without)
        made = trained(given.seed, given.epochs, without, given.needless, True, given.kept, start)
    valid = [e for e in load() if e.split == "valid"]
    network = assembled(made)
    found, known = scored(valid, network)
    p = sigmoid(found.calibrated(network))
    least = network.threshold[found.figured.astype(int)]
    print({name: made[name].round(2).tolist() for name in UNCALIBRATED})
    for name in sorted({e.set for e in valid}):
        here = np.array([e.set == name for e in valid]) & known
        truth = np.array([e.lacking for e in valid])[here]
        print(f"valid {name:24} {_line(truth, p[here], least[here])}")
    target = ROOT / "src" / "overture" / "lenses" / "weights" / "gaps.npz" if given.write else given.out
    if target:
        np.savez_compressed(target, **made)
        print(f"{target.stat().st_size / 1e6:.1f} MB -> {target}")


def arrays_of(path: Path) -> dict[str, Any]:
    """The arrays of a file of weights."""
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def _line(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray) -> str:
    from sklearn.metrics import roc_auc_score

    if truth.all() or not truth.any():
        return "one side only"
    asked, needless = ((p >= threshold)[side].mean() for side in (truth, ~truth))
    return f"AUROC {roc_auc_score(truth, p):.3f}  asked {asked:.2f}  needless {needless:.2f}  n {truth.sum()}+{(~truth).sum()}"


if __name__ == "__main__":
    main()
