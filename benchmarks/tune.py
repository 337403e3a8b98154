"""How often does a race pick the right policy, and how many trials does it save? On scores whose truth is known.

In come (a) made-up candidates with a known share of successes, paired by how hard a unit is, and (b) every candidate of
`overture tune` on word problems, put to a scripted assistant that is right only if it was told before it first
answered; its whole table of scores is made once, and races are drawn from it. Easy to get wrong: the winner of a race
looks better than it is, so its score in the race stands beside its true one.

    python benchmarks/tune.py --docs
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from common import finish, table
from overture.conversation import Conversation
from overture.models import Remembered, Scripted
from overture.policies.candidates import expand
from overture.policies.racing import Rules, replayed
from overture.policies.tune import put
from overture.policies.tune_figures import scored
from overture.policies.tune_plan import Plan, Worth
from overture.simulate.store import Store
from overture.tasks import named
from overture.tasks.task import Item

Scores = dict[str, list[float]]
SETTINGS: dict[str, list[float]] = {
    "one clearly best": [0.9, 0.6, 0.55, 0.5, 0.3, 0.2],
    "a close second": [0.8, 0.72, 0.5, 0.5, 0.4, 0.3],
    "two equal and best": [0.8, 0.8, 0.5, 0.5, 0.4, 0.3],
    "all equal": [0.5] * 6,
}
"""Candidates' true shares of success."""


def hasty(item: Item, conversation: Conversation) -> str:
    """Delivers at once: rightly where everything was said before, and else on a guess that it then stands by."""
    assert item.script is not None
    said = [message.text for message in conversation.messages if message.role == "assistant"]
    if said and any(text == item.script.guess for text in said):
        return item.script.guess
    told = not item.lacking or any(message.text == item.parts[0].words for message in conversation.messages)
    return item.script.delivery if told else item.script.guess


async def made(count: int) -> Scores:
    """Every candidate's score on every unit."""
    task = named.load("missing", count, 0)
    task = replace(task, yardsticks={**task.yardsticks, "hasty": hasty})
    plan = Plan((task,), expand(["gaps", "worth_asking"]), Worth())
    units = [(0, pair) for pair in dict.fromkeys(item.pair for item in task.items)]
    model = Remembered(Scripted.function(lambda _: "", "scripted:hasty", "1"))
    found: Scores = {}
    with TemporaryDirectory() as folder, Store(Path(folder) / "trials.sqlite") as store:
        for name in plan.candidates:
            found[name] = scored(plan, units, await put(plan, name, model, store, units))
            print(f"{name}: {np.mean(found[name]):+.3f}", flush=True)
    return found


def drawn(means: list[float], units: int, seed: int) -> Scores:
    """Scores of 0 or 1. Half of what decides one is how hard the unit is, which all candidates share."""
    rng = np.random.default_rng(seed)
    hard = rng.random(units)
    out: Scores = {}
    for at, mean in enumerate(means):
        own = np.where(rng.random(units) < 0.5, hard, rng.random(units))
        out[str(at)] = (own < mean).astype(float).tolist()
    return out


def raced(truth: dict[str, float], draw: list[Scores], rules: Rules) -> list[float]:
    """[share of races that chose the best or one within the margin, share that dropped the best and all within the margin, share of the scores
    that were needed, how far the winner's score in the race lies above its true one]."""
    best = max(truth.values())
    top = {name for name, value in truth.items() if best - value <= rules.alike}  # any of these may win
    right, dropped, needed, flattered = [], [], [], []
    for seed, scores in enumerate(draw):
        winner, held, taken = replayed(scores, rules, seed)
        right.append(best - truth[winner] <= rules.alike)
        dropped.append(all(any(name in one.beaten for one in held) for name in top))
        needed.append(taken / sum(map(len, scores.values())))
        flattered.append(held[-1].means[winner] - truth[winner])
    return [float(np.mean(values)) for values in (right, dropped, needed, flattered)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--races", type=int, default=200)
    parser.add_argument("--units", type=int, default=80)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    rules = Rules()
    found: dict[str, list[float]] = {}
    for name, means in SETTINGS.items():
        truth = {str(at): mean for at, mean in enumerate(means)}
        found[name] = raced(truth, [drawn(means, args.units, seed) for seed in range(args.races)], rules)
        print(name, found[name], flush=True)
    every = asyncio.run(made(args.count))
    truth = {name: float(np.mean(scores)) for name, scores in every.items()}
    draws: list[Scores] = []
    for seed in range(args.races):
        chosen = np.random.default_rng(seed).permutation(args.count)[: args.units]
        draws.append({name: [scores[at] for at in chosen] for name, scores in every.items()})
    found[f"{len(every)} policies on word problems"] = raced(truth, draws, rules)
    half = 1.96 * (0.25 / args.races) ** 0.5
    rows = [[name, *(f"{100 * v:.0f} %" for v in values[:3]), f"{values[3]:+.3f}"] for name, values in found.items()]
    heads = [
        "candidates",
        "chose the best, or one within the margin",
        "dropped the best",
        "trials needed",
        "winner's score in the race, above its true one",
    ]
    text = table(heads, rows)
    text += f"\n\n{args.races} races a row over {args.units} units; shares are within {100 * half:.0f} points at most. Level {rules.level}, margin {rules.alike}.\n\n"
    text += table(
        ["candidate", "true worth"],
        [[f"`{name}`", f"{value:.3f}"] for name, value in sorted(truth.items(), key=lambda kv: -kv[1])],
    )
    finish(
        "tune", "tune.md", {"races": args.races, "units": args.units, "found": found, "truth": truth}, text, args.docs
    )


if __name__ == "__main__":
    main()
