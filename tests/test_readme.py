"""The README's own examples: every Python block runs, every command it shows exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
SHELL = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines() if line.startswith("overture ")]


def test_there_are_examples() -> None:
    assert PYTHON
    assert SHELL


@pytest.mark.parametrize("code", PYTHON)
def test_python_example_runs(code: str, tmp_path: Path) -> None:
    log = '{"messages": [{"role": "user", "content": "Book me a table for tonight."}, '
    log += '{"role": "assistant", "content": "For how many people, and at what time?"}]}\n'
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "today.jsonl").write_text(log * 3)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("line", SHELL)
def test_command_and_its_flags_exist(line: str) -> None:
    from typer.main import get_command

    from overture.cli import app

    command = get_command(app)
    words = line.split("#")[0].split()[1:]
    while words and hasattr(command, "commands") and words[0] in command.commands:  # type: ignore[attr-defined]
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    flags = [word.split("=")[0] for word in words if word.startswith("--")]
    assert not hasattr(command, "commands"), f"no such command: {line}"
    assert set(flags) <= known | {"--help"}, line


def test_what_is_to_be_cited_is_this_version() -> None:
    from overture import __version__

    root = Path(__file__).parent.parent
    assert f"\nversion: {__version__}\n" in (root / "CITATION.cff").read_text("utf-8")
