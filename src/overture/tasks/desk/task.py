"""The task `desk`: the same job by the screen or by calls, and what either costs. After AXIS (arXiv 2409.17140).

In come how many jobs and a seed; out comes a Task with three protocols: `both` (the assistant chooses), `screen`,
`calls`. Easy to get wrong: nothing is missing from these requests, so every question is needless, and doing anything
beside what was asked is an error even where the job gets done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ...conversation import Conversation, Message, ToolCall
from ...errors import UsageError
from ..first_turn import VERSION as TURN
from ..first_turn import class_of
from ..listed import VERSION as LISTS
from ..listed import questions
from ..task import Act, Item, Part, Script, Setting, Speech, Staging, Task, Verdict
from ..tools import left_by
from ..wording import VERSION as WORDING
from ..yardsticks import SPEECHES
from .jobs import Job, by_calls, by_screen, job
from .operations import OPERATIONS, State
from .screen import WAYS, Desk, Step, state_of

VERSION = f"3, wording {WORDING}, lists {LISTS}, first turn {TURN}"
SOLVED = "Solved: whether the desk is exactly as it was asked to be; anything done beside makes it 0."
UNITS: Mapping[str, str] = {
    "steps": "steps", "steps_by_calls": "steps", "steps_by_screen": "steps", "seconds": "seconds",
    "seconds_by_calls": "seconds", "seconds_by_screen": "seconds", "detour": "times",
}  # fmt: skip
SYSTEM = "You work on the user's desk. Do what is asked with the tools you have, and say when it is done."


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` jobs, 54 by default: every operation first in six. Raises UsageError on a count below 1."""
    count = 54 if count is None else count
    if count < 1:
        raise UsageError(f"{count} jobs were asked for; ask for 1 or more")
    items = tuple(_item(job(number, seed), number, seed) for number in range(count))
    return Task(
        "desk", items, check, VERSION, protocols={way: Staging(prepare=_offering(way)) for way in WAYS}, tools=Desk.of,
        over=over, yardsticks=YARDSTICKS, turns=3, units=UNITS, solved_means=SOLVED,
    )  # fmt: skip


def _item(done: Job, number: int, seed: int) -> Item:
    first = OPERATIONS[done.calls[0][0]]
    parts = tuple(
        Part(f"{at}.{name}", str(value), (name.replace("_", " "),))
        for at, (_, given) in enumerate(done.calls)
        for name, value in given.items()
    )
    script = Script(
        "Shall I do that now?",
        "Done.",
        "Done.",
        "Done, as far as I could tell.",
        f"Open {first.app}, choose {first.button}, fill in the form and press {first.confirm}.",
    )
    data = {"before": done.before, "way": "both", "number": number, "seed": seed}
    id = f"desk-{number:04d}"
    return Item(id, first.app, "do", done.request, done.request, parts, frozenset(), id, script, data, SYSTEM)


def _offering(way: str) -> Callable[[Item, int], Item]:
    def prepare(item: Item, seed: int) -> Item:
        return replace(item, data={**item.data, "way": way})

    return prepare


def wanted(item: Item) -> State:
    """The desk as it should be in the end: the job, done."""
    state = state_of(item.data["before"])
    for name, given in _job(item).calls:
        after = OPERATIONS[name].act(state, given)
        assert isinstance(after, State), f"{item.id} cannot be done: {after}"
        state = after
    return state


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved iff the desk is exactly as it should be.

    Own figures: `steps` and `seconds` a job, `step_errors` (÷ steps); these and `solved` also `_by_calls` and
    `_by_screen`, of the jobs on which that way alone was taken; `detour` (of jobs that got done, steps ÷ steps of the
    shortest way that was offered), `by_calls` and `by_screen` (÷ jobs on which an offered tool was called; a job may be
    both), `changes_beside` (changes that bring the desk no nearer to what was asked ÷ changes). Raises TypeError where
    the trial had other tools.
    """
    desk, goal = left_by(setting, Desk, "desk"), wanted(item)
    steps = desk.steps
    short = len(by_screen(_job(item)) if desk.way == "screen" else by_calls(_job(item)))
    ways = {step.way for step in steps if step.way}
    changes = [step.after for step in steps if step.changed]
    left = [state.apart(goal) for state in (state_of(item.data["before"]), *changes)]
    beside = sum(after >= before for before, after in pairwise(left))
    solved = desk.state == goal
    replies = [message for message in conversation.messages if message.role == "assistant"]
    return Verdict(
        float(solved),
        first=class_of(item, conversation, _hear, lambda call: True) if replies else None,
        delivered=next((at for at, reply in enumerate(replies) if reply.tool_calls), None),
        figures={
            "steps": (len(steps), 1),
            "seconds": (sum(step.seconds for step in steps), 1),
            "step_errors": (sum(step.error for step in steps), len(steps)),
            **_by_way(steps, ways, solved),
            "detour": (len(steps), short) if solved else (0, 0),
            "by_calls": ("calls" in ways, bool(ways)),
            "by_screen": ("screen" in ways, bool(ways)),
            "changes_beside": (beside, len(changes)),
        },
        details={"ways": sorted(ways), "offered": desk.way},
    )


def _by_way(steps: Sequence[Step], ways: set[str], solved: bool) -> dict[str, tuple[float, float]]:
    """What a job took, under the way that the assistant chose for it; a job done in both ways counts for neither."""
    if len(ways) != 1:
        return {}
    (way,) = ways
    return {
        f"solved_by_{way}": (float(solved), 1),
        f"steps_by_{way}": (len(steps), 1),
        f"seconds_by_{way}": (sum(step.seconds for step in steps), 1),
        f"step_errors_by_{way}": (sum(step.error for step in steps), len(steps)),
    }


def _hear(item: Item, conversation: Conversation) -> Act:
    """Nothing is missing, so whatever is asked is beside the point."""
    return Act(elsewhere=bool(questions(conversation.messages[-1].text)))


async def over(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether the desk is as it should be."""
    return left_by(setting, Desk, "desk").state == wanted(item)


def _job(item: Item) -> Job:
    return job(item.data["number"], item.data["seed"])


def _doing(steps: Callable[[Job], list[ToolCall]]) -> Speech:
    """One tool call a message, then a word that it is done."""

    def speak(item: Item, talk: Conversation) -> str | Message:
        made = sum(len(message.tool_calls) for message in talk.messages)
        todo = steps(_job(item))
        return Message("assistant", "", tool_calls=(todo[made],)) if made < len(todo) else "Done."

    return speak


def _either(item: Item, talk: Conversation) -> str | Message:
    return _doing(by_screen if item.data["way"] == "screen" else by_calls)(item, talk)


YARDSTICKS: Mapping[str, Speech] = {
    "asker": _either,
    "guesser": _either,
    "pesterer": SPEECHES["pesterer"],
    "coach": SPEECHES["coach"],
    "by_calls": _doing(by_calls),
    "by_screen": _doing(by_screen),
}
"""As nothing is missing, asker and guesser both do the job, by the shortest way that is offered."""
