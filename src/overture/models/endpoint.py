"""Any server that speaks the OpenAI chat API: asking it, waiting for it, and naming what went wrong.

In comes `http://host:port/v1#name`; out come replies, or a ModelError that says which boundary broke. A call is made
again only while that is safe: nothing listened, or the server said 429, 503 or 5xx before a byte of an answer was
used. Easy to get wrong: the key. It is read once, sent in one header, follows no redirect, and is struck out of
everything that comes back, because servers quote it in their errors.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson

from ..conversation import Conversation
from ..errors import BadAnswer, BadRequest, ModelError, ModelTimeout, ModelUnreachable, UsageError
from .base import GREEDY, JSON, Closing, Reply, Sampling, Usage, wire_messages
from .fields import Taken, left_out, loosened
from .patience import Key, Patience, Price, key_for, wait_before
from .wire import LARGEST, Events, completion_of, delta_of, error_of

if TYPE_CHECKING:
    import aiohttp


class Endpoint(Closing):
    """One model of one server. Make it by `Endpoint.of("http://host:port/v1#name")`.

    The key is that of `key_for`, unless `key` is given; an empty one sends none.
    `prices` maps a model's name to its Price; without one, cost is None. `extra` is added to every request's body.
    """

    def __init__(
        self,
        base: str,
        model: str,
        *,
        key: str | None = None,
        patience: Patience | None = None,
        prices: Mapping[str, Price] | None = None,
        extra: Mapping[str, Any] | None = None,
        seed: int = 0,
        name: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base = base.rstrip("/")
        self.model = model
        self.name = name or f"{self.base}#{model}"
        self.patience = patience or Patience()
        self._price = (prices or {}).get(model)
        self._extra = dict(extra or {})
        self._seed = seed
        self._sleep = sleep
        self._key = Key(key_for(base) if key is None else key)
        self._proxy = proxy_for(self.base)
        self._taken = Taken()
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def of(cls, spec: str, **options: Any) -> Endpoint:
        """From `http://host:port/v1#name`. Raises UsageError, never quoting a password, on anything else."""
        said = "an endpoint is written http://host:port/v1#name, where name is the model's"
        try:
            parts = urlsplit(spec)
            _ = parts.port
        except ValueError as error:  # half a bracket, a port out of range
            raise UsageError(f"{said}: {error}") from None
        if parts.username or parts.password:
            raise UsageError("an endpoint's address must hold no user or password; give the key in OVERTURE_API_KEY")
        if not parts.hostname or parts.query or not parts.fragment:
            raise UsageError(said)
        base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/chat/completions")
        return cls(base, parts.fragment, name=spec, **options)

    def __repr__(self) -> str:
        return f"Endpoint({self.base!r}, {self.model!r})"

    def authorization(self) -> dict[str, str]:
        """The header that carries the key, for whoever asks the same server in another way; empty without a key."""
        return self._key.header()

    def identity(self) -> dict[str, str]:
        """Address, model and whatever is added to each request. The server's own revision is in `Reply.details`."""
        extra = orjson.dumps(self._extra, option=orjson.OPT_SORT_KEYS).decode() if self._extra else "{}"
        return {"kind": "endpoint", "endpoint": self.base, "model": self.model, "extra": self._key.strike(extra)}

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message, in one piece. Raises a ModelError; `seconds` includes waits and retries.

        Where the server says that it does not take `response_format`, `top_p`, `seed` or `temperature`, it is asked
        without, and `details["left_out"]` says so.
        """
        began = time.perf_counter()
        asked = self._body(conversation, sampling, tools, response_format, stream=False)
        response, sent, attempts = await self._answer(asked)
        with closing(response):
            text = await self._text(response)
        completion = completion_of(text)
        usage = completion.usage
        details: dict[str, Any] = {"attempts": attempts} if attempts > 1 else {}
        if completion.system_fingerprint:
            details["fingerprint"] = completion.system_fingerprint
        if completion.reasoning:
            details["reasoning"] = completion.reasoning
        if less := left_out(asked, sent):
            details["left_out"] = less
        if usage is None:
            details["usage_missing"] = True
        prompt, made = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return Reply(
            completion.message,
            Usage(prompt, made, self._price.of(prompt, made) if usage and self._price else None),
            completion.choices[0].finish_reason or "unknown",
            completion.model or self.model,
            time.perf_counter() - began,
            details,
        )

    async def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncIterator[str]:
        """Text as it comes. Raises BadAnswer where the stream ends before the server has said that it is done."""
        import aiohttp

        body = self._body(conversation, sampling, tools, response_format, stream=True)
        held = ""  # the end of the text so far, where it might be the beginning of the key
        finished = False
        response, _, _ = await self._answer(body)
        with closing(response):
            events = Events()
            try:
                async for piece in response.content.iter_any():
                    for data in events.feed(piece):
                        if data.strip() == "[DONE]":
                            finished = True
                            continue
                        text, finish = delta_of(self._key.strike(data))
                        finished = finished or finish is not None
                        ready, held = self._key.hold(held + text)
                        if ready:
                            yield ready
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._broken(error) from None
        if not finished:
            raise BadAnswer("the stream ended before the answer did")
        if held:
            yield held

    async def close(self) -> None:
        """Close the connections. The endpoint can be used again after it."""
        session, self._session = self._session, None
        if session is not None and not session.closed:
            await session.close()

    def _body(
        self,
        conversation: Conversation,
        sampling: Sampling,
        tools: Sequence[JSON],
        response_format: JSON | None,
        stream: bool,
    ) -> JSON:
        asked: JSON = {
            "model": self.model,
            "messages": wire_messages(conversation),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "stream": stream,
        }
        optional = {
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
            "tools": list(tools) or None,
            "response_format": response_format,
        }
        asked.update({key: value for key, value in optional.items() if value is not None})
        return {**asked, **self._extra}

    async def _answer(self, asked: JSON) -> tuple[aiohttp.ClientResponse, JSON, int]:
        """A response of status 200, to be closed, the request that it answers, and the attempts it took; the retries
        are all here."""
        attempt = 1
        while True:
            try:
                return *await self._post(self._taken.fitted(asked)), attempt
            except ModelError as error:
                of = blake2b(orjson.dumps(asked)).hexdigest()
                wait = wait_before(attempt + 1, error, self.patience, f"{self._seed} {of}")
                if wait is None:
                    raise
                await self._sleep(wait)
                attempt += 1

    async def _post(self, asked: JSON) -> tuple[aiohttp.ClientResponse, JSON]:
        import aiohttp

        try:
            response = await self._connect().post(
                f"{self.base}/chat/completions", data=orjson.dumps(asked), allow_redirects=False, proxy=self._proxy
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._broken(error) from None
        if response.status == 200:
            return response, asked
        with closing(response):
            if 300 <= response.status < 400:
                to = self._key.strike(response.headers.get("Location", "nowhere"), hard=True)
                raise BadRequest(f"{self.base} redirects to {to[:200]}; name that address itself")
            said = self._key.strike(await self._text(response), hard=True)
        refusal = error_of(response.status, response.headers, said)
        less = loosened(said, asked) if isinstance(refusal, BadRequest) else None
        if less is None:
            raise refusal
        try:
            answer, sent = await self._post(less)
        except BadRequest:
            raise refusal from None  # so it was not that field
        self._taken.learn(asked, sent)
        return answer, sent

    def _connect(self) -> aiohttp.ClientSession:
        import aiohttp

        from .pool import Pool

        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            waits = aiohttp.ClientTimeout(
                total=self.patience.total, sock_connect=self.patience.connect, sock_read=self.patience.silence
            )
            headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            headers |= self._key.header()
            self._session = aiohttp.ClientSession(connector=Pool(), headers=headers, timeout=waits)
            self._loop = loop
        return self._session

    async def _text(self, response: aiohttp.ClientResponse) -> str:
        import aiohttp

        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in response.content.iter_any():
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST:
                    raise BadAnswer(f"the answer is over {LARGEST >> 20} MiB")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._broken(error) from None
        try:
            return self._key.strike(b"".join(pieces).decode("utf-8"))
        except UnicodeDecodeError:
            raise BadAnswer("the answer is not UTF-8") from None

    def _broken(self, error: Exception) -> ModelError:
        import aiohttp

        # "connection refused" and its like come before the request was taken; everything later may have cost something
        if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
            return ModelUnreachable(f"nothing answers at {self.base}; is the server running?")
        if isinstance(error, TimeoutError):
            return ModelTimeout(f"{self.base} gave no whole answer in the time allowed")
        if isinstance(error, aiohttp.InvalidURL):
            return BadRequest(f"{self.base} is not an address")
        return BadAnswer(f"{self.base} broke off before its answer was whole ({type(error).__name__})")


def proxy_for(base: str) -> str | None:
    """The proxy that the environment names for this address, or None."""
    # aiohttp's own trust_env also reads ~/.netrc, which would replace or collide with the key
    parts = urlsplit(base)
    host = parts.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)
