"""One play: the relay of `simulate` with a person in one of its seats.

In comes a Game; out comes the Trial it was, and the error of a model that ended it, where one did. Easy to get wrong:
a turn that is taken back is not repaired but forgotten, and the rest is played again from the start with fresh tools
and a fresh user; both are pure, and models' answers are remembered, so it comes out the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from ..conversation import Conversation
from ..errors import ModelError
from ..models import GREEDY, Model, Reply, Sampling, request_hash
from ..models.base import JSON
from ..models.wrapper import Wrapper
from ..simulate.outcome import outcome, setting_of, status_of
from ..simulate.relay import Assistant, Bare, Talk, relay
from ..simulate.seats import Draws, Meter, seed_of
from ..simulate.store import Trial
from ..tasks.task import Item, Setting, Task, Tools, Verdict, digest
from ..users import hearing
from ..users.base import Speaking, User, Utterance
from .play_person import AsAssistant, AsUser, Left, Past, Undone
from .play_screen import Lines, Screen


@dataclass(frozen=True)
class Game:
    """Everything that is settled before the first word."""

    task: Task
    item: Item
    """As the protocol puts it."""
    place: tuple[int, str, str, int]
    """Root seed, task, item's hash, run: as in a simulation, so the simulated user is the same person as there."""
    protocol: str
    role: str
    """Who the person is: `user` or `assistant`."""
    opposite: Model | None
    """The assistant, or the model that plays the user; None: a user who needs none."""
    user: User | None
    """The simulated user; None: the person is the user."""
    judge: Model | None
    turns: int
    max_tokens: int
    temperature: float

    def config(self) -> dict[str, Any]:
        """What determines the other side."""
        return {
            "task": self.task.name,
            "check": self.task.check_version,
            "protocol": self.protocol,
            "seed": self.place[0],
            "turns": self.turns,
            "person": self.role,
            "user": dict(self.user.identity()) if self.user else None,
            "model": {"name": self.opposite.name, **self.opposite.identity()} if self.opposite else None,
            "judge": {"name": self.judge.name, **self.judge.identity()} if self.judge else None,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }


@dataclass
class Watched:
    """Whoever is not the person, announced while they think."""

    seat: Any
    screen: Screen

    async def next(self, conversation: Conversation) -> Utterance:
        with self.screen.waiting("user"):
            return await self.seat.next(conversation)

    async def reply(self, conversation: Conversation) -> Reply:
        with self.screen.waiting("assistant"):
            return await self.seat.reply(conversation)


@dataclass
class Seated(Wrapper):
    """A model in one seat of a played trial, with the engine's seeds. A call that was made before is not made again."""

    model: Model
    draws: Draws
    answers: dict[str, Reply]
    """Request → what was answered, shared by the talks of one play."""
    meter: Meter = field(default_factory=Meter)

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The model's answer, drawn as this seat draws. Raises as the model does."""
        *_, drawn = self.draws.next(sampling, response_format is not None)
        asked = request_hash(conversation, drawn, tools, response_format)
        reply = self.answers.get(asked) or await self.model.reply(conversation, drawn, tools, response_format)
        self.answers[asked] = reply
        self.meter.enter(reply)
        return reply


async def played(game: Game, screen: Screen, lines: Lines, past: Past) -> tuple[Trial, ModelError | None]:
    """Play until somebody ends it; a model that fails ends it too, unless the person asks again."""
    answers: dict[str, Reply] = {}
    async with AsyncExitStack() as stack:
        for model in (game.opposite, game.judge):
            if model is not None:
                await stack.enter_async_context(model)
        while True:
            table = Table(game, screen, lines, past, answers)
            try:
                await table.talking()
            except Undone:
                past.back()
                continue
            except Left:
                table.talk.ended = "left"
            except asyncio.CancelledError:  # Ctrl-C while the other side thinks: leave, and keep what was said
                task = asyncio.current_task()
                assert task is not None
                task.uncancel()
                table.talk.ended = "left"
            except ModelError as error:
                if lines.terminal and _again(error, screen, lines, past):
                    continue
                return table.trial(Verdict(None, error.kind), error), error
            screen.follow(table.talk.conversation)
            return table.trial(await table.verdict()), None


def _again(error: ModelError, screen: Screen, lines: Lines, past: Past) -> bool:
    """Whether to play on: Enter asks the model again, /undo takes the last message back first."""
    screen.say(f"The other side failed: {error}")
    word = lines.entry("Enter asks again, /undo takes your last message back, /quit leaves> ")
    if word is not None and word.strip() == "/undo" and past.said:
        past.back()
        return True
    return word is not None and not word.strip()


class Table:
    """The seats of one talk, set anew each time something was taken back."""

    def __init__(self, game: Game, screen: Screen, lines: Lines, past: Past, answers: dict[str, Reply]) -> None:
        self.game = game
        self.talk = talk = Talk(game.item.before)
        self.tools: Tools | None = game.task.tools(game.item) if game.task.tools else None
        hear = game.task.hear or hearing.hear
        sampling = Sampling(temperature=game.temperature, max_tokens=game.max_tokens)
        opposite = None
        if game.opposite is not None:
            role = "assistant" if game.role == "user" else "user"
            opposite = Seated(game.opposite, Draws(role, game.place, lambda: len(talk.heard), sampling), answers)
        self.meter = opposite.meter if opposite else Meter()
        self.user: Speaking
        self.assistant: Assistant
        if game.user is None:
            assert opposite is not None
            self.user = AsUser(game.item, hear, screen, lines, past)
            self.assistant = Watched(Bare(opposite, self.tools, sampling), screen)
        else:
            someone = game.user.start(game.item, seed_of(*game.place, "user", 0, 0), opposite)
            self.user = Watched(someone, screen)
            self.assistant = AsAssistant(game.item, hear, screen, lines, past, self.tools, talk.heard)

    def setting(self) -> Setting:
        """What the check may look at, as things stand."""
        return setting_of(self.game.protocol, self.talk, self.tools, self.game.judge)

    async def talking(self) -> None:
        """The relay, to its end. Raises what the person's seat raises, and ModelError."""
        over, item = self.game.task.over, self.game.item
        await relay(
            self.talk,
            self.user,
            self.assistant,
            self.game.turns,
            self.tools,
            (lambda said: over(item, said, self.setting())) if over else None,
        )

    async def verdict(self) -> Verdict:
        """The check's; unscored where the assistant never spoke or the judge failed."""
        if not self.talk.replies:
            return Verdict(None, "no_reply")
        try:
            return await self.game.task.check(self.game.item, self.talk.conversation, self.setting())
        except ModelError as error:
            return Verdict(None, f"check_{error.kind}")

    def trial(self, verdict: Verdict, error: ModelError | None = None) -> Trial:
        """What the engine would have stored of it."""
        game, talk = self.game, self.talk
        config = game.config()
        cost = self.meter.to_dict()
        found = {"run": 0, **outcome(game.item, talk, verdict, game.task.hear)}
        if error is not None:
            found["error"] = str(error)[:500]
        return Trial(
            digest([config, game.item.hash, talk.conversation.content_hash]),
            game.task.name,
            game.item.id,
            seed_of(*game.place, "trial", 0, 0),
            config,
            "failed" if error else status_of(talk.ended, verdict.solved),
            talk.conversation,
            found,
            cost if game.user is None else {"user": cost},
            error.kind if error else None,
        )
