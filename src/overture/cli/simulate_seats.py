"""From the words of `overture simulate` to its experiments: the task, the models by name, their gates, the users.

In comes what was typed; out come the experiments, one a protocol and user. Easy to get wrong: one model in two roles
is one model with one gate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .money import gated

if TYPE_CHECKING:
    from ..models import Model, Sampling
    from ..models.patience import Price
    from ..simulate.engine import Experiment
    from ..simulate.gate import Budget
    from ..simulate.seats import Seat, Yardstick
    from ..tasks.task import Task
    from ..users.base import User


@dataclass(frozen=True)
class Asked:
    """The words of the call."""

    task: str
    model: str
    user: str | None
    user_model: str | None
    judge: str | None
    protocols: tuple[str, ...]
    count: int | None
    runs: int
    seed: int
    turns: int | None
    concurrency: int
    max_tokens: int
    temperature: float
    user_temperature: float
    timeout: float
    max_cost: float | None
    price: str | None
    again: bool
    policy: str | None = None
    runner: str = "native"


def warmth(temperature: float | None, runs: int) -> float:
    """The assistant's temperature: as given, or 0; but 1, as in Laban et al. 2025, where an item is run several times,
    because the likeliest tokens are the same in every run and would show no spread."""
    return temperature if temperature is not None else float(runs > 1)


def loaded(asked: Asked, prices: dict[str, Price]) -> tuple[Task, dict[str, Model | Yardstick]]:
    """The task, and each model by the word that named it."""
    from ..simulate.seats import yardstick
    from ..tasks import named

    task = named.meant(asked.task, asked.count, asked.seed)
    models: dict[str, Model | Yardstick] = {}
    for word in (asked.model, asked.user_model, asked.judge):
        if word is None or word in models:
            continue
        known = yardstick(task, word) if word == asked.model else None
        models[word] = known or gated(word, asked.concurrency, prices, asked.timeout)
    return task, models


def users_of(spec: str | None) -> list[str]:
    """The users in a list; a comma before a further option of a user (`agenda:influence=0.8,idle=5`) parts none."""
    words = (word.strip() for word in re.split(r",(?!\s*\w+\s*=)", spec or ""))
    return list(dict.fromkeys(word for word in words if word))


def apart(users: Mapping[str, User]) -> None:
    """Raise UsageError where two words mean one user: its trials would count twice."""
    from ..simulate.configuration import who

    known: list[tuple[str, dict[str, Any]]] = []
    for word, user in users.items():
        one = who(user.identity())
        if other := next((name for name, each in known if each == one), None):
            raise UsageError(f"{other[:60]} and {word[:60]} in --user are one user; name each once")
        known.append((word, one))


def experiments_of(
    asked: Asked, task: Task, models: dict[str, Model | Yardstick], budget: Budget | None = None
) -> list[Experiment]:
    """One for each user and protocol, all with the same seats and one budget. Raises UsageError."""
    from ..models import Sampling
    from ..policies.steer import Steering
    from ..simulate.engine import Experiment
    from ..simulate.gate import Gate
    from ..simulate.seats import Seat
    from ..users.named import chosen

    gates = {word: Gate(asked.concurrency, seconds=asked.timeout, budget=budget) for word in models}

    def seat(role: str, word: str | None, sampling: Sampling | None) -> Seat | None:
        return Seat(role, models[word], gates[word], sampling) if word is not None else None

    drawn = Sampling(temperature=asked.temperature, max_tokens=asked.max_tokens)
    speaking = Sampling(temperature=asked.user_temperature, max_tokens=400)
    protocols = [task.way(name) for name in dict.fromkeys(asked.protocols or (None,))]
    words = users_of(asked.user) or [task.user]
    apart({word: chosen(word, task) for word in words})
    found: list[Experiment] = []
    for word, name in product(words, protocols):
        user = chosen(word, task, task.protocols[name].wrappers)
        assistant = seat("assistant", asked.model, drawn)
        assert assistant is not None
        speaker = seat("user", asked.user_model, speaking) if user.needs_model else None
        judge = seat("judge", asked.judge, None)
        found.append(
            Experiment(
                task,
                name,
                user,
                assistant,
                speaker,
                judge,
                asked.runs,
                asked.seed,
                asked.turns,
                asked.concurrency,
                asked.again,
                Steering(asked.policy) if asked.policy else None,
                witness=word if len(words) > 1 else "",
                group=(f"{name} · {word}" if len(protocols) > 1 else word) if len(words) > 1 else "",
            )
        )
    if (asked.user_model or asked.user_temperature != 1) and not any(one.speaker for one in found):
        raise UsageError(
            f"--user-model and --user-temperature are of a user who needs a model, and {', '.join(words)[:60]} needs "
            "none; leave them out"
        )
    return found
