"""Answers are written before they are used, together, and go on a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from overture.conversation import Message
from overture.errors import DataError
from overture.models import Reply, Usage
from overture.simulate.gate import Spent, Stopped
from overture.simulate.rounds import FEW, Rounds
from overture.simulate.store import Call, Store, Trial

REST = (Usage(1, 1, 0.25), "stop", "m", 0.0)
REPLY = Reply(Message("assistant", "yes"), *REST)


def call(trial: int, turn: int = 0) -> Call:
    return Call(f"t{trial}", ("assistant", turn, 0, "request"), REPLY)


class Counting(Store):
    """Remembers how many answers each transaction held."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.written: list[int] = []

    def journal(self, records: Sequence[Call | Trial]) -> None:
        super().journal(records)
        self.written.append(len(records))


async def test_what_comes_together_is_written_together_and_goes_on_a_few_at_a_time(tmp_path: Path) -> None:
    """Some clients send in a step of their own. Those of one round do so before the next round goes on."""
    done: list[str] = []
    with Counting(tmp_path / "trials.sqlite") as store:
        rounds = Rounds(store)

        async def talk(number: int) -> None:
            await rounds.keep(call(number))
            assert store.answers(f"t{number}"), "it is written before anybody may use it"
            done.append("read")
            asyncio.get_running_loop().call_soon(done.append, "sent")

        await asyncio.gather(*map(talk, range(2 * FEW + 1)))
        await asyncio.sleep(0)
        assert store.written == [FEW, FEW, 1]
    assert done.index("sent") <= 2 * FEW and done.count("sent") == 2 * FEW + 1
    assert done[: 2 * FEW] != ["read"] * (2 * FEW), "the calls of the first round leave before all are read"


async def test_an_answer_that_cannot_be_written_takes_no_other_with_it(tmp_path: Path) -> None:
    torn = Call("torn", ("assistant", 0, 0, "request"), Reply(Message("assistant", "\ud800"), *REST))
    with Store(tmp_path / "trials.sqlite") as store:
        rounds = Rounds(store)
        store.journal([call(1)])
        ended = await asyncio.gather(*map(rounds.keep, [call(0), call(1), torn, call(2)]), return_exceptions=True)
        assert [type(each) for each in ended[:2]] == [type(None), DataError]
        assert isinstance(ended[2], TypeError) and ended[3] is None
        assert [len(store.answers(f"t{number}")) for number in range(3)] == [1, 1, 1]


async def test_what_came_for_those_who_no_longer_wait_is_written_all_the_same(tmp_path: Path) -> None:
    with Store(tmp_path / "trials.sqlite") as store:
        rounds = Rounds(store)
        waiting = [asyncio.create_task(rounds.keep(call(number))) for number in range(3 * FEW)]
        await asyncio.sleep(0)
        for each in waiting:
            each.cancel()
        rounds.finish()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        await asyncio.gather(*waiting, return_exceptions=True)
        assert all(store.answers(f"t{number}") for number in range(3 * FEW))
        await rounds.keep(call(0, turn=1))


async def test_what_can_wait_lets_every_answer_pass_and_is_written_among_them(tmp_path: Path) -> None:
    ended = Trial("t0", "task", "item", 1, {}, "failed", None, None)
    went: list[str] = []
    with Counting(tmp_path / "trials.sqlite") as store:
        rounds = Rounds(store)

        async def judged() -> None:
            await rounds.quiet()
            went.append("judged")

        async def told(record: Call | Trial) -> None:
            await rounds.keep(record)
            went.append("told")

        await asyncio.gather(judged(), *(told(call(number)) for number in range(2 * FEW)), told(ended))
        assert store.trial("t0") == ended and store.written == [FEW, FEW, 1]
    assert went == ["told"] * (2 * FEW + 1) + ["judged"]


@pytest.mark.parametrize("most", [1, 3])
async def test_each_stop_takes_a_turn_away_and_after_the_last_nobody_talks(tmp_path: Path, most: int) -> None:
    talking = highest = talked = 0
    with Store(tmp_path / "trials.sqlite") as store:
        rounds = Rounds(store, most)

        async def talk(number: int) -> None:
            nonlocal talking, highest, talked
            async with rounds.talk():
                talking, talked = talking + 1, talked + 1
                highest = max(highest, talking)
                await asyncio.sleep(0)
                talking -= 1
                if number >= 9:
                    raise Spent("no money")

        came = await asyncio.gather(*map(talk, range(40)), return_exceptions=True)
    assert (highest, talked) == (most, 9 + most), "nine to the end, and each turn once more until it is stopped"
    assert came[:9] == [None] * 9 and all(isinstance(each, Stopped) for each in came[9:])
