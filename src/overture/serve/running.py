"""A proxy in this process: what it is made of, how it listens, how it stops.

In come Settings; `serve_until` returns when it is told to. Easy to get wrong: what cannot work has to be found out
before the port is open; and the HTTP library, left to itself, would write what a client sent into its own log.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import web

from ..conversation import Conversation, Message
from ..errors import OvertureError
from ..models import Model, load
from ..models.endpoint import Endpoint
from ..policies import Policy
from ..policies import make as named
from ..policies.named import WRAPPERS
from .app import Proxy
from .asked import Asked, Once
from .choice import names_of
from .local import LocalUpstream
from .relay import failure
from .settings import OFF, Settings
from .upstream import HttpUpstream, Upstream

GRACE = 10.0
"""Seconds that requests in flight get when the proxy stops."""


_HELLO = Conversation.of([{"role": "user", "content": "Please book a table."}])


HEAD = 60.0
"""Seconds from the first byte of a request, or from a connection's beginning, to the end of the request's head."""


class _Connection(web.RequestHandler):
    """A connection that answers what is no request without quoting it, and waits for none for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._late = self._loop.call_later(HEAD, self.force_close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages or self._request_in_progress:
            if self._late is not None:
                self._late.cancel()
                self._late = None
        elif self._late is None and self._waiter is not None:  # part of a head, or what is none
            self._late = self._loop.call_later(HEAD, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError
        response = failure(status, "this is no request that can be answered", "bad_request")
        response.force_close()
        return response


class _Server(web.Server):
    """Hands each connection to `_Connection`, and keeps the HTTP library's log, which quotes clients, empty."""

    def __call__(self) -> web.RequestHandler:
        silent = logging.Logger("overture.serve", logging.CRITICAL + 1)
        loop = asyncio.get_running_loop()
        return _Connection(
            self,
            loop=loop,
            access_log=None,  # pyright: ignore[reportArgumentType] (None is how it is told to have none)
            auto_decompress=False,
            logger=silent,
        )


def upstream_of(settings: Settings) -> tuple[Upstream, Model]:
    """What `settings.upstream` means: who answers clients, and the same as a model for policies. Raises UsageError."""
    model = load(settings.upstream)
    if isinstance(model, Endpoint):
        return HttpUpstream(model, settings.silence, model.authorization() if settings.key_env else {}), model
    return LocalUpstream(model), model


def ready_made(spec: str, model: Model) -> Policy:
    """The policy of this name for this model, with its weights loaded. Raises UsageError on a name that means nothing.

    One of its kind without a model decides first, because what a policy loads it loads at its first decision, and that
    would be somebody's, within a deadline.
    """
    first = named(spec)
    for talk in (_HELLO, _HELLO.then(Message("assistant", "Hello."))):
        if talk is _HELLO or first.reviews:
            with suppress(Exception):  # without a model some cannot decide
                asyncio.run(first.decide(talk))
    return named(spec, model)


def check_names(settings: Settings) -> None:
    """Raises UsageError where a name that a request may choose means nothing."""
    for name in {name for spec in settings.allow for name in names_of(spec)} - {OFF, *WRAPPERS}:
        named(name)


@asynccontextmanager
async def serving(
    settings: Settings, make: Callable[[str], Policy] | None = None, shared: bool = False
) -> AsyncGenerator[tuple[Proxy, int]]:
    """A proxy that listens, and its port.

    `make` makes policies by their spec, by default those of `policies.make` for this upstream. `shared`: other
    processes listen there too. Raises OvertureError where it cannot begin.
    """
    if make is None:
        check_names(settings)
    upstream, model = upstream_of(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(model.close)
        stack.push_async_callback(upstream.close)
        asked = Once(Asked(model, lambda: proxy.notes.metrics.asked.inc()))
        proxy = Proxy(settings, upstream, model, make or (lambda spec: ready_made(spec, asked)))
        stack.push_async_callback(proxy.close)
        server = _Server(proxy, handler_cancellation=True)
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=GRACE)
        stack.push_async_callback(runner.cleanup)
        await proxy.start()
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, backlog=1024, reuse_port=shared or None).start()
        except OSError as error:
            raise cannot_listen(settings, error) from None
        yield proxy, runner.addresses[0][1]


def cannot_listen(settings: Settings, error: OSError) -> OvertureError:
    """What to tell the user about an address that is not to be had."""
    other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
    # each event loop words it in its own way; for a name that is not found the system has no number
    number = error.errno or 0
    why = os.strerror(number) if number > 0 else error.strerror or str(error)
    return OvertureError(f"cannot listen on {settings.host}:{settings.port} ({why}); choose another {other}")
