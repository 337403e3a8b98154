"""The proxy: four routes, one way through for a chat request, and nothing else that answers.

In comes a request; out goes the upstream's answer, or the one that a policy made of it. Easy to get wrong: whatever
happens to a request, it has one outcome and it is written down once; and nothing that a client sent, no key and no
text, stands in an error or a log line of this process.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from .bodies import JSON, Body, Refused, read_body, written
from .exchange import Exchange
from .headers import for_upstream
from .relay import failure, relay
from .settings import Settings, is_loopback
from .upstream import Upstream, UpstreamFailed

BODY_SECONDS = 120.0
"""A client may take so long to send a body."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Proxy:
    """Answers requests. Make it within the event loop that serves them."""

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self.settings = settings
        self.upstream = upstream
        self._key = settings.key
        self._routes: dict[str, tuple[str, Handler, bool]] = {
            "/v1/chat/completions": ("POST", self._chat, True),
            "/v1/models": ("GET", self._models, True),
            "/health": ("GET", self._health, False),
        }

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        method, handler, guarded = self._routes.get(request.raw_path.partition("?")[0], ("", None, False))
        if handler is None:
            return failure(404, "there is nothing here; see /v1/chat/completions and /v1/models", "not_found")
        if request.method != method:
            response = failure(405, f"this is asked with {method}", "method_not_allowed")
            response.headers["Allow"] = method
            return response
        if guarded and (response := self._turned_away(request)) is not None:
            return response
        return await handler(request)

    def _turned_away(self, request: web.BaseRequest) -> web.Response | None:
        if self._key is not None:
            shown = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if hmac.compare_digest(shown, b"Bearer " + self._key):
                return None
            response = failure(401, "the key is missing or wrong", "wrong_key")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        # without a key, any page that a browser on this machine has open could ask
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        if "Origin" in request.headers or not is_loopback(host):
            return failure(403, "without a key only programs on this machine are answered", "not_local")
        return None

    async def _health(self, request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b'{"status":"ok"}', content_type="application/json", headers={"Server": "overture"})

    async def _models(self, request: web.BaseRequest) -> web.StreamResponse:
        exchange = Exchange()
        try:
            async with self.upstream.models(self._onward(request), _query(request)) as answer:
                return await relay(request, answer, exchange, {})
        except UpstreamFailed as error:
            return failure(error.status, str(error), error.kind)

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        exchange = Exchange()
        try:
            response = await self._answered(request, exchange)
            exchange.end("done")
            return response
        except Refused as error:
            exchange.end("refused", error.kind)
            return failure(error.status, str(error), error.kind)
        except UpstreamFailed as error:
            exchange.end("upstream_failed", error.kind)
            return failure(error.status, str(error), error.kind)
        except (asyncio.CancelledError, ConnectionError):
            exchange.end("client_left")
            raise
        except Exception as error:
            exchange.end("failed", type(error).__name__)
            return failure(500, "something in the proxy broke; the request was not answered", "failed")
        finally:
            self._note(exchange)

    async def _answered(self, request: web.BaseRequest, exchange: Exchange) -> web.StreamResponse:
        body = await self._body(request)
        exchange.model = str(body.value.get("model", ""))
        own = {"X-Overture-Stripped": ",".join(body.stripped)} if body.stripped else {}
        exchange.calls += 1
        headers = self._onward(request, body)
        async with self.upstream.chat(body.raw, headers, _query(request)) as answer:
            return await relay(request, answer, exchange, own)

    async def _body(self, request: web.BaseRequest) -> Body:
        most = self.settings.max_body
        too_large = Refused(413, f"the body is over {most} bytes", "too_large")
        if (request.content_length or 0) > most:
            raise too_large
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for piece in request.content.iter_any():
                    pieces.append(piece)
                    size += len(piece)
                    if size > most:
                        raise too_large
        except TimeoutError:
            raise Refused(408, "the body did not come in time", "body_timeout") from None
        except web.RequestPayloadError:
            raise Refused(400, "the body broke off", "body_broke") from None
        return read_body(b"".join(pieces), request.headers.get("Content-Encoding", ""), most)

    def _onward(self, request: web.BaseRequest, body: Body | None = None) -> Any:
        without = {"authorization"} if self._key is not None else set[str]()
        if body is not None and body.stripped:
            without.add("content-encoding")
        return for_upstream(request.headers, without)

    def _note(self, exchange: Exchange) -> None:
        """Write the outcome down."""


def _query(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[2]


def told(value: JSON) -> web.Response:
    """A value of this proxy's own, as JSON."""
    return web.Response(body=written(value), content_type="application/json", headers={"Server": "overture"})
