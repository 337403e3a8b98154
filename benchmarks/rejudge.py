"""How far do figures move when the rules that judge replies change? Stored conversations, judged again, beside what stood.

In come folders of stores, as `policies.py` leaves them; out comes each figure as stored and as today's check gives it, on
the very same conversations. Needs no model. Easy to get wrong: what a policy would do under new rules it did not do, so
this moves the verdict and never the talk. Only tasks that put their items as they are (pairs, doing, missing).

    python benchmarks/rejudge.py --out out/runs/effects6 --tasks doing,pairs,missing --policies none,recommended
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import commit
from overture.audit.estimates import Figure
from overture.simulate.store import Store, Trial
from overture.simulate.tallies import group
from overture.tasks.task import Setting, Task
from policies import load_task

FIGURES = ("asked_in_need", "asked_needlessly", "balanced_accuracy", "guessed", "assumed", "solved", "done", "coached")
SHOWN = (*FIGURES, "overstepped", "right_when_told")


async def again(task: Task, trials: Sequence[Trial]) -> list[Trial]:
    """The trials with the verdict that the task's check gives now."""
    items = {item.id: item for item in task.items}
    out: list[Trial] = []
    for trial in trials:
        if trial.conversation is None or trial.outcome is None:
            out.append(trial)
            continue
        setting = Setting(revealed=trial.outcome["revealed"], settled=trial.outcome["settled"])
        verdict = await task.check(items[trial.item], trial.conversation, setting)
        out.append(replace(trial, outcome={**trial.outcome, **verdict.to_dict()}))
    return out


def shown(figure: Figure | None) -> str:
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return f"{100 * figure.value:.0f} % ({100 * figure.low:.0f}–{100 * figure.high:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", default="doing,pairs,missing")
    parser.add_argument("--policies", default="none,recommended")
    chosen = parser.parse_args()
    print(f"commit {commit()}")
    for name in chosen.tasks.split(","):
        task = load_task(name)
        for policy in chosen.policies.split(","):
            with Store(chosen.out / name / policy / "trials.sqlite") as store:
                stood = list(store.trials())
            before = group(task, stood, lens=False).figures
            now = group(task, asyncio.run(again(task, stood)), lens=False).figures
            print(
                f"\n{name}, {policy}: {len(stood)} trials\n| figure | stored | today's rules | n |\n|---|---|---|---|"
            )
            for figure in SHOWN:
                if figure in now:
                    print(f"| {figure} | {shown(before.get(figure))} | {shown(now[figure])} | {now[figure].n} |")


if __name__ == "__main__":
    main()
