"""Lenses over a whole log: what did the assistant do in it, how often, and how sure can one be?

In come paths and Settings; out come two tables, the rejects and an Audit. The work is shared out by byte range, so one
large file uses every core. Easy to get wrong: nothing may be half-written. Parts gather in a folder of their own,
whole files are named last, and a run that was interrupted goes on where it stopped, under the same settings only.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import NoReturn

import orjson

from .. import logs
from ..errors import NothingReadable, OvertureError, UsageError
from ..lenses import chosen
from .differences import Difference
from .estimates import Figure
from .files import keep_apart, only_one, writable, write_whole
from .judge import Judged, judge_all, sampled
from .kinds import Part, Settings
from .merge import Merge, Merged
from .piece import audit_range
from .result import Audit, result_of
from .runner import RUNNERS, run
from .unfinished import begin, store, stored

TABLES = ("messages.parquet", "conversations.parquet")
REJECTS = "rejects.jsonl"
WRITTEN = (*TABLES, REJECTS, "summary.json", "report.html")

Told = Callable[[int, int], None]
"""(done, of how many)."""

__all__ = ["Audit", "Difference", "Figure", "Settings", "audit_logs"]


def audit_logs(
    paths: str | Path | Iterable[str | Path],
    out: str | Path,
    settings: Settings | None = None,
    *,
    runner: str = "native",
    workers: int | None = None,
    fresh: bool = False,
    on_piece: Told = lambda done, total: None,
    on_judge: Told = lambda done, total: None,
) -> Audit:
    """Look at every conversation of these logs and write the tables to the folder `out`.

    `on_piece(done, total)` is called with bytes as pieces finish, `on_judge` with verdicts. Raises NothingReadable
    where there is no conversation, UsageError on what cannot work, before any work, and ConfigurationChanged where
    `out` holds an unfinished run of other settings or inputs, or what another command left (`fresh` writes over both).
    """
    began = time.monotonic()
    settings = settings or Settings()
    given = [str(paths)] if isinstance(paths, str | Path) else [str(p) for p in paths]
    out = Path(out)
    before = _left_before(out)
    files = [file for file in logs.expand(given) if file in given or Path(file).resolve() not in before]
    if not files:
        raise NothingReadable(f"{', '.join(given)[:200]}: nothing there but what an earlier audit left")
    settings = replace(settings, root=_shared_folder(files))
    _refuse(files, out, settings, runner)
    with only_one(out):
        if not fresh:
            keep_apart(out, "audit")
        pieces = [piece for file in files for piece in logs.pieces(file)]
        folder = out / ".parts"
        begin(folder, settings, pieces, fresh)
        parts = _looked(pieces, settings, folder, runner, workers, on_piece)
        if not any(part.good for part in parts):
            _give_up(parts, folder, out, given)
        with _refused_whole(folder):
            merged = Merge(parts, settings, folder).run()
        result = result_of(parts, merged, settings)
        if settings.judge:
            _judge(result, parts, merged, settings.judge, out, on_judge)
        _write_rejects(parts, folder, out)
        for table in TABLES:
            (folder / table).replace(out / table)
        result.counts["sha256"] = {file: _sha256(out / file) for file in (*TABLES, REJECTS)}
        result.run = {"seconds": round(time.monotonic() - began, 2), "runner": runner, "workers": workers}
        write_whole(out / "summary.json", orjson.dumps(result.summary(), option=orjson.OPT_INDENT_2))
        shutil.rmtree(folder)
        return result


def _left_before(out: Path) -> set[Path]:
    """What an earlier audit left in this folder: where the logs' own folder holds it, it is no log."""
    summary, rejects = out / "summary.json", out / REJECTS
    try:
        if summary.exists() and orjson.loads(summary.read_bytes()).get("command") == "audit":
            names = (*WRITTEN, "judge.sqlite")
        else:
            with rejects.open("rb") as file:
                names = (REJECTS,) if file.read(8) == b'{"file":' else ()
    except (OSError, ValueError, AttributeError):
        return set()
    return {(out / name).resolve() for name in names}


def _looked(
    pieces: list[logs.Piece], settings: Settings, folder: Path, runner: str, workers: int | None, on_piece: Told
) -> list[Part]:
    """The parts of all pieces, in their order: those that the folder holds, and the others once they are made."""
    names = {f"{number:06d}": piece for number, piece in enumerate(pieces)}
    parts = {name: part for name in names if (part := stored(folder / f"{name}.part")) is not None}
    total = sum(p.end - p.start for p in pieces)
    done = sum(names[name].end - names[name].start for name in parts)
    on_piece(done, total)
    jobs = [
        (f"piece {number}, {piece.file} from {piece.start} to {piece.end}", (piece, settings, folder, name))
        for number, (name, piece) in enumerate(names.items(), 1)
        if name not in parts
    ]
    with _refused_whole(folder):
        for _, part in run(audit_range, jobs, runner, workers):
            store(folder / f"{part.name}.part", part)
            parts[part.name] = part
            done += part.piece.end - part.piece.start
            on_piece(done, total)
    return [parts[name] for name in names]


@contextmanager
def _refused_whole(folder: Path) -> Generator[None]:
    """Settings that only the work shows to be wrong, as too many groups, leave no parts to keep the right ones out."""
    try:
        yield
    except UsageError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _give_up(parts: list[Part], folder: Path, out: Path, given: list[str]) -> NoReturn:
    """Leave the rejects, and raise NothingReadable with the first of their reasons."""
    _write_rejects(parts, folder, out)
    shutil.rmtree(folder)
    with (out / REJECTS).open("rb") as file:
        first = file.readline()
    reason = orjson.loads(first)["reason"] if first else "nothing in it"
    raise NothingReadable(
        f"no conversation in {', '.join(given)[:200]}: {reason[:300]}; {out / REJECTS} has every record "
        "that was rejected, and `overture audit --help` the formats that are read"
    )


def _refuse(files: list[str], out: Path, settings: Settings, runner: str) -> None:
    """What would fail after hours of work fails before it; and no input is ever written over."""
    if runner not in RUNNERS:
        raise UsageError(f"there is no runner {runner!r}; the runners are {' and '.join(RUNNERS)}")
    chosen(settings.lenses)
    if out.exists() and not out.is_dir():
        raise OvertureError(f"{out} is a file; --out takes a folder for the results")
    if writable(str(out)) != str(out):
        raise UsageError(
            f"the name {writable(str(out))} is not UTF-8, and parquet cannot be written there; give another --out"
        )
    if settings.judge:
        from ..models import load
        from ..models.loop import to_the_end

        to_the_end(load(settings.judge).close())
    for name in WRITTEN:
        for file in files:
            if (out / name).exists() and Path(file).exists() and Path(file).samefile(out / name):
                raise UsageError(f"{file} is an input and would be written over; give another --out")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _judge(result: Audit, parts: list[Part], merged: Merged, judge: str, out: Path, on_judge: Told) -> None:
    from ..models import Cached, load
    from ..models.loop import to_the_end

    sample = sampled(parts, result.settings.judge_sample)
    total, done = sum(map(len, sample.values())), 0

    def step() -> None:
        nonlocal done
        done += 1
        on_judge(done, total)

    async def ask() -> Judged:
        async with Cached(load(judge), out / "judge.sqlite") as model:
            return await judge_all(model, sample, merged.tallies, step)

    on_judge(0, total)
    judged = to_the_end(ask())
    result.judged, result.corrected = judged, judged.figures
    result.counts["judged"] = {
        "messages": judged.messages,
        "conversations": judged.conversations,
        "unscored": judged.unscored,
    }


def _shared_folder(files: list[str]) -> str:
    folders = [os.path.dirname(file) for file in files]
    shared = os.path.commonpath(folders) if all(folders) and len({os.path.isabs(f) for f in folders}) == 1 else ""
    return f"{shared}/" if shared else ""


def _write_rejects(parts: list[Part], folder: Path, out: Path) -> None:
    beside = out / f"{REJECTS}.part"
    with beside.open("wb") as target:
        for part in parts:
            with (folder / f"{part.name}.{REJECTS}").open("rb") as source:
                shutil.copyfileobj(source, target)
    beside.replace(out / REJECTS)
