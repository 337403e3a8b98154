"""Who sits at the table: the models of a run, each as one trial uses it, journalled before it is used.

In comes a Seat (a role, its model, its sampling, its gate); out of `asked` comes a Model for one trial, so that an
assistant, a spoken user and a judge all call the same protocol and nobody has to remember the journal. Easy to get
wrong: a call's place is (trial, role, turn, sample). The second call of a turn is another sample, or five runs would
collapse into one answer; and the seed hangs on that place and never on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Protocol

from ..conversation import Conversation, Message
from ..errors import BadAnswer, ModelError
from ..models import GREEDY, Model, Reply, Sampling, Scripted, request_hash
from ..models.base import JSON
from ..models.wrapper import Wrapper
from ..tasks.task import Item, Task, digest
from .gate import Gate
from .rounds import Rounds
from .store import Call, Place


def seed_of(root: int, task: str, item: str, run: int, role: str, turn: int, sample: int) -> int:
    """The seed of one call: it depends on what is asked and never on when. `task` and `item` are names or hashes."""
    text = "\x1f".join(map(str, (root, task, item, run, role, turn, sample)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


class Lead(Protocol):
    """What leads a model, such as a policy. Each trial's model is led anew."""

    def identity(self) -> Mapping[str, Any]:
        """What determines where it leads."""
        ...

    def over(self, model: Model) -> Model:
        """The model, led."""
        ...


class Yardstick:
    """A scripted assistant that knows every item of a task, such as `scripted:asker`."""

    def __init__(self, task: Task, name: str) -> None:
        self.task = task
        self.name = f"scripted:{name}"
        self._speech = task.yardsticks[name]

    def identity(self) -> dict[str, str]:
        """Its name and the task that it speaks from."""
        version = digest([self.task.name, self.task.check_version])
        return {"kind": "yardstick", "name": self.name, "version": version}

    def knowing(self, item: Item) -> Model:
        """The model that has this item's script."""
        speech = self._speech

        def speak(conversation: Conversation) -> str | Message:
            return speech(item, conversation)

        return Scripted.function(speak, self.name, "1")


def yardstick(task: Task, word: str) -> Yardstick | None:
    """The task's own scripted assistant, where `scripted:NAME` means one."""
    name = word.strip().removeprefix("scripted:")
    return Yardstick(task, name) if name != word.strip() and name in task.yardsticks else None


@dataclass
class Seat:
    """One model in one role."""

    role: str
    """`assistant`, `user` or `judge`."""
    model: Model | Yardstick
    gate: Gate
    sampling: Sampling | None = None
    """How it draws; None: as whoever calls says. An answer in a form may have the tokens that its caller gives it."""

    def identity(self) -> dict[str, Any]:
        """What determines its answers."""
        drawn = None
        if self.sampling is not None:
            drawn = {**self.sampling.to_dict(), "temperature": float(self.sampling.temperature)}
            drawn["top_p"] = float(self.sampling.top_p)  # 0 and 0.0 mean the same and must hash the same
            del drawn["seed"]
        return {"name": self.model.name, **self.model.identity(), "sampling": drawn}


@dataclass
class Meter:
    """What one role of one trial took."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    """None: some call's price is unknown."""
    seconds: float = 0.0
    left_out: set[str] = field(default_factory=set[str])
    """Fields of the calls that the server does not take."""

    def enter(self, reply: Reply) -> None:
        """Add a call."""
        self.calls += 1
        self.prompt_tokens += reply.usage.prompt_tokens
        self.completion_tokens += reply.usage.completion_tokens
        self.seconds += reply.seconds
        self.left_out |= {*reply.details.get("left_out", ())}
        cost = reply.usage.cost
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def to_dict(self) -> dict[str, Any]:
        """As a trial's cost holds it."""
        return {
            "calls": self.calls,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
            "seconds": self.seconds,
            **({"left_out": sorted(self.left_out)} if self.left_out else {}),
        }


@dataclass
class Draws:
    """How the calls of one role of one trial are drawn, in their order."""

    role: str
    place: tuple[int, str, str, int]
    """Root seed, task, item's hash, run."""
    turn: Callable[[], int]
    """The turn that the conversation is at."""
    own: Sampling | None
    """How this role draws; None: as whoever calls says."""
    _samples: dict[int, int] = field(default_factory=dict[int, int])

    def next(self, asked: Sampling, in_a_form: bool) -> tuple[int, int, Sampling]:
        """The turn, which sample of it this is, and how it is drawn. Whoever asks for a form knows how long it is."""
        turn = self.turn()
        sample = self._samples[turn] = self._samples.get(turn, -1) + 1
        given = self.own or asked
        if in_a_form:
            given = replace(given, max_tokens=asked.max_tokens)
        return turn, sample, replace(given, seed=seed_of(*self.place, self.role, turn, sample))


@dataclass
class Asked(Wrapper):
    """A seat's model in one trial. Every answer is journalled before it is handed on."""

    seat: Seat
    rounds: Rounds
    trial_id: str
    draws: Draws
    model: Model
    known: Mapping[Place, Reply]
    """What an earlier run was answered in this trial."""
    meter: Meter = field(default_factory=Meter)
    failed: ModelError | None = None
    """The error that its last call ended in."""

    def __post_init__(self) -> None:
        own = {place: reply for place, reply in self.known.items() if place[0] == self.seat.role}
        self._answers = {(turn, asked): reply for (_, turn, _, asked), reply in own.items()}
        self._taken = {(turn, sample) for _, turn, sample, _ in own}

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The journalled answer to this call, or the model's own. Raises as the gate does."""
        turn, sample, drawn = self.draws.next(sampling, response_format is not None)
        asked = request_hash(conversation, drawn, tools, response_format)
        known = self._answers.get((turn, asked))  # the seed, and with it the hash, tells one sample from the next
        if known is not None:
            self.meter.enter(known)
            return known
        model = self.model
        try:
            reply = await self.seat.gate.ask(lambda: model.reply(conversation, drawn, tools, response_format), asked)
            _can_be_written(reply.message)
        except ModelError as error:
            self.failed = error
            raise
        await self.rounds.keep(Call(self.trial_id, (self.seat.role, turn, self._free(turn, sample), asked), reply))
        self.meter.enter(reply)
        return reply

    def _free(self, turn: int, sample: int) -> int:
        """Where to write down a call of this turn: a policy's call that failed may be made again when the trial is gone
        on with, and then the calls behind it are others than those that were written down."""
        while (turn, sample) in self._taken:
            sample += 1
        self._taken.add((turn, sample))
        return sample


def _can_be_written(message: Message) -> None:
    """Raise BadAnswer where a model's words hold half a character, which no file and no next request can hold."""
    calls = [text for call in message.tool_calls for text in (call.name, call.arguments, call.id or "")]
    for text in (message.text, *calls):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadAnswer(f"the answer is no text: half a character stands at place {error.start}") from error


def asked(
    seat: Seat,
    rounds: Rounds,
    trial_id: str,
    place: tuple[int, str, str, int],
    item: Item,
    turn: Callable[[], int],
    known: Mapping[Place, Reply],
) -> Asked:
    """The seat's model for one trial of an item."""
    model = seat.model.knowing(item) if isinstance(seat.model, Yardstick) else seat.model
    return Asked(seat, rounds, trial_id, Draws(seat.role, place, turn, seat.sampling), model, known)
