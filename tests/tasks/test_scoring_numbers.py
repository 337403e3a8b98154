"""Which number a reply gives, exactly, and how it was found.

In come replies as models write them; out comes Found or nothing. Easy to get wrong: a reply that gives no answer must
not be given one, so half of these have none.
"""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from overture.tasks.scoring.numbers import extract_number, same_number


@pytest.mark.parametrize(
    ("text", "value", "how"),
    [
        ("He sold 48/2 = <<48/2=24>>24 clips.\n#### 72", "72", "marked"),
        ("so he has 12.\n#### 1,000", "1000", "marked"),
        ("#### $-3.50", "-7/2", "marked"),
        ("Thus \\(\\boxed{\\frac{3}{4}}\\).", "3/4", "boxed"),
        ("\\boxed{1{,}234\\text{ apples}}", "1234", "boxed"),
        ("The answer is $1,234.50.", "1234.5", "stated"),
        ("**Answer:** 17 apples", "17", "stated"),
        ("Therefore, the answer is: **$1,200**", "1200", "stated"),
        ("The answer is $18$.", "18", "stated"),
        ("The final answer is –7", "-7", "stated"),
        ("The answer is 2 1/2 cups", "5/2", "stated"),
        ("The answer is 5 million.", "5000000", "stated"),
        ("First I thought the answer is 4. No: the answer is 5.", "5", "stated"),
        ("It costs $5. The answer is 10, not 12", "10", "stated"),
        ("Total cost: 3 * 4 = 12 dollars", "12", "stated"),
        ("She had 20.\nSo 20 - 5 = 15.", "15", "stated"),
        ("The answer is x = 5", "5", "stated"),
        ("The total cost is 10.\nWith the tax it is 10 + 1 = 11.", "11", "stated"),
        ("5 and 3 more.\nSo the total is 5 + 3 = 8 apples.", "8", "stated"),
        ("$12.00", "12", "alone"),
        ("**18** apples", "18", "alone"),
        (".5", "1/2", "alone"),
        ("Each person pays **$265** per month for the 6-person flat.", "265", "bold"),
        ("So the bill comes to **$165**. That's $30 for the plan plus 45 messages at $3.", "165", "bold"),
        ("**Step 2:** multiply by 7\nShe has **12 apples** on day 3.", "12", "bold"),
        ("215 × 24 = 5,160 screws, which is about 86 boxes of 60.", "5160", "stated"),
    ],
)
def test_a_number_that_is_given_is_found(text: str, value: str, how: str):
    found = extract_number(text)
    assert found is not None
    assert (found.value, found.how) == (Fraction(value), how)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How many apples did he start with?",
        "He has 12 apples and eats 3 of them today.",
        "The answer is x + 5",
        "The answer is 5 + x",
        "The answer is 3x",
        "The answer is 16 - 3",
        "The answer is 3 or 4",
        "The answer is not 5",
        "Is the answer 5 or is the answer is 6?",
        "The answer depends on how many he had",
        "The answer is 2024-01-05",
        "Answer: 3:30",
        "The answer is 1/0",
        "#### none",
        "x2",
        "The total cost is 10, but that is only half of it.\nNow for the tax.",
    ],
)
def test_a_reply_that_gives_none_is_given_none(text: str):
    assert extract_number(text) is None


def test_the_last_number_is_taken_only_where_that_is_allowed_and_says_so():
    text = "He has 12 apples and eats 3 of them today."
    found = extract_number(text, allow_last=True)
    assert found is not None
    assert (found.value, found.how, found.text) == (3, "last", "3")
    assert not same_number(text, 3)
    assert same_number(text, 3, allow_last=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1. Add the pears.\n2. Take away what was eaten.\n3. Count again.", None),
        ("1. 20% of the 30 crayons are broken.\n2. That leaves 24.\n3.", "24"),
        ("**1.** Eggs: 6\n**2.** Flour", "6"),
        ("  9) nine\n 10) ten", None),
        ("12. That is all of them.", "12"),
        ("So he has\n30.", "30"),
        ("2. Two\n5. Five of them", "5"),
    ],
)
def test_the_marks_of_a_numbered_list_are_no_numbers(text: str, value: str | None):
    found = extract_number(text, allow_last=True)
    assert (None if found is None else str(found.value)) == value


def test_numbers_are_compared_exactly():
    assert same_number("#### 0.3", Fraction(3, 10))
    assert same_number("#### 1,234.50", "1234.5")
    assert not same_number("#### 42.0000001", 42)
    assert not same_number("I solved 42 of them, not yet solved", "42")
    percent = extract_number("Answer: 50%")
    assert percent is not None
    assert (percent.value, percent.percent) == (50, True)
    with pytest.raises(ValueError, match="not one number"):
        same_number("#### 1", "one")


@pytest.mark.parametrize(
    "text", ["9" * 100_000, "= " * 50_000, "$1" * 50_000, "the answer is " * 9000, "\\boxed{" * 9000]
)
def test_long_nonsense_is_read_quickly(text: str):
    began = time.perf_counter()
    extract_number("#### " + text, allow_last=True)
    extract_number(text, allow_last=True)
    assert time.perf_counter() - began < 2


def test_every_worked_answer_of_the_public_set_is_read(shared_data: Path):
    file = shared_data / "gsm8k" / "train.jsonl"
    if not file.exists():
        pytest.skip("gsm8k is not in the folder of public data")
    for line in file.read_bytes().splitlines():
        answer = orjson.loads(line)["answer"]
        found = extract_number(answer)
        assert found is not None
        assert found.how == "marked"
        assert found.value == Fraction(answer.rsplit("#### ", 1)[1].replace(",", "").strip())
