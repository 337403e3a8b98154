"""The wrappers: answers kept and given again, and calls counted, with nothing counted twice."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from overture.conversation import Conversation, Message
from overture.errors import DataError, ModelError, ModelTimeout
from overture.models import Cached, Ledger, Model, Reply, Sampling, Scripted
from overture.models.base import Usage

ASKED = Conversation.of([{"role": "user", "content": "How many apples?"}])


def counting(version: str = "1") -> tuple[Scripted, list[int]]:
    """A model that says how often it was asked."""
    calls: list[int] = []

    def speak(conversation: Conversation) -> str:
        calls.append(1)
        return f"answer {len(calls)}"

    return Scripted.function(speak, version=version), calls


async def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    model, calls = counting()
    async with Cached(model, tmp_path / "deep" / "answers.sqlite") as cached:
        assert isinstance(cached, Model) and cached.identity() == model.identity()
        first = await cached.reply(ASKED)
        again = await cached.reply(ASKED)
        assert [piece async for piece in cached.stream(ASKED)] == ["answer 1"]
    assert len(calls) == 1 and not first.details
    assert again == replace(first, details={"cached": True})
    async with Cached(model, tmp_path / "deep" / "answers.sqlite") as reopened:
        assert (await reopened.reply(ASKED)).message.text == "answer 1"


async def test_whatever_determines_the_answer_is_in_the_key(tmp_path: Path) -> None:
    model, calls = counting()
    tool = {"type": "function", "function": {"name": "add"}}
    async with Cached(model, tmp_path / "a.sqlite") as cached:
        await cached.reply(ASKED)
        await cached.reply(ASKED.then(Message("user", "?")))
        await cached.reply(ASKED, Sampling(seed=1))
        await cached.reply(ASKED, tools=[tool])
        await cached.reply(ASKED, response_format={"type": "json_object"})
        await cached.reply(ASKED, sample=("trial", 0, 1))
        await cached.reply(ASKED, sample=("trial", 0, 2))
        assert len(calls) == 7
        assert (await cached.reply(ASKED, sample=("trial", 0, 1))).message.text == "answer 6"
    other, other_calls = counting(version="2")
    async with Cached(other, tmp_path / "a.sqlite") as cached:
        await cached.reply(ASKED)
    assert len(other_calls) == 1


async def test_failures_are_not_kept_and_the_first_of_two_writers_wins(tmp_path: Path) -> None:
    model = Scripted.failing(ModelTimeout("slow"), then=Scripted.lines(["fine"]))
    async with Cached(model, tmp_path / "a.sqlite") as one, Cached(model, tmp_path / "a.sqlite") as two:
        with pytest.raises(ModelTimeout):
            await one.reply(ASKED)
        assert (await one.reply(ASKED)).message.text == "fine"
        assert one._put("key", b"first") is None
        assert two._put("key", b"second") == b"first"


async def test_a_file_that_is_no_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is not a database, and it is long enough to be read as one")
    with sqlite3.connect(tmp_path / "newer") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    for name in ("text", "newer"):
        async with Cached(counting()[0], tmp_path / name) as cached:
            with pytest.raises(DataError, match="move it away"):
                await cached.reply(ASKED)
    with sqlite3.connect(tmp_path / "newer") as file:
        assert file.execute("PRAGMA user_version").fetchone() == (99,), "a newer file must not be relabelled"
    file.close()


async def test_the_ledger_adds_up(tmp_path: Path) -> None:
    ledger = Ledger()
    model = ledger.watch(Cached(counting()[0], tmp_path / "a.sqlite"))
    async with model:
        for _ in range(3):
            await model.reply(ASKED)
        await model.reply(ASKED, sample=(1,))
        assert [piece async for piece in model.stream(ASKED, Sampling(seed=9))] == ["answer 3"]
    failing = ledger.watch(Scripted.failing(ModelTimeout("slow"), ModelError("odd")))
    for _ in range(3):
        with pytest.raises(ModelError):
            await failing.reply(ASKED)
    assert ledger.to_dict() == {
        "scripted:failing": {
            "calls": 0,
            "cached": 0,
            "failed": {"model_error": 2, "timeout": 1},
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "seconds": 0.0,
            "cost": 0.0,
            "unpriced": 0,
            "uncounted": 0,
        },
        "scripted:function": {
            "calls": 5,
            "cached": 2,
            "failed": {},
            "prompt_tokens": 9,
            "completion_tokens": 6,
            "seconds": 0.0,
            "cost": 0.0,
            "unpriced": 0,
            "uncounted": 0,
        },
    }


async def test_a_stream_is_a_call_even_one_left_early_or_out_of_a_cache(tmp_path: Path) -> None:
    ledger = Ledger()
    async with ledger.watch(Cached(counting()[0], tmp_path / "a.sqlite")) as model:
        for _ in range(2):
            async for _ in model.stream(ASKED):
                break
    account = ledger.to_dict()["scripted:function"]
    assert (account["calls"], account["cached"], account["unpriced"], account["uncounted"]) == (2, 1, 0, 0)


async def test_an_answer_that_was_paid_for_is_not_told_as_cached(tmp_path: Path) -> None:
    class Slow(Scripted):
        async def reply(self, *asked: object, **more: object) -> Reply:  # pyright: ignore[reportIncompatibleMethodOverride]
            paid.append(1.0 + len(paid))
            usage = Usage(1, 1, paid[-1])
            await asyncio.sleep(0.05)
            return Reply(Message("assistant", f"answer {usage.cost}"), usage, "stop", "m", 0.5)

    paid: list[float] = []
    ledger = Ledger()
    async with ledger.watch(Cached(Slow(lambda: None, "m", "1"), tmp_path / "a.sqlite")) as model:  # pyright: ignore[reportArgumentType]
        one, other = await asyncio.gather(model.reply(ASKED), model.reply(ASKED))
        assert (await model.reply(ASKED)).message == one.message == other.message
    account = ledger.to_dict()["m"]
    assert (len(paid), account["calls"], account["cached"], account["cost"]) == (2, 3, 1, sum(paid))


async def test_an_unknown_price_is_not_a_price_of_nothing() -> None:
    class Unpriced(Scripted):
        async def reply(self, *asked: object, **more: object) -> Reply:  # pyright: ignore[reportIncompatibleMethodOverride]
            return Reply(Message("assistant", "x"), Usage(1, 1, None), "stop", "m", 0.5, {"usage_missing": True})

    ledger = Ledger()
    model = ledger.watch(Unpriced(lambda: None, "m", "1"))  # pyright: ignore[reportArgumentType]
    await model.reply(ASKED)
    account = ledger.to_dict()["m"]
    assert (account["cost"], account["uncounted"], account["seconds"]) == (None, 1, 0.5)
