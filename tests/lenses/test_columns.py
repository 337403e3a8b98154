"""From what the lens saw to columns and counts: null is "could not be judged", and only what was judged is counted.

In come scores; out come arrow arrays and ratios. Easy to get wrong: a list of names built from one flat array shifts by
one from the first null on, and every message after it has its neighbour's moves.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from overture.conversation import Conversation, Message
from overture.errors import OvertureError, UsageError
from overture.lenses import LENSES, Columns, chosen, look
from overture.lenses.batch import Batch, lay_flat
from overture.lenses.columns import TURNS, assistant_turn, by_conversation, name_lists, score_maps
from overture.lenses.moves import NAMES
from overture.moves import ELICITING, LEADING


def flags(*messages: str) -> np.ndarray:
    out = np.zeros((len(messages), len(NAMES)), bool)
    for row, names in enumerate(messages):
        out[row, [NAMES.index(name) for name in names.split()]] = True
    return out


def test_lists_are_sorted_and_nulls_shift_nothing():
    made = flags("trail elicit", "inform", "", "request accept open", "check")
    scored = np.array([True, False, True, True, True])
    found = name_lists(made & scored[:, None], scored)
    assert found.to_pylist() == [["elicit", "trail"], None, [], ["accept", "open", "request"], ["check"]]
    assert found.type == pa.list_(pa.string())
    assert name_lists(flags(), np.zeros(0, bool)).to_pylist() == []
    assert name_lists(flags("", ""), np.zeros(2, bool)).to_pylist() == [None, None]


def test_maps_hold_what_is_not_negligible_and_null_where_unscored():
    probability = np.zeros((3, len(NAMES)), np.float32)
    probability[0, NAMES.index("trail")] = 0.1234567
    probability[0, NAMES.index("accept")] = 0.5
    probability[0, NAMES.index("open")] = 0.001
    probability[1] = np.nan
    found = score_maps(probability, np.array([True, False, True])).to_pylist()
    assert [name for name, _ in found[0]] == ["accept", "trail"]
    assert [round(value, 6) for _, value in found[0]] == [0.5, 0.123]
    assert found[1:] == [None, []]


TALKS = [
    Conversation(
        (
            Message("system", "Be brief."),
            Message("user", "Book a flight."),
            Message("assistant", "Which day?"),
            Message("user", "Monday."),
            Message("assistant", "你好你好"),
            Message("assistant", "Booked! Let me know if you need anything else."),
        )
    ),
    Conversation((Message("system", "Rules."),)),
    Conversation((Message("user", "Hi there."), Message("assistant", "Hello! How can I help you?"))),
]


def test_every_column_agrees_with_the_scores():
    batch = lay_flat(TALKS)
    seen = look(batch, ("moves",))["moves"]
    scores = seen.scores
    for at in range(len(batch.messages)):
        moves, unasked = (seen.messages[name][at].as_py() for name in ("moves", "unasked"))
        if not scores.scored[at]:
            assert moves is unasked is seen.messages["move_scores"][at].as_py() is None
            continue
        assert moves == sorted(NAMES[k] for k in scores.made[at].nonzero()[0])
        assert unasked == sorted(set(unasked)) and set(unasked) <= set(moves)
        table = dict(seen.messages["move_scores"][at].as_py())
        assert list(table) == sorted(table)
        assert all(0 <= p <= 1 for p in table.values())
    assert seen.unscored == 1  # the message in another script; the rules are not meant to be judged


def test_figures_count_judged_assistant_messages_and_no_others():
    batch = lay_flat(TALKS)
    seen = look(batch, ("moves",))["moves"]
    scores = seen.scores
    could = np.array([m.role == "assistant" for m in batch.messages]) & scores.scored
    assert could.sum() == 3
    families = {"dialogue_initiative": ELICITING, "trailing": {"trail"}} | {f"move:{n}": {n} for n in NAMES}
    for name, moves in families.items():
        top, bottom = seen.figures[name]
        made = scores.made[:, [NAMES.index(m) for m in moves]].any(1) & could
        assert top.tolist() == [made[:6].sum(), 0, made[7:].sum()]
        assert bottom.tolist() == [2, 0, 1]
    top, _ = seen.figures["task_initiative"]
    leads = scores.made[:, [NAMES.index(m) for m in LEADING]].any(1) | scores.made_unasked.any(1)
    assert top.sum() == (leads & could).sum()


def test_initiative_of_both_kinds_is_never_added_up():
    figures = look(lay_flat(TALKS), ("moves",))["moves"].figures
    assert not [name for name in figures if name in ("initiative", "total_initiative", "any_initiative")]
    assert {"dialogue_initiative", "task_initiative"} <= figures.keys()


def test_a_run_of_tool_calls_is_one_turn():
    roles = ["system", "user", "assistant", "tool", "assistant", "tool", "assistant", "user", "assistant"]
    batch = lay_flat([Conversation(tuple(Message(r, "x") for r in roles)), TALKS[2]])
    turns = assistant_turn(batch)
    assert turns[[2, 4, 6, 8]].tolist() == [0, 0, 0, 1]
    assert turns[len(roles) + 1] == 0
    assert assistant_turn(lay_flat([])).tolist() == []


def test_a_turn_has_no_more_judged_messages_than_it_has_messages():
    figures = look(lay_flat(TALKS), ("moves",))["moves"].figures
    by_turn = sum(figures[f"turn:{k}:dialogue"][1] for k in range(TURNS))
    assert by_turn.tolist() == figures["dialogue_initiative"][1].tolist()


def test_counts_by_conversation():
    values, owner = np.array([True, False, True, True]), np.array([0, 0, 2, 2], np.int32)
    assert by_conversation(values, owner, 4).tolist() == [1, 0, 2, 0]


def test_lenses_are_chosen_by_name_with_those_they_build_on():
    assert chosen(["goals"]) == ("moves", "goals")
    assert chosen(["gaps"]) == ("moves", "gaps")
    assert tuple(LENSES) == ("moves", "goals", "gaps")
    assert chosen(["moves"]) == chosen(["moves", "moves"]) == ("moves",)
    with pytest.raises(UsageError, match="there is no lens 'move'; the lenses are moves, goals"):
        chosen(["move"])


@pytest.mark.parametrize("wrong", [2.0, -1.0, np.nan])
def test_a_figure_of_ones_own_that_is_no_share_is_refused(wrong: float, monkeypatch: pytest.MonkeyPatch):
    def counts(batch: Batch, seen: object) -> Columns:
        return Columns(figures={"lengths": (np.array([1.0, wrong]), np.ones(2))})

    monkeypatch.setattr("overture.lenses.own", lambda *_: counts)
    with pytest.raises(OvertureError, match=r"lengths of the lens mine\.counts is no share"):
        look(lay_flat(TALKS[:1] * 2), ["mine.counts"])
