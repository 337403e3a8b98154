"""How many whole trials a second, with offline users and a scripted assistant? `travel` and `slots` in words.

    python benchmarks/travel.py

In come how many trials; out come trials a second on one core, twice: the bare loop, and the engine with its journal and
store. The ratio is what remembering everything costs. Easy to get wrong: a scripted assistant answers at once, so this
measures the harness and nothing of any model.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from common import OUT, Spread, finish, ratio, table


async def bare(task: Any) -> float:
    """Trials a second of the loop alone."""
    from overture.simulate.relay import Bare, Talk, relay
    from overture.simulate.seats import Yardstick
    from overture.tasks.task import Setting
    from overture.users.named import chosen

    user, asker = chosen(task.user, task), Yardstick(task, "asker")
    began = time.process_time()
    for item in task.items:
        talk, tools = Talk(item.before), task.tools(item)
        over = lambda spoken, item=item, tools=tools: task.over(item, spoken, Setting(tools=tools))  # noqa: E731
        await relay(talk, user.start(item, 0), Bare(asker.knowing(item), tools), task.turns, tools, over)
    return len(task.items) / (time.process_time() - began)


async def kept(task: Any) -> float:
    """Trials a second of the engine, journal and store."""
    from overture.simulate.engine import Experiment, run
    from overture.simulate.gate import Gate
    from overture.simulate.seats import Seat, Yardstick
    from overture.simulate.store import Store
    from overture.users.named import chosen

    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "trials.sqlite") as store:
        seat = Seat("assistant", Yardstick(task, "asker"), Gate(8))
        experiment = Experiment(task, next(iter(task.protocols)), chosen(task.user, task), seat)
        began = time.process_time()
        ran = await run(experiment, store)
        assert len(ran.trials) == len(task.items)
        return len(task.items) / (time.process_time() - began)


def main() -> None:
    from overture.tasks import slots, travel

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--docs", action="store_true", help="also put the result into docs/results/slots.md")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    rows: list[list[str]] = []
    result: dict[str, Any] = {}
    for name, task in (("travel", travel.task(args.trials)), ("slots", slots.task(args.trials))):
        alone = [asyncio.run(bare(task)) for _ in range(args.rounds)]
        stored = [asyncio.run(kept(task)) for _ in range(args.rounds)]
        cost = ratio(alone, stored)
        rows.append([name, Spread.of(alone).text(), Spread.of(stored).text(), cost.text(1)])
        result[name] = {"bare": alone, "engine": stored, "ratio": cost.to_dict()}
    text = table(["task", "loop alone, trials a second", "engine and store, trials a second", "ratio"], rows)
    finish("travel", "slots.md", {"trials": args.trials, "cells": result}, text, args.docs)


if __name__ == "__main__":
    main()
