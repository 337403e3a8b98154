"""`overture view DIR`: open a result in the browser, from this machine and to this machine only.

In comes a folder that a command left behind; its files are served on the loopback address until Ctrl-C. Easy to get
wrong: a page on the loopback address can be asked for by any web site the browser has open, under another host name
(DNS rebinding), and a link inside the folder can lead out of it. Both are refused, and every answer carries the
policy of the pages themselves: no script, nothing from outside.
"""

from __future__ import annotations

import mimetypes
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from ..errors import OvertureError, UsageError
from ..report.shell import policy
from .terminal import flag

PAGE = "report.html"
"""What `/` shows."""
_HOST = "127.0.0.1"
_SHOWN = {".html": "text/html; charset=utf-8", ".json": "application/json", ".jsonl": "text/plain; charset=utf-8"}


class Viewer(ThreadingHTTPServer):
    """Serves the files of one folder, by GET and HEAD, on the loopback address. Port 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, directory: Path, port: int = 0) -> None:
        self.directory = directory.resolve()
        super().__init__((_HOST, port), _Answer)

    @property
    def address(self) -> str:
        return f"http://{_HOST}:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in the middle of an answer is no error; any other goes where errors go."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]

    def find(self, target: str) -> Path | None:
        """The file that a request's target names, or None where there is none that may be shown."""
        try:
            parts = [part for part in unquote(urlsplit(target).path, errors="strict").split("/") if part]
            path = self.directory.joinpath(*(parts or [PAGE])).resolve()
        except (ValueError, OSError):
            return None
        inside = path.is_relative_to(self.directory) and not any(
            part.startswith(".") for part in path.relative_to(self.directory).parts
        )
        return path if inside and not any("\\" in part for part in parts) and path.is_file() else None


class _Answer(BaseHTTPRequestHandler):
    server: Viewer  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version = "overture"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(True)

    def do_HEAD(self) -> None:
        self._answer(False)

    def _answer(self, body: bool) -> None:
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{_HOST}:{port}", f"localhost:{port}"):
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "asked for under another host name", body)
            return
        path = self.server.find(self.path)
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND, "no such file in this result", body)
            return
        kind = _SHOWN.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as file:
            size = path.stat().st_size
            self._head(HTTPStatus.OK, kind, size)
            while body and size > 0 and (data := file.read(min(size, 1 << 18))):
                self.wfile.write(data)
                size -= len(data)

    def _refuse(self, status: HTTPStatus, why: str, body: bool) -> None:
        data = f"{status.value}: {why}\n".encode()
        self._head(status, "text/plain; charset=utf-8", len(data))
        if body:
            self.wfile.write(data)

    def _head(self, status: HTTPStatus, kind: str, size: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        # The page allows its one style sheet by hash; the header must hold for pages of every version.
        self.send_header("Content-Security-Policy", policy("'unsafe-inline'") + "; frame-ancestors 'none'; sandbox")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request's target would reach the terminal."""


def view(
    directory: Annotated[Path, typer.Argument(help="A folder that --out of an earlier command named.")],
    port: Annotated[int, flag("--port", help="Port on the loopback address; 0 takes any that is free.")] = 0,
    open_browser: Annotated[bool, flag("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Open a result in the browser, from this machine only."""
    import webbrowser

    if not 0 <= port <= 65535:
        raise UsageError(f"--port is {port}; there are 0 to 65535")
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a folder; give the one named by --out in an earlier command")
    if not (directory / PAGE).is_file():
        raise UsageError(
            f"{directory} holds no {PAGE}; run audit, checkup, simulate or tune with --out {directory} first"
        )
    try:
        server = Viewer(directory, port)
    except OSError as error:
        raise OvertureError(f"port {port} on {_HOST} cannot be used ({error.strerror}); give another, or 0") from error
    with server:
        print(f"{server.address}  (Ctrl-C to end)", flush=True)
        if open_browser:  # beside the server: one that runs in this terminal waits for the page
            Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print()
