"""People are not all alike: wrappers that make any user uncooperative, ignorant, impatient, or repeat themselves.

In comes a user; out comes another under the same protocol, so wrappers stack. What a wrapper draws, it draws from the
trial's seed. Easy to get wrong: the wrapped user has said in its own mind what the wrapper kept back; so what never
reached the assistant is taken out of `revealed`, and is not counted as said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..conversation import Conversation, Message
from ..models import Model
from ..models.verdicts import Prompt
from ..tasks.task import Hear, Item
from .base import Speaking, User, Utterance, last_reply, says
from .domains import draw
from .hearing import VERSION
from .shards import AGAIN, DONT_KNOW

Begin = Callable[[Speaking, Item, int, Hear], Speaking]
"""(the wrapped person, item, seed, how replies are understood) → the person as wrapped."""


@dataclass(frozen=True)
class Wrapped:
    """A user inside a wrapper."""

    inner: User
    wrapper: str
    begin: Begin
    hear: Hear

    @property
    def name(self) -> str:
        return f"{self.inner.name}+{self.wrapper}"

    @property
    def needs_model(self) -> bool:
        return self.inner.needs_model

    def identity(self) -> Mapping[str, Any]:
        return {"user": self.wrapper, "version": 3, "hearing": VERSION, "inner": dict(self.inner.identity())}

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        return self.begin(self.inner.start(item, seed, model), item, seed, self.hear)


@dataclass(slots=True)
class Around:
    """What every wrapped person has."""

    inner: Speaking
    item: Item
    seed: int
    hear: Hear


@dataclass(slots=True)
class Impatient(Around):
    """Answers one question; at every further one says to just do it, and leaves after two such replies."""

    asked: int = 0

    async def next(self, conversation: Conversation) -> Utterance:
        if last_reply(conversation) is not None:
            act = self.hear(self.item, conversation)
            self.asked += bool(act.asks or act.elsewhere)
            if self.asked > 3:
                return Utterance(None, done=True, why="lost_patience")
            if self.asked > 1 and (act.asks or act.elsewhere):
                return says("Please just do it with what you have.", why="impatient")
        return await self.inner.next(conversation)


@dataclass(slots=True)
class Uncooperative(Around):
    """Once dissatisfied, by a question beside the point or by nothing at all, talks of something else or leaves."""

    annoyed: int = 0

    async def next(self, conversation: Conversation) -> Utterance:
        reply = last_reply(conversation)
        if reply is not None:
            act = self.hear(self.item, conversation)
            if not reply.strip() or (act.elsewhere and not act.asks):
                self.annoyed += 1
                if self.annoyed > 2:
                    return Utterance(Message("user", "Never mind."), done=True, why="left")
                if draw(self.seed, "off the path", str(self.annoyed)) < 0.5:
                    return says("That is beside the point. By the way, it has been a long day.", why="off_path")
        return await self.inner.next(conversation)


@dataclass(slots=True)
class CannotAnswer(Around):
    """Does not know half of the open parts, at least one of several; asked for those, says so."""

    async def next(self, conversation: Conversation) -> Utterance:
        said = await self.inner.next(conversation)
        # of itself nobody mentions what they do not know; every call takes a part away, so this ends
        while said.why == "volunteered" and self._unknown(said):
            said = await self.inner.next(conversation)
        lost = self._unknown(said)
        if said.why == "again" and self._told_before(said):
            return says(DONT_KNOW, why="cannot_answer")
        if not lost:
            return said
        known = [part.words for part in self.item.parts if part.name in said.revealed and part.name not in lost]
        text = " ".join([*known, DONT_KNOW])
        kept = tuple(name for name in said.revealed if name not in lost)
        settled = {name: value for name, value in said.settled.items() if name not in lost}
        return replace(said, message=Message("user", text), revealed=kept, settled=settled, why="cannot_answer")

    def _unknown(self, said: Utterance) -> frozenset[str]:
        return frozenset(said.revealed) & self._never_known()

    def _told_before(self, said: Utterance) -> bool:
        """Whether the wrapped person says again what never reached the assistant."""
        text = said.message.text if said.message else ""
        unknown = [part for part in self.item.open_parts if part.name in self._never_known()]
        return any(text in (AGAIN + part.words, f"{AGAIN}{part.value}.") for part in unknown)

    def _never_known(self) -> frozenset[str]:
        ranked = sorted(self.item.open, key=lambda name: draw(self.seed, "unknown", name))
        return frozenset(ranked[: len(ranked) // 2])


@dataclass(slots=True)
class Recap(Around):
    """Before it ends, says everything once more and hears one last reply."""

    told: dict[str, str] = field(default_factory=dict[str, str])
    """What was said so far: part → its words, with the value that was settled on."""
    recapped: bool = False

    async def next(self, conversation: Conversation) -> Utterance:
        if self.recapped:
            return Utterance(None, done=True, why="recapped")
        said = await self.inner.next(conversation)
        if said.done and said.message is None and self.told:
            self.recapped = True
            text = wording(self.item, "recap", all=listing(self.item, self.told))
            return says(text, why="recap")
        self.told |= _told(self.item, said)
        return said


@dataclass(slots=True)
class Snowball(Around):
    """Says all that was said so far before each new part."""

    told: dict[str, str] = field(default_factory=dict[str, str])
    """As in Recap."""

    async def next(self, conversation: Conversation) -> Utterance:
        said = await self.inner.next(conversation)
        if said.message is None or not said.revealed:
            return said
        before = listing(self.item, self.told)
        self.told |= _told(self.item, said)
        text = wording(self.item, "snowball", before=before, now=said.message.text)
        return replace(said, message=Message("user", text))


WORDING = {
    "recap": "To sum up, here is everything again.\n\n{{all}}\n\nPlease give me the finished result now.",
    "snowball": "As I said so far:\n{{before}}\n\nAnd now:\n{{now}}",
}
"""What the repeating users say; an item's `data["wording"]` may hold its own, with the same slots."""


def wording(item: Item, name: str, **slots: str) -> str:
    """One of WORDING, or the item's own, filled in."""
    own: Mapping[str, str] = item.data.get("wording", {})
    return Prompt(own.get(name, WORDING[name])).filled(slots, {}).strip()


def _told(item: Item, said: Utterance) -> dict[str, str]:
    """Part → its words, of those that an utterance revealed or changed."""
    words: dict[str, str] = {}
    for part in item.parts:
        if part.name in said.revealed or part.name in said.settled:
            words[part.name] = part.words.replace(part.value, said.settled.get(part.name, part.value))
    return words


def listing(item: Item, told: Mapping[str, str]) -> str:
    """The request and what was told, a line each, in the order in which it was said."""
    return "\n".join(f"- {line}" for line in (item.request, *told.values()))


WRAPPERS: Mapping[str, Begin] = {
    "impatient": Impatient,
    "uncooperative": Uncooperative,
    "cannot_answer": CannotAnswer,
    "recap": Recap,
    "snowball": Snowball,
}
"""Wrappers by name; `answers_several` is an option of the users that hold parts."""
