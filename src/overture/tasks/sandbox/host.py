"""Start the sandbox's process, feed it, listen to it, and end it: the half that stands outside the walls.

In come orders, limits and what the program reads on stdin; out comes Raw: how it ended, what it wrote, which isolation
held. The strongest isolation is tried first and what worked is remembered. Easy to get wrong: whoever cancels this must
leave no process behind, and a program that writes without end must be stopped, not read.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from glob import glob
from itertools import count
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from .inside.wire import frame, read_frame
from .words import Limits, SandboxUnavailable

MODES = ("namespaces", "landlock", "seccomp")
"""From the strongest to the weakest that keeps a program off the network."""
_BOOT = "import sys; sys.path.insert(0, {!r}); from inside.main import main; del sys.path[0]; main({})"
_GRACE = 3.0
"""Seconds past the wall-clock limit after which the process that should have kept it is ended from outside."""
_unable: dict[str, str] = {}
"""Modes that did not work here, and why."""
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True)
class Raw:
    """What came back. `answer` is None where the sandbox's own process was ended from outside."""

    answer: dict[str, Any] | None
    stdout: bytes
    stderr: bytes
    overflowed: bool
    isolation: str


async def launch(frames: list[Any], stdin: bytes, limits: Limits, unprotected: bool) -> Raw:
    """Run what the frames say under the strongest isolation there is.

    Raises SandboxUnavailable where none keeps the program off the network, unless `unprotected` allows that.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(f"programs are only run on Linux, and this is {sys.platform}; use a Linux container")
    # more at once than there are processors, and the clock would stop programs that are only waiting their turn
    gate = _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(os.cpu_count() or 1))
    async with gate:
        for mode in [*MODES, *(("none",) if unprotected else ())]:
            if mode in _unable:
                continue
            if mode != "namespaces" and limits.processes > 1:
                raise SandboxUnavailable(
                    f"more than one process needs namespaces, which are not allowed here ({_unable['namespaces']})"
                )
            raw = await _once(frames, stdin, limits, mode)
            if raw.answer is None or "cannot" not in raw.answer:
                return raw
            _unable[mode] = str(raw.answer["cannot"])
    tried = "; ".join(f"{mode}: {why}" for mode, why in _unable.items())
    raise SandboxUnavailable(
        f"nothing here keeps a program off the network, so it was not run ({tried}); "
        "allow user namespaces or seccomp, or run Overture in a container that does"
    )


async def _once(frames: list[Any], stdin: bytes, limits: Limits, mode: str) -> Raw:
    folder = tempfile.mkdtemp(prefix="overture-")
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            os.path.realpath(sys.executable), "-P", "-s", "-S", "-B", "-c",
            _BOOT.format(str(Path(__file__).parent), theirs.fileno()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=folder, env=_environment(mode, folder), pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
        theirs.close()
        readable = readable_paths()
        first = frames[0] | {
            "mode": mode, "root": folder, "limits": asdict(limits), "readable": readable,
            "hidden": hidden_paths(readable), "shareable": all(map(_open_to_all, readable)),
        }  # fmt: skip
        try:
            return await _attend(process, ours, [first, *frames[1:]], stdin, limits, mode)
        finally:
            await _end(process)
    finally:
        ours.close()
        theirs.close()
        with contextlib.suppress(OSError):
            _remove(folder)


async def _attend(
    process: asyncio.subprocess.Process, ours: socket.socket, frames: list[Any], stdin: bytes, limits: Limits, mode: str
) -> Raw:
    assert process.stdin and process.stdout and process.stderr
    reader, writer = await asyncio.open_connection(sock=ours)
    overflow = asyncio.Event()
    out, err = bytearray(), bytearray()
    listening = [
        asyncio.create_task(_listen(process.stdout, out, limits.output, overflow)),
        asyncio.create_task(_listen(process.stderr, err, limits.output, overflow)),
        asyncio.create_task(_feed(process.stdin, stdin)),
    ]
    full = asyncio.create_task(overflow.wait())
    answer: dict[str, Any] | None = None
    answering = asyncio.create_task(reader.read(-1))
    try:
        writer.write(b"".join(map(frame, frames)))
        await asyncio.wait({answering, full}, timeout=limits.wall + _GRACE, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and (data := answering.result()):
            answer = cast(dict[str, Any], read_frame(_Bytes(data).read))
            # it ends when everything inside has ended, so nobody meets a program's leavings after its answer
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _GRACE)
        _kill(process)
        # an output that was already written is read to its end, which is there since nothing is left to write to it
        await asyncio.wait(listening, timeout=_GRACE)
    finally:
        tasks: list[asyncio.Task[Any]] = [*listening, full, answering]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return Raw(answer, bytes(out[: limits.output]), bytes(err[: limits.output]), overflow.is_set(), mode)


async def _listen(stream: asyncio.StreamReader, into: bytearray, most: int, overflow: asyncio.Event) -> None:
    while data := await stream.read(1 << 16):
        into += data
        if len(into) > most:
            overflow.set()
            return


async def _feed(stream: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # a program need not read what it is given
        stream.write(data)
        await stream.drain()
        stream.close()
        await stream.wait_closed()


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> None:
    _kill(process)
    # a process counts as ended only when its pipes are at their end, and the reading may have been broken off before
    cast(Any, process)._transport.close()
    await asyncio.shield(process.wait())


class _Bytes:
    """Gives bytes piece by piece, as a file does."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        part, self.data = self.data[:size], self.data[size:]
        return part


def _remove(folder: str) -> None:
    """Remove a folder with all in it, however deep, once nothing is left that could change it.

    Each folder within is moved out before it is looked into, since a path has an end and so has Python's stack.
    """
    numbers = count()
    folders = [folder]
    while folders:
        each = folders.pop()
        for entry in list(os.scandir(each)):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                folders.append(f"{folder}.{next(numbers)}")
                os.rename(entry.path, folders[-1])
            else:
                os.unlink(entry.path)
        os.rmdir(each)


def _environment(mode: str, folder: str) -> dict[str, str]:
    # a fixed hash seed, so that a set is walked in the same order in every run; "-I" would not let it through
    home = "/work" if mode == "namespaces" else folder
    return {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "HOME": home, "TMPDIR": home, "PATH": ""}


def readable_paths() -> list[str]:
    """What Python needs of the file system to run a program with its standard library, and no more."""
    wanted = [
        sysconfig.get_path("stdlib"), f"{sys.base_prefix}/lib", f"{sys.base_exec_prefix}/lib",
        os.path.realpath(sys.executable), "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo",
        "/nix/store",
    ]  # fmt: skip
    found = sorted({path for path in wanted if os.path.exists(path)}, key=len)
    return [path for at, path in enumerate(found) if not any(path.startswith(each + "/") for each in found[:at])]


def hidden_paths(readable: list[str]) -> list[str]:
    """Where packages are installed among what may be read: a program has none, and hidden tests lie in one of them."""
    found = {
        each
        for path in readable
        for kind in ("site-packages", "dist-packages")
        for each in [*glob(f"{path}/{kind}"), *glob(f"{path}/python*/{kind}")]
    } | {str(Path(__file__).parents[2])}
    return sorted(each for each in found if any(each.startswith(path + "/") for path in readable))


def _open_to_all(path: str) -> bool:
    return all(os.stat(each).st_mode & 0o005 for each in (path, *Path(path).parents))
