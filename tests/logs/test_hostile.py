"""Bad input: every bad record is a Reject with its place, nothing crashes, and good + bad is what the file holds."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from overture.logs import Reject, pieces, read, read_piece
from overture.logs.records import count_keys
from overture.logs.streams import LIMIT

from .helpers import FIXTURES, chat, everything, written

BAD_LINES = {
    "torn": chat()[:-7],
    "binary": bytes(range(1, 10)) + b"\xff\xfe\x00" * 9,
    "nul": b"\0" * 64,
    "wrong shape": b'{"a": 1}',
    "a number": b"5",
    "an empty list": b"[]",
    "lone surrogate": b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    "raw surrogate": b'{"messages": [{"role": "user", "content": "\xed\xa0\x80"}]}',
    "NaN": b'{"messages": [{"role": "user", "content": "x"}], "score": NaN}',
    "deep list": b'{"messages": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep object": b'{"messages": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    "allowed depth, doubled": b'{"messages": ' + b'[{"a":1,"a":2,"b":' * 400 + b"1" + b"}]" * 400 + b"}",
    "deep arguments": b'{"messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": '
    + b"[" * 600
    + b"]" * 600
    + b"}]}]}",
    "no messages": b'{"messages": []}',
    "null messages": b'{"messages": null}',
    "text messages": b'{"messages": "hi"}',
    "unknown role": b'{"messages": [{"role": "wizard", "content": "x"}]}',
    "role is a list": b'{"messages": [{"role": ["user"], "content": "x"}]}',
    "no role": b'{"messages": [{"content": "x"}]}',
    "content is a number": b'{"messages": [{"role": "user", "content": 5}]}',
    "content is an object": b'{"messages": [{"role": "user", "content": {"a": 1}}]}',
    "message is text": b'{"messages": ["hi"]}',
    "tool_calls is text": b'{"messages": [{"role": "assistant", "tool_calls": "x"}]}',
    "tool_calls is a number": b'{"messages": [{"role": "assistant", "tool_calls": 5}]}',
    "role twice": b'{"messages": [{"role": "user", "role": "assistant", "content": "x"}]}',
    "role twice, spaced": b'{"messages": [{"role" : "user", "role"\t:"assistant", "content": "x"}]}',
    "role twice, escaped": b'{"messages": [{"role": "user", "\\u0072ole": "assistant", "content": "x"}]}',
    "role twice, masked": b'{"messages": [{"role": "user", "role": "assistant", "content": "x", "y\\\\": 1}]}',
    "messages twice": b'{"messages": [{"role": "user", "content": "x"}], "messages": []}',
    "mapping is a list": b'{"mapping": []}',
    "mapping is empty": b'{"mapping": {}}',
    "conversations is null": b'{"conversations": null}',
    "conversation of text": b'{"conversation": ["a"]}',
    "actions is a number": b'{"actions": 5, "user_record": {}}',
    "spans are text": b'{"resourceSpans": "x"}',
    "events are text": b'{"name": "chat", "attributes": {"gen_ai.system": "x"}, "events": "y"}',
    "event with torn calls": b'{"name": "c", "attributes": {"gen_ai.system": "x"}, "events": '
    b'[{"name": "gen_ai.user.message", "attributes": {"content": "x", "tool_calls": "[{"}}]}',
    "choices is null": b'{"request": {"messages": []}, "response": {"choices": null}}',
    "one side only": b'{"chosen": "\\n\\nHuman: a", "rejected": null}',
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_one_reject_at_its_place(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, chat("a"), BAD_LINES[name], b"  ", chat("b"))
    before = Path(file).read_bytes()
    good, bad = everything(file)
    assert [c.messages[0].content for c in good] == ["a", "b"]
    assert [(r.file, r.offset) for r in bad] == [(file, len(chat("a")) + 1)]
    assert bad[0].reason.isprintable()
    assert len(bad[0].reason) < 400
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize("name", BAD_LINES)
def test_the_first_line_may_be_the_bad_one(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, BAD_LINES[name], chat("a"), chat("b"))
    good, bad = everything(file)
    assert (len(good), [r.offset for r in bad]) == (2, [0])


@pytest.mark.parametrize("name", sorted(set(BAD_LINES) - {"torn"}))  # torn: see test_documents
def test_a_bad_element_of_an_array_is_one_reject(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, b"[" + chat("a") + b",\n" + BAD_LINES[name] + b",\n" + chat("b") + b"]")
    good, bad = everything(file)
    assert (len(good), len(bad)) == (2, 1), bad


def test_duplicate_keys_that_do_not_matter_are_no_fault(tmp_path: Path) -> None:
    told = b'{"messages": [{"role": "user", "content": "say \\"role\\": \\"x\\" : y", "k": 1, "k": 2}], "z" : 1, "z":2}'
    good, bad = everything(written(tmp_path, told))
    assert (len(good), bad) == (1, [])
    assert count_keys([{"a": {"b": [{"c": 1}]}}, 5]) == 3


def test_a_record_over_the_limit_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(chat("a") + b"\n" + b'{"messages": [{"role": "user", "content": "')
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(b'"}]}\n' + chat("b") + b"\n")
    tracemalloc.start()
    good, bad = everything(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(good) == 2
    assert [str(50 * (1 << 20) + 48)[:6] in r.reason for r in bad] == [True]
    assert str(LIMIT) in bad[0].reason
    assert peak < 3 * LIMIT
    assert [len(found) for found in everything(path, 10_000_000)] == [2, 1]


def test_a_record_just_under_the_limit_is_read(tmp_path: Path) -> None:
    rest = len(chat("")) + len("about ") - 6
    good, bad = everything(written(tmp_path, chat("x" * ((LIMIT - rest) // 2)), end=b"\r\n"))
    assert (len(good), bad) == (1, [])


def test_crlf_bom_and_blank_lines_are_neither_good_nor_bad(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xef\xbb\xbf" + chat("a"), b"", b" \t", chat("b"), b"", end=b"\r\n")
    good, bad = everything(file)
    assert ([c.messages[0].content for c in good], bad) == (["a", "b"], [])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_cut_off_stream_counts_what_could_be_read(pack: object, tmp_path: Path) -> None:
    plain = b"".join(chat(f"{i} {i * 7919 % 10007}") + b"\n" for i in range(20_000))
    packed = pack(plain)  # type: ignore[operator]
    path = tmp_path / "log"
    path.write_bytes(packed)
    assert [len(found) for found in everything(path)] == [20_000, 0]
    path.write_bytes(packed[: len(packed) // 2])
    good, bad = everything(path)
    assert 1000 < len(good) < 20_000
    assert [r.reason for r in bad] == ["the compressed data is cut off"]
    assert plain[: bad[0].offset].count(b"\n") == len(good)
    path.write_bytes(packed + packed)
    assert [len(found) for found in everything(path)] == [40_000, 0]
    path.write_bytes(packed + b"rubbish")
    good, bad = everything(path)
    assert (len(good), len(bad)) == (20_000, 1)


def test_a_damaged_stream_is_one_reject(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"".join(chat(str(i)) + b"\n" for i in range(9000))))
    packed[-8:-4] = b"\1\2\3\4"
    path = tmp_path / "log"
    path.write_bytes(packed)
    good, bad = everything(path)
    assert len(good) > 1000
    assert [r.reason for r in bad] == ["the compressed data is damaged"]


def test_a_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(zstandard.compress(chat() + b"\n" + b" " * 300_000_000))
    good, bad = everything(path)
    assert (len(good), len(bad)) == (1, 1)
    assert str(LIMIT) in bad[0].reason


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "empty"),
        (b"  \n\n", "blanks"),
        (b"\x89PNG\r\n", "PNG"),
        (b"a,b,c\n1,2,3\n", "a table of text (CSV)"),
        (b"Hello, world\nand more, of it\n", "neither JSON"),
        ('{"messages": [{"role": "user", "content": "für"}]}\n'.encode("latin-1"), "not UTF-8"),
        (b"{'messages': []}\n", "not JSON: unexpected character, expected a string key, at byte 1"),
        (b"PAR1 and no more", "parquet"),
        (b"PK\x03\x04 and no more", "zip"),
        (b'\xff\xfe{\0"\0', "UTF-16"),
        (b'{"some": "json"}\n', "'some'"),
        (gzip.compress(gzip.compress(chat())), "within a compressed"),
    ],
)
def test_a_file_that_is_no_log_is_itself_the_reject(content: bytes, seen: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    (piece,) = pieces(str(path))
    assert piece.format == "unknown"
    (item,) = read_piece(piece)
    assert isinstance(item, Reject)
    assert (item.offset, seen in item.reason) == (0, True), item.reason


def test_a_mixed_file_is_read_record_by_record(tmp_path: Path) -> None:
    share = b'{"conversations": [{"from": "human", "value": "x"}]}'
    good, bad = everything(written(tmp_path, chat("a"), share, b'{"traj": 5, "task_id": 1}', b'{"odd": 1}'))
    assert [c.messages[0].content for c in good] == ["a", "x"]
    assert [r.reason for r in bad] == ["messages is not a list", bad[1].reason]
    assert "'odd'" in bad[1].reason


def test_read_counts_and_shows_rejects(tmp_path: Path) -> None:
    rejects: list[Reject] = []
    file = written(tmp_path, chat("a"), b"{", chat("b"))
    assert len(list(read(file, on_reject=rejects.append))) == 2
    assert [r.offset for r in rejects] == [len(chat("a")) + 1]


def test_transcripts_that_are_not_quite(tmp_path: Path) -> None:
    parts = [b"User: a\nAI: b", b"User: c\0d", b"Human: \xff", b"System: be brief\nHuman: e"]
    good, bad = everything(
        written(tmp_path, b"some words first\n---", b"\n\n-----\n\n".join(parts), b"\fHuman: f", end=b"\r\n")
    )
    assert [[m.content for m in c.messages] for c in good] == [["a", "b"], ["be brief", "e"], ["f"]]
    assert ["speaker" in bad[0].reason, "binary" in bad[1].reason, "UTF-8" in bad[2].reason] == [True] * 3


def test_a_transcript_over_the_limit_is_rejected(tmp_path: Path) -> None:
    long = b"Human: " + b"x" * LIMIT
    for huge in (long, b"Human: y" + b"\nmore and more of it" * (LIMIT // 18)):
        good, bad = everything(written(tmp_path, b"Human: a", b"===", huge, b"===", b"Human: b\nAI: c"))
        assert (len(good), [r.offset for r in bad]) == (2, [13])
        assert str(LIMIT) in bad[0].reason


def test_a_bom_before_an_array(tmp_path: Path) -> None:
    assert [len(found) for found in everything(written(tmp_path, b"\xef\xbb\xbf [" + chat() + b"]"))] == [1, 0]


def test_damaged_bytes_never_crash_a_reader(tmp_path: Path) -> None:
    rng = random.Random(7)
    path = tmp_path / "log"
    seeds = [fixture.read_bytes() for fixture in FIXTURES.glob("*.*")]
    for _ in range(600):
        content = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(content))
            content[at : at + rng.randint(0, 9)] = rng.choice(
                [b"", b"null", b"5", b"{}", b"[1]", b"\xff", b'"', b"}", b"\n"]
            )
        path.write_bytes(content)
        good, bad = everything(path, rng.choice([60, 1 << 25]))
        assert good or bad
