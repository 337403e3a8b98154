"""What a sandboxed run may use, and what came of it.

In come limits; out come `Ran` for a program and `Tested` for a solution put to tests. Easy to get wrong: memory is
address space for each process, so a program of four processes may use four times as much.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from ...errors import OvertureError, UsageError

Status = Literal["ok", "error", "timeout", "memory", "killed", "output"]
"""Ended well; ended with an uncaught exception or an exit status other than 0; out of CPU or wall-clock time; out of
memory; ended by a signal; wrote more than it may."""

MIB = 1 << 20
VERSION = "3"
"""Part of a trial's identity; changes whenever some program would come out differently. `sharded` counts with a number
of its own (`checks.VERSION`), which is raised with this one where the tests' verdict on some solution changes."""


class SandboxUnavailable(OvertureError):
    """Nothing on this machine keeps a program off the network, so none was run. The message says what was tried."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use at most. Raises UsageError where a limit leaves no room to run at all."""

    cpu: int = 5
    """Seconds of processor time of each process."""
    wall: float = 15.0
    """Seconds by the clock, the start of the interpreter included."""
    memory: int = 512 * MIB
    """Bytes of address space of each process."""
    file: int = 16 * MIB
    """Bytes of one file."""
    disk: int = 32 * MIB
    """Bytes of all files together. Under `namespaces` writing more fails; under `landlock` it ends the program."""
    open_files: int = 64
    """Open files of each process."""
    processes: int = 1
    """Processes; with 1 the program can start no other."""
    threads: int = 32
    """Threads beyond each process's first; holds where user namespaces are allowed."""
    output: int = 1 * MIB
    """Bytes on stdout, and as many on stderr."""

    def __post_init__(self) -> None:
        for field in fields(self):
            least = {"memory": 64 * MIB, "wall": 0.05, "open_files": 8, "threads": 0}.get(field.name, 1)
            given = getattr(self, field.name)
            if given < least:
                raise UsageError(f"the sandbox limit {field.name} is {given}; it must be {least} or more")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program did."""

    status: Status
    stdout: str
    """Cut at `Limits.output` bytes; bytes that are not UTF-8 are replaced."""
    stderr: str
    seconds: float
    """By the clock, from the program's first statement to its end."""
    isolation: str
    """What held: `namespaces`, `landlock`, `seccomp` or `none`; see `overture.tasks.sandbox`."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a solution under tests."""

    __test__: ClassVar[bool] = False
    """Keeps test collectors from taking this for a test."""
    passed: int
    """Asserts that held, and test functions and methods that have none and came to their end."""
    failed: int
    error: str | None
    """Why the tests did not run to their end, or the first failure; None where all of them passed."""
    seconds: float
    isolation: str

    @property
    def solved(self) -> bool:
        """Whether the tests ran to their end and all of them passed."""
        return self.error is None and self.passed > 0 and self.failed == 0
