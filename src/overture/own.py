"""A task, user, policy or lens of one's own, by the word that names it: `module.name`.

In comes a dotted word; out comes what that module calls so, for every place where a name of ours can stand. The current
folder is looked in too, as `python -m` does, because a command's script does not. Easy to get wrong: importing runs the
module, so only words of the command line and of Python may come here, never one from a log or a request.
"""

from __future__ import annotations

import os
import sys
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
