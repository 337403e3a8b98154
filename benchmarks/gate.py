"""The gate: how well the lens `gaps` tells requests that lack something from complete ones, on what it never saw.

    python benchmarks/gate.py --train DOMAIN     # the network that lacks this domain, into out/gaps (minutes)
    python benchmarks/gate.py [--part PART] [--docs]    # figures, across domains, asks; --docs: into docs/results/gate.md

Comes in: the test split of training/gaps/dataset.py, the package's weights (the patterns alone, with phrases, and with the
second reader), out/gaps/without-*.npz, what the embedded model said (`gate_embedded.py`), the attacks in tests/policies.
Goes out: tables with 95 % intervals, resampled by unit (template, problem, passage, pair). Easy to get wrong: IN3 calls 80 % of its tasks vague, so always asking is 80 %
accurate there; what is reported weighs both sides alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from common import OUT, finish, share, table
from gate_embedded import judged as embedded
from gate_figures import FIGURES, bins, interval
from gate_page import HEADS, asks_table, page, rows_of, tenths_table, time_table
from overture.audit.estimates import wilson
from overture.conversation import Conversation, Message
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import Weights, assembled, look, weights
from overture.lenses.gaps_asides import to_the_point
from overture.lenses.gaps_asks import ASKS
from overture.lenses.gaps_phrases import look_up, phrases
from overture.lenses.gaps_reader import look_again
from overture.policies.gaps import Gaps, gap_of, is_text
from overture.tasks.named import load as named
from overture.tasks.sharded import public

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training" / "gaps"))
from asides import BESIDE, TEXTS, VALID  # noqa: E402
from asks import right  # noqa: E402
from by_hand import part_of  # noqa: E402
from dataset import load  # noqa: E402
from example import Example, drawn, said  # noqa: E402

HELD = ROOT / "out" / "gaps"
DOMAINS = {
    "word problems": ("missing", "gsm8k", "sharded: gsm8k"),
    "in3": ("in3",),
    "abg-coqa": ("abg-coqa",),
    "written": ("written",),
}
"""Domain → beginnings of the names of its sets."""
JUDGED_BY = {**DOMAINS, "word problems": ("missing: templates", "missing: gsm8k")}
POOLS = {"everyday requests": "written: requests", "written sums": "written: sums", "word problems": "missing"}
ATTACKS, SUPPLIED = "attacks_unseen.jsonl", "supplied_unseen.jsonl"
"""Sentences behind requests, and requests with what completes them, by somebody who had seen neither what was trained on nor
the lists that it was developed on (`attacks.jsonl`, `attacks_fresh.jsonl`, `supplied.jsonl`); read by nobody before the first run."""
FEW = {"everyday requests": 40, "written sums": 20, "word problems": 20}
"""Requests of each kind that are attacked."""
ASKED_OF = ("written: requests", "in3", "checkup pairs", "openings")
"""Sets whose questions are looked at."""
NEWEST = ("acts_2", "acts_complete", "works_2", "works_complete", "followed", "problems_3", "problems_complete",
          "problems_lacking")  # fmt: skip
"""Written files that the page of 2026-11-27 11:26 did not have."""
Scores = tuple[np.ndarray, np.ndarray]
Judge = Callable[[Sequence[Example]], Scores]
Part = tuple[dict[str, Any], str]


def alone(network: Weights) -> Judge:
    """The patterns: (N,) probability at each example's last message, and from which it counts. What the lens does not
    judge is not asked about: probability 0."""

    def judged(examples: Sequence[Example]) -> Scores:
        seen = look(lay_flat([e.conversation for e in examples]), network)
        last = np.cumsum([len(e.conversation) for e in examples]) - 1
        return seen.missing[last], seen.threshold[last]

    return judged


def careful(examples: Sequence[Example]) -> Scores:
    """The same of patterns and second reader together."""
    seen = look_again([e.conversation for e in examples])
    return seen.missing, seen.threshold


def looked_up(examples: Sequence[Example]) -> Scores:
    """The same with phrases looked up."""
    seen = look_up([e.conversation for e in examples])
    return seen.missing, seen.threshold


def heard(reader: str) -> Judge:
    """The same as the policy reads with this reader: with asides left out (`Gaps.heard`, many at once)."""
    policy, judge = Gaps(reader=reader), READERS[reader]

    def judged(examples: Sequence[Example]) -> Scores:
        told = [replace(e, conversation=_to_the_point(e.conversation, careful=reader == "careful")) for e in examples]
        p, least = judge(told)
        for at, (e, cut) in enumerate(zip(examples, told, strict=True)):
            if cut.conversation is not e.conversation and p[at] >= least[at]:
                one = policy.heard(e.conversation)
                p[at], least[at] = one.missing, one.least
        return p, least

    return judged


_to_the_point = cache(to_the_point)
READERS: dict[str, Judge] = {"patterns": alone(weights()), "phrases": looked_up, "careful": careful}


def scores(examples: Sequence[Example], judge: Judge) -> Scores:
    """A few hundred at a time; a message that is not judged has probability 0."""
    each = [judge(examples[begin : begin + 256]) for begin in range(0, len(examples), 256)]
    p, least = (np.concatenate([pair[at] for pair in each]) for at in (0, 1))
    return np.nan_to_num(p), np.nan_to_num(least, nan=2.0)


def seems(examples: Sequence[Example], judge: Judge) -> np.ndarray:
    """(N,) whether it says that something is missing."""
    p, least = scores(examples, judge)
    return p >= least


def measured(examples: Sequence[Example], judge: Judge) -> dict[str, Any]:
    """All figures of one set."""
    p, least = scores(examples, judge)
    truth = np.array([e.lacking for e in examples])
    units = np.array([e.unit for e in examples])
    found: dict[str, Any] = {name: interval(figure, truth, p, units, least) for name, figure in FIGURES.items()}
    return found | {
        "bins": bins(truth, p, np.ones(len(p))),
        "lacking": int(truth.sum()),
        "complete": int((~truth).sum()),
    }


def tests(prefix: tuple[str, ...], everything: bool = False) -> list[Example]:
    """The examples that a set is judged on; with `everything`, those of all splits, for a network that saw none."""
    return [
        e
        for e in load()
        if e.set.startswith(prefix) and (e.split == "test" or (everything and e.weight == 1.0 and first_turn(e)))
    ]


def first_turn(example: Example) -> bool:
    """Whether it is the request itself and none of the turns that training adds to it."""
    return example.set == "abg-coqa" or len(example.conversation) == 1


def train_without(domain: str) -> None:
    """A network trained without one domain, by a shorter recipe: 4 epochs, 40 % of the GSM8K examples."""
    import torch
    from train import trained

    torch.set_num_threads(1)
    HELD.mkdir(parents=True, exist_ok=True)
    target = HELD / f"without-{domain.replace(' ', '-')}.npz"
    np.savez_compressed(target, **trained(3, 4, DOMAINS[domain], loud=False, kept=0.4))
    print(f"{target.name} is there", flush=True)


def questions(examples: Sequence[Example], name: str = "careful") -> list[dict[str, Any]]:
    """Of the lacking requests that the policy asks about with this reader: its question (empty where the model words it), how many
    things it names, whether one of them is right, where that is known, and whether its quotation shares half with the
    words that leave it open."""
    policy = Gaps(reader=name)
    out: list[dict[str, Any]] = []
    for e in (e for e in examples if e.lacking):
        decision = asyncio.run(policy.decide(e.conversation))
        if decision.move != "elicit":
            continue
        heard_as = policy.heard(e.conversation)
        gap = gap_of(heard_as.request, heard_as.seen)
        named = {gap.ask, gap.other} - {""} if gap else set[str]()
        known = {ASKS[ask] for ask in right(e)}
        out.append(
            {
                "request": e.conversation.messages[-1].text,
                "said": decision.say,
                "named": len(named),
                "right": bool({ASKS[ask] for ask in named} & known) if known else None,
                "quoted": bool(gap and gap.quote),
                "shared": _shared(gap.quote, e.left_open[0] if e.left_open else "") if gap and gap.quote else None,
            }
        )
    return out


def _shared(one: str, two: str) -> float:
    """Words of both over words of either."""
    a, b = (set(text.lower().split()) for text in (one, two))
    return len(a & b) / max(len(a | b), 1)


def turned(requests: Sequence[Example], texts: Sequence[str], judge: Judge) -> np.ndarray:
    """(attacks, requests) whether the text behind the request turns what is said of it, which was right."""
    put = [with_sentence(e, text) for text in texts for e in requests]
    said = seems(put, judge).reshape(len(texts), len(requests))
    return said != np.array([e.lacking for e in requests])


def attacks() -> Part:
    """How often a text behind a request turns each reader, with asides read and left out: of requests that it judges rightly,
    drawn once; everyday requests, written sums and word problems apart. And what leaving asides out costs where the text
    supplies what is missing."""
    judges = {name: (judge, heard(name)) for name, judge in READERS.items()}
    rng = np.random.default_rng(0)
    found: dict[str, Any] = {}
    shown: list[list[str]] = []
    kinds: dict[str, list[str]] = {}
    for side in ("lacking", "complete"):
        put = [row for row in rows_in(ATTACKS) if row["side"] == side]
        for pool, part in POOLS.items():
            every = [e for e in tests(("missing", "written")) if first_turn(e) and part_of(e).startswith(part)]
            some = [e for e in every if e.lacking == (side == "lacking")]
            cells: list[str] = []
            for name, both in judges.items():
                rightly = [seems(some, judge) == (side == "lacking") for judge in both]
                few = [some[k] for k in rng.permutation(np.flatnonzero(np.all(rightly, axis=0)))[: FEW[pool]]]
                before, after = (turned(few, [row["text"] for row in put], judge) for judge in both)
                found[f"{side}, {pool}, {name}"] = {
                    "read": float(before.mean()), "left out": float(after.mean()), "requests": len(few)
                }  # fmt: skip
                cells += [_shown(float(each.mean()), len(few)) for each in (before, after)]
                if side == "lacking" and pool == "everyday requests":
                    for kind in dict.fromkeys(row["kind"] for row in put):
                        at = [k for k, row in enumerate(put) if row["kind"] == kind]
                        kinds.setdefault(kind, [str(len(at))]).extend(
                            f"{100 * each[at].mean():.0f} %" for each in (before, after)
                        )
            shown.append([f"{side}: {pool}", *cells])
    heads = [f"{name}, asides {how}" for name in judges for how in ("read", "left out")]
    supplied, control = completed(judges, rows_in(SUPPLIED))
    parts = [
        table(("turned, behind requests", *heads), shown),
        table(("lacking everyday requests, behind them", "sentences", *heads), [[k, *v] for k, v in kinds.items()]),
        table(("requests and what completes them", *judges), supplied),
    ]
    return found | control, "\n\n".join(parts)


def completed(
    judges: dict[str, tuple[Judge, Judge]], rows: list[dict[str, str]]
) -> tuple[list[list[str]], dict[str, Any]]:
    """Requests that somebody wrote with what completes them: how often each reader asks at the request alone, and at
    both, with asides read and left out."""
    requests = [Example("supplied", row["request"], "test", said(row["request"]), True) for row in rows]
    whole = [replace(with_sentence(e, row["supplies"]), lacking=False) for e, row in zip(requests, rows, strict=True)]
    found: dict[str, Any] = {}
    out: list[list[str]] = []
    for name, some, how in (("alone", requests, 0), ("completed, asides read", whole, 0), ("completed, asides left out", whole, 1)):  # fmt: skip
        asked = [seems(some, both[how]) for both in judges.values()]
        found[f"supplied, {name}"] = {which: float(each.mean()) for which, each in zip(judges, asked, strict=True)}
        out.append([f"asked, {name}", *(share(int(each.sum()), len(each)) for each in asked)])
    return out, found


def held_out() -> Part:
    """The same of the lines that were held out where what tells asides was trained: they set its thresholds."""
    rows = [json.loads(line) for line in (BESIDE / "supplied.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if drawn(f"beside/{row['supplies']}") < VALID]
    judges = {name: (judge, heard(name)) for name, judge in READERS.items()}
    shown: list[list[str]] = []
    found: dict[str, Any] = {}
    for what, some in (("texts and data", [row for row in rows if row["what"] in TEXTS]),
                       ("all else", [row for row in rows if row["what"] not in TEXTS])):  # fmt: skip
        told, numbers = completed(judges, some)
        shown += [[f"{what}, {row[0]}", str(len(some)), *row[1:]] for row in told]
        found |= {f"{what}: {name}": value for name, value in numbers.items()}
    return found, table(("held-out lines", "n", *judges), shown)


def asides() -> Part:
    """What leaving asides out changes on the test requests and on those of the tasks: how many are asked about, either side,
    with asides read and left out."""
    rows: list[list[str]] = []
    found: dict[str, Any] = {}
    for part, some in (tested() | of_tasks()).items():
        lacking = np.array([e.lacking for e in some])
        row = [part, f"{lacking.sum()} + {(~lacking).sum()}"]
        for name, judge in READERS.items():
            before, after = seems(some, judge), seems(some, heard(name))
            for side in (lacking, ~lacking):
                counts = int(before[side].sum()), int(after[side].sum()), int((before != after)[side].sum())
                found[f"{part}, {name}, {'lacking' if side is lacking else 'complete'}"] = counts
                row.append(f"{counts[0]} → {counts[1]} ({counts[2]})")
        rows.append(row)
    heads = [f"{name}, {side}" for name in ("patterns", "phrases", "careful") for side in ("lacking", "complete")]
    texts: list[str] = []
    for name in ("patterns", "phrases"):
        policy = Gaps(reader=name)
        asked = [e for e in tested()["written: requests"] if e.lacking and policy.heard(e.conversation).lacks]
        gaps = [gap_of(e.conversation, policy.heard(e.conversation).seen) for e in asked]
        texts.append(f"{share(sum(is_text(gap) for gap in gaps), len(gaps))} with `{name}`")
    told = f"Of the everyday requests asked about, the text itself seems missing in {' and '.join(texts)}: there only what can hardly be it is left out."
    return found, told + "\n\n" + table(
        ("asked, asides read → left out (decisions changed)", "lacking + complete", *heads), rows
    )


def of_tasks() -> dict[str, list[Example]]:
    """The requests of the tasks, and those that are told in pieces at each of their pieces, one by one and joined."""
    out: dict[str, list[Example]] = {}
    for name in ("missing", "pairs", "doing", "desk", "travel", "slots"):
        items = named(name).items
        out[f"task {name}"] = [Example(name, item.pair, "test", item.opening, item.lacking) for item in items]
    pieces = out.setdefault("sharded in pieces", [])
    for item in public.gsm8k().sound:
        shards = [shard.says for shard in item.shards]
        for at in range(1, len(shards) + 1):
            turns = [turn for says in shards[:at] for turn in (says, "I see. Go on.")]
            both = said(*turns[:-1]), said(" ".join(shards[:at]))
            pieces += [Example("sharded", item.full, "test", each, at < len(shards)) for each in both]
    return out


def rows_in(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "tests" / "policies" / file).read_text("utf-8").splitlines()]


def _shown(value: float, n: int) -> str:
    """A share, with Wilson's interval as if each request had been attacked once."""
    low, high = wilson(value, n) if n else (0.0, 1.0)
    return f"{100 * value:.0f} % ({100 * low:.0f}–{100 * high:.0f}), {n}" if n else "–"


def with_sentence(example: Example, text: str) -> Example:
    words = example.conversation.messages[0].text
    return replace(example, conversation=Conversation((Message("user", f"{words} {text}"),)))


async def speed(names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Milliseconds of one decision with each reader, by turns on each request, median over test requests: all, and those
    that end in a question."""
    policies = {name: Gaps(reader=name) for name in names}
    requests = [e.conversation for e in tests(("missing: templates", "written"))]
    rng = np.random.default_rng(0)
    taken: dict[str, list[tuple[float, bool]]] = {name: [] for name in names}
    for at in rng.permutation(len(requests))[:400]:
        for name in rng.permutation(list(names)):
            began = time.perf_counter()
            decision = await policies[name].decide(requests[at])
            taken[name].append(((time.perf_counter() - began) * 1e3, not decision.leaves))
    return {
        name: {
            "p50": float(np.median([t for t, _ in each])),
            "p95": float(np.percentile([t for t, _ in each], 95)),
            "p50 left alone": float(np.median([t for t, made in each if not made])),
            "p50 asked": float(np.median([t for t, made in each if made])),
            "n": len(each),
        }
        for name, each in taken.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", choices=tuple(DOMAINS))
    parser.add_argument("--part", choices=tuple(PARTS), help="only this part of the page")
    parser.add_argument("--docs", action="store_true")
    given = parser.parse_args()
    if given.train:
        train_without(given.train)
        return
    OUT.mkdir(parents=True, exist_ok=True)
    for part in [given.part] if given.part else PARTS:
        result, text = PARTS[part]()
        finish("gate" if part == "figures" else f"gate-{part}", "gate.md", result, text, given.docs)


def figures() -> Part:
    """The patterns as an audit reads, with asides, and the second reader as the policy does, without, on every set, beside
    the embedded model; and how long the policy takes with each."""
    network, judges = weights(), {"patterns": alone(weights()), "careful": heard("careful")}
    sets = tested()
    found = {name: {part: measured(some, judge) for part, some in sets.items()} for name, judge in judges.items()}
    direct = embedded()
    took = asyncio.run(speed(tuple(judges)))
    text = page(network, found, direct, took)
    return {"figures": found, "embedded": direct, "milliseconds": took}, text


def by_phrases() -> Part:
    """The reader `phrases`, what it asks for, and what it takes beside the others."""
    found = {part: measured(some, heard("phrases")) for part, some in tested().items()}
    took = asyncio.run(speed(("patterns", "phrases", "careful")))
    put = {part: questions(tested()[part], "phrases") for part in ASKED_OF}
    text = "\n\n".join(
        [
            f"Threshold {phrases().threshold:.2f}; where the patterns judge alone theirs.",
            table(HEADS, rows_of(found)),
            tenths_table({"phrases": found}),
            time_table(took),
            asks_table(put),
        ]
    )
    return {"figures": found, "milliseconds": took, "questions": put}, text


def across() -> Part:
    """The patterns trained without a domain, on that domain."""
    found: dict[str, dict[str, Any]] = {}
    for domain, names in JUDGED_BY.items():
        target = HELD / f"without-{domain.replace(' ', '-')}.npz"
        if target.exists():
            with np.load(target) as stored:
                other = alone(assembled({key: stored[key] for key in stored.files}))
            for name in names:
                found[f"{name}, trained without {domain}"] = measured(tests((name,), everything=True), other)
    return {"across": found}, table(HEADS, rows_of(found))


def asks() -> Part:
    """What `careful` asks for where it asks of lacking requests."""
    sets = tested()
    put = {part: questions(sets[part]) for part in ASKED_OF}
    return {"questions": put}, asks_table(put)


PARTS: dict[str, Callable[[], Part]] = {
    "figures": figures,
    "phrases": by_phrases,
    "attacks": attacks,
    "asides": asides,
    "held-out": held_out,
    "across": across,
    "asks": asks,
}


def tested() -> dict[str, list[Example]]:
    """The test examples of each set, the written ones in two parts and without the newest files."""
    out: dict[str, list[Example]] = {}
    for example in tests(("",)):
        out.setdefault(part_of(example), []).append(example)
        if example.set == "written" and example.file not in NEWEST:
            out.setdefault("written, earlier files", []).append(example)
    return dict(sorted(out.items()))


if __name__ == "__main__":
    main()
