"""The proxy: four routes, one way through for a chat request, and nothing else that answers.

In comes a request; out goes the upstream's answer, or the one that a policy made of it. Easy to get wrong: whatever
happens to a request, it has one outcome and it is written down once; and nothing that a client sent, no key and no
text, stands in an error or a log line of this process.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDict

from ..conversation import Conversation, Message
from ..errors import BadAnswer
from ..models import Model
from ..policies import Policy, Steered
from .bodies import Body, Refused
from .choice import Choices, Chosen, drawn
from .copies import Copy
from .exchange import Exchange
from .headers import DIGESTS, for_upstream
from .leading import Leading, readable
from .leaving import Leavers
from .memory import Memory, opening, shelf_of, user_of
from .notes import Notes
from .receiving import receive
from .relay import cut, failure, relay
from .settings import OFF, Settings, is_loopback
from .shadows import Shadows
from .upstream import Upstream, UpstreamFailed

_ELSEWHERE = "only /v1/chat/completions and /v1/models are answered here; ask the upstream itself for anything else"
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Proxy:
    """Answers requests. Make it within the event loop that serves them, and `close` it there."""

    def __init__(self, settings: Settings, upstream: Upstream, model: Model, make: Callable[[str], Policy]) -> None:
        self.settings = settings
        self.upstream = upstream
        self.choices = Choices(settings, make)
        self.notes = Notes(settings)
        self.memory = Memory(shelf_of(settings.state), self.notes.metrics.forgotten.inc) if settings.state else None
        self._model = model
        self._key = settings.key
        self._leavers = Leavers(settings.silence)
        self._running: list[asyncio.Task[None]] = []
        self._shadows = Shadows(self.notes.add)
        self._routes: dict[str, tuple[str, Handler, bool]] = {
            "/v1/chat/completions": ("POST", self._chat, True),
            "/v1/models": ("GET", self._models, True),
            "/metrics": ("GET", self._metrics, True),
            "/health": ("GET", self._health, False),
        }

    async def start(self) -> None:
        """Begin what runs beside the requests, and make the deployment's policy.

        Raises UsageError where there is none of that name, and where the log cannot be written.
        """
        self.notes.start()
        if self.settings.policy != OFF:
            await self.choices.policy(self.settings.policy)
        self._running = [asyncio.create_task(each) for each in (self._leavers.run(), self.notes.run())]

    async def close(self) -> None:
        """Write down what is left."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(self._shadows.close(), *self._running, return_exceptions=True)
        await self.notes.close()
        if self.memory is not None:
            await self.memory.close()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        method, handler, guarded = self._routes.get(request.raw_path.partition("?")[0], ("", None, False))
        if handler is None:
            return failure(404, _ELSEWHERE, "not_found")
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
            self.notes.metrics.turned_away.labels("wrong_key").inc()
            response = failure(401, "the key is missing or wrong", "wrong_key")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        # without a key, any page that a browser on this machine has open could ask
        if "Origin" in request.headers or not _is_here(request.headers.get("Host", "")):
            self.notes.metrics.turned_away.labels("not_local").inc()
            return failure(403, "without a key only programs on this machine are answered", "not_local")
        return None

    async def _health(self, request: web.BaseRequest) -> web.StreamResponse:
        return _own(b'{"status":"ok"}', "application/json")

    async def _metrics(self, request: web.BaseRequest) -> web.StreamResponse:
        return _own(self.notes.text(), "text/plain; version=0.0.4; charset=utf-8")

    async def _models(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            async with self.upstream.models(self._onward(request), _query(request)) as answer:
                return await relay(request, answer, Exchange(), {})
        except UpstreamFailed as error:
            return failure(error.status, str(error), error.kind)

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        exchange = Exchange(trace=request.headers.get("traceparent", ""))
        connection = request.transport
        self.notes.begun()
        self._leavers.watched.add(connection)
        try:
            response = await self._answered(request, exchange)
            exchange.end("done")
            return response
        except Refused as error:
            exchange.end("refused", error.kind)
            return self._failure(request, exchange, error.status, str(error), error.kind)
        except UpstreamFailed as error:
            exchange.end("upstream_failed", error.kind)
            return self._failure(request, exchange, error.status, str(error), error.kind)
        except (asyncio.CancelledError, ConnectionError):
            exchange.end("client_left")
            raise
        except Exception as error:
            exchange.end("failed", type(error).__name__)
            return self._failure(request, exchange, 500, "the proxy broke; the request was not answered", "failed")
        finally:
            self._leavers.watched.discard(connection)
            self.notes.ended()
            if not exchange.deferred:
                self.notes.add(exchange)

    def _failure(
        self, request: web.BaseRequest, exchange: Exchange, status: int, message: str, kind: str
    ) -> web.StreamResponse:
        """An error, unless an answer has begun: then nothing but the end of the connection can tell."""
        if exchange.status:
            cut(request)
            raise ConnectionResetError
        exchange.status = status
        response = failure(status, message, kind)
        if exchange.policy != OFF:
            response.headers.update(exchange.headers())
        return response

    async def _answered(self, request: web.BaseRequest, exchange: Exchange) -> web.StreamResponse:
        body = await receive(request, self.settings.max_body)
        chosen = self.choices.of(request.headers.get("X-Overture-Policy"), body)
        exchange.take(body.value, chosen.spec, chosen.shadow)
        if self.settings.log_content:
            exchange.heard(body.value)
        exchange.user = user_of(body.value, request.headers.get("Authorization", ""))
        own = {"X-Overture-Stripped": ",".join(body.stripped)} if body.stripped else {}
        headers = self._onward(request, chosen.body)
        if body.stripped or chosen.body is not body:
            for name in DIGESTS:
                headers.popall(name, None)
        copy = Copy()
        steered, seen = await self._leader(chosen, exchange) if chosen.spec != OFF else (None, None)
        if self.settings.share < 1 and seen is not None and not (chosen.asked or exchange.shadow):
            exchange.shadow = not drawn(exchange.user or opening(seen), self.settings.share)
        if steered is None or seen is None or exchange.shadow:
            if chosen.spec != OFF:
                own |= exchange.headers()
            keep = exchange.shadow or self.settings.log_content
            exchange.calls += 1
            async with self.upstream.chat(chosen.body.raw, headers, _query(request)) as answer:
                response = await relay(request, answer, exchange, own, copy if keep else None)
            if steered is not None and seen is not None:
                self._shadows.add(steered, seen, copy, exchange)
        else:
            keep = self.settings.log_content
            query = _query(request)
            leading = Leading(request, exchange, self.upstream, query, chosen.body, headers, own, steered, seen, keep)
            response = await leading.answered(copy)
        if self.settings.log_content:
            exchange.said(_messages(copy))
        return response

    async def _leader(self, chosen: Chosen, exchange: Exchange) -> tuple[Steered | None, Conversation | None]:
        """The policy, ready to decide within its deadline, and what it sees; without both the turn is unsteered."""
        seen, exchange.unsteered = readable(chosen.body)
        if seen is None:
            return None, None
        if self.memory is not None and exchange.user:
            start = await self.memory.start_of(exchange.user, seen)
            seen = replace(seen, metadata={**seen.metadata, "initiative": 1.0 if start is None else start})
        limit = asyncio.timeout(self.settings.deadline)
        try:
            async with limit:
                policy = await self.choices.policy(chosen.spec)
        except Exception as error:  # a policy that cannot be made must not cost anybody an answer
            exchange.unsteered = "deadline" if limit.expired() else type(error).__name__
        else:
            return Steered(self._model, policy, self.settings.deadline), seen
        return None, None

    def _onward(self, request: web.BaseRequest, body: Body | None = None) -> CIMultiDict[str]:
        headers = for_upstream(request.headers)
        if self._key is not None:
            headers.popall("Authorization", None)
        if body is not None and not body.encoding:
            headers.popall("Content-Encoding", None)
        return headers


@lru_cache(maxsize=256)
def _is_here(host: str) -> bool:
    """Whether a `Host` header names this machine alone."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _messages(copy: Copy) -> list[Message]:
    try:
        return copy.drafts()
    except BadAnswer:
        return []


def _own(data: bytes, kind: str) -> web.Response:
    return web.Response(body=data, headers={"Content-Type": kind, "Server": "overture"})


def _query(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[2]
