"""One row of work: read a piece of a log, look through the lenses, write both tables' parts.

In come a Piece, Settings and a folder; out comes a Part. The same function runs in this process, in a spawned one, or
as a task on a cluster; it needs nothing but its arguments. Easy to get wrong: every number here must depend on the
piece and the settings alone, or the result would change with the number of workers.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from ..conversation import Conversation
from ..errors import UsageError
from ..lenses import Columns, look
from ..lenses.batch import Batch, lay_flat
from ..logs import Piece, Reject, read_piece
from .examples import example_of
from .files import writable
from .judge import conversation_candidate, message_candidate
from .kinds import EVERYTHING, KEYLESS, PLACES, Candidate, Example, Part, Settings
from .preference import Side, sides_of
from .tables import conversation_table, message_table, table_writer

MESSAGES = 1024
CHARACTERS = 2_000_000
"""A batch ends when it holds this many of either, so memory does not depend on the log."""
ROW_GROUP = 16_384
MOST_GROUPS = 200
"""Every group keeps replicates and examples in memory, so a key that all but names the conversation is refused."""


T = TypeVar("T")


def rank(seed: int, *words: str) -> int:
    """A number in 0 … 2^63 that depends on these words and the seed alone."""
    digest = blake2b("\x1f".join(words).encode("utf-8", "surrogatepass"), digest_size=8, key=str(seed).encode())
    return int.from_bytes(digest.digest(), "big") >> 1


def group_of(conversation: Conversation, settings: Settings) -> str:
    """The group that a conversation is counted in."""
    if settings.group_by is None:
        return EVERYTHING
    if settings.group_by == "file":
        return writable(conversation.source.removeprefix(settings.root))
    value = conversation.metadata.get(settings.group_by)
    name = KEYLESS if value is None else writable(str(value))
    return f"({name})" if name == EVERYTHING else name


class Lowest(Generic[T]):
    """The few items of lowest rank that were offered; of equal ranks, the first offered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[int] = []
        self._held: dict[int, T] = {}

    def wants(self, rank: int) -> bool:
        """Whether an item of this rank would be kept, so that it need not be made in vain."""
        if rank in self._held:
            return False
        return len(self._heap) < self._most or (bool(self._heap) and rank < -self._heap[0])

    def offer(self, rank: int, item: T) -> None:
        """Keep it, if it is among the lowest so far."""
        if not self.wants(rank):
            return
        self._held[rank] = item
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, -rank)
        else:
            del self._held[-heapq.heapreplace(self._heap, -rank)]

    def items(self) -> list[T]:
        """Lowest rank first."""
        return [self._held[rank] for rank in sorted(self._held)]


def audit_range(piece: Piece, settings: Settings, folder: Path, name: str) -> Part:
    """Read, look and write one piece. What is returned says that its files are whole; before that they are not.

    Raises UsageError where `group_by` makes more groups than MOST_GROUPS.
    """
    work = _Work(piece, settings, folder / name)
    # The last digit of a product of matrices depends on how many threads share it, and the result must not.
    with threadpool_limits(1, user_api="blas"):
        try:
            for batch in batches(read_piece(piece), work.reject):
                work.see(lay_flat(batch))
        finally:
            work.close()
    return work.part(name)


def batches(
    items: Iterator[Conversation | Reject], on_reject: Callable[[Reject], None]
) -> Iterator[list[Conversation]]:
    """Conversations in lists of about MESSAGES messages."""
    held: list[Conversation] = []
    messages = characters = 0
    for item in items:
        if isinstance(item, Reject):
            on_reject(item)
            continue
        held.append(item)
        messages += len(item.messages)
        characters += sum(len(message.content or "") for message in item.messages)
        if messages >= MESSAGES or characters >= CHARACTERS:
            yield held
            held, messages, characters = [], 0, 0
    if held:
        yield held


class _Work:
    """The open files and running counts of one piece."""

    def __init__(self, piece: Piece, settings: Settings, stem: Path) -> None:
        self.piece, self.settings, self.stem = piece, settings, stem
        self.good = self.bad = 0
        self.unscored: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.places: dict[str, list[str]] = {}
        self.figures: tuple[str, ...] = ()
        self.sides: list[Side] = []
        self._examples: dict[str, Lowest[Example]] = {}
        sample = settings.judge_sample if settings.judge else 0
        self._candidates = {kind: Lowest[Candidate](sample) for kind in ("messages", "conversations")}
        self._rejects = self._file("rejects.jsonl").open("wb")
        self._counts = self._file("counts.f32").open("wb")
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._held: dict[str, list[pa.Table]] = {"messages": [], "conversations": []}
        self._rows: Counter[str] = Counter()

    def _file(self, kind: str) -> Path:
        return self.stem.with_name(f"{self.stem.name}.{kind}")

    def reject(self, found: Reject) -> None:
        self.bad += 1
        reason = found.reason[:80]
        self.reasons[reason] += 1
        if self.reasons[reason] <= PLACES:
            self.places.setdefault(reason, []).append(f"{writable(found.file)} at {found.offset:,}")
        row = {"file": writable(found.file), "offset": found.offset, "reason": found.reason}
        self._rejects.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def see(self, batch: Batch) -> None:
        seen = look(batch, self.settings.lenses, self.settings.careful)
        groups = [group_of(c, self.settings) for c in batch.conversations]
        hashes = [c.content_hash for c in batch.conversations]
        self._write("messages", message_table(batch, seen))
        self._write("conversations", conversation_table(batch, seen, groups, hashes))
        ratios = {name: ratio for columns in seen.values() for name, ratio in columns.figures.items()}
        self.figures = tuple(ratios)
        if ratios:
            both = [part for ratio in ratios.values() for part in ratio]
            self._counts.write(np.stack(both, axis=1).astype(np.float32).tobytes())
        self.good += len(batch.conversations)
        self.unscored.update({name: columns.unscored for name, columns in seen.items()})
        gaps = seen["gaps"].scores if "gaps" in seen else None
        self.sides.extend(sides_of(batch, seen["moves"].scores, gaps))
        self._keep(batch, seen, groups, hashes)

    def _keep(self, batch: Batch, seen: dict[str, Columns], groups: list[str], hashes: list[str]) -> None:
        moves = seen["moves"].scores
        for number, (group, digest) in enumerate(zip(groups, hashes, strict=True)):
            place = rank(self.settings.seed, "example", digest)
            if group not in self._examples:
                self._examples[group] = Lowest(self.settings.examples)
                refuse_too_many(len(self._examples), self.settings)
            kept = self._examples[group]
            if kept.wants(place):
                kept.offer(place, example_of(batch, moves, number, place, group))
        if self.settings.judge:
            self._sample(batch, seen, groups, hashes)

    def _sample(self, batch: Batch, seen: dict[str, Columns], groups: list[str], hashes: list[str]) -> None:
        moves, seed = seen["moves"].scores, self.settings.seed
        kept = self._candidates["messages"]
        # With doubles counted each is drawn for itself; with doubles dropped, words are drawn once.
        first, file = self.good - len(hashes), writable(self.piece.file.removeprefix(self.settings.root))
        stem = f"{file}\x1f{self.piece.start}"
        places = hashes if self.settings.dedupe else [f"{stem}\x1f{first + i}" for i in range(len(hashes))]
        for at in np.flatnonzero((batch.side == 2) & moves.scored):
            owner = int(batch.conversation_of[at])
            place = rank(seed, "judge", places[owner], str(batch.index[at]))
            if kept.wants(place):
                kept.offer(place, message_candidate(batch, moves, int(at), place, groups[owner]))
        kept = self._candidates["conversations"]
        coded = seen["goals"].conversations["disjoint"].is_valid().to_pylist() if "goals" in seen else ()
        for number in np.flatnonzero(coded):
            place = rank(seed, "judge", places[number])
            if kept.wants(place):
                kept.offer(place, conversation_candidate(batch, seen["goals"], int(number), place, groups[number]))

    def _write(self, kind: str, table: pa.Table) -> None:
        self._held[kind].append(table)
        self._rows[kind] += len(table)
        if self._rows[kind] >= ROW_GROUP:
            self._flush(kind)

    def _flush(self, kind: str) -> None:
        held = self._held[kind]
        if held:
            table = pa.concat_tables(held)
            if kind not in self._writers:
                self._writers[kind] = table_writer(self._file(f"{kind}.parquet"), table.schema)
            self._writers[kind].write_table(table, row_group_size=len(table))
            held.clear()
            self._rows[kind] = 0

    def close(self) -> None:
        for kind in self._held:
            self._flush(kind)
        for writer in self._writers.values():
            writer.close()
        self._rejects.close()
        self._counts.close()

    def part(self, name: str) -> Part:
        return Part(
            self.piece,
            name,
            self.good,
            self.bad,
            dict(self.unscored),
            dict(self.reasons),
            {reason: tuple(found) for reason, found in self.places.items()},
            self.figures,
            tuple(example for kept in self._examples.values() for example in kept.items()),
            {kind: tuple(kept.items()) for kind, kept in self._candidates.items()},
            tuple(self.sides),
        )


def refuse_too_many(groups: int, settings: Settings) -> None:
    """Raises UsageError past MOST_GROUPS."""
    if groups > MOST_GROUPS:
        raise UsageError(
            f"--group-by {settings.group_by} makes more than {MOST_GROUPS} groups; give a key that fewer values share"
        )
