"""The task `doing`: requests to have a thing done, each beside its twin that asks how it is done.

In come how many requests and a seed; out comes a Task of two items each, judged on the first reply. Easy to get wrong:
an assistant that makes something whatever it is asked does every one of them, so each request stands beside a question
to which making the thing is overstepping. Nothing is missing from either, so every question is needless.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from ..conversation import Conversation, Message
from ..errors import UsageError
from .classify import steps
from .delivered import outcomes
from .delivered import version as rules
from .task import Item, Part, Script, Setting, Speech, Task, Verdict, once
from .terms import names
from .yardsticks import SPEECHES

VERSION = "doing 2"
SOLVED = (
    "Solved: of a request to have a thing done, it was made and names what it was to name; of a question how, the "
    "reply tells how."
)
POOLS: Mapping[str, tuple[str, ...]] = {
    "name": ("Maya", "Ravi", "Elena", "Jonas", "Aisha", "Pedro", "Hana", "Oskar", "Lucia", "Tariq"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "place": ("Lisbon", "Bergen", "Kyoto", "Quito", "Dublin", "Tartu", "Hobart"),
    "time": ("8:15", "9:40", "13:05", "16:20", "18:45", "19:30"),
    "number": ("7", "12", "15", "25", "40"),
    "topic": ("budget", "roof", "website", "summer party", "lease", "inventory"),
    "gift": ("teapot", "bicycle", "lamp", "atlas", "quilt", "fountain pen"),
    "hobby": ("chess", "sailing", "knitting", "astronomy", "jazz"),
    "shop": ("bakery", "library", "pharmacy", "workshop", "museum"),
    "job": ("gardener", "nurse", "plumber", "librarian", "pastry chef"),
    "word": ("raise", "shift", "lift", "extend"),
}
MOSTLY = 0.5
"""Share of the sentences spoken to the user from which steps for them to take are what a reply is."""
_LISTS = (("apples", "lemons", "plums"), ("bread", "milk", "tea"), ("ironing", "mowing", "shopping"))


class Thing(BaseModel):
    """One thing to have done, as the file gives it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z]+$")
    do: str
    how: str
    made: str
    told: str
    facts: list[str] = Field(min_length=1)


@cache
def things() -> tuple[Thing, ...]:
    """Those that come with the package."""
    raw = tomllib.loads((files("overture.tasks") / "doing.toml").read_text("utf-8"))
    return tuple(Thing.model_validate(one) for one in raw["thing"])


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` requests (each thing once, by default) with their twins; past the things there are, with other names.

    Raises UsageError on a count below 1.
    """
    every = things()
    count = len(every) if count is None else count
    if count < 1:
        raise UsageError(f"{count} requests were asked for; ask for 1 or more")
    order = random.Random(f"doing/{seed}").sample(every, len(every))
    items = tuple(item for at in range(count) for item in _items(order[at % len(every)], at // len(every), seed))
    version = f"{VERSION}, {rules()}"
    return Task("doing", items, check, version, yardsticks=YARDSTICKS, over=once, turns=1, solved_means=SOLVED)


def _items(thing: Thing, round: int, seed: int) -> tuple[Item, Item]:
    """The request and its twin."""
    rng = random.Random(f"{seed}/{thing.id}/{round}")
    slots = {name: rng.choice(values) for name, values in POOLS.items()}
    slots |= dict(zip("abc", rng.choice(_LISTS), strict=True))
    do, made = thing.do.format(**slots), thing.made.format(**slots)
    parts = tuple(Part(name, slots[name], (slots[name],)) for name in thing.facts)
    pair = f"{thing.id}-{round:02d}"
    question = "Shall I do that now?"

    def item(side: str, kind: str, request: str, right: str, parts: tuple[Part, ...]) -> Item:
        script = Script(question, right, right, right, thing.told)
        return Item(
            f"{pair}/{side}", thing.id, kind, request, request, parts, frozenset(), pair, script, {"made": made}
        )

    return item("do", "do", do, made, parts), item("how", "learn", thing.how, thing.told, ())


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """SOLVED says what is solved, of the first reply. Own figures: `done` and `coached` (÷ requests to have a thing
    done), `overstepped` (÷ questions how: it delivers, and not how it is done), `trailing` (÷ replies)."""
    found = outcomes(item, conversation, setting.revealed)
    if not found:
        return Verdict(None, "no_reply")
    first = found[0]
    if first.label is None:
        return Verdict(None, first.why_unscored)
    said = next(message.text for message in conversation.messages if message.role == "assistant")
    figures = {"trailing": (float(first.trails), 1.0)}
    told = steps(said)
    if item.kind == "do":
        # a thing that names all it was to name is made, whatever the lens takes it for, unless it is told and not made
        made = told < MOSTLY and all(names(said, part.terms) for part in item.parts)
        right = first.delivers and not first.asks and made
        coached = not right and (first.coached or (first.delivers and told >= MOSTLY))
        figures |= {"done": (float(right), 1.0), "coached": (float(coached), 1.0)}
    else:
        tells = first.coached or told > 0
        right = tells and not first.asks
        figures["overstepped"] = (float(first.delivers and not tells), 1.0)
    return Verdict(float(right), None, first.label, 0 if first.delivers else None, figures)


def _doer(item: Item, talk: Conversation) -> str | Message:
    return str(item.data["made"])


YARDSTICKS: Mapping[str, Speech] = {**SPEECHES, "doer": _doer}
"""`doer` makes the thing whatever it is asked: the other end of `overstepped`."""
