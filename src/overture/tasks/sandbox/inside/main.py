"""The process that builds the walls, starts the program inside them, watches it, and says how it ended.

In come orders over one socket, in frames: mode, limits, the program, and for a test a second frame that the solution's
process never sees; out goes one frame. This process is the first of its process namespace: when it ends, by itself, by
the clock, or because its caller is gone, the kernel ends everything inside. Easy to get wrong: the solution is started
before the tests are read, so that they are in none of its memory.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any

from . import judge, solver, walls
from .wire import frame, read_frame

REFUSED = 87
"""Exit status of a process around which a wall could not be built."""
DEEPEST = 64
"""Folders within folders."""
LOOK = 0.05
"""Seconds between two looks at how much a program has written."""
_BLOCK = 4096
"""Bytes that a file or a folder takes beside what is in it."""


def main(socket: int) -> None:
    """Carry out the orders that come over the socket. Returns only in the process that has run the program."""
    # a caller with many open files gives a high number, which closing the low ones in the program would leave open
    socket, given = os.dup(socket), socket
    os.close(given)
    orders: dict[str, Any] = read_frame(lambda size: os.read(socket, size))
    try:
        if orders["mode"] == "namespaces":
            walls.unshare()
            first = os.fork()
            if first:
                os.close(socket)
                os.waitpid(first, 0)
                os._exit(0)
            walls.build(orders["root"], orders["readable"], orders["hidden"], orders["limits"]["disk"])
            walls.become_nobody(None)
        else:
            os.chdir(orders["root"])
            if orders["shareable"]:
                walls.become_nobody(orders["root"])
        if orders["mode"] != "none":
            walls.forget_parent()
    except OSError as error:
        _answer(socket, {"cannot": str(error)})
    if "entries" in orders:
        _test(socket, orders)
    else:
        _run(socket, orders)


def _answer(socket: int, answer: dict[str, Any]) -> None:
    data = frame(answer)
    while data:
        data = data[os.write(socket, data) :]
    os._exit(0)


def _run(socket: int, orders: dict[str, Any]) -> None:
    watch = _Watch(socket, orders)
    child = watch.start(lambda: solver.run(orders["code"]), keep=())
    if child:
        stopped = watch.until(child)
        _answer(socket, watch.ended(child) | stopped)


def _test(socket: int, orders: dict[str, Any]) -> None:
    asked, ask = os.pipe()
    heard, told = os.pipe()
    watch = _Watch(socket, orders)
    solution = watch.start(lambda: solver.serve(orders["code"], orders["entries"], asked, told), keep=(asked, told))
    if not solution:
        return
    os.close(asked)
    os.close(told)
    tests: str = read_frame(lambda size: os.read(socket, size))
    tally = mmap.mmap(-1, judge.ROOM)
    tester = watch.start(lambda: judge.judge(tests, orders["entries"], ask, heard, tally), keep=(ask, heard))
    if tester:
        stopped = watch.until(tester)
        answer = watch.ended(solution) | stopped | {"tester": watch.ended(tester)["status"]}
        _answer(socket, answer | {"tally": judge.read(tally)})


class _Watch:
    """Starts processes inside the walls and waits for them, no longer than the clock or the caller allows."""

    def __init__(self, socket: int, orders: dict[str, Any]) -> None:
        self.socket = socket
        self.orders = orders
        self.began = time.monotonic()
        self.deadline = self.began + orders["limits"]["wall"]

    def start(self, action: Callable[[], None], keep: tuple[int, ...]) -> int:
        """The new process's number; 0 in the new process, after the action. `keep`: what it may hold beside 0, 1, 2."""
        said, say = os.pipe()
        child = os.fork()
        if child:
            os.close(say)
            trouble = os.read(said, 1000)
            os.close(said)
            if trouble:
                _answer(self.socket, {"cannot": trouble.decode()})
            return child
        try:
            walls.close_in(self.orders["mode"], self.orders)
        except OSError as error:
            os.write(say, str(error).encode() or b"refused")
            os._exit(REFUSED)
        low = 3
        for kept in sorted(keep):
            os.closerange(low, kept)
            low = kept + 1
        os.closerange(low, 64)
        action()
        return 0

    def until(self, child: int) -> dict[str, bool]:
        """Wait for a process; which limit it met first, if any. Ends everything where the caller is gone."""
        handle = os.pidfd_open(child)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self.socket, select.POLLIN)
        # where the folder is a file system of its own, the kernel keeps its size
        measured = self.orders["mode"] != "namespaces"
        ready: dict[int, int] = {}
        full = False
        while not ready and not full and (left := self.deadline - time.monotonic()) > 0:
            ready = dict(poll.poll(min(left, LOOK) * 1000 if measured else left * 1000))
            full = measured and takes_more(self.orders["root"], self.orders["limits"]["disk"])
        if self.socket in ready:
            self.ended(child)
            os._exit(0)
        return {"late": not full and handle not in ready, "full": full}

    def ended(self, child: int) -> dict[str, Any]:
        """End a process that has not ended, and say how it did: its wait status, CPU and wall-clock seconds."""
        seconds = time.monotonic() - self.began
        os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        return {"status": status, "cpu": used.ru_utime + used.ru_stime, "seconds": seconds}


def takes_more(folder: str, most: int) -> bool:
    """Whether what is in a folder takes more than so many bytes of the disk, or is nested deeper than is looked at.

    It may change meanwhile.
    """
    taken = 0
    folders = [folder]
    while folders:
        inner = folders.pop()
        if inner.count("/") - folder.count("/") > DEEPEST:
            return True
        try:
            with os.scandir(inner) as entries:
                for entry in entries:
                    taken += _BLOCK
                    with contextlib.suppress(FileNotFoundError):
                        taken += entry.stat(follow_symlinks=False).st_blocks * 512
                    if taken > most:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:  # it is gone, or shut even to its owner, and then nothing can be in it
            continue
    return False
