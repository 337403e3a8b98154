"""Train the lens `gaps`, from the sets to the weights in the package.

    python training/gaps/train.py [--seed 3] [--epochs 9] [--without SET …] [--out FILE] [--write]

Comes in: `dataset.load()`. Three steps. 1) A network on everything of split `train`. 2) On split `valid`, each set and
each side of it counting alike, a slope and an offset calibrate the logit. 3) Also there, the threshold is the
lowest at which no more of the complete requests of a part would be asked than BOUNDS allows. Split `test` is not read here: `benchmarks/gate.py`
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
from by_hand import part_of
from dataset import load
from example import Example, drawn
from heads import UNCALIBRATED, refit
from network import arrays, fit, weights_of

from overture.lenses.batch import lay_flat
from overture.lenses.context import sigmoid
from overture.lenses.gaps import Raw, Weights, assembled, logits

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
        padded = [np.concatenate([each, np.zeros_like(each[:1])]) for each in (raw.logit, raw.figured)]
        raws.append(Raw(padded[0][place], raw.judged[last], padded[1][place]))
    whole = [np.concatenate([getattr(raw, name) for raw in raws]) for name in ("logit", "judged", "figured")]
    return Raw(*whole), whole[1]


def calibrate(x: np.ndarray, truth: np.ndarray, weight: np.ndarray, start: Sequence[float]) -> np.ndarray:
    """The weights of (N, K) values in a logistic curve, by Newton steps with a light prior on `start`; the last
    value is the offset's 1, and free."""
    x = x.astype(float)
    beta, middle = np.array(start, float), np.array(start, float)
    prior = np.array([*[1.0] * (len(start) - 1), 1e-6])
    for _ in range(200):
        p = sigmoid(x @ beta)
        gradient = x.T @ (weight * (p - truth)) + prior * (beta - middle)
        hessian = (x * (weight * p * (1 - p) + 1e-9)[:, None]).T @ x + np.diag(prior)
        step = np.clip(np.linalg.solve(hessian, gradient), -0.5, 0.5)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def trained(
    seed: int,
    epochs: int,
    without: tuple[str, ...] = (),
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
    return finished(fitted, examples)


def finished(raw: dict[str, Any], examples: Sequence[Example]) -> dict[str, Any]:
    """The arrays calibrated and with their thresholds, by the split `valid`."""
    raw = raw | {name: value.copy() for name, value in UNCALIBRATED.items()}
    valid = [e for e in examples if e.split == "valid"]
    found, known = scored(valid, assembled(raw))
    truth = np.array([float(e.lacking) for e in valid])
    weight = weights_of(valid, VALID_SHARES)
    for kind in (0, 1):
        here = known & (found.figured == bool(kind))
        if 0 < truth[here].sum() < here.sum():
            x = np.stack([found.logit[here, 0], np.ones(here.sum())], axis=1)
            raw["slope"][kind], raw["offset"][kind] = calibrate(x, truth[here], weight[here], (1.0, 0.0))
    raw["threshold"] = thresholds(sigmoid(found.calibrated(assembled(raw))), found.figured, known, valid)
    return raw


def thresholds(p: np.ndarray, figured: np.ndarray, known: np.ndarray, valid: Sequence[Example]) -> np.ndarray:
    """(2,) the lowest hundredth at which no more of the complete requests are asked than BOUNDS allows."""
    parts = np.array([part_of(e) for e in valid])
    complete = known & ~np.array([e.lacking for e in valid])
    out = np.full(2, MOST, np.float32)
    for kind in (0, 1):
        held = [
            ([some for part in group if len(some := p[complete & (figured == bool(kind)) & (parts == part)])], share)
            for group, share in BOUNDS[kind].items()
        ]
        for least in np.arange(LEAST, MOST, 0.01):
            asked = [np.mean([(some >= least).mean() for some in group]) <= share for group, share in held if group]
            if all(asked):
                out[kind] = least
                break
    return out


LEAST, MOST = 0.4, 0.95
"""No threshold is lower, and none is higher."""
VALID_SHARES = {"abg-coqa": 0.2, "in3": 0.5, "missing: templates": 2.0, "written": 2.0}
"""Of the calibration."""
BOUNDS: tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]] = (
    {("sharded: gsm8k",): 0.05, ("written: requests",): 0.02},
    {("missing: templates", "missing: gsm8k"): 0.05},
)
"""The share of the complete requests of some parts, each part counting alike, that may be asked: of the other requests,
and of those of figures. IN3 and Abg-CoQA call complete what others would not; the
written sums are mostly traps ("a fixed amount of fuel: 6 litres")."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
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
        made = finished(arrays_of(given.layers), kept)
    else:
        start = arrays_of(given.patterns) if given.patterns else None
        without = tuple(given.without)
        made = trained(given.seed, given.epochs, without, True, given.kept, start)
    valid = [e for e in load() if e.split == "valid"]
    network = assembled(made)
    found, known = scored(valid, network)
    print({name: made[name].round(2).tolist() for name in UNCALIBRATED})
    show(valid, known, sigmoid(found.calibrated(network)), network.threshold[found.figured.astype(int)])
    target = ROOT / "src" / "overture" / "lenses" / "weights" / "gaps.npz" if given.write else given.out
    if target:
        np.savez_compressed(target, **made)
        print(f"{target.stat().st_size / 1e6:.1f} MB -> {target}")


def arrays_of(path: Path) -> dict[str, Any]:
    """The arrays of a file of weights."""
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def show(valid: Sequence[Example], known: np.ndarray, p: np.ndarray, least: np.ndarray) -> None:
    """A line a part."""
    from sklearn.metrics import roc_auc_score

    parts, lacking = np.array([part_of(e) for e in valid]), np.array([e.lacking for e in valid])
    for part in sorted(set(parts)):
        here = (parts == part) & known
        truth, said = lacking[here], (p >= least)[here]
        if truth.any() and not truth.all():
            print(f"valid {part:20} AUROC {roc_auc_score(truth, p[here]):.3f}  asked {said[truth].mean():.3f}  "
                  f"needless {said[~truth].mean():.3f}  n {truth.sum()}+{(~truth).sum()}")  # fmt: skip


if __name__ == "__main__":
    main()
