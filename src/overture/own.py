"""Words that name things: a task, user, policy or lens of one's own, `module.name`, and what was meant by a wrong word.

In comes a dotted word; out comes what that module calls so, for every place where a name of ours can stand. The current
folder is looked in too, as `python -m` does, because a command's script does not. Easy to get wrong: importing runs the
module, so only words of the command line and of Python may come here, never one from a log or a request. And a mistake
in such a module is its owner's, who is told the line of it in place of our stack.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Collection
from importlib import import_module
from inspect import signature
from pathlib import Path
from traceback import extract_tb
from typing import Any, cast

from .errors import UsageError

_FOLDERS: set[str] = set()
"""Those in which modules were named so."""


def own(word: str, what: str, *needs: str) -> Any:
    """The object that `module.name` names. Raises UsageError, saying which half of it, or of what it `needs`, is not
    there, or on which line the module cannot be run."""
    module, _, name = word.strip().rpartition(".")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)
    _FOLDERS.add(here)
    try:
        found = import_module(module)
    except SyntaxError as error:
        raise UsageError(f"{Path(error.filename or module).name}, line {error.lineno}: {error.msg}") from error
    except (ImportError, TypeError, ValueError) as error:
        raise UsageError(f"no {what} is named {word[:80]!r}: {str(error)[:200]}") from error
    except Exception as error:
        raise UsageError(fault_in_own(error) or f"{module}: {type(error).__name__}: {str(error)[:200]}") from error
    _FOLDERS.add(str(Path(getattr(found, "__file__", None) or here).parent))
    if not hasattr(found, name):
        raise UsageError(f"no {what} is named {word[:80]!r}: the module {module} has no {name[:40]!r}")
    return fit(getattr(found, name), word, what, *needs)


def fit(thing: Any, word: str, what: str, *needs: str) -> Any:
    """The thing that a word stands for, if it has all that such a thing needs. Raises UsageError with the first that it
    lacks."""
    lacking = next((name for name in needs if not hasattr(thing, name)), None)
    if lacking is not None:
        raise UsageError(f"{word[:80]} is no {what}: it has no {lacking}; docs/own.md shows one")
    return thing


def called(make: Callable[..., Any], word: str, what: str, *given: Any) -> Any:
    """What a function of one's own makes of `given`. Raises UsageError where it does not take that."""
    try:
        signature(make).bind(*given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{word[:80]} is no {what}: called with {len(given)} arguments, {error}") from error
    return make(*given)


def fault_in_own(error: BaseException) -> str:
    """`mine.py, line 12, in next: KeyError: 'x'` for what went wrong in a module of one's own; else nothing."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    frames = [frame for frame in extract_tb(error.__traceback__) if str(Path(frame.filename).parent) in _FOLDERS]
    if not frames:
        return ""
    file, line, name, _ = frames[-1]
    return f"{Path(file).name}, line {line}, in {name}: {type(error).__name__}{f': {error}' if str(error) else ''}"


def hint(word: str, names: Collection[str], before: str = "") -> str:
    """The nearest of the names, with `before` ahead of it, as a question; all of them where none is near."""
    near = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {before}{near[0]}?" if near else f"there are {', '.join(names)}"
