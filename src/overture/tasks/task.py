"""A task: what a user wants, how much of it the opening says, and how a result is judged.

In comes nothing; out go the shapes that users, trials and measures share. An Item has a hidden goal made of parts;
those in `open` are what the opening leaves unsaid. A Task is its items, the ways in which they can be put (protocols),
its tools, and `check`: `async check(item, conversation, setting) -> Verdict`. To add one, write a module
`overture.tasks.NAME` with `task(count=None, seed=0) -> Task` and name it in `named.py`. Easy to get wrong: a part is
necessary only if changing its value changes what the check accepts, so an item with nothing open is not a harder one,
it is the control.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ..conversation import Conversation, Message
from ..errors import UsageError

if TYPE_CHECKING:  # the reader loads numpy
    from ..models import Model
    from .beside import Comparing

KINDS = ("do", "learn", "decide", "be_heard")
"""What a user is after: a thing done, something understood, a choice made, or somebody who listens."""


@dataclass(frozen=True, slots=True)
class Part:
    """One necessary part of a goal."""

    name: str
    value: str
    terms: tuple[str, ...]
    """Words, or phrases of which every word must occur, by which a question can name it."""
    text: str = ""
    """What the user says to reveal it, a sentence; empty: the value alone."""

    @property
    def words(self) -> str:
        """What the user says to reveal it."""
        return self.text or self.value


@dataclass(frozen=True, slots=True)
class Script:
    """What assistants of known behaviour say to an item, written by hand. The yardsticks speak from it."""

    question: str
    """What a good asker asks while the part is open."""
    delivery: str
    """A right result once everything is said."""
    guess: str
    """The same kind of result on a value that nobody said."""
    assumed: str
    """A result on a stand-in that it names."""
    coaching: str
    """How to do it, instead of doing it."""


@dataclass(frozen=True)
class Item:
    """One request with what is behind it."""

    id: str
    group: str
    """Its domain."""
    kind: str
    """One of KINDS."""
    request: str
    """The user's first message."""
    goal: str
    """The request with every part said. Never shown to an assistant."""
    parts: tuple[Part, ...]
    open: frozenset[str]
    """Names of the necessary parts that the request leaves unsaid; empty for a complete request."""
    pair: str
    """Shared by a lacking item and its complete twin; the unit of every interval."""
    script: Script | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the check, the tools and the user's domain need, as JSON can hold it. Never shown to an assistant."""
    system: str = ""
    """What the assistant is told before the user speaks; empty: nothing."""
    turns: int | None = None
    """How often the user may speak at most; None: as the task says."""

    @property
    def lacking(self) -> bool:
        """Whether a necessary part is open."""
        return bool(self.open)

    @property
    def open_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.name in self.open)

    @property
    def before(self) -> Conversation:
        """What stands before the user's first words: the system message, or nothing."""
        return Conversation((Message("system", self.system),) if self.system else ())

    @property
    def opening(self) -> Conversation:
        """The conversation as an assistant first meets it."""
        return self.before.then(Message("user", self.request))

    @cached_property
    def hash(self) -> str:
        """32 hex digits that depend on everything in the item."""
        return digest(self)


class Tools(Protocol):
    """The tools of one trial and the state they work on. The engine makes a fresh set for each trial and runs every
    call. The same calls in the same order must give the same answers: a resumed trial makes them again."""

    @property
    def schemas(self) -> Sequence[dict[str, Any]]:
        """What the assistant is told of them, in the shape of the OpenAI chat API."""
        ...

    def changes(self, name: str) -> bool:
        """Whether a call of this tool changes state; if not, it is read-only."""
        ...

    async def call(self, name: str, arguments: str) -> str:
        """The answer to a call, as the assistant is told it. A call that makes no sense is answered, never raised."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a trial has beside its words, for the check to look at."""

    protocol: str = ""
    revealed: Sequence[Sequence[str]] = ()
    """For each of the user's messages, the names of the parts that it revealed."""
    settled: Mapping[str, str] = field(default_factory=dict[str, str])
    """Part → the value that the user ended with, where the conversation changed it."""
    tools: Tools | None = None
    """As the trial left them."""
    judge: Model | None = None
    """For checks that need one: each of its answers is journalled. None: such a check is unscored."""


async def once(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether the assistant has spoken: the `over` of tasks that the first reply ends."""
    return any(message.role == "assistant" for message in conversation.messages)


@dataclass(frozen=True)
class Verdict:
    """How well a conversation met its goal."""

    solved: float | None
    """0 to 1; None: it cannot be said, and `why_unscored` says why."""
    why_unscored: str | None = None
    first: str | None = None
    """The class of the first reply by the task's own rule: one of `classes.CLASSES` for a lacking item; for a complete
    one `asked`, or any word for a reply that does not ask. None: it has no class, or the task has no such rule."""
    delivered: int | None = None
    """Which of the assistant's messages, from 0, first delivers; None: none does, or the task does not say."""
    figures: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """The task's own figures: name → (how often it was so, how often it could have been)."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Whatever else a reader should know, as JSON can hold it."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "solved": self.solved,
            "why_unscored": self.why_unscored,
            "first": self.first,
            "delivered": self.delivered,
            "figures": {name: list(pair) for name, pair in self.figures.items()},
            "details": dict(self.details),
        }


@dataclass(frozen=True, slots=True)
class Staging:
    """A protocol: how an item is put to an assistant."""

    prepare: Callable[[Item, int], Item] = lambda item, seed: item
    """(item, seed) → the item as it is put: another request, other parts open. It keeps `id` and `pair`."""
    wrappers: tuple[str, ...] = ()
    """Names of `users` wrappers around whichever user speaks, such as `recap`."""


@dataclass(frozen=True, slots=True)
class Act:
    """What an assistant's last reply does, as a simulated user hears it."""

    asks: tuple[str, ...] = ()
    """Names of the item's parts that it asks for, the most likely first, whether open or not."""
    elsewhere: bool = False
    """It asks for something that is no part."""
    offers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Part → the value it puts forward."""
    cannot: tuple[str, ...] = ()
    """Names of parts that it says cannot be met."""
    delivers: bool | None = None
    """Whether it delivers a result; None: it cannot be told."""
    questions: tuple[tuple[str, ...], ...] = ()
    """For each question that fits a part, the parts it fits, the likeliest first; empty: each of `asks` is one."""
    stray: int = 0
    """How many of its questions fit no part, where that was counted; `elsewhere` alone means one."""

    @property
    def each(self) -> tuple[tuple[str, ...], ...]:
        """Question by question, the parts it fits."""
        return self.questions or tuple((name,) for name in self.asks)


Hear = Callable[[Item, Conversation], Act]
"""Reads the last reply of a conversation about an item, by rule. Never called before the assistant has spoken."""

Check = Callable[[Item, Conversation, Setting], Awaitable[Verdict]]
"""Judges a whole conversation, given the item as it was put. Deterministic, but for what a judge says."""

Speech = Callable[[Item, Conversation], "str | Message"]
"""What a scripted assistant that knows the item says next."""

PLAIN: Mapping[str, Staging] = MappingProxyType({"talk": Staging()})
"""The one protocol of a task that names none: the request, and then turn by turn."""


@dataclass(frozen=True)
class Task:
    """Items that are measured together, and the check that judges each."""

    name: str
    items: tuple[Item, ...]
    check: Check
    check_version: str
    """Part of a trial's identity; changed by hand whenever the check would judge some conversation differently."""
    user: str = "shards"
    """The user that speaks unless told otherwise, a name in `users`."""
    hear: Hear | None = None
    """How simulated users understand a reply; None: by the words of its questions (`users.hearing`)."""
    protocols: Mapping[str, Staging] = field(default_factory=lambda: PLAIN)
    """Name → how the items are put; the first is the default."""
    tools: Callable[[Item], Tools] | None = None
    """Makes the tools of one trial."""
    over: Callable[[Item, Conversation, Setting], Awaitable[bool]] | None = None
    """Asked after each reply: whether the assistant has ended it, by a final act or a right answer."""
    yardsticks: Mapping[str, Speech] = field(default_factory=dict[str, Speech])
    """Scripted assistants: asker, guesser, pesterer, coach (`silent` needs none)."""
    turns: int = 12
    """How often the user may speak, by default."""
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the task's own figures count in, where they are no shares: `seconds`, `steps` …"""
    solved_means: str = "Solved: the task's check, 0 to 1 a trial."
    """What `solved` says and does not say, a sentence for people."""
    beside: Comparing | None = None
    """Sets protocols side by side as a paper did; None: nothing was published."""

    def way(self, protocol: str | None) -> str:
        """The protocol of this name, by default the first. Raises UsageError on a name that means none."""
        name = next(iter(self.protocols)) if protocol is None else protocol
        if name not in self.protocols:
            raise UsageError(f"{self.name} has no protocol {name[:40]!r}; there are {', '.join(self.protocols)}")
        return name

    @cached_property
    def hash(self) -> str:
        """32 hex digits that depend on the name, every item and the check's version."""
        return digest([self.name, self.check_version, [item.hash for item in self.items]])


def digest(value: Any) -> str:
    """32 hex digits of a value as JSON with sorted keys; a dataclass stands as its fields, a set sorted."""
    sorting = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS  # which keeps orjson from writing them unsorted
    return blake2b(orjson.dumps(value, default=_plain, option=sorting), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    return (
        sorted(value)
        if isinstance(value, frozenset)
        else {each.name: getattr(value, each.name) for each in fields(value)}
    )
