"""A trip to plan: which aspects, what the traveller prefers in each, and the options there are.

In come a number and a seed; out comes a Trip. An option is *correct* if it meets every preference of its aspect, and
*best* if it is the cheapest correct one. Easy to get wrong: the cheapest of all must be wrong, or picking it would pay
without a word; so some options that miss one preference are made cheaper than any correct one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .catalogue import ASPECTS, Choice

OPTIONS = 12
"""Options of an aspect: three are correct, six miss one preference, the others are drawn."""
CORRECT = 3
PLACES = ("Lisbon", "Oslo", "Kyoto", "Accra", "Montréal", "Palermo", "Hanoi", "Quito", "Tallinn", "Fès")
MONTHS = ("April", "May", "June", "September", "October")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be booked."""

    id: str
    price: int
    values: Mapping[str, str]
    """Choice → value."""


@dataclass(frozen=True)
class Trip:
    """What somebody wants to have planned."""

    place: str
    month: str
    preferences: Mapping[str, Mapping[str, str]]
    """Aspect → choice → the value that is wanted, in the order in which the traveller thinks of them."""
    options: Mapping[str, tuple[Option, ...]]

    def correct(self, aspect: str) -> list[Option]:
        """The options that meet every preference, the best one first."""
        wanted = self.preferences[aspect]
        fits = [
            each for each in self.options[aspect] if all(each.values[name] == value for name, value in wanted.items())
        ]
        return sorted(fits, key=lambda option: option.price)


@cache
def trip(number: int, seed: int = 0) -> Trip:
    """The trip of this number: one to three aspects in turn, two or three preferences in each."""
    rng = random.Random(f"travel/{seed}/{number}")
    aspects = rng.sample(sorted(ASPECTS), 1 + number % 3)
    preferences: dict[str, dict[str, str]] = {}
    options: dict[str, tuple[Option, ...]] = {}
    for aspect in aspects:
        chosen = rng.sample(ASPECTS[aspect], rng.randint(2, min(3, len(ASPECTS[aspect]))))
        wanted = {choice.name: rng.choice(sorted(choice.wants)) for choice in chosen}
        preferences[aspect] = wanted
        options[aspect] = _options(aspect, wanted, rng)
    return Trip(rng.choice(PLACES), rng.choice(MONTHS), preferences, options)


def _options(aspect: str, wanted: Mapping[str, str], rng: random.Random) -> tuple[Option, ...]:
    choices = ASPECTS[aspect]
    made: list[tuple[int, dict[str, str]]] = []
    dear = rng.sample(range(160, 320), CORRECT)
    made += [(price, {**_any(choices, rng), **wanted}) for price in dear]
    names = list(wanted)
    for at in range(6):
        missed = next(choice for choice in choices if choice.name == names[at % len(names)])
        other = rng.choice([value for value in sorted(missed.wants) if value != wanted[missed.name]])
        # half of the near misses are cheaper than any correct option
        price = rng.randint(70, 150) if at % 2 == 0 else rng.randint(160, 320)
        made.append((price, {**_any(choices, rng), **wanted, missed.name: other}))
    while len(made) < OPTIONS:
        values = _any(choices, rng)
        if any(values[name] != value for name, value in wanted.items()):
            made.append((rng.randint(70, 320), values))
    rng.shuffle(made)
    return tuple(Option(f"{aspect}-{at + 1:02d}", price, values) for at, (price, values) in enumerate(made))


def _any(choices: tuple[Choice, ...], rng: random.Random) -> dict[str, str]:
    return {choice.name: rng.choice(sorted(choice.wants)) for choice in choices}
