"""Train the reader `phrases` of the lens `gaps`: weights of phrases, and a hidden layer over the patterns' features.

    python training/gaps/phrases.py [--write]       # some five minutes of one core, most of them for the teacher's labels

Comes in: `dataset.load()`, the requests of `frames.py`, the package's `gaps.npz` and `gaps_reader.npz`. Three steps. 1) The careful
reader, with the patterns, says of each request how likely something is missing; what it was trained on is known besides. 2) On split
`train` a linear model over hashed phrases and a hidden layer over the patterns' features learn both. 3) On split `valid` a logistic curve weighs the
two, and the threshold is set by `train.thresholds`. Split `test` is not read, but that no request made here may be like one of its. Easy to get
wrong: the patterns are in all three steps, so after `train.py --write` this has to be run again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
from asks import right
from by_hand import part_of
from dataset import load
from example import Example, drawn
from frames import frames, unlike_tests, varied
from heads import rows
from network import weights_of
from reader import Pool, Reader, predict
from sklearn.linear_model import SGDClassifier
from torch import nn
from torch.nn import functional as F
from train import VALID_SHARES, arrays_of, calibrate, scored, show, thresholds

from overture import data
from overture.lenses.batch import lay_flat
from overture.lenses.context import sigmoid
from overture.lenses.gaps import weights
from overture.lenses.gaps_asks import NAMES
from overture.lenses.gaps_phrases import ASK_BITS, BITS, assembled, keys, layer, normed, to_patterns, words
from overture.lenses.gaps_reader import reader

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "src" / "overture" / "lenses" / "weights"
TARGET = WEIGHTS / "gaps_phrases.npz"
LABELS = ROOT / ".cache" / "gaps-labels.json"
"""What the teacher has said, by content: it is asked once."""
SHARES = {"missing: gsm8k": 0.1, "gsm8k: plain": 0.1, "sharded: gsm8k": 0.3, "in3": 0.4, "abg-coqa": 0.1, "written": 2.0,
          "frames": 1.2, "varied": 0.8}  # fmt: skip
"""Of the loss."""
KEPT = {"abg-coqa": 0.25}
"""Of the units of large sets."""
FIRM = {"frames": 0.5, "varied": 0.0}
"""Of what is to be said, the share of what is known; the rest is the teacher's. Of other sets 0.7."""
TIMES, HIDDEN, EPOCHS, DECAY = 4, 128, 12, 3e-6
Made = dict[str, np.ndarray]


def taught(examples: Sequence[Example]) -> np.ndarray:
    """(N,) the probability that careful reader and patterns give together; nan for requests that were disturbed or have turns
    added, which it is not asked."""
    known: dict[str, float] = json.loads(LABELS.read_text()) if LABELS.exists() else {}
    asked = [e for e in examples if e.set in ("frames", "varied") or e.weight == 1.0]
    new = [e for e in asked if e.conversation.content_hash not in known]
    if new:
        by, model = reader(), Reader(data.path("minilm"))
        model.take(arrays_of(WEIGHTS / "gaps_reader.npz"))
        pool = Pool(model, data.path("minilm"), [e.conversation for e in new])
        theirs = predict(model, pool, np.arange(len(new)))
        raw, judged = scored(new, weights())
        mix = by.mix[raw.figured.astype(int)]
        p = sigmoid(theirs * mix[:, 0] + np.where(judged, raw.calibrated(weights()), 0) * mix[:, 1] + mix[:, 2])
        known |= {e.conversation.content_hash: float(one) for e, one in zip(new, p, strict=True)}
        LABELS.write_text(json.dumps(known))
    wanted = {e.conversation.content_hash for e in asked}
    said = (known[h] if (h := e.conversation.content_hash) in wanted else np.nan for e in examples)
    return np.fromiter(said, np.float32, len(examples))


def counted(examples: Sequence[Example]) -> sp.csr_matrix:
    """(N, 2 ** BITS) the phrases of each, counted, every row of length one."""
    places: list[np.ndarray] = []
    for begin in range(0, len(examples), 512):
        batch = lay_flat([e.conversation for e in examples[begin : begin + 512]])
        last = np.cumsum([len(e.conversation) for e in examples[begin : begin + 512]]) - 1
        places += [keys(words(batch, int(at))) for at in last]
    owner = np.repeat(np.arange(len(places)), [len(each) for each in places])
    shape = (len(places), 2**BITS)
    found = sp.csr_matrix((np.ones(len(owner), np.float32), (owner, np.concatenate(places))), shape)
    return sp.diags(1 / np.sqrt(found.multiply(found).sum(axis=1).A1)) @ found


def linear(x: sp.csr_matrix, aim: np.ndarray, weight: np.ndarray, decay: float) -> np.ndarray:
    """(2 ** BITS,) the weights of a logistic curve with soft aims; its offset is left to the mix."""
    model = SGDClassifier(loss="log_loss", alpha=decay, max_iter=15, tol=None, average=True, random_state=0)
    both = sp.vstack([x, x])
    model.fit(both, np.repeat([1, 0], len(aim)), sample_weight=np.concatenate([weight * aim, weight * (1 - aim)]))
    return model.coef_[0].astype(np.float32)


def hidden(x: np.ndarray, aim: np.ndarray, weight: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(features + 1, HIDDEN) and (HIDDEN + 1,): a layer and its head, offsets last."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    given, wanted, each = (torch.from_numpy(values.astype(np.float32)) for values in (x, aim, weight))
    first, second = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    model = nn.Sequential(nn.Dropout(0.4), first, nn.ReLU(), nn.Dropout(0.4), second)
    size = 128
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=EPOCHS * (len(x) // size) + 1)
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for begin in range(0, len(x) - size + 1, size):
            at = order[begin : begin + size]
            loss = F.binary_cross_entropy_with_logits(model(given[at])[:, 0], wanted[at], each[at])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    out = [
        np.concatenate([layer.weight.detach().numpy().T, layer.bias.detach().numpy()[None]])
        for layer in (first, second)
    ]
    return out[0], out[1][:, 0]


def asks(train: Sequence[Example], valid: Sequence[Example]) -> Made:
    """What to ask for, by the questions beside the written requests and the slots of the frames that lack something."""
    sides: list[tuple[torch.Tensor, torch.Tensor]] = []
    for some in (train, valid):
        here = [e for e in some if e.lacking and e.set in ("written", "frames", "in3") and e.weight == 1.0 and right(e)]
        x, raw = counted(here), scored(here, weights())[0]
        owner, place = x.nonzero()
        index = torch.from_numpy(np.stack([owner, place >> BITS - ASK_BITS]))
        by_phrase = torch.sparse_coo_tensor(
            index, torch.from_numpy(x.data.astype(np.float32)), (len(here), 2**ASK_BITS)
        )
        wanted = np.zeros((len(here), len(NAMES)), np.float32)
        for row, e in enumerate(here):
            wanted[row, [NAMES.index(ask) for ask in right(e)]] = 1 / len(right(e))
        kinds = torch.from_numpy(normed(raw.logit[:, 1:]))
        sides.append((torch.cat([by_phrase.coalesce().to_dense(), kinds], 1), torch.from_numpy(wanted)))
    (x, wanted), (held, truth) = sides
    model = nn.Linear(x.shape[1], len(NAMES))
    nn.init.zeros_(model.weight)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01)
    rng, best, kept = np.random.default_rng(0), np.inf, model.weight
    for epoch in range(8):
        for at in np.array_split(rng.permutation(len(x)), len(x) // 256):
            loss = F.cross_entropy(model(x[at]), wanted[at])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            out = model(held)
            cost = float(F.cross_entropy(out, truth))
        if cost < best:
            best, kept = cost, torch.cat([model.weight.T, model.bias[None]]).detach().clone()
            sure, first = out.softmax(1).max(1)
            hit = truth[torch.arange(len(truth)), first] > 0
            shares = [
                (round(float((sure >= p).float().mean()), 2), round(float(hit[sure >= p].float().mean()), 2))
                for p in (0, 0.4, 0.5)
            ]
            print(
                f"asks, epoch {epoch + 1}: {cost:.3f} on {len(truth)} of valid; of all, from 0.4, from 0.5 on (share, right): {shares}"
            )
    return in_bytes("asks", kept.numpy())


def in_bytes(name: str, values: np.ndarray) -> Made:
    """An array in eight bits with one scale."""
    scale = np.abs(values).max() / 127
    return {name: np.round(values / scale).astype(np.int8), f"{name}_scale": np.float32(scale)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decay", type=float, default=DECAY)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    examples = load()
    train = [e for e in examples if e.split == "train" and drawn(f"read/{e.unit}") < KEPT.get(e.set, 1.0)]
    train += unlike_tests([*frames(), *varied(examples, TIMES)], examples)
    raw, known = scored(train, weights())
    # the reader never judges a request of figures
    train = [e for e, figured, judged in zip(train, raw.figured, known, strict=True) if judged and not figured]
    valid = [e for e in examples if e.split == "valid"]
    said, truth = taught(train), np.array([float(e.lacking) for e in train])
    firm = np.array([FIRM.get(e.set, 0.7) for e in train])
    aim = np.where(np.isnan(said), 0.06 + 0.88 * truth, firm * truth + (1 - firm) * np.nan_to_num(said))
    weight = np.minimum(weights_of(train, SHARES), 8)
    print(f"{len(train)} + {len(valid)} requests", flush=True)
    phrases = linear(counted(train), aim, weight, given.decay)
    everyday = np.flatnonzero([e.set in ("frames", "varied") or part_of(e) == "written: requests" for e in train])
    features, _ = rows([train[i] for i in everyday], weights())
    inner, head = hidden(features, aim[everyday], weight[everyday], 0)
    made: Made = in_bytes("phrases", phrases) | {"hidden": inner.astype(np.float16), "head": head.astype(np.float16)}
    made |= asks(train, valid)
    made |= weighed(made, valid)
    if given.write:
        np.savez_compressed(TARGET, **made)
        print(f"{TARGET.stat().st_size / 1e6:.2f} MB -> {TARGET}")


def weighed(made: Made, valid: Sequence[Example]) -> Made:
    """How phrases and hidden layer count together, and the threshold, by the split `valid`."""
    by = assembled(made | {"mix": np.zeros(3), "threshold": np.zeros(())})
    raw, known = scored(list(valid), weights())
    features, _ = rows(valid, weights())
    x = np.stack([counted(valid) @ by.phrases, layer(features, by), np.ones(len(valid))], axis=1)
    truth, left = np.array([float(e.lacking) for e in valid]), to_patterns(features, raw.figured)
    here = known & ~left
    mix = calibrate(x[here], truth[here], weights_of(valid, VALID_SHARES)[here], (0.5, 0.5, 0.0))
    p = np.where(left, sigmoid(raw.calibrated(weights())), sigmoid(x @ mix))
    # a kind of its own to the thresholds: what is left to the patterns
    threshold = thresholds(p, left, known, valid)[0]
    own = weights().threshold[raw.figured.astype(int)]
    print({"mix": mix.round(2).tolist(), "threshold": round(float(threshold), 2)})
    show(valid, known, sigmoid(raw.calibrated(weights())), own)
    show(valid, known, p, np.where(left, own, threshold))
    return {"mix": mix.astype(np.float32), "threshold": np.float32(threshold)}


if __name__ == "__main__":
    main()
