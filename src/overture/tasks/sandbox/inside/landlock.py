"""Files kept out of reach where there can be no file system of one's own (Landlock, Linux 5.13 and later).

In come the paths that may be read, those within them that may not, and the one folder that may be written; from then on
nothing else can be opened, and from Linux 6.12 on nothing outside can be signalled. Easy to get wrong: a right that an
older kernel does not know makes the whole call fail, so only known ones are asked for; looking up that a file exists is
never denied; and a right to a folder is one to all below it, so where a hidden folder lies within, all beside it is
allowed one by one, and the names in it can still be listed.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator

from .kernel import NO_NEW_PRIVS, prctl, syscall

CREATE, ADD, RESTRICT = 444, 445, 446
_READ = 0b1101
"""execute, read a file, read a folder."""
_FILE_ONLY = 0b101
_LIST = 0b1000
_KNOWN = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15}
"""version → the first right it does not know; from 5 on, 1 << 16."""


def restrict(readable: list[str], hidden: list[str], writable: str) -> None:
    """Confine this process and its children. Raises OSError where the kernel has no Landlock."""
    version = syscall(CREATE, None, 0, 1)
    rights = _KNOWN.get(version, 1 << 16) - 1
    fields = [rights]
    if version >= 4:
        fields.append(0b11)  # bind and connect over TCP
    if version >= 6:
        fields.append(0b11)  # abstract sockets and signals
    ruleset = syscall(CREATE, struct.pack(f"{len(fields)}Q", *fields), len(fields) * 8, 0)
    try:
        _allow(ruleset, writable, rights)
        for path in [*readable, "/dev/null", "/dev/zero", "/dev/urandom"]:
            for each, right in _around(path, hidden):
                _allow(ruleset, each, right | (0b10 if path == "/dev/null" else 0))
        prctl(NO_NEW_PRIVS, 1)
        syscall(RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _around(path: str, hidden: list[str]) -> Iterator[tuple[str, int]]:
    """The paths, with the right to each, that together are `path` without the hidden folders."""
    if path in hidden or not os.path.exists(path):
        return
    if not os.path.isdir(path):
        yield path, _FILE_ONLY
    elif not any(each.startswith(path + "/") for each in hidden):
        yield path, _READ
    else:
        yield path, _LIST
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.is_symlink():  # what it leads to has a right of its own, or none
                    yield from _around(entry.path, hidden)


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, folder))
        syscall(ADD, ruleset, 1, ctypes.cast(rule, ctypes.c_void_p), 0)
    finally:
        os.close(folder)
