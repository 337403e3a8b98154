"""Lenses over a whole log: what did the assistant do in it, how often, and how sure can one be?

In come paths and Settings; out come two tables, the rejects and an Audit. The work is shared out by byte range, so one
large file uses every core. Easy to get wrong: nothing may be half-written. Parts gather in a folder of their own,
whole files are named last, and a run that was interrupted goes on where it stopped, under the same settings only.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

import orjson

from .. import logs
from ..errors import NothingReadable, OvertureError, UsageError
from ..lenses import chosen
from .estimates import Difference, Figure, differences
from .files import write_whole
from .judge import Judged, judge_all
from .kinds import Candidate, Example, Part, Settings
from .merge import Merge, Merged
from .piece import EVERYTHING, PLACES, audit_range
from .preference import rewarded
from .runner import RUNNERS, run
from .unfinished import begin, store, stored

SCHEMA = 1
COMPARED = (
    "dialogue_initiative",
    "task_initiative",
    "trailing",
    "unasked",
    "done",
    "coached",
    "disjoint_corrected",
)
"""Figures that groups are compared in, besides the share of every move."""

__all__ = ["Audit", "Difference", "Figure", "Settings", "audit_logs"]


@dataclass
class Audit:
    """The result of an audit, ready to be shown."""

    settings: Settings
    counts: dict[str, Any]
    groups: dict[str, dict[str, Figure]]
    """Group → figure → value with interval; `all` comes first."""
    corrected: dict[str, dict[str, Figure]]
    """The same after correction by the judged sample; empty without a judge."""
    differences: list[Difference]
    matrix: Counter[tuple[str, str]]
    examples: list[Example]
    reasons: dict[str, int]
    """Reason of rejection → how often."""
    places: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Reason of rejection → file and offset, a few times."""
    judged: Judged | None = None
    preference: dict[str, Any] | None = None
    run: dict[str, Any] = field(default_factory=dict[str, Any])
    """What does not belong to the result: time, workers, runner."""

    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds."""
        groups = {
            group: {
                "figures": {name: f.to_dict() for name, f in figures.items()},
                **(
                    {"corrected": {n: f.to_dict() for n, f in self.corrected[group].items()}}
                    if group in self.corrected
                    else {}
                ),
            }
            for group, figures in self.groups.items()
        }
        return {
            "schema": SCHEMA,
            "command": "audit",
            "config": self.settings.to_dict(),
            "counts": self.counts,
            "groups": groups,
            "differences": [
                {name: getattr(d, name) for name in ("figure", "a", "b", "value", "low", "high", "p", "p_adjusted")}
                for d in self.differences
            ],
            **({"preference": self.preference} if self.preference else {}),
            "run": self.run,
        }


def audit_logs(
    paths: str | Path | Iterable[str | Path],
    out: str | Path,
    settings: Settings | None = None,
    *,
    runner: str = "native",
    workers: int | None = None,
    fresh: bool = False,
    on_piece: Callable[[int, int], None] = lambda done, total: None,
    on_judge: Callable[[int, int], None] = lambda done, total: None,
) -> Audit:
    """Look at every conversation of these logs and write the tables to the folder `out`.

    `on_piece(done, total)` is called with bytes as pieces finish. Raises NothingReadable where there is no
    conversation, ConfigurationChanged where `out` holds an unfinished run of other settings or inputs (`fresh` throws
    that away).
    """
    began = time.monotonic()
    settings = settings or Settings()
    given = [str(paths)] if isinstance(paths, str | Path) else [str(p) for p in paths]
    files = logs.expand(given)
    settings = replace(settings, root=_shared_folder(files))
    out = Path(out)
    _refuse(files, out, settings, runner)
    pieces = [piece for file in files for piece in logs.pieces(file)]
    folder = out / ".parts"
    names = {f"{number:06d}": piece for number, piece in enumerate(pieces)}
    begin(folder, settings, pieces, fresh)
    parts = {name: part for name in names if (part := stored(folder / f"{name}.part")) is not None}
    total = sum(p.end - p.start for p in pieces)
    done = sum(names[name].end - names[name].start for name in parts)
    on_piece(done, total)
    jobs = [
        (_where(piece, name), (piece, settings, folder, name)) for name, piece in names.items() if name not in parts
    ]
    for _, part in run(audit_range, jobs, runner, workers):
        store(folder / f"{part.name}.part", part)
        parts[part.name] = part
        done += part.piece.end - part.piece.start
        on_piece(done, total)
    ordered = [parts[name] for name in names]
    if not any(part.good for part in ordered):
        _write_rejects(ordered, folder, out)
        shutil.rmtree(folder)
        with (out / "rejects.jsonl").open("rb") as file:
            first = file.readline()
        reason = orjson.loads(first)["reason"] if first else "nothing in it"
        raise NothingReadable(
            f"no conversation in {', '.join(given)[:200]}: {reason[:300]}; {out / 'rejects.jsonl'} has every record "
            "that was rejected, and `overture audit --help` the formats that are read"
        )
    merged = Merge(ordered, settings, folder).run()
    result = _result(ordered, merged, settings)
    if settings.judge:
        _judge(result, ordered, merged, settings, out, on_judge)
    _write_rejects(ordered, folder, out)
    for kind in ("messages", "conversations"):
        (folder / f"{kind}.parquet").replace(out / f"{kind}.parquet")
    result.counts["sha256"] = {file: _sha256(out / file) for file in WRITTEN[:3]}
    result.run = {"seconds": round(time.monotonic() - began, 2), "runner": runner, "workers": workers}
    write_whole(out / "summary.json", orjson.dumps(result.summary(), option=orjson.OPT_INDENT_2))
    shutil.rmtree(folder)
    return result


WRITTEN = ("messages.parquet", "conversations.parquet", "rejects.jsonl", "summary.json", "report.html")


def _refuse(files: list[str], out: Path, settings: Settings, runner: str) -> None:
    """What would fail after hours of work fails before it; and no input is ever written over."""
    if runner not in RUNNERS:
        raise UsageError(f"there is no runner {runner!r}; the runners are {' and '.join(RUNNERS)}")
    chosen(settings.lenses)
    if out.exists() and not out.is_dir():
        raise OvertureError(f"{out} is a file; --out takes a folder for the results")
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


def _result(parts: list[Part], merged: Merged, settings: Settings) -> Audit:
    tallies = merged.tallies
    groups = {group: tally.figures() for group, tally in tallies.items()}
    names = next(iter(tallies.values())).names
    compared = [n for n in names if n in COMPARED or n.startswith("move:")]
    separate = {group: tally for group, tally in tallies.items() if group != EVERYTHING}
    unscored, reasons = Counter[str](), Counter[str]()
    places: dict[str, list[str]] = {}
    for part in parts:
        unscored.update(part.unscored)
        reasons.update(part.reasons)
        for reason, found in part.places.items():
            places[reason] = [*places.get(reason, []), *found][:PLACES]
    counts = {
        "good": sum(p.good for p in parts),
        "bad": sum(p.bad for p in parts),
        "unscored": dict(unscored),
        "doubles": merged.doubles,
        "conversations": merged.kept,
        "messages": merged.messages,
        "files": len({p.piece.file for p in parts}),
        "by_group": {group: int(tally.conversations) for group, tally in tallies.items()},
    }
    preference = rewarded([side for part in parts for side in part.sides])
    tested = differences(separate, compared) if 1 < len(separate) <= MOST_COMPARED else []
    return Audit(
        settings,
        counts,
        groups,
        {},
        tested,
        merged.matrix,
        _examples(parts, settings),
        dict(reasons),
        places,
        preference=preference,
    )


MOST_COMPARED = 12
"""With more groups than this there are no pairwise comparisons: they would be all noise."""


def _examples(parts: list[Part], settings: Settings) -> list[Example]:
    """The examples of lowest rank, as many from every group as there is room for."""
    by_group: dict[str, dict[int, Example]] = {}
    for part in parts:
        for example in part.examples:
            by_group.setdefault(example.group, {}).setdefault(example.rank, example)
    queues = [sorted(found.values(), key=lambda e: e.rank) for found in by_group.values()]
    rounds = max(map(len, queues), default=0)
    picked = [queue[i] for i in range(rounds) for queue in queues if i < len(queue)]
    chosen = picked[: settings.examples]
    order = list(by_group)
    return sorted(chosen, key=lambda e: order.index(e.group))


def _judge(
    result: Audit,
    parts: list[Part],
    merged: Merged,
    settings: Settings,
    out: Path,
    on_judge: Callable[[int, int], None],
) -> None:
    from ..models import Cached, load
    from ..models.loop import to_the_end

    sample: dict[str, list[Candidate]] = {}
    for kind in ("messages", "conversations"):
        offered: dict[int, Candidate] = {}
        for candidate in (c for part in parts for c in part.candidates.get(kind, ())):
            offered.setdefault(candidate.rank, candidate)
        sample[kind] = [offered[place] for place in sorted(offered)][: settings.judge_sample]
    total, done = sum(map(len, sample.values())), 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        on_judge(done, total)

    async def ask() -> Judged:
        async with Cached(load(str(settings.judge)), out / "judge.sqlite") as model:
            return await judge_all(model, dict(sample), merged.tallies, step)

    on_judge(0, total)
    result.judged = to_the_end(ask())
    result.corrected = result.judged.figures
    result.counts["judged"] = {
        "messages": result.judged.messages,
        "conversations": result.judged.conversations,
        "unscored": result.judged.unscored,
    }


def _shared_folder(files: list[str]) -> str:
    folders = [os.path.dirname(file) for file in files]
    shared = os.path.commonpath(folders) if all(folders) and len({os.path.isabs(f) for f in folders}) == 1 else ""
    return f"{shared}/" if shared else ""


def _where(piece: logs.Piece, name: str) -> str:
    return f"piece {int(name) + 1}, {piece.file} from {piece.start} to {piece.end}"


def _write_rejects(parts: list[Part], folder: Path, out: Path) -> None:
    with (out / "rejects.jsonl.part").open("wb") as target:
        for part in parts:
            with (folder / f"{part.name}.rejects.jsonl").open("rb") as source:
                shutil.copyfileobj(source, target)
    (out / "rejects.jsonl.part").replace(out / "rejects.jsonl")
