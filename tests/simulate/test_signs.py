"""Whether a sign holds under all users, from differences made by hand."""

from __future__ import annotations

import pytest

from overture.audit.differences import Difference
from overture.simulate.signs import Sign, signs, told

USERS = ("shards", "impatient", "ignorant")
FAMILIES = {user: (f"full · {user}", f"sharded · {user}", f"recap · {user}") for user in USERS}
PROTOCOLS = {name: name.split(" · ")[0] for names in FAMILIES.values() for name in names}


def one(low: float, high: float, user: str, p: float = 0.01, figure: str = "solved", b: str = "sharded") -> Difference:
    return Difference(figure, f"full · {user}", f"{b} · {user}", (low + high) / 2, low, high, p)


def sign(*ends: tuple[float, float], p: float = 0.01) -> Sign:
    (found,) = signs(FAMILIES, PROTOCOLS, [one(*end, user, p) for end, user in zip(ends, USERS, strict=False)])
    return found


def test_a_sign_holds_only_where_every_user_has_it() -> None:
    held = sign((0.1, 0.3), (0.2, 0.4), (0.01, 0.02))
    assert held.holds and held.above == USERS and not held.below and not held.undecided
    assert held.verdict == "its sign holds under all users: above nought under shards, impatient, ignorant"
    turned = sign((0.1, 0.3), (-0.4, -0.2), (0.1, 0.2))
    assert not turned.holds and turned.below == ("impatient",)
    assert turned.verdict == "its sign does not hold: above nought under shards, ignorant; below nought under impatient"


@pytest.mark.parametrize("reaching", [(-0.1, 0.3), (0.0, 0.3), (-0.3, 0.0)])
def test_an_interval_that_reaches_over_nought_is_undecided(reaching: tuple[float, float]) -> None:
    found = sign((0.1, 0.3), reaching, (0.1, 0.2))
    assert not found.holds and found.undecided == ("impatient",)
    assert found.verdict == (
        "its sign is not decided under all users: above nought under shards, ignorant; undecided under impatient"
    )


def test_few_items_and_nothing_to_count_are_undecided_too() -> None:
    few = sign((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), p=0.5)
    assert few.open and few.undecided == USERS
    absent = sign((0.1, 0.3), (0.1, 0.3))
    assert not absent.holds and absent.undecided == ("ignorant",)


def test_each_protocol_stands_beside_the_first_and_what_nobody_decides_is_one_line() -> None:
    found = signs(
        FAMILIES,
        PROTOCOLS,
        [
            *(one(0.1, 0.2, user) for user in USERS),
            *(one(-0.2, -0.1, user, b="recap") for user in USERS),
            *(Difference("solved", f"sharded · {user}", f"recap · {user}", 1, 1, 1, 0.01) for user in USERS),
            *(one(-1, 1, user, figure=figure) for figure in ("turns", "wasted") for user in USERS),
        ],
    )
    assert [(each.figure, each.between, each.holds) for each in found] == [
        ("solved", "full minus sharded", True),
        ("solved", "full minus recap", True),
        ("turns", "full minus sharded", False),
        ("wasted", "full minus sharded", False),
    ]
    lines = told(found)
    assert len(lines) == 3 and lines[2] == "full minus sharded: undecided under every user: turns, wasted"
    assert found[0].to_dict() == {
        "figure": "solved", "a": "full", "b": "sharded", "holds": True, "above": list(USERS), "below": [],
        "undecided": [],
    }  # fmt: skip
