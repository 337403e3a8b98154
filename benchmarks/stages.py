"""Where does the time of an audit go? The same calls as `audit_range` and `Merge` make, one stage after the other.

In comes a log; out come seconds a stage, on one thread. `speed.py` runs it beside the whole. Easy to get wrong: the
stages are timed a batch at a time and not a log at a time, so that memory and caches are as in a real audit; cutting
and looking up are also timed on their own (`of which`), and those lines are not part of the sum.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import table

LABELS = {
    "read": "read: bytes to conversations",
    "lay flat": "cut into segments, look up words",
    "cut": "… of which cutting",
    "look up": "… of which looking up",
    "moves": "lens `moves`",
    "moves columns": "lens `moves`: columns and counts",
    "goals": "lens `goals`, columns and all",
    "hashes": "content hashes, examples",
    "tables": "both tables to parquet",
    "bootstrap": "running sums of the intervals",
    "merge": "merging parts, bootstrap included",
}
WITHIN = ("cut", "look up", "bootstrap")


class _Clock:
    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - began


def seconds(log: Path) -> dict[str, float]:
    """Stage → seconds for the whole log."""
    import numpy as np

    from overture import logs
    from overture.audit import Settings, piece, tables
    from overture.audit.estimates import Tally
    from overture.audit.merge import Merge
    from overture.lenses import columns
    from overture.lenses.batch import lay_flat
    from overture.lenses.moves import look
    from overture.lenses.segments import segments
    from overture.lenses.words import vocabulary

    clock = _Clock()
    settings = replace(Settings(), root=f"{os.path.dirname(log)}/")
    words = vocabulary()
    counts: list[Any] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        parts: list[Any] = []
        for number, row in enumerate(logs.pieces(str(log))):
            work = piece._Work(row, settings, folder / f"{number:06d}")
            batches = piece.batches(logs.read_piece(row), work.reject)
            while True:
                with clock.stage("read"):
                    conversations = next(batches, None)
                if conversations is None:
                    break
                with clock.stage("cut"):
                    cut = [
                        text
                        for c in conversations
                        for m in c.messages
                        if m.role != "system"
                        for *_, text in segments(m)
                    ]
                with clock.stage("look up"):
                    for text in cut:
                        words.rows(text)
                with clock.stage("lay flat"):
                    batch = lay_flat(conversations)
                with clock.stage("moves"):
                    look(batch)
                with clock.stage("moves columns"):
                    seen = {"moves": columns.moves(batch, {})}
                with clock.stage("goals"):
                    seen["goals"] = columns.goals(batch, seen)
                with clock.stage("hashes"):
                    groups = [piece.group_of(c, settings) for c in conversations]
                    hashes = [c.content_hash for c in conversations]
                    work._keep(batch, seen, groups, hashes)
                with clock.stage("tables"):
                    work._write("messages", tables.message_table(batch, seen))
                    work._write("conversations", tables.conversation_table(batch, seen, groups, hashes))
                    ratios = {name: ratio for columns_ in seen.values() for name, ratio in columns_.figures.items()}
                    work.figures = tuple(ratios)
                    rows = np.stack([part for ratio in ratios.values() for part in ratio], axis=1)
                    work._counts.write(rows.astype(np.float32).tobytes())
                counts.append(rows)
                work.good += len(batch.conversations)
            with clock.stage("tables"):
                work.close()
            parts.append(work.part(f"{number:06d}"))
        with clock.stage("merge"):
            Merge(parts, settings, folder).run()
        with clock.stage("bootstrap"):
            tally = Tally(parts[0].figures)
            for rows in counts:
                tally.add(rows[:, ::2], rows[:, 1::2])
    # Columns are made of a second look; what is left after taking that look out is their own.
    clock.seconds["moves columns"] = max(0.0, clock.seconds["moves columns"] - clock.seconds["moves"])
    return dict(clock.seconds)


def text(rounds: list[dict[str, float]]) -> str:
    """Median seconds and shares by stage, as a table."""
    median = {name: statistics.median(r.get(name, 0.0) for r in rounds) for name in LABELS}
    whole = sum(value for name, value in median.items() if name not in WITHIN)
    rows = [[LABELS[n], f"{v:.2f}", f"{v / whole:.0%}"] for n, v in median.items()]
    return table(["stage", "seconds", "share"], [*rows, ["all", f"{whole:.2f}", "100%"]])
