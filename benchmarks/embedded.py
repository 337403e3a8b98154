"""What the embedded model does with `missing` and `sharded`: the tables of docs/results/embedded.md, from stores.

In come the folders that two runs of `overture simulate` left; out come their figures with intervals, by protocol. Easy to
get wrong: a run that was stopped has its first protocols whole and others in part, so each row says of how many trials
it is, and one that is not whole is marked.

    overture simulate missing --model embedded -n 200 --max-tokens 160 --concurrency 1 --out out/missing
    overture simulate sharded --protocol full,concat,sharded,recap,snowball --model embedded -n 40 --temperature 1 --max-tokens 96 --turns 8 --concurrency 1 --out out/sharded
    python benchmarks/embedded.py --missing out/missing --sharded out/sharded --runs 1 --docs
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import finish, table
from overture.audit.estimates import Figure
from overture.conversation import Conversation
from overture.simulate.outcome import user_errors
from overture.simulate.relay import Talk
from overture.simulate.store import Store, Trial
from overture.simulate.tallies import group
from overture.tasks import named
from overture.tasks.task import Task
from overture.users.base import Utterance

MISSING = ("balanced_accuracy", "asked_in_need", "asked_needlessly", "guessed", "assumed", "asked_and_guessed", "asked_elsewhere", "declined",
           "solved", "right_at_once", "right_when_told", "turns", "assistant_tokens", "cut", "user_errors", "failed")  # fmt: skip
ORDER = ("full", "concat", "sharded", "recap", "snowball")
SHARDED = (
    "solved",
    "aptitude",
    "unreliability",
    "asked_in_need",
    "guessed",
    "turns",
    "assistant_tokens",
    "cut",
    "user_errors",
    "failed",
)


def errors_now(task: Task, trial: Trial) -> Trial:
    """The trial with its user's errors as today's rules count them; of a protocol that rewords the item, as stored."""
    item = next(one for one in task.items if one.id == trial.item)
    reworded = task.protocols[trial.config["protocol"]].prepare(item, 0) is not item
    if reworded or trial.conversation is None or not trial.outcome or "revealed" not in trial.outcome:
        return trial
    messages = trial.conversation.messages
    said = [at for at, message in enumerate(messages) if message.role == "user"]
    revealed = trial.outcome["revealed"]
    heard = [Utterance(messages[at], revealed=tuple(told)) for at, told in zip(said, revealed, strict=True)]
    talk = Talk(trial.conversation, heard, [Conversation(messages[:at]) for at in said])
    return replace(trial, outcome={**trial.outcome, "user_errors": user_errors(item, talk, task.hear)})


def trials_of(folder: Path, runs: int = 1) -> dict[str, list[Trial]]:
    """Protocol → its trials of the first `runs` runs; a store may hold more of some."""
    found: dict[str, list[Trial]] = {}
    with Store(folder / "trials.sqlite") as store:
        for trial in store.trials():
            if (trial.outcome or {}).get("run", 0) < runs:
                found.setdefault(trial.config["protocol"], []).append(trial)
    return found


def written(figure: Figure | None) -> str:
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return "–"
    if figure.unit == "share":
        return f"{100 * figure.value:.1f} % ({100 * figure.low:.1f}–{100 * figure.high:.1f})"
    return f"{figure.value:.1f} ({figure.low:.1f}–{figure.high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", type=Path)
    parser.add_argument("--sharded", type=Path)
    parser.add_argument("--items", type=int, default=40, help="Items of the sharded run.")
    parser.add_argument("--pairs", type=int, default=200, help="Pairs of the run of missing.")
    parser.add_argument("--runs", type=int, default=5, help="Runs of each item of the sharded run.")
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    result: dict[str, Any] = {}
    parts: list[str] = []
    if args.missing:
        task = named.load("missing", args.pairs, 0)
        trials = trials_of(args.missing)["mc"]
        one = group(task, trials, 0).figures
        result["missing"] = {
            "trials": len(trials),
            "of": len(task.items),
            "figures": {k: v.to_dict() for k, v in one.items()},
        }
        rows = [[name, written(one.get(name)), str(one[name].n) if name in one else "0"] for name in MISSING]
        parts.append(
            f"### missing: {len(trials)} of {len(task.items)} trials\n\n" + table(["figure", "embedded", "n"], rows)
        )
    if args.sharded:
        task = named.load("sharded", args.items, 0)
        whole = len(task.items) * args.runs
        rows = []
        for protocol, stored in sorted(trials_of(args.sharded, args.runs).items(), key=lambda one: ORDER.index(one[0])):
            trials = [errors_now(task, trial) for trial in stored]
            one = group(task, trials, 0).figures
            result[f"sharded/{protocol}"] = {
                "trials": len(trials),
                "of": whole,
                "figures": {k: v.to_dict() for k, v in one.items()},
            }
            mark = "" if len(trials) == whole else " (not whole)"
            rows.append([f"`{protocol}`{mark}", str(len(trials)), *(written(one.get(name)) for name in SHARDED)])
        parts.append(
            f"### sharded: {len(task.items)} items, {args.runs} run{'s' * (args.runs > 1)}\n\n"
            + table(["protocol", "trials", *SHARDED], rows)
        )
    finish("embedded", "embedded.md", result, "\n\n".join(parts), args.docs)


if __name__ == "__main__":
    main()
