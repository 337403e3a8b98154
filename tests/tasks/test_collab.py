"""Do vague users, their assistants of known behaviour and the checks of `document`, `code` and `math` fit together?

In come the items that were written by hand; out come failures where a request gives a part away, a part does not
matter, a question is misheard, asking nothing in particular pays, or a yardstick does not give the figures it stands for.
"""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from collab_runs import figures, ran

from overture.conversation import Message
from overture.errors import DataError, UsageError
from overture.models import Scripted
from overture.simulate.summary import user_errors
from overture.tasks import named
from overture.tasks.collab import code, document, math
from overture.tasks.collab.code import CodeRow, asserts
from overture.tasks.collab.math import MathRow, number_in, worked_out
from overture.tasks.collab.replies import first_class, hear
from overture.tasks.collab.rows import read, rows
from overture.tasks.listed import questions
from overture.tasks.scoring.texts import bleu, rouge_l
from overture.tasks.task import Item, Task
from overture.users.faults import figures_in

TASKS = {name: named.load(name) for name in ("document", "code", "math")}
ITEMS = [item for task in TASKS.values() for item in task.items]
VACUOUS = (
    "Could you tell me more?", "Could you tell me more about it?", "Can you give me some details?",
    "What details would you like me to include?", "Do you like writing?", "Could you give me the numbers?",
    "How many are there?", "What do you have in mind?", "Is there anything that I should know?",
    "What would you like?", "How can I do this best?", "What exactly do you need?", "Do you have any other wishes?",
    "Can you share more information?",
)  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_there_are_twenty_four_of_each_and_a_draw_is_even_and_repeats(name: str) -> None:
    task = TASKS[name]
    assert len(task.items) == 24 and len({item.hash for item in task.items}) == 24
    eight = named.load(name, 8, seed=3)
    assert eight.items == named.load(name, 8, seed=3).items != named.load(name, 8, seed=4).items
    groups = {item.group for item in task.items}
    drawn = [item.group for item in eight.items]
    assert all(drawn.count(group) == 8 / len(groups) for group in groups)
    for wrong in (0, 25):
        with pytest.raises(UsageError, match="there are 1 to 24"):
            named.load(name, wrong)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_a_request_is_vague_and_gives_no_part_away(item: Item) -> None:
    assert item.open == {part.name for part in item.parts} and len(item.parts) >= 3
    assert not figures_in(re.sub(r"\d{4}-\d\d-\d\d|\d\d:\d\d|1h 30m", "", item.request)), "but for the form of a day"
    assert len(item.request.split()) <= 25
    full = TASKS[item.id.partition("-")[0]].protocols["full"].prepare(item, 0)
    assert not full.lacking and (full.id, full.pair) == (item.id, item.pair)
    for part in item.parts:
        assert part.value.lower() not in item.request.lower() + item.system.lower()
        assert part.words not in item.request and part.words in full.request and part.words in item.goal


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_a_question_by_name_or_term_is_heard_and_one_about_nothing_is_not(item: Item) -> None:
    for part in item.parts:
        talk = item.opening.then(Message("assistant", f"What is the {part.name}?"))
        assert hear(item, talk).asks[0] == part.name
        for term in part.terms:
            assert part.name in hear(item, item.opening.then(Message("assistant", f"Now {term}?"))).asks, term
    for vacuous in VACUOUS:
        act = hear(item, item.opening.then(Message("assistant", vacuous)))
        assert (act.asks, act.elsewhere) == ((), True), vacuous


def test_a_question_about_several_is_about_those_still_unsaid() -> None:
    item = next(item for item in TASKS["math"].items if item.id == "math-08")
    before, after = (part for part in item.parts if part.name.startswith("price a month"))
    asked = Message("assistant", "What is it a month, monthly, and later?")
    assert set(hear(item, item.opening.then(asked)).asks) == {after.name, before.name}
    told = item.opening.then(Message("assistant", "And?"), Message("user", before.words), asked)
    assert hear(item, told).asks == (after.name,)
    told = told.then(Message("user", after.words), asked)
    assert len(hear(item, told).asks) == 1


def test_questions_in_what_is_delivered_are_not_put_to_the_user() -> None:
    assert (
        list(questions("Here:\n```\nWill you join us? Are you sure?\n```\nLet me know if you need anything else."))
        == []
    )
    assert list(questions("```python\nask('Who?')\n```\nWhat should it return?")) == ["What should it return?"]
    assert list(questions("Please tell me your budget.")) == ["Please tell me your budget."]


@pytest.mark.parametrize(
    ("text", "delivers", "lacking", "wanted"),
    [
        ("What is the price of a single ticket?", False, True, "asked"),
        ("What is your name?", False, True, "asked_elsewhere"),
        ("Answer: 5. Or what is the price of a single ticket?", True, True, "asked_and_guessed"),
        ("Assuming 4 visits: Answer: 5", True, True, "assumed"),
        ("Answer: 5", True, True, "guessed"),
        ("I cannot do that.", False, True, "declined"),
        ("First write it all down.", False, True, None),
        ("What is the price of a single ticket?", False, False, "asked"),
        ("Answer: 5", True, False, "answered"),
    ],
)
def test_the_class_of_a_first_reply(text: str, delivers: bool, lacking: bool, wanted: str | None) -> None:
    item = next(item for item in TASKS["math"].items if item.id == "math-12")
    put = item if lacking else TASKS["math"].protocols["full"].prepare(item, 0)
    assert first_class(put, text, delivers) == wanted


@pytest.mark.parametrize("item", math.built_in(), ids=lambda item: item.id)
def test_every_part_of_a_problem_changes_its_answer(item: Item) -> None:
    numbers = [number_in(part.value) for part in item.parts]
    right = worked_out(item.data["formula"], numbers)
    assert str(right) == item.data["answer"] and right > 0 and Fraction(item.data["guess"]) != right
    assert Fraction(str(float(right))) == right, "the answer must be a decimal that can be written down"
    for at, part in enumerate(item.parts):
        assert figures_in(part.value) <= figures_in(part.words)
        other = [str(Fraction(each) + 1) if n == at else each for n, each in enumerate(numbers)]
        assert worked_out(item.data["formula"], other) != right, part.name


def failing(source: str, tests: str) -> list[str]:
    """The asserts that some of our own code does not pass. Only for what stands in the items."""
    names: dict[str, Any] = {}
    exec(source, names)
    failed: list[str] = []
    for node in ast.parse(tests.strip()).body:
        try:
            exec(compile(ast.Module([node], []), "tests", "exec"), names)
        except Exception as error:
            failed.append(f"{ast.unparse(node)}: {error!r}")
    return failed


@pytest.mark.parametrize("row", [row for _, row in rows("code", CodeRow)], ids=lambda row: row.id)
def test_every_part_of_a_function_is_decided_by_a_test(row: CodeRow) -> None:
    assert f"{row.entry}(" in row.request
    every = [row.tests, *(part.tests for part in row.part)]
    assert not [failed for tests in every for failed in failing(row.answer, tests)]
    assert not failing(row.guess, row.tests), "what hangs on no part must not punish a guess"
    for part in row.part:
        assert asserts(part.tests.strip()) and failing(row.guess, part.tests), part.name


@pytest.mark.parametrize("item", document.built_in(), ids=lambda item: item.id)
def test_a_text_holds_its_facts_and_a_general_one_is_far_from_it(item: Item) -> None:
    target, guess = item.data["target"], item.data["guess"]
    assert 120 <= len(target.split()) <= 250
    facts = document.facts_of(item)
    assert len(facts) >= 2 and not [value for value in facts if document.says(guess, value)]
    assert (bleu(guess, target) + rouge_l(guess, target)) / 2 < 0.2
    told = "\n".join(part.words for part in item.parts)
    assert all(document.says(told, value) for value in facts), "the user must be able to say every fact"
    unnumbered = re.sub(r"(?m)^\d+\. ", "", target)
    assert figures_in(unnumbered) <= figures_in(told), "a figure of the text that nobody tells"


EXPECTED = {
    # yardstick: solved, asked_in_need, guessed, coverage, delivered
    "asker": (1.0, 1.0, 0.0, 1.0, 1.0),
    "guesser": (1.0, 0.0, 1.0, 0.0, 1.0),
    "pesterer": (0.0, 1.0, 0.0, 1.0, 0.0),
    "coach": (0.0, None, None, 1.0, 0.0),
    "silent": (0.0, None, None, 1.0, 0.0),
}


@pytest.mark.parametrize("yardstick", EXPECTED)
@pytest.mark.parametrize("name", TASKS)
async def test_the_yardsticks_give_their_figures_with_a_vague_user(name: str, yardstick: str, tmp_path: Path) -> None:
    task: Task = named.load(name, 8, seed=1)
    result = await ran(task, yardstick, tmp_path)
    found = figures(result)
    keys = ("solved", "asked_in_need", "guessed", "coverage", "delivered")
    assert tuple(found.get(key) for key in keys) == EXPECTED[yardstick]
    assert found["failed"] == 0 and found["capped"] == 0
    assert user_errors(result.trials)["by_kind"] == {}
    said = {why for trial in result.trials for why in (trial.outcome or {})["why"]}
    if yardstick == "asker":
        assert said == {"opening", "answered"} and found["wasted"] == 0
    elif yardstick == "pesterer":
        assert said == {"opening", "answered", "again"} and 0 < (found["wasted"] or 0) < 0.6
    else:
        assert said == {"opening", "volunteered"}


@pytest.mark.parametrize("name", TASKS)
async def test_with_everything_said_at_once_only_the_pesterer_asks(name: str, tmp_path: Path) -> None:
    task = named.load(name, 4, seed=2)
    for yardstick, solved, asks in (("asker", 1.0, 0.0), ("guesser", 1.0, 0.0), ("pesterer", 0.0, 1.0)):
        found = figures(await ran(task, yardstick, tmp_path, "full"))
        assert (found["solved"], found["asked_needlessly"]) == (solved, asks)
        assert "asked_in_need" not in found


async def test_a_hasty_guess_under_an_impatient_user_is_what_counts(tmp_path: Path) -> None:
    """Somebody who stops at the first answer gets the guess, and the figures say how far off it was."""

    def once(task: Task) -> Scripted:
        by_request = {item.request: item for item in task.items}

        def speak(talk: Any) -> str:
            item = by_request[next(m.text for m in talk.messages if m.role == "user")]
            said = sum(m.role == "assistant" for m in talk.messages)
            return task.yardsticks["guesser"](item, item.opening) if not said else "As above."

        return Scripted.function(speak, "scripted:once", "1")

    for name, low, high in (("document", 0.02, 0.2), ("code", 0.05, 0.6), ("math", 0.0, 0.0)):
        task = named.load(name, 8, seed=1)
        found = figures(await ran(task, once(task), tmp_path))
        assert found["guessed"] == 1 and found["delivered"] == 1
        assert low <= (found["solved"] or 0.0) <= high
        if name == "document":
            assert found["facts"] == 0 and found["solved"] == pytest.approx(
                ((found["bleu"] or 0) + (found["rouge_l"] or 0)) / 2
            )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[item]\n", "is not TOML"),
        ('[[item]]\nid = "math-01"\nrequest = "x"\n', "item 1 of made.toml is not one: see part"),
        (
            '[[item]]\nid = "math-01"\nrequest = "x"\nformula = "a"\nguess = "1"\npart = ['
            + ", ".join(['{name = "n", value = "1", terms = "t", says = "s"}'] * 3) + "]",
            "two parts of the same name",
        ),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read("made.toml", text, MathRow)


def test_a_formula_is_arithmetic_of_the_parts() -> None:
    assert worked_out("(a + b) / c", ["1", "2.5", "2"]) == Fraction(7, 4)
    with pytest.raises(KeyError):
        worked_out("a + d", ["1", "2"])
    for bad in ("12 and 13", "none"):
        with pytest.raises(ValueError, match="numbers and not one"):
            number_in(bad)


def test_the_checks_versions_hang_on_what_they_stand_on() -> None:
    assert len({document.VERSION, code.VERSION, math.VERSION}) == 3
    assert len({task.hash for task in TASKS.values()}) == 3
