"""Train what tells asides from sentences that may supply something: a weight for each phrase.

    python training/gaps/asides.py [--write]       # a minute of one core

Comes in: `beside/nothing.jsonl`, sentences that tell nothing that a request could need; `beside/supplied.jsonl`, requests with
what completes them; and the sentences of the requests that the lens learns from (`dataset.load()`, split `train`). Four in five of the
first two train, the fifth and the split `valid` calibrate and set the threshold: the lowest at which no more of the sentences that
supply something would be left out than BOUND allows. Easy to get wrong: no sentence of these files stands in a test's list
(`tests/lenses/test_gaps_asides.py` looks), and the requests of the split `test` teach nothing.
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
from train import calibrate

from overture.lenses.context import sigmoid
from overture.lenses.gaps_phrases import scaled
from overture.lenses.segments import spans

BESIDE = Path(__file__).parent / "beside"
TARGET = Path(__file__).resolve().parents[2] / "src" / "overture" / "lenses" / "weights" / "gaps_asides.npz"
DECAY = 2e-6
VALID = 0.2
"""Of the sentences written for this."""
BOUND = 0.15
"""Of the sentences that look like asides and supply something, the share that may be left out."""
SHARES = {"nothing": 3.0, "supplied": 2.0, "written": 1.5, "in3": 0.3, "gsm8k": 0.5, "sharded: gsm8k": 0.2,
          "frames": 1.0, "requests": 1.0}  # fmt: skip
"""Of the loss."""


def written() -> Iterator[Example]:
    """The sentences of `beside`; what is "lacking" in an aside is something to tell."""
    for name in ("nothing", "supplied"):
        for line in (BESIDE / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            text = row["text"] if name == "nothing" else row["supplies"]
            unit = f"beside/{text}"
            split = "valid" if drawn(unit) < VALID else "train"
            for sentence in sentences(text):
                yield Example(name, unit, split, said(sentence), name == "nothing", file=row.get("kind", ""))
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
            for sentence in sentences(message.text) if message.role == "user" else ():
                if sentence not in seen:
                    seen.add(sentence)
                    name = "gsm8k" if e.set.startswith("missing") else e.set
                    yield Example(name, e.unit, e.split, said(sentence), False, file=part_of(e))


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    every = [*written(), *requests()]
    train, valid = ([e for e in every if e.split == split] for split in ("train", "valid"))
    print(f"{len(train)} + {len(valid)} sentences, {sum(e.lacking for e in every)} of them asides", flush=True)
    aim, weight = np.array([float(e.lacking) for e in train]), np.minimum(weights_of(train, SHARES), 8)
    made = in_bytes("phrases", linear(counted(train), aim, weight, DECAY))
    made |= weighed(made, valid)
    if given.write:
        np.savez_compressed(TARGET, **made)
        print(f"{TARGET.stat().st_size / 1e6:.2f} MB -> {TARGET}")


def weighed(made: Made, valid: list[Example]) -> Made:
    """The curve and the threshold, by what was held out for that."""
    x = np.stack([counted(valid) @ scaled(made, "phrases"), np.ones(len(valid))], axis=1)
    truth = np.array([float(e.lacking) for e in valid])
    curve = calibrate(x, truth, weights_of(valid, SHARES), (1.0, 0.0))
    p, names = sigmoid(x @ curve), np.array([e.set for e in valid])
    threshold = np.ceil(100 * np.quantile(p[names == "supplied"], 1 - BOUND)) / 100
    print({"curve": curve.round(2).tolist(), "threshold": round(float(threshold), 2)})
    part = np.array([f"{e.set}: {e.file}" for e in valid])
    for each in sorted(set(part)):
        print(f"valid {each:36} taken for asides {(p[part == each] >= threshold).mean():.3f} of {(part == each).sum()}")
    return {"curve": curve.astype(np.float32), "threshold": np.float32(threshold)}


if __name__ == "__main__":
    main()
