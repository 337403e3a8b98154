"""Data sets and weights by name: is it here, is it really it, and if not, can it be had?

In comes a name (`in3/train.jsonl`, or a whole set: `in3`, `smollm2`); out goes a Path whose sha256 was checked.
It is looked for under the folder that OVERTURE_DATA names, then in the cache (OVERTURE_CACHE, else ~/.cache/overture),
and otherwise pulled into the cache. Easy to get wrong: a stamp (size, time, sha256) spares hashing a file at each
use, so it lives in the cache and is keyed by the whole path; deleting it only costs a rehash.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from pathlib import Path

from ..errors import ChecksumMismatch, DataError, UsageError
from .pulling import bring, whole
from .registry import ITEMS, Item

__all__ = ["ITEMS", "Item", "cache_folder", "find", "members", "path", "pull", "sha256_of"]


def cache_folder() -> Path:
    """Where pulled files are kept: OVERTURE_CACHE, else XDG_CACHE_HOME/overture, else ~/.cache/overture."""
    named = os.environ.get("OVERTURE_CACHE")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overture"


def members(name: str) -> list[Item]:
    """The items a name stands for: one file, or all of a set. Raises UsageError with the nearest names."""
    found = [item for item in ITEMS.values() if name in (item.name, item.set)]
    if not found:
        known = sorted({item.set for item in ITEMS.values()})
        near = difflib.get_close_matches(name, [*known, *ITEMS], n=4, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else f"the sets are {', '.join(known)}"
        raise UsageError(f"no data or weights named {name!r}; {hint}")
    return found


def find(name: str) -> Path | None:
    """The verified file, or a set's folder, if it is on this machine; never pulls.

    A set of one file stands for that file. Raises UsageError on an unknown name, ChecksumMismatch on a file that is
    not the registered one (it is renamed to `….refused`).
    """
    items = members(name)
    local = os.environ.get("OVERTURE_DATA")
    for root in (*([Path(local).expanduser()] if local else []), cache_folder()):
        if all((root / item.name).is_file() for item in items):
            for item in items:
                _verify(root / item.name, item)
            return _answer(root, items, name)
    return None


def path(name: str, progress: bool = True) -> Path:
    """As `find`, but what is missing is pulled. Raises DataError where it cannot be had."""
    return find(name) or pull(name, progress)


def pull(name: str, progress: bool = True) -> Path:
    """Bring a file or a set into the cache and verify it; what is there already is only verified.

    `progress` shows a bar on a terminal and plain lines otherwise, on stderr. Two processes may pull at once.
    """
    from filelock import FileLock  # not part of the standard library, and only needed here

    items = members(name)
    root = cache_folder()
    folder = root / items[0].set
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{items[0].set}.lock"):
            for item in items:
                if not (root / item.name).is_file():
                    bring(item, [i for i in items if i.package == item.package], root, progress)
                _verify(root / item.name, item)
    except OSError as error:
        raise DataError(
            f"{name}: cannot write to the cache {root} ({error.strerror or error}); set OVERTURE_CACHE to a folder "
            "that can be written"
        ) from error
    return _answer(root, items, name)


def sha256_of(file: Path) -> str:
    """The file's sha256 as hex, from its stamp where size and time are still the same."""
    state = file.stat()
    where = hashlib.sha256(os.fsencode(file.resolve())).hexdigest()
    stamp = cache_folder() / ".stamps" / where
    key = f"{state.st_size} {state.st_mtime_ns}"
    try:
        size_and_time, _, known = stamp.read_text("ascii").strip().rpartition(" ")
        if size_and_time == key and len(known) == 64:
            return known
    except (OSError, UnicodeDecodeError):
        pass  # no stamp, or none that can be read: hash the file
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        with whole(stamp) as beside:
            beside.write_text(f"{key} {digest}\n", "ascii")
    except OSError:
        pass  # a cache that cannot be written costs a rehash next time, nothing else
    return digest


def _verify(file: Path, item: Item) -> None:
    found = sha256_of(file)
    if found == item.sha256:
        return
    aside = file.with_name(file.name + ".refused")
    try:
        file.replace(aside)
        where = f"it was set aside as {aside}"
    except OSError as error:
        where = f"it could not be set aside ({error.strerror}); remove {file}"
    raise ChecksumMismatch(
        f"{item.name}: sha256 {found[:12]}… is not the registered {item.sha256[:12]}…; {where}. "
        f"Run `overture data pull {item.name}` for a fresh copy"
    )


def _answer(root: Path, items: list[Item], name: str) -> Path:
    return root / items[0].name if len(items) == 1 else root / name
