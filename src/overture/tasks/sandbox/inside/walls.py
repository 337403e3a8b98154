"""The walls around one run: a root of its own with nothing in it but Python, no network, no other processes.

In come the paths Python needs and the limits; the process that calls `build` and then `close_in` finds itself inside.
Easy to get wrong: the order. Namespaces first, then a child (only children are in the new process namespace), the
mounts, the user, and the filter last of all, because each takes away what the earlier ones need.
"""

from __future__ import annotations

import contextlib
import os
import resource
import struct
from typing import Any

from . import filter, kernel, landlock

WORK = "/work"
"""The empty folder a program starts in, where it has a root of its own."""
NOBODY = 64_987
"""The user and group a run becomes where it starts as root: one that owns nothing."""
_BIND, _RECURSIVE, _PRIVATE, _NOSUID, _NODEV = 0x1000, 0x4000, 0x40000, 2, 4
_DETACH = 2
_MOUNT_SETATTR, _EVERYTHING_BELOW = 442, 0x8000
_FILES: dict[str, filter.Files] = {"namespaces": "own", "landlock": "kept", "seccomp": "open"}
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def unshare() -> None:
    """Put this process's future children into namespaces of their own. Raises OSError where that is not allowed."""
    apart = kernel.NEWNS | kernel.NEWPID | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.call("unshare", apart)
        return
    kernel.call("unshare", apart | kernel.NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def build(root: str, readable: list[str], hidden: list[str], disk: int) -> None:
    """Make a root of its own on the empty folder `root` and go there. Raises OSError, half done, if it cannot.

    `hidden` folders lie within readable ones, and are empty.
    """
    kernel.mount("none", "/", "none", _PRIVATE | _RECURSIVE)
    kernel.mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    os.mkdir(root + WORK)
    os.symlink(WORK.lstrip("/"), root + "/tmp")
    devices = [device for device in _DEVICES if os.path.exists(device)]
    for path in [*readable, *devices]:
        if os.path.isdir(path):
            os.makedirs(root + path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY, 0o644))
    for path in readable:
        kernel.mount(path, root + path, "none", _BIND | _RECURSIVE)
    for path in hidden:
        kernel.mount("tmpfs", root + path, "tmpfs", _NOSUID | _NODEV, "size=4k,nr_inodes=1,mode=755")
    # read-only, no set-uid programs, no devices; those that are wanted come after it
    attributes = struct.pack("4Q", 0b111, 0, 0, 0)
    kernel.syscall(_MOUNT_SETATTR, (1 << 32) - 100, root.encode(), _EVERYTHING_BELOW, attributes, len(attributes))
    for device in devices:
        kernel.mount(device, root + device, "none", _BIND)
    kernel.mount("tmpfs", root + WORK, "tmpfs", _NOSUID | _NODEV, f"size={disk},nr_inodes=4096,mode=777")
    os.chdir(root)
    kernel.syscall(filter.number("pivot_root"), b".", b".")
    kernel.call("umount2", b".", _DETACH)
    os.chdir(WORK)


def become_nobody(folder: str | None) -> None:
    """Stop being root, where that is what this is; `folder` is given to the new user."""
    if os.geteuid() != 0:
        return
    if folder:
        os.chown(folder, NOBODY, NOBODY)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def close_in(mode: str, orders: dict[str, Any]) -> None:
    """The last walls, around the process that will run the program. Raises OSError where one cannot be built."""
    limits: dict[str, int] = orders["limits"]
    own_count = False
    if mode != "none":
        kernel.prctl(kernel.PDEATHSIG, 9)
        with contextlib.suppress(OSError):  # in a user namespace of its own, processes are counted for this run alone
            kernel.call("unshare", kernel.NEWUSER)
            own_count = True
    if mode == "landlock":
        landlock.restrict(orders["readable"], orders["hidden"], orders["root"])
    _limit(limits, own_count)
    if mode != "none":
        with contextlib.suppress(OSError):  # who has none may have no right to say so
            kernel.give_up_privileges(filter.number("capset"))
        filter.install(alone=limits["processes"] == 1, files=_FILES[mode])


def _limit(limits: dict[str, int], own_count: bool) -> None:
    wanted = {
        "CPU": limits["cpu"],
        "AS": limits["memory"],
        "FSIZE": limits["file"],
        "NOFILE": limits["open_files"],
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if own_count:
        wanted["NPROC"] = limits["processes"] + limits["threads"]
    for name, value in wanted.items():
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # the second after the first signal is for a program that catches it
        resource.setrlimit(which, (bound, bound + 1 if name == "CPU" and bound != hard else bound))


def forget_parent() -> None:
    """Let no sibling look into this process, and end it with whoever started it."""
    kernel.prctl(kernel.DUMPABLE, 0)
    kernel.prctl(kernel.PDEATHSIG, 9)
