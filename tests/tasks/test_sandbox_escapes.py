"""Programs that try to get out, under every isolation this machine can give.

In come attempts; each test looks from outside whether it came through: at a listening socket, a file, a process. Easy
to get wrong: an attempt that fails because it is written badly proves nothing, so the same attempt is first seen to
succeed without walls wherever that does no harm.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import left, marked, only, wait_for, without_walls

from overture.tasks.sandbox import Limits, Ran, host, run_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are only run on Linux")
QUICK = Limits(cpu=2, wall=5.0, memory=256 << 20)


@pytest.fixture(params=host.MODES)
async def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    return await only(str(request.param), monkeypatch)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port on loopback, and what came in."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append(connection.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], heard
        stop.set()
        thread.join()


CONNECT = "import socket\nwith socket.create_connection(('127.0.0.1', {}), 2) as s: s.sendall(b'out')\nprint('sent')"


async def test_the_network(mode: str, listener: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch):
    port, heard = listener
    assert (await without_walls(CONNECT.format(port), monkeypatch)).stdout == "sent\n"
    time.sleep(0.1)
    assert heard == [b"out"]
    ran = await run_python(CONNECT.format(port), limits=QUICK)
    assert (ran.status, ran.stdout) == ("error", "")
    assert heard == [b"out"]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
async def test_no_socket_of_any_family(mode: str, family: str):
    kind = "SOCK_RAW" if family in ("AF_NETLINK", "AF_PACKET") else "SOCK_DGRAM"
    ran = await run_python(f"import socket; socket.socket(socket.{family}, socket.{kind})", limits=QUICK)
    assert "PermissionError" in ran.stderr


async def test_the_caller_s_environment(mode: str, monkeypatch: pytest.MonkeyPatch):
    attempt = f"print(open('/proc/{os.getpid()}/environ').read())\n"
    seen = (await without_walls(attempt, monkeypatch)).stdout
    if mode == "seccomp":
        pytest.skip("under seccomp alone files are read as by the user who runs it, as the table says")
    assert "PATH=" in seen or not os.access(f"/proc/{os.getpid()}/environ", os.R_OK)
    every = "import glob\nfor path in glob.glob('/proc/*/environ'):\n    print(open(path).read())\n"
    for code in (attempt, every):
        assert "PATH=/" not in (await run_python(code, limits=QUICK)).stdout


async def test_the_passwords(mode: str):
    ran = await run_python("print(open('/etc/passwd').read())", limits=QUICK)
    assert (ran.status == "ok") == (mode == "seccomp")


async def test_writing_outside(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tmp_path.chmod(0o777)
    target = tmp_path / "written"
    attempt = f"open({str(target)!r}, 'w').write('x')"
    await without_walls(attempt, monkeypatch)
    assert target.read_text() == "x"
    target.unlink()
    assert (await run_python(attempt, limits=QUICK)).status == "error"
    assert not target.exists()
    for place in (sys.base_prefix + "/lib", "/usr/lib", "/lib", "/", "/dev"):
        ran = await run_python(f"open({place + '/overture-test'!r}, 'w')", limits=QUICK)
        assert ran.status == "error", place
        assert not Path(place, "overture-test").exists()


async def test_its_own_folder_can_be_written_and_is_empty_again(mode: str):
    if mode == "seccomp":
        pytest.skip("under seccomp alone nothing is written at all")
    code = "import os, tempfile\nprint(os.listdir('.'))\nopen('a', 'w').write('x')\n"
    code += "print(open('a').read(), tempfile.TemporaryFile().fileno() > 2)"
    for _ in range(2):
        assert (await run_python(code)).stdout == "[]\nx True\n"


async def test_removing_its_own_folder_harms_nothing(mode: str):
    code = "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)\nprint('done')"
    assert (await run_python(code)).stdout == "done\n"
    assert (await run_python("print(1)")).stdout == "1\n"


async def test_a_fork_bomb_of_one(mode: str):
    code = "import os\ntry:\n    if os.fork(): print('forked')\nexcept OSError as e: print(type(e).__name__)"
    assert (await run_python(code, limits=QUICK)).stdout == "PermissionError\n"
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(1)'])"
    assert (await run_python(code, limits=QUICK)).status == "error"


async def only_namespaces(code: str, limits: Limits) -> Ran:
    ran = await run_python(code, limits=limits)
    if ran.isolation != "namespaces":
        pytest.skip("several processes need namespaces")
    return ran


FORKING = """
import os, time
count = 0
for _ in range(300):
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        break
    count += 1
print(count)
"""


async def test_a_fork_bomb_ends_at_the_limit():
    try:
        ran = await only_namespaces(FORKING, Limits(processes=4, threads=6, wall=5.0))
    except host.SandboxUnavailable as error:
        pytest.skip(str(error))
    assert 3 <= int(ran.stdout) <= 10


async def test_a_daemon_does_not_outlive_the_program(monkeypatch: pytest.MonkeyPatch):
    mark = marked(monkeypatch)
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    code += "        os.close(1); os.close(2)\n        time.sleep({})\n    os._exit(0)\nos.wait()\nprint('left', flush=True)\n{}"
    limits = Limits(processes=4, wall=5.0)
    try:
        _, seen = await asyncio.gather(
            only_namespaces(code.format(60, "time.sleep(1)"), limits), asyncio.to_thread(wait_for, mark, 4)
        )
    except host.SandboxUnavailable as error:
        pytest.skip(str(error))
    assert len(seen) >= 4  # the two that watch, the program and the daemon
    assert left(mark, seen, seconds=0) == set()


async def test_threads_end_at_the_limit():
    code = "import threading, time\ncount = 0\nthreading.stack_size(65536)\ntry:\n    for _ in range(300):\n"
    code += "        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()\n        count += 1\n"
    code += "except RuntimeError: pass\nprint(count)"
    ran = await only_namespaces(code, Limits(threads=10))
    assert 1 <= int(ran.stdout) <= 12


@pytest.mark.parametrize("target", ["os.getppid()", "1", "-1", "0", "int(sys.argv[1])"])
async def test_signals_to_others(mode: str, target: str):
    here = os.getpid()
    heard: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        # to everyone, only the question whether it may: a wall that fails must not cost the machine
        number = 0 if target in ("1", "-1") else int(signal.SIGUSR1)
        code = f"import os, sys\nsys.argv = ['', '{here}']\nos.kill({target}, {number})\nprint('sent')"
        ran = await run_python(code, limits=QUICK)
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert ran.stdout == ""
    assert heard == []
    assert ran.status == "error"


async def test_tracing_and_reading_other_processes(mode: str):
    code = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nbuffer = ctypes.create_string_buffer(64)\n"
    code += "for parent in (os.getppid(), 1):\n    print(libc.ptrace(16, parent, 0, 0), ctypes.get_errno())\n"
    code += "    print(libc.process_vm_readv(parent, buffer, 1, buffer, 1, 0), ctypes.get_errno())\n"
    assert (await run_python(code, limits=QUICK)).stdout == "-1 1\n" * 4


async def test_getting_new_rights(mode: str):
    code = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    code += "print(libc.unshare(0x10000000), libc.mount(b'a', b'/', b'tmpfs', 0, None), libc.prctl(1, 0, 0, 0, 0))\n"
    code += "print(libc.syscall(425, 1, None), libc.syscall(319, b'', 0), libc.syscall(600))\n"
    code += "for call in (os.setuid, os.setgid):\n    try: call(0); print(os.getuid(), 'set')\n"
    code += "    except OSError: print('refused')"
    ran = await run_python(code, limits=QUICK)
    assert ran.stdout.splitlines()[:2] == ["-1 -1 -1", "-1 -1 -1"]
    if mode == "namespaces":
        assert ran.stdout.splitlines()[2:] == ["refused", "refused"]


async def test_a_call_in_the_old_convention_ends_the_program(mode: str):
    if os.uname().machine != "x86_64":
        pytest.skip("the older calling convention is x86's")
    # mov eax, 359 (socket, 32 bit); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret
    code = "import ctypes, mmap\nspace = mmap.mmap(-1, 4096, prot=7)\n"
    code += "space.write(bytes.fromhex('b867010000bb02000000b90100000031d2cd80c3'))\n"
    code += "print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(space)))())"
    assert (await run_python(code, limits=QUICK)).status == "killed"


async def test_filling_the_disk(mode: str):
    code = "count = 0\ntry:\n    for name in range(100):\n        with open(f'{name}', 'wb') as file:\n"
    code += "            for _ in range(64):\n                count += file.write(b'0' * 2**16)\n                file.flush()\n"
    code += "except OSError as error: print(error.errno)\nprint(count)"
    limits = Limits(file=2 << 20, disk=8 << 20)
    ran = await run_python(code.replace("range(100)", "range(1)"), limits=limits)
    assert int(ran.stdout.split()[-1]) <= limits.file
    if mode == "namespaces":
        code = code.replace("range(64)", "range(31)")
        ran = await run_python(code, limits=limits)
        assert ran.stdout.split()[0] == "28"
        assert int(ran.stdout.split()[-1]) <= limits.disk


async def test_too_many_open_files(mode: str):
    code = "files = []\ntry:\n    while True: files.append(open('/dev/null'))\nexcept OSError: print(len(files))"
    assert int((await run_python(code, limits=Limits(open_files=20))).stdout) <= 20


async def test_no_way_to_the_caller_is_left_open(mode: str):
    code = "import os\nfor number in range(256):\n    try: os.fstat(number); print(number, end=' ')\n    except OSError: pass"
    assert (await run_python(code)).stdout == "0 1 2 "
