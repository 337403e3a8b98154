"""The process that runs the tests. The solution is in another one; here it is a name whose calls go there and back.

In come the tests' source and two pipes to the solution; the counts go into memory that only this process and its
parent share. Every assert counts and the tests go on after one that fails; a test function or method without any
counts as one. Easy to get wrong: what comes back is plain values, or a Remote that equals nothing, so the solution
can make no comparison true that is not.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import mmap
import os
import struct
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from .wire import Garbled, Unsendable, frame, read_frame

_COUNTS = struct.Struct("<IIII")
ROOM = 4096
"""Bytes of the shared counts: passed, failed, finished, and the length of the words that follow."""
_PASSED, _FAILED = "__overture_passed__", "__overture_failed__"


class Gone(BaseException):
    """The solution's process has ended or answers nonsense. No `except Exception` of a test may hide it."""


class Remote:
    """An object that stayed in the solution's process."""

    __slots__ = ("_at", "_link")

    def __init__(self, link: Link, at: int) -> None:
        self._link = link
        self._at = at

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._link.call(self._at, arguments, named)

    def __getattr__(self, name: str) -> Any:
        return self._link.ask(["get", self._at, name])[0]

    def __len__(self) -> int:
        return int(self.__getattr__("__len__")())

    def __getitem__(self, key: Any) -> Any:
        return self.__getattr__("__getitem__")(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.__getattr__("__setitem__")(key, value)

    def __contains__(self, key: Any) -> bool:
        return self.__getattr__("__contains__")(key) is True

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__getattr__("__iter__")())

    def __str__(self) -> str:
        return str(self.__getattr__("__str__")())

    def __bool__(self) -> bool:
        raise TypeError("the solution gave an object where the tests want a plain value")


class Link:
    """The way to the solution's process and back."""

    def __init__(self, ask: int, heard: int) -> None:
        self._ask = ask
        self._heard = heard

    def call(self, at: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        value, changed = self.ask(["call", at, list(arguments), named])
        for given, after in zip(arguments, changed or [], strict=False):
            _become(given, after)
        return value

    def ask(self, asks: list[Any]) -> tuple[Any, Any]:
        data = frame(asks, _number)
        try:
            while data:
                data = data[os.write(self._ask, data) :]
            answer = self.hear()
        except (BrokenPipeError, EOFError):
            raise Gone("the solution ended its process") from None
        except (Garbled, RecursionError, MemoryError):
            raise Gone("the solution's process answered nonsense") from None
        if answer[0] == "raise":
            kind: Any = getattr(builtins, str(answer[1]), None)
            if isinstance(kind, type) and issubclass(kind, Exception) and kind not in _ENDING:
                raise kind(str(answer[2]))
            raise RuntimeError(f"{answer[1]}: {answer[2]}")
        return answer[1], answer[2]

    def hear(self) -> list[Any]:
        """The next answer, a list. Raises EOFError at the end."""
        answer = read_frame(lambda size: os.read(self._heard, size), lambda at: Remote(self, at))
        if not isinstance(answer, list) or not answer or answer[0] not in _SHAPES or len(answer) != _SHAPES[answer[0]]:
            raise Garbled("not an answer")
        return answer


_ENDING = (StopIteration, StopAsyncIteration)
"""Would end a loop of the tests, such as one over `map`, as if all of it had been right."""
_SHAPES = {"ready": 1, "broken": 2, "raise": 3, "value": 3}


def _number(value: Any) -> int:
    if isinstance(value, Remote):
        return object.__getattribute__(value, "_at")
    raise Unsendable(f"the tests pass a {type(value).__name__}, which cannot be handed to the solution")


def _become(given: Any, after: Any) -> None:
    if isinstance(given, (list, bytearray)) and type(after) is type(given):
        given[:] = after
    elif isinstance(given, (dict, set)) and type(after) is type(given):
        given.clear()
        given.update(after)


class _Counting(ast.NodeTransformer):
    """assert x  →  try: assert x; except Exception: failed(); else: passed()"""

    def visit_Assert(self, node: ast.Assert) -> ast.Try:
        def tell(name: str) -> list[ast.stmt]:
            return [ast.Expr(ast.Call(ast.Name(name, ast.Load()), [ast.Constant(node.lineno)], []))]

        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, tell(_FAILED))
        return ast.Try([node], [handler], tell(_PASSED), [])


class _Tally:
    def __init__(self, shared: mmap.mmap) -> None:
        self.shared = shared
        self.passed = self.failed = 0
        self.words = ""

    def write(self, finished: bool = False) -> None:
        words = self.words.encode("utf-8", "replace")[: ROOM - _COUNTS.size - 8]
        _COUNTS.pack_into(self.shared, 0, self.passed, self.failed, finished, len(words))
        self.shared[_COUNTS.size : _COUNTS.size + len(words)] = words

    def good(self, line: int = 0) -> None:
        self.passed += 1
        self.write()

    def bad(self, line: int) -> None:
        kind, error = sys.exc_info()[:2]
        name = kind.__name__ if kind else "error"
        where = f"line {line} of the tests" if line else "the tests"
        self.trouble(f"{where}: {name}{f': {error}' if str(error) else ''}")

    def trouble(self, words: str) -> None:
        self.failed += 1
        self.words = self.words or words
        self.write()


def read(shared: mmap.mmap) -> list[Any]:
    """[passed, failed, whether the tests ran to their end, the first trouble in words]."""
    passed, failed, finished, size = _COUNTS.unpack_from(shared, 0)
    words = bytes(shared[_COUNTS.size : _COUNTS.size + size]).decode("utf-8", "replace")
    return [passed, failed, bool(finished), words]


def judge(tests: str, entries: list[str], ask: int, heard: int, shared: mmap.mmap) -> None:
    """Run the tests and leave the counts in `shared`."""
    tally = _Tally(shared)
    link = Link(ask, heard)
    try:
        first = link.hear()
        if first[0] == "ready":
            _all(tests, {entry: Remote(link, at) for at, entry in enumerate(entries)}, tally)
        else:
            tally.words = str(first[1])
    except (Gone, EOFError, Garbled) as error:
        tally.words = tally.words or str(error) or "the solution ended its process"
    tally.write(finished=True)


def _all(tests: str, objects: dict[str, Remote], tally: _Tally) -> None:
    solution = types.ModuleType("solution")
    solution.__dict__.update(objects)
    module = types.ModuleType("tests")
    sys.modules.update({"solution": solution, "tests": module})
    candidate = next(iter(objects.values()))
    module.__dict__.update({**objects, "candidate": candidate, _PASSED: tally.good, _FAILED: tally.bad})
    tree = ast.fix_missing_locations(_Counting().visit(ast.parse(tests)))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    def body() -> None:
        exec(compile(tree, "tests.py", "exec", dont_inherit=True), module.__dict__)

    if not _unit(body, tally, counts=False):
        return
    for name, value in list(module.__dict__.items()):
        if isinstance(value, types.FunctionType) and name not in called:
            if name == "check":
                _unit(lambda value=value: value(candidate), tally)
            elif name.startswith("test"):
                _unit(value, tally)
    _unittests(module, tally)


def _unit(action: Callable[[], Any], tally: _Tally, counts: bool = True) -> bool:
    """Run one test; whether it came to its end."""
    before = tally.passed + tally.failed
    try:
        with contextlib.redirect_stdout(None):
            action()
    except (Exception, SystemExit):
        tally.bad(0)
        return False
    if counts and tally.passed + tally.failed == before:
        tally.good()
    return True


def _unittests(module: types.ModuleType, tally: _Tally) -> None:
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return
    for value in list(module.__dict__.values()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "tests":
            for name in unittest.defaultTestLoader.getTestCaseNames(value):
                result = unittest.TestResult()
                before = tally.passed + tally.failed
                value(name).run(result)
                for _, words in [*result.failures, *result.errors]:
                    tally.trouble(f"{name}: {words.strip().splitlines()[-1]}")
                if tally.passed + tally.failed == before and not result.skipped:
                    tally.good()
