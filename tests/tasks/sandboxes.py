"""Which isolation a test's runs get, and which of their processes are alive, seen from outside.

In comes a test's monkeypatch; out comes a mark that every process of its runs carries in its environment. Easy to get
wrong: several people's tests may run at once, so processes are known by the mark and never by their user or name.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from overture.tasks.sandbox import Ran, host, run_python


async def only(isolation: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Allow this isolation alone; skips where the machine does not give it."""
    monkeypatch.setattr(host, "_unable", {each: "another is tested" for each in host.MODES if each != isolation})
    try:
        ran = await run_python("print(1)")
    except host.SandboxUnavailable as error:
        pytest.skip(str(error))
    assert (ran.stdout, ran.isolation) == ("1\n", isolation)
    return isolation


async def without_walls(code: str, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """What a program did with no isolation at all, whatever the machine has."""
    with monkeypatch.context() as patch:
        patch.setattr(host, "_unable", dict.fromkeys(host.MODES, "none wanted"))
        return await run_python(code, unprotected=True)


def marked(monkeypatch: pytest.MonkeyPatch) -> str:
    """Mark the sandbox processes that this test starts."""
    value = f"{os.getpid()}-{time.monotonic_ns()}"
    given = host._environment
    monkeypatch.setattr(host, "_environment", lambda *a: given(*a) | {"OVERTURE_MARK": value})
    return f"OVERTURE_MARK={value}"


def running(mark: str) -> set[int]:
    """The processes that carry a mark, and those they started: of these, only root may read the environment."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if mark.encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
            except OSError:
                continue
    while more := {each for each, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def wait_for(mark: str, count: int, seconds: float = 5.0) -> set[int]:
    """The processes under a mark, as soon as `count` of them have stayed for two looks. Blocks."""
    until = time.monotonic() + seconds
    before = running(mark)
    while True:
        time.sleep(0.02)
        stayed = before & (now := running(mark))
        if len(stayed) >= count or time.monotonic() > until:
            return stayed
        before = now


def left(mark: str, seen: set[int], seconds: float = 3.0) -> set[int]:
    """Those of the processes that are still there after a while. Blocks."""
    until = time.monotonic() + seconds
    while (alive := running(mark) | {each for each in seen if Path(f"/proc/{each}").exists()}) and (
        time.monotonic() < until
    ):
        time.sleep(0.02)
    return alive
