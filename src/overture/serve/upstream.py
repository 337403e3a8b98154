"""Where answers come from: an HTTP server that speaks the chat API, asked with a client's own bytes.

In come bytes and headers; out comes an Answer whose pieces are the upstream's bytes as they arrive. Easy to get wrong:
nothing is asked twice, because a server that dropped the connection may still have done the work; and an answer is
closed when its block ends, whatever ended it, so that a client who leaves stops the upstream too.

The client library is used a layer below its session, whose cookies, redirects, retries and default headers nobody
wants here: preparing them and leaving them out takes a sixth of all that a request costs.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from ..models.endpoint import Endpoint, proxy_for
from ..models.pool import Pool

_SKIPPED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What the client library would add of itself."""


class _Request(aiohttp.ClientRequest):
    """A request with the headers that it was given and those that frame its body."""

    def update_auto_headers(self, skip_auto_headers: Iterable[str] | None) -> None:
        if "Content-Type" not in self.headers:  # also added where the body is; this way it is told to leave that
            super().update_auto_headers(_SKIPPED)


class UpstreamFailed(Exception):
    """The upstream gave no answer, or not all of it."""

    def __init__(self, status: int, message: str, kind: str) -> None:
        super().__init__(message)
        self.status = status
        """For the client, if it has been sent nothing yet."""
        self.kind = kind


class Answer(Protocol):
    """An answer that has begun."""

    @property
    def status(self) -> int: ...

    @property
    def reason(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """With their doubles, where the upstream sent any."""
        ...

    @property
    def length(self) -> int | None:
        """Bytes of the body, where they are known."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises UpstreamFailed where it breaks off."""
        ...

    async def whole(self) -> bytes:
        """The body in one piece. Raises UpstreamFailed where it breaks off."""
        ...


class Upstream(Protocol):
    """What can be asked."""

    def chat(self, body: bytes, headers: CIMultiDict[str], query: str) -> AbstractAsyncContextManager[Answer]:
        """Ask for a completion."""
        ...

    def models(self, headers: CIMultiDict[str], query: str) -> AbstractAsyncContextManager[Answer]:
        """Ask which models there are."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def listens(spec: str) -> bool:
    """Whether something takes connections where an upstream is said to be; True of one that is no address, or is
    reached through a proxy. Raises UsageError on what is no endpoint."""
    if not spec.startswith(("http://", "https://")):
        return True
    base = Endpoint.of(spec).base
    parts = urlsplit(base)
    if proxy_for(base) is not None:
        return True
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), 2.0).close()
    except OSError:
        return False
    return True


class HttpUpstream:
    """A server. `silence` is in seconds: between two pieces of an answer, and before its first.

    `authorization` goes with each request, in place of what the client sent.
    """

    def __init__(self, endpoint: Endpoint, silence: float, authorization: Mapping[str, str]) -> None:
        self._chat = URL(f"{endpoint.base}/chat/completions", encoded=True)
        self._models = URL(f"{endpoint.base}/models", encoded=True)
        proxy = proxy_for(endpoint.base)
        self._proxy = None if proxy is None else URL(proxy)
        self._authorization = authorization
        self._connector = Pool()
        self._waits = aiohttp.ClientTimeout(sock_connect=min(10.0, silence), sock_read=silence)
        self._session = aiohttp.ClientSession(connector=self._connector, cookie_jar=aiohttp.DummyCookieJar())

    def chat(self, body: bytes, headers: CIMultiDict[str], query: str) -> AbstractAsyncContextManager[Answer]:
        """Ask for a completion."""
        return self._ask("POST", self._chat, body, headers, query)

    def models(self, headers: CIMultiDict[str], query: str) -> AbstractAsyncContextManager[Answer]:
        """Ask which models there are."""
        return self._ask("GET", self._models, None, headers, query)

    def _ask(
        self, method: str, url: URL, body: bytes | None, headers: CIMultiDict[str], query: str
    ) -> AbstractAsyncContextManager[Answer]:
        headers.update(self._authorization)
        request = _Request(
            method,
            URL(f"{url}?{query}", encoded=True) if query else url,
            headers=headers,
            data=body,
            proxy=self._proxy,
            session=self._session,
        )
        return _Asked(request, self._connector, self._waits)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


class _Asked(AbstractAsyncContextManager[Answer]):
    """A request on its way: the answer once it begins, closed when the block ends."""

    def __init__(
        self, request: aiohttp.ClientRequest, connector: aiohttp.BaseConnector, waits: aiohttp.ClientTimeout
    ) -> None:
        self._request = request
        self._connector = connector
        self._waits = waits

    async def __aenter__(self) -> Answer:
        try:
            connection = await self._connector.connect(self._request, [], self._waits)
        except (aiohttp.ClientError, OSError):  # a TimeoutError is one
            raise UpstreamFailed(502, "the upstream cannot be reached", "upstream_unreachable") from None
        begun = None
        try:
            assert connection.protocol is not None
            connection.protocol.set_response_params(
                read_until_eof=True, auto_decompress=False, read_timeout=self._waits.sock_read
            )
            begun = await self._request.send(connection)
            self._response = await begun.start(connection)
        except BaseException as error:
            (begun or connection).close()
            if isinstance(error, aiohttp.ClientError | OSError):
                raise _failed(error) from None
            raise
        if self._response.status < 200:  # no answer, and to whoever stands before this proxy another protocol
            self._response.close()
            raise UpstreamFailed(502, "the upstream answered with no answer", "upstream_broke")
        return _HttpAnswer(self._response)

    async def __aexit__(self, *error: object) -> None:
        # what has not been read to its end cannot be followed by another answer
        self._response.release() if self._response.content.at_eof() else self._response.close()


class _HttpAnswer:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.reason = response.reason or ""
        self.headers = response.headers
        self._response = response

    @property
    def length(self) -> int | None:
        return self._response.content_length

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failed(error) from None

    async def whole(self) -> bytes:
        content = self._response.content
        try:
            return content.read_nowait() if content.is_eof() else await content.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failed(error) from None


def _failed(error: Exception) -> UpstreamFailed:
    if isinstance(error, TimeoutError):
        return UpstreamFailed(504, "the upstream said nothing in the time allowed", "upstream_silent")
    return UpstreamFailed(502, "the upstream broke off before its answer was whole", "upstream_broke")
