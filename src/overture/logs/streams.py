"""Bytes of a log, opened by what they are: plain, gzip or zstd, read forward once with memory that stays flat.

In comes a path; out comes a buffered stream of decompressed bytes and, of it, lines with their offsets. Easy to get
wrong: compressed data may end early or break in the middle. That is no exception here: the stream ends, `fault` says
why, and what came before it counts. And a line belongs to the range in which it starts, so that pieces of any size
add up to the whole file.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

LIMIT = 16 * 1024 * 1024
"""Bytes. A longer record is rejected with its size, and is never held in memory."""

FEED = 1024
"""Compressed bytes given to the decompressor at a time: 1 KiB of zstd can stand for 32 MiB, so this bounds memory."""

BUFFER = 1024 * 1024

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
BOM = b"\xef\xbb\xbf"


class _Inflated(io.RawIOBase):
    """The decompressed bytes of a gzip or zstd file of one or more members."""

    def __init__(self, raw: io.BufferedReader, magic: bytes) -> None:
        super().__init__()
        self._raw, self._magic = raw, magic
        self._decoder: Any = self._fresh()
        self._input = b""
        self._ready = memoryview(b"")
        self.fault = ""

    def _fresh(self) -> Any:
        if self._magic == GZIP:
            return zlib.decompressobj(wbits=31)
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._ready:
            if self.fault or not self._advance():
                return 0
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _advance(self) -> bool:
        """Decompress a little more; False at the end, with `fault` set if it is not a proper one."""
        import zstandard

        data = self._input or self._raw.read(FEED)
        self._input = b""
        if self._decoder.eof:
            data = data.lstrip(b"\0") if self._magic == GZIP else data  # tape blocks are padded with zeros
            if not data:
                return bool(self._raw.peek(1))
            while len(data) < 4 and (more := self._raw.read(FEED)):
                data += more
            if not data.startswith(self._magic) and data[1:4] != b"\x2a\x4d\x18":  # the latter: a skippable frame
                self.fault = "bytes that are not compressed data after the compressed data"
                return False
            self._decoder = self._fresh()
        elif not data:
            self.fault = "the compressed data is cut off"
            return False
        try:
            self._ready = memoryview(self._decoder.decompress(data))
        except (zlib.error, zstandard.ZstdError):
            self.fault = "the compressed data is damaged"
            return False
        if self._decoder.eof:
            self._input = self._decoder.unused_data
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Opened:
    """An open log."""

    file: io.BufferedReader
    inflated: _Inflated | None

    @property
    def compressed(self) -> bool:
        return self.inflated is not None

    @property
    def fault(self) -> str:
        """Why the stream ended early, or empty. Known only at its end."""
        return self.inflated.fault if self.inflated else ""


@contextmanager
def opened(path: str) -> Generator[Opened]:
    """Open a log for reading. Raises OSError."""
    raw: io.BufferedReader = io.BufferedReader(cast("io.RawIOBase", io.FileIO(path)), BUFFER)
    head = raw.peek(4)[:4]
    magic = next((known for known in (GZIP, ZSTD) if head.startswith(known)), b"")
    inflated = _Inflated(raw, magic) if magic else None
    file: io.BufferedReader = io.BufferedReader(inflated, BUFFER) if inflated else raw
    with file:
        yield Opened(file, inflated)


def lines(file: io.BufferedReader, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes | int]]:
    """(offset, line) of each line that starts in start ≤ offset < end; for a line over LIMIT its size, not its bytes.

    Without an end, to the file's. Lines keep theirs, so that a last line without one can be told. Compressed streams
    can only start at 0.
    """
    position = start
    if start:
        file.seek(start - 1)
        position += _skip_line(file) - 1
    while end is None or position < end:
        line = file.readline(LIMIT + 2)
        if not line:
            return
        size = len(line)
        if size > LIMIT and len(line.rstrip(b"\r\n")) > LIMIT:
            if not line.endswith(b"\n"):
                size += _skip_line(file)
            yield position, size
        else:
            yield position, line
        position += size


def _skip_line(file: io.BufferedReader) -> int:
    """Read past the next line end; how many bytes that took."""
    skipped = 0
    while part := file.readline(BUFFER):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
