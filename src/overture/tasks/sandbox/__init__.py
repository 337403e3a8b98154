"""Run Python that a model wrote, and put a solution to tests, where it can do no harm.

In comes source text; out comes Ran or Tested, with the isolation that held. Only the standard library is there, hashes
are the same in every run, the environment is empty. Easy to get wrong: the verdict of tests is made in a process that
the solution never shares; only plain values pass between them.

What holds under each isolation, and what does not, stands in docs/sandbox.md:
- `namespaces`: no sockets, and no network behind them; a root of its own with Python and libraries to read and an empty
  `/work` of limited size to write, no `/etc`, no `/proc`; no other process is visible, and all it starts end with it.
- `landlock`: no sockets; it may read Python and libraries and write in its own folder alone, and is ended soon after it
  has filled that; it can ask whether a path exists; it can start, signal and trace no process.
- `seccomp`: as `landlock`, but it may read what the user who runs it may, and write no file at all.
- `none`, only if asked for: everything is open. Threads are limited where user namespaces are allowed.
"""

from __future__ import annotations

import ast
import os
import signal
from dataclasses import replace
from typing import Any

from ...errors import DataError
from .host import Raw, launch
from .inside.solver import OUT_OF_MEMORY
from .words import VERSION, Limits, Ran, SandboxUnavailable, Status, Tested

__all__ = ["VERSION", "Limits", "Ran", "SandboxUnavailable", "Status", "Tested", "run_python", "run_tests"]

AGAIN = 3
"""Times `Limits.wall` that tests have which were late."""


async def run_python(code: str, *, stdin: str = "", limits: Limits | None = None, unprotected: bool = False) -> Ran:
    """Run a program. Whatever it does is a status, never an exception.

    Raises SandboxUnavailable where nothing keeps it off the network, unless `unprotected` allows even that.
    """
    limits = limits or Limits()
    raw = await launch([{"code": code}], stdin.encode("utf-8", "replace"), limits, unprotected)
    out, err = (data.decode("utf-8", "replace") for data in (raw.stdout, raw.stderr))
    return Ran(_status(raw, limits), out, err, _seconds(raw, limits), raw.isolation)


async def run_tests(
    solution: str, tests: str, entry: str, *, limits: Limits | None = None, unprotected: bool = False
) -> Tested:
    """Put a solution to tests.

    `entry` names the function or class that the tests call, or several with commas between them; the first is also
    `candidate`, and all can be imported from `solution`. Tests are asserts at the top level, a `check(candidate)`,
    functions called `test…`, or methods of a unittest.TestCase. What the tests pass and the solution returns are plain
    values (see `inside/wire.py`); other objects stay with the solution and are reached through their methods.

    Tests that ran out of time by the clock are run once more with AGAIN times as much, so that a busy machine fails no
    solution. Raises DataError where the tests are no Python, and SandboxUnavailable as `run_python` does.
    """
    limits = limits or Limits()
    entries = [name.strip() for name in entry.split(",") if name.strip()]
    try:
        ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"the tests of {entry} are no Python ({error}); mend them") from error
    if not entries or not all(name.isidentifier() for name in entries):
        raise DataError(f"{entry!r} is not the name of a function or class for the tests to call")
    told: list[Any] = [{"code": solution, "entries": entries}, tests]
    raw = await launch(told, b"", limits, unprotected)
    if raw.answer is None or raw.answer["late"]:  # it slept, or a busy machine kept it waiting
        raw = await launch(told, b"", replace(limits, wall=AGAIN * limits.wall), unprotected)
    passed, failed, words = _tally(raw, limits)
    return Tested(passed, failed, words, _seconds(raw, limits), raw.isolation)


def _status(raw: Raw, limits: Limits) -> Status:
    if _wrote_too_much(raw):
        return "output"
    if raw.answer is None or raw.answer["late"]:
        return "timeout"
    if _used_up(raw.answer, limits):
        return "timeout"
    ended: int = raw.answer["status"]
    if os.WIFSIGNALED(ended):
        return "killed"
    code = os.WEXITSTATUS(ended)
    return "ok" if code == 0 else "memory" if code == OUT_OF_MEMORY else "error"


def _wrote_too_much(raw: Raw) -> bool:
    return raw.overflowed or (raw.answer is not None and raw.answer["full"])


def _used_up(answer: dict[str, Any], limits: Limits) -> bool:
    ended: int = answer["status"]
    return os.WIFSIGNALED(ended) and (
        os.WTERMSIG(ended) == signal.SIGXCPU or (os.WTERMSIG(ended) == signal.SIGKILL and answer["cpu"] >= limits.cpu)
    )


def _tally(raw: Raw, limits: Limits) -> tuple[int, int, str | None]:
    if raw.answer is None or "tally" not in raw.answer:
        return 0, 0, "the solution wrote too much" if raw.overflowed else "out of time"
    passed, failed, finished, words = raw.answer["tally"]
    if raw.answer["full"]:
        words = "the solution wrote too much"
    elif raw.answer["late"]:
        words = "out of time"
    elif _used_up(raw.answer, limits):
        words = "out of processor time"
    elif not finished:
        words = "the tests ended before their end"
    elif not words and not passed:
        words = "the tests tested nothing"
    return passed, failed, words or None


def _seconds(raw: Raw, limits: Limits) -> float:
    return float(raw.answer["seconds"]) if raw.answer else limits.wall
