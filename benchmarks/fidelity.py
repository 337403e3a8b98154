"""How often do the simulated users err, and how often is the automatic verdict on that wrong?

    python benchmarks/fidelity.py --run                 # makes what is not there yet; killed, it goes on
    python benchmarks/fidelity.py --sample              # draws DRAWN to read into out/fidelity/reading-SEED/sample.md
    python benchmarks/fidelity.py --read VERDICTS.json  # puts what was read beside the rules: docs/results/fidelity.json
    python benchmarks/fidelity.py --docs                # the tables, with docs/results/fidelity.json as it was read

In come the stores of CASES, one simulation a user, each made by `overture simulate`, and a file with what a reader found
in the sample; out come the share of trials with an error by the rules of `users.faults` as they are now, and the share of trials on which
rules and reader differ, both ways. Easy to get wrong: a sample drawn at random holds hardly any error of an offline user
and hardly anything else of a bad one. It is drawn half from the trials with an automatic error and half from those
without, so the two ways of being wrong are never added up, and a share of all trials weighs them by how many there are.
Rules that were mended after reading are not measured by what was read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from common import OUT, ROOT, finish, table
from misread import by_kind, by_user, shown

sys.path.insert(0, str(ROOT / "src"))

if TYPE_CHECKING:
    from overture.simulate.store import Trial
    from overture.tasks.task import Item, Task

FOLDER = OUT.parent / "fidelity"
SEED = 4
"""Of the sample."""
NAMED = {"goal_leaked", "several_parts", "invented", "spoke_for_assistant"}
"""The kinds that spoil a trial for the assistant by what is told; the others are lines that nobody would say."""
READ = ROOT / "docs" / "results" / "fidelity.json"


@dataclass(frozen=True)
class Case:
    """One simulation."""

    name: str
    words: str
    """Of the call, after `overture simulate`."""
    seed: int = 1
    """Trials of earlier seeds were read while the rules were mended."""

    @property
    def played(self) -> bool:
        return "--user-model" in self.words


CASES = (
    Case("shards", "pairs --user shards --model scripted:asker -n 100"),
    Case("shards, pestered", "pairs --user shards --model scripted:pesterer -n 100"),
    Case("shards, in shards", "sharded --protocol sharded --user shards --model scripted:asker -n 66 --runs 3"),
    Case(
        "shards, answers_several",
        "sharded --protocol sharded --user shards+answers_several --model scripted:asker -n 66 --runs 3",
    ),
    Case(
        "shards, impatient and at a loss", "pairs --user shards+impatient+cannot_answer --model scripted:asker -n 100"
    ),
    Case("shards, uncooperative", "pairs --user shards+uncooperative --model scripted:pesterer -n 100"),
    Case("agenda", "slots --user agenda --model scripted:asker -n 200"),
    Case("preferences", "travel --user preferences --model scripted:asker -n 200"),
    Case("shards, with embedded", "missing --user shards --model embedded -n 30 --max-tokens 100 --concurrency 1"),
    Case(
        "shards-llm by embedded",
        "missing --user shards-llm --user-model embedded --user-temperature 0 --model scripted:asker -n 60 --turns 4 "
        "--concurrency 1",
    ),
    Case(
        "shards-llm by embedded:fast",
        "missing --user shards-llm --user-model embedded:fast --user-temperature 0 --model scripted:asker -n 100 "
        "--turns 4 --concurrency 8",
        seed=2,
    ),
    Case(
        "goal by embedded:fast",
        "pairs --user goal --user-model embedded:fast --user-temperature 0 --model scripted:asker -n 100 --turns 3 "
        "--concurrency 8",
        seed=2,
    ),
)

DRAWN = {
    3: {case.name: (0, 1) for case in CASES if not case.played}
    | {"shards-llm by embedded:fast": (14, 9), "goal by embedded:fast": (11, 7)},
    4: {"shards-llm by embedded:fast": (6, 14), "goal by embedded:fast": (4, 3)},
}
"""Seed of the sample → case → how many trials with and without an automatic error are read. Of the offline users none has
one; of `goal` few have none. 3: 50 trials, half of them with one. 4: the rules that were mended after those."""


def folder(case: Case) -> Path:
    return FOLDER / f"seed-{case.seed}" / "".join(letter if letter.isalnum() else "-" for letter in case.name)


def place() -> Path:
    return FOLDER / f"reading-{SEED}"


def words(case: Case) -> str:
    return f"{case.words} --seed {case.seed}"


def run(cases: tuple[Case, ...]) -> None:
    for case in cases:
        if not (folder(case) / "summary.json").exists():
            print(case.name, flush=True)
            command = [sys.executable, "-m", "overture", "simulate", *words(case).split(), "--timeout", "900"]
            subprocess.run([*command, "--out", str(folder(case))], env={**os.environ, "PYTHONPATH": str(ROOT / "src")})


def trials(case: Case) -> list:
    from overture.simulate.store import Store

    path = folder(case) / "trials.sqlite"
    if not path.exists():
        return []
    with Store(path) as store:
        return list(store.trials())


@cache
def loaded(case: Case) -> Task:
    from overture.tasks import named

    given = case.words.split()
    return named.load(given[0], int(given[given.index("-n") + 1]), case.seed)


def item(case: Case, trial: Trial) -> Item:
    return next(one for one in loaded(case).items if one.id == trial.item)


def judged(case: Case) -> Callable[[Trial], list[str]]:
    """(trial) → the kinds of the user's errors in it, by the rules as they are now."""
    from overture.conversation import Conversation
    from overture.simulate.outcome import user_errors
    from overture.simulate.relay import Talk
    from overture.simulate.seats import seed_of
    from overture.users.base import Utterance

    task = loaded(case)

    def kinds(trial: Trial) -> list[str]:
        wanted, run = item(case, trial), trial.outcome["run"]
        told = zip(trial.outcome["revealed"], trial.outcome["why"], strict=True)
        drawn = seed_of(case.seed, task.name, wanted.hash, run, "protocol", 0, 0)
        talk = Talk(Conversation(()))
        for at, message in enumerate(trial.conversation.messages):
            if message.role == "user":
                revealed, why = next(told)
                talk.before.append(Conversation(trial.conversation.messages[:at]))
                talk.heard.append(Utterance(message, revealed=tuple(revealed), why=why))
        put = task.protocols[trial.config["protocol"]].prepare(wanted, drawn)
        return sorted({error["kind"] for error in user_errors(put, talk, task.hear)})

    return kinds


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


def rounds() -> list[dict]:
    """What was read, newest first."""
    return json.loads(READ.read_text())["rounds"] if READ.exists() else []


def spoke(case: Case, trial: Trial) -> bool:
    """Whether the user said something of its own: a user whom a model plays may end without having been asked."""
    return trial.status != "failed" and (not case.played or trial.cost["user"]["calls"] > 0)


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
            [case.name, *map(str, counts), shown(erred, len(ended)), shown(sum(own), len(own)), str(named), told]
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
