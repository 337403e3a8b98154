"""Train the careful reader on the labels, and let it read what nobody labelled.

    python training/moves/read.py [--epochs 3] [--validate]

In come the training conversations, never a held-out one; out come `.cache/reader.pt` and what it says of every segment. With
`--validate` a fifth of the training conversations, by their keys, is left out and scored.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from dataset import load, targets
from reader import Pool, Reader, in_batches, predict, tokens_of
from scores import f1_table
from torch import nn
from torch.nn import functional as F
from train import folds

from overture import data
from overture.lenses.batch import Batch, lay_flat
from overture.lenses.moves import NAMES, gather, sigmoid
from overture.lenses.windows import windows

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"


def train(
    model: Reader, pool: Pool, batch: Batch, truth, use: np.ndarray, epochs: float, seed: int, rate: float, most: int
) -> None:
    """`use` is (M,): messages to learn from."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    moves, began = len(NAMES), time.time()
    lengths = np.array([len(w.ids) for w in pool.windows])
    learn = use & truth[4] & (batch.side > 0)
    which = np.array([i for i, w in enumerate(pool.windows) if learn[batch.message_of[[s for s, *_ in w.spans]]].any()])
    per_message = np.bincount(batch.message_of, minlength=len(batch.messages))
    weights = learn[batch.message_of] / np.sqrt(per_message[batch.message_of])
    heads = [*model.inner.parameters(), *model.outer.parameters()]
    low = list(model.low.parameters())
    optimizer = torch.optim.AdamW([{"params": low}, {"params": heads}], weight_decay=0.01)
    total = int(epochs * len(in_batches(lengths, which, most, rng)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [rate, 2 * rate], total_steps=total + 1, pct_start=0.05, div_factor=4, cycle_momentum=False
    )
    step = 0
    cost = F.binary_cross_entropy_with_logits
    while step < total:
        for some in in_batches(lengths, which, most, rng):
            if step >= total:
                break
            model.train()
            x, mask, spans, segment = pool.batch(some)
            out = model(x, mask, spans)
            w = torch.as_tensor(weights[segment], dtype=torch.float32).unsqueeze(1)
            y, u = torch.as_tensor(truth[0][segment]), torch.as_tensor(truth[1][segment])
            loss = (cost(out[:, :moves], y, reduction="none") * w).sum() / w.sum().clamp(min=1e-6)
            given = w * y
            loss = loss + (cost(out[:, moves:], u, reduction="none") * given).sum() / given.sum().clamp(min=1)
            # What is reported is the message: its logit is the largest of its segments'.
            _, owner = np.unique(batch.message_of[segment], return_inverse=True)
            at = np.unique(batch.message_of[segment])
            told = torch.as_tensor(learn[at])
            best = out.new_full((len(at), moves), -30).scatter_reduce(
                0, torch.as_tensor(owner).unsqueeze(1).expand(-1, moves), out[:, :moves], "amax"
            )
            by_message = cost(best[told], torch.as_tensor(truth[2][at])[told], reduction="none")
            loss = loss + by_message.sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*low, *heads], 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            if step % 25 == 0:
                print(f"step {step} of {total}, loss {loss.item():.3f}, {time.time() - began:.0f} s", flush=True)
            if step % 100 == 0:
                torch.save(model.state_dict(), CACHE / "reader.part.pt")


def scored(logit: np.ndarray, batch: Batch, truth, some: np.ndarray) -> None:
    by_message = gather(np.nan_to_num(logit, nan=-30), batch)
    probability = sigmoid(by_message)
    for threshold in (0.3, 0.4, 0.5):
        table = f1_table(probability, truth, some, np.full(2 * len(NAMES), threshold))
        print(threshold, round(table["macro"], 3), {k: (n, round(f, 2)) for k, (n, f) in table["moves"].items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--tokens", type=int, default=1200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="go on from this file, such as .cache/reader.part.pt")
    parser.add_argument("--validate", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    folder = data.path("mpnet")
    examples = [e for e in load() if e.held_out is None]
    batch = lay_flat([e.conversation for e in examples])
    truth = targets(examples, batch)
    given = windows(batch, tokens_of(folder))
    print(len(examples), "conversations", len(given), "windows", sum(len(w.ids) for w in given), "tokens", flush=True)
    torch.manual_seed(args.seed)
    model = Reader(folder)
    if args.start:
        model.load_state_dict(torch.load(args.start))
    pool = Pool(model, given)
    out = (folds(examples, 5) == 0)[batch.conversation_of]
    use = ~out if args.validate else np.ones(len(batch.messages), bool)
    train(model, pool, batch, truth, use, args.epochs, args.seed, args.rate, args.tokens)
    CACHE.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CACHE / ("reader-validate.pt" if args.validate else "reader.pt"))
    if args.validate:
        which = np.array([i for i, w in enumerate(given) if out[batch.message_of[w.spans[0][0]]]])
        logit = predict(model, pool, len(batch.message_of), which)
        np.savez(CACHE / "reader-validate.npz", logit=logit, keys=np.array([e.key for e in examples]))
        scored(logit, batch, truth, out & truth[4] & (batch.side > 0))


if __name__ == "__main__":
    main()
