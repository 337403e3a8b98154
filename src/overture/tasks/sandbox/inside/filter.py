"""Which calls of the kernel a sandboxed program may not make (seccomp), as a program for the kernel's filter.

In come whether it may be several processes and what keeps its files; out comes the filter, installed for good. Easy to
get wrong: a call has other numbers on another machine and in another calling convention, so a foreign one ends the
process, and a call newer than this table does not exist.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Literal

from .kernel import NO_NEW_PRIVS, PDEATHSIG, SECCOMP, prctl

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""machine → (the kernel's name of it, column of NUMBERS)."""
NEWEST = 462
"""Calls with a higher number answer that they do not exist."""

# From Linux's asm/unistd_64.h and asm-generic/unistd.h; -1: not on that machine.
NUMBERS = {
    # the network, and io_uring, which can do the same behind the filter's back
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "kcmp": (312, 272), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "sched_setparam": (142, 118), "sched_setaffinity": (203, 122), "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # what is mounted, and who one is
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "fsopen": (430, 430), "fsmount": (432, 432), "fsconfig": (431, 431), "fspick": (433, 433),
    "move_mount": (429, 429), "open_tree": (428, 428), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "capset": (126, 91), "personality": (135, 92), "fanotify_init": (300, 262),
    # what all users of the machine share, and what tells of others' files
    "io_setup": (206, 0), "inotify_init": (253, -1), "inotify_init1": (294, 26),
    # memory that no limit counts
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "userfaultfd": (323, 282), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116), "vhangup": (153, 58),
    "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1), "uselib": (134, -1), "vmsplice": (278, 75),
}  # fmt: skip
ATTRIBUTES = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1),
    "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88), "truncate": (76, 45),
}  # fmt: skip
"""Change a file that is not open for writing; Landlock does not keep them (truncate: before Linux 6.2)."""
WRITING = {
    "creat": (85, -1), "mknod": (133, -1), "mknodat": (259, 33), "mkdir": (83, -1), "mkdirat": (258, 34),
    "rmdir": (84, -1), "unlink": (87, -1), "unlinkat": (263, 35), "rename": (82, -1), "renameat": (264, 38),
    "renameat2": (316, 276), "link": (86, -1), "linkat": (265, 37), "symlink": (88, -1), "symlinkat": (266, 36),
}  # fmt: skip
"""Change the file system, beside opening a file to write; refused where nothing else keeps files."""
STARTING = {"fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281)}
CONDITIONAL = {
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131), "prctl": (157, 167),
    "socketpair": (53, 199), "prlimit64": (302, 261), "fcntl": (72, 25), "ioctl": (16, 29),
    "open": (2, -1), "openat": (257, 56), "openat2": (437, 437),
}  # fmt: skip

_LOAD, _EQUAL, _GREATER, _SET, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD, _NEW_NAMESPACES, _AF_UNIX = 0x10000, 0x7E020000, 1
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
Files = Literal["own", "kept", "open"]
"""What keeps a program from others' files: a file system of its own, Landlock, or nothing but this filter."""
# F_SETOWN, F_SETSIG and F_SETOWN_EX; FIOSETOWN and SIOCSPGRP: to whom a file sends which signal
_OWNERS = {"fcntl": (8, 10, 15), "ioctl": (0x8901, 0x8902)}


def number(name: str) -> int:
    """A call's number on this machine. Raises OSError where the table does not have the machine."""
    if platform.machine() not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no table of calls for {platform.machine()}")
    return (NUMBERS | STARTING | CONDITIONAL)[name][ARCHITECTURES[platform.machine()][1]]


def program(machine: str, pid: int, alone: bool, files: Files) -> list[tuple[int, int, int, int]]:
    """The filter's instructions (code, jump if true, jump if false, operand). `alone`: no second process."""
    audit, column = ARCHITECTURES[machine]
    refused = _ERRNO | errno.EPERM
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    lines += [(_GREATER, 0, 1, NEWEST), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]

    def refuse(call: tuple[int, int], answer: int = refused) -> None:
        if call[column] >= 0:
            lines.extend([(_EQUAL, 0, 1, call[column]), (_RETURN, 0, 0, answer)])

    def judge(name: str, test: int, *operands: int, allowed: bool, argument: int = 0) -> None:
        """Decide by one argument of the call: `allowed` says what becomes of those that meet the test."""
        if CONDITIONAL[name][column] < 0:
            return
        yes, no = (_ALLOW, refused) if allowed else (refused, _ALLOW)
        lines.append((_EQUAL, 0, 2 + 2 * len(operands), CONDITIONAL[name][column]))
        lines.append((_LOAD, 0, 0, 16 + 8 * argument))
        for operand in operands:
            lines.extend([(test, 0, 1, operand), (_RETURN, 0, 0, yes)])
        lines.append((_RETURN, 0, 0, no))

    for call in (NUMBERS | ({} if files == "own" else ATTRIBUTES) | (WRITING if files == "open" else {})).values():
        refuse(call)
    if files == "open":
        judge("open", _SET, _TO_WRITE, allowed=False, argument=1)
        judge("openat", _SET, _TO_WRITE, allowed=False, argument=2)
        refuse(CONDITIONAL["openat2"], _ERRNO | errno.ENOSYS)  # its flags lie in memory, and libraries fall back
    # the flags of clone3 lie in memory, where no filter can see them; the C library falls back on clone
    refuse(CONDITIONAL["clone3"], _ERRNO | errno.ENOSYS)
    judge("socketpair", _EQUAL, _AF_UNIX, allowed=True)  # an event loop wakes itself through one
    judge("prctl", _EQUAL, PDEATHSIG, allowed=False)
    judge("prlimit64", _EQUAL, 0, allowed=True)
    for name, commands in _OWNERS.items():
        judge(name, _EQUAL, *commands, allowed=False, argument=1)
    if alone:
        for call in STARTING.values():
            refuse(call)
        judge("clone", _SET, _CLONE_THREAD, allowed=True)
        judge("kill", _EQUAL, pid, allowed=True)
        judge("tgkill", _EQUAL, pid, allowed=True)
    else:
        judge("clone", _SET, _NEW_NAMESPACES, allowed=False)
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def install(alone: bool, files: Files) -> None:
    """Hold this process and its children to the filter from now on. Raises OSError where the kernel has none."""
    number("clone")
    lines = program(platform.machine(), os.getpid(), alone, files)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    filled = struct.pack("HxxxxxxQ", len(lines), ctypes.addressof(code))
    prctl(NO_NEW_PRIVS, 1)
    prctl(SECCOMP, 2, ctypes.cast(ctypes.create_string_buffer(filled), ctypes.c_void_p))
