"""Things to have done beside questions how: what is written is whole, and the yardsticks stand at the ends."""

from __future__ import annotations

import re

import pytest

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.tasks.doing import POOLS, YARDSTICKS, task, things
from overture.tasks.task import Item, Setting, Verdict
from overture.tasks.terms import names

TASK = task(60)


async def judged(item: Item, said: str) -> Verdict:
    conversation = item.opening.then(Message("assistant", said))
    return await TASK.check(item, conversation, Setting(revealed=[()]))


async def share(yardstick: str, figure: str, kind: str) -> float:
    hits = chances = 0.0
    for item in TASK.items:
        if item.kind == kind:
            verdict = await judged(item, str(YARDSTICKS[yardstick](item, item.opening)))
            hit, chance = verdict.figures.get(figure, (0.0, 0.0))
            hits, chances = hits + hit, chances + chance
    return hits / chances


async def test_the_yardsticks_stand_at_the_ends() -> None:
    assert await share("asker", "done", "do") == 1 and await share("coach", "done", "do") == 0
    assert await share("pesterer", "done", "do") == 0
    assert await share("coach", "coached", "do") > 0.5 > await share("asker", "coached", "do")
    assert await share("doer", "overstepped", "learn") > 0.8 > 0.3 > await share("asker", "overstepped", "learn")


async def test_the_first_reply_ends_it() -> None:
    item = TASK.items[0]
    assert TASK.over is not None and not await TASK.over(item, item.opening, Setting())
    assert await TASK.over(item, item.opening.then(Message("assistant", "Here it is.")), Setting())


async def test_a_thing_that_does_not_name_what_it_was_to_name_is_not_done() -> None:
    item = next(item for item in TASK.items if item.id.startswith("late") and item.kind == "do")
    right = str(YARDSTICKS["asker"](item, item.opening))
    assert (await judged(item, right)).solved == 1
    number = next(part.value for part in item.parts if part.name == "number")
    assert (await judged(item, right.replace(number, "99"))).solved == 0
    assert (await judged(item, "Shall I do that now?")).first == "asked"
    assert (await judged(item, "")).why_unscored == "empty"


def test_every_thing_is_whole_and_its_twin_asks_how() -> None:
    assert len({one.id for one in things()}) == len(things()) == 20
    for one in things():
        slots = set(re.findall(r"\{(\w+)\}", one.do))
        assert set(one.facts) <= slots <= {*POOLS, "a", "b", "c"}, one.id
        assert set(re.findall(r"\{(\w+)\}", one.made)) <= slots and "{" not in one.how + one.told, one.id
        assert one.how.endswith("?") and one.how.lower().startswith(("how", "what"))
    for item in TASK.items:
        assert not item.lacking
        assert item.script is not None and all(names(item.script.delivery, part.terms) for part in item.parts)
    assert not any(names(item.script.coaching, part.terms) for item in TASK.items if item.script for part in item.parts)


def test_a_larger_draw_holds_the_smaller_one() -> None:
    assert TASK.items[:40] == task(20).items and task().items == task(20).items
    assert len({item.request for item in task(100).items if item.kind == "do"}) > 90
    pairs = [item.pair for item in TASK.items]
    assert all(pairs.count(pair) == 2 for pair in pairs)
    with pytest.raises(UsageError):
        task(0)


def test_nobody_is_told_what_is_wanted_beyond_the_request() -> None:
    for item in TASK.items:
        assert item.opening == Conversation((Message("user", item.request),))
