"""What the words on a command line mean as files, and where the bytes of a file can be read again and again.

In come paths, folders, globs or "-"; out come files, each once and in a fixed order. Easy to get wrong: stdin and pipes
can be read only once, but a log is looked at before it is read, and by more than one process. They are copied to a
temporary file first, which lives as long as the process that made it. And a file is called what the user called it,
because that name is its `source` in every table.
"""

from __future__ import annotations

import atexit
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ..errors import NothingReadable


def expand(paths: Iterable[str]) -> list[str]:
    """The files that the paths mean: files, folders (all within, sorted), globs, "-" for stdin; each once, in order.

    Hidden files of a folder are left out. Raises NothingReadable, naming the path, where one means nothing.
    """
    found: dict[str, None] = {}
    for path in paths:
        matches = [path] if path == "-" else _meant(path)
        if not matches:
            what = "the folder has no files" if path and Path(path).is_dir() else "no such file, folder or pattern"
            raise NothingReadable(f"{path or repr(path)}: {what}; give a log, a folder of logs, a glob, or - for stdin")
        found.update(dict.fromkeys(matches))
    if not found:
        raise NothingReadable("no input: give a log, a folder of logs, a glob, or - for stdin")
    return list(found)


def _meant(path: str) -> list[str]:
    if Path(path).is_dir():
        return _within(path)
    if Path(path).exists():
        return [path]
    matches = sorted(glob.glob(path, recursive=True))
    return [file for match in matches for file in (_within(match) if Path(match).is_dir() else [match])]


def _within(folder: str) -> list[str]:
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(root, name) for name in files if not name.startswith("."))
    return sorted(str(file) for file in found if file.is_file())


@cache
def place_of(file: str) -> str:
    """Where the bytes lie: the file itself, or a copy of what can be read only once."""
    if file == "-":
        return _copied(sys.stdin.buffer)
    if not Path(file).exists() or Path(file).is_file():
        return file
    try:
        with Path(file).open("rb") as pipe:
            return _copied(pipe)
    except OSError:
        return file


def _copied(stream: BinaryIO) -> str:
    with tempfile.NamedTemporaryFile(prefix="overture-", delete=False) as copy:
        atexit.register(Path(copy.name).unlink, missing_ok=True)
        shutil.copyfileobj(stream, copy)
    return copy.name
