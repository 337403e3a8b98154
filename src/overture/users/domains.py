"""Users of tasks with a world of their own, slots to fill or options to choose from. They need no model.

In comes an Act, which the task's own `hear` read out of the reply; out comes what such a person says. `agenda` has a
value for every slot and can be influenced; `preferences` tells what it prefers only when asked well, or of itself after
several idle turns. Easy to get wrong: whether somebody gives in is drawn from the trial's seed and the slot, never from
a shared stream, or the order of turns would change the person. Sources: Balaraman and Magnini 2020 (influenceable
users), UserBench (Qian et al. 2025, arXiv 2507.22034).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..conversation import Conversation, Message
from ..errors import UsageError
from ..models import Model
from ..tasks.task import Act, Hear, Item, Part
from . import hearing
from .base import Speaking, Utterance, last_reply, says


def draw(seed: int, *about: str) -> float:
    """A number in [0, 1) that depends on the seed and on what is drawn, and on nothing else."""
    digest = blake2b("\x1f".join((str(seed), *about)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _volunteered(left: dict[str, Part]) -> Utterance:
    """The first of the open parts, which it then no longer is."""
    name = next(iter(left))
    return says(left.pop(name).words, (name,), "volunteered")


@dataclass(frozen=True, slots=True)
class Agenda:
    """Has a value for every slot: answers what is asked, takes or refuses what is offered, else says the next."""

    hear: Hear = hearing.hear
    influence: float = 0.5
    """The chance that an offered value is taken in place of the own one."""
    idle: int = 3
    """Replies that neither ask nor deliver ("one moment, please") that are heard out when everything is said."""
    name: str = "agenda"
    needs_model: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.influence <= 1:
            raise UsageError(f"influence is a chance from 0 to 1, not {self.influence:g}")

    def identity(self) -> Mapping[str, Any]:
        options = {"influence": self.influence, "idle": self.idle}
        return {"user": "agenda", "version": 3, "hearing": hearing.VERSION, **options}

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        return _Planning(item, self, seed)


class _Planning:
    def __init__(self, item: Item, user: Agenda, seed: int) -> None:
        self._item, self._user, self._seed = item, user, seed
        self._wants = {part.name: part.value for part in item.parts}
        self._open = {part.name: part for part in item.open_parts}
        self._dropped: set[str] = set()
        self._idle = 0

    async def next(self, conversation: Conversation) -> Utterance:
        if last_reply(conversation) is None:
            return says(self._item.request, why="opening")
        act = self._user.hear(self._item, conversation)
        if answer := self._answer(act):
            return answer
        if act.elsewhere or (act.asks and not act.delivers):
            known = [self._wants[name] for name in act.asks if name in self._wants]
            return says(f"As I said: {known[0]}." if known else "I don't mind.", why="again" if known else "unrelated")
        if self._open:
            return _volunteered(self._open)
        # where it cannot be told whether a reply delivers, it is taken to
        if act.delivers is False and self._idle < self._user.idle:
            self._idle += 1
            return says("Go on.", why="idle")
        return Utterance(None, done=True, why="nothing_left")

    def _answer(self, act: Act) -> Utterance | None:
        """A line to each thing that is offered, cannot be had or is asked for; None where there is none."""
        lines: list[str] = []
        revealed: list[str] = []
        settled: dict[str, str] = {}
        for name, value in act.offers.items():
            own = self._wants.get(name)
            if own is None:
                lines.append("I don't mind.")
                continue
            if value.casefold() == own.casefold():
                lines.append(f"Yes, {own}.")
            elif draw(self._seed, "influence", name) < self._user.influence:
                self._wants[name] = settled[name] = value
                lines.append(f"{value} is fine too.")
            elif name in act.cannot:
                continue
            else:
                lines.append(f"No, {own}.")
            revealed += [name] if self._open.pop(name, None) else []
        for name in act.cannot:
            if name in self._wants and name not in settled and name not in self._dropped:
                self._dropped.add(name)
                lines.append("Then leave that out.")
                revealed += [name] if self._open.pop(name, None) else []
        for name in act.asks:
            if name in self._open and name not in act.offers:
                lines.append(self._open.pop(name).words)
                revealed.append(name)
        if not lines:
            return None
        return Utterance(Message("user", " ".join(lines)), False, tuple(revealed), "answered", settled)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Tells one preference when it is asked for by name, none when asked at large, and one of itself when bored."""

    hear: Hear = hearing.hear
    idle: int = 3
    """Replies in a row that bring nothing out, after which one preference is volunteered."""
    name: str = "preferences"
    needs_model: bool = False

    def identity(self) -> Mapping[str, Any]:
        return {"user": "preferences", "version": 1, "hearing": hearing.VERSION, "idle": self.idle}

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        return _Preferring(item, self)


class _Preferring:
    def __init__(self, item: Item, user: Preferences) -> None:
        self._item, self._user = item, user
        self._open = {part.name: part for part in item.open_parts}
        self._idle = 0
        self._after = 0

    async def next(self, conversation: Conversation) -> Utterance:
        if last_reply(conversation) is None:
            return says(self._item.request, why="opening")
        act = self._user.hear(self._item, conversation)
        wanted = next((name for name in act.asks if name in self._open), None)
        if wanted:
            self._idle = 0
            return says(self._open.pop(wanted).words, (wanted,), "asked")
        if act.delivers:
            return Utterance(None, done=True, why="delivered")
        self._idle += 1
        if self._open and self._idle >= self._user.idle:
            self._idle = 0
            return _volunteered(self._open)
        if not self._open:
            self._after += 1
            if self._after > self._user.idle:
                return Utterance(None, done=True, why="nothing_left")
        return says("Whatever you think is best." if act.asks or act.elsewhere else "Go on.", why="idle")
