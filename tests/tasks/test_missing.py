"""Does a lacking word problem really lack something, and only that? Templates, GSM8K, and what the task says of a reply.

In come templates, public problems and scripted conversations; out come failures where a removed number was not needed,
could be read off elsewhere, or where a known behaviour does not get its figure.
"""

from __future__ import annotations

import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

from overture.conversation import Conversation, Message
from overture.errors import DataError, UsageError
from overture.tasks import missing
from overture.tasks.arithmetic import Expression, shown
from overture.tasks.missing.first_reply import classed
from overture.tasks.missing.gsm8k import chain, detail, lacking, problems
from overture.tasks.missing.task import TEMPLATES
from overture.tasks.missing.template import draw, measured
from overture.tasks.task import Item, Setting, Task


def test_what_is_necessary_is_found_by_changing_it():
    values = {name: Fraction(value) for name, value in {"a": 3, "b": 4, "x": 9}.items()}
    assert Expression("a * b + 2").necessary(values) == {"a", "b"}
    assert Expression("a + b - b").necessary(values) == {"a"}, "b cancels out"
    assert Expression("x - x + a * 0 + b").necessary(values) == {"b"}
    assert Expression("(a + b) / 2").value(values) == Fraction(7, 2)


@pytest.mark.parametrize("text", ["a +", "a ** b", "print(a)", "a.b", "'a'", "True + 1"])
def test_an_expression_is_arithmetic_and_nothing_else(text: str):
    with pytest.raises(DataError):
        Expression(text).value({"a": Fraction(1), "b": Fraction(1)})


def test_numbers_are_shown_as_people_write_them():
    assert [shown(Fraction(n)) for n in ("12", "5/2", "1/3")] == ["12", "2.5", "0.33"]
    assert [measured(Fraction(n), "$") for n in ("12", "5/2", "1/4")] == ["$12", "$2.50", "$0.25"]
    assert measured(Fraction(3), "eggs") == "3 eggs"


def test_there_are_forty_templates_of_different_problems():
    assert len(TEMPLATES) >= 40
    assert len({template.name for template in TEMPLATES}) == len({t.text for t in TEMPLATES}) == len(TEMPLATES)
    assert {template.group for template in TEMPLATES} == {"money", "counting", "measuring"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_drawn_problem_lacks_one_necessary_number_and_nothing_else(template):
    seen: set[str] = set()
    for seed in range(12):
        plain, detailed = (draw(template, random.Random(seed), detail) for detail in (False, True))
        seen.add(plain.lacking)
        assert (plain.answer, plain.missing) == (detailed.answer, detailed.missing), "the detail changes nothing"
        assert re.search(rf"\b{plain.missing}\b", template.expression)
        assert plain.wrong != plain.answer and plain.wrong_value != plain.value
        numbers = re.findall(r"\d+", plain.complete)
        assert len(re.findall(r"\d+", plain.lacking)) == len(numbers) - 1
        assert len(re.findall(r"\d+", detailed.complete)) == len(numbers) + 1
        assert not re.search(r"[\[\]{}|]|  ", plain.lacking + plain.complete + plain.ask + plain.tell)
        reading = classed(plain.ask, detailed.lacking, plain.terms)
        assert reading.label == "asked", f"{plain.ask} does not name {plain.terms}"
        assert re.search(rf"\b{shown(plain.value)}\b", plain.tell)
    assert len(seen) > 8


def test_a_draw_repeats():
    one, two = (draw(TEMPLATES[3], random.Random(5)) for _ in range(2))
    assert one == two


GSM = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. She has some at home. "
    "How many clips did Natalia sell altogether?"
)
WORKED = "In May she sold 48/2 = <<48/2=24>>24.\nAltogether 48+24 = <<48+24=72>>72.\n#### 72"


def test_the_notes_chain_into_one_expression():
    made = chain(GSM, WORKED)
    assert not isinstance(made, str)
    text, values = made
    assert Expression(text).value(values) == 72
    assert len(Expression(text).necessary(values)) == 1


@pytest.mark.parametrize(
    ("question", "worked", "reason"),
    [
        (GSM, WORKED, "no_clean_wording"),  # "to some of her friends" would need more than a number gone
        ("Tom has 12 apples and eats 12 pears. How many?", "<<12+12=24>>\n#### 24", "the_same_number_twice"),
        ("Tom has 12 apples and 5 dogs. How many apples?", "<<12+0=12>>\n#### 12", "a_number_is_not_used"),
        ("Tom has 12 apples and buys 5 pears. How many?", "<<12+5=17>>\n#### 18", "notes_do_not_give_the_answer"),
        ("Tom has seven apples and buys 5 pears. How many?", "<<7+5=12>>\n#### 12", "numbers_in_words"),
        ("How many are 12 apples and 5 pears?", "<<12+5=17>>\n#### 17", "in_the_question"),
        ("Tom bought his 12 apples. Ann ate the 5 pears. Sum?", "<<12+5=17>>\n#### 17", "no_clean_wording"),
        ("Tom has 3/4 of 12 apples and buys 5. How many?", "<<12*3/4=9>><<9+5=14>>\n#### 14", "numbers_in_other_forms"),
        ("Tom has 12 apples and buys 5 pears. How many?", "17\n#### 17", "no_notes"),
    ],
)
def test_what_cannot_be_done_cleanly_is_dropped_with_its_reason(question: str, worked: str, reason: str):
    assert lacking(question, worked, "x", random.Random(0)) == reason


def test_one_needed_number_goes_and_the_sentence_stays_whole():
    question = "Tom has 12 apples and each costs $5 at the shop. He eats 3 apples. What are the others worth?"
    texts = set()
    for seed in range(20):
        made = lacking(question, "<<12-3=9>>\n<<9*5=45>>\n#### 45", "x", random.Random(seed))
        assert not isinstance(made, str)
        texts.add(made.lacking)
        assert made.answer == 45 and made.wrong != 45
    assert texts == {
        "Tom has some apples and each costs $5 at the shop. He eats 3 apples. What are the others worth?",
        "Tom has 12 apples and each costs a certain amount at the shop. He eats 3 apples. What are the others worth?",
        "Tom has 12 apples and each costs $5 at the shop. He eats some apples. What are the others worth?",
    }


def test_the_detail_stands_before_the_question():
    added = detail("Tom has 12 apples. How many has he?", random.Random(1))
    assert added.startswith("Tom has 12 apples. ") and added.endswith(". How many has he?")


def test_the_public_set_gives_a_thousand_clean_problems_and_counts_the_rest(shared_data: Path):
    lines = (shared_data / "gsm8k" / "train.jsonl").read_bytes().splitlines()
    found, counts = problems(lines)
    assert counts["kept"] == len(found) >= 1000
    assert sum(counts.values()) == len(lines)
    for problem in found:
        complete, left = (re.findall(r"\d[\d,.]*\d|\d", text) for text in (problem.complete, problem.lacking))
        assert len(left) == len(complete) - 1, problem.lacking
        gone = list(complete)
        for number in left:
            gone.remove(number)
        assert Fraction(gone[0].replace(",", "")) == problem.value
        assert problem.wrong != problem.answer
        assert classed(problem.ask, problem.lacking, problem.terms).label == "asked", problem.ask
        assert not re.search(r"\b(?:the|his|her|their|an?|some) (?:some|a number|a certain)\b", problem.lacking)


def test_a_broken_line_is_named():
    with pytest.raises(DataError, match="line 2"):
        problems([b'{"question": "a", "answer": "b"}', b"{"])


@pytest.fixture(scope="module")
def task() -> Task:
    return missing.task(42, seed=3)


def talk(item: Item, *turns: str) -> Conversation:
    sides = ("assistant", "user")
    return item.opening.then(*(Message(sides[at % 2], text) for at, text in enumerate(turns)))


def test_every_lacking_item_has_its_twin_and_only_that_differs(task: Task):
    pairs: dict[str, list[Item]] = {}
    for item in task.items:
        pairs.setdefault(item.pair, []).append(item)
    assert len(pairs) == 42
    for one, two in pairs.values():
        assert one.lacking and not two.lacking
        assert two.request == one.goal == two.goal != one.request
        assert one.parts == two.parts and one.data["answer"] == two.data["answer"]
    assert missing.task(42, seed=3).hash == task.hash != missing.task(42, seed=4).hash


def test_the_protocol_with_detail_changes_the_request_alone(task: Task):
    for item in task.items:
        put = task.protocols["mce"].prepare(item, 0)
        assert len(put.request) > len(item.request)
        assert (put.id, put.open, put.parts, put.data["answer"]) == (
            item.id,
            item.open,
            item.parts,
            item.data["answer"],
        )


async def test_the_yardsticks_get_the_figures_they_stand_for(task: Task):
    async def firsts(name: str) -> list[tuple[bool, str | None, float | None]]:
        out: list[tuple[bool, str | None, float | None]] = []
        for item in task.items:
            said = task.yardsticks[name](item, item.opening)
            assert isinstance(said, str)
            verdict = await task.check(item, talk(item, said), Setting())
            out.append((item.lacking, verdict.first, verdict.solved))
        return out

    def balanced(rows: list[tuple[bool, str | None, float | None]]) -> float:
        need = [first == "asked" for lacking, first, _ in rows if lacking]
        needless = [first == "asked" for lacking, first, _ in rows if not lacking]
        return (sum(need) / len(need) + 1 - sum(needless) / len(needless)) / 2

    assert balanced(await firsts("asker")) == 1
    assert balanced(await firsts("pesterer")) == 0.5, "always asking is no skill"
    assert balanced(await firsts("guesser")) == 0.5
    assert {first for lacking, first, _ in await firsts("guesser") if lacking} == {"guessed"}
    assert not any(solved for lacking, _, solved in await firsts("guesser") if lacking)
    assert all(solved for lacking, _, solved in await firsts("guesser") if not lacking)


async def test_solved_after_being_told(task: Task):
    item = next(item for item in task.items if item.lacking)
    script = item.script
    assert script is not None
    told = talk(item, script.question, item.parts[0].words, script.delivery)
    verdict = await task.check(item, told, Setting())
    assert (verdict.solved, verdict.first, verdict.delivered) == (1.0, "asked", 1)
    assert verdict.figures["right_when_told"] == (1, 1) and verdict.figures["right_at_once"] == (0, 1)
    assert task.over is not None
    assert await task.over(item, told, Setting()) and not await task.over(item, talk(item, script.guess), Setting())
    unanswered = await task.check(item, item.opening, Setting())
    assert unanswered.solved is None and unanswered.why_unscored == "no_reply"


def test_what_cannot_be_had_is_said():
    with pytest.raises(UsageError, match="1 to"):
        missing.task(0)
    with pytest.raises(UsageError, match="templates, gsm8k"):
        missing.task(source="mmlu")


def test_a_question_in_a_block_of_code_is_put_to_nobody(task: Task):
    item = next(item for item in task.items if item.lacking)
    assert item.script is not None and task.hear is not None
    code = f"Here it is:\n\n```python\n# {item.script.question}\nprint(12 + 5)\n```"
    act = task.hear(item, talk(item, code))
    assert not act.asks and not act.elsewhere and act.delivers


def test_a_user_hears_what_the_rules_read(task: Task):
    item = next(item for item in task.items if item.lacking)
    script = item.script
    assert script is not None and task.hear is not None
    assert task.hear(item, talk(item, script.question)).asks == (item.parts[0].name,)
    beside = task.hear(item, talk(item, "What colour would you like?"))
    assert beside.elsewhere and not beside.asks
    assert task.hear(item, talk(item, script.guess)).delivers


async def test_the_task_of_the_public_set(shared_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("OVERTURE_DATA", str(shared_data))
    monkeypatch.setenv("OVERTURE_CACHE", str(tmp_path))
    public = missing.task(20, seed=1, source="gsm8k")
    assert len(public.items) == 40 and sum(item.lacking for item in public.items) == 20
    for item in public.items:
        put = public.protocols["mce"].prepare(item, 0)
        assert put.request != item.request and put.request.endswith(item.request[-20:])
        delivery = public.yardsticks["asker"](item, item.opening.then(Message("user", "told")))
        assert isinstance(delivery, str)
        assert (await public.check(item, talk(item, delivery), Setting())).solved == 1
