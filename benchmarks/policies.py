"""What does each policy change? Bare against every policy, the recommended composition, and the composition less one.

In come tasks, policies and a model; out come, for each cell, the figures with intervals, and paired differences from
bare. A cell is a store of its own, so a run that is killed goes on; where a policy leaves a turn alone, the bare
answer is taken from the stores that hold it and not made again. Easy to get wrong: the word problems, requests and
users are those that the tasks draw by seed. Of `sharded` most openings are among those that the gate was trained on:
`--unseen` leaves these out.

    python benchmarks/policies.py --out out/effects --tasks missing,doing --policies none,gaps,recommended
    python benchmarks/policies.py --out out/effects --docs      # counts what is there and writes the page
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from common import ROOT, finish, table
from overture.audit.differences import Difference, differences, holm
from overture.audit.estimates import Figure
from overture.models import Model, Remembered, Reply, Sampling, is_local, load
from overture.policies import Steering
from overture.policies.named import COMPOSED
from overture.simulate.engine import Experiment, Progress, run
from overture.simulate.gate import Gate
from overture.simulate.seats import Seat
from overture.simulate.store import Store, Trial
from overture.simulate.tallies import Group, group
from overture.tasks import named, sharded
from overture.tasks.task import Task
from overture.users.named import chosen


@dataclass(frozen=True)
class Put:
    """How a task is put."""

    count: int
    tokens: int
    """Most of a reply."""
    figures: tuple[str, ...]
    protocol: str | None = None
    turns: int | None = None


ASKING = ("balanced_accuracy", "asked_in_need", "asked_needlessly", "guessed")
TAKING = ("turns", "assistant_tokens")
PUT = {
    "missing": Put(200, 160, (*ASKING, "solved", "right_at_once", "right_when_told", *TAKING)),
    "doing": Put(100, 128, ("done", "coached", "overstepped", "asked_needlessly", "assistant_tokens"), turns=1),
    "pairs": Put(100, 128, (*ASKING, "done", "coached", "overstepped", "assistant_tokens"), turns=1),
    "desk": Put(200, 64, ("solved", "asked_needlessly", "step_errors", "by_calls", "changes_beside", *TAKING)),
    "travel": Put(
        200,
        96,
        ("solved", "correct", "answered", "elicited_actively", "elicited_passively", "wasted", *TAKING),
        turns=10,
    ),
    "sharded": Put(200, 160, ("solved", "asked_in_need", "guessed", "coverage", "wasted", *TAKING), protocol="sharded"),
}
MATHS = 399
"""Instructions of `sharded` of the kind `math`, GSM8K's and Overture's own."""


def load_task(name: str, unseen: bool = False) -> Task:
    """The task as it is put; where `unseen`, of all its items those whose opening the gate never read."""
    count = MATHS if unseen and name == "sharded" else PUT[name].count
    whole = sharded.task(count, 0, kinds=("math",)) if name == "sharded" else named.load(name, count, 0)
    return replace(whole, items=tuple(i for i in whole.items if i.request not in read())) if unseen else whole


@cache
def read() -> frozenset[str]:
    """What a user says first in the examples on which the gate was trained, or its thresholds were chosen."""
    sys.path.insert(0, str(ROOT / "training" / "gaps"))
    examples = importlib.import_module("dataset").load()
    return frozenset(each.conversation.messages[0].text for each in examples if each.split != "test")


def answers_in(stores: Sequence[Path]) -> dict[str, Reply]:
    """What the assistant has answered in other cells: the same request, seed and all, need not be asked again."""
    known: dict[str, Reply] = {}
    for path in stores:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for request, answer in db.execute("select request_hash, answer from calls where role = 'assistant'"):
                known[request] = Reply.of(orjson.loads(answer))
    return known


def spec(policy: str) -> str:
    """`recommended-gaps` → the composition without gaps; `recommended-civility` → without its wrapper."""
    whole, _, less = policy.partition("-")
    if not less:
        return policy
    inner, *wrappers = COMPOSED[whole].split("+")
    kept = ",".join(name for name in inner.split(",") if name != less)
    return "+".join([kept, *(name for name in wrappers if name != less)])


def experiment(task: str, policy: str, model: Model, concurrency: int, unseen: bool = False) -> Experiment:
    put = PUT[task]
    whole = load_task(task, unseen)
    protocol = put.protocol or next(iter(whole.protocols))
    seat = Seat("assistant", model, Gate(concurrency, seconds=900), Sampling(max_tokens=put.tokens))
    lead = None if policy == "none" else Steering(spec(policy))
    user = chosen(whole.user, whole, whole.protocols[protocol].wrappers)
    return Experiment(whole, protocol, user, seat, turns=put.turns, concurrency=concurrency, lead=lead)


async def measure(
    out: Path, tasks: list[str], policies: list[str], word: str, concurrency: int, also: list[Path], unseen: bool
) -> None:
    async with load(word, **({"workers": concurrency} if is_local(word) else {})) as model:
        for task in tasks:
            for policy in policies:
                stores = [*out.glob(f"{task}/*/trials.sqlite"), *also]
                known = Remembered(model, answers_in(stores))
                place = out / task / policy
                place.mkdir(parents=True, exist_ok=True)

                def told(now: Progress, name: str = f"{task}/{policy}") -> None:
                    if now.ended % 20 == 0 or now.ended == now.total:
                        print(f"{name}: {now.ended} of {now.total}", flush=True)

                with Store(place / "trials.sqlite") as store:
                    await run(experiment(task, policy, known, concurrency, unseen), store, told)


def count(
    out: Path, tasks: list[str], policies: list[str], ended: bool, unseen: bool
) -> tuple[list[str], dict[str, Any]]:
    """The pages' tables, and everything as JSON: of the cells that are whole, or of the items that have `ended` in every
    cell."""
    pages: list[str] = []
    found: dict[str, Any] = {}
    for task in tasks:
        groups: dict[str, Group] = {}
        whole = load_task(task, unseen)
        cells: dict[str, dict[str, Trial]] = {}
        for policy in policies:
            path = out / task / policy / "trials.sqlite"
            if path.exists():
                with Store(path) as store:
                    cells[policy] = {trial.item: trial for trial in store.trials()}
        if ended:
            whole = replace(whole, items=tuple(i for i in whole.items if all(i.id in cell for cell in cells.values())))
        for policy, cell in cells.items():
            trials = [cell[item.id] for item in whole.items if item.id in cell]
            if len(trials) == len(whole.items):
                groups[policy] = group(whole, trials, 0, lens=False)
            else:
                found[f"{task}/{policy}"] = {"not finished": f"{len(trials)} of {len(whole.items)} trials"}
        if not groups:
            continue
        names = [name for name in PUT[task].figures if any(name in one.tally.names for one in groups.values())]
        changes = compared(groups, names)
        rows: list[list[str]] = []
        for policy, one in groups.items():
            figures = {name: one.tally.figure(name) for name in names if name in one.tally.names}
            found[f"{task}/{policy}"] = {
                "trials": len(one.trials),
                "figures": {name: figure.to_dict() for name, figure in figures.items()},
                "minus bare": {d.figure: [d.value, d.low, d.high, d.p_adjusted] for d in changes.get(policy, ())},
            }
            sure = {d.figure: d for d in changes.get(policy, ()) if d.p_adjusted < 0.05}
            rows.append([policy, *(written(figures.get(name), sure.get(name)) for name in names)])
        units = len({item.pair for item in whole.items})
        pages.append(
            f"### {task}: {units} {'pairs' if len(whole.items) > units else 'items'}\n\n"
            + table(["policy", *names], rows)
        )
    return pages, found


def compared(groups: dict[str, Group], names: list[str]) -> dict[str, list[Difference]]:
    """Policy → its differences from bare, with Holm's correction over all policies and figures of the task."""
    if "none" not in groups:
        return {}
    every: list[Difference] = []
    for policy, one in groups.items():
        if policy != "none":
            tallies = {policy: one.tally, "none": groups["none"].tally}
            every += differences(tallies, [n for n in names if all(n in t.names for t in tallies.values())])
    adjusted = holm([d.p for d in every])
    every = [replace(d, p_adjusted=p) for d, p in zip(every, adjusted, strict=True)]
    return {policy: [d for d in every if d.a == policy] for policy in groups}


def written(figure: Figure | None, sure: Difference | None) -> str:
    """`83 % (77–88)`, with ▲ or ▼ where it surely differs from bare."""
    if figure is None or figure.value is None:
        return "–"
    mark = "" if sure is None else " ▲" if sure.value > 0 else " ▼"
    if figure.unit == "share":
        return f"{100 * figure.value:.0f} % ({100 * (figure.low or 0):.0f}–{100 * (figure.high or 0):.0f}){mark}"
    return f"{figure.value:.1f} ({figure.low or 0:.1f}–{figure.high or 0:.1f}){mark}"


def lost(out: Path, task: str, policy: str) -> dict[str, int] | None:
    """Of the complete requests: solved bare, and of those, lost with the policy; won of the others."""
    sides: list[dict[str, bool]] = []
    complete = {item.id for item in load_task(task).items if not item.lacking}
    for name in ("none", policy):
        path = out / task / name / "trials.sqlite"
        if not path.exists():
            return None
        with Store(path) as store:
            sides.append({t.item: bool((t.outcome or {}).get("solved")) for t in store.trials() if t.item in complete})
    bare, led = sides
    both = bare.keys() & led.keys()
    return {
        "complete": len(both),
        "solved bare": sum(bare[item] for item in both),
        "lost": sum(bare[item] and not led[item] for item in both),
        "won": sum(led[item] and not bare[item] for item in both),
    }


REWRITING = ("carried out", "went round in circles", "cut off", "figures nobody said", "unreadable")
"""What comes of a rewriting."""


def rewritings(out: Path, task: str) -> list[str] | None:
    """What came of the rewritings of `mediator`, of the trials that have ended: also of a cell that is not finished, and
    where the bare cell is not there."""
    place, other = (out / task / policy / "trials.sqlite" for policy in ("mediator", "none"))
    if not place.exists():
        return None
    found: Counter[str] = Counter()
    led, bare = ended_in(place), ended_in(other) if other.exists() else {}
    for trial in led.values():
        for decision in (each for turn in (trial.outcome or {})["decisions"] for each in turn):
            if decision["policy"] == "mediator":
                reason = decision["details"].get("failed", REWRITING[0])
                found[next((each for each in REWRITING if reason.endswith(each)), REWRITING[-1])] += 1
    both = [item for item in led if item in bare]
    sides = [[bare[item] for item in both], [led[item] for item in both] if both else [*led.values()]]
    solved = [f"{sum((t.outcome or {}).get('solved') or 0 for t in side):g}" if side else "–" for side in sides]
    spent = [f"{sum(t.cost['completion_tokens'] for t in side) / len(side):,.0f}" if side else "–" for side in sides]
    counts = [str(found[each]) for each in REWRITING]
    whole = f"{len(led)} of {len(load_task(task).items)}"
    return [task, whole, str(found.total()), *counts, " → ".join(solved), " → ".join(spent)]


def ended_in(place: Path) -> dict[str, Trial]:
    """The trials of a store that have an outcome, by item."""
    with Store(place) as store:
        return {trial.item: trial for trial in store.trials() if trial.outcome}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/effects"))
    parser.add_argument("--tasks", default=",".join(PUT))
    parser.add_argument("--policies", default="none,gaps,recommended")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument(
        "--answers", type=Path, nargs="*", default=[], help="Further stores whose answers may be taken."
    )
    parser.add_argument("--count", action="store_true", help="Run nothing; count what is there.")
    parser.add_argument("--docs", action="store_true", help="Run nothing, and write docs/results/policies.md.")
    parser.add_argument("--ended", action="store_true", help="Count the items that have ended in every cell.")
    parser.add_argument("--unseen", action="store_true", help="Only items whose opening the gate was not trained on.")
    args = parser.parse_args()
    tasks, policies = args.tasks.split(","), args.policies.split(",")
    if not (args.count or args.docs):
        asyncio.run(measure(args.out, tasks, policies, args.model, args.concurrency, args.answers, args.unseen))
    pages, found = count(args.out, tasks, policies, args.ended, args.unseen)
    whole = {cell for cell, one in found.items() if "figures" in one}
    losses = [(t, p, lost(args.out, t, p)) for t in tasks for p in policies if p != "none" and f"{t}/{p}" in whole]
    rows = [[t, p, *map(str, one.values())] for t, p, one in losses if one and one["complete"]]
    pages.append(
        "### Complete requests\n\n" + table(["task", "policy", "complete", "solved bare", "lost", "won"], rows)
    )
    told = [row for task in tasks if "mediator" in policies and (row := rewritings(args.out, task))]
    heads = ["task", "trials ended", "rewritings", *REWRITING, "solved, bare → led", "tokens a talk, bare → led"]
    pages.append("### Rewritings of `mediator`\n\n" + table(heads, told))
    finish("policies", "policies.md", found, "\n\n".join(pages), args.docs)


if __name__ == "__main__":
    main()
