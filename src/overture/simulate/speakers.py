"""Who speaks in a checkup or a race: the model, the same led by a policy, a rival, a yardstick.

In come models and what leads them; out come Speakers, and the Experiment that puts a task to one. Easy to get wrong:
a server that is not there at all ends the checkup with its own reason, where a call that failed is data.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..errors import ModelNotFound, ModelRefusedKey, ModelUnreachable, OvertureError
from ..models import Model, Remembered, Reply, Sampling
from ..tasks.task import Task
from ..users.named import chosen
from .engine import Experiment
from .gate import Budget, Gate, Gone
from .seats import Lead, Seat, yardstick

SHORT = Sampling(max_tokens=128)
"""The likeliest token each time, and no more than an answer to such requests takes."""
STOPPING = (ModelUnreachable, ModelRefusedKey, ModelNotFound)
"""No later call would fare better, so these end the checkup instead of failing a trial."""


class ModelGone(OvertureError):
    """A model that is not there at all; the checkup or the race ends with its own reason."""


class Strict(Gate):
    """A gate that ends the run where no later call would fare better."""

    async def ask(self, call: Callable[[], Awaitable[Reply]], seed: str) -> Reply:
        try:
            return await super().ask(call, seed)
        except STOPPING as error:
            raise ModelGone(str(error)) from error
        except Gone as error:
            raise ModelGone(f"{error}; mend it and run the same command with --retry-failed") from error


@dataclass(frozen=True)
class Speaker:
    """Who is measured."""

    role: str
    """Tells the trials of one store apart: `model`, `steered`, `against`, `yardstick asker`."""
    model: Model
    lead: Lead | None = None
    """What leads it: a policy."""
    sampling: Sampling = SHORT
    concurrency: int = 2
    name: str = ""
    """As it is called on a page; empty: as the model."""
    budget: Budget | None = None
    """What all who share it may cost together."""
    again: bool = False
    """Whether trials that failed before are tried once more."""

    @property
    def called(self) -> str:
        return self.name or self.model.name


def speakers_of(
    model: Model,
    *,
    lead: Lead | None = None,
    led: str = "",
    against: Model | None = None,
    sampling: Sampling | None = None,
    concurrency: int = 2,
    budget: Budget | None = None,
    again: bool = False,
) -> list[Speaker]:
    """The model, the model led by `lead` (called `led`), and `against`."""
    shared = Remembered(model)  # where a policy leaves a turn alone, the bare reply stands
    drawn = sampling or SHORT
    found = [Speaker("model", shared, None, drawn, concurrency, "", budget, again)]
    if lead is not None:
        found.append(Speaker("steered", shared, lead, drawn, concurrency, f"{model.name} + {led}", budget, again))
    if against is not None:
        found.append(Speaker("against", against, None, drawn, concurrency, "", budget, again))
    return found


def experiment_of(
    task: Task, protocol: str, speaker: Speaker, turns: int | None = None, seed: int = 0, seconds: float = 600.0
) -> Experiment:
    """A task under a protocol as it is put to this speaker."""
    model = yardstick(task, speaker.model.name) or speaker.model
    gate = Strict(speaker.concurrency, seconds=seconds, budget=speaker.budget)
    seat = Seat("assistant", model, gate, speaker.sampling)
    user = chosen(task.user, task, task.protocols[protocol].wrappers)
    return Experiment(
        task, protocol, user, seat, seed=seed, turns=turns, concurrency=speaker.concurrency, again=speaker.again,
        lead=speaker.lead, called=speaker.role,
    )  # fmt: skip
