"""The upstream behind a proxy and the client in front of it, with no HTTP library, so that neither is what is measured.

In come a port and requests; out come the same bytes at once, whole or as a stream, and the seconds that an answer took.
Easy to get wrong: a client that is slower than a proxy measures itself; this one is a raw socket.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

TALK = [
    {"role": "system", "content": "You are a helpful assistant. Answer in one short paragraph and in plain words."},
    {"role": "user", "content": "Which is longer, a nautical mile or a statute mile?"},
    {"role": "assistant", "content": "A nautical mile: 1,852 m against 1,609 m."},
    {"role": "user", "content": "Tom has 5 apples and buys 5 more. How many apples has he now?"},
]
"""Complete, so that the policy looks at it and leaves it alone."""
ANSWER = "Tom had 5 apples and bought 5 more, so he has 10 apples now. " * 3
TOKENS = 20
"""Events of a stream."""


def completion() -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 80, "completion_tokens": 60, "total_tokens": 140}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    body = json.dumps(whole).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def events() -> list[bytes]:
    """The head and the chunks of a stream."""

    def one(delta: dict[str, Any], finish: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        data = b"data: " + json.dumps(value).encode() + b"\n\n"
        return b"%x\r\n%s\r\n" % (len(data), data)

    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = [one({"role": "assistant", "content": "word "}, None) for _ in range(TOKENS)]
    return [head + said[0], *said[1:], one({}, "stop"), b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"]


class Upstream(asyncio.Protocol):
    """Answers a request as soon as it is whole."""

    whole, streamed = completion(), b"".join(events())

    def connection_made(self, transport: Any) -> None:
        self.out, self.held = transport, b""

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.held) < end + 4 + length:
                return
            body, self.held = self.held[end + 4 : end + 4 + length], self.held[end + 4 + length :]
            streamed = b'"stream":true' in body.replace(b" ", b"")
            self.out.write(self.streamed if streamed else self.whole)


def serve(port: int) -> None:
    """The upstream."""
    import uvloop

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Upstream, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    uvloop.run(main())


def asking(stream: bool) -> bytes:
    """A request as a client would send it."""
    body = json.dumps(
        {"model": "m", "messages": TALK, "temperature": 0, **({"stream": True} if stream else {})}
    ).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", "Authorization: Bearer sk-0000", "Accept: application/json",
        "Content-Type: application/json", "User-Agent: OpenAI/Python 2.0", f"Content-Length: {len(body)}",
    )  # fmt: skip
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Client:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, raw: bytes) -> float:
        """Send, take the answer whole, and return the seconds until its body began."""
        began = time.perf_counter()
        self.writer.write(raw)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        if b"content-length:" in head:
            await self.reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            return time.perf_counter() - began
        first = 0.0
        while size := int(await self.reader.readline(), 16):
            first = first or time.perf_counter() - began
            await self.reader.readexactly(size + 2)
        await self.reader.readexactly(2)
        return first


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncGenerator[list[Client]]:
    clients = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(count)]
    yield clients
    for client in clients:
        client.writer.close()


async def many(clients: Sequence[Client], raw: bytes, count: int) -> list[float]:
    """`count` requests over all connections at once."""
    left, times = count, []

    async def one(client: Client) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            began = time.perf_counter()
            await client.ask(raw)
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(one(client) for client in clients))
    return times
