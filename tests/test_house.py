"""The rules that keep the house whole: data flows down the list, and importing does nothing.

In comes the source itself; out comes the file and line that breaks a rule. Easy to get wrong: an import inside a
function or under TYPE_CHECKING ties two parts together as firmly as one at the top.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import overture as ov

PACKAGE = Path(ov.__file__).parent
ORDER = (
    ("conversation", "moves", "schemes", "errors", "own"),
    ("data",),
    ("models",),
    ("logs",),
    ("lenses",),
    ("audit",),
    ("tasks",),
    ("users",),
    ("simulate",),
    ("reward",),
    ("policies",),
    ("train",),
    ("serve",),
    ("claims",),
    ("report",),
    ("cli", "__main__"),
)
RANK = {part: number for number, parts in enumerate(ORDER) for part in parts}


def imported(path: Path, root: Path = PACKAGE) -> Iterator[tuple[int, str]]:
    """(line, dotted name within the package) of everything of overture that a file imports, wherever it does."""
    here = ("overture", *path.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "overture":
                    yield node.lineno, alias.name.removeprefix("overture").removeprefix(".")
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            target = [*base, *(node.module.split(".") if node.module else [])]
            if target and target[0] == "overture":
                within = target[1:]
                for alias in node.names:
                    yield node.lineno, ".".join(within or [alias.name])


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_file_belongs_to_a_part_of_the_house():
    assert {part_of(path) for path in sources()} <= RANK.keys()


def test_a_file_imports_only_from_its_own_line_or_above():
    broken = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in sources()
        for line, name in imported(path)
        if (first := name.split(".")[0]) in RANK and RANK[first] > RANK[part_of(path)]
    ]
    assert not broken, "\n".join(broken)


def test_the_report_is_handed_data_and_knows_only_plain_values():
    allowed = {"conversation", "moves", "errors", "report", "audit.estimates", "audit.differences", "audit.kinds"}
    broken = [
        f"{path.name}:{line} imports {name}"
        for path in sources()
        if part_of(path) == "report"
        for line, name in imported(path)
        if name.split(".")[0] in RANK and name not in allowed and name.split(".")[0] not in allowed
    ]
    assert not broken, "\n".join(broken)


def test_the_rule_sees_imports_wherever_they_stand(tmp_path: Path):
    (tmp_path / "lenses").mkdir()
    file = tmp_path / "lenses" / "bad.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from ..audit import Audit\n"
        "def f():\n    import overture.cli.audit\n    from .. import report, conversation\n    from . import batch\n"
        "    from overture.serve.proxy import x\n"
    )
    names = {name for _, name in imported(file, tmp_path)}
    assert names == {"audit", "cli.audit", "report", "conversation", "lenses", "serve.proxy"}


def test_the_names_of_the_package_all_resolve_and_are_few():
    assert len(ov.__all__) <= 30
    assert len(set(ov.__all__)) == len(ov.__all__)
    for name in ov.__all__:
        assert getattr(ov, name) is not None
    assert set(ov.__all__) <= set(dir(ov))
    with pytest.raises(AttributeError, match="no 'nonsense'"):
        ov.nonsense  # noqa: B018


IMPORTING = """
import logging, os, sys, threading
before = dict(os.environ), logging.root.handlers[:], logging.root.level, threading.active_count(), os.getcwd()
import overture
overture.__all__, overture.__version__
assert (dict(os.environ), logging.root.handlers, logging.root.level, threading.active_count(), os.getcwd()) == before
heavy = {"numpy", "pyarrow", "torch", "aiohttp", "pydantic", "typer", "rich", "jinja2", "xllamacpp", "orjson", "ray"}
print(sorted(heavy & sys.modules.keys()), [name for name in sys.modules if name.startswith("overture.")])
"""


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "PYTHONPATH": str(PACKAGE.parent),
        "PATH": os.environ["PATH"],
    }
    return subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=home, env=environment, capture_output=True, text=True, check=True
    )


def test_importing_does_nothing(tmp_path: Path):
    assert run(IMPORTING, tmp_path).stdout == "[] []\n"
    assert not list(tmp_path.iterdir())


def test_importing_takes_less_than_a_third_of_a_second(tmp_path: Path):
    def best(code: str) -> float:
        times: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            run(code, tmp_path)
            times.append(time.perf_counter() - began)
        return min(times)

    assert best("import overture") - best("pass") < 0.3
