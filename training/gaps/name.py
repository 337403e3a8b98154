"""Fit what the second reader says beside its probability: what to ask for, and which words leave it open.

    python training/gaps/name.py [--write]        # some five minutes of one core

Comes in: `dataset.load()` and the package's `gaps_reader.npz`. The reader itself is left as it is: what it gives for the
requests that lack something is worked out once, and two linear heads are fitted to it. 1) Over the whole request, on the
asks of the question that was written beside it (`asks.asks_of`), several of them counting alike. 2) Over the tokens, on
which stretch of them was written instead of what is said, or that none was. Split `train` fits, split `valid` chooses the
decay and the temperature. Split `test` is not read. Easy to get wrong: the reader has seen the split `train`, so only
`valid` says how sure the heads may be; and after `read.py` without `--mix` this has to be run again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from asks import right
from dataset import load
from example import Example, drawn
from read import TARGET, Made
from torch.nn import functional as F
from train import arrays_of

from overture import data
from overture.lenses.gaps_asks import ASKS, left_open, stretches
from overture.lenses.gaps_pieces import Cut, pieces
from overture.lenses.gaps_reader import Reader, layers_of, pooled
from overture.lenses.gaps_reader import load as reader_of

NAMES = tuple(ASKS)
KEPT = {"gsm8k: plain": 0.03, "missing: gsm8k": 0.03, "sharded: gsm8k": 0.2, "abg-coqa": 1.0}
"""Of the examples of large sets."""
SHARES = {"gsm8k: plain": 0.3, "missing: gsm8k": 0.3, "sharded: gsm8k": 0.3, "abg-coqa": 0.3, "in3": 0.5}
"""What an example counts; IN3's asks are those of the first of several things."""
DISTURBED = 0.35
"""Of the examples with a sentence put beside them, and of those with turns after the request."""
DECAYS = (1e-1, 3e-1)


@dataclass(frozen=True)
class States:
    """What the reader gives for N requests."""

    examples: list[Example]
    cut: list[Cut]
    rows: np.ndarray
    """(N, 3 * width)"""
    tokens: list[np.ndarray]
    """N times (T, width)"""


def chosen(split: str) -> list[Example]:
    """The requests of a split that lack something, as far as it is known what."""

    def taken(e: Example) -> bool:
        share = KEPT.get(e.set, 1.0) * (1.0 if e.weight == 1.0 or e.set == "in3" else DISTURBED)
        return drawn(f"name/{e.set}/{e.conversation.content_hash}") < share

    return [e for e in load() if e.lacking and e.split == split and right(e) and taken(e)]


def states(examples: Sequence[Example], by: Reader) -> States:
    cut = [pieces(e.conversation, by.tokens) for e in examples]
    rows = np.zeros((len(cut), len(by.head) - 1), np.float32)
    tokens = [np.zeros(0, np.float16)] * len(cut)
    for some, x, there in layers_of(cut, by):
        rows[some] = pooled(x, there)
        for row, i in enumerate(some):
            tokens[i] = x[row, : len(cut[i].ids)].astype(np.float16)
    return States(list(examples), cut, rows, tokens)


def wanted(examples: Sequence[Example]) -> np.ndarray:
    """(N, asks) the shares of what would be right to ask."""
    out = np.zeros((len(examples), len(NAMES)), np.float32)
    for row, e in enumerate(examples):
        for ask in right(e):
            out[row, NAMES.index(ask)] = 1
    return out / np.maximum(out.sum(axis=1, keepdims=True), 1)


def opened(example: Example, cut: Cut) -> np.ndarray | None:
    """(T,) whether a token stands in the words that leave it open; None where they are not known."""
    if example.left_open is None:
        return None
    out = np.zeros(len(cut.ids), np.float32)
    text = example.conversation.messages[0].text
    for words in example.left_open:
        begin = text.lower().find(words.lower())
        if begin < 0:
            return None
        for at, (message, start, end) in enumerate(cut.places):
            if message == 0 and start < begin + len(words) and end > begin:
                out[at] = 1
    return out


def fitted(x: np.ndarray, loss: object, width: int, decay: float) -> np.ndarray:
    """(features + 1, width) weights with the lowest `loss(logits)` and decay, the last row the offset."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    given = torch.from_numpy((x - mean) / spread)
    weight, offset = torch.zeros(x.shape[1], width, requires_grad=True), torch.zeros(width, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, offset], max_iter=120, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        cost = loss(given @ weight + offset) + decay * weight.square().sum()  # type: ignore[operator]
        cost.backward()
        return cost

    optimiser.step(closure)
    inner = weight.detach().numpy() / spread[:, None]
    return np.concatenate([inner, (offset.detach().numpy() - mean @ inner)[None]])


def asks_head(train: States, valid: States) -> np.ndarray:
    """(3 * width + 1, asks)"""
    truth, weight = torch.from_numpy(wanted(train.examples)), _weights(train.examples)
    held, held_weight = wanted(valid.examples), _weights(valid.examples).numpy()

    def cost(out: torch.Tensor) -> torch.Tensor:
        return (F.cross_entropy(out, truth, reduction="none") * weight).sum() / weight.sum()

    best: tuple[float, np.ndarray] | None = None
    for decay in DECAYS:
        head = fitted(train.rows, cost, len(NAMES), decay)
        for heat in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2):
            said = _softmax(heat * (valid.rows @ head[:-1] + head[-1]))
            lost = -float(((held * np.log(said + 1e-9)).sum(axis=1) * held_weight).sum() / held_weight.sum())
            if best is None or lost < best[0]:
                best = lost, heat * head
                print(f"asks: decay {decay:g}, heat {heat:g}: {lost:.3f} on valid", flush=True)
    assert best is not None
    return best[1]


def words_head(train: States, valid: States) -> np.ndarray:
    """(width + 1, 4)"""
    known, held = _marked(train), _marked(valid)
    tokens = np.concatenate([x for x, _, _, _ in known])
    mean, spread = tokens.mean(axis=0), tokens.std(axis=0) + 1e-6
    scaled = [(torch.from_numpy((x - mean) / spread), *rest) for x, *rest in known]
    best: tuple[float, np.ndarray] | None = None
    for decay in WORD_DECAYS:
        torch.manual_seed(0)
        weight, offset = torch.zeros(tokens.shape[1], 4, requires_grad=True), torch.zeros(4, requires_grad=True)
        optimiser = torch.optim.Adam([weight, offset], lr=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.02, total_steps=STEPS, pct_start=0.1)
        for _ in range(STEPS):
            some = [scaled[i] for i in torch.randint(0, len(scaled), (64,)).tolist()]
            loss = torch.stack([_lost(x @ weight + offset, *rest) for x, *rest in some]).mean()
            optimiser.zero_grad()
            (loss + decay * weight.square().sum()).backward()
            optimiser.step()
            schedule.step()
        inner = weight.detach().numpy() / spread[:, None]
        head = np.concatenate([inner, (offset.detach().numpy() - mean @ inner)[None]]).astype(np.float32)
        lost = np.mean([float(_lost(torch.from_numpy(x @ head[:-1] + head[-1]), *rest)) for x, *rest in held])
        print(f"words: decay {decay:g}: {lost:.3f} on valid", flush=True)
        if best is None or lost < best[0]:
            best = float(lost), head
    assert best is not None
    return best[1]


WORD_DECAYS, STEPS = (1e-1, 3e-1), 400
Marked = tuple[np.ndarray, np.ndarray, np.ndarray, int]
"""(T, width) tokens, the first and last of each stretch, and which stretch is theirs; -1 for none."""


def _lost(scores: torch.Tensor, first: np.ndarray, last: np.ndarray, true: int) -> torch.Tensor:
    until = torch.cat([torch.zeros(1), scores[:, 2].cumsum(0)])
    total = scores[first, 0] + scores[last, 1] + until[last + 1] - until[first]
    both = torch.cat([total, scores[0, 3:4]])
    return both.logsumexp(0) - both[true]


def _marked(of: States) -> list[Marked]:
    out: list[Marked] = []
    for e, cut, x in zip(of.examples, of.cut, of.tokens, strict=True):
        known = opened(e, cut)
        if known is None or len(e.left_open or ()) > 1:
            continue
        first, last = stretches(cut)
        on = np.flatnonzero(known)
        true = np.flatnonzero((first == on[0]) & (last == on[-1])) if len(on) else np.array([-1])
        if len(true):
            out.append((x.astype(np.float32), first, last, int(true[0])))
    return out


def _met(of: States, head: np.ndarray) -> list[tuple[float, float, bool]]:
    """Of each request whose open words are known: how sure the reader is of its stretch, what that shares with theirs, and
    whether they have any."""
    out: list[tuple[float, float, bool]] = []
    for e, cut, x in zip(of.examples, of.cut, of.tokens, strict=True):
        known = opened(e, cut)
        found = left_open(cut, x.astype(np.float32) @ head[:-1] + head[-1])
        if known is None or found is None or len(e.left_open or ()) > 1:
            continue
        said = np.array([m == found.message and s >= found.start and end <= found.end for m, s, end in cut.places])
        both, either = (said & (known > 0)).sum(), (said | (known > 0)).sum()
        out.append((found.sure, float(both / either), bool(known.any())))
    return out


def _weights(examples: Sequence[Example]) -> torch.Tensor:
    return torch.tensor([SHARES.get(e.set, 1.0) for e in examples])


def _softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def bare(made: Made) -> Reader:
    """The reader of these arrays with heads that say nothing."""
    width = (len(made["head"]) - 1) // 3
    nothing = {"asks": np.zeros((3 * width + 1, len(NAMES))), "words": np.zeros((width + 1, 4))}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "reader.npz"
        np.savez(path, **(made | nothing))
        return reader_of(data.path("minilm"), path)


def show(valid: States, asks: np.ndarray, words: np.ndarray) -> None:
    """How often the likeliest is right, from which probability on, and how often the words are met."""
    said, truth = _softmax(valid.rows @ asks[:-1] + asks[-1]), wanted(valid.examples) > 0
    sure, right = said.max(axis=1), truth[np.arange(len(truth)), said.argmax(axis=1)]
    written = np.array([e.set == "written" for e in valid.examples])
    for name, here in (("written", written), ("others", ~written)):
        for least in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6):
            some = here & (sure >= least)
            print(
                f"{name}: from {least:.1f} on {some.sum() / here.sum():.2f} of {here.sum()}, right {right[some].mean():.2f}"
            )
    sure, shared, any_words = (np.array(column) for column in zip(*_met(valid, words), strict=True))
    for least in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6):
        some = sure >= least
        print(f"words: from {least:.1f} on {some.mean():.2f} of {len(sure)}, half shared {(shared[some] >= 0.5).mean():.2f}, "
              f"some shared {(shared[some] > 0).mean():.2f}, there are none {(~any_words[some]).mean():.2f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    made = arrays_of(TARGET)
    by = bare(made)
    train, valid = (states(chosen(split), by) for split in ("train", "valid"))
    print(f"{len(train.examples)} + {len(valid.examples)} requests", flush=True)
    asks, words = asks_head(train, valid), words_head(train, valid)
    show(valid, asks, words)
    if given.write:
        np.savez_compressed(TARGET, **(made | {"asks": asks.astype(np.float16), "words": words.astype(np.float16)}))
        print(f"{TARGET.stat().st_size / 1e6:.1f} MB -> {TARGET}")


if __name__ == "__main__":
    main()
