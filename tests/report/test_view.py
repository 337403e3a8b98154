"""`overture view`: the folder's files to this machine, and nothing else to anyone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from overture.cli.view import Viewer, view
from overture.errors import OvertureError, UsageError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Viewer]:
    result = tmp_path / "out"
    (result / "sub").mkdir(parents=True)
    (result / "report.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (result / "summary.json").write_text("{}")
    (result / "sub" / "x.parquet").write_bytes(b"PAR1")
    (result / ".secret").write_text("no")
    (tmp_path / "outside.txt").write_text("no")
    (result / "link.txt").symlink_to(tmp_path / "outside.txt")
    server = Viewer(result)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(server: Viewer, path: str, method: str = "GET", host: str | None = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.server_address[1]}")
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_serves_the_folder_under_the_policy(server: Viewer) -> None:
    response, body = ask(server, "/")
    assert response.status == 200 and b"<title>page" in body
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    rule = response.headers["Content-Security-Policy"]
    assert rule.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:") and "script" not in rule
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ask(server, "/summary.json?x=1")[1] == b"{}"
    assert ask(server, "/sub/x.parquet")[1] == b"PAR1"
    head, nothing = ask(server, "/", "HEAD")
    assert head.status == 200 and nothing == b"" and int(head.headers["Content-Length"]) == len(body)


OUTSIDE = ["/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/link.txt"]


@pytest.mark.parametrize("path", [*OUTSIDE, "/.secret", "/sub", "/none", "/%00", "/%ff"])
def test_serves_nothing_else(server: Viewer, path: str) -> None:
    response, body = ask(server, path)
    assert response.status == 404 and b"no such file" in body


def test_other_host_names_and_other_methods_are_refused(server: Viewer) -> None:
    assert ask(server, "/", host="attacker.invalid")[0].status == 421
    assert ask(server, "/", host=f"localhost:{server.server_address[1]}")[0].status == 200
    assert ask(server, "/", "POST")[0].status == 501
    assert server.server_address[0] == "127.0.0.1"


def test_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        view(tmp_path / "none")
    with pytest.raises(UsageError, match=r"holds no report\.html"):
        view(tmp_path)
    (tmp_path / "report.html").write_text("x")
    for port in (-1, 65536):
        with pytest.raises(UsageError, match="there are 0 to 65535"):
            view(tmp_path, port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OvertureError, match="cannot be used"):
            view(tmp_path, taken.getsockname()[1], open_browser=False)


def test_ends_on_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.html").write_text("x")
    opened: list[str] = []
    served, seen = threading.Event(), threading.Event()

    def interrupted(self: Viewer, poll_interval: float = 0.5) -> None:
        served.set()
        seen.wait(10)
        raise KeyboardInterrupt

    def in_the_foreground(address: str) -> None:
        if served.wait(10):
            opened.append(address)
        seen.set()

    monkeypatch.setattr(Viewer, "serve_forever", interrupted)
    monkeypatch.setattr("webbrowser.open", in_the_foreground)
    view(tmp_path)
    assert len(opened) == 1 and opened[0].startswith("http://127.0.0.1:") and opened[0] in capsys.readouterr().out
