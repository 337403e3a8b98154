"""A small model in this process: no key, no network, the same bytes for the same question.

In comes a GGUF file (by default SmolLM2-135M-Instruct as Q8_0, pulled by `overture.data`); out come replies. Repeatable
means several engines of one slot and one thread each with no prompt cache; `fast` answers in batches, an engine a core,
and says so in `identity()`. Easy to get wrong: the engine opens an HTTP port that answers anyone unless it is given an
API key, swallows exceptions of its callback, and must not be carried over a fork: spawn, never fork.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .. import data
from ..conversation import Conversation
from ..errors import BadRequest, ModelError, UsageError
from .base import FAST, GREEDY, JSON, Reply, Sampling, Usage, wire_messages
from .chunks import CIRCLES, Gathered
from .piecewise import Piecewise
from .requantise import as_q8_0, template_hash

FAST_MODE = "fast: slots of one batch and a prompt cache, shared; an answer depends on what else is being asked"
HOMES = 1024  # conversations whose engine is remembered
CACHE = 1024  # MiB an engine at most of what it has read: less, and a policy's own questions push conversations out


def load(
    path: Path | None = None,
    *,
    workers: int | None = None,
    fast: bool = False,
    context: int = 4096,
) -> Embedded:
    """SmolLM2, or the model in `path`. Weights are found, or pulled, now; the engines start at the first question.

    `workers` answers are made at once, by default 2, or 8 if `fast`; `context` is in tokens, for each. `fast` makes
    about twice the tokens a second. Raises UsageError where there is no such file, DataError where the weights cannot
    be had.
    """
    if path is not None and not path.is_file():
        raise UsageError(
            f"there is no file {path}; a model is a .gguf file, or `embedded` for the one that is built in"
        )
    workers = workers if workers is not None else 8 if fast else 2
    if workers < 1 or context < 64:
        raise UsageError("an embedded model needs at least one worker and a context of 64 tokens")
    weights = path or as_q8_0(data.path("smollm2"))
    name = (str(path) if path else "embedded") + (FAST if fast else "")
    return Embedded(weights, name=name, workers=workers, fast=fast, context=context)


class Embedded(Piecewise):
    """One set of weights and the engines that run it. Made by `load`."""

    def __init__(self, weights: Path, *, name: str, workers: int, fast: bool, context: int) -> None:
        self.name = name
        self.weights = weights
        self.workers = workers
        self.fast = fast
        self.context = context
        self._engines = min(workers, os.cpu_count() or 1) if fast else workers
        self._slots = -(-workers // self._engines)
        self._process = os.getpid()
        self._starting = threading.Lock()
        self._running: dict[int, Any] = {}
        self._asking = [0] * self._engines
        self._homes: dict[str, int] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._stops: set[threading.Event] = set()
        self._identity: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"Embedded({self.name!r}, workers={self.workers}, fast={self.fast})"

    def identity(self) -> dict[str, str]:
        """Weights' and template's sha256, engine build, the processor's features, context, the rule of circles, and the
        mode of determinism."""
        if self._identity is None:
            engine = _engine()
            build = engine.BUILD_INFO
            mode = FAST_MODE if self.fast else "repeatable: one slot and one thread each, no prompt cache"
            self._identity = {
                "kind": "embedded",
                "weights": data.sha256_of(self.weights),
                "template": template_hash(self.weights),
                "engine": f"xllamacpp {engine.__version__}, {build['compiler']}, {build['build_target']}",
                "processor": " ".join(str(engine.get_system_info()).split()),
                "context": str(self.context),
                "circles": CIRCLES,
                "mode": mode,
            }
        return dict(self._identity)

    async def pieces(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncGenerator[str | Reply]:
        """Text as it comes, and then the whole. Leaving early, or cancelling, stops the engine at its next token.

        With a `response_format`, an answer that goes round in circles in a string would never close its object: it is
        stopped and counts as cut off, with `circles` in its details.
        """
        began = time.perf_counter()
        request = _request(conversation, sampling, tools, response_format)
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        gathered = Gathered()
        details: dict[str, Any] = {}

        def hand_on(chunk: Any) -> bool:
            text = gathered.add(chunk)
            if text:
                loop.call_soon_threadsafe(pieces.put_nowait, text)
            if _in_form(response_format) and gathered.circles():
                details["circles"] = True
            return bool(details)

        async def ask() -> None:
            try:
                await self._ask(request, hand_on)
            finally:
                pieces.put_nowait(None)

        asking = asyncio.create_task(ask())
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            await asking
            usage = Usage(gathered.prompt_tokens, gathered.completion_tokens, 0.0)  # nobody is paid for it
            took = time.perf_counter() - began
            yield Reply(gathered.message(), usage, gathered.finish, self.name, took, details)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def close(self) -> None:
        """Stop what is being said and free the weights. A later question starts the engines again."""
        pool, self._pool = self._pool, None
        for stop in list(self._stops):
            stop.set()
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)
        with self._starting:
            self._running.clear()
            self._homes.clear()

    async def _ask(self, request: JSON, enough: Callable[[Any], bool]) -> None:
        """Hand each chunk to `enough`, from a thread, until it says so or the answer has ended."""
        if os.getpid() != self._process:
            raise ModelError("an embedded model was carried over a fork; start worker processes by spawn instead")
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="embedded")
        stop = threading.Event()
        self._stops.add(stop)
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._answer, request, enough, stop)
        try:
            await work
        finally:
            stop.set()
            self._stops.discard(stop)

    def _answer(self, request: JSON, enough: Callable[[Any], bool], stop: threading.Event) -> None:
        place = self._take(_opening(request["messages"]))
        failed: list[BaseException] = []

        def hear(chunk: Any) -> bool:
            try:
                return enough(chunk) or stop.is_set()
            except BaseException as error:  # the engine would swallow it; it is raised again below
                failed.append(error)
                return True

        try:
            self._running[place].handle_chat_completions(request, hear)
        except (ValueError, TypeError) as error:
            raise BadRequest(f"the engine refused the request: {' '.join(str(error).split())[:300]}") from error
        finally:
            self._give_back(place)
        if failed:
            raise failed[0]

    def _take(self, opening: str) -> int:
        """The place of the engine that last heard this conversation, and may have it cached; if full, of the idlest.

        There is always room: the threads that ask are as many as all slots, at most.
        """
        with self._starting:
            place = self._homes.pop(opening, None)
            if place is None or self._asking[place] >= self._slots:
                place = min(range(self._engines), key=self._asking.__getitem__)
            if place not in self._running:
                self._running[place] = self._start()
            self._homes[opening] = place
            if len(self._homes) > HOMES:
                del self._homes[next(iter(self._homes))]
            self._asking[place] += 1
            return place

    def _give_back(self, place: int) -> None:
        with self._starting:
            self._asking[place] -= 1

    def _start(self) -> Any:
        engine = _engine()
        params = engine.CommonParams()
        params.model.path = str(self.weights)
        params.n_ctx = self.context * self._slots
        params.n_parallel = self._slots
        params.cpuparams.n_threads = 1
        params.cpuparams_batch.n_threads = 1
        params.cache_prompt = self.fast
        params.cache_ram_mib = CACHE if self.fast else 0
        params.api_keys = [secrets.token_urlsafe(32)]
        params.endpoint_slots = False
        params.ui = False
        params.verbosity = 0
        params.n_gpu_layers = 0
        params.fit_params = False
        try:
            return engine.Server(params)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the engine cannot load {self.weights} ({' '.join(str(error).split())[:200]})") from error


def _in_form(response_format: JSON | None) -> bool:
    """Whether an answer has to be JSON."""
    return response_format is not None and response_format.get("type") != "text"


def _opening(messages: Sequence[JSON]) -> str:
    """What tells one conversation from another: everything up to the first reply, and that reply."""
    replies = (place for place, said in enumerate(messages, 1) if said["role"] == "assistant")
    return repr(messages[: next(replies, None)])


def _engine() -> Any:
    """The engine's package, which has no types."""
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise ModelError(
            "the embedded model needs the package xllamacpp, which has no wheel for this system; "
            "use an endpoint, http://host:port/v1#name"
        ) from error


def _request(
    conversation: Conversation, sampling: Sampling, tools: Sequence[JSON], response_format: JSON | None
) -> JSON:
    request: JSON = {
        "messages": wire_messages(conversation),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        # the engine's own defaults would narrow the draw further, and two engines would not mean the same
        "top_k": 0,
        "min_p": 0.0,
        "max_tokens": sampling.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        request["seed"] = sampling.seed % 0x7FFF_FFFF
    if sampling.stop:
        request["stop"] = list(sampling.stop)
    if tools:
        request["tools"] = list(tools)
    if response_format is not None:
        request["response_format"] = response_format
        request["timings_per_token"] = True  # an answer that is stopped has no usage at its end
    return request
