"""How many turns does proactivity save? The curves of Balaraman and Magnini 2020, on this project's own domains.

    python benchmarks/slots.py

In come how many dialogues and a seed; out come mean turns by degree of proactivity for each domain, the saving, and
dialogues a second on one core. The baseline of every ratio is the same users with a system that never says unasked what
there is. Easy to get wrong: the saving hangs on how often a wish cannot be met and on how easily users are influenced,
so both are varied; and `needless` beside it is what the user was told without need.
"""

from __future__ import annotations

import argparse
import time

from common import OUT, finish, table

DEGREES = (0.0, 0.25, 0.5, 0.75, 1.0)


def main() -> None:
    from overture.tasks.slots.dialogue import Person, System, simulate
    from overture.tasks.slots.ontology import NAMES, ontology

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--docs", action="store_true", help="also put the result into docs/results/slots.md")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    rows: list[list[str]] = []
    result: dict[str, object] = {}
    for name in NAMES:
        made = ontology(name, args.seed)
        for unmet, influence in ((0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (0.5, 0.0), (1.0, 1.0)):
            began = time.process_time()
            found = [
                simulate(made, System(degree), Person(influence), unmet, args.dialogues, args.seed)
                for degree in DEGREES
            ]
            speed = len(DEGREES) * args.dialogues / (time.process_time() - began)
            saved = 1 - found[-1].turns / found[0].turns
            rows.append(
                [
                    name,
                    f"{unmet:g}",
                    f"{influence:g}",
                    *(f"{each.turns:.1f}" for each in found),
                    f"{saved:.0%}",
                    f"{found[-1].needless:.0%}",
                    f"{speed:,.0f}",
                ]
            )
            result[f"{name}/{unmet:g}/{influence:g}"] = {
                "turns": [each.turns for each in found],
                "saved": saved,
                "needless": found[-1].needless,
                "kept": [each.kept for each in found],
                "per_second": speed,
            }
    heads = [
        "domain",
        "unmet",
        "influence",
        *(f"degree {degree:g}" for degree in DEGREES),
        "saved",
        "needless",
        "a second",
    ]
    finish("slots", "slots.md", {"dialogues": args.dialogues, "cells": result}, table(heads, rows), args.docs)


if __name__ == "__main__":
    main()
