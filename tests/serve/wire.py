"""A mock upstream that is nothing but bytes, a client that is nothing but bytes, and a proxy between them.

In comes a function from (request, stream) to whatever happens on the wire; out comes a server that keeps what it was
sent. Easy to get wrong: an HTTP library in the mock would mend what the proxy must not break.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from overture.policies import Policy
from overture.serve.app import Proxy
from overture.serve.running import serving
from overture.serve.settings import Settings


@dataclass
class Seen:
    """One request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        pairs = [line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:] if ":" in line]
        return [value.strip() for key, _, value in pairs if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


Script = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Mock:
    """What the upstream saw."""

    base: str = ""
    seen: list[Seen] = field(default_factory=list[Seen])
    left: list[float] = field(default_factory=list[float])
    """When a connection was closed by the proxy in the middle of an answer, by the loop's clock."""
    open: int = 0
    script: Script | None = None


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK", kind: bytes = b"application/json") -> bytes:
    """A whole HTTP answer."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def saying(*texts: str, **more: Any) -> bytes:
    """A completion whose choices say these texts."""
    choices = [
        {"index": i, "message": {"role": "assistant", "content": t}, "finish_reason": "stop"}
        for i, t in enumerate(texts)
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    whole = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": usage,
        **more,
    }
    return orjson.dumps(whole)


def replying(body: bytes, *headers: bytes, **more: Any) -> Script:
    """A script that always gives the same answer."""

    async def script(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(answer(body, *headers, **more))

    return script


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(text: str | None = None, finish: str | None = None, **delta: Any) -> bytes:
    """One event of a stream."""
    inner = ({"content": text} if text is not None else {}) | delta
    value = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    value["choices"] = [{"index": 0, "delta": inner, "finish_reason": finish}]  # pyright: ignore
    return b"data: " + orjson.dumps(value) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def streaming(*events: bytes) -> Script:
    """A script that streams these events, each in a chunk of its own, and ends well."""

    async def script(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(CHUNKED)
        for each in events:
            out.write(chunk(each))
            await out.drain()
        out.write(b"0\r\n\r\n")

    return script


@asynccontextmanager
async def upstream(script: Script) -> AsyncGenerator[Mock]:
    """A server that does what the script says, request after request."""
    mock = Mock(script=script)
    loop = asyncio.get_running_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mock.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen = Seen(head, b"")
                length = int((seen.all("Content-Length") or ["0"])[0])
                seen.body = await reader.readexactly(length)
                mock.seen.append(seen)
                assert mock.script is not None
                gone = asyncio.create_task(reader.read(1))
                acting = asyncio.create_task(mock.script(seen, writer))  # pyright: ignore
                await asyncio.wait({gone, acting}, return_when=asyncio.FIRST_COMPLETED)
                if not acting.done():
                    mock.left.append(loop.time())
                    acting.cancel()
                    break
                acting.result()
                await writer.drain()
                gone.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await gone
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            mock.open -= 1
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 26)
    mock.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield mock
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None


@asynccontextmanager
async def proxied(
    script: Script, make: Callable[[str], Policy] | None = None, **settings: Any
) -> AsyncGenerator[tuple[Mock, Proxy, int]]:
    """(upstream, proxy, the proxy's port)."""
    async with upstream(script) as mock:
        given = {"upstream": f"{mock.base}#m", "port": 0, "log": None, **settings}
        async with serving(Settings(**given), make) as (proxy, port):
            yield mock, proxy, port


def count(proxy: Proxy, line: str) -> float:
    """The value of one line of the metrics; 0 where it is not there."""
    for each in proxy.notes.text().decode().splitlines():
        name, _, value = each.rpartition(" ")
        if name == line:
            return float(value)
    return 0.0


def request(body: bytes, *headers: bytes, path: bytes = b"/v1/chat/completions", method: bytes = b"POST") -> bytes:
    """A whole HTTP request."""
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: 127.0.0.1", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def ask(port: int, raw: bytes) -> bytes:
    """Everything that comes back over a connection of its own, until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def parted(raw: bytes) -> tuple[bytes, bytes]:
    """(head, body) of an answer, its chunks joined."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return head, rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        n = int(size, 16)
        body, rest = body + rest[:n], rest[n + 2 :]
        if n == 0:
            break
    return head, body
