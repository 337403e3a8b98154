"""Lacking problems made of GSM8K: which numbers an answer hangs on, and the problem without one of them.

In come lines of `gsm8k/train.jsonl`; out come Problems and a count of why the others were dropped. The worked answer's
notes (`<<48/2=24>>`) are chained into one expression over the numbers of the question, and that expression says what
is necessary. Easy to get wrong: a 12 may be the problem's or months in a year, so a value that occurs twice, or that
the notes also compute, is left alone; and a number that the notes never use may give the answer by another way.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

import orjson

from ...errors import DataError
from ..arithmetic import Expression, shown
from .rewrite import remove
from .template import Problem

_NOTE = re.compile(r"<<([^<>=]*)=([^<>=]*)>>")
_NUMBER = re.compile(
    r"\$?(?<![\w.,/:%-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w/:%-])|\$?(?<![\w.,/:%-])\d+(?:\.\d+)?(?![\w/:%-]|,\d)"
)
_ANY = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_OPERAND = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred)\b",
    re.IGNORECASE,
)
COMMON = frozenset({Fraction(1), Fraction(2), Fraction(100)})
"""Values too often meant as half, double and percent to tell where one comes from."""
DETAILS = (
    "A shop around the corner has been open for {x} years.",
    "It is {x} degrees outside on that day.",
    "A clock on the wall runs {x} minutes fast.",
    "The street has {x} lamp posts on either side.",
    "A neighbour has {x} old magazines in the cellar.",
    "There are {x} clouds in the sky.",
)


def problems(lines: Iterable[bytes], seed: int = 0) -> tuple[list[Problem], Counter[str]]:
    """Every problem that can be made to lack a number, and how many lines went which way (`kept`, or a reason).

    A problem's choices depend on `seed` and its line alone. Raises DataError on a line that is not a problem.
    """
    found: list[Problem] = []
    counts: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        try:
            raw = orjson.loads(line)
            question, worked = str(raw["question"]), str(raw["answer"])
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise DataError(f"line {number} of gsm8k/train.jsonl is not a problem with question and answer") from error
        made = lacking(question, worked, f"gsm8k-{number:05d}", random.Random(f"{seed}/{number}"))
        counts["kept" if isinstance(made, Problem) else made] += 1
        if isinstance(made, Problem):
            found.append(made)
    return found, counts


def lacking(question: str, worked: str, id: str, rng: random.Random) -> Problem | str:
    """The problem without one necessary number, or the reason why not."""
    question = re.sub(r"\s+", " ", question).strip()
    answer = re.search(r"####\s*(-?[\d,]+(?:\.\d+)?)", worked)
    chained = chain(question, worked)
    if answer is None or isinstance(chained, str):
        return chained if isinstance(chained, str) else "no_answer"
    text, values = chained
    expression = Expression(text)
    right = Fraction(answer[1].replace(",", ""))
    if expression.value(values) != right:
        return "notes_do_not_give_the_answer"
    necessary = expression.necessary(values)
    if any(values[name] not in COMMON and name not in necessary for name in values):
        return "a_number_is_not_used"
    reasons: Counter[str] = Counter()
    places = [match for match in _NUMBER.finditer(question) if f"n{match.start()}" in necessary]
    rng.shuffle(places)
    for match in places:
        name = f"n{match.start()}"
        if values[name] in COMMON:
            reasons["too_common"] += 1
            continue
        removal = remove(question, *match.span())
        if isinstance(removal, str):
            reasons[removal] += 1
            continue
        other = values[name] + rng.choice((1, 2, 5))
        return Problem(
            id, "gsm8k", question, removal.text, name, values[name], right, "", removal.question,
            removal.original, removal.terms, expression.value({**values, name: other}), other,
        )  # fmt: skip
    return reasons.most_common(1)[0][0] if reasons else "no_necessary_number_in_digits"


def chain(question: str, worked: str) -> tuple[str, dict[str, Fraction]] | str:
    """One expression for the last note's result, and the value of each number of the question by `n` and its place."""
    if _WORDS.search(question):
        return "numbers_in_words"
    places = {f"n{m.start()}": _value(m.group()) for m in _NUMBER.finditer(question)}
    if len(places) != len(_ANY.findall(question)):
        return "numbers_in_other_forms"
    if len(set(places.values())) != len(places):
        return "the_same_number_twice"
    by_value = {value: name for name, value in places.items()}
    made: dict[Fraction, str] = {}
    last = ""
    for formula, result in _NOTE.findall(worked):
        if not re.fullmatch(r"[\d.+\-*/() ]+", formula) or not re.fullmatch(r"-?[\d.]+", result):
            return "notes_in_other_forms"
        ambiguous = False

        def operand(match: re.Match[str]) -> str:
            nonlocal ambiguous
            value = _value(match.group())
            ambiguous = ambiguous or (value in made and value in by_value)
            if value in made:
                return f"({made[value]})"
            return by_value.get(value) or f"({value.numerator}/{value.denominator})"

        last = _OPERAND.sub(operand, formula)
        if ambiguous:
            return "a_number_is_also_a_result"
        if len(last) > 2000:
            return "notes_in_other_forms"
        made[_value(result)] = last
    if not last:
        return "no_notes"
    try:
        Expression(last).value(places)
    except (DataError, ZeroDivisionError):
        return "notes_in_other_forms"
    return last, places


def detail(question: str, rng: random.Random) -> str:
    """The same problem with a sentence before its question that changes nothing."""
    last = max(question.rfind(sign, 0, question.rfind("?")) for sign in ".!?") + 1
    added = rng.choice(DETAILS).replace("{x}", shown(Fraction(rng.randint(3, 40))))
    return f"{question[:last]} {added}{question[last:]}".strip()


def _value(text: str) -> Fraction:
    return Fraction(text.replace("$", "").replace(",", ""))
