"""The sharded instructions, own and public: whole, sound, and each part of them needed."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from overture.errors import DataError, UsageError
from overture.tasks.arithmetic import value_of
from overture.tasks.sharded import own, public, task
from overture.tasks.sharded.answers import extract
from overture.tasks.sharded.checks import Score, plainly, score
from overture.tasks.sharded.judging import sandboxed
from overture.tasks.sharded.protocols import at_once
from overture.tasks.sharded.protocols import words as words_of
from overture.tasks.sharded.shapes import IN_ORDER, KINDS, CodeCheck, JudgeCheck, Sharded
from overture.tasks.terms import names

OWN = own.items()
BY_RULE = [item for item in OWN if not isinstance(item.check, CodeCheck | JudgeCheck)]


def test_there_are_enough_of_each_kind_and_all_differ() -> None:
    sizes = Counter(item.kind for item in OWN)
    assert tuple(sizes) == KINDS
    assert all(sizes[kind] >= (6 if kind in ("translation", "summary") else 12) for kind in KINDS)
    assert len({item.id for item in OWN}) == len({item.full for item in OWN}) == len(OWN)


@pytest.mark.parametrize("item", BY_RULE, ids=lambda item: item.id)
def test_the_check_takes_the_answer_and_not_the_guess(item: Sharded) -> None:
    right, wrong = (extract(item, text or "") for text in (item.answer, item.guess))
    assert right is not None and wrong is not None
    assert (plainly(item.check, right).value or 0) > 0.99  # type: ignore[arg-type]
    assert (plainly(item.check, wrong).value or 0) < 0.2  # type: ignore[arg-type]


@pytest.mark.parametrize("item", [item for item in OWN if item.kind == "code"], ids=lambda item: item.id)
async def test_the_tests_take_the_answer_and_not_the_guess(item: Sharded) -> None:
    scores = [await score(item, extract(item, text or ""), sandboxed) for text in (item.answer, item.guess)]
    assert [found.value for found in scores] == [1.0, 0.0]


@pytest.mark.parametrize("item", [item for item in OWN if item.kind not in IN_ORDER], ids=lambda item: item.id)
def test_every_part_can_be_asked_for_by_its_name(item: Sharded) -> None:
    assert len({part.name for part in (shard.part for shard in item.shards)}) == len(item.shards) >= 4
    for shard in item.shards[1:]:
        assert shard.value and shard.terms
        assert names(f"What is the {shard.name}?", (*shard.terms, shard.name))


@pytest.mark.parametrize("item", own.items("math"), ids=lambda item: item.id)
def test_every_figure_of_a_shard_changes_the_number(item: Sharded) -> None:
    source = (Path(own.__file__).parent / "items" / "math.toml").read_text("utf-8")
    formula = re.findall(r'formula = "(.*)"', source)[own.items("math").index(item)]
    said = {number for shard in item.shards[1:] for number in re.findall(r"\d+(?:\.\d+)?", shard.value)}
    for shard in item.shards[1:]:
        figures = re.findall(r"\d+(?:\.\d+)?", shard.value)
        assert any(
            value_of(re.sub(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", f"({figure}+1)", formula, count=1))
            != value_of(formula)
            for figure in figures
            if re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", formula)
        ), shard.name
    assert said <= set(re.findall(r"\d+(?:\.\d+)?", item.full)) | {"1"}


@pytest.mark.parametrize("item", own.items("actions"), ids=lambda item: item.id)
def test_every_shard_of_an_action_is_in_its_call(item: Sharded) -> None:
    assert item.answer is not None
    for shard in item.shards[1:]:
        kept = [word for word in re.findall(r"[\w.:@-]+", shard.value.lower()) if word in item.answer.lower()]
        switched = re.search(r"(True|False)", item.answer)
        assert kept or switched, shard.name


def test_a_formula_is_exact_and_nothing_but_arithmetic() -> None:
    assert value_of("6 * 25 * 3.20 * (1 - 10/100)") == 432
    assert value_of("-1/3 + 0.1") == Fraction(-7, 30)
    for bad in ("2 ** 9", "len('x')", "__import__('os')", "'a' * 3"):
        with pytest.raises(ValueError, match="arithmetic"):
            value_of(bad)


def test_a_bad_file_is_refused_by_item_and_field() -> None:
    with pytest.raises(DataError, match="not TOML"):
        own.read("math", "[[item")
    with pytest.raises(DataError, match=r"item 1 .*colour"):
        own.read("math", '[[item]]\nid = "math-01"\nguess = "1"\ncolour = "red"')
    with pytest.raises(DataError, match="at least two shards"):
        own.read("math", '[[item]]\nid = "math-01"\nguess = "1"\nformula = "1"\nfull = "x"')


@pytest.mark.parametrize("item", [OWN[0], *(own.items(kind)[0] for kind in KINDS[1:])], ids=lambda item: item.id)
def test_an_item_survives_json(item: Sharded) -> None:
    assert Sharded.of(orjson.loads(orjson.dumps(item.to_dict()))) == item


def _file(tmp_path: Path, *records: dict[str, object]) -> Path:
    path = tmp_path / "shards.json"
    path.write_bytes(orjson.dumps(list(records)))
    return path


RECORD: dict[str, object] = {
    "task_id": "p/1",
    "task": "math",
    "question": "Ana has 12 pens. Her uncle brings 30 heavy green boxes. She gives 5 away. How many pens are left?",
    "answer": "She has 12-5 = <<12-5=7>>7 left.\n#### 7",
    "shards": [{"shard_id": 1, "shard": "How many pens are left?"}, {"shard_id": 2, "shard": "Ana has 12 pens."}],
}


def test_rules_find_what_shards_lose(tmp_path: Path) -> None:
    read = public.read(_file(tmp_path, RECORD, {**RECORD, "task_id": "p/2"}))
    assert (read.records, read.repeated, len(read.items), len(read.sound)) == (2, 1, 1, 0)
    assert read.items[0].flags == ("number_lost", "clause_lost")
    whole = [
        {"shard_id": n, "shard": text}
        for n, text in enumerate(
            ("How many pens are left?", "Ana has 12 pens.", "The uncle brings 30 boxes.", "5 go.", "")
        )
    ]
    (sound,) = public.read(_file(tmp_path, {**RECORD, "shards": whole})).items
    assert sound.flags == ("shard_empty",) and len(sound.shards) == 4
    told = [{"shard_id": 1, "shard": "How many of 12 are left if 5 go?"}, {"shard_id": 2, "shard": "She has 30 or 31."}]
    assert set(public.read(_file(tmp_path, {**RECORD, "shards": told})).items[0].flags) >= {
        "opening_tells",
        "number_added",
    }


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content, words in ((b"{", "JSON"), (b"{}", "not a list"), (b'[{"task": 1}]', r"record 1 .*task")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=words):
            public.read(path)
    with pytest.raises(DataError, match="only math"):
        public.read(_file(tmp_path, {**RECORD, "task": "code"}))


def test_the_public_sets_are_what_the_docs_say(shared_data: Path) -> None:
    problems = public.read(shared_data / "sharded" / "gsm8k.json")
    assert (problems.records, problems.repeated, len(problems.items), len(problems.sound)) == (498, 71, 427, 387)
    assert problems.flagged == {
        "shard_repeated": 92,
        "opening_tells": 40,
        "number_added": 28,
        "clause_lost": 17,
        "shard_empty": 6,
    }
    for item in problems.items:
        assert len({shard.name for shard in item.shards}) == len(item.shards)
        assert plainly(item.check, extract(item, item.answer or "") or "") == Score(1.0)  # type: ignore[arg-type]
    texts = public.read(shared_data / "sharded" / "translation.json")
    assert (len(texts.items), texts.repeated) == (30, 0)
    for item in texts.items:
        assert all(words_of(item, at) for at in range(len(item.shards)))
        assert all(at_once(item, protocol) for protocol in ("full", "concat", "shuffle_concat"))


def test_the_task_draws_evenly_and_refuses_what_it_has_not() -> None:
    drawn = task(30, seed=2)
    assert set(Counter(item.group for item in drawn.items).values()) == {5}
    assert [item.id for item in task(30, seed=2).items] == [item.id for item in drawn.items]
    assert [item.id for item in task(30, seed=3).items] != [item.id for item in drawn.items]
    assert len(task().items) == 66 and len(task(kinds=("summary",)).items) == 6
    with pytest.raises(UsageError, match="1 to 12"):
        task(13, kinds=("code",))
    with pytest.raises(UsageError, match="cooking"):
        task(kinds=("cooking",))


def test_more_than_there_are_come_from_the_public_set(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERTURE_DATA", str(shared_data))
    drawn = task(100, seed=1)
    assert len(drawn.items) == 100
    assert sum(item.data["sharded"]["source"] == "gsm8k" for item in drawn.items) == 34


def test_translations_past_its_own_are_the_public_ones(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERTURE_DATA", str(shared_data))
    drawn = task(20, seed=1, kinds=("translation",))
    assert sum(item.data["sharded"]["source"] == "wmt" for item in drawn.items) == 14
    assert len({item.id for item in drawn.items}) == 20
