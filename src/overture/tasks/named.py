"""Tasks by name: what `overture simulate TASK` can mean.

In comes a name; out comes the task, its module loaded only now. One of your own is `module.name`, a function
`task(count=None, seed=0) -> Task`; one of ours is a module `overture.tasks.NAME` with such a function, named in NAMES.
What else that function takes can be typed behind the name: `sharded:kinds=math+summary`, `missing:source=gsm8k`. Easy
to get wrong: `count` items are drawn by the seed, and a larger draw must hold the smaller's twins whole.
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature

from ..errors import UsageError
from ..own import called, fit, hint, own
from .task import Task

NAMES = ("pairs", "doing", "missing", "sharded", "slots", "travel", "desk", "document", "code", "math")
"""Every task there is, in the order in which they are listed."""
_WITHIN = {name: f"collab.{name}" for name in ("document", "code", "math")}
"""Tasks whose module is in a folder that they share."""


def load(name: str, count: int | None = None, seed: int = 0, options: str = "") -> Task:
    """The task of this name with `count` items or pairs (all, or the task's own number, by default) and its options.

    Raises UsageError on a name or an option that means nothing and on a count that cannot be had.
    """
    if name not in NAMES:
        raise UsageError(f"no task is named {name[:40]!r}; {hint(name, NAMES)}")
    make = import_module(f".{_WITHIN.get(name, name)}", __package__).task
    known = {key: each.default for key, each in signature(make).parameters.items() if key not in ("count", "seed")}
    given: dict[str, str | tuple[str, ...]] = {}
    for option in filter(None, options.split(",")):
        key, _, value = option.partition("=")
        if key not in known or not value:
            there = f"it has {', '.join(f'{each}=…' for each in known)}" if known else "it has none"
            raise UsageError(f"the task {name} has no option {option[:40]!r}; {there}")
        given[key] = tuple(value.split("+")) if isinstance(known[key], tuple) else value
    task: Task = make(count, seed, **given)
    return task


def meant(word: str, count: int | None = None, seed: int = 0) -> Task:
    """The same for a word that somebody typed, which can also be `module.name` of a task of their own."""
    name, _, options = word.partition(":")
    if "." not in name:
        return load(name, count, seed, options)
    return fit(called(own(word, "task", "__call__"), word, "task", count, seed), word, "task", "items", "protocols")
