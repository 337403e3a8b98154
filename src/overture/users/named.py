"""Users by name: what `--user` can mean.

In comes a word such as `shards`, `goal` or `shards+impatient+cannot_answer` (a base and any number of wrappers, applied
from left to right), or `module.name` for what makes one of your own; out comes the user, who understands replies as the
task says. Easy to get wrong: users that something is trained on are never those it is tested on, so the word and its
identity stand in every trial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

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
    if base not in USERS and "." not in base:
        raise UsageError(f"no user is named {base[:40]!r}; {hint(base, USERS)}")
    hear = task.hear or hearing.hear
    user: User = _own(base) if "." in base else USERS[base](hear)
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


def _own(word: str) -> User:
    made = called(own(word, "user", "__call__"), word, "user")
    return fit(made, word, "user", "name", "needs_model", "identity", "start")
