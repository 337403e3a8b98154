"""Domains for slot filling: what can be asked for, what there is, and what people want that is not there.

In comes a domain's name; out comes an Ontology with its rows drawn by seed. Three sizes: `simple` (3 slots, few
values), `medium` (6 slots, many values, few rows), `complex` (12 slots, most of them yes or no, many rows). Easy to get
wrong: what makes a dialogue long is not how many slots there are but how often a wish meets no row, and how many other
values there are to try then; so those two are set apart here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache, cached_property

from ...errors import UsageError


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing to settle."""

    name: str
    values: tuple[str, ...]
    """What the domain knows."""
    beyond: tuple[str, ...] = ()
    """What people ask for and no row ever has."""
    terms: tuple[str, ...] = ()
    """How it is called beside its name, as `Part.terms`."""
    unit: str = ""
    """A pattern of what stands behind a figure that is one of its values: `7 pm`, `4-star`."""

    @property
    def wishes(self) -> tuple[str, ...]:
        """All that a user may think of; those of the domain come first."""
        return self.values + self.beyond


@dataclass(frozen=True)
class Ontology:
    """A domain: slots, and the rows that exist."""

    name: str
    thing: str
    """What is looked for: `film`, `restaurant`, `hotel`."""
    slots: tuple[Slot, ...]
    rows: tuple[tuple[int, ...], ...]
    """For each row, the index of its value in each slot."""

    @cached_property
    def masks(self) -> tuple[tuple[int, ...], ...]:
        """Slot, value → the rows that have it, one bit each. Wishes beyond the domain have none."""
        out: list[tuple[int, ...]] = []
        for at, slot in enumerate(self.slots):
            masks = [0] * len(slot.wishes)
            for bit, row in enumerate(self.rows):
                masks[row[at]] |= 1 << bit
            out.append(tuple(masks))
        return tuple(out)

    @cached_property
    def everything(self) -> int:
        """The mask of all rows."""
        return (1 << len(self.rows)) - 1

    def index(self, slot: str, value: str) -> tuple[int, int] | None:
        """(slot, value) as numbers, compared without case; None where the domain has no such thing."""
        for at, found in enumerate(self.slots):
            if found.name.casefold() == slot.casefold():
                wishes = [wish.casefold() for wish in found.wishes]
                return (at, wishes.index(value.casefold())) if value.casefold() in wishes else None
        return None

    def matching(self, settled: dict[str, str]) -> int:
        """The rows that fit all of these; 0 where a value is not the domain's."""
        rows = self.everything
        for slot, value in settled.items():
            found = self.index(slot, value)
            rows &= self.masks[found[0]][found[1]] if found else 0
        return rows

    def available(self, slot: int, rows: int) -> list[int]:
        """The values of a slot that some of the rows have."""
        return [value for value, mask in enumerate(self.masks[slot]) if mask & rows]


def _slot(name: str, values: str, beyond: str = "", terms: str = "", unit: str = "") -> Slot:
    listed = [tuple(each.split(", ")) if each else () for each in (values, beyond, terms)]
    return Slot(name, listed[0], listed[1], listed[2], unit)


_YES = "yes, no"
_KINDS = "district floor layout heating colour garden kitchen bath lease street"
_DOMAINS: dict[str, tuple[str, int, tuple[Slot, ...]]] = {
    "simple": (
        "film",
        12,
        (
            _slot("genre", "comedy, thriller, documentary", "western", "kind film, type film, kind movie, type movie"),
            _slot("day", "Friday, Saturday, Sunday", "Monday", "date"),
            _slot("time", "matinee, early evening, late show", terms="showing, screening"),
        ),
    ),
    "medium": (
        "restaurant",
        40,
        (
            _slot("food", "Italian, Thai, Indian, Greek, Mexican, French, Japanese", "Peruvian, Ethiopian", "cuisine"),
            _slot("area", "centre, north, south, east, west, harbour", "airport", "where, location, part town"),
            _slot("price", "cheap, moderate, smart, expensive", terms="budget, spend"),
            _slot("day", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday", "Sunday", "date"),
            _slot(
                "hour", "noon, one, five, six, seven, eight, nine", "midnight", "time", r"(?::00|\s?p\.?m\b|\s?o'clock)"
            ),
            _slot("table", "window, garden, terrace, counter, corner, booth", "rooftop", "seat, sit"),
        ),
    ),
    "complex": (
        "hotel",
        2000,
        (
            _slot("district", "old town, riverside, station, hills, beach", terms="area, location, where"),
            _slot("stars", "two, three, four, five", terms="rating", unit=r"[\s-]?stars?\b"),
            _slot("bed", "single, double, twin"),
            _slot("board", "breakfast, half board, room only", "all inclusive", "meal"),
            _slot("parking", _YES, terms="car"),
            _slot("pool", _YES, terms="swim"),
            _slot("gym", _YES, terms="fitness"),
            _slot("pets", _YES, terms="animal, dog"),
            _slot("lift", _YES, terms="elevator"),
            _slot("balcony", _YES),
            _slot("kitchen", _YES, terms="kitchenette, cook"),
            _slot("view", "sea, park, street, courtyard", "mountain"),
        ),
    ),
    "many values": (
        "flat",
        2000,
        tuple(
            Slot(name, tuple(f"{name} {number}" for number in range(1, 11)), (f"{name} 11", f"{name} 12"))
            for name in _KINDS.split()
        ),
    ),
}
NAMES = tuple(_DOMAINS)
"""`many values` is no part of the paper's three; it shows what happens to a complex domain whose slots have many."""


@cache
def ontology(name: str, seed: int = 0) -> Ontology:
    """The domain with rows drawn by `seed`, all different. Raises UsageError on any other name."""
    if name not in _DOMAINS:
        raise UsageError(f"there is no domain {name!r}; there are {', '.join(NAMES)}")
    thing, count, slots = _DOMAINS[name]
    rng = random.Random(f"{name}/{seed}")
    rows: dict[tuple[int, ...], None] = {}
    while len(rows) < count:
        rows[tuple(rng.randrange(len(slot.values)) for slot in slots)] = None
    return Ontology(name, thing, slots, tuple(rows))
