"""The gate: never more than allowed, halves once a storm, holds everybody back on Retry-After, gives up on the dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from overture.conversation import Message
from overture.errors import (
    BadAnswer,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelTimeout,
    ModelUnreachable,
    ServerFailed,
)
from overture.models import Reply, Usage
from overture.models.endpoint import Endpoint
from overture.models.patience import Patience
from overture.simulate.engine import run
from overture.simulate.gate import GONE_AFTER, Budget, Gate, Gone, Spent
from overture.simulate.store import Store

from .small import experiment

REPLY = Reply(Message("assistant", "yes"), Usage(1, 1, 0.25), "stop", "m", 0.0)


class Calls:
    """Answers, or raises what is due; remembers how many were in flight."""

    def __init__(self, *due: ModelError, reply: Reply = REPLY) -> None:
        self.due = list(due)
        self.reply = reply
        self.flying = self.most = self.made = 0

    async def __call__(self) -> Reply:
        self.made += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        await asyncio.sleep(0.001)
        self.flying -= 1
        if self.due:
            raise self.due.pop(0)
        return self.reply


def gate(most: int, slept: list[float] | None = None, **more: Any) -> Gate:
    async def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(seconds)
        await asyncio.sleep(min(seconds, 0.01))

    return Gate(most, sleep=sleep, **more)


async def test_never_more_in_flight_than_allowed_and_everybody_is_served() -> None:
    calls, one = Calls(), gate(5)
    answers = await asyncio.gather(*(one.ask(calls, str(n)) for n in range(40)))
    assert answers == [REPLY] * 40 and calls.most == 5 and one.flying == 0


async def test_a_storm_halves_once_a_round_and_good_answers_open_again() -> None:
    calls, one = Calls(*[ModelRateLimited("storm")] * 16), gate(16)
    await asyncio.gather(*(one.ask(calls, str(n)) for n in range(16)))
    assert one.slowed == 1 and 8 <= one.limit < 16
    for n in range(200):
        await one.ask(calls, str(n))
    assert one.limit == 16


async def test_retry_after_holds_everybody_back() -> None:
    slept: list[float] = []
    one = gate(4, slept)
    await one.ask(Calls(ModelRateLimited("wait", 7.0)), "a")
    assert max(slept) > 6.9
    await one.ask(Calls(), "b")
    assert len([seconds for seconds in slept if seconds > 6]) >= 2, "the next call waits for what is left"
    with pytest.raises(ModelRateLimited):
        await gate(1).ask(Calls(ModelRateLimited("come back tomorrow", 86400.0)), "c")


async def test_only_what_is_safe_is_asked_again() -> None:
    calls = Calls(*[ServerFailed("500")] * 9)
    with pytest.raises(ServerFailed):
        await gate(2, patience=Patience(attempts=3)).ask(calls, "a")
    assert calls.made == 3
    once = Calls(ModelTimeout("slow"))
    with pytest.raises(ModelTimeout):
        await gate(2).ask(once, "a")
    assert once.made == 1


async def test_a_dead_endpoint_is_not_waited_for_by_every_trial() -> None:
    calls, one = Calls(), gate(2)
    await one.ask(calls, "once")
    calls.due += [ModelUnreachable("down")] * 100
    for n in range(10):
        with pytest.raises(ModelUnreachable):
            await one.ask(calls, str(n))
    assert calls.made <= 1 + 5 + 10
    calls.due.clear()
    await one.ask(calls, "back")
    calls.due.append(ModelUnreachable("a blink"))
    assert await one.ask(calls, "again") is REPLY, "after a good answer it is waited for again"


@pytest.mark.parametrize("error", [ModelNotFound("no such model"), ModelUnreachable("down"), ServerFailed("500")])
async def test_what_never_answers_is_asked_no_more_after_a_few_calls(error: ModelError) -> None:
    calls, one = Calls(*[error] * 1000), gate(4, patience=Patience(attempts=2))
    ended: list[BaseException | Reply] = []
    for n in range(10):
        asked = (one.ask(calls, f"{n} {place}") for place in range(4))
        ended += await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, type(error)) for each in ended) == GONE_AFTER - 1
    assert sum(isinstance(each, Gone) for each in ended) == 41 - GONE_AFTER
    assert calls.made < 2 * (GONE_AFTER + 4) and error.kind in str(ended[-1]) and str(error) in str(ended[-1])


async def test_one_answer_or_another_failure_between_and_the_calls_go_on() -> None:
    few = [ModelNotFound("no such model")] * (GONE_AFTER - 1)
    calls, one = Calls(*few, BadAnswer("half"), *few), gate(1)
    ended = [await asyncio.gather(one.ask(calls, str(n)), return_exceptions=True) for n in range(2 * GONE_AFTER - 1)]
    assert not any(isinstance(each, Gone) for (each,) in ended)
    assert await one.ask(calls, "an answer") is REPLY
    calls.due += [ModelNotFound("gone since")] * 3 * GONE_AFTER
    for n in range(3 * GONE_AFTER):
        with pytest.raises(ModelNotFound):
            await one.ask(calls, f"later {n}")


async def test_places_of_cancelled_callers_are_handed_on() -> None:
    calls, one = Calls(), gate(1)
    tasks = [asyncio.create_task(one.ask(calls, str(n))) for n in range(6)]
    await asyncio.sleep(0)
    for task in tasks[1:4]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in ended] == [False, True, True, True, False, False]
    assert one.flying == 0 and await one.ask(calls, "next") is REPLY


async def test_a_budget_counts_those_in_flight() -> None:
    one = gate(8, budget=Budget(2.0))
    await one.ask(Calls(), "first")
    ended = await asyncio.gather(*(one.ask(Calls(), str(n)) for n in range(20)), return_exceptions=True)
    assert sum(isinstance(each, Spent) for each in ended) == 13 and sum(each is REPLY for each in ended) == 7


async def test_a_call_of_unknown_cost_ends_a_limited_run_and_says_why_whatever_was_spent_before() -> None:
    one = gate(1, budget=Budget(2.0))
    await one.ask(Calls(), "first")
    await one.ask(Calls(reply=replace(REPLY, usage=replace(REPLY.usage, cost=None))), "second")
    with pytest.raises(Spent, match="give --price"):
        await one.ask(Calls(), "third")


async def test_an_answer_that_was_remembered_costs_the_budget_nothing() -> None:
    purse = Budget(2.0)
    await gate(1, budget=purse).ask(Calls(reply=replace(REPLY, details={"cached": True})), "first")
    assert purse.spent == 0


@asynccontextmanager
async def served(handler: Any) -> AsyncIterator[Endpoint]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with Endpoint.of(f"http://127.0.0.1:{port}/v1#m", key="", patience=Patience(attempts=1)) as endpoint:
            yield endpoint
    finally:
        await runner.cleanup()


def completion(text: str) -> dict[str, Any]:
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


def half(_: web.Request) -> web.Response:
    return web.Response(text='{"choices": [{"message": {"role": "assi', content_type="application/json")


def page(_: web.Request) -> web.Response:
    return web.Response(text="<html>a proxy's page</html>", content_type="text/html")


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"message": {"role": "assistant", "content": "The total is 20."}')
    assert request.transport is not None
    request.transport.close()
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    """Never silent and never done."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)
    except (ConnectionError, asyncio.CancelledError):
        return response


def unknown(_: web.Request) -> web.Response:
    return web.json_response(
        {"error": {"message": "the model `m` does not exist", "code": "model_not_found"}}, status=404
    )


def overflow(_: web.Request) -> web.Response:
    error = {"message": "maximum context length is 8", "code": "context_length_exceeded"}
    return web.json_response({"error": error}, status=400)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (half, "bad_answer"),
        (page, "bad_answer"),
        (cut, "bad_answer"),
        (dripping, "timeout"),
        (unknown, "not_found"),
        (overflow, "context_overflow"),
    ],
)
async def test_whatever_a_server_does_is_a_typed_outcome(tmp_path: Path, answer: Any, kind: str) -> None:
    count = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal count
        count += 1
        if count != 2:
            return web.json_response(completion("The total is 20."))
        made = answer(request)
        return await made if isawaitable(made) else made

    async with served(handler) as endpoint:
        with Store(tmp_path / "trials.sqlite") as store:
            trials = (await run(experiment(endpoint, count=2, concurrency=1, seconds=0.5), store)).trials
    assert [trial.error_type for trial in trials].count(kind) == 1
    assert [trial.status for trial in trials].count("done") == 3


async def test_a_429_storm_is_ridden_out(tmp_path: Path) -> None:
    flying = most = refused = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal flying, most, refused
        flying += 1
        most = max(most, flying)
        try:
            if flying > 3:
                refused += 1
                return web.json_response(
                    {"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0.05"}
                )
            await asyncio.sleep(0.005)
            return web.json_response(completion("The total is 20."))
        finally:
            flying -= 1

    async with served(handler) as endpoint:
        one = experiment(endpoint, count=10, concurrency=12, patience=Patience(attempts=12, first_wait=0.01))
        with Store(tmp_path / "trials.sqlite") as store:
            trials = (await run(one, store)).trials
    assert {trial.status for trial in trials} == {"done"} and refused > 0 and one.assistant.gate.slowed > 0
