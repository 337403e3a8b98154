"""Does a difference between protocols hold under every user, or only under the one it was measured with?

In come the differences within each user; out comes a Sign for each figure and protocol beside the first: the users
under whom it lies above nought, below, or is undecided. Easy to get wrong: an interval that reaches over nought is no
sign, whatever its middle; neither is one of so few items that a test of signs could not tell, nor a figure that under
this user had nothing to count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..audit.differences import Difference

LEVEL = 0.05
"""No sign where p is not below this, whatever the interval."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Protocol `a` minus protocol `b` in one figure, under each user."""

    figure: str
    a: str
    b: str
    above: tuple[str, ...]
    """Users under whom the interval lies above nought."""
    below: tuple[str, ...]
    undecided: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether it has one sign under all users. Each is tested by itself, so that this needs no correction."""
        return not self.undecided and not (self.above and self.below)

    @property
    def open(self) -> bool:
        """Whether it has no sign under any user."""
        return not self.above and not self.below

    @property
    def between(self) -> str:
        return f"{self.a} minus {self.b}"

    @property
    def verdict(self) -> str:
        """In words."""
        places = {"above nought": self.above, "below nought": self.below, "undecided": self.undecided}
        where = [f"{place} under {', '.join(users)}" for place, users in places.items() if users]
        if self.holds:
            return f"its sign holds under all users: {where[0]}"
        if self.above and self.below:
            return f"its sign does not hold: {'; '.join(where)}"
        return f"its sign is not decided under all users: {'; '.join(where)}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        users = {name: list(getattr(self, name)) for name in ("above", "below", "undecided")}
        return {"figure": self.figure, "a": self.a, "b": self.b, "holds": self.holds, **users}


def signs(
    families: Mapping[str, Iterable[str]], protocols: Mapping[str, str], compared: Sequence[Difference]
) -> list[Sign]:
    """A Sign for each figure and protocol that stands beside the first under some user, in the order of `compared`.

    `families`: user → names of its groups; `protocols`: group → protocol; `compared`: differences between groups of one
    user.
    """
    user_of = {name: user for user, names in families.items() for name in names}
    first = next(iter(protocols.values()))
    found: dict[tuple[str, str, str], dict[str, Difference]] = {}
    for one in compared:
        if protocols[one.a] == first:
            found.setdefault((one.figure, first, protocols[one.b]), {})[user_of[one.a]] = one
    out: list[Sign] = []
    for place, under in found.items():
        above = tuple(user for user, one in under.items() if one.low > 0 and one.p < LEVEL)
        below = tuple(user for user, one in under.items() if one.high < 0 and one.p < LEVEL)
        out.append(Sign(*place, above, below, tuple(user for user in families if user not in (*above, *below))))
    return out


def told(found: Iterable[Sign]) -> list[str]:
    """A line for each, and one a pair of protocols for the figures that are undecided under every user."""
    lines: list[str] = []
    left: dict[str, list[str]] = {}
    for one in found:
        if one.open:
            left.setdefault(one.between, []).append(one.figure)
        else:
            lines.append(f"{one.figure}, {one.between}: {one.verdict}")
    return [*lines, *(f"{between}: undecided under every user: {', '.join(names)}" for between, names in left.items())]
