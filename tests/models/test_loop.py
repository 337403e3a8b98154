"""The loop that asks models, started where a loop is running already, as in a notebook.

In come commands and coroutines; out comes what they come to. Easy to get wrong: an interrupt reaches the thread that
waits, and has to end what runs in the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from overture.cli import main
from overture.models.loop import run_loop, to_the_end


@pytest.mark.parametrize(
    "words",
    [
        ["simulate", "pairs", "-n", "2"],
        ["checkup", "--only", "missing", "--seed", "1"],
        ["tune", "missing", "--policies", "gaps", "--no-settings", "-n", "16"],
    ],
    ids=lambda words: words[0],
)
async def test_a_command_runs_where_a_loop_is_running(words: list[str], tmp_path: Path) -> None:
    assert main([*words, "--model", "scripted:asker", "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "summary.json").exists()


async def test_a_person_plays_where_a_loop_is_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("/done\n"))
    assert main(["play", "missing", "--model", "scripted:asker", "--out", str(tmp_path)]) == 0


@pytest.mark.parametrize("run", [run_loop, to_the_end])
def test_an_interrupt_ends_what_runs_beside(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    here, ended = threading.get_ident(), list[bool]()

    async def long() -> None:
        threading.Timer(0.1, signal.pthread_kill, (here, signal.SIGINT)).start()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def cell() -> None:
        run(long())

    notebook = asyncio.new_event_loop()  # asyncio.run would take the interrupt for itself
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process begins with what its parent has
    try:
        with contextlib.closing(notebook), pytest.raises(KeyboardInterrupt):
            notebook.run_until_complete(cell())
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == [True]
