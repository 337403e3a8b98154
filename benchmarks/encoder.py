"""Does the lens `moves` give up quality for its speed? Beside it, the same lens fed by all-MiniLM-L6-v2.

    python benchmarks/encoder.py [--messages 300] [--rounds 5] [--docs]

Two questions, one run. Speed: the same messages of a synthetic log, from conversations to labels, interleaved, all
cores given to either side; wanted is a ratio of at least 10. Quality: the lens as it is shipped, and MiniLM under the
same layers, trained on the same labelled conversations with the same loss, calibrated by the same five folds, both
read on the conversations that no training saw; wanted is a macro-F1 (moves that occur there at least 20 times) at most
2 points lower, with a paired bootstrap over conversations. Easy to get wrong: MiniLM is frozen here. Fine-tuned it is a
better reader, and no faster.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import OUT, ROOT, Numbers, Rounds, Spread, finish, fresh, options, ratio, sources, table
from logs_for import write

sys.path.insert(0, str(ROOT / "training" / "moves"))

FOLDS, SEED, DRAWS = 5, 7, 2000
CHUNK = 1000
"""Segments that are encoded before they are put on disk."""
Bools = NDArray[np.bool_]


def speed(log: Path, messages: int) -> Numbers:
    """Seconds of both on the same messages; the lens goes over them until a second has passed."""
    import minilm
    from overture import logs
    from overture.lenses.batch import lay_flat
    from overture.lenses.moves import NAMES, gather, look, sigmoid, weights

    total = 0
    conversations: list[Any] = []
    for conversation in logs.read(str(log)):
        if total >= messages:
            break
        conversations.append(conversation)
        total += len(conversation)
    encoder = minilm.Encoder.load()
    shape = (weights().hidden.shape[1], 2 * len(NAMES))
    first = minilm.features(batch := lay_flat(conversations[:2]), encoder.encode(minilm.texts_of(batch)))
    rng = np.random.default_rng(0)
    layers = (
        rng.normal(size=(first.shape[1], shape[0])),
        np.zeros(shape[0]),
        rng.normal(size=shape),
        np.zeros(shape[1]),
    )
    heads = minilm.Heads(*(layer.astype(np.float32) for layer in layers))
    look(lay_flat(conversations))
    began, times = time.perf_counter(), 0
    while time.perf_counter() - began < 1 or not times:
        look(lay_flat(conversations))
        times += 1
    words = (time.perf_counter() - began) / times
    began = time.perf_counter()
    batch = lay_flat(conversations)
    rows = minilm.features(batch, encoder.encode(minilm.texts_of(batch)))
    sigmoid(gather(heads.logits(rows), batch))
    slow = time.perf_counter() - began
    return {"messages": total, "segments": len(batch.starts), "words_rate": total / words, "minilm_rate": total / slow}


def quality(most: int) -> Numbers:
    """Macro-F1 of both on the held-out conversations. `most` conversations of either split, for a trial; 0 for all."""
    import dataset
    from train import best_threshold, calibrate, folds

    import minilm
    from overture.lenses.batch import lay_flat
    from overture.lenses.moves import NAMES, gather, look, sigmoid, weights

    everything = dataset.load()
    train, held = ([e for e in everything if bool(e.held_out) is out][: most or None] for out in (False, True))
    batches = [lay_flat([e.conversation for e in some]) for some in (train, held)]
    truths = [dataset.targets(some, batch) for some, batch in zip((train, held), batches, strict=True)]
    rows = [minilm.features(b, v) for b, v in zip(batches, _vectors(batches), strict=True)]
    batch, (made, unasked, message, _, labelled) = batches[0], truths[0]
    lengths = np.bincount(batch.message_of, minlength=len(batch.messages))[batch.message_of]
    judged = (batch.side > 0) & labelled
    weight = (judged[batch.message_of] / np.sqrt(lengths)).astype(np.float32)
    width, moves = weights().hidden.shape[1], len(NAMES)
    fold = folds(train, FOLDS)[batch.conversation_of]
    unseen = np.zeros((len(batch.messages), 2 * moves), np.float32)
    for number in range(FOLDS):
        heads = minilm.fit(rows[0], made, unasked, weight * (fold != number)[batch.message_of], width, SEED + number)
        here = fold == number
        unseen[here] = gather(heads.logits(rows[0]), batch)[here]
        print(f"fold {number + 1} of {FOLDS}", file=sys.stderr, flush=True)
    heads = minilm.fit(rows[0], made, unasked, weight, width, SEED)
    found = gather(heads.logits(rows[1]), batches[1])[:, :moves]
    hit = np.zeros(found.shape, np.bool_)
    for k in range(moves):
        slope, offset = calibrate(unseen[judged, k], message[judged, k])
        threshold = best_threshold(sigmoid(unseen[judged, k] * slope + offset), message[judged, k])
        hit[:, k] = sigmoid(found[:, k] * slope + offset) >= threshold
    batch, (_, _, message, _, labelled) = batches[1], truths[1]
    judged = (batch.side > 0) & labelled
    y, owner = message[judged] > 0, batch.conversation_of[judged]
    sides = {"words": look(batch).made[judged], "minilm": hit[judged]}
    return {
        **_compared(y, sides, owner, len(held)),
        "train": len(train),
        "held": len(held),
        "messages": int(judged.sum()),
    }


def _vectors(batches: list[Any]) -> list[Any]:
    """Sentence vectors of every segment, kept on disk CHUNK at a time: the long step, resumed."""
    import minilm

    texts = [text for batch in batches for text in minilm.texts_of(batch)]
    encoder = None
    found: list[Any] = []
    for start in range(0, len(texts), CHUNK):
        some = texts[start : start + CHUNK]
        path = OUT / f"minilm-{sha256(json.dumps(some).encode()).hexdigest()[:16]}.npy"
        if not path.exists():
            encoder = encoder or minilm.Encoder.load()
            part = path.with_suffix(".part.npy")
            np.save(part, encoder.encode(some))
            part.replace(path)
            print(f"{start + len(some)} of {len(texts)} segments", file=sys.stderr, flush=True)
        found.append(np.load(path))
    return np.split(np.concatenate(found), [len(batches[0].starts)])


def _compared(y: Bools, sides: dict[str, Bools], owner: NDArray[np.int32], conversations: int) -> Numbers:
    from scores import LEAST, macro_draws

    frequent, values = macro_draws(y, sides.values(), owner, conversations, DRAWS)
    if not len(frequent):
        raise SystemExit(f"no move occurs {LEAST} times in these {conversations} held-out conversations")
    macro = dict(zip(sides, values, strict=True))

    def interval(values: NDArray[np.float64]) -> Numbers:
        low, high = np.percentile(values[1:], [2.5, 97.5])
        return {"value": float(values[0]), "low": float(low), "high": float(high)}

    return {
        "moves_counted": len(frequent),
        **{name: interval(values) for name, values in macro.items()},
        "difference": interval(macro["words"] - macro["minilm"]),
    }


def _share(figure: Numbers) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} … {figure['high']:.3f})"


def main() -> None:
    from scores import LEAST

    parser = options(__doc__, messages=300, rounds=5)
    parser.add_argument("--conversations", type=int, default=0, help="only so many of either split, for a trial")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args()
    if args.once:
        print(json.dumps(speed(args.log, args.messages) if args.once == "speed" else quality(args.conversations)))
        return
    labels = sha256(b"".join(p.read_bytes() for p in sorted((ROOT / "training" / "moves").glob("*/*.*")))).hexdigest()[
        :12
    ]
    header = {"messages": args.messages, "conversations": args.conversations, "sources": sources(), "labels": labels}
    rounds = Rounds("encoder", header, args.fresh)
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as made:
        log = Path(made) / "log.jsonl"
        write(log, 2 * args.messages, args.seed)
        for number in range(args.rounds):
            key = f"speed/{number}"
            if not rounds.has(key):
                given = ["--log", str(log), "--messages", str(args.messages)]
                rounds.add(key, fresh(__file__, "speed", given, threads))
                shown = rounds.found[key]
                print(
                    f"round {number + 1}: {shown['words_rate']:,.0f} and {shown['minilm_rate']:,.0f} messages/s",
                    flush=True,
                )
    if not rounds.has("quality/0"):
        rounds.add("quality/0", fresh(__file__, "quality", ["--conversations", str(args.conversations)], threads))
    rates = {name: rounds.column("speed", f"{name}_rate") for name in ("words", "minilm")}
    faster = ratio(rates["words"], rates["minilm"])
    read = rounds.found["quality/0"]
    behind = -100 * read["difference"]["value"]
    text = (
        f"Speed on {int(rounds.found['speed/0']['messages'])} messages, {args.rounds} interleaved rounds, {threads} "
        f"threads; quality on {read['messages']} messages of {read['held']} held-out conversations "
        f"({read['moves_counted']} moves occur {LEAST} times or more), trained on {read['train']}. MiniLM: "
        "transformers' BertModel with mean pooling, frozen.\n\n"
        + table(
            ["", "messages a second: median (range)", "macro-F1 (95 %, by conversation)"],
            [
                ["lens `moves` as shipped", Spread.of(rates["words"]).text(), _share(read["words"])],
                ["the same fed by MiniLM", Spread.of(rates["minilm"]).text(1), _share(read["minilm"])],
                ["ratio; difference", faster.text(1), _share(read["difference"])],
            ],
        )
        + f"\n\n{'At least' if faster.median >= 10 else 'LESS than'} ten times as fast; "
        + (f"{behind:.1f} points behind" if behind > 0 else f"{-behind:.1f} points ahead")
        + f" ({'within' if behind <= 2 else 'MORE than'} the 2 allowed)."
    )
    result = {"n": read["messages"], "faster": faster.to_dict(), "quality": read, "measurements": rounds.found}
    finish("encoder", "speed.md", result, text, args.docs)


if __name__ == "__main__":
    main()
