"""What the lens `gaps` learns from and what it is judged on, split once, here, before anything else happens.

    python training/gaps/dataset.py       # counts a set, a split and a side

Comes in: the sets of `problems`, `published` and `by_hand`, each of which says what of it is held out, and those that
`disturbing` makes of them. Goes out: Examples, each a conversation that ends with a user's message, whether something
needed is missing then, and its split: `train`, `valid` (thresholds and calibration) or `test` (nothing but the report).
A unit (a template, a problem, a passage, a pair) is in one split alone, by a hash of its name. Easy to get wrong: the
same GSM8K problem stands in several sets, so its split goes by its words and not by its number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

from by_hand import written
from disturbing import disturbed
from example import Example
from problems import gsm8k, plain, reworded, templates
from published import abg_coqa, in3, openings, pairs, sharded_own, shards

SETS = {
    "missing: templates": templates,
    "missing: gsm8k": gsm8k,
    "missing: gsm8k, reworded": reworded,
    "gsm8k: plain": plain,
    "in3": in3,
    "abg-coqa": abg_coqa,
    "sharded: gsm8k": shards,
    "sharded: own": sharded_own,
    "openings": openings,
    "written": written,
    "checkup pairs": pairs,
}


@cache
def load() -> tuple[Example, ...]:
    """Every example of every set."""
    found = tuple(example for make in SETS.values() for example in make())
    found += tuple(disturbed(found))
    splits: dict[str, set[str]] = {}
    for example in found:
        splits.setdefault(example.unit, set()).add(example.split)
    # one problem may stand in two sets: it is then a test item in both
    mixed = {unit for unit, names in splits.items() if len(names) > 1}
    return tuple(
        replace(e, split="test" if "test" in splits[e.unit] else "valid") if e.unit in mixed else e for e in found
    )


if __name__ == "__main__":
    counts = Counter((e.set, e.split, "lacking" if e.lacking else "complete") for e in load())
    for (name, split, side), n in sorted(counts.items()):
        print(f"{name:26} {split:6} {side:9} {n}")
