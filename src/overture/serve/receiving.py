"""How a request's body comes in, and when it is not taken.

In comes a request of which the head is here; out comes its Body, or Refused. Easy to get wrong: a length that is told
is not the length that comes, so what arrives is counted as it arrives; and a client that sends slowly, or waits to be
told to go on, must not hold a place for ever.
"""

from __future__ import annotations

import asyncio

from aiohttp import HttpVersion11, web

from .bodies import Body, Refused, read_body

SECONDS = 120.0
"""A client may take so long to send a body."""


async def receive(request: web.BaseRequest, most: int) -> Body:
    """The body, at most so many bytes of it, packed or unpacked. Raises Refused."""
    if (request.content_length or 0) > most:
        raise _too_large(most)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        if request.content.is_eof():  # it came along with the head, as short ones do
            raw = request.content.read_nowait()
        else:
            async with asyncio.timeout(SECONDS):
                raw = await _awaited(request, most)
    except TimeoutError:
        raise Refused(408, "the body did not come in time", "body_timeout") from None
    except web.RequestPayloadError:
        raise Refused(400, "the body broke off", "body_broke") from None
    if len(raw) > most:
        raise _too_large(most)
    return read_body(raw, ", ".join(request.headers.getall("Content-Encoding", ())), most)


async def _awaited(request: web.BaseRequest, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _too_large(most)
    return b"".join(pieces)


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is over {most} bytes", "too_large")
