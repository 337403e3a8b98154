"""The pieces of a file, whatever their size, give together exactly what one piece gives."""

from __future__ import annotations

import gzip
import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overture.errors import NothingReadable, UsageError
from overture.logs import Piece, detect, expand, pieces, read, read_piece
from overture.logs.paths import place_of

from .helpers import chat, everything, written
from .test_hostile import BAD_LINES

LINES = st.sampled_from([chat("a"), chat("ünï"), b"", b" ", chat()[:-9], BAD_LINES["binary"], BAD_LINES["role twice"]])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINES, max_size=8),
    size=st.integers(1, 300),
    end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.sampled_from([b"", b"\n", b"\n\n"]),
)
def test_any_size_of_pieces(lines: list[bytes], size: int, end: bytes, last: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(end.join([chat("first"), *lines]) + last)
    whole = [item for piece in pieces(str(path)) for item in read_piece(piece)]
    parts = [item for piece in pieces(str(path), size) for item in read_piece(piece)]
    assert parts == whole
    assert len(whole) == 1 + sum(not (line.isspace() or not line) for line in lines)


def test_pieces_cover_the_file_without_overlap(tmp_path: Path) -> None:
    file = written(tmp_path, *[chat(str(i)) for i in range(30)])
    found = pieces(file, 100)
    assert found[0] == Piece(file, "openai", 0, 100)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert found[-1].end == Path(file).stat().st_size
    with pytest.raises(UsageError):
        pieces(file, 0)


def test_a_compressed_file_is_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(b"\n".join(chat(str(i)) for i in range(30))))
    assert len(pieces(str(path), 10)) == 1
    assert len(everything(path)[0]) == 30


def test_expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.jsonl", "a.jsonl", ".hidden", "sub/c.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(chat())
    names = [str(tmp_path / name) for name in ("a.jsonl", "b.jsonl", "sub/c.jsonl")]
    assert expand([str(tmp_path)]) == names
    assert expand([str(tmp_path / "*.jsonl"), names[0]]) == names[:2]
    assert expand([str(tmp_path / "**" / "*.jsonl")]) == names
    assert expand(["-"]) == ["-"]
    monkeypatch.chdir(tmp_path)
    assert expand(["./a.jsonl"]) == ["./a.jsonl"]
    for nothing in ([], ["gone.jsonl"], ["*.parquet"], [names[0], "gone"]):
        with pytest.raises(NothingReadable):
            expand(nothing)


def test_detect_says_what_was_seen(tmp_path: Path) -> None:
    assert detect(written(tmp_path, chat())) == "openai"
    with pytest.raises(NothingReadable, match="PDF"):
        detect(written(tmp_path, b"%PDF-1.7"))
    with pytest.raises(NothingReadable, match="cannot be opened"):
        detect(str(tmp_path / "gone"))


def test_read_raises_when_nothing_was_a_conversation(tmp_path: Path) -> None:
    with pytest.raises(NothingReadable, match="rejected records: 1, the last"):
        list(read(written(tmp_path, b"nothing here")))


def test_stdin_is_called_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    place_of.cache_clear()
    stdin = io.TextIOWrapper(io.BytesIO(chat("a") + b"\n{\n" + chat("b")))
    monkeypatch.setattr("sys.stdin", stdin)
    found = pieces("-", 50)
    assert {piece.file for piece in found} == {"-"}
    items = [item for piece in found for item in read_piece(piece)]
    assert [getattr(item, "source", None) or item.file for item in items] == ["-", "-", "-"]  # type: ignore[union-attr]
    Path(found[0].at).unlink()
    place_of.cache_clear()
