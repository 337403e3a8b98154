"""The samples of an Inspect `.eval` file, which is a zip with one JSON file for each.

In comes a path; out come the bytes of each sample with the place of its entry in the file, and what the header says of
all of them. Easy to get wrong: a zip may promise a small entry and unpack a huge one, so no more than LIMIT is ever
read; newer logs compress with zstd, which this Python's zipfile does not know; and Inspect writes a score that is
unscored as NaN, which is no JSON and is null here.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import orjson

from ..errors import BadRecord
from .kinds import mapping
from .streams import LIMIT

MAGIC = b"PK\x03\x04"
_ZSTD_METHOD = 93
_LOCAL_HEADER = 30


def members(path: str) -> Iterator[tuple[int, bytes | BadRecord]]:
    """(offset, JSON) of each sample, in the order of their places. Raises BadRecord if this is no such archive."""
    with _archive(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
            if entry.filename.startswith("samples/") and entry.filename.endswith(".json"):
                content = _content(archive, entry)
                yield max(entry.header_offset, 0), content if isinstance(content, BadRecord) else without_nan(content)


_STRING_OR_NAN = re.compile(rb'("(?:[^"\\]++|\\.)*+")|NaN|-?Infinity', re.DOTALL)


def without_nan(raw: bytes) -> bytes:
    """JSON as Python writes it, with null for a bare NaN or Infinity."""
    if b"NaN" not in raw and b"Infinity" not in raw:
        return raw
    return _STRING_OR_NAN.sub(lambda found: found[1] or b"null", raw)


def header(path: str) -> dict[str, object]:
    """The log's header: `header.json`, or the journal's start of a run that did not finish. Raises BadRecord."""
    with _archive(path) as archive:
        for name in ("header.json", "_journal/start.json"):
            if name in archive.namelist():
                content = _content(archive, archive.getinfo(name))
                if isinstance(content, BadRecord):
                    raise content
                try:
                    return dict(mapping(orjson.loads(content)))
                except orjson.JSONDecodeError as error:
                    raise BadRecord(f"{name} of the archive is not JSON: model and task are unknown") from error
    return {}


def is_inspect(path: str) -> bool:
    """Whether the zip has what an Inspect log has. Raises BadRecord if it is no whole zip."""
    with _archive(path) as archive:
        names = archive.namelist()
    return any(name.startswith(("samples/", "_journal/")) or name == "header.json" for name in names)


def _archive(path: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise BadRecord("a zip file that is cut off or damaged: its directory cannot be read") from error


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | BadRecord:
    if entry.file_size > LIMIT:
        return BadRecord(f"the record has {entry.file_size} bytes, more than {LIMIT}")
    try:
        if entry.compress_type == _ZSTD_METHOD:
            content = _zstd(archive, entry)
        else:
            with archive.open(entry) as file:
                content = file.read(LIMIT + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        return BadRecord(f"the entry {entry.filename[:80]!r} of the zip cannot be unpacked: {type(error).__name__}")
    return content if len(content) <= LIMIT else BadRecord(f"the record has more than {LIMIT} bytes")


def _zstd(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    import zstandard

    file = cast("BinaryIO", archive.fp)
    file.seek(entry.header_offset)
    head = file.read(_LOCAL_HEADER)
    if len(head) < _LOCAL_HEADER or not head.startswith(MAGIC):
        raise zipfile.BadZipFile("no entry where the directory says there is one")
    file.seek(sum(struct.unpack("<HH", head[26:30])), io.SEEK_CUR)
    packed = io.BytesIO(file.read(min(entry.compress_size, LIMIT)))
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            content = reader.read(LIMIT + 1)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile("damaged data") from error
    if zlib.crc32(content) != entry.CRC:
        raise zipfile.BadZipFile("wrong checksum")
    return content
