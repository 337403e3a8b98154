"""What all tests share: the folder of public data where it is present, and a log written in two lines.

In comes a test's request; out comes a path, or a skip that says why. Easy to get wrong: a test that needs the data and
does not find it must say so, or a machine without it would look like one on which everything holds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the public sets; skips where there is none."""
    given = os.environ.get("OVERTURE_DATA")
    for folder in (Path(given) if given else None, REPOSITORY.parent / "shared" / "data"):
        if folder is not None and folder.is_dir():
            return folder
    pytest.skip("the public data is not here (neither OVERTURE_DATA nor ../shared/data)")


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """`log(turns, turns, …, name=…)` writes a chat log; turns are texts, the user's first, or a whole record."""

    def write(*records: Iterable[str] | dict[str, Any] | bytes, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(map(_line, records)))
        return path

    return write


def _line(record: Iterable[str] | dict[str, Any] | bytes) -> bytes:
    if isinstance(record, bytes):
        return record + b"\n"
    if not isinstance(record, dict):
        sides = ("user", "assistant")
        record = {"messages": [{"role": sides[i % 2], "content": text} for i, text in enumerate(record)]}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
