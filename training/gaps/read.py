"""Train the second reader of the lens `gaps` and put it beside the patterns.

    python training/gaps/read.py [--epochs 2.4] [--start FILE] [--out FILE] [--write]      # some eight minutes of one core
    python training/gaps/read.py --mix FILE --write                       # only weigh it and set its thresholds again

Comes in: `dataset.load()` and the package's `gaps.npz`. Three steps. 1) MiniLM's upper layers learn low-rank changes on
split `train`, twins together in a batch and told apart (`network.apart`). 2) On split `valid` a logistic curve weighs the
reader's logit and the patterns', and `train.thresholds` sets from where something counts as missing. 3) The patterns'
probability under which a request is not read again is the highest that loses `LOST` of what would be found. Split `test`
is not read here. Easy to get wrong: the patterns are part of the mix, so after `train.py --write` comes `--mix`; and
what it says beside its probability (`name.py`) has to be fitted again to a reader that was trained anew.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from dataset import load
from example import Example, drawn
from network import apart, weights_of
from reader import Pool, Reader, arrays, predict
from torch import nn
from torch.nn import functional as F
from train import VALID_SHARES, arrays_of, calibrate, scored, show, thresholds

from overture import data
from overture.lenses.context import sigmoid
from overture.lenses.gaps import KINDS, weights

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "src" / "overture" / "lenses" / "weights" / "gaps_reader.npz"
PART = ROOT / ".cache" / "gaps-reader.part.npz"
"""The reader as it is on the way; `--mix` takes it."""
SHARES = {
    "missing: gsm8k": 0.5,
    "gsm8k: plain": 0.4,
    "sharded: gsm8k": 0.3,
    "in3": 0.7,
    "abg-coqa": 0.3,
    "written": 2.5,
}
"""Of the loss."""
KEPT = {"missing: gsm8k": 0.12, "gsm8k: plain": 0.12, "abg-coqa": 0.4}
"""Of the units of large sets."""
LONGER = 0.5
"""Of the conversations of more than one message that training adds."""
TWINS, NAMED, STEADY = 0.5, 0.2, 0.1
"""Weights of telling twins apart, of naming what is missing, and of saying the same whatever stands beside a request."""
LOST = 0.02
Made = dict[str, np.ndarray]


def learnt_from() -> list[Example]:
    """The examples of split `train` that the reader learns from."""

    def taken(example: Example) -> bool:
        whole = example.weight == 1.0 or len(example.conversation) == 1
        kept = drawn(f"read/{example.unit}") < KEPT.get(example.set, 1.0)
        return kept and (whole or drawn(f"read/{example.unit}/{example.weight}") < LONGER)

    return [example for example in load() if example.split == "train" and taken(example)]


def batches(
    groups: Sequence[np.ndarray], lengths: np.ndarray, tokens: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Units of like length together, at most about so many tokens of them padded, in random order."""
    longest = np.array([lengths[group].max() for group in groups])
    out: list[list[int]] = [[]]
    most = 0
    for at in np.argsort(longest + rng.normal(0, 6, len(longest))):
        most = max(most, int(longest[at]))
        if out[-1] and most * (len(out[-1]) + len(groups[at])) > tokens:
            out.append([])
            most = int(longest[at])
        out[-1] += groups[at].tolist()
    return [np.array(out[i]) for i in rng.permutation(len(out))]


def fit(
    examples: Sequence[Example], epochs: float, seed: int, rate: float, tokens: int, start: Made | None = None
) -> Reader:
    """A reader trained on all the examples given, from MiniLM or from these arrays on."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    folder = data.path("minilm")
    model = Reader(folder)
    if start:
        model.take(start)
    pool = Pool(model, folder, [e.conversation for e in examples])
    weight = torch.from_numpy(weights_of(examples, SHARES)).clamp(max=8)
    truth = torch.tensor([float(e.lacking) for e in examples])
    kind = torch.tensor([KINDS.index(e.kind) if e.kind in KINDS else -1 for e in examples])
    names = {unit: number for number, unit in enumerate(dict.fromkeys((e.set, e.unit) for e in examples))}
    unit = np.array([names[e.set, e.unit] for e in examples])
    order = np.argsort(unit, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(unit))[:-1])
    total = int(epochs * len(batches(groups, pool.lengths, tokens, rng)))
    print(f"{len(examples)} examples, {pool.lengths.sum()} tokens, {total} steps", flush=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=total + 1, pct_start=0.1)
    cost = F.binary_cross_entropy_with_logits
    step, told, began = 0, 0.0, time.process_time()
    model.train()
    while step < total:
        for at in batches(groups, pool.lengths, tokens, rng)[: total - step]:
            out = model(*pool.batch(at))
            loss = (cost(out[:, 0], truth[at], reduction="none") * weight[at]).mean()
            loss = loss + TWINS * apart(out[:, 0], truth[at], torch.from_numpy(unit[at]), weight[at])
            named = kind[at] >= 0
            if named.any():
                each = F.cross_entropy(out[:, 1:][named], kind[at][named], reduction="none")
                loss = loss + NAMED * (each * weight[at][named]).mean()
            loss = loss + STEADY * unsteady(out[:, 0], 2 * torch.from_numpy(unit[at]) + truth[at].long())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step, told = step + 1, told + loss.item()
            if step % 200 == 0:
                print(f"step {step} of {total}, loss {told / 200:.3f}, {time.process_time() - began:.0f} s", flush=True)
                told = 0.0
                np.savez(PART, **arrays(model))
    return model.eval()


def unsteady(logit: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """The mean square of how far each logit lies from the mean of those with the same number."""
    _, group, count = same.unique(return_inverse=True, return_counts=True)
    mean = logit.new_zeros(len(count)).index_add(0, group, logit) / count
    return (logit - mean[group]).square().mean()


def mixed(made: Made, valid: Sequence[Example], theirs: np.ndarray) -> Made:
    """The arrays with how both count, the thresholds and from where to read again, by the split `valid`."""
    raw, known = scored(list(valid), weights())
    mine, truth = raw.calibrated(weights()), np.array([float(e.lacking) for e in valid])
    weight = weights_of(valid, VALID_SHARES)
    x = np.stack([theirs, mine, np.ones(len(valid))], axis=1)
    mix, least, p = np.zeros((2, 3), np.float32), np.zeros(2, np.float32), np.zeros(len(valid))
    for kind in (0, 1):
        here = known & (raw.figured == bool(kind))
        mix[kind] = calibrate(x[here], truth[here], weight[here], (0.7, 0.3, 0.0))
        p[here] = sigmoid(x[here] @ mix[kind])
    threshold = thresholds(p, raw.figured, known, valid)
    for kind in (0, 1):
        found = known & (raw.figured == bool(kind)) & (truth == 1) & (p >= threshold[kind])
        least[kind] = min(np.quantile(sigmoid(mine[found]), LOST), threshold[kind])
    least_of, threshold_of = least[raw.figured.astype(int)], threshold[raw.figured.astype(int)]
    again = sigmoid(mine) >= least_of
    print({"mix": mix.round(2).tolist(), "least": least.round(2).tolist(), "threshold": threshold.round(2).tolist()})
    show(valid, known, np.where(again, p, sigmoid(mine)), threshold_of)
    print(
        f"read again: {again[known & (truth == 0)].mean():.2f} of the complete, {again[known & (truth == 1)].mean():.2f}"
    )
    return made | {"mix": mix, "least": least, "threshold": threshold}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=2.4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--tokens", type=int, default=1000)
    parser.add_argument("--start", type=Path, help="go on from this file")
    parser.add_argument("--mix", type=Path, help="take the reader of this file and only weigh it")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    folder = data.path("minilm")
    valid = [e for e in load() if e.split == "valid"]
    if given.mix:
        made = arrays_of(given.mix)
    else:
        start = arrays_of(given.start) if given.start else None
        made = arrays(fit(learnt_from(), given.epochs, given.seed, given.rate, given.tokens, start))
    model = Reader(folder)
    model.take(made)
    theirs = predict(model.eval(), Pool(model, folder, [e.conversation for e in valid]), np.arange(len(valid)))
    made = mixed(made, valid, theirs)
    for target in (given.out, TARGET if given.write else None):
        if target:
            np.savez_compressed(target, **made)
            print(f"{target.stat().st_size / 1e6:.1f} MB -> {target}")


if __name__ == "__main__":
    main()
