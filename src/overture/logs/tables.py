"""Rows of a parquet log, a few at a time.

In comes a path and a run of row groups; out come rows as dictionaries with their numbers. Easy to get wrong: a row
group may hold the whole file. Rows are read in small batches through a small buffer, and nested columns that no
format reads (moderation scores) are left on the disk. A row group that cannot be read is as many bad rows as it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ..errors import BadRecord

MAGIC = b"PAR1"
BATCH = 64
READ_NESTED = frozenset(
    {"conversation", "conversations", "messages", "chosen", "rejected", "prompt", "traj", "actions"}
    | {"request", "response", "body", "metadata", "mapping", "user_record", "reward_info", "scores"}
    | {"choices", "input", "output", "inputs", "outputs", "output_message", "completion", "system", "answer"}
    | {"decisions", "outcome", "attributes", "events"}
    | {"attributes.llm.input_messages", "attributes.llm.output_messages"}
)
"""Columns that are lists or objects and are read all the same."""


def _file(path: str) -> Any:
    return _arrow("pyarrow.parquet").ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)


def _arrow(name: str = "pyarrow") -> Any:
    """pyarrow, when it is first needed. It comes without types."""
    return import_module(name)


def columns_of(path: str) -> list[str]:
    """The names of the columns that are read. Raises BadRecord where the file is not whole."""
    arrow = _arrow()
    try:
        with _file(path) as table:
            schema: Any = table.schema_arrow
            nested = arrow.types.is_nested
            return [column.name for column in schema if column.name in READ_NESTED or not nested(column.type)]
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise BadRecord("a parquet file that is cut off or damaged: its footer cannot be read") from error


def runs(path: str, size: int) -> list[tuple[int, int]]:
    """Runs of row groups [start, end) of about `size` bytes each, at least one group a run."""
    with _file(path) as table:
        about = table.metadata
        groups = [int(about.row_group(index).total_byte_size) for index in range(about.num_row_groups)]
    found: list[tuple[int, int]] = []
    start = held = 0
    for index, group in enumerate(groups):
        held += group
        if held >= size:
            found.append((start, index + 1))
            start, held = index + 1, 0
    if start < len(groups):
        found.append((start, len(groups)))
    return found or [(0, 0)]


def rows(path: str, start: int, end: int) -> Iterator[tuple[int, dict[str, Any] | BadRecord]]:
    """(number, row) of the row groups start ≤ g < end; the number counts the rows of the whole file from 0."""
    arrow, columns = _arrow(), columns_of(path)
    with _file(path) as table:
        counts = [int(table.metadata.row_group(index).num_rows) for index in range(end)]
        number = sum(counts[:start])
        for group in range(start, end):
            past = number + counts[group]
            try:
                for batch in table.iter_batches(batch_size=BATCH, row_groups=[group], columns=columns):
                    for row in _rows(batch):
                        yield number, row
                        number += 1
            except (arrow.ArrowException, OSError, ValueError):
                for lost in range(number, past):
                    yield lost, BadRecord(f"row group {group} of the parquet file is damaged from here on")
            number = past


def _rows(batch: Any) -> Iterator[dict[str, Any] | BadRecord]:
    try:
        yield from batch.to_pylist()
        return
    except UnicodeDecodeError:  # raised before the first row is out
        pass
    for index in range(batch.num_rows):
        try:
            yield batch.slice(index, 1).to_pylist()[0]
        except UnicodeDecodeError:
            yield BadRecord("the row holds text that is not UTF-8")
