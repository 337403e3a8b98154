"""The records of one large JSON document, cut out one at a time without loading it.

In comes a stream that is an array of records, or an object with such an array under a known key, or JSON values one
after the other; out come the bytes of each record and its offset. Nothing is parsed here: brackets and strings are
followed, no more. Easy to get wrong: a torn record. A raw line end inside a string cannot be JSON, so the record is
given up there and the next one is looked for; after that a closing bracket no longer proves that the array ended.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .streams import LIMIT

CHUNK = 1024 * 1024
MOST_KEY = 200

_STRING = rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+("?)'
_REST = re.compile(_STRING, re.DOTALL)
_TOKEN = re.compile(rb'"' + _STRING + rb"|[{}\[\]]", re.DOTALL)
_QUOTE, _OPEN_LIST = ord('"'), ord("[")
_OPENING = frozenset(b"{[")

CUT_SHORT = "the file ends in the middle of this record"
NOT_CLOSED = "the file ends before its array is closed"
TRAILING = "text after the end of the array"


@dataclass(frozen=True, slots=True)
class Element:
    """A stretch of the document that should be one record."""

    offset: int
    raw: bytes
    """Empty where there is only a `fault` or where the record is too large."""
    size: int
    key: str = ""
    """For a value that stands beside the array: its key."""
    fault: str = ""
    """CUT_SHORT, NOT_CLOSED or TRAILING."""


class _Scan:
    """The signs of a stream, chunk by chunk: brackets, and where a string is torn. Whole strings are passed over."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.chunk = self._carry = b""
        self.at = 0
        """Where the chunk begins."""
        self._in_string = False
        self._string: re.Match[bytes] | bytes = b""

    @property
    def used(self) -> int:
        """How much of the chunk was read; the rest, half an escape at most, comes again with the next one."""
        return len(self.chunk) - len(self._carry)

    @property
    def key(self) -> str:
        """The string before the last sign. Of one that went on over several chunks, the beginning."""
        raw = self._string if isinstance(self._string, bytes) else self._string.group()
        return raw[1:-1].decode("utf-8", "replace")

    def advance(self) -> bool:
        """On to the next chunk; False at the end."""
        self.at += self.used
        data = self._file.read(CHUNK)
        if data:
            self.chunk, self._carry = self._carry + data, b""
        return bool(data)

    def signs(self) -> Iterator[tuple[int, int]]:
        """(place in the chunk, sign): a bracket, or a quote where a string is torn."""
        chunk, begin = self.chunk, 0
        if self._in_string:
            rest = _REST.match(chunk)
            assert rest is not None and isinstance(self._string, bytes)
            begin = rest.end()
            if len(self._string) < MOST_KEY:
                self._string += rest.group()
            self._in_string = not rest[1] and self._goes_on(begin)
            if self._in_string:
                return
            if not rest[1]:
                yield begin, _QUOTE
        for token in _TOKEN.finditer(chunk, begin):
            quote = token[1]
            if quote:
                self._string = token
            elif quote is None:
                place = token.start()
                yield place, chunk[place]
            elif self._goes_on(token.end()):
                self._in_string, self._string = True, token.group()
                return
            else:
                yield token.end(), _QUOTE

    def _goes_on(self, end: int) -> bool:
        """Whether a string without a quote here goes on: its rest is put ahead of the next chunk. Else it is torn."""
        if self.chunk[end : end + 1] == b"\n":
            return False
        self._carry = self.chunk[end:]
        return True


class _Stretch:
    """The bytes since some offset, kept up to LIMIT and only counted beyond it."""

    def __init__(self) -> None:
        self.enter(b"", 0)
        self.restart(0)

    def enter(self, chunk: bytes, at: int) -> None:
        """Go on in the chunk that begins at this offset."""
        self._chunk, self._at, self._done = chunk, at, 0

    def restart(self, place: int) -> None:
        """Begin anew at this place in the chunk."""
        self.offset, self.size, self._held = self._at + place, 0, bytearray()
        self._done = place

    def reach(self, place: int) -> None:
        """Take in what comes before this place in the chunk."""
        data = self._chunk[self._done : place]
        self._done = place
        self.size += len(data)
        if self.size <= LIMIT:
            self._held += data
        else:
            self._held = bytearray()

    def element(self, place: int, key: str = "") -> Element:
        """What ends at this place, where the next stretch begins."""
        self.reach(place)
        found = Element(self.offset, bytes(self._held), self.size, key)
        self.restart(place)
        return found

    def between(self, place: int) -> Iterator[Element]:
        """What stands between two records: nothing but commas, or else values that are not records, or rubbish."""
        whole = self.element(place)
        if whole.size > LIMIT:
            yield whole
            return
        offset = whole.offset
        for part in re.split(rb"[,\n]", whole.raw):
            bare = part.strip(b" \t\r\n]}\xef\xbb\xbf")
            if bare:
                yield Element(offset + part.index(bare), bare, len(bare))
            offset += len(part) + 1


def elements(
    file: io.BufferedReader, array: bool, within: str = "", beside: frozenset[str] = frozenset()
) -> Iterator[Element]:
    """The records of a top-level array (`array`), of the array under the key `within`, or (neither) of a run of values.

    With `within`, the objects under the keys `beside` come too, where they stand ahead of the array.
    """
    scan, stretch = _Scan(file), _Stretch()
    depth, torn, aside = 0, False, ""
    target = None if array or within else 0  # the depth at which records begin; None until their array opens
    while scan.advance():
        stretch.enter(scan.chunk, scan.at)
        for place, sign in scan.signs():
            if sign == _QUOTE:
                if target is None:
                    return
                if depth > target:
                    yield stretch.element(place)
                    depth, torn = target, True
            elif sign in _OPENING:
                if depth == target:
                    yield from stretch.between(place)
                elif target is None:
                    if sign == _OPEN_LIST and (depth == 0 if array else depth == 1 and scan.key == within):
                        target = depth + 1
                        stretch.restart(place + 1)
                    elif depth == 1 and scan.key in beside:
                        target, aside = 1, scan.key
                        stretch.restart(place)
                depth += 1
            elif target is None or depth > target:
                depth -= 1
                if depth == target:
                    yield stretch.element(place + 1, aside)
                    if aside:
                        target, aside = None, ""
                elif depth <= 0 and target is None:
                    return
            elif target > 0 and not torn:
                yield from stretch.between(place)
                if array:
                    yield from _after(file, scan.chunk[place + 1 :], scan.at + place + 1)
                return
        if target is not None:
            stretch.reach(scan.used)
    if target is not None and depth > target:
        yield Element(stretch.offset, b"", stretch.size, aside, CUT_SHORT)
    elif target is not None:
        yield from stretch.between(scan.used)
        if target > 0 and not torn:
            yield Element(scan.at, b"", 0, "", NOT_CLOSED)


def _after(file: io.BufferedReader, rest: bytes, offset: int) -> Iterator[Element]:
    while rest:
        bare = rest.strip(b" \t\r\n\0")
        if bare:
            yield Element(offset + rest.index(bare), b"", 0, "", TRAILING)
            return
        offset += len(rest)
        rest = file.read(CHUNK)
