"""What an attacker would try next: verdicts that the solution writes, files of the caller, signals by detours.

In come attempts; each test looks at what would be different had it come through. Easy to get wrong: an attempt that
fails for a reason of its own proves nothing, so where that does no harm the same attempt is seen to succeed without
walls, or an honest solution is put to the same tests.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import left, marked, only, wait_for, without_walls

from overture.tasks.sandbox import Limits, host, run_python, run_tests

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are only run on Linux")
QUICK = Limits(cpu=2, wall=30.0, memory=256 << 20)
ADD = "def add(a, b):\n    return a + b\n"
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n"


@pytest.fixture(params=host.MODES)
async def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    return await only(str(request.param), monkeypatch)


@pytest.fixture
def many_files() -> Iterator[None]:
    """A caller with more open files than a program may have, as one with a hundred connections is."""
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(90)]
    yield
    for each in held:
        os.close(each)


# The frame in which the process that watches says how the tests went, written by hand: two passed, none failed.
VERDICT = """
import os, struct
def sized(tag, data): return tag + struct.pack("<I", len(data)) + data
def text(value): return sized(b"s", value.encode())
def number(value): return sized(b"i", format(value, "x").encode())
real = b"f" + struct.pack("<d", 0.0)
answer = {"status": number(0), "cpu": real, "seconds": real, "late": b"F", "full": b"F",
          "tally": b"l" + struct.pack("<I", 4) + number(2) + number(0) + b"T" + text("")}
body = b"d" + struct.pack("<I", len(answer)) + b"".join(text(key) + value for key, value in answer.items())
for open_file in range(3, 1024):
    try: os.write(open_file, struct.pack("<I", len(body)) + body)
    except OSError: pass
def add(a, b): return 17
"""


async def test_a_verdict_that_the_solution_writes_is_not_the_one_that_counts(mode: str, many_files: None):
    assert (await run_tests(ADD, CHECK, "add", limits=QUICK)).passed == 2
    tested = await run_tests(VERDICT, CHECK, "add", limits=QUICK)
    assert (tested.passed, tested.solved) == (0, False)


async def test_no_way_to_a_caller_with_many_files_is_left_open(mode: str, many_files: None):
    code = "import os\nfor number in range(1024):\n    try: os.fstat(number); print(number, end=' ')\n    except OSError: pass"
    assert (await run_python(code)).stdout == "0 1 2 "


FRAMES = {
    "a value that is nested without end": "b'l\\x01\\x00\\x00\\x00' * 100_000",
    "a fraction that takes all time and memory": "b'n\\x17\\x00\\x00\\x00Fraction:1e999999999999'",
    "a name that is none": "b'n\\x09\\x00\\x00\\x00os:system'",
    "an answer without a question": "b'l\\x03\\x00\\x00\\x00s\\x05\\x00\\x00\\x00valueN' + b'N'",
}


@pytest.mark.parametrize("name", FRAMES)
async def test_frames_that_are_meant_to_break_the_judge_fail_the_solution(name: str):
    code = f"import os, struct\nbody = {FRAMES[name]}\ndata = struct.pack('<I', len(body)) + body\ndef add(a, b):\n"
    code += "    for open_file in range(3, 64):\n        rest = memoryview(data)\n        try:\n            while rest: rest = rest[os.write(open_file, rest):]\n"
    code += "        except OSError: pass\n    return 17\n"
    tested = await run_tests(code, CHECK, "add", limits=Limits(cpu=1, wall=8.0))
    assert (tested.passed, tested.solved) == (0, False)
    assert tested.error


LIES = {
    "an object whose methods say yes": "class E:\n    def __contains__(self, x): return True\n    def __len__(self): return 3\n"
    "    def __bool__(self): return True\n    def __eq__(self, x): return True\n    def __ne__(self, x): return False\n"
    "    def __lt__(self, x): return True\n    def __sub__(self, x): return 0\n    def __abs__(self): return 0\n"
    "def add(a, b): return E()\n",
    "a text that equals everything": "class E(str):\n    def __eq__(self, x): return True\n    __hash__ = str.__hash__\n"
    "def add(a, b): return E('17')\n",
    "a list that is all things": "class E(list):\n    def __iter__(self): return iter([3, 0])\n    def __len__(self): return 0\n"
    "def add(a, b): return E()\n",
    "a dict that lies about its length": "class E(dict):\n    def __len__(self): return 4\ndef add(a, b): return E(a=1)\n",
    "a type that says it is another": "class E:\n    __class__ = int\ndef add(a, b): return E()\n",
    "a decimal by name only": "class Decimal:\n    def __str__(self): return '17'\nDecimal.__module__ = 'decimal'\n"
    "def add(a, b): return Decimal()\n",
    "not a number": "def add(a, b): return float('nan')\n",
    "the wire is replaced": "import sys\nfor name, module in list(sys.modules.items()):\n    if name.startswith('inside'):\n"
    "        for each in list(vars(module)):\n            if callable(getattr(module, each)): setattr(module, each, lambda *a, **k: 3)\n"
    "def add(a, b): return 17\n",
    "the judge is called": "import mmap\nfrom inside import judge\nt = judge._Tally(mmap.mmap(-1, 4096))\nt.good(); t.good()\nt.write(True)\n"
    "def add(a, b): return 17\n",
    "what compares is replaced": "import builtins, operator\nfor each in ('all', 'any', 'abs', 'sorted', 'len', 'bool', 'compile', 'exec'):\n"
    "    setattr(builtins, each, lambda *a, **k: True)\noperator.eq = lambda a, b: True\ndef add(a, b): return 17\n",
    "the exception is one that no test catches": "def add(a, b): raise KeyboardInterrupt\n",
    "the exception cannot be shown": "class E(Exception):\n    def __str__(self): raise SystemExit(0)\ndef add(a, b): raise E\n",
    "the last word is an exit": "import threading, os\nthreading.Timer(0.01, os._exit, (0,)).start()\ndef add(a, b): return 17\n",
}


ALL_WAYS = CHECK + "    assert abs(candidate(2, 2) - 4) < 1e-9\n    assert not candidate(1, 1) != 2\n"


async def test_the_truth_passes():
    assert (await run_tests(ADD, ALL_WAYS, "add", limits=QUICK)).passed == 4


@pytest.mark.parametrize("name", LIES)
async def test_no_lie_passes(name: str):
    tested = await run_tests(LIES[name], ALL_WAYS, "add", limits=QUICK)
    assert (tested.passed, tested.solved) == (0, False), tested


async def test_a_loop_of_the_tests_is_not_ended_by_what_a_solution_raises():
    tests = "cases = [((1, 2), 3), ((-1, 1), 0)]\nassert all(map(lambda each: add(*each[0]) == each[1], cases))\n"
    tests += "assert not list(filter(lambda each: add(*each[0]) != each[1], cases))\n"
    assert (await run_tests(ADD, tests, "add", limits=QUICK)).passed == 2
    for error in ("StopIteration", "StopAsyncIteration", "GeneratorExit"):
        tested = await run_tests(f"def add(a, b): raise {error}\n", tests, "add", limits=QUICK)
        assert (tested.passed, tested.failed) == (0, 2), error


# A file sends a signal to whom its owner names as soon as there is something to read: no kill(2) is made.
DETOUR = """
import fcntl, os, signal, socket, time
near, far = socket.socketpair()
fcntl.fcntl(near, 10, int(signal.SIGUSR1))
fcntl.fcntl(near, 8, {})
fcntl.fcntl(near, fcntl.F_SETFL, fcntl.fcntl(near, fcntl.F_GETFL) | os.O_ASYNC)
far.send(b"x")
time.sleep(0.2)
print("sent")
"""


async def test_signals_by_way_of_a_file(mode: str, monkeypatch: pytest.MonkeyPatch):
    heard: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        assert (await without_walls(DETOUR.format(os.getpid()), monkeypatch)).stdout == "sent\n"
        open_way = len(heard)
        for target in (str(os.getpid()), "os.getppid()"):
            ran = await run_python(DETOUR.format(target), limits=QUICK)
            assert (ran.status, ran.stdout) == ("error", "")
    finally:
        signal.signal(signal.SIGUSR1, old)
    if os.geteuid() != 0:  # without walls root's programs become somebody who may signal no one
        assert open_way == 1
    assert len(heard) == open_way


async def test_stopping_itself_is_ended_by_the_clock_and_stopping_others_is_refused(mode: str):
    began = time.perf_counter()
    ran = await run_python("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", limits=Limits(wall=0.5))
    assert ran.status == "timeout"
    assert time.perf_counter() - began < 4
    ran = await run_python("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)", limits=QUICK)
    assert "PermissionError" in ran.stderr


async def test_a_program_in_a_session_of_its_own_ends_with_the_caller_s_patience(
    mode: str, monkeypatch: pytest.MonkeyPatch
):
    mark = marked(monkeypatch)
    task = asyncio.create_task(run_python("import os, time\nos.setsid()\nwhile True: time.sleep(1)"))
    count = 3 if mode == "namespaces" else 2  # those that watch, and the program
    seen = await asyncio.to_thread(wait_for, mark, count, 20.0)
    assert len(seen) >= count
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not left(mark, seen)


async def test_ten_threads_that_spin_share_one_allowance():
    code = (
        "import threading\ndef spin():\n    while True: pass\nfor _ in range(10): threading.Thread(target=spin).start()"
    )
    ran = await run_python(code, limits=Limits(cpu=1, wall=60.0))
    assert ran.status == "timeout"
    assert ran.seconds < 60  # the clock did not end it


async def test_sockets_without_a_name_on_the_disk(mode: str):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0overture-{os.getpid()}")
        server.listen()
        server.settimeout(0.1)
        code = f"import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0overture-{os.getpid()}')\nprint('in')"
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(f"\0overture-{os.getpid()}")
        server.accept()[0].close()
        ran = await run_python(code, limits=QUICK)
        assert (ran.stdout, "PermissionError" in ran.stderr) == ("", True)
        with pytest.raises(TimeoutError):
            server.accept()


def attempts(*each: str) -> str:
    """A program that makes each attempt and prints those that raised nothing."""
    code = "import ctypes, os, socket, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    code += "def must(given):\n    if given < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
    for one in each:
        code += f"try:\n    {one}\n    print({one!r}, flush=True)\nexcept OSError: pass\n"
    return code + "print('end')"


async def test_a_pair_of_sockets_leads_nowhere_else(mode: str):
    pair = "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a."
    code = attempts(pair + "sendto(b'x', '\\0overture')", pair + "connect('\\0overture')", pair + "bind('\\0overture')")
    assert (await run_python(code, limits=QUICK)).stdout == "end\n"


async def test_memory_shared_with_the_whole_machine(mode: str):
    code = attempts(
        "from multiprocessing.shared_memory import SharedMemory; SharedMemory('overture-shared', create=True, size=10)",
        "must(libc.shmget(0, 4096, 0o1666))",
        "must(libc.msgget(0, 0o1666))",
        "must(libc.semget(0, 1, 0o1666))",
        "os.memfd_create('overture')",
        "must(libc.inotify_init())",
        f"must(libc.syscall({206 if os.uname().machine == 'x86_64' else 0}, 1000, ctypes.create_string_buffer(8)))",
    )
    assert (await run_python(code, limits=QUICK)).stdout == "end\n"
    assert not Path("/dev/shm/overture-shared").exists()


async def test_no_other_program_by_any_door(mode: str):
    python = os.path.realpath(sys.executable)
    code = attempts(
        f"os.execv({python!r}, ['python', '-c', 'print(1)'])",
        "os.execv('/usr/bin/su', ['su', '-c', 'id'])",
        f"os.posix_spawn({python!r}, ['python', '-c', 'print(1)'], {{}})",
        "must(-(os.system('echo 1') != 0))",
        "must(libc.vfork())",
        "import multiprocessing as m; p = m.get_context('fork').Process(target=print, args=(1,)); p.start(); p.join()",
        "import pty; pty.fork()",
    )
    assert (await run_python(code, limits=QUICK)).stdout == "end\n"


async def test_a_file_of_the_caller_cannot_be_changed(mode: str, tmp_path: Path):
    tmp_path.chmod(0o777)
    target = tmp_path / "mine"
    target.write_text("kept")
    before = target.stat()
    path = str(target)
    code = attempts(
        f"os.chmod({path!r}, 0)",
        f"os.truncate({path!r}, 0)",
        f"os.utime({path!r}, (1, 1))",
        f"os.setxattr({path!r}, 'user.a', b'x')",
        f"os.chown({path!r}, os.getuid(), 1)",
        f"os.rename({path!r}, {path + '.away'!r})",
        f"os.link({path!r}, 'mine'); open('mine', 'a').write('x')",
        f"os.symlink({path!r}, 'yours'); open('yours', 'a').write('x')",
        f"os.open({path!r}, os.O_RDONLY | os.O_TRUNC)",
        f"os.unlink({path!r})",
    )
    assert (await run_python(code, limits=QUICK)).stdout == "end\n"
    after = target.stat()
    assert target.read_text() == "kept"
    for name in ("st_mode", "st_uid", "st_gid", "st_mtime_ns", "st_ctime_ns"):
        assert getattr(after, name) == getattr(before, name), name
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


async def test_home_and_the_temporary_folder_of_the_caller(mode: str, tmp_path: Path):
    tmp_path.chmod(0o777)
    code = "import os\nfor place in ({!r}, {!r}, '/tmp', '/var/tmp', os.path.expanduser('~root'), os.path.expanduser('~')):\n"
    code += "    try: open(place + '/overture-left', 'w').write('x')\n    except OSError: pass\n"
    await run_python(code.format(str(tmp_path), str(Path.home())), limits=QUICK)
    for place in (tmp_path, Path.home(), Path("/tmp"), Path("/var/tmp")):
        assert not (place / "overture-left").exists()


async def test_overture_itself_cannot_be_changed_or_loaded(mode: str):
    package = Path(host.__file__).parents[2]
    code = "import sys\nsys.path.append({!r})\nimport overture.tasks.sandbox.host"
    assert (await run_python(code.format(str(package.parent)), limits=QUICK)).status == "error" or mode == "seccomp"
    code = "open({!r}, 'a').write('#')".format(str(package / "__init__.py"))
    assert (await run_python(code, limits=QUICK)).status == "error"
    assert not (package / "__init__.py").read_text().endswith("#")


async def test_installed_packages_and_with_them_the_hidden_tests_are_out_of_reach(mode: str):
    readable = host.readable_paths()
    hidden = host.hidden_paths(readable)
    if not hidden:
        pytest.skip("no packages are installed beside this Python")
    code = "import glob, itertools, os\nfound = 0\nfor folder in {!r}:\n"
    code += "    for path in itertools.islice(glob.iglob(folder + '/**/*.py', recursive=True), 50):\n"
    code += "        try: found += len(open(path, 'rb').read(1))\n        except OSError: pass\nprint(found)"
    assert any(True for folder in hidden for _ in Path(folder).rglob("*.py"))
    found = int((await run_python(code.format(hidden), limits=QUICK)).stdout)
    assert (found == 0) == (mode != "seccomp")


async def test_hidden_are_all_folders_of_packages_and_the_project_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = Path(host.__file__).parents[2]
    for name in ("lib/python3.11/site-packages", "lib/python3/dist-packages", "site-packages", "lib/python3.11/json"):
        (tmp_path / name).mkdir(parents=True)
    found = host.hidden_paths([str(tmp_path / "lib"), str(tmp_path / "lib/python3.11"), str(package.parent)])
    assert found == sorted(
        str(each)
        for each in (package, tmp_path / "lib/python3.11/site-packages", tmp_path / "lib/python3/dist-packages")
    )


async def test_folders_nested_without_end_are_removed(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(host.tempfile, "tempdir", str(tmp_path))
    code = "import os\nprint('begun', flush=True)\nfor _ in range(1100):\n    os.mkdir('d', 0o700)\n"
    code += "    os.symlink('/', 'link')\n    os.mkdir('shut', 0)\n    os.chdir('d')"
    ran = await run_python(code, limits=Limits(cpu=5, wall=30.0))
    assert ran.stdout == "begun\n"
    assert ran.status in {"namespaces": ("ok",), "landlock": ("ok", "output"), "seccomp": ("error",)}[mode]
    assert list(tmp_path.iterdir()) == []


def test_what_is_removed_is_removed_however_deep(tmp_path: Path):
    deep = tmp_path / "place"
    deep.mkdir()
    here = os.open(deep, os.O_PATH)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        os.symlink("/", "link", dir_fd=here)
        here, above = os.open("d", os.O_PATH, dir_fd=here), here
        os.close(above)
    os.close(here)
    host._remove(str(deep))
    assert list(tmp_path.iterdir()) == []


async def test_a_link_in_its_folder_is_removed_and_not_what_it_leads_to(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "kept").mkdir(mode=0o777)
    (tmp_path / "kept" / "file").write_text("kept")
    (tmp_path / "place").mkdir()
    monkeypatch.setattr(host.tempfile, "tempdir", str(tmp_path / "place"))
    await run_python(
        f"import os\nos.symlink({str(tmp_path / 'kept')!r}, 'link')\nos.mkdir('d')\nos.symlink('..', 'd/up')"
    )
    assert (tmp_path / "kept" / "file").read_text() == "kept"
    assert list((tmp_path / "place").iterdir()) == []


FILLS = {
    "many files": "for name in range(10_000): open(str(name), 'wb').write(bytes(1 << 20))",
    "empty files": "for name in range(1_000_000): open(str(name), 'w').close()",
}


@pytest.mark.parametrize("name", FILLS)
async def test_filling_the_disk_is_stopped_at_the_limit(mode: str, name: str):
    if mode == "seccomp":
        pytest.skip("under seccomp alone nothing is written at all")
    began = time.perf_counter()
    ran = await run_python(FILLS[name], limits=Limits(cpu=10, wall=20.0, disk=8 << 20))
    assert ran.status == ("error" if mode == "namespaces" else "output")
    assert time.perf_counter() - began < 15
    assert "No space left" in ran.stderr or mode == "landlock"


async def test_a_solution_that_fills_the_disk_is_named_for_it(monkeypatch: pytest.MonkeyPatch):
    await only("landlock", monkeypatch)
    solution = FILLS["many files"] + "\n" + ADD
    tested = await run_tests(solution, CHECK, "add", limits=Limits(cpu=10, wall=20.0))
    assert (tested.solved, tested.error) == (False, "the solution wrote too much")


async def test_namespaces_within_are_refused_to_who_may_have_children():
    code = "import ctypes\nprint(ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0))"
    if os.uname().machine != "x86_64":
        pytest.skip("the number is x86's")
    try:
        ran = await run_python(code, limits=Limits(processes=3, wall=5.0))
    except host.SandboxUnavailable as error:
        pytest.skip(str(error))
    assert ran.stdout == "-1\n"
