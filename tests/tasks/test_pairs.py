"""The built-in pairs: whole, even, and with nothing in the length or the style that gives the lacking twin away."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from statistics import mean

import orjson
import pytest

from overture.conversation import Message
from overture.errors import DataError, UsageError
from overture.tasks import written
from overture.tasks.delivered import delivered
from overture.tasks.pairs import PairRow, built_in, rows, task
from overture.tasks.task import KINDS, Setting
from overture.tasks.terms import names

ROWS = built_in()


def test_a_hundred_pairs_in_eight_domains_of_even_size() -> None:
    assert len(ROWS) == 100
    sizes = Counter(row.domain for row in ROWS)
    assert len(sizes) == 8
    assert set(sizes.values()) == {12, 13}
    assert Counter(row.kind for row in ROWS) == {"do": 72, "learn": 10, "decide": 10, "be_heard": 8}
    assert {row.kind for row in ROWS} == set(KINDS)


def test_requests_are_short_and_all_different() -> None:
    requests = [text for row in ROWS for text in (row.lacking, row.complete)]
    assert len(set(requests)) == 200
    assert all(8 <= len(text.split()) <= 45 for text in requests)


def test_neither_length_nor_figures_give_the_lacking_twin_away() -> None:
    longer = [len(row.complete.split()) - len(row.lacking.split()) for row in ROWS]
    assert abs(mean(longer)) < 1
    assert max(map(abs, longer)) <= 5
    sides = ([row.lacking for row in ROWS], [row.complete for row in ROWS])
    digits = [sum(bool(re.search(r"\d", text)) for text in side) for side in sides]
    assert abs(digits[0] - digits[1]) <= 10


def test_twins_share_most_of_their_words() -> None:
    shared = [difflib.SequenceMatcher(None, row.lacking.split(), row.complete.split()).ratio() for row in ROWS]
    assert mean(shared) > 0.8
    assert sum(ratio < 0.6 for ratio in shared) <= 4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_question_names_the_part_and_the_results_differ(row: PairRow) -> None:
    assert names(row.question, row.part.terms)
    assert row.question.endswith("?")
    assert len({row.delivery, row.guess, row.assumed, row.coaching}) == 4


def test_the_hash_of_an_item_depends_on_each_of_its_words() -> None:
    one, other = task().items[0], task().items[1]
    assert one.hash != other.hash
    assert one.lacking and not other.lacking and one.pair == other.pair
    assert one.goal == other.goal == other.request


def test_a_sample_keeps_twins_together_and_domains_even() -> None:
    drawn = task(48, seed=3)
    assert len(drawn.items) == 96
    assert set(Counter(item.pair for item in drawn.items).values()) == {2}
    assert set(Counter(item.group for item in drawn.items).values()) == {12}
    assert [item.id for item in task(48, seed=3).items] == [item.id for item in drawn.items]
    assert [item.id for item in task(48, seed=4).items] != [item.id for item in drawn.items]
    assert drawn.hash != task(48, seed=4).hash


def test_a_larger_sample_holds_the_smaller_one() -> None:
    assert {item.id for item in task(16, seed=1).items} < {item.id for item in task(48, seed=1).items}


@pytest.mark.parametrize("count", [0, 101, -1])
def test_a_count_that_cannot_be_had_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="1 to 100"):
        task(count)


def test_uneven_groups_are_used_up_without_repeats() -> None:
    found = [("a", 1), ("b", 2), ("b", 3), ("b", 4)]
    assert written.drawn(found, 4, 0, lambda one: one[0]) == found


def test_a_bad_row_is_refused_by_line_and_field() -> None:
    good = orjson.dumps(ROWS[0].model_dump())
    raw = ROWS[1].model_dump()
    with pytest.raises(DataError, match=r"line 2 .*part"):
        rows(good + b"\n" + orjson.dumps({**raw, "part": None}))
    with pytest.raises(DataError, match=r"line 1 .*colour"):
        rows(orjson.dumps({**raw, "colour": "red"}))
    with pytest.raises(DataError, match=r"line 2 .*JSON"):
        rows(good + b"\n{")
    with pytest.raises(DataError, match="same id"):
        rows(good + b"\n" + good)


async def test_what_is_told_after_the_last_reply_was_not_told_it() -> None:
    whole = task()
    item = next(item for item in whole.items if item.lacking and item.kind == "do")
    guess = Message("assistant", str(whole.yardsticks["guesser"](item, item.opening)))
    told = tuple(item.open)
    for talk, revealed in (
        (item.opening.then(guess, Message("user", "Thanks. " + told[0])), [(), told]),
        (item.opening.then(Message("assistant", "Noted."), Message("user", told[0]), guess), [(), told]),
    ):
        verdict = await delivered(item, talk, Setting(revealed=revealed))
        assert verdict.solved == float(talk.messages[-1] is guess)
