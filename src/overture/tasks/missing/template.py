"""A word problem before its numbers are drawn, and the pair of requests that comes of it.

In come a Template, a random generator and whether irrelevant detail is wanted; out comes a Problem: the whole text, the
same text with one necessary quantity gone, the answer. Templates stand in `items/`, a group a file. In a template's
text, `[n:{} books|some books]` is a quantity that can go, with what is said instead; `{n}` one that always stays; `{A}`
and `{B}` are people. Easy to get wrong: what may go is not what the author meant to matter but what the expression says
does, so that is asked each time.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files

from ...errors import DataError
from ..arithmetic import Expression, shown

_NAMES = (
    "Ada Amir Bela Carla Chidi Dana Elif Enzo Farah Goran Hana Ines Ivan Jonas Kofi Lena Luca Mai Marta Nadia Noor "
    "Omar Paula Pedro Rosa Ravi Selma Tariq Uma Viktor Wanda Yusuf"
)
PEOPLE = tuple(_NAMES.split())
"""First names, of many places, that the problems are about."""

_SLOT = re.compile(r"\[(\w+):([^|\]]*)\|([^\]]*)\]|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a problem, drawn from low, low + step … high."""

    low: int
    high: int
    step: int = 1
    ask: str = ""
    """How a good asker asks for it; empty where it always stays."""
    tell: str = ""
    """How the user answers; `{}` is the number."""
    terms: str = ""
    """Words, or phrases of which every word must occur, by which a question can name it; `|` between two."""


@dataclass(frozen=True)
class Template:
    """One kind of problem."""

    name: str
    group: str
    text: str
    """The facts."""
    question: str
    expression: str
    unit: str
    """Comes after the answer's number; a currency sign comes before it."""
    detail: str
    """A sentence with one number, `{x}`, that changes nothing."""
    quantities: Mapping[str, Quantity]


def _read(group: str) -> Iterator[Template]:
    raw = tomllib.loads((files("overture.tasks.missing") / "items" / f"{group}.toml").read_text("utf-8"))
    for one in raw["template"]:
        quantities = {name: Quantity(**fields) for name, fields in one.pop("quantities").items()}
        yield Template(**one, group=group, quantities=quantities)


TEMPLATES = tuple(template for group in ("money", "counting", "measuring") for template in _read(group))
"""All that were written, in three groups."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A template with its numbers and people."""

    id: str
    group: str
    complete: str
    lacking: str
    missing: str
    """The quantity that went."""
    value: Fraction
    """Its value."""
    answer: Fraction
    unit: str
    ask: str
    tell: str
    terms: tuple[str, ...]
    wrong: Fraction
    """The answer if the missing quantity had another value: what a guess comes to."""
    wrong_value: Fraction
    """That other value."""


def draw(template: Template, rng: random.Random, detail: bool = False, id: str = "") -> Problem:
    """Numbers, people and the quantity to go, by `rng`.

    The answer and what a guess comes to are above zero and whole, or in whole cents where they are money. Raises
    DataError where a template allows no such numbers or none of its removable quantities is necessary.
    """
    expression = Expression(template.expression)
    one, two = rng.sample(PEOPLE, 2)
    for _ in range(400):
        values = {name: Fraction(rng.randrange(q.low, q.high + 1, q.step)) for name, q in template.quantities.items()}
        values["x"] = Fraction(rng.randint(2, 40))
        answer = expression.value(values)
        removable = sorted(name for name in expression.necessary(values) if template.quantities[name].ask)
        if not removable:
            raise DataError(f"the template {template.name} has no necessary quantity that can go")
        gone = rng.choice(removable)
        wrong = {**values, gone: Fraction(_other(template.quantities[gone], values[gone], rng))}
        guess = expression.value(wrong)
        if _fine(answer, template.unit) and _fine(guess, template.unit) and guess != answer:
            break
    else:
        raise DataError(f"the template {template.name} gives no whole answer in 400 draws")
    people = {"A": one, "B": two}
    facts = f"{template.text} {template.detail}" if detail else template.text
    quantity = template.quantities[gone]
    return Problem(
        id or template.name,
        template.group,
        _filled(f"{facts} {template.question}", values, people, None),
        _filled(f"{facts} {template.question}", values, people, gone),
        gone,
        values[gone],
        answer,
        template.unit,
        _filled(quantity.ask, values, people, None),
        _filled(quantity.tell.replace("{}", shown(values[gone])), values, people, None),
        tuple(quantity.terms.split("|")),
        guess,
        wrong[gone],
    )


def measured(value: Fraction, unit: str) -> str:
    """A number with its unit: `12 apples`, `$4.50`."""
    number = shown(value)
    if unit != "$":
        return f"{number} {unit}".strip()
    return f"${number}0" if "." in number and len(number.split(".")[1]) == 1 else f"${number}"


def _other(quantity: Quantity, value: Fraction, rng: random.Random) -> int:
    choices = [n for n in range(quantity.low, quantity.high + 1, quantity.step) if n != value]
    return rng.choice(choices)


def _fine(value: Fraction, unit: str) -> bool:
    return value > 0 and (value * (100 if unit == "$" else 1)).denominator == 1


def _filled(text: str, values: Mapping[str, Fraction], people: Mapping[str, str], gone: str | None) -> str:
    def put(match: re.Match[str]) -> str:
        name, full, vague, plain = match.groups()
        if name:
            return vague if name == gone else full.replace("{}", shown(values[name]))
        return people[plain] if plain in people else shown(values[plain])

    # twice, because a fragment may hold a person or another number
    once = _SLOT.sub(put, text)
    done = _SLOT.sub(put, once)
    return done[:1].upper() + done[1:]
