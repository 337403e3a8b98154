"""The lens `goals` on the shipped weights: sets, nulls, the table of pairs, the floor and the ceiling."""

from __future__ import annotations

import time
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import DataError
from overture.lenses import goals as lens
from overture.lenses.batch import lay_flat
from overture.lenses.complements import as_list, as_sets, disjoint, groups, matches, places, titles
from overture.lenses.goals import MOST, look, sets, side_vectors
from overture.lenses.goals_figures import Ceiling, automation, columns, done_and_coached
from overture.lenses.moves import NAMES, MoveScores
from talking import talk

GATHER, PROVIDE, PROGRAM, OFFICE, TRAIN = (
    f"4.A.{iwa}" for iwa in ("1.a.1.I04", "4.a.3.I02", "3.b.1.I01", "3.a.3.I01", "4.b.3.I05")
)


CODE = talk(
    "Write a python function that removes duplicate rows from a csv file.",
    "```python\ndef unique(path):\n    import csv\n    return set(map(tuple, csv.reader(open(path))))\n```",
)
FACT = talk(
    "Who was Marie Curie and when did she live?", "She was a physicist, born in Warsaw in 1867; she died in 1934."
)


def made(conversations: list[Conversation], **moves: list[int]) -> MoveScores:
    """Move scores in which the named moves are made by these messages and everything is scored."""
    count = sum(len(c) for c in conversations)
    labels = np.zeros((count, len(NAMES)), np.bool_)
    for name, at in moves.items():
        labels[at, NAMES.index(name)] = True
    empty = np.zeros((0, len(NAMES)), np.float32)
    return MoveScores(empty, empty, empty, labels, labels & False, np.ones(count, np.bool_))


def test_plain_cases_are_coded_as_a_reader_would() -> None:
    scores = look(lay_flat([CODE, FACT]))
    assert PROGRAM in as_list(scores.goals[0]) and PROGRAM in as_list(scores.actions[0])
    assert PROGRAM not in as_list(scores.goals[1])
    assert scores.goal[0, places()[PROGRAM]] > 10 * scores.goal[1, places()[PROGRAM]]


@pytest.mark.parametrize(
    ("conversation", "sides"),
    [
        (talk("", ""), (False, False)),
        (talk("Привет, как твои дела сегодня вечером?", "Хорошо, спасибо большое!"), (False, False)),
        (talk("Write a python function that sorts a list."), (True, False)),
        (Conversation((Message("system", "You write python functions."),)), (False, False)),
        (Conversation((Message("assistant", "Here is the code: ```python\nprint(sorted(rows))\n```"),)), (False, True)),
        (talk(Message("user", None, attachments=("image_url",))), (False, False)),
    ],
)
def test_what_cannot_be_judged_is_null(conversation: Conversation, sides: tuple[bool, bool]) -> None:
    batch = lay_flat([conversation, CODE])
    scores = look(batch)
    found = columns(batch, scores, made([conversation, CODE]))
    assert (found["goal_iwas"][0] is not None, found["action_iwas"][0] is not None) == sides
    assert np.isnan(scores.goal[0]).all() == (not sides[0]) and np.isnan(scores.action[0]).all() == (not sides[1])
    assert found["disjoint"][0] is None and found["disjoint_corrected"][0] is None
    assert (found["do_goal"][0] is not None) == sides[0]
    assert found["disjoint"][1] is False


def test_nothing_that_stands_out_is_unscored_too() -> None:
    strict = replace(lens.weights(), least=np.full((3, 2), 0.9999, np.float32))
    scores = look(lay_flat([FACT]), strict)
    assert not scores.goal_scored[0] and np.isnan(scores.goal[0]).all() and not scores.goals.any()


def test_an_empty_batch_and_a_conversation_of_rules_only() -> None:
    for conversations in ([], [Conversation((Message("system", "Be brief."),))]):
        batch = lay_flat(conversations)
        assert [len(v) for v in columns(batch, look(batch), made(conversations)).values()] == [len(conversations)] * 10


def test_a_conversation_is_coded_alike_in_any_company() -> None:
    alone = look(lay_flat([CODE]))
    among = look(lay_flat([FACT, talk("", "hm"), CODE, FACT]))
    assert np.allclose(alone.goal[0], among.goal[2], atol=1e-5) and np.allclose(alone.do[0], among.do[2], atol=1e-5)
    assert (alone.actions[0] == among.actions[2]).all()


def test_the_request_weighs_most_on_the_users_side() -> None:
    table = lens.weights().words
    request, rest = "Write a python function", "no thanks that is all for today, bye " * 10
    user = lambda *texts: side_vectors(lay_flat([talk(*texts)]), table)[0][0]  # noqa: E731
    assert np.allclose(user(request, "ok", rest), 0.7 * user(request) + 0.3 * user(rest), atol=1e-4)


def test_tool_calls_are_read_as_what_the_assistant_does() -> None:
    call = Message("assistant", None, tool_calls=(ToolCall("cancel_reservation", '{"reservation_id": "X"}'),))
    scores = look(lay_flat([talk("Please cancel my reservation, my plans changed.", call)]))
    assert scores.action_scored[0]


def test_sets_keep_few_and_near_the_likeliest() -> None:
    row = np.array([[0.9, 0.8, 0.5, 0.46, 0.45, 0.1], [0.04, 0.01, 0.0, 0.0, 0.0, 0.0]], np.float32)
    assert sets(row, 0.05, 0.5).sum(1).tolist() == [MOST, 0]
    assert sets(row, 0.05, 0.8).tolist()[0] == [True, True, False, False, False, False]


def test_do_or_not_tells_hard_pairs_apart() -> None:
    pairs = [
        ("Write me a eulogy for my uncle.", "How do I write a eulogy?"),
        ("Translate this paragraph to Dutch.", "Why is Dutch so close to German?"),
        ("Cancel my gym membership please", "Can I cancel my gym membership early?"),
    ]
    scores = look(lay_flat([talk(text) for pair in pairs for text in pair]))
    assert (scores.do >= 0.5).tolist() == [True, False] * 3


def test_the_table_of_pairs_is_the_frozen_one() -> None:
    stored = (files("overture.lenses") / "weights" / "goals_complements.tsv").read_bytes()
    assert sha256(stored).hexdigest() == "a67d145ce8512754941eb6a1e4bcd5d68cc4a1333c15d203c12b59c4ed425899"
    assert len(titles()) == 332
    assert all(iwa in titles() for group in groups() for iwa in (*group.goals, *group.actions))
    assert int(matches().sum()) - 332 == 268


def test_disjoint_raw_and_corrected() -> None:
    goals = as_sets([[GATHER], [GATHER], [PROVIDE], [OFFICE], [GATHER, OFFICE]])
    actions = as_sets([[GATHER, PROGRAM], [PROVIDE], [GATHER], [TRAIN], [PROVIDE]])
    raw, corrected = disjoint(goals, actions)
    assert raw.tolist() == [False, True, True, True, True]
    # The pair has a direction, and operating equipment is no half of teaching it.
    assert corrected.tolist() == [False, False, True, True, False]


def test_the_floor_compares_two_codings_of_the_same_side() -> None:
    batch = lay_flat([CODE, FACT])
    seen = look(batch)
    same = replace(seen, coded=(seen.goals, seen.goals))
    assert columns(batch, same, made([CODE, FACT]))["disjoint_floor"] == [False, False]
    apart = replace(seen, coded=(as_sets([[GATHER], [OFFICE]]), as_sets([[PROVIDE], []])))
    found = columns(batch, apart, made([CODE, FACT]))
    assert found["disjoint_floor"] == [True, None] and found["disjoint_corrected_floor"] == [False, None]


def test_done_and_coached_are_asked_of_requests_to_do() -> None:
    three = [talk("a", "b", "c", "d")] * 3
    batch = lay_flat(three)
    moves = made(three, execute=[3, 9], coach=[1, 5])
    assert done_and_coached(batch, moves, [True] * 3) == ([True, False, True], [False, True, False])
    assert done_and_coached(batch, moves, [False, None, True]) == ([None, None, True], [None, None, False])
    moves.scored[5] = False
    assert done_and_coached(batch, moves, [True] * 3)[0] == [True, None, True]


def test_an_opening_line_of_the_assistant_is_no_answer() -> None:
    batch = lay_flat([Conversation((Message("assistant", "Here it is."), Message("user", "Write a poem.")))])
    assert done_and_coached(batch, made(list(batch.conversations), execute=[0]), [True]) == ([None], [None])


def test_automation_needs_a_shared_activity_and_a_delivery() -> None:
    batch = lay_flat([CODE, FACT, talk("", "")])
    scores = replace(
        look(batch),
        goals=as_sets([[PROGRAM], [GATHER], []]),
        actions=as_sets([[PROGRAM], [PROVIDE], []]),
        goal_scored=np.array([True, True, False]),
        action_scored=np.array([True, True, False]),
    )
    conversations = list(batch.conversations)
    assert automation(batch, scores, made(conversations, execute=[1, 3])) == [True, False, None]
    assert automation(batch, scores, made(conversations, coach=[1])) == [False, False, None]


def test_the_ceiling_meets_others_of_its_group_and_never_its_double() -> None:
    own = [[GATHER], [PROGRAM]] * 20
    where = ["even", "odd"] * 20
    hashes = [f"{i:032x}" for i in range(40)]
    raw, _ = Ceiling().add(where, hashes, own, own)
    assert raw[:2] == [None, None] and raw[2:] == [False] * 38
    assert Ceiling().add(where, ["same"] * 40, own, own)[0] == [None] * 40
    mixed, _ = Ceiling().add(["one"] * 40, hashes, own, own)
    assert mixed[0] is None and {True, False} == set(mixed[1:])


def test_the_ceiling_does_not_depend_on_how_the_log_is_cut() -> None:
    own, hashes = [[GATHER], [PROGRAM]] * 20, [f"{i:032x}" for i in range(40)]
    whole, _ = Ceiling(3).add(["g"] * 40, hashes, own, own)
    pieces = Ceiling(3)
    cut = [
        value
        for i in range(0, 40, 7)
        for value in pieces.add(["g"] * len(own[i : i + 7]), hashes[i : i + 7], own[i : i + 7], own[i : i + 7])[0]
    ]
    assert cut == whole


def test_the_ceiling_leaves_out_what_is_unscored() -> None:
    raw, _ = Ceiling().add(["g"] * 3, ["a", "b", "c"], [[GATHER], None, [GATHER]], [[GATHER], [GATHER], [PROGRAM]])
    assert raw == [None, None, False]


def test_weights_for_another_vocabulary_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lens.weights.cache_clear()
    monkeypatch.setattr(lens, "vocabulary_digest", lambda: b"\0" * 16)
    with pytest.raises(DataError, match="vocabulary"):
        lens.weights()
    lens.weights.cache_clear()


def test_the_weights_stay_small() -> None:
    assert len((files("overture.lenses") / "weights" / "goals.npz").read_bytes()) <= 4_000_000


def test_a_thousand_messages_take_a_moment() -> None:
    # The aim is 40 microseconds a message; ten times that still fails on a loop over messages. It is the processor's
    # time that is asked for: what else runs on the machine does not matter.
    words = "please write a short report on the sales of the last quarter and send it to the whole team " * 3
    batch = lay_flat([talk(words, words, words, words)] * 500)
    look(batch)
    begin = time.process_time()
    look(batch)
    assert (time.process_time() - begin) / len(batch.messages) < 400e-6
