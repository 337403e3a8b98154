"""Models that say what they are told to: for tests, examples and yardsticks, with no network and no weights.

In comes a list of lines, a function, a tape of recorded answers, or a list of failures; out comes a Model whose answers
are the same bytes every time. `register` names one, so that `scripted:NAME` finds it; those that need a task are
registered by the code that knows tasks. Easy to get wrong: one model serves many conversations at once, so a line is
chosen by the conversation's own turns, never by a count of calls (only `failing` counts, because failures do).
"""

from __future__ import annotations

import copy
import inspect
import json
import marshal
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import orjson

from ..conversation import Conversation, Message
from ..errors import BadRecord, DataError, ModelError, UsageError
from ..own import hint
from .base import GREEDY, JSON, Model, Reply, Sampling, Usage, request_hash, wire_messages
from .piecewise import Piecewise
from .wrapper import Wrapper

Speech = Callable[[Conversation], str | Message]
"""What a scripted model does: the next message, or its text, from the conversation so far."""

F = TypeVar("F", bound=Callable[..., Model])

_REGISTRY: dict[str, Callable[..., Model]] = {}


class Scripted(Piecewise):
    """A model made by `lines`, `function`, `tape` or `failing`.

    Its Usage counts words, not tokens, and costs 0; `seconds` is 0; `max_tokens` and `stop` are not applied.
    """

    def __init__(self, answer: Callable[..., Reply], name: str, version: str) -> None:
        self._answer = answer
        self.name = name
        self._version = version

    def __repr__(self) -> str:
        return f"Scripted({self.name!r})"

    @classmethod
    def lines(cls, lines: Iterable[str | Message], name: str = "scripted:lines") -> Scripted:
        """The n-th line answers a conversation in which the assistant has spoken n - 1 times; then ModelError."""
        script = tuple(lines)

        def speak(conversation: Conversation) -> str | Message:
            turn = sum(message.role == "assistant" for message in conversation.messages)
            if turn >= len(script):
                raise ModelError(f"{name} has {len(script)} lines, and this is turn {turn + 1}")
            return script[turn]

        told = [line if isinstance(line, str) else line.to_dict() for line in script]
        return cls.function(speak, name, version=_digest(json.dumps(told).encode()))

    @classmethod
    def function(cls, speak: Speech, name: str = "scripted:function", version: str | None = None) -> Scripted:
        """Whatever `speak(conversation)` returns, text or a Message.

        `version` stands for the function in `identity()`; by default its source. Give one where the function's
        answers depend on anything around it, such as a task.
        """

        def answer(conversation: Conversation, *asked: Any) -> Reply:
            wire_messages(conversation)
            said = speak(conversation)
            message = Message("assistant", said) if isinstance(said, str) else said
            heard = sum(len(each.text.split()) for each in conversation.messages)
            return Reply(message, Usage(heard, len(message.text.split()), 0.0), "stop", name, 0.0)

        return cls(answer, name, version or _source(speak))

    @classmethod
    def tape(cls, path: Path | str) -> Scripted:
        """Answers recorded by `Recorder`, found by the hash of the request; ModelError where none was recorded.

        Of several answers to one request the first counts. Raises DataError where the file is not a tape.
        """
        name = f"scripted:tape {Path(path).name}"
        known: dict[str, Reply] = {}
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise DataError(f"the tape {path} cannot be read ({error.strerror})") from error
        for number, line in enumerate(content.splitlines(), 1):
            try:
                record = orjson.loads(line)
                known.setdefault(record["request"], Reply.of(record["reply"]))
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, BadRecord) as error:
                raise DataError(f"line {number} of the tape {path} is not a recorded answer") from error

        def answer(*asked: Any) -> Reply:
            request = request_hash(*asked)
            if request not in known:
                raise ModelError(f"{name} holds no answer to request {request}")
            return known[request]

        return cls(answer, name, _digest(content))

    @classmethod
    def failing(cls, *errors: Exception, then: Scripted | None = None, name: str = "scripted:failing") -> Scripted:
        """The n-th call raises the n-th error; after them `then` answers, or else the last error repeats."""
        if not errors:
            raise UsageError("Scripted.failing needs at least one error to raise")
        left = list(errors)
        lock = threading.Lock()

        def answer(*asked: Any) -> Reply:
            with lock:
                due = left[0] if left else None
                if len(left) > 1 or then is not None:
                    del left[:1]
            if due is not None:
                raise copy.copy(due)
            assert then is not None
            return then._answer(*asked)

        told = [f"{type(error).__name__}: {error}" for error in errors] + ([then._version] if then else [])
        return cls(answer, name, _digest(json.dumps(told).encode()))

    def identity(self) -> dict[str, str]:
        """Its name and the hash of its script."""
        return {"kind": "scripted", "name": self.name, "version": self._version}

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The scripted answer, or the scripted failure."""
        return self._answer(conversation, sampling, tools, response_format)

    async def pieces(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncGenerator[str | Reply]:
        """The scripted answer, a word at a time, and the whole of it."""
        reply = await self.reply(conversation, sampling, tools, response_format)
        text, start = reply.message.text, 0
        while start < len(text):
            end = text.find(" ", start) + 1 or len(text)
            yield text[start:end]
            start = end
        yield reply


class Recorder(Wrapper):
    """Wraps a model and writes each answer to a tape as it comes, one JSON line each, for `Scripted.tape`."""

    def __init__(self, model: Model, path: Path | str) -> None:
        self.model = model
        self.path = Path(path)

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The wrapped model's answer, on the tape before it is handed on."""
        reply = await self.model.reply(conversation, sampling, tools, response_format)
        request = request_hash(conversation, sampling, tools, response_format)
        with self.path.open("ab") as tape:
            tape.write(orjson.dumps({"request": request, "reply": reply.to_dict()}) + b"\n")
        return reply

    async def close(self) -> None:
        """Close the wrapped model."""
        await self.model.close()


MORE = "overture.tasks.yardsticks"
"""A module that registers further ones, those that know the built-in requests: imported at the first unknown name."""


def register(name: str) -> Callable[[F], F]:
    """Decorate a function that makes a model; its parameters are the options that `load("scripted:NAME", …)` takes."""

    def keep(make: F) -> F:
        if name in _REGISTRY and _REGISTRY[name] is not make:
            raise UsageError(f"there are two scripted models named {name!r}")
        _REGISTRY[name] = make
        return make

    return keep


def named(spec: str, **options: Any) -> Model:
    """The registered model that `scripted:NAME` means. Raises UsageError naming those there are, or what it needs."""
    name = spec.removeprefix("scripted:")
    if name not in _REGISTRY:
        import_module(MORE)
    make = _REGISTRY.get(name)
    if make is None:
        raise UsageError(f"no scripted model is named {name[:40]!r}; {hint(name, sorted(_REGISTRY), 'scripted:')}")
    try:
        inspect.signature(make).bind(**options)
    except TypeError as error:
        raise UsageError(f"scripted:{name} cannot be made so: {error}") from None
    return make(**options)


@register("echo")
def echo() -> Scripted:
    """Says the last message back."""
    return Scripted.function(lambda conversation: conversation.messages[-1].text, "scripted:echo", "1")


@register("silent")
def silent() -> Scripted:
    """Says nothing, always: the empty text."""
    return Scripted.function(lambda conversation: "", "scripted:silent", "1")


def _source(speak: Speech) -> str:
    try:
        return _digest(inspect.getsource(speak).encode())
    except (OSError, TypeError):
        code = getattr(speak, "__code__", None)
        return _digest(marshal.dumps(code) if code is not None else type(speak).__qualname__.encode())


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
