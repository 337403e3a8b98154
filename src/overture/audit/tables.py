"""The rows of the two tables for one batch.

In come a Batch and the lenses' columns; out come arrow tables in the columns' stable order. Easy to get wrong: an id
or a file name from outside may hold what UTF-8 cannot write, and a table cannot either, so both go through
`writable`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..lenses import Columns
from ..lenses.batch import Batch
from .files import writable


def table_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A table's file, to be written a row group at a time."""
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)


def message_table(batch: Batch, seen: dict[str, Columns]) -> pa.Table:
    """The rows of `messages.parquet` for a batch."""
    owner = pa.array(batch.conversation_of)
    columns: dict[str, Any] = {
        "conversation_id": _texts(c.id for c in batch.conversations).take(owner),
        "source": _texts(c.source for c in batch.conversations).take(owner),
        "index": pa.array(batch.index),
        "role": pa.array([m.role for m in batch.messages], pa.string()),
        "name": _texts(m.name for m in batch.messages),
    }
    for part in seen.values():
        columns.update(part.messages)
    return pa.table(columns)


def _texts(texts: Iterable[str | None]) -> pa.Array:
    return pa.array([text and writable(text) for text in texts], pa.string())


def conversation_table(batch: Batch, seen: dict[str, Columns], groups: list[str], hashes: list[str]) -> pa.Table:
    """The rows of `conversations.parquet` for a batch."""
    columns: dict[str, Any] = {
        "conversation_id": _texts(c.id for c in batch.conversations),
        "content_hash": pa.array(hashes, pa.string()),
        "source": _texts(c.source for c in batch.conversations),
        "group": pa.array(groups, pa.string()),
        "messages": pa.array([len(c.messages) for c in batch.conversations], pa.int32()),
    }
    for part in seen.values():
        columns.update(part.conversations)
    return pa.table(columns)
