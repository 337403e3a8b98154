"""Train what tells asides from sentences that may supply something: weights of phrases, and of what an encoder gives.

    python training/gaps/asides.py [--write]       # some seven minutes of one core; needs the data item `minilm`

Comes in: `beside/nothing.jsonl`, sentences that tell nothing that a request could need; `beside/supplied.jsonl`, requests with
what completes them; and the sentences of the requests that the lens learns from (`dataset.load()`, split `train`). Two questions are
learnt, each by phrases and by what the second reader's encoder gives: does a sentence tell any request nothing, asked of all but
texts to work on; and does it speak of the request itself, asked of texts against the kinds META. Four in five of the
first two files train, the fifth and the split `valid` calibrate and set the thresholds: the lowest at which no more of the sentences
that supply something would be left out than BOUND allows. Easy to get wrong: no sentence of these files stands in a test's list
(`tests/lenses/test_gaps_asides.py` looks), the requests of the split `test` teach nothing, and after a reader that was trained
anew (`read.py`) this has to be run again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from by_hand import part_of
from dataset import load
from example import Example, drawn, said
from frames import frames, unlike_tests
from network import weights_of
from phrases import Made, counted, in_bytes, linear
from sklearn.linear_model import LogisticRegression
from train import calibrate

from overture.lenses.context import sigmoid
from overture.lenses.gaps_asides import FIGURE
from overture.lenses.gaps_phrases import scaled
from overture.lenses.gaps_reader import encoded, reader
from overture.lenses.segments import sentences

BESIDE = Path(__file__).parent / "beside"
TARGET = Path(__file__).resolve().parents[2] / "src" / "overture" / "lenses" / "weights" / "gaps_asides.npz"
DECAY, RIDGE = 2e-6, 0.003
"""Of the phrases' weights; of the encoder's, as scikit-learn's C."""
VALID = 0.2
"""Of the sentences written for this."""
BOUND = (0.15, 0.15, 0.1)
"""Of the sentences that look like asides and supply something, the share that may be left out: without figures, with, texts."""
META = frozenset(("claim", "order", "role", "markup", "persuasion", "courtesy", "tongue"))
"""Kinds of asides that speak of the request, of the assistant or to it. A text may well be like the others."""
TEXTS = frozenset(("text", "data"))
"""What is supplied where a text, a file or data is missing."""
SHARES = {"nothing": 3.0, "supplied": 2.0, "written": 1.5, "in3": 0.3, "gsm8k": 0.5, "sharded: gsm8k": 0.2,
          "frames": 1.0, "requests": 2.0}  # fmt: skip
"""Of the loss."""
FEW = 0.3
"""Of what the lens learns from, the share whose sentences the encoder reads."""


def written() -> Iterator[Example]:
    """The sentences of `beside`; what is "lacking" in an aside is something to tell."""
    for name in ("nothing", "supplied"):
        for line in (BESIDE / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            text = row["text"] if name == "nothing" else row["supplies"]
            unit = f"beside/{text}"
            split = "valid" if drawn(unit) < VALID else "train"
            for sentence in parts(text):
                yield Example(name, unit, split, said(sentence), name == "nothing", file=row.get("kind") or row["what"])
            if name == "supplied":
                yield Example("requests", unit, split, said(row["request"]), False)


def requests() -> Iterator[Example]:
    """The sentences of what the lens learns from and is calibrated on, each once; turns as they are added in training, too,
    and requests made of frames, many of them bare."""
    seen: set[str] = set()
    for e in (*load(), *unlike_tests([*frames()], load())):
        disturbed = len(e.conversation) == 1 and e.weight < 1
        if e.split == "test" or e.set == "abg-coqa" or disturbed or ("gsm8k" in e.set and drawn(e.unit) > 0.3):
            continue
        for message in e.conversation.messages:
            for sentence in parts(message.text) if message.role == "user" else ():
                if sentence not in seen:
                    seen.add(sentence)
                    name = "gsm8k" if e.set.startswith("missing") else e.set
                    yield Example(name, e.unit, e.split, said(sentence), False, file=part_of(e))


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, figures=False)]


def asked(example: Example, side: int) -> bool:
    """Whether the first or the second question is asked of this sentence."""
    if example.set not in ("nothing", "supplied"):
        return True
    if side == 0:
        return example.file != "text"
    return example.file in (META if example.set == "nothing" else TEXTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    every = [*unlike_tests([*written()], load()), *requests()]
    train, valid = ([e for e in every if e.split == split] for split in ("train", "valid"))
    print(f"{len(train)} + {len(valid)} sentences, {sum(e.lacking for e in every)} of them asides", flush=True)
    made = in_bytes("phrases", np.stack([by_phrases(train, side) for side in (0, 1)]))
    few = [e for e in train if e.set in ("nothing", "supplied", "requests") or drawn(f"aside/{e.unit}") < FEW]
    seen = read(few)
    made["reader"] = np.stack([over(seen, few, side) for side in (0, 1)], axis=1).astype(np.float16)
    made |= weighed(made, valid)
    if given.write:
        np.savez_compressed(TARGET, **made)
        print(f"{TARGET.stat().st_size / 1e6:.2f} MB -> {TARGET}")


def by_phrases(train: list[Example], side: int) -> np.ndarray:
    """(2 ** BITS,) the weights of phrases for one of the questions."""
    some = [e for e in train if asked(e, side)]
    return linear(counted(some), truth_of(some), np.minimum(weights_of(some, SHARES), 8), DECAY)


def read(some: list[Example]) -> np.ndarray:
    """(N, 3 width) what the second reader's encoder gives."""
    return encoded([e.conversation for e in some], reader())


def over(x: np.ndarray, some: list[Example], side: int) -> np.ndarray:
    """(width + 1,) weights of what was seen of these for one of the questions, the last the offset."""
    here = np.array([asked(e, side) for e in some])
    those = [e for e, one in zip(some, here, strict=True) if one]
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-3
    model = LogisticRegression(C=RIDGE, max_iter=500)
    model.fit((x[here] - mean) / spread, truth_of(those), np.minimum(weights_of(those, SHARES), 8))
    weight = model.coef_[0] / spread
    return np.append(weight, model.intercept_[0] - mean @ weight)


def truth_of(some: list[Example]) -> np.ndarray:
    return np.array([float(e.lacking) for e in some])


def weighed(made: Made, valid: list[Example]) -> Made:
    """The curves and the thresholds, by what was held out for that."""
    by = made["reader"].astype(np.float32)
    views = counted(valid) @ scaled(made, "phrases").T, read(valid) @ by[:-1] + by[-1]
    figure = np.array([bool(FIGURE.search(e.conversation.messages[0].text)) for e in valid])
    texts, facts = (
        np.array([e.set == "supplied" and (e.file in TEXTS) == one for e in valid]) for one in (True, False)
    )
    truth = truth_of(valid)
    out: Made = {}
    for name, used in (("", 1), ("careful_", 2)):
        curve, p = np.zeros((2, used + 1)), np.zeros((2, len(valid)))
        for side in (0, 1):
            here = np.array([asked(e, side) for e in valid])
            x = np.stack([*(view[:, side] for view in views[:used]), np.ones(len(valid))], axis=1)
            weight = weights_of([e for e, one in zip(valid, here, strict=True) if one], SHARES)
            curve[side] = calibrate(x[here], truth[here], weight, (*[1 / used] * used, 0.0))
            p[side] = sigmoid(x @ curve[side])
        rows = (p[0, facts & ~figure], p[0, facts & figure], p[1, texts])
        least = np.ceil([100 * np.quantile(row, 1 - bound) for row, bound in zip(rows, BOUND, strict=True)]) / 100
        out |= {f"{name}curve": curve, f"{name}threshold": least}
        print({"curve": curve.round(2).tolist(), f"{name}threshold": least.tolist()})
        show(valid, p[0] >= least[figure.astype(int)], p[1] >= least[2], figure)
    return {name: each.astype(np.float32) for name, each in out.items()}


def show(valid: list[Example], gone: np.ndarray, gone_text: np.ndarray, figure: np.ndarray) -> None:
    """What of each part would be left out, before the rules: beside any request, of that with figures, beside one that lacks a text."""
    part = np.array([f"{e.set}: {e.file}" for e in valid])
    for each in sorted(set(part)):
        at = part == each
        with_figures = f"{gone[at & figure].mean():.2f} of {(at & figure).sum()}" if (at & figure).any() else "-"
        print(
            f"valid {each:36} {gone[at].mean():.3f} of {at.sum()}, with figures {with_figures}, text {gone_text[at].mean():.3f}"
        )


if __name__ == "__main__":
    main()
