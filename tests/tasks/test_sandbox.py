"""What a sandboxed program may do, and how its end is told.

In come small programs; out comes Ran. Easy to get wrong: a test here must fail where there is no sandbox at all, so
each looks at the effect and not at the absence of an error.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandboxes import left, marked, wait_for

from overture.errors import UsageError
from overture.tasks.sandbox import Limits, SandboxUnavailable, host, run_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are only run on Linux")
QUICK = Limits(cpu=1, wall=8.0)


async def test_a_program_reads_and_writes_and_ends():
    ran = await run_python("print('hello', input(), input())", stdin="wörld\n2\n")
    assert (ran.status, ran.stdout, ran.stderr) == ("ok", "hello wörld 2\n", "")
    assert ran.seconds < 5
    assert ran.isolation in host.MODES


async def test_an_error_is_shown_with_the_program_s_own_lines_and_no_others():
    ran = await run_python("def f():\n    return 1 / 0\n\nf()\n")
    assert ran.status == "error"
    assert ran.stderr.splitlines()[:4] == [
        "Traceback (most recent call last):",
        '  File "main.py", line 4, in <module>',
        "    f()",
        '  File "main.py", line 2, in f',
    ]
    assert ran.stderr.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", "ok"),
        ("exit()", "ok"),
        ("raise SystemExit(3)", "error"),
        ("def broken(:", "error"),
        ("x = '\ud800'", "error"),
        ("x = '\0'", "error"),
        ("import os; os._exit(0)", "ok"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("import ctypes; ctypes.string_at(0)", "killed"),
        ("def f(): f()\nf()", "error"),
        ("x = bytearray(10 * 2**30)", "memory"),
        ("while True: pass", "timeout"),
        ("import signal\nsignal.signal(signal.SIGXCPU, lambda *_: None)\nwhile True: pass", "timeout"),
    ],
)
async def test_how_a_program_ends(code: str, status: str):
    assert (await run_python(code, limits=QUICK)).status == status


async def test_sleeping_is_stopped_by_the_clock():
    began = time.perf_counter()
    ran = await run_python("print('before', flush=True)\nimport time; time.sleep(60)", limits=Limits(wall=0.5))
    assert (ran.status, ran.stdout) == ("timeout", "before\n")
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_writing_without_end_is_stopped(stream: str):
    ran = await run_python(f"import sys\nwhile True: sys.{stream}.write('x' * 1000)", limits=Limits(output=10_000))
    assert ran.status == "output"
    assert getattr(ran, stream) == "x" * 10_000


async def test_a_reading_that_is_broken_off_does_not_keep_the_run_from_ending(monkeypatch: pytest.MonkeyPatch):
    async def leaves(stream: object, into: bytearray, most: int, overflow: asyncio.Event) -> None:
        """Is at its limit while more waits to be read than the stream takes in, so that the pipe's end is never met."""
        await asyncio.sleep(0.7)
        overflow.set()

    monkeypatch.setattr(host, "_listen", leaves)
    ran = await asyncio.wait_for(run_python("print('x' * 900_000)", limits=Limits(wall=8)), 15)
    assert (ran.stdout, ran.stderr) == ("", "")


async def test_a_text_that_unfolds_to_gigabytes_is_stopped():
    ran = await run_python("import zlib; print(len(zlib.decompress(zlib.compress(b'0' * 2**26) * 1) * 64))")
    assert ran.status == "memory"


async def test_what_must_run_at_the_end_of_a_program_runs():
    code = "import atexit, threading, time\natexit.register(print, 'last')\n"
    code += "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\nprint('main')"
    assert (await run_python(code)).stdout == "main\nthread\nlast\n"


async def test_an_event_loop_and_dataclasses_and_pickling_work_as_in_any_program():
    code = """
import asyncio, pickle
from dataclasses import dataclass
@dataclass
class Point:
    x: int
async def main():
    await asyncio.sleep(0)
    return pickle.loads(pickle.dumps(Point(3)))
if __name__ == "__main__":
    print(asyncio.run(main()))
"""
    assert (await run_python(code)).stdout == "Point(x=3)\n"


async def test_the_same_program_does_the_same_twice():
    code = "print(set('abcdefghij'), hash('overture'))"
    assert (await run_python(code)).stdout == (await run_python(code)).stdout


async def test_the_environment_is_empty_and_only_the_standard_library_is_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OVERTURE_API_KEY", "sk-secret")
    code = "import os, sys\nprint(dict(os.environ), sys.argv, sys.path)\nimport numpy"
    ran = await run_python(code)
    assert "secret" not in ran.stdout
    assert "site-packages" not in ran.stdout
    assert "No module named 'numpy'" in ran.stderr


async def test_many_at_once_do_not_mix():
    ran = await asyncio.gather(*(run_python("print(input())", stdin=str(number)) for number in range(12)))
    assert [each.stdout for each in ran] == [f"{number}\n" for number in range(12)]


async def test_a_cancelled_run_leaves_no_process_and_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(host.tempfile, "tempdir", str(tmp_path))
    mark = marked(monkeypatch)
    task = asyncio.create_task(run_python("while True: pass"))
    seen = await asyncio.to_thread(wait_for, mark, 3)
    assert len(seen) >= 3  # the two that watch, and the program
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not left(mark, seen)
    assert not list(tmp_path.iterdir())


def test_a_caller_that_is_killed_takes_the_program_with_it(tmp_path: Path):
    code = "import asyncio\nfrom overture.tasks.sandbox import host, run_python\ngiven = host._environment\n"
    code += f"host._environment = lambda *a: given(*a) | {{'OVERTURE_MARK': 'orphan-{os.getpid()}'}}\n"
    code += "asyncio.run(run_python('while True: pass'))"
    source = str(Path(host.__file__).parents[3])
    caller = subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": source, "TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    )
    mark = f"OVERTURE_MARK=orphan-{os.getpid()}"
    seen = wait_for(mark, 3)
    assert len(seen) >= 3
    caller.kill()
    caller.wait()
    assert not left(mark, seen)


async def test_where_nothing_protects_it_is_refused_unless_that_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(host, "_unable", dict.fromkeys(host.MODES, "not here"))
    with pytest.raises(SandboxUnavailable, match="namespaces: not here; landlock: not here"):
        await run_python("print(1)")
    ran = await run_python("print(1)", unprotected=True)
    assert (ran.stdout, ran.isolation) == ("1\n", "none")


async def test_several_processes_need_namespaces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(host, "_unable", {"namespaces": "not here"})
    with pytest.raises(SandboxUnavailable, match="more than one process"):
        await run_python("print(1)", limits=Limits(processes=2))


@pytest.mark.parametrize("wrong", [{"memory": 1}, {"wall": 0.0}, {"cpu": 0}, {"processes": 0}, {"threads": -1}])
def test_limits_that_leave_no_room_are_refused(wrong: dict[str, int]):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]
