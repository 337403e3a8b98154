"""What a question is worth: worked by hand, and in the right order.

In come probabilities and stakes; out come values. Easy to get wrong: the other move is the best one, and a named
assumption is one of them.
"""

from __future__ import annotations

import pytest

from overture.policies.worth import DEFAULTS, Stakes, worth

EVEN = Stakes(wrong=-1.0, named=0.5, cost=0.1, hit=0.2, fuss=0.0)


def test_worked_by_hand():
    found = worth(0.5, EVEN, answered=0.8)
    assert found.moves["execute"] == pytest.approx(0.5 + 0.5 * (0.2 + 0.8 * -1.0))
    assert found.moves["assume"] == pytest.approx(0.5 + 0.5 * (0.2 + 0.8 * 0.5))
    assert found.best == "assume"
    assert found.gain == pytest.approx(0.8 * (1 - 0.8))
    assert found.price == pytest.approx(0.1)
    assert found.asks


def test_each_question_is_dearer_than_the_last():
    answers = [worth(0.5, EVEN, 0.8, asked).asks for asked in range(4)]
    assert answers == [True, False, False, False]


def test_nothing_missing_is_nothing_to_ask():
    for stakes in DEFAULTS.values():
        found = worth(0.0, stakes)
        assert found.best == "execute" and found.gain == 0 and not found.asks


def test_a_tool_that_knows_is_asked_before_the_user():
    without, having = worth(0.9, EVEN), worth(0.9, EVEN, found=0.95)
    assert without.asks and not having.asks
    assert having.best == "consult"


def test_irreversible_acts_ask_and_cheap_ones_assume():
    assert worth(0.8, DEFAULTS["irreversible"]).asks
    reversible = worth(0.8, DEFAULTS["reversible"])
    assert not reversible.asks and reversible.best == "assume"
    assert not worth(0.9, DEFAULTS["talk"]).asks


def test_who_will_not_answer_is_not_asked():
    assert not worth(0.9, DEFAULTS["irreversible"], answered=0.0).asks


@pytest.mark.parametrize("bad", [{"missing": 1.2}, {"missing": 0.5, "answered": -0.1}, {"missing": 0.5, "found": 2.0}])
def test_what_is_no_probability_is_refused(bad: dict[str, float]):
    with pytest.raises(ValueError, match="no probability"):
        worth(stakes=EVEN, **bad)  # type: ignore[arg-type]


def test_what_cannot_be_undone_can_be_drafted():
    final = Stakes(wrong=-2.0, named=-1.5, cost=0.1, hit=0.2, drafted=0.3)
    found = worth(0.5, final, answered=0.8)
    assert found.moves["draft"] == pytest.approx(0.5 * 0.9 + 0.5 * (0.2 * 0.9 + 0.8 * 0.3))
    assert found.best == "draft" and found.gain == pytest.approx(0.8 * (1 - found.moves["draft"]))
    assert "draft" not in worth(0.5, EVEN).moves
    assert [kind for kind, stakes in DEFAULTS.items() if stakes.drafted is not None] == ["irreversible"]


def test_a_draft_does_not_stand_in_for_the_first_question():
    assert all(worth(missing / 100, DEFAULTS["irreversible"]).asks for missing in range(50, 101))
    assert not worth(0.9, DEFAULTS["irreversible"], asked=6).asks
