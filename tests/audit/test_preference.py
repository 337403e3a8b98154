"""What preference data rewards: coefficients that come back from data made with known ones.

In come pairs drawn from a known model; out come log odds near it. Easy to get wrong: length rewards itself, and a move
that only long answers make would inherit its reward.
"""

from __future__ import annotations

import numpy as np

from overture.audit.preference import LEAST, Side, conditional_logit, rewarded, sides_of
from overture.conversation import Conversation
from overture.lenses import look
from overture.lenses.batch import lay_flat


def pairs(count: int, asks: float, per_log_word: float, seed: int = 0) -> list[Side]:
    """Pairs whose chosen answer follows a conditional logit; asking makes answers longer."""
    rng = np.random.default_rng(seed)
    sides: list[Side] = []
    for number in range(count):
        two = []
        for _ in range(2):
            asking = rng.random() < 0.5
            two.append(
                (frozenset({"elicit"} if asking else {"inform"}), int(rng.integers(5, 60) * (2 if asking else 1)))
            )
        worth = [asks * ("elicit" in moves) + per_log_word * np.log1p(words) for moves, words in two]
        first = rng.random() < 1 / (1 + np.exp(worth[1] - worth[0]))
        for place, (moves, words) in enumerate(two):
            sides.append(Side(str(number), (place == 0) == first, moves, words))
    return sides


def test_known_coefficients_come_back():
    rng = np.random.default_rng(1)
    truth = np.array([1.0, -0.5, 0.0])
    x = rng.normal(size=(4000, 3))
    x[rng.random(4000) > 1 / (1 + np.exp(-x @ truth))] *= -1
    beta, error = conditional_logit(x)
    assert (np.abs(beta - truth) < 4 * error).all()
    assert ((error > 0.01) & (error < 0.1)).all()


def test_length_takes_its_own_reward_and_leaves_asking_its_own():
    table = rewarded(pairs(3000, asks=-1.0, per_log_word=1.0))
    assert table and table["pairs"] == 3000
    found = {row["name"]: row for row in table["rows"]}
    length = found["length (log words)"]
    assert length["low"] < 1.0 < length["high"] and length["high"] - length["low"] < 0.6
    # asking and informing are opposites here, so only their difference is told by the data
    assert abs(found["elicit"]["coefficient"] - found["inform"]["coefficient"] + 1.0) < 0.3
    assert found["elicit"]["odds_ratio"] == np.exp(found["elicit"]["coefficient"])


def test_a_move_that_always_wins_has_a_finite_coefficient():
    sides = [Side(str(k), won, frozenset({"elicit"} if won else ()), 10) for k in range(50) for won in (True, False)]
    table = rewarded(sides)
    assert table
    (row, length) = table["rows"]
    assert row["name"] == "elicit" and 0 < row["coefficient"] < 100 and np.isfinite([row["low"], row["high"]]).all()
    assert length["coefficient"] == 0


def test_too_few_whole_pairs_give_no_table():
    assert rewarded([]) is None
    assert rewarded(pairs(LEAST - 1, 0, 0)) is None
    halves = [side for side in pairs(100, 0, 0) if side.chosen]
    assert rewarded(halves) is None


def test_what_was_missing_is_the_lenss_word_before_the_logs():
    requests = (
        "Tom has some apples and buys 5 more. How many has he?",
        "Tom has 7 apples and buys 5 more. How many has he?",
    )
    talks = [
        Conversation.of(
            [{"role": "user", "content": request}, {"role": "assistant", "content": "He has 12 apples."}],
            metadata={"pair": str(number), "side": "chosen", "missing": 0.25},
        )
        for number, request in enumerate(requests)
    ]
    batch = lay_flat(talks)
    seen = look(batch, ("moves", "gaps"))
    without = sides_of(batch, seen["moves"].scores)
    assert [side.missing for side in without] == [0.25, 0.25]
    lacking, complete = sides_of(batch, seen["moves"].scores, seen["gaps"].scores)
    assert lacking.missing == float(seen["gaps"].scores.missing[0]) > 0.5 > float(complete.missing or 0)
    unread = lay_flat(
        [
            Conversation.of(
                [{"role": "user", "content": "你好你好"}, {"role": "assistant", "content": "Hello there."}],
                metadata=talks[0].metadata,
            )
        ]
    )
    again = look(unread, ("moves", "gaps"))
    assert [side.missing for side in sides_of(unread, again["moves"].scores, again["gaps"].scores)] == [None]
