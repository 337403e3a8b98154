"""The gate: how well the lens `gaps` tells requests that lack something from complete ones, on what it never saw.

    python benchmarks/gate.py --train DOMAIN     # the network that lacks this domain, into out/gaps (minutes)
    python benchmarks/gate.py [--part PART] [--docs]    # figures, across domains, asks; --docs: into docs/results/gate.md

Comes in: the test split of training/gaps/dataset.py, the package's weights (the patterns alone, with phrases, and with the second reader),
out/gaps/without-*.npz, what the embedded
model said (`gate_embedded.py`), tests/policies/attacks.jsonl. Goes out: tables with 95 % intervals, resampled by unit
(template, problem, passage, pair). Easy to get wrong: IN3 calls 80 % of its tasks vague, so always asking is 80 %
accurate there; what is reported weighs both sides alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common import OUT, finish, table
from overture.audit.estimates import wilson
from overture.conversation import Conversation, Message
from overture.lenses.batch import lay_flat
from overture.lenses.gaps import Weights, assembled, look, weights
from overture.lenses.gaps_asks import ASKS
from overture.lenses.gaps_phrases import look_up, phrases
from overture.lenses.gaps_reader import look_again, reader
from overture.policies.gaps import Gaps, gap_of

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training" / "gaps"))
from asks import right  # noqa: E402
from dataset import Example, drawn, load, part_of  # noqa: E402

HELD = ROOT / "out" / "gaps"
DOMAINS = {
    "word problems": ("missing", "gsm8k", "sharded: gsm8k"),
    "in3": ("in3",),
    "abg-coqa": ("abg-coqa",),
    "written": ("written",),
}
"""Domain → beginnings of the names of its sets."""
JUDGED_BY = {
    "word problems": ("missing: templates", "missing: gsm8k"),
    "in3": ("in3",),
    "abg-coqa": ("abg-coqa",),
    "written": ("written",),
}
ASKED_OF = ("written: requests", "in3", "checkup pairs", "openings")
"""Sets whose questions are looked at."""
DRAWS = 500
LEAST_SIDE = 90
"""Verdicts a side before the embedded model's figures of a set are shown."""
NEWEST = ("acts_2", "acts_complete", "works_2", "works_complete", "followed", "problems_3", "problems_complete",
          "problems_lacking")  # fmt: skip
"""Written files that the page of 2026-11-27 11:26 did not have."""
Scores = tuple[np.ndarray, np.ndarray]
Judge = Callable[[Sequence[Example]], Scores]
Part = tuple[dict[str, Any], str]
Figure = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], float]


def auroc(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Probability that a lacking request scores above a complete one, ties halved."""
    order = np.argsort(p, kind="stable")
    _, at = np.unique(p[order], return_inverse=True)
    count = at[-1] + 1
    top = np.bincount(at, (w * truth)[order], count)
    rest = np.bincount(at, (w * ~truth)[order], count)
    below = np.cumsum(rest) - rest / 2
    return float((top * below).sum() / max(top.sum() * rest.sum(), 1e-9))


def asked(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    side = w * truth
    return float((side * (p >= threshold)).sum() / max(side.sum(), 1e-9))


def needless(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    return asked(~truth, p, threshold, w)


def balanced(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    return (asked(truth, p, threshold, w) + 1 - needless(truth, p, threshold, w)) / 2


def mcc(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Matthews' coefficient as it is at even odds."""
    a, b = asked(truth, p, threshold, w), needless(truth, p, threshold, w)
    spread = (a + b) * (2 - a - b)
    return float((a - b) / np.sqrt(spread)) if spread > 0 else 0.0


def ece(truth: np.ndarray, p: np.ndarray, threshold: np.ndarray, w: np.ndarray) -> float:
    """Expected calibration error over ten bins, at even odds."""
    return sum(share * abs(said - seen) for share, said, seen in bins(truth, p, w))


def bins(truth: np.ndarray, p: np.ndarray, w: np.ndarray) -> list[tuple[float, float, float]]:
    """(share, mean probability, share lacking) of each tenth that is not empty, both sides counting alike."""
    sides = [max((w * side).sum(), 1e-9) for side in (truth, ~truth)]
    even = np.where(truth, w / sides[0], w / sides[1]) / 2
    place = np.minimum((p * 10).astype(int), 9)
    total, said, seen = (np.bincount(place, even * value, 10) for value in (np.ones_like(p), p, truth))
    return [(float(total[k]), float(said[k] / total[k]), float(seen[k] / total[k])) for k in range(10) if total[k] > 0]


FIGURES: dict[str, Figure] = {
    "AUROC": auroc,
    "asked in need": asked,
    "asked needlessly": needless,
    "balanced accuracy": balanced,
    "MCC": mcc,
    "ECE": ece,
}


def interval(
    figure: Figure, truth: np.ndarray, p: np.ndarray, units: np.ndarray, threshold: np.ndarray
) -> dict[str, float]:
    """Value and 95 % interval, whole units drawn again."""
    names, owner = np.unique(units, return_inverse=True)
    rng = np.random.default_rng(0)
    drawn_values: list[float] = []
    for _ in range(DRAWS):
        w = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[owner].astype(float)
        if (w * truth).any() and (w * ~truth).any():
            drawn_values.append(figure(truth, p, threshold, w))
    low, high = (float(v) for v in np.percentile(drawn_values, [2.5, 97.5]))
    value = figure(truth, p, threshold, np.ones(len(p)))
    sides = {asked: (truth,), needless: (~truth,), balanced: (truth, ~truth)}.get(figure, ())
    shares = [float((p >= threshold)[side].mean()) for side in sides]
    if shares and all(share in (0.0, 1.0) for share in shares):  # all alike: every draw is the same
        reach = [
            [abs(v - one) for v in wilson(one, len(set(units[side])))] for one, side in zip(shares, sides, strict=True)
        ]
        room = math.hypot(*map(max, reach)) / len(reach)
        low, high = max(0.0, value - room), min(1.0, value + room)
    return {"value": value, "low": low, "high": high, "n": len(names)}


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


def embedded() -> dict[str, dict[str, Any]]:
    """What the embedded model said when asked directly, a set each."""
    from gate_embedded import OUT as ANSWERS
    from gate_embedded import chosen

    if not ANSWERS.exists():
        return {}
    wanted = {key for key, _ in chosen(10**6, every=True)}
    rows = [row for row in map(json.loads, ANSWERS.read_text().splitlines()) if row["key"] in wanted]
    out: dict[str, dict[str, Any]] = {}
    for name in sorted({row["set"] for row in rows}):
        here = [row for row in rows if row["set"] == name]
        scored = [row for row in here if "missing" in row]
        truth, said = (np.array([row[key] for row in scored]) for key in ("lacking", "missing"))
        if min(truth.sum(), (~truth).sum()) >= LEAST_SIDE:
            units = np.array([row["unit"] for row in scored])
            figures = ("asked in need", "asked needlessly", "balanced accuracy", "MCC")
            out[name] = {
                f: interval(FIGURES[f], truth, said.astype(float), units, np.full(len(truth), 0.5)) for f in figures
            }
            out[name] |= {"n": len(scored), "unscored": len(here) - len(scored)}
    return out


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
        gap = gap_of(e.conversation, look_again([e.conversation]) if name == "careful" else None)
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


def attacks(judge: Judge) -> dict[str, dict[str, float]]:
    """How often a sentence put behind (or before) a request turns the gate: test requests, every attack."""
    rows = [json.loads(line) for line in (ROOT / "tests" / "policies" / "attacks.jsonl").read_text().splitlines()]
    rng = np.random.default_rng(0)
    out: dict[str, dict[str, float]] = {}
    requests = [e for e in tests(("missing", "written")) if first_turn(e)]
    said = seems(requests, judge)
    for side in ("lacking", "complete"):
        lacking = side == "lacking"
        held = [e for e, q in zip(requests, said, strict=True) if e.lacking == lacking and q == lacking]
        for row in (r for r in rows if r["side"] == side):
            some = [held[k] for k in rng.permutation(len(held))[:100]]
            put = [with_sentence(e, row["text"]) for e in some]
            turned = seems(put, judge) != lacking
            kind = out.setdefault(f"{side}: {row['kind']}", {"turned": 0.0, "n": 0.0, "attacks": 0.0})
            kind["turned"] += float(turned.sum())
            kind["n"] += len(some)
            kind["attacks"] += 1
    return out


def with_sentence(example: Example, text: str) -> Example:
    from dataclasses import replace

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


def written(figure: dict[str, float], percent: bool = False) -> str:
    scale, digits = (100, 0) if percent else (1, 2)
    value, low, high = (figure[k] * scale for k in ("value", "low", "high"))
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def rows_of(found: dict[str, dict[str, Any]]) -> list[list[str]]:
    return [
        [
            name,
            written(each["AUROC"]),
            written(each["asked in need"], True),
            written(each["asked needlessly"], True),
            written(each["balanced accuracy"], True),
            written(each["MCC"]),
            written(each["ECE"]),
            f"{each['lacking']} + {each['complete']} ({each['AUROC']['n']})",
        ]
        for name, each in found.items()
    ]


HEADS = (
    "set",
    "AUROC",
    "asked in need, %",
    "asked needlessly, %",
    "balanced accuracy, %",
    "MCC",
    "ECE",
    "lacking + complete (units)",
)


ASK_HEADS = ("lacking requests asked about", "n", "worded by the policy", "naming one thing", "of a right kind (known)",
             "naming two", "one of a right kind (known)", "quoting words")  # fmt: skip


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
    """Both readers on every set, beside the embedded model, under attack, and how long they take."""
    network, judges = weights(), {"patterns": alone(weights()), "careful": careful}
    sets = tested()
    found = {name: {part: measured(some, judge) for part, some in sets.items()} for name, judge in judges.items()}
    direct = embedded()
    turned = {name: attacks(judge) for name, judge in judges.items()}
    took = asyncio.run(speed(tuple(judges)))
    text = page(network, found, direct, turned, took)
    return {"figures": found, "embedded": direct, "attacks": turned, "milliseconds": took}, text


def by_phrases() -> Part:
    """The reader `phrases`, what it asks for, and what it takes beside the others."""
    found = {part: measured(some, looked_up) for part, some in tested().items()}
    turned, took = attacks(looked_up), asyncio.run(speed(("patterns", "phrases", "careful")))
    put = {part: questions(tested()[part], "phrases") for part in ASKED_OF}
    text = "\n\n".join(
        [
            f"Threshold {phrases().threshold:.2f}; where the patterns judge alone theirs.",
            table(HEADS, rows_of(found)),
            tenths_table({"phrases": found}),
            attacks_table({"phrases": turned}),
            time_table(took),
            table(ASK_HEADS, [[part, *_put(rows)] for part, rows in put.items()]),
        ]
    )
    return {"figures": found, "attacks": turned, "milliseconds": took, "questions": put}, text


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
    return {"questions": put}, table(ASK_HEADS, [[part, *_put(rows)] for part, rows in put.items()])


PARTS: dict[str, Callable[[], Part]] = {"figures": figures, "phrases": by_phrases, "across": across, "asks": asks}


def tested() -> dict[str, list[Example]]:
    """The test examples of each set, the written ones in two parts and without the newest files."""
    out: dict[str, list[Example]] = {}
    for example in tests(("",)):
        out.setdefault(part_of(example), []).append(example)
        if example.set == "written" and example.file not in NEWEST:
            out.setdefault("written, earlier files", []).append(example)
    return dict(sorted(out.items()))


def page(
    network: Weights,
    found: dict[str, dict[str, dict[str, Any]]],
    direct: dict[str, dict[str, Any]],
    turned: dict[str, dict[str, dict[str, float]]],
    took: dict[str, dict[str, float]],
) -> str:
    """The section of the page."""
    by = reader()
    parts = [
        "### The patterns alone",
        f"Thresholds {network.threshold[0]:.2f} and, for requests of figures, {network.threshold[1]:.2f}; "
        "chosen on the validation split.",
        table(HEADS, rows_of(found["patterns"])),
        "### With the second reader",
        f"It reads again from a probability of {by.least[0]:.2f} and {by.least[1]:.2f} on; thresholds "
        f"{by.threshold[0]:.2f} and {by.threshold[1]:.2f}.",
        table(HEADS, rows_of(found["careful"])),
    ]
    parts.append("Always asking and never asking have AUROC 0.50, balanced accuracy 50 %, MCC 0 on every set.")
    if direct:
        heads = ("set", "asked in need, %", "asked needlessly, %", "balanced accuracy, %", "MCC", "scored (unscored)")
        rows = [
            [
                name,
                *(written(each[f], True) for f in ("asked in need", "asked needlessly", "balanced accuracy")),
                written(each["MCC"]),
                f"{each['n']} ({each['unscored']})",
            ]
            for name, each in direct.items()
        ]
        parts += [
            "### The embedded model asked directly",
            "The first of each side in the order of a hash; IN3's complete ones from every split, since it learnt from none.",
            table(heads, rows),
        ]
    else:
        parts.append(
            "The embedded model asked directly (`gate_embedded.py`) has not given 90 verdicts a side of any set."
        )
    parts += ["### Calibration", "Five sets pooled, each set and each side counting alike.", tenths_table(found),
              "### Attacks", attacks_table(turned), "### Time", time_table(took)]  # fmt: skip
    return "\n\n".join(parts)


def tenths_table(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """How calibrated each reader is."""
    tenths = {name: pooled(each) for name, each in found.items()}
    rows = [
        [f"{k / 10:.1f} – {(k + 1) / 10:.1f}", *(cell for name in found for cell in tenths[name].get(k, ("", "", "")))]
        for k in range(10)
    ]
    heads = ("mean said", "share that lacks something", "of all")
    return table(("probability", *(f"{name}: {head}" for name in found for head in heads)), rows)


def attacks_table(turned: dict[str, dict[str, dict[str, float]]]) -> str:
    """How often each reader is turned, kind by kind."""
    first = next(iter(turned.values()))
    rows = [
        [
            kind,
            *(_share([each[kind]]) for each in turned.values()),
            *(f"{first[kind][k]:.0f}" for k in ("attacks", "n")),
        ]
        for kind in first
    ]
    for side in ("lacking", "complete"):
        some = [kind for kind in first if kind.startswith(side)]
        counts = (sum(first[kind][k] for kind in some) for k in ("attacks", "n"))
        shares = (_share([each[kind] for kind in some]) for each in turned.values())
        rows.append([f"**{side}: all**", *shares, *(f"{count:.0f}" for count in counts)])
    return table(("behind requests, and kind", *(f"turned, {name}" for name in turned), "attacks", "trials"), rows)


def time_table(took: dict[str, dict[str, float]]) -> str:
    """What one decision takes with each reader."""
    keys = ("p50", "p95", "p50 left alone", "p50 asked")
    rows = [[name, *(f"{each[key]:.1f}" for key in keys), f"{each['n']:.0f}"] for name, each in took.items()]
    return table(("one decision, ms", "median", "95th percentile", "left alone", "asked", "n"), rows)


def _put(rows: list[dict[str, Any]]) -> list[str]:
    def share(some: list[dict[str, Any]], test: Callable[[dict[str, Any]], bool]) -> str:
        if not some:
            return "–"
        hits = np.array([test(row) for row in some], bool)
        low, high = wilson(float(hits.mean()), len(hits))
        return f"{hits.mean():.0%} ({low:.0%}–{high:.0%})"

    one, two = ([row for row in rows if row["named"] == n] for n in (1, 2))
    known = [[row for row in some if row["right"] is not None] for some in (one, two)]
    return [
        str(len(rows)),
        share(rows, lambda row: bool(row["said"])),
        share(rows, lambda row: row["named"] == 1),
        share(known[0], lambda row: row["right"]),
        share(rows, lambda row: row["named"] == 2),
        share(known[1], lambda row: row["right"]),
        share(rows, lambda row: row["quoted"]),
    ]


def pooled(found: dict[str, dict[str, Any]]) -> dict[int, tuple[str, str, str]]:
    """Of each tenth: mean probability, share lacking, share of all."""
    names = ("missing: templates", "missing: gsm8k", "written: requests", "written: sums", "checkup pairs")
    tenths: dict[int, list[tuple[float, float, float]]] = {}
    for name in names:
        for w, said, seen in found[name]["bins"]:
            tenths.setdefault(min(int(said * 10), 9), []).append((w, said, seen))
    out: dict[int, tuple[str, str, str]] = {}
    for k, each in tenths.items():
        w = np.array([e[0] for e in each])
        said, seen = (float((w * np.array([e[i] for e in each])).sum() / w.sum()) for i in (1, 2))
        out[k] = (f"{said:.2f}", f"{seen:.2f}", f"{w.sum() / len(names):.0%}")
    return out


def _share(each: Sequence[dict[str, float]]) -> str:
    return f"{sum(e['turned'] for e in each) / max(sum(e['n'] for e in each), 1):.1%}"


__all__ = ["drawn"]

if __name__ == "__main__":
    main()
