"""How many questions does a look-up save, what does it cost, and does anything made up pass because of it?

In come the trips of `travel` with scripted assistants that make an option up, and the airline log with one argument of a
call replaced by an invented one; out comes a record and a section of docs/results/grounding.md: `insert_expansion` with
and without `look_up`, trip by trip, and what is looked up and what asked for, argument by argument. Easy to get wrong:
scripted assistants say what the mechanism does to such a model and nothing of how many models are such; and the
airline's tools stand in the log by their calls alone, so a tool is known here by its name and the arguments it was given.
Run: `OVERTURE_DATA=… python benchmarks/looking_up.py --docs`.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import overture as ov
from common import OUT, finish, options, table
from grounding import LOG, calls, invented, ov_data, share
from overture.conversation import Conversation, Message, ToolCall
from overture.models import Scripted
from overture.policies import steer
from overture.policies.base import with_tools
from overture.policies.grounding import leaves
from overture.policies.insert_expansion import InsertExpansion
from overture.simulate.relay import Bare, Talk, relay
from overture.tasks import travel
from overture.tasks.task import Item, Setting, Task
from overture.users.named import chosen

MADE_UP = "option-1234"
TURNS = 6
Speak = Callable[[Any, Conversation], Message]


def call(name: str, /, **arguments: str) -> Message:
    return Message("assistant", None, tool_calls=(ToolCall(name, json.dumps(arguments), f"{name}-{arguments}"),))


def hasty(trip: Any, talk: Conversation) -> Message:
    """Books a made-up option; looks once it is told to or has met with an error, and then takes the cheapest."""
    done = [(each.name, json.loads(each.arguments)) for message in talk.messages for each in message.tool_calls]
    looked = {given["aspect"] for name, given in done if name == "search"}
    booked = {given["aspect"] for name, given in done if name == "answer" and given["option"] != MADE_UP}
    left = next((aspect for aspect in trip.options if aspect not in booked), None)
    if left is None:
        return Message("assistant", "Everything is booked.")
    if left in looked:
        return call("answer", aspect=left, option=min(trip.options[left], key=lambda option: option.price).id)
    told = "First call `search`" in talk.messages[0].text or talk.messages[-1].text.startswith("error")
    return call("search", aspect=left) if told else call("answer", aspect=left, option=MADE_UP)


def stubborn(trip: Any, talk: Conversation) -> Message:
    """Books a made-up option whatever it is told."""
    return call("answer", aspect=next(iter(trip.options)), option=MADE_UP)


@dataclass(frozen=True)
class Trip:
    """What came of one trip."""

    questions: int
    """That were put for the option."""
    reached: int
    """Made-up options that the tool was called with."""
    finished: bool
    model_calls: int
    turns: int


async def trip(task: Task, item: Item, speak: Speak, policy: InsertExpansion | None) -> Trip:
    asked: list[Conversation] = []
    assert task.tools is not None
    tools: Any = task.tools(item)

    def reply(talk: Conversation) -> Message:
        asked.append(talk)
        return speak(tools.trip, talk)

    async def over(spoken: Conversation) -> bool:
        return task.over is not None and await task.over(item, spoken, Setting(tools=tools))

    model = Scripted.function(reply, "scripted", "1")
    talk = Talk(Conversation((Message("system", item.system),)))
    led = Bare(steer(model, policy) if policy else model, tools)
    await relay(talk, chosen(task.user, task).start(item, 0), led, TURNS, tools, over)
    made = [json.loads(each.arguments) for message in talk.conversation.messages for each in message.tool_calls]
    questions = sum("what is the option" in each.message.text for each in talk.replies)
    reached = sum(given.get("option") == MADE_UP for given in made)
    return Trip(questions, reached, tools.finished, len(asked), len(talk.heard))


def knowing(task: Task, item: Item) -> Speak:
    """The yardstick `guesser`: it looks first, and takes the cheapest."""

    def speak(_: Any, talk: Conversation) -> Message:
        said = task.yardsticks["guesser"](item, talk)
        return said if isinstance(said, Message) else Message("assistant", said)

    return speak


async def trips(count: int) -> dict[str, dict[str, list[Trip]]]:
    task = travel.task(count)
    policies = {"bare": None, "asks": InsertExpansion(look_up=False), "looks up": InsertExpansion()}
    out: dict[str, dict[str, list[Trip]]] = {}
    for name in ("hasty", "stubborn", "guesser"):
        speaks = [{"hasty": hasty, "stubborn": stubborn}.get(name) or knowing(task, item) for item in task.items]
        out[name] = {
            led: [await trip(task, item, speak, policy) for item, speak in zip(task.items, speaks, strict=True)]
            for led, policy in policies.items()
        }
    return out


def airline_tools() -> list[dict[str, Any]]:
    """The tools of the log: their names, and as required what every call of one gave."""
    given: dict[str, list[set[str]]] = defaultdict(list)
    for conversation in ov.read(str(ov_data(LOG))):
        for made in (each for message in conversation.messages for each in message.tool_calls):
            given[made.name].append(set(json.loads(made.arguments)))
    return [
        {"type": "function", "function": {"name": name, "parameters": {
            "properties": {key: {} for key in sorted(set.union(*names))}, "required": sorted(set.intersection(*names))}}}
        for name, names in sorted(given.items())
    ]  # fmt: skip


async def airline(rounds: int, seed: int) -> Counter[tuple[str, str]]:
    """(argument, what becomes of a call in which it alone was invented) → how often; calls that are held or passed
    as they stand are left out."""
    rng, tools, policy = random.Random(seed), airline_tools(), InsertExpansion()
    out: Counter[tuple[str, str]] = Counter()
    for each in [found for _ in range(rounds) for found in calls()]:
        possible = [(leaf, made) for leaf in leaves(each.arguments, None) if (made := invented(leaf, rng))]
        if not possible:
            continue
        leaf, (_, value) = rng.choice(possible)
        wrong = replace(each.call, arguments=json.dumps(with_value(each.arguments, leaf.path, value)))
        draft = with_tools(Conversation((*each.before, Message("assistant", None, tool_calls=(wrong,)))), tools)
        decision = await policy.decide(draft)
        if leaf.path in decision.details.get("arguments", ()):
            out[leaf.name, "looked up" if decision.move == "consult" else "asked for"] += 1
        else:
            out[leaf.name, "passed"] += 1
    return out


def with_value(arguments: Any, path: str, value: object) -> Any:
    """The arguments with another value at a path such as `flights[0].date`."""
    changed = json.loads(json.dumps(arguments))
    *steps, last = path.replace("[", ".[").split(".")
    at = changed
    for step in steps:
        at = at[int(step[1:-1])] if step.startswith("[") else at[step]
    at[int(last[1:-1]) if last.startswith("[") else last] = value
    return changed


def main() -> None:
    arguments = options(__doc__, 120, 3).parse_args()
    found = asyncio.run(trips(arguments.messages))
    rows = [
        [
            f"{name}, {'bare' if led == 'bare' else f'`insert_expansion`, {led}'}",
            share(sum(each.questions > 0 for each in made), len(made)),
            share(sum(each.reached > 0 for each in made), len(made)),
            share(sum(each.finished for each in made), len(made)),
            f"{sum(each.model_calls for each in made) / len(made):.2f}",
            f"{sum(each.turns for each in made) / len(made):.2f}",
        ]
        for name, by in found.items()
        for led, made in by.items()
    ]
    log = asyncio.run(airline(arguments.rounds, arguments.seed))
    names = sorted({name for name, _ in log})
    became = ("looked up", "asked for", "passed")
    counted = [[f"`{name}`", *(str(log[name, way]) for way in became)] for name in names]
    text = "\n\n".join(
        [
            f"**{arguments.messages} trips of `travel`**, scripted assistants, at most {TURNS} turns of the user's:",
            table(
                ["assistant", "asked for the option", "a made-up option reached the tool", "all booked",
                 "model calls a trip", "turns a trip"], rows,
            ),
            f"**The airline log with one argument invented** ({arguments.rounds} rounds over its calls):",
            table(["argument", *became], counted),
        ]
    )  # fmt: skip
    result = {
        "travel": {name: {led: [vars(each) if hasattr(each, "__dict__") else repr(each) for each in made]
                          for led, made in by.items()} for name, by in found.items()},
        "airline": {f"{name}/{way}": n for (name, way), n in log.items()},
    }  # fmt: skip
    OUT.mkdir(parents=True, exist_ok=True)
    finish("looking_up", "grounding.md", result, text, arguments.docs)


if __name__ == "__main__":
    main()
