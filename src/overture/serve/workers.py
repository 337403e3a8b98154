"""One process that serves, or several that share a port, until a signal ends them.

In come Settings; `run` returns when all is over. Workers are spawned, never forked, and the kernel deals connections
out among them (SO_REUSEPORT). Easy to get wrong: a worker that dies is started again, but one that never got to listen
would only die again; and what workers count lies in a folder that they must be told of before they count.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import resource
import signal
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from ..errors import OvertureError, UsageError
from ..models.loop import run_loop
from .metrics import SHARED
from .running import GRACE, cannot_listen, serving
from .settings import Settings

Ready = Callable[[int], None]
MOST_FILES = 65_536
"""Open files of one process; enough for thirty thousand requests at a time."""


def run(settings: Settings, on_ready: Ready) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is told the port. Raises OvertureError where it cannot begin."""
    if settings.workers == 1:
        run_loop(_serve(settings, on_ready, False))
    else:
        with tempfile.TemporaryDirectory(prefix="overture-") as folder:
            os.environ[SHARED] = folder
            try:
                _supervise(settings, on_ready)
            finally:
                del os.environ[SHARED]


def endings() -> list[signal.Signals]:
    """The signals that end a proxy: that of a terminal that is closed as well, unless it was to be outlived (nohup)."""
    closed = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []
    return [signal.SIGINT, signal.SIGTERM, *closed]


async def _serve(settings: Settings, on_ready: Ready, shared: bool) -> None:
    _widen()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in endings():
        loop.add_signal_handler(number, stop.set)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel, stop)
    async with serving(settings, shared=shared) as (_, port):
        gc.collect()
        gc.freeze()  # what is loaded by now stays, and need not be gone through while requests wait
        on_ready(port)
        await stop.wait()


def _widen() -> None:
    """As many open files as the system allows: most shells begin with 1,024, and a request in flight takes two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _orphaned(loop: asyncio.AbstractEventLoop, parent: int, stop: asyncio.Event) -> None:
    """Whoever was killed could not end its workers; they would keep the port, and nobody would know of them."""
    loop.remove_reader(parent)
    stop.set()


def _supervise(settings: Settings, on_ready: Ready) -> None:
    if not hasattr(socket, "SO_REUSEPORT"):
        raise OvertureError("this system cannot share a port between workers; take --workers 1")
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            held.bind((settings.host, settings.port))  # never listens: it keeps the port, and finds a free one for 0
        except OSError as error:
            raise cannot_listen(settings, error) from None
        _Workers(replace(settings, port=held.getsockname()[1])).run(on_ready)


class _Workers:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = False
        self.spawn = multiprocessing.get_context("spawn")
        self.alive: list[BaseProcess] = []

    def run(self, on_ready: Ready) -> None:
        for number in endings():
            signal.signal(number, self._stop)
        try:
            for _ in range(self.settings.workers):
                self.alive.append(self._started())
            on_ready(self.settings.port)
            while not self.stopping:
                ended = wait([process.sentinel for process in self.alive], timeout=0.5)
                if ended and not self.stopping:
                    self._replace()
        finally:
            self._end()

    def _started(self) -> BaseProcess:
        """A worker that listens. Raises OvertureError with what it said if it does not come to that."""
        ours, theirs = self.spawn.Pipe(duplex=False)
        process = self.spawn.Process(target=_work, args=(self.settings, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            while not ours.poll(0.2):
                if self.stopping:  # not waited for any more; it is ended with the others
                    return process
            kind, said = ours.recv()
        except EOFError:
            kind, said = OvertureError, "a worker ended before it listened"
        finally:
            ours.close()
        if said:
            process.join()
            raise kind(said)
        return process

    def _replace(self) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        for process in [process for process in self.alive if not process.is_alive()]:
            mark_process_dead(process.pid)
            self.alive.remove(process)
            self.alive.append(self._started())

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _end(self) -> None:
        for process in self.alive:
            process.terminate()
        for process in self.alive:
            process.join(GRACE + 5)
            if process.is_alive():
                process.kill()


def _work(settings: Settings, ready: Connection) -> None:
    """A worker's life. It says the empty text when it listens, or else why it does not."""
    try:
        run_loop(_serve(settings, lambda port: (ready.send((OvertureError, "")), ready.close(), None)[-1], True))
    except OvertureError as error:
        if ready.closed:
            raise
        ready.send((UsageError if isinstance(error, UsageError) else OvertureError, str(error)))
