"""The figures of made-up trials, worked out a second time by hand: every row of the design's table, and its unit.

In come random outcomes of several runs, some failed, some unscored; out comes whether `tallies` says what a plain reading
of the table says. Easy to get wrong: the second reckoning must not call the first, so it is loops over dictionaries.
"""

from __future__ import annotations

import random
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.simulate.store import Trial
from overture.simulate.tallies import differences, group, lens_asks

from .small import task

CLASSES = ("asked", "asked_and_guessed", "asked_elsewhere", "assumed", "guessed", "declined", None)
TASK = task(30)


def made_up(seed: int, runs: int = 3, wise: float = 0.5) -> list[Trial]:
    rng = random.Random(seed)
    out: list[Trial] = []
    for item in TASK.items:
        for run in range(runs):
            number = f"{item.id}/{run}"
            if rng.random() < 0.1:
                out.append(Trial(number, "fruit", item.id, 0, {}, "failed", None, None, {}, "Timeout"))
                continue
            necessary = len(item.open)
            questions = rng.randint(0, 4)
            solved = rng.choice([None, 0.0, 0.25, 1.0])
            first = rng.choice(CLASSES) if item.lacking else rng.choice(["asked", "done", "coached", None])
            if rng.random() < wise:
                first = "asked" if item.lacking else "done"
            outcome: dict[str, Any] = {
                "run": run, "solved": solved, "first": first, "necessary": necessary,
                "covered": rng.randint(0, necessary), "questions": questions, "wasted": rng.randint(0, questions),
                "ended": rng.choice(["done", "turns"]), "cut": rng.randint(0, 1), "messages": 2,
                "user_errors": rng.choice([[], [{"kind": "leaked"}]]), "turns": rng.randint(1, 6),
                "user_words": rng.randint(3, 90),
                "figures": {"overstepped": [rng.randint(0, 1), 1]} if not item.lacking else {},
            }  # fmt: skip
            status = "unscored" if solved is None else "done"
            cost = {"completion_tokens": rng.randint(1, 400)}
            out.append(Trial(number, "fruit", item.id, 0, {}, status, None, outcome, cost))
    return out


def reckoned(trials: list[Trial]) -> dict[str, tuple[float, int]]:
    """Figure → (value, n), from the table's own words."""
    items = {item.id: item for item in TASK.items}
    ended = [(items[t.item], t.outcome) for t in trials if t.status != "failed" and t.outcome]
    need = [o["first"] for item, o in ended if item.lacking and o["first"]]
    complete = [o["first"] for item, o in ended if not item.lacking and o["first"]]
    asks = ("asked", "asked_and_guessed", "asked_elsewhere")
    scored = [o["solved"] for _, o in ended if o["solved"] is not None]
    out = {
        "asked_in_need": (need.count("asked") / len(need), len(need)),
        "asked_needlessly": (sum(f in asks for f in complete) / len(complete), len(complete)),
        "coverage": (sum(o["covered"] for _, o in ended) / sum(o["necessary"] for _, o in ended), 0),
        "wasted": (sum(o["wasted"] for _, o in ended) / sum(o["questions"] for _, o in ended), 0),
        "solved": (fmean(scored), len(scored)),
        "turns": (fmean(o["turns"] for _, o in ended), len(ended)),
        "user_words": (fmean(o["user_words"] for _, o in ended), len(ended)),
        "user_errors": (fmean(bool(o["user_errors"]) for _, o in ended), len(ended)),
        "failed": (sum(t.status == "failed" for t in trials) / len(trials), len(trials)),
        "assistant_tokens": (fmean(t.cost["completion_tokens"] for t in trials if t.status != "failed"), len(ended)),
    }
    for name in ("guessed", "assumed", "asked_and_guessed", "asked_elsewhere", "declined"):
        out[name] = (need.count(name) / len(need), len(need))
    halves: list[float] = []
    for pair in {item.pair for item in TASK.items}:
        sides = {
            side: [o["first"] for item, o in ended if item.pair == pair and item.lacking is side and o["first"]]
            for side in (True, False)
        }
        if sides[True] and sides[False]:
            right = sides[True].count("asked") / len(sides[True])
            wrong = sum(f in asks for f in sides[False]) / len(sides[False])
            halves.append((right + 1 - wrong) / 2)
    out["balanced_accuracy"] = (fmean(halves), len(halves))
    best: list[float] = []
    apart: list[float] = []
    for item in TASK.items:
        runs = [(t.outcome or {}).get("solved") for t in trials if t.item == item.id]
        whole = [score for score in runs if score is not None]
        if len(whole) == len(runs) > 1:
            ranked = sorted(whole)

            def percentile(share: float, ranked: list[float] = ranked) -> float:
                at = share * (len(ranked) - 1)
                low = int(at)
                high = min(low + 1, len(ranked) - 1)
                return ranked[low] + (at - low) * (ranked[high] - ranked[low])

            best.append(percentile(0.9))
            apart.append(percentile(0.9) - percentile(0.1))
    out["aptitude"], out["unreliability"] = (fmean(best), len(best)), (fmean(apart), len(apart))
    return out


@pytest.mark.parametrize("seed", range(5))
def test_every_figure_is_what_the_table_says(seed: int) -> None:
    trials = made_up(seed)
    figures = group(TASK, trials, lens=False).figures
    for name, (value, n) in reckoned(trials).items():
        assert figures[name].value == pytest.approx(value), name
        assert not n or figures[name].n == n, name
        low, high = figures[name].low, figures[name].high
        assert low is not None and high is not None and low <= value <= high, name


def test_several_runs_of_an_item_are_one_item() -> None:
    """The same outcomes five times over say no more about the items than once."""
    once = made_up(7, runs=1)
    often = [
        Trial(f"{t.trial_id}/{n}", t.task, t.item, 0, {}, t.status, None, t.outcome, t.cost, t.error_type)
        for t in once
        for n in range(5)
    ]
    one, five = (group(TASK, trials, lens=False).figures for trials in (once, often))
    for name in ("asked_in_need", "asked_needlessly", "balanced_accuracy", "turns", "coverage", "wasted"):
        assert five[name].low == pytest.approx(one[name].low, abs=1e-6), name
        assert five[name].high == pytest.approx(one[name].high, abs=1e-6), name


def test_an_item_with_runs_still_owed_has_no_spread() -> None:
    """Two runs lie nearer together than three: an item that a limit of cost cut short would look the more reliable."""
    whole = [trial for trial in made_up(9) if trial.outcome]
    thrice = next(item.id for item in TASK.items if sum(trial.item == item.id for trial in whole) == 3)
    cut = [trial for trial in whole if trial.trial_id != f"{thrice}/2"]
    for trials in (whole, cut):
        for trial in trials:
            assert trial.outcome is not None
            trial.outcome["solved"] = float(trial.trial_id.endswith("/0"))
    full, short = (group(TASK, trials, lens=False).figures["unreliability"] for trials in (whole, cut))
    assert short.n == full.n - 1 and short.value == full.value == pytest.approx(0.8)


def test_two_systems_are_compared_over_the_same_items() -> None:
    """Both draw the same items in each replicate, so a system beside itself differs by nothing at all."""
    trials = made_up(8)
    one, two = (group(TASK, trials, seed=3, lens=False) for _ in range(2))
    for name in ("asked_in_need", "balanced_accuracy", "turns"):
        assert np.array_equal(one.tally.replicates(name), two.tally.replicates(name))
    assert all(found.value == 0 and found.p == 1 for found in differences({"a": one, "b": two}))
    better = group(TASK, made_up(8, wise=1.0), seed=3, lens=False)
    found = {d.figure: d for d in differences({"a": better, "b": one})}
    assert found["asked_in_need"].low > 0 and found["asked_in_need"].p_adjusted < 0.05


def talked(*messages: Message) -> Trial:
    said = Conversation((Message("user", "Find me a good hotel."), *messages))
    return Trial("t", "fruit", TASK.items[0].id, 0, {}, "done", said, None)


def test_the_lens_reads_what_is_said_after_the_calls_and_before_the_user_speaks_again():
    search = Message("assistant", "", tool_calls=(ToolCall("search", "{}", "1"),))
    found, asks = Message("tool", "[]", "search", tool_call_id="1"), Message("assistant", "Where should it be?")
    later = (Message("user", "Go on."), asks)
    told = Message("assistant", "The hotel Aurora has a pool, and I have booked it.")
    assert lens_asks([talked(asks), talked(search, found, asks)]) == [True, True]
    assert lens_asks([talked(told, *later), talked(search, found, told, *later)]) == [False, False]
    assert lens_asks([talked(search, found), talked()])[1] is None
