"""A sample of trials for somebody to read, and what was read beside what the rules say.

In come CASES and a file with what a reader found; out come out/fidelity/reading-SEED/sample.md and
docs/results/fidelity.json. Easy to get wrong: a sample drawn at random holds hardly any error of an offline user and
hardly anything else of a bad one. It is drawn half from the trials with an automatic error and half from those without,
so the two ways of being wrong are never added up, and a share of all trials weighs them by how many there are. Rules
that were mended after reading are not measured by what was read.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

from common import ROOT
from fidelity_cases import CASES, FOLDER, Case, item, judged, spoke, trials
from misread import by_kind, by_user

if TYPE_CHECKING:
    from overture.simulate.store import Trial

SEED = 4
"""Of the sample."""
READ = ROOT / "docs" / "results" / "fidelity.json"
DRAWN = {
    3: {case.name: (0, 1) for case in CASES if not case.played}
    | {"shards-llm by embedded:fast": (14, 9), "goal by embedded:fast": (11, 7)},
    4: {"shards-llm by embedded:fast": (6, 14), "goal by embedded:fast": (4, 3)},
}
"""Seed of the sample → case → how many trials with and without an automatic error are read. Of the offline users none has
one; of `goal` few have none. 3: 50 trials, half of them with one. 4: the rules that were mended after those."""


def place() -> Path:
    return FOLDER / f"reading-{SEED}"


def rounds() -> list[dict]:
    """What was read, newest first."""
    return json.loads(READ.read_text())["rounds"] if READ.exists() else []


def sample() -> None:
    """DRAWN of each case, no two of one pair, and none of a pair that was read before. The verdicts of the rules go to a
    file of their own, so that they are not read with the talk."""
    from overture.users import faults

    rng = random.Random(SEED)
    before = {row["trial_id"] for one in rounds() for row in one["read"]}
    chosen: list[tuple[Case, Trial, list[str]]] = []
    population: dict[str, list[int]] = {}
    for case in CASES:
        kinds = judged(case)
        every = [(case, trial, kinds(trial)) for trial in trials(case) if spoke(case, trial)]
        pairs = {item(case, trial).pair for _, trial, _ in every if trial.trial_id in before}
        flags = [bool(rule) for _, _, rule in every]
        population[case.name] = [flags.count(True), flags.count(False)]
        rng.shuffle(every)
        left = dict(zip((True, False), DRAWN[SEED].get(case.name, (0, 0)), strict=True))
        for one in every:
            pair, flagged = item(case, one[1]).pair, bool(one[2])
            if left[flagged] and pair not in pairs:
                chosen.append(one)
                left[flagged] -= 1
                pairs.add(pair)
        if any(left.values()):
            print(f"{case.name}: too few, short of {left[True]} with an error and {left[False]} without")
    rng.shuffle(chosen)
    lines: list[str] = []
    for number, (case, trial, _) in enumerate(chosen, 1):
        wanted = item(case, trial)
        lines += [f"\n## {number} · {case.name} · {trial.item} · {trial.trial_id}"]
        lines += [f"REQUEST: {wanted.request}", f"GOAL: {wanted.goal}"]
        lines += [
            f"PART {'open' if part.name in wanted.open else 'said'} {part.name}: {part.words}" for part in wanted.parts
        ]
        lines += [f"{m.role.upper()}: {m.text}" for m in trial.conversation.messages if m.role != "system"]
        lines += [f"REVEALED {trial.outcome['revealed']} WHY {trial.outcome['why']}"]
    (place() / "sample.md").write_text("\n".join(lines) + "\n")
    rows = [
        {"number": number, "case": case.name, "item": trial.item, "trial_id": trial.trial_id, "rule": rule}
        for number, (case, trial, rule) in enumerate(chosen, 1)
    ]
    drawn = {"rules": f"faults {faults.VERSION}", "seed": SEED, "population": population, "read": rows}
    (place() / "rules.json").write_text(json.dumps(drawn, indent=1) + "\n")
    print(f"{len(chosen)} trials to read: {place() / 'sample.md'}")


def compare(verdicts: Path) -> None:
    """Put a reader's verdicts, {number: {"kinds": […], "reader": what is wrong, or ""}}, beside those of the rules that
    the sample was drawn by and, as `mended`, of the rules as they are now, before all else in READ."""
    found, drawn = json.loads(verdicts.read_text()), json.loads((place() / "rules.json").read_text())
    cases = {case.name: case for case in CASES}
    ended = {trial.trial_id: trial for name in DRAWN[SEED] for trial in trials(cases[name])}
    drawn["read"] = [
        {**row, "mended": judged(cases[row["case"]])(ended[row["trial_id"]]), **found[str(row["number"])]}
        for row in drawn["read"]
    ]
    kept = [one for one in rounds() if one.get("seed") != SEED]
    READ.write_text(json.dumps({"rounds": [drawn, *kept]}, indent=1, ensure_ascii=False) + "\n")


def was_read() -> str:
    """The readings that were drawn by script: each, and all together weighed by the newest rules, by user and by kind."""
    drawn = [one for one in reversed(rounds()) if "population" in one]
    together = {**drawn[-1], "read": [row for one in drawn for row in one["read"]]}
    texts: list[str] = []
    for one, which in (*((one, one["rules"]) for one in drawn), (together, "both")):
        cases = {row["case"] for row in one["read"]}
        users = {"offline users": [case.name for case in CASES if not case.played and case.name in cases]}
        users |= {case.name: [case.name] for case in CASES if case.played and case.name in cases}
        texts.append(f"{len(one['read'])} trials, drawn and judged by {which}:\n\n{by_user(one, users)}")
    return "\n\n".join([*texts, by_kind(drawn)])
