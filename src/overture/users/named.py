"""Users by name: what `--user` can mean.

In comes a word such as `shards`, `agenda:influence=0.8` or `shards+impatient+cannot_answer` (a base with its options,
and any number of wrappers, applied from left to right), or `module.name` for what makes one of your own; out comes the
user, who understands replies as the task says. Easy to get wrong: users that something is trained on are never those
it is tested on, so the word and its identity stand in every trial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..errors import UsageError
from ..own import called, fit, hint, own
from ..tasks.task import Hear, Task
from . import hearing
from .base import User
from .domains import Agenda, Preferences
from .shards import Shards
from .spoken import GOAL, SHARDS
from .wrappers import WRAPPERS, Wrapped

USERS: Mapping[str, Callable[[Hear], User]] = MappingProxyType(
    {
        "shards": lambda hear: Shards(hear),
        "shards-llm": lambda hear: SHARDS,
        "goal": lambda hear: GOAL,
        "agenda": lambda hear: Agenda(hear),
        "preferences": lambda hear: Preferences(hear),
    }
)
"""Base users: what makes them, given how replies are understood."""

SEVERAL = "answers_several"


def chosen(spec: str, task: Task, wrappers: tuple[str, ...] = ()) -> User:
    """The user that is meant, inside `wrappers` (a protocol's own). Raises UsageError naming those there are."""
    base, *around = [word.strip() for word in spec.split("+")]
    base, _, options = base.partition(":")
    if base not in USERS and "." not in base:
        raise UsageError(f"no user is named {base[:40]!r}; {hint(base, USERS)}")
    hear = task.hear or hearing.hear
    user: User = _own(base) if "." in base else USERS[base](hear)
    if options:
        user = _with(user, options)
    for name in (*around, *wrappers):
        if name == SEVERAL:
            if not isinstance(user, Shards):
                raise UsageError(f"{SEVERAL} fits the user shards, right after its name; this is {user.name}")
            user = user.answering_several()
        elif name in WRAPPERS:
            user = Wrapped(user, name, WRAPPERS[name], hear)
        else:
            raise UsageError(f"no wrapper is named {name[:40]!r}; {hint(name, [*WRAPPERS, SEVERAL])}")
    return user


def _with(user: User, options: str) -> User:
    """The same person with numbers of their own, such as `influence=0.8`. Raises UsageError."""
    held = {name: getattr(user, name) for name in getattr(user, "__dataclass_fields__", ())}
    kinds = {name: type(value) for name, value in held.items() if type(value) in (int, float)}
    given: dict[str, float] = {}
    for option in options.split(","):
        name, _, value = option.partition("=")
        if name not in kinds:
            there = f"it has {', '.join(kinds)}" if kinds else "it has none"
            raise UsageError(f"the user {user.name} has no option {name[:40]!r}; {there}")
        try:
            given[name] = kinds[name](value)
        except ValueError:
            raise UsageError(f"{name} of the user {user.name} is a number, and {value[:40]!r} is none") from None
    made: Any = user
    return replace(made, **given, name=f"{user.name}:{options}")


def _own(word: str) -> User:
    made = called(own(word, "user", "__call__"), word, "user")
    return fit(made, word, "user", "name", "needs_model", "identity", "start")
