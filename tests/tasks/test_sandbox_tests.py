"""Solutions under tests: right ones pass, wrong ones fail, and no trick makes a wrong one right.

In come solutions and tests; out comes Tested. Easy to get wrong: a trick must be tried with tests that an honest
solution passes, or its failure says nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from overture.errors import DataError
from overture.tasks import sandbox as module
from overture.tasks.sandbox import Limits, Tested, run_tests
from overture.tasks.sandbox.host import Raw

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are only run on Linux")
QUICK = Limits(cpu=1, wall=8.0)
ADD = "def add(a, b):\n    return a + b\n"
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n"


async def add(solution: str, tests: str = CHECK) -> Tested:
    return await run_tests(solution, tests, "add", limits=QUICK)


@pytest.mark.parametrize(
    "tests",
    [
        CHECK,
        CHECK + "check(candidate)\n",
        "assert add(1, 2) == 3\nassert candidate(-1, 1) == 0\n",
        "from solution import add\ndef test_one(): assert add(1, 2) == 3\ndef test_two(): assert add(-1, 1) == 0\n",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(add(1, 2), 3)\n"
        "    def test_b(self): self.assertEqual(add(-1, 1), 0)\n",
    ],
)
async def test_every_way_of_writing_tests_tells_right_from_wrong(tests: str):
    right = await add(ADD, tests)
    assert (right.passed, right.failed, right.error, right.solved) == (2, 0, None, True)
    wrong = await add("def add(a, b):\n    return 3\n", tests)
    assert (wrong.passed, wrong.failed, wrong.solved) == (1, 1, False)
    assert wrong.error


TRICKS = {
    "exits": "import sys\nsys.exit(0)\n",
    "exits when called": "import sys\ndef add(a, b): sys.exit(0)\n",
    "ends its process": "import os\nos._exit(0)\n",
    "ends its process when called": "import os\ndef add(a, b): os._exit(0)\n",
    "prints what a test would": "print('PASS\\nOK\\n2 passed')\ndef add(a, b): print('ok'); return None\n",
    "equals everything": "class E:\n    def __eq__(self, other): return True\n    __bool__ = lambda self: True\n"
    "def add(a, b): return E()\n",
    "is a number that equals everything": "class E(int):\n    def __eq__(self, other): return True\n"
    "    __hash__ = int.__hash__\ndef add(a, b): return E(17)\n",
    "changes unittest": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
    "unittest.TestCase.run = lambda *a: None\ndef add(a, b): return 17\n",
    "changes the builtins": "import builtins\nbuiltins.AssertionError = Warning\nbuiltins.all = lambda *a: True\n"
    "builtins.isinstance = lambda *a: True\ndef add(a, b): return 17\n",
    "raises at the end": "class D:\n    def __del__(self): raise SystemExit(0)\nd = D()\ndef add(a, b): return 17\n",
    "walks the frames": "import sys\nfor depth in range(9):\n    try: f = sys._getframe(depth)\n    except ValueError: break\n"
    "    for value in list(f.f_locals.values()):\n        if hasattr(value, 'good'): value.good()\n"
    "def add(a, b): return 17\n",
    "looks for the tests in memory": "import gc\n"
    "found = [x for x in gc.get_objects() if ''.join(['candidate', '(-1, 1)']) in repr(x)]\n"
    "def add(a, b): return a + b if found else 17\n",
    "writes to every file": "import os\nfor n in range(3, 64):\n    try: os.write(n, b'\\x0d\\x00\\x00\\x00' + b'p' * 90)\n"
    "    except OSError: pass\ndef add(a, b): return 17\n",
    "kills the others": "import os\ndef add(a, b):\n    for n in (os.getppid(), os.getpid() + 1):\n        try: os.kill(n, 9)\n"
    "        except OSError: pass\n    return 17\n",
    "raises an assertion": "def add(a, b): raise AssertionError('passed')\n",
    "raises what ends a loop": "def add(a, b): raise StopIteration\n",
    "leaves an exit to the end": "import atexit, os\natexit.register(os._exit, 0)\ndef add(a, b): return 17\n",
    "defines check": "def check(candidate): pass\ndef add(a, b): return 17\n",
    "is no python": "def add(a, b)\n",
    "defines nothing": "",
}


@pytest.mark.parametrize("name", TRICKS)
async def test_no_trick_passes(name: str):
    tested = await add(TRICKS[name])
    assert not tested.solved, tested
    assert tested.passed == 0
    assert tested.error


@pytest.mark.parametrize(
    ("solution", "why"),
    [
        ("def add(a, b):\n    while True: pass\n", "processor time"),
        ("import time\ndef add(a, b): time.sleep(99)\n", "out of time"),
        ("def add(a, b): return 'x' * 10**11\n", "MemoryError"),
        ("def add(a, b):\n    while True: print('x' * 1000)\n", "wrote too much"),
        ("def other(): pass\n", "does not define 'add'"),
        ("import numpy\n", "No module named 'numpy'"),
        ("def add(a, b):\n    x = []\n    x.append(x)\n    return x\n", "RecursionError"),
    ],
)
async def test_a_solution_that_does_not_answer_is_named_for_what_it_did(solution: str, why: str):
    tested = await run_tests(solution, CHECK, "add", limits=Limits(cpu=1, wall=1.0 if "sleep" in solution else 12.0))
    assert tested.passed == 0
    assert why in (tested.error or "")


async def test_tests_that_were_late_are_run_once_more_with_more_time(monkeypatch: pytest.MonkeyPatch):
    """As where a busy machine keeps them waiting; the second time it is the machine no longer."""
    walls: list[float] = []
    truly = module.launch

    async def busy(told: Any, stdin: bytes, limits: Limits, unprotected: bool) -> Raw:
        walls.append(limits.wall)
        return await truly(told, stdin, replace(limits, wall=0.05) if len(walls) == 1 else limits, unprotected)

    monkeypatch.setattr(module, "launch", busy)
    tested = await run_tests("import time\ndef add(a, b):\n    time.sleep(0.2)\n    return a + b\n", CHECK, "add")
    assert tested.solved, tested
    assert walls == [Limits().wall, 3 * Limits().wall]


async def test_what_passed_before_an_endless_loop_is_counted():
    tested = await add("def add(a, b):\n    while a < 0: pass\n    return a + b\n")
    assert (tested.passed, tested.solved) == (1, False)


async def test_a_class_stays_with_the_solution_and_is_used_from_the_tests():
    solution = """
class Stack:
    def __init__(self, items=()): self.items = list(items)
    def push(self, item): self.items.append(item); return self
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __contains__(self, item): return item in self.items
def total(stack): return sum(stack)
"""
    tests = "s = Stack([1])\nassert s.push(2) is not None\nassert len(s) == 2 and list(s) == [1, 2] and 2 in s\n"
    tests += "assert total(s) == 3\nassert s.pop() == 2 and s.items == [1]\n"
    tests += "def test_empty():\n    try: Stack().pop()\n    except IndexError: return\n    assert False\n"
    tested = await run_tests(solution, tests, "Stack, total", limits=QUICK)
    assert (tested.passed, tested.failed, tested.error) == (5, 0, None)


async def test_changed_arguments_and_iterators_and_rare_numbers_come_back():
    solution = """
from fractions import Fraction
def f(kind, value):
    if kind == 'sort': value.sort(); return None
    if kind == 'add': value['new'] = {1, 2}; return value
    if kind == 'walk': return (x * 2 for x in value)
    if kind == 'half': return Fraction(1, 2)
    if kind == 'same': return value
"""
    tests = """
from fractions import Fraction
x = [3, 1, 2]
f('sort', x)
assert x == [1, 2, 3]
y = {}
assert f('add', y) == {'new': {1, 2}} == y
assert list(f('walk', [1, 2])) == [2, 4]
assert f('half', 0) == Fraction(1, 2)
for value in (10**5000, -1.5, float('inf'), 'ü\\ud800', b'x', (1, [2, {3: None}]), frozenset({1}), 1j, True):
    assert f('same', value) == value and type(f('same', value)) is type(value)
"""
    tested = await run_tests(solution, tests, "f", limits=QUICK)
    assert (tested.passed, tested.failed, tested.error) == (13, 0, None)


@pytest.mark.parametrize(
    ("tests", "why"),
    [("x = 1\n", "tested nothing"), ("raise KeyError('a')\n", "KeyError"), ("assert add(lambda: 1, 2)\n", "function")],
)
async def test_tests_that_cannot_tell_solve_nothing(tests: str, why: str):
    tested = await add(ADD, tests)
    assert not tested.solved
    assert why in (tested.error or "")


@pytest.mark.parametrize(("tests", "entry"), [("def (", "add"), (CHECK, "no name"), (CHECK, "")])
async def test_tests_that_are_none_are_a_fault_of_the_data(tests: str, entry: str):
    with pytest.raises(DataError):
        await run_tests(ADD, tests, entry)
