"""Who speaks: the one protocol that every model answers to, and the values that go in and come out.

In comes a Conversation; out comes a Reply. `load` makes a model from the word a user types: `embedded`,
`http://host:port/v1#name`, a path to a `.gguf` file, or `scripted:NAME`. Easy to get wrong: `identity()` holds
everything that determines the answers and nothing else, so no key, no timeout, no count of workers; and a request
is checked before it is sent, because several engines invent an answer to an empty or garbled one.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from ..conversation import ROLES, Conversation, Message, message_of
from ..errors import BadRequest, UsageError

JSON = dict[str, Any]
"""An object of JSON: a tool's schema, a response format."""

FORMS = (
    "`embedded`, `embedded:fast`, `http://host:port/v1#name` (hosted: https://), a path to a `.gguf` file, or "
    "`scripted:NAME`"
)
FAST = ":fast"
"""At the end of the word of a local model: its answers share batches and a prompt cache, and need not repeat."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next tokens are drawn. Raises UsageError on a value out of range."""

    temperature: float = 0.0
    """0 takes the likeliest token each time."""
    top_p: float = 1.0
    max_tokens: int = 512
    """Most tokens of an answer."""
    seed: int | None = None
    """None leaves the draw to the engine: such answers do not repeat."""
    stop: tuple[str, ...] = ()
    """The answer ends before any of these."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise UsageError(f"temperature is {self.temperature}; it must be 0 or more")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p is {self.top_p}; it must be above 0 and at most 1")
        if self.max_tokens < 1:
            raise UsageError(f"max_tokens is {self.max_tokens}; it must be 1 or more")

    def to_dict(self) -> JSON:
        """Every field, as JSON can hold it."""
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": list(self.stop),
        }


GREEDY = Sampling()
"""The likeliest token each time, at most 512."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer took."""

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None
    """In the currency of the price table; None where no price is known."""

    def to_dict(self) -> JSON:
        """Every field, as JSON can hold it."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of one model."""

    message: Message
    usage: Usage
    finish: str
    """`stop`, `length`, `tool_calls`, or the server's own word."""
    model: str
    """What the server calls itself, where it says so; else the model's name."""
    seconds: float
    """From asking to the whole answer, waits and retries included."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else came: `fingerprint`, `reasoning`, `usage_missing`, `attempts`, `cached`; `left_out`: fields that the
    server does not take; `circles`: it was stopped, saying one passage over and over."""

    def to_dict(self) -> JSON:
        """As JSON can hold it; `Reply.of` reads it back."""
        return {
            "message": self.message.to_dict(),
            "usage": self.usage.to_dict(),
            "finish": self.finish,
            "model": self.model,
            "seconds": self.seconds,
            "details": dict(self.details),
        }

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Reply:
        """Read back what `to_dict` wrote. Raises BadRecord, KeyError or TypeError on anything else."""
        usage = raw["usage"]
        return cls(
            message_of(raw["message"]),
            Usage(int(usage["prompt_tokens"]), int(usage["completion_tokens"]), usage["cost"]),
            str(raw["finish"]),
            str(raw["model"]),
            float(raw["seconds"]),
            dict(raw.get("details") or {}),
        )


@runtime_checkable
class Model(Protocol):
    """Anything that answers. Use it as `async with load("embedded") as model: …`."""

    @property
    def name(self) -> str:
        """As the user named it."""
        ...

    def identity(self) -> dict[str, str]:
        """Everything that determines its answers, beside the request: never a key, never a timeout."""
        ...

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message. Raises a ModelError whose `kind` says what went wrong."""
        ...

    def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncIterator[str]:
        """The next message's text, piece by piece; tool calls are not streamed. Raises as `reply` does."""
        ...

    async def close(self) -> None:
        """Let go of connections, threads and memory. More than once is fine."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class Closing:
    """Makes whatever has `close` an async context manager."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()


def check_conversation(given: object) -> None:
    """Raise TypeError, with what to write instead, on a text or a list in place of a Conversation."""
    if not isinstance(given, Conversation):
        raise TypeError(
            f"a model is asked with a Conversation, not with {type(given).__name__}; write "
            'Conversation.of([{"role": "user", "content": "…"}])'
        )


def wire_messages(conversation: Conversation) -> list[JSON]:
    """The messages as the chat API takes them. Raises BadRequest on what no engine should be asked, and TypeError."""
    check_conversation(conversation)
    if not conversation.messages:
        raise BadRequest("the conversation has no messages; a model asked nothing invents something")
    for index, message in enumerate(conversation.messages):
        if message.role not in ROLES:
            raise BadRequest(f"message {index} has role {message.role[:40]!r}, not one of {', '.join(sorted(ROLES))}")
        if message.attachments:
            kinds = ", ".join(sorted(set(message.attachments)))
            raise BadRequest(f"message {index} had parts that are not text ({kinds}) and were not kept")
        if message.content is None and not message.tool_calls:
            raise BadRequest(f"message {index} ({message.role}) has neither text nor tool calls")
        try:
            message.text.encode("utf-8")
        except UnicodeEncodeError:
            raise BadRequest(f"message {index} holds half a surrogate pair, which is not text") from None
    return conversation.to_dicts()


def request_hash(
    conversation: Conversation,
    sampling: Sampling = GREEDY,
    tools: Sequence[JSON] = (),
    response_format: JSON | None = None,
    *more: Any,
) -> str:
    """32 hex digits that depend on all that is asked, and on `more`; not on who is asked."""
    check_conversation(conversation)
    attachments = [message.attachments for message in conversation.messages]
    asked = [conversation.to_dicts(), attachments, sampling.to_dict(), list(tools), response_format, *more]
    return blake2b(_written(asked).encode("ascii"), digest_size=16).hexdigest()


# ASCII escapes, because a log's text may hold lone surrogates, and they have to be told apart too
_written = json.JSONEncoder(sort_keys=True, ensure_ascii=True, check_circular=False, separators=(",", ":")).encode


def load(spec: str, **options: Any) -> Model:
    """Make a model from the word a user types. `options` go to the kind it names.

    Raises UsageError on any other word, naming the forms. Nothing is connected, pulled or loaded before it is used,
    except that local weights are found (and pulled) at once.
    """
    if not isinstance(spec, str):  # pyright: ignore[reportUnnecessaryIsInstance] (not every caller has types)
        raise UsageError(f"a model is named by a word, not by {type(spec).__name__}: {FORMS}")
    word = spec.strip()
    if word.startswith("scripted:"):
        from .scripted import named

        return named(word, **options)
    if word.startswith(("http://", "https://")):
        from .endpoint import Endpoint

        return Endpoint.of(word, **options)
    if is_local(word):
        from . import embedded

        name = word.removesuffix(FAST)
        options.setdefault("fast", name != word)
        return embedded.load(None if name == "embedded" else Path(name), **options)
    scheme = "http" if word.startswith(("localhost", "127.")) else "https"
    meant = f"did you mean {scheme}://{word[:80]}? A" if re.match(r"[\w.-]+(:\d+)?/[^#]*#.", word) else "a"
    raise UsageError(f"no model is meant by {spec[:80]!r}; {meant} model is {FORMS}")


def is_local(spec: str) -> bool:
    """Whether the word means a model that runs in this process and on its cores."""
    name = spec.strip().removesuffix(FAST)
    return name == "embedded" or name.endswith(".gguf")


def at_once(spec: str, elsewhere: int) -> int:
    """How many answers to ask for at a time, unless told: one a core of a local model, eight of a fast one."""
    if not is_local(spec):
        return elsewhere
    return 8 if spec.strip().endswith(FAST) else min(8, os.cpu_count() or 1)
