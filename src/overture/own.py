"""Words that name things: a task, user, policy or lens of one's own, `module.name`, and what was meant by a wrong word.

In comes a dotted word; out comes what that module calls so, for every place where a name of ours can stand. The current
folder is looked in too, as `python -m` does, because a command's script does not. Easy to get wrong: importing runs the
module, so only words of the command line and of Python may come here, never one from a log or a request.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Collection
from importlib import import_module
from typing import Any

from .errors import UsageError


def own(word: str, what: str) -> Any:
    """The object that `module.name` names. Raises UsageError, saying which half of it is not there."""
    module, _, name = word.strip().rpartition(".")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = import_module(module)
    except (ImportError, TypeError, ValueError) as error:
        raise UsageError(f"no {what} is named {word[:80]!r}: {str(error)[:200]}") from error
    if not hasattr(found, name):
        raise UsageError(f"no {what} is named {word[:80]!r}: the module {module} has no {name[:40]!r}")
    return getattr(found, name)


def hint(word: str, names: Collection[str], before: str = "") -> str:
    """The nearest of the names, with `before` ahead of it, as a question; all of them where none is near."""
    near = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {before}{near[0]}?" if near else f"there are {', '.join(names)}"
