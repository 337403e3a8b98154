"""A model in this process as an upstream: the embedded one, a `.gguf` file, a scripted one.

In comes the body of a chat request; out comes an Answer in the shape of the chat API, as events if it asked for them.
Easy to get wrong: what such a model cannot do has to be refused, not left out, or a client would take an answer
without log probabilities for one whose probabilities were lost; and a stream has to say why it ended as a whole answer
does. Where the request names no temperature it is 0.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from multidict import CIMultiDict

from ..conversation import Conversation
from ..errors import (
    BadRecord,
    BadRequest,
    ContextOverflow,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelTimeout,
    UsageError,
)
from ..models import Model, Reply, Sampling
from ..models.piecewise import Piecewise
from .answers import STREAM, Chunks, completion, fresh, usage_of
from .bodies import JSON, parsed, written
from .steering import tools_in
from .upstream import Answer, UpstreamFailed

_STATUS: tuple[tuple[type[ModelError], int], ...] = (
    (BadRequest, 400),
    (ContextOverflow, 400),
    (ModelNotFound, 404),
    (ModelRateLimited, 429),
    (ModelTimeout, 504),
)
MOST_CHOICES = 16
MOST_TOKENS = 2**31 - 1
"""As many as an engine counts to."""


@dataclass
class _LocalAnswer:
    status: int
    kind: str
    source: AsyncIterator[bytes]
    length: int | None = None
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=CIMultiDict[str])

    def __post_init__(self) -> None:
        self.headers = CIMultiDict({"Content-Type": self.kind})
        if self.length is not None:
            self.headers["Content-Length"] = str(self.length)

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self.source:
            yield piece

    async def whole(self) -> bytes:
        return b"".join([piece async for piece in self.source])


class LocalUpstream:
    """Asks a Model. A stream comes as the model makes it, if it can tell so (`Piecewise`), or else all at once."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def chat(self, body: bytes, headers: CIMultiDict[str], query: str) -> AbstractAsyncContextManager[Answer]:
        """Answer a request."""
        return self._chat(parsed(body))

    @asynccontextmanager
    async def models(self, headers: CIMultiDict[str], query: str) -> AsyncGenerator[Answer]:
        """The one model there is."""
        one = {"id": self._model.name, "object": "model", "created": 0, "owned_by": "overture"}
        yield _whole(200, written({"object": "list", "data": [one]}))

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    @asynccontextmanager
    async def _chat(self, asked: JSON) -> AsyncGenerator[Answer]:
        try:
            talk, sampling, choices = _read(asked)
            if asked.get("stream") and choices == 1 and not tools_in(asked) and isinstance(self._model, Piecewise):
                pieces = self._model.pieces(talk, sampling, (), asked.get("response_format"))
                async with aclosing(self._streamed(asked, pieces)) as source:
                    first = await anext(source)  # so that a refusal still has a status
                    yield _LocalAnswer(200, STREAM, _after(first, source))
                    return
            replies = await asyncio.gather(
                *(
                    self._model.reply(talk, _seeded(sampling, i), tools_in(asked), asked.get("response_format"))
                    for i in range(choices)
                )
            )
        except (BadRecord, UsageError) as error:
            yield _whole(400, _error(str(error), "bad_request"))
        except ModelError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 502)
            yield _whole(status, _error(str(error), error.kind))
        else:
            made = sum(reply.usage.completion_tokens for reply in replies)
            base = {**self._fresh(asked), "usage": usage_of(replies[0].usage.prompt_tokens, made)}
            data = completion([(reply.message, _finish(reply)) for reply in replies], asked, base)
            yield _LocalAnswer(200, STREAM, _once(data)) if asked.get("stream") else _whole(200, data)

    async def _streamed(self, asked: JSON, pieces: AsyncGenerator[str | Reply]) -> AsyncGenerator[bytes]:
        events = Chunks(asked, self._fresh(asked))
        told = False
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    if isinstance(piece, Reply):
                        yield events.whole(0, piece.message, _finish(piece), told=told)
                        yield events.end(usage_of(piece.usage.prompt_tokens, piece.usage.completion_tokens))
                    else:
                        yield events.one(0, {"content": piece} if told else {"role": "assistant", "content": piece})
                        told = True
        except ModelError as error:
            if not told:
                raise
            raise UpstreamFailed(502, "the model broke off", error.kind) from None

    def _fresh(self, asked: JSON) -> JSON:
        model = asked.get("model")
        return fresh(model if isinstance(model, str) and model else self._model.name)


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.message.tool_calls else reply.finish


def _read(asked: JSON) -> tuple[Conversation, Sampling, int]:
    """What is asked. Raises BadRequest, BadRecord or UsageError."""
    if asked.get("logprobs") or asked.get("top_logprobs"):
        raise BadRequest("this model gives no logprobs")
    choices = asked.get("n") or 1
    if not isinstance(choices, int) or not 1 <= choices <= MOST_CHOICES:
        raise BadRequest(f"n is not a number from 1 to {MOST_CHOICES}")
    stop = asked.get("stop") or ()
    most = asked.get("max_completion_tokens") or asked.get("max_tokens") or Sampling().max_tokens
    try:
        sampling = Sampling(
            float(asked.get("temperature") or 0.0),
            float(1.0 if asked.get("top_p") is None else asked["top_p"]),
            int(most),
            None if asked.get("seed") is None else int(asked["seed"]),
            (stop,) if isinstance(stop, str) else tuple(map(str, stop)),
        )
    except (TypeError, ValueError, OverflowError):
        raise BadRequest("temperature, top_p, max_tokens, seed or stop is not of its type") from None
    if sampling.max_tokens > MOST_TOKENS:
        raise BadRequest(f"max_tokens is over {MOST_TOKENS}")
    return Conversation.of(asked.get("messages") or ()), sampling, choices


def _seeded(sampling: Sampling, index: int) -> Sampling:
    return sampling if sampling.seed is None else replace(sampling, seed=sampling.seed + index)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _whole(status: int, data: bytes) -> _LocalAnswer:
    return _LocalAnswer(status, "application/json", _once(data), len(data))


def _error(message: str, kind: str) -> bytes:
    return written({"error": {"message": message, "type": "overture", "param": None, "code": kind}})
