"""What comes of the questions where an instruction is told in pieces, whatever the model: three assistants, five users.

In come the two hundred math instructions of the table `sharded`; out comes a line for each user and assistant, and beside
the trials of another commit the paired differences. `asker` asks for what is open, `guesser` answers at every turn, and
`parrot` says again what it asked last, as a small model does that sees a question, and else guesses: what the last two
ask is the policy's doing. Easy to get wrong: all three know the answers, so what they solve says only what was lost.

    python benchmarks/pieces.py --out out/pieces/now [--beside out/pieces/before]
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

import policies
from common import finish, table
from overture.audit.differences import Difference, differences, holm
from overture.conversation import Conversation
from overture.policies import Steering
from overture.simulate.engine import Experiment, run
from overture.simulate.gate import Gate
from overture.simulate.seats import Seat, Yardstick
from overture.simulate.store import Store
from overture.simulate.tallies import Group, group
from overture.tasks.listed import questions
from overture.tasks.sharded.yardsticks import SPEECHES
from overture.tasks.task import Item, Task
from overture.users.named import chosen
from policies import written

USERS = ("", "+uncooperative", "+impatient", "+cannot_answer", "+answers_several")
FIGURES = ("asked_in_need", "guessed", "coverage", "wasted", "turns", "solved")


def parrot(item: Item, conversation: Conversation) -> str:
    """What the assistant asked last, where it sees that; else as the guesser."""
    last = [message.text for message in conversation.messages if message.role == "assistant"][-1:]
    return last[0] if last and questions(last[0]) else str(SPEECHES["guesser"](item, conversation))


def load_task(unseen: bool) -> Task:
    whole = policies.load_task("sharded", unseen)
    return replace(whole, yardsticks={**whole.yardsticks, "parrot": parrot})


def cells() -> list[tuple[str, str]]:
    return [("asker", "shards"), ("guesser", "shards"), *(("parrot", f"shards{wrapper}") for wrapper in USERS)]


async def measure(whole: Task, policy: str, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for model, user in cells():
        seat = Seat("assistant", Yardstick(whole, model), Gate(4))
        who = chosen(user, whole, whole.protocols["sharded"].wrappers)
        with Store(out / f"{model}-{user}.sqlite") as store:
            await run(Experiment(whole, "sharded", who, seat, concurrency=4, lead=Steering(policy)), store)


def counted(whole: Task, out: Path, cell: tuple[str, str]) -> Group:
    with Store(out / f"{'-'.join(cell)}.sqlite") as store:
        by_item = {trial.item: trial for trial in store.trials()}
    return group(whole, [by_item[item.id] for item in whole.items], 0, lens=False)


def changed(kept: dict[str, Group]) -> list[Difference]:
    """What differs from before, paired over instructions; nothing where there is no before."""
    if len(kept) < 2:
        return []
    return differences({when: kept[when].tally for when in ("now", "before")}, list(FIGURES))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--policy", default="recommended")
    parser.add_argument("--docs", action="store_true", help="also put the table into docs/results/policies.md")
    parser.add_argument("--unseen", action="store_true", help="Only items whose opening the gate was not trained on.")
    given = parser.parse_args()
    whole = load_task(given.unseen)
    asyncio.run(measure(whole, given.policy, given.out))
    rows: list[list[str]] = []
    found: dict[str, object] = {}
    groups = {cell: {"now": counted(whole, given.out, cell)} for cell in cells()}
    if given.beside is not None:
        groups = {cell: {"before": counted(whole, given.beside, cell), **kept} for cell, kept in groups.items()}
    changes = {cell: changed(kept) for cell, kept in groups.items()}
    adjusted = iter(holm([each.p for every in changes.values() for each in every]))
    for cell, kept in groups.items():
        name = " · ".join(cell)
        sure = {each.figure: each for each in changes[cell] if next(adjusted) < 0.05}
        for when, one in kept.items():
            figures = {figure: one.tally.figure(figure) for figure in FIGURES}
            marks = sure if when == "now" else {}
            rows.append([name, when, *(written(each, marks.get(figure)) for figure, each in figures.items())])
            found[f"{name}, {when}"] = {figure: each.to_dict() for figure, each in figures.items()}
        found[f"{name}, now minus before"] = {each.figure: [each.value, each.low, each.high] for each in changes[cell]}
    text = table(["assistant · user", "", *FIGURES], rows)
    finish("pieces", "policies.md", {"n": len(whole.items), "figures": found}, text, given.docs)


if __name__ == "__main__":
    main()
