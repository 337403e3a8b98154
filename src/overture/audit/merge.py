"""Parts to results: the two tables in the order of the input, the figures, and what was double.

In come the parts of all pieces; out come whole files, named last, and Merged. Memory holds one row group, a hash of
eight bytes a conversation and the running sums. Easy to get wrong: which of two doubles is kept must not depend on
which worker was faster. The first in the order of the input is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..lenses.goals_figures import CEILING, Ceiling
from .estimates import Tally
from .kinds import EVERYTHING, Part, Settings
from .piece import rank, refuse_too_many
from .tables import table_writer


@dataclass
class Merged:
    """What all parts together say."""

    tallies: dict[str, Tally] = field(default_factory=dict[str, Tally])
    """Group → running sums; `all` is every conversation."""
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """(goal, action) → conversations, each counted once a pair."""
    doubles: int = 0
    kept: int = 0
    """Conversations in the tables."""
    messages: int = 0


class Merge:
    """Appends the parts of a folder, one after the other, to two whole tables in that folder."""

    def __init__(self, parts: Sequence[Part], settings: Settings, folder: Path) -> None:
        self.parts, self.settings, self.folder = parts, settings, folder
        self.result = Merged()
        self.names = next((p.figures for p in parts if p.figures), ())
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._ceiling = Ceiling(settings.seed)

    def run(self) -> Merged:
        """Write both tables; once."""
        first = self._firsts()
        keep = first if self.settings.dedupe else np.ones_like(first)
        self.result.doubles = int((~first).sum())
        at = 0
        for part in self.parts:
            if part.good:
                self._append(part, keep[at : at + part.good])
                at += part.good
        for writer in self._writers.values():
            writer.close()
        return self.result

    def _path(self, part: Part, kind: str) -> Path:
        return self.folder / f"{part.name}.{kind}"

    def _firsts(self) -> NDArray[np.bool_]:
        """(conversations,) whether each is the first of its content, in the order of the input."""
        hashes = [
            pq.read_table(self._path(p, "conversations.parquet"), columns=["content_hash"])["content_hash"]
            for p in self.parts
            if p.good
        ]
        short = [np.array([int(h[:16], 16) for h in column.to_pylist()], np.uint64) for column in hashes]
        everything = np.concatenate(short) if short else np.zeros(0, np.uint64)
        first = np.zeros(len(everything), np.bool_)
        first[np.unique(everything, return_index=True)[1]] = True
        return first

    def _append(self, part: Part, keep: NDArray[np.bool_]) -> None:
        counts = np.fromfile(self._path(part, "counts.f32"), np.float32).reshape(part.good, 2 * len(self.names))[keep]
        messages_of: list[NDArray[Any]] = []
        at = 0
        for table, here in self._row_groups(part, "conversations", keep):
            messages_of.append(np.repeat(here, table["messages"].to_numpy()))
            kept = table.filter(pa.array(here)) if not here.all() else table
            self._count(kept, counts[at : at + len(kept)])
            self._write("conversations", kept)
            at += len(kept)
        self.result.kept += at
        for table, here in self._row_groups(part, "messages", np.concatenate(messages_of)):
            kept = table.filter(pa.array(here)) if not here.all() else table
            self._write("messages", kept)
            self.result.messages += len(kept)

    def _row_groups(
        self, part: Part, kind: str, keep: NDArray[np.bool_]
    ) -> Iterator[tuple[pa.Table, NDArray[np.bool_]]]:
        """(row group, which of its rows are kept) of one table of the part, in order."""
        file = pq.ParquetFile(self._path(part, f"{kind}.parquet"))
        at = 0
        for number in range(file.num_row_groups):
            table: pa.Table = file.read_row_group(number)
            yield table, keep[at : at + len(table)]
            at += len(table)

    def _write(self, kind: str, table: pa.Table) -> None:
        if kind not in self._writers:
            self._writers[kind] = table_writer(self.folder / f"{kind}.parquet", table.schema)
        self._writers[kind].write_table(table, row_group_size=max(1, len(table)))

    def _count(self, table: pa.Table, counts: NDArray[np.float32]) -> None:
        groups: list[str] = table["group"].to_pylist()
        ceiling = self._meetings(table, groups)
        rows = np.concatenate([counts.astype(np.float64), ceiling], axis=1)
        of_group = np.array(groups)
        for group in dict.fromkeys([EVERYTHING, *groups]):  # where nothing is grouped, EVERYTHING is the only one
            some = rows if group == EVERYTHING else rows[of_group == group]
            self._tally(group).add(some[:, : some.shape[1] : 2], some[:, 1::2])

    def _tally(self, group: str) -> Tally:
        if group not in self.result.tallies:
            refuse_too_many(len(self.result.tallies), self.settings)
            names = [*self.names, *(CEILING if self._goals else ())]
            self.result.tallies[group] = Tally(names, rank(self.settings.seed, "tally", group))
        return self.result.tallies[group]

    @property
    def _goals(self) -> bool:
        return "disjoint" in self.names

    def _meetings(self, table: pa.Table, groups: list[str]) -> NDArray[np.float64]:
        """(C, 4) numerator and denominator of the ceiling of `disjoint` and of `disjoint_corrected`."""
        if not self._goals:
            return np.zeros((len(table), 0))
        hashes, goals, actions = (table[c].to_pylist() for c in ("content_hash", "goal_iwas", "action_iwas"))
        for goal, action in zip(goals, actions, strict=True):
            self.result.matrix.update((g, a) for g in goal or () for a in action or ())
        columns = self._ceiling.add(groups, hashes, goals, actions)
        return np.array(
            [[x is True, x is not None, y is True, y is not None] for x, y in zip(*columns, strict=True)], float
        )
