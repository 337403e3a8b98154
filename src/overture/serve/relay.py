"""An answer on its way to the client: the upstream's own bytes, in the pieces in which they came.

In come a request and an Answer that has begun; out goes the same body, and optionally a copy of it. Easy to get wrong:
an answer that breaks off in the middle must reach the client as broken, so the connection is cut; to end it properly
would tell the client that half an answer was all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import cast

from aiohttp import web
from multidict import CIMultiDict

from .bodies import JSON, written
from .copies import Copy
from .exchange import Exchange
from .headers import for_client
from .upstream import Answer, UpstreamFailed

SMALL = 1 << 20
"""An answer known to be no longer than this goes out in one piece, so that one that breaks off can still be told."""


async def relay(
    request: web.BaseRequest,
    answer: Answer,
    exchange: Exchange,
    own: Mapping[str, str],
    copy: Copy | None = None,
) -> web.StreamResponse:
    """Pass an answer on. `own` are headers of this proxy's; `copy` gets what goes by."""
    if copy is not None:
        copy.begin(answer)
    headers = for_client(answer.headers)
    length = answer.length
    if length is not None and length <= SMALL:
        body = await answer.whole()
        if copy is not None:
            copy.add(body)
        return await send(request, exchange, answer.status, headers, own, body, answer.reason)
    return await stream(
        request,
        exchange,
        answer.status,
        headers,
        own,
        answer.pieces() if copy is None else _copied(answer.pieces(), copy),
        answer.reason,
    )


async def send(
    request: web.BaseRequest,
    exchange: Exchange,
    status: int,
    headers: CIMultiDict[str],
    own: Mapping[str, str],
    body: bytes,
    reason: str | None = None,
) -> web.StreamResponse:
    """A body that is here, with the headers that belong to it."""
    _add(headers, own)
    response = web.Response(status=status, reason=reason or None, headers=headers, body=body)
    exchange.status = status
    exchange.began_to_answer()
    await response.prepare(request)
    await response.write_eof()
    return response


async def stream(
    request: web.BaseRequest,
    exchange: Exchange,
    status: int,
    headers: CIMultiDict[str],
    own: Mapping[str, str],
    pieces: AsyncIterator[bytes],
    reason: str | None = None,
) -> web.StreamResponse:
    """A body that is still coming."""
    _add(headers, own)
    response = web.StreamResponse(status=status, reason=reason or None, headers=headers)
    exchange.status = status
    await response.prepare(request)
    try:
        async for piece in pieces:
            exchange.began_to_answer()
            await response.write(piece)
    except UpstreamFailed as error:
        exchange.end("upstream_failed", error.kind)
        cut(request)
        return response
    exchange.began_to_answer()
    await response.write_eof()
    return response


def failure(status: int, message: str, kind: str) -> web.Response:
    """An error in the shape of the chat API."""
    body: JSON = {"error": {"message": message, "type": "overture", "param": None, "code": kind}}
    return web.Response(
        status=status, body=written(body), headers={"Content-Type": "application/json", "Server": "overture"}
    )


def cut(request: web.BaseRequest) -> None:
    """End the connection in a way that nobody can take for the end of the answer."""
    if request.transport is not None:
        cast("asyncio.WriteTransport", request.transport).abort()


def _add(headers: CIMultiDict[str], own: Mapping[str, str]) -> None:
    headers.setdefault("Server", "overture")
    for name, value in own.items():
        headers[name] = value


async def _copied(pieces: AsyncIterator[bytes], copy: Copy) -> AsyncIterator[bytes]:
    async for piece in pieces:
        copy.add(piece)
        yield piece
