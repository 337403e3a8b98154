"""The simulations in which it is counted how often simulated users err, and what the rules say of each trial.

In come CASES, one simulation a user, each made by `overture simulate` into out/fidelity; out come trials, their items and
the kinds of the user's errors in each, by the rules of `users.faults` as they are now. Easy to get wrong: a user whom a
model plays may end without having been asked, and such a trial says nothing of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from common import OUT, ROOT

if TYPE_CHECKING:
    from overture.simulate.store import Trial
    from overture.tasks.task import Item, Task

FOLDER = OUT.parent / "fidelity"


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


def folder(case: Case) -> Path:
    return FOLDER / f"seed-{case.seed}" / "".join(letter if letter.isalnum() else "-" for letter in case.name)


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


def spoke(case: Case, trial: Trial) -> bool:
    """Whether the user said something of its own: a user whom a model plays may end without having been asked."""
    return trial.status != "failed" and (not case.played or trial.cost["user"]["calls"] > 0)
