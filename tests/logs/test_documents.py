"""Large JSON documents: arrays, arrays in objects and runs of values, cut into records without loading them."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import orjson
import pytest

from overture.logs import detect, elements, pieces
from overture.logs.streams import LIMIT

from .helpers import FIXTURES, chat, everything, written


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("name", ["sharegpt.json", "chatgpt.json", "tau2.json", "inspect.json"])
def test_where_the_chunks_end_does_not_matter(name: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = everything(FIXTURES / name)
    monkeypatch.setattr(elements, "CHUNK", chunk)
    assert everything(FIXTURES / name) == whole


@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_elements_are_the_bytes_of_the_records(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "CHUNK", chunk)
    values = ['a"\\', "]}{[", "\\\\", "\u2028", "x\n\t", {"k": ["\\", '"']}]
    records = [orjson.dumps({"v": random.Random(i).sample(values, 4)}) for i in range(20)]
    document = b" [ " + b" ,\n ".join(records) + b" ] "
    found = list(elements.elements(io.BufferedReader(io.BytesIO(document)), array=True))  # type: ignore[arg-type]
    assert [element.raw for element in found] == records
    assert all(document[e.offset :].startswith(e.raw) for e in found)


def test_an_object_without_a_key_is_not_taken_for_the_one_before_it() -> None:
    document = b'{"info": {"a": 1}, {"b": 2}, "simulations": [{"c": 3}]}'
    file = io.BufferedReader(io.BytesIO(document))  # type: ignore[arg-type]
    found = elements.elements(file, False, "simulations", frozenset({"info"}))
    assert [(element.key, element.raw) for element in found] == [("info", b'{"a": 1}'), ("", b'{"c": 3}')]


def test_an_array_cut_off_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "log"
    document = b"[" + b", ".join(chat(str(i)) for i in range(5)) + b"]"
    path.write_bytes(document[:-20])
    good, bad = everything(path)
    assert (len(good), [r.reason for r in bad]) == (4, [elements.CUT_SHORT])
    assert document[bad[0].offset :].startswith(chat("4"))
    path.write_bytes(document[:-1])
    good, bad = everything(path)
    assert (len(good), [r.reason for r in bad]) == (5, [elements.NOT_CLOSED])
    path.write_bytes(document + b"\n" + document)
    good, bad = everything(path)
    assert (len(good), [r.reason for r in bad]) == (5, [elements.TRAILING])
    packed = gzip.compress(b"[" + b", ".join(chat(str(i * 7919)) for i in range(5000)) + b"]")
    path.write_bytes(packed[: len(packed) // 2])
    good, bad = everything(path)
    assert len(good) > 100
    assert [r.reason for r in bad] == ["the compressed data is cut off"]


def test_a_record_torn_within_a_string_costs_one_record(tmp_path: Path) -> None:
    good, bad = everything(
        written(tmp_path, b"[" + chat("a") + b",", chat("b")[:-9], chat("c") + b",", chat("d") + b"]")
    )
    assert [c.messages[0].content for c in good] == ["a", "c", "d"]
    assert len(bad) == 1


def test_what_is_no_record_in_an_array_is_a_reject(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"[" + chat("a") + b', null, 5, "text", {}, [], ' + chat("b") + b"]")
    good, bad = everything(path)
    assert (len(good), len(bad)) == (2, 5)
    assert [path.read_bytes()[r.offset : r.offset + 2] for r in bad] == [b"nu", b"5,", b'"t', b"{}", b"[]"]


def test_a_huge_element_is_rejected_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "log"
    huge = chat("y" * LIMIT)
    path.write_bytes(b"[" + chat("a") + b"," + huge + b"," + chat("b") + b"]")
    good, bad = everything(path)
    assert (len(good), [r.offset for r in bad]) == (2, [len(chat("a")) + 2])
    assert str(len(huge)) in bad[0].reason


def test_pretty_printed_values_and_lists_of_messages(tmp_path: Path) -> None:
    path = tmp_path / "log"
    pretty = orjson.dumps(orjson.loads(chat("a")), option=orjson.OPT_INDENT_2)
    path.write_bytes(pretty + b"\n" + pretty)
    assert [len(found) for found in everything(path)] == [2, 0]
    path.write_bytes(orjson.dumps(orjson.loads(chat("a"))["messages"], option=orjson.OPT_INDENT_2))
    assert [len(found) for found in everything(path)] == [1, 0]
    path.write_bytes(orjson.dumps([orjson.loads(chat(x))["messages"] for x in "abc"]))
    assert [len(found) for found in everything(path)] == [3, 0]


def test_a_document_on_one_line_whose_array_comes_late(tmp_path: Path) -> None:
    run = {"id": "r", "task_id": "t", "reward_info": None, "messages": [{"role": "user", "content": "hi"}]}
    document = {"info": {}, "tasks": ["[{" * 1_000_000], "simulations": [run] * 3}
    path = tmp_path / "log"
    for option in (0, orjson.OPT_INDENT_2):
        path.write_bytes(orjson.dumps(document, option=option))
        assert detect(str(path)) == "tau2"
        assert len(pieces(str(path), 10)) == 1
        assert [len(found) for found in everything(path)] == [3, 0]
