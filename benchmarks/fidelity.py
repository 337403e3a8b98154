"""How often do the simulated users err, and how often is the automatic verdict on that wrong?

    python benchmarks/fidelity.py --run                 # makes what is not there yet; killed, it goes on
    python benchmarks/fidelity.py --sample              # draws trials to read into out/fidelity/reading-SEED/sample.md
    python benchmarks/fidelity.py --read VERDICTS.json  # puts what was read beside the rules: docs/results/fidelity.json
    python benchmarks/fidelity.py --docs                # the tables, with docs/results/fidelity.json as it was read

In come the stores of `fidelity_cases.CASES` and what was read (`fidelity_read`); out come the share of trials with an error
by the rules of `users.faults` as they are now, and the share of trials on which rules and reader differ, both ways. Easy
to get wrong: a sample of erring trials and one of the others are never added up.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from common import OUT, counted, finish, table
from fidelity_cases import CASES, judged, run, spoke, trials, words
from fidelity_read import compare, place, sample, was_read

NAMED = {"goal_leaked", "several_parts", "invented", "spoke_for_assistant"}
"""The kinds that spoil a trial for the assistant by what is told; the others are lines that nobody would say."""


def report(docs: bool) -> None:
    rows: list[list[str]] = []
    result: list[dict] = []
    for case in CASES:
        every = trials(case)
        if not every:
            continue
        ended = [trial for trial in every if trial.status != "failed"]
        found = {trial.trial_id: kinds for trial, kinds in zip(ended, map(judged(case), ended), strict=True)}
        kinds = Counter(kind for one in found.values() for kind in one)
        failed = Counter(str(trial.error_type) for trial in every if trial.status == "failed")
        own = [bool(found[trial.trial_id]) for trial in ended if spoke(case, trial)]
        told = ", ".join(f"{kind} {n}" for kind, n in [*kinds.items(), *failed.items()]) or "–"
        counts = [len(every), sum(trial.outcome["turns"] for trial in ended), sum(failed.values())]
        erred, named = sum(map(bool, found.values())), sum(not NAMED.isdisjoint(one) for one in found.values())
        rows.append(
            [case.name, *map(str, counts), counted(erred, len(ended)), counted(sum(own), len(own)), str(named), told]
        )
        result.append(
            {
                "case": case.name,
                "command": f"overture simulate {words(case)}",
                "trials": len(every),
                "ended": len(ended),
                "spoke": len(own),
                "erred": erred,
                "erred_of_four": named,
                "by_kind": kinds,
                "failed": failed,
            }
        )
    heads = [
        "user",
        "trials",
        "utterances",
        "failed",
        "trials with an error, by rule",
        "of those where it speaks",
        "of four kinds",
        "of which",
    ]
    text = table(heads, rows)
    text = f"{was_read()}\n\nAll trials, by the rules as they are:\n\n{text}"
    commands = "\n".join(f"- {case.name}: `overture simulate {words(case)}`" for case in CASES)
    finish("fidelity", "fidelity.md", {"cases": result}, f"{text}\n\n{commands}", docs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="store_true", help="make the trials that are not there yet")
    parser.add_argument("--only", default="", help="with --run, only cases whose name holds this")
    parser.add_argument("--sample", action="store_true", help="draw the trials to read")
    parser.add_argument(
        "--read", type=Path, help="a reader's verdicts on the sample: {number: what is wrong or nothing}"
    )
    parser.add_argument("--docs", action="store_true", help="also put the result into docs/results/fidelity.md")
    given = parser.parse_args()
    place().mkdir(parents=True, exist_ok=True)
    OUT.mkdir(parents=True, exist_ok=True)
    cases = tuple(case for case in CASES if given.only in case.name)
    if given.run:
        run(cases)
    elif given.sample:
        sample()
    elif given.read:
        compare(given.read)
    else:
        report(given.docs)


if __name__ == "__main__":
    main()
