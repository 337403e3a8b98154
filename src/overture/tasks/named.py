"""Tasks by name: what `overture simulate TASK` can mean.

In comes a name; out comes the task, its module loaded only now. One of your own is `module.name`, a function
`task(count=None, seed=0) -> Task`; one of ours is a module `overture.tasks.NAME` with such a function, named in
NAMES. Easy to get wrong: `count` items are drawn by the seed, and a larger draw must hold the smaller's twins whole.
"""

from __future__ import annotations

from importlib import import_module

from ..errors import UsageError
from ..own import called, fit, hint, own
from .task import Task

NAMES = ("pairs", "doing", "missing", "sharded", "slots", "travel", "desk", "document", "code", "math")
"""Every task there is, in the order in which they are listed."""
_WITHIN = {name: f"collab.{name}" for name in ("document", "code", "math")}
"""Tasks whose module is in a folder that they share."""


def load(name: str, count: int | None = None, seed: int = 0) -> Task:
    """The task of this name with `count` items or pairs (all, or the task's own number, by default).

    Raises UsageError on a name that means nothing and on a count that cannot be had.
    """
    if name not in NAMES:
        raise UsageError(f"no task is named {name[:40]!r}; {hint(name, NAMES)}")
    task: Task = import_module(f".{_WITHIN.get(name, name)}", __package__).task(count, seed)
    return task


def meant(word: str, count: int | None = None, seed: int = 0) -> Task:
    """The same for a word that somebody typed, which can also be `module.name` of a task of their own."""
    if "." not in word:
        return load(word, count, seed)
    return fit(called(own(word, "task", "__call__"), word, "task", count, seed), word, "task", "items", "protocols")
