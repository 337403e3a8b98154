"""Files that are whole or not there, and folders that one run writes to at a time.

In come a path and bytes; out goes a file that a reader finds complete or not at all. Easy to get wrong: two runs of one
command in one folder each find the other's half.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

import orjson

from ..errors import ConfigurationChanged, DataError

LEAVING = ("audit", "checkup", "simulate", "tune")
"""The commands that leave `summary.json` and `report.html` in a folder."""


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, sync, rename. Makes the folder where it is lacking."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def keep_apart(out: Path, command: str) -> None:
    """Raises ConfigurationChanged where the folder holds what another command left: its summary and its page have the
    names that this one's would have."""
    try:
        before = orjson.loads((out / "summary.json").read_bytes())["command"]
    except (OSError, ValueError, TypeError, KeyError):
        return
    if before in LEAVING and before != command:
        raise ConfigurationChanged(
            f"{out} holds the results of `overture {before}`; choose another --out, or write over them with --fresh"
        )


@contextlib.contextmanager
def only_one(out: Path) -> Generator[None]:
    """Make the folder and hold it for as long as this lasts. A second run in it is refused with a DataError."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows has none, and no such guard
        yield
        return
    held = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"another run is at work in {out}; wait for it, or choose another --out") from None
        yield
    finally:
        os.close(held)


def writable(text: str) -> str:
    """The text as UTF-8 can hold it. The name of a file may hold bytes that are none: they are spelt out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
