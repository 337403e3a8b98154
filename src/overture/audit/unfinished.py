"""An audit that has begun and not ended: its parts, and what it was begun under.

In come settings and pieces; out come the parts that are done, if the folder holds a run of the very same. Easy to get
wrong: going on under other settings, other files, another version or other weights would mix two audits into one, so
it is refused with the difference shown; and the folder may be a stranger's, so a part may make its own classes and
nothing that could run code.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from .. import __version__
from ..errors import ConfigurationChanged, UsageError
from ..logs import Piece
from .files import writable, write_whole
from .kinds import Candidate, Example, Part, Settings, Span
from .preference import Side

MADE = {(one.__module__, one.__qualname__): one for one in (Part, Piece, Example, Span, Candidate, Side)}
"""All that a part is made of, beside texts, numbers and collections."""


@cache
def weights_digest() -> str:
    """12 hex digits that change when any lens's weights do."""
    digest = sha256()
    for file in sorted((files("overture.lenses") / "weights").iterdir(), key=lambda f: f.name):
        if file.name.endswith((".npz", ".txt", ".tsv")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def begin(folder: Path, settings: Settings, pieces: Sequence[Piece], fresh: bool) -> None:
    """Make the folder of parts, or find it as it was left. Raises ConfigurationChanged where it was another audit's."""
    now = _as_read(
        {
            **settings.to_dict(),
            "version": __version__,
            "weights": weights_digest(),
            "inputs": [[writable(p.file), p.format, p.start, p.end, *_stamp(p)] for p in pieces],
        }
    )
    config = folder / "config.json"
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if config.exists():
        before = orjson.loads(config.read_bytes())
        changed = [
            f"{name}: was {before.get(name)!r}, now {value!r}"
            for name, value in now.items()
            if name != "inputs" and before.get(name) != value
        ]
        if before.get("inputs") != now["inputs"]:
            changed.append("the input files are not the same, or have changed")
        if changed:
            raise ConfigurationChanged(
                f"{folder.parent} holds an unfinished audit of another configuration ({'; '.join(changed)}); "
                "give another --out, or --fresh to throw it away"
            )
    write_whole(config, orjson.dumps(now))


def _as_read(config: dict[str, Any]) -> dict[str, Any]:
    """As it will be when it is read again: tuples are lists."""
    return orjson.loads(orjson.dumps(config))


def _stamp(piece: Piece) -> list[int]:
    found = Path(piece.at or piece.file).stat() if piece.file != "-" else None
    return [found.st_size, found.st_mtime_ns] if found else []


def store(path: Path, part: Part) -> None:
    """Keep a part that is done."""
    write_whole(path, pickle.dumps(part))


def stored(path: Path) -> Part | None:
    """The part that was kept here, if one was. Raises UsageError where something else lies in its place."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file:
            part = _Parts(file).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise UsageError(f"{path} is no part that an audit kept ({error}); --fresh throws it away") from error
    if not isinstance(part, Part):
        raise UsageError(f"{path} is no part that an audit kept; --fresh throws it away")
    return part


class _Parts(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return MADE[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}") from None
