"""Files that are whole or not there. In come a path and bytes; out goes a file that a reader finds complete or not at
all.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, sync, rename. Makes the folder where it is lacking."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def writable(text: str) -> str:
    """The text as UTF-8 can hold it. The name of a file may hold bytes that are none: they are spelt out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
