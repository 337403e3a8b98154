"""From the trials of one group to figures with intervals: for any task, by what the task itself knows.

In come trials and the units they belong to; out come Figures. Easy to get wrong: several runs of an item, and a
request with its complete twin, are one unit, so resampling draws units whole; a trial that failed is in no figure but
`failed`; and an unscored one is in every figure but `solved`. The lens's reading of the first reply stands beside the
task's, so that each run also measures the lens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..audit.differences import Difference, holm
from ..audit.differences import differences as between
from ..audit.estimates import Figure, Tally
from ..conversation import Message
from ..tasks.task import Item, Task
from .store import Trial

LACKING = ("guessed", "assumed", "asked_and_guessed", "asked_elsewhere", "declined")
"""Classes that are a share of the lacking requests under their own name; `asked` is called asked_in_need."""
ASKED = ("asked", "asked_and_guessed", "asked_elsewhere")
"""Classes of a first reply that asks."""

FIGURES = (
    "solved",
    "aptitude",
    "unreliability",
    "turns",
    "user_words",
    "assistant_tokens",
    "reply_seconds",
    "asked_in_need",
    "asked_needlessly",
    "balanced_accuracy",
    *LACKING,
    "coverage",
    "wasted",
    "capped",
    "cut",
    "failed",
    "user_errors",
    "lens_asked_in_need",
    "lens_asked_needlessly",
    "lens_agrees",
)
"""Figures of every task, in the order in which they are shown; a task's own follow.

- solved: mean of the check's 0 to 1, of the scored trials. - aptitude, unreliability: the 90th percentile of an item's
runs, and that minus the 10th, over items that were run at least twice (`tasks.sharded.measures` says how biased these
are with few runs). - turns, user_words, assistant_tokens: per trial that ended. - reply_seconds: the model's
and its policy's, per message of the assistant. - asked_in_need and the other classes:
of the first replies to a request with an open part, by the task's own rule. - coverage: necessary parts said before the
first delivery, of those left open. - wasted: questions that named nothing open, of all questions. - capped: of the
trials that ended. - cut: messages of the assistant cut off at the cap of tokens, of all its messages. - failed: of all
trials. - user_errors: of the trials, those in which the simulated user erred. - lens_…: the same by the lens alone, and
how often both say the same.
"""

UNITS = {"turns": "turns", "user_words": "words", "assistant_tokens": "tokens", "reply_seconds": "seconds"}
Cells = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Group:
    """Trials under one name, such as a protocol or a user."""

    trials: Sequence[Trial]
    tally: Tally

    @property
    def figures(self) -> dict[str, Figure]:
        """Every figure that has something to count."""
        return {name: figure for name, figure in self.tally.figures().items() if figure.n}


def cells(trial: Trial, lens_asks: bool | None) -> Cells:
    """What one trial adds: figure → (how often it was so, how often it could have been)."""
    out: Cells = {"failed": (trial.status == "failed", 1)}
    done = trial.outcome
    if trial.status == "failed" or done is None:
        return out
    out["capped"] = (done["ended"] in ("turns", "steps"), 1)
    out["cut"] = (done["cut"], done["messages"])
    out["user_errors"] = (bool(done["user_errors"]), 1)
    out["turns"], out["user_words"] = (done["turns"], 1), (done["user_words"], 1)
    out["assistant_tokens"] = (trial.cost.get("completion_tokens", 0), 1)
    if "reply_seconds" in trial.cost:
        out["reply_seconds"] = (trial.cost["reply_seconds"], done["messages"])
    out["coverage"], out["wasted"] = (done["covered"], done["necessary"]), (done["wasted"], done["questions"])
    if done["solved"] is not None:
        out["solved"] = (done["solved"], 1)
    first: str | None = done["first"]
    lacking = done["necessary"] > 0
    if first is not None:
        if lacking:
            out["asked_in_need"] = (first == "asked", 1)
            out |= {name: (first == name, 1) for name in LACKING}
        else:
            out["asked_needlessly"] = (first in ASKED, 1)
    if lens_asks is not None:
        out["lens_asked_in_need" if lacking else "lens_asked_needlessly"] = (lens_asks, 1)
        if first is not None:
            out["lens_agrees"] = (lens_asks == (first in ASKED), 1)
    for name, (hits, chances) in done["figures"].items():
        out[name] = (hits, chances)
    return out


def group(task: Task, trials: Sequence[Trial], seed: int = 0, lens: bool = True) -> Group:
    """The sums over units, in the items' order: groups of the same items and seed draw the same units."""
    items = task.items
    units = {item.id: item.pair for item in items}
    rows = {pair: at for at, pair in enumerate(dict.fromkeys(units.values()))}
    own = {name for trial in trials for name in ((trial.outcome or {}).get("figures") or {})}
    names = (*FIGURES, *sorted(own - set(FIGURES)))
    column = {name: at for at, name in enumerate(names)}
    top, bottom = (np.zeros((len(rows), len(names))) for _ in range(2))
    looked = lens_asks(trials) if lens else [None] * len(trials)
    for trial, asks in zip(trials, looked, strict=True):
        row = rows[units[trial.item]]
        for name, (hits, chances) in cells(trial, asks).items():
            top[row, column[name]] += hits
            bottom[row, column[name]] += chances
    _balance(top, bottom, column)
    _spread(items, trials, rows, top, bottom, column)
    counted = {name: "mean" for name in own if (top[:, column[name]] > bottom[:, column[name]]).any()}
    halves = {"balanced_accuracy": ("asked_in_need", "asked_needlessly")}
    tally = Tally(names, seed, {**UNITS, **counted, **task.units}, keep=True, halves=halves)
    tally.add(top, bottom)
    return Group(trials, tally)


def _spread(
    items: Sequence[Item],
    trials: Sequence[Trial],
    rows: Mapping[str, int],
    top: Any,
    bottom: Any,
    column: Mapping[str, int],
) -> None:
    """Aptitude and unreliability of the items whose every run was scored; each counts once. One with runs still owed is
    left out: fewer runs lie nearer together."""
    scores: dict[str, list[float | None]] = {}
    for trial in trials:
        scores.setdefault(trial.item, []).append((trial.outcome or {}).get("solved"))
    asked = max(map(len, scores.values()), default=0)
    for item in items:
        runs = [score for score in scores.get(item.id, ()) if score is not None]
        if len(runs) == asked > 1:
            low, high = np.percentile(runs, [10, 90])
            for name, value in (("aptitude", high), ("unreliability", high - low)):
                top[rows[item.pair], column[name]] += value
                bottom[rows[item.pair], column[name]] += 1


def _balance(top: Any, bottom: Any, column: Mapping[str, int]) -> None:
    """Balanced accuracy, a value a unit; only where the unit has both a lacking and a complete side."""
    need, needless, at = (column[name] for name in ("asked_in_need", "asked_needlessly", "balanced_accuracy"))
    both = (bottom[:, need] > 0) & (bottom[:, needless] > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (top[:, need] / bottom[:, need] + 1 - top[:, needless] / bottom[:, needless]) / 2
    top[both, at], bottom[both, at] = value[both], 1


def lens_asks(trials: Sequence[Trial]) -> list[bool | None]:
    """Whether the first reply asks, as the lens alone sees it; None where there is none or it cannot say.

    An assistant that calls tools first has not replied yet: it is the last that it says before the user speaks again.
    """
    from ..tasks.seeing import ASKING, see

    at: list[int] = []
    openings, replies = [], []
    for number, trial in enumerate(trials):
        said = trial.conversation
        place = _first_reply(said.messages) if said else None
        if said is not None and place is not None and trial.status != "failed":
            at.append(number)
            openings.append(type(said)(said.messages[:place]))
            replies.append(said.messages[place])
    out: list[bool | None] = [None] * len(trials)
    for number, seen in zip(at, see(openings, replies) if at else [], strict=True):
        out[number] = bool(seen.moves & frozenset(ASKING)) if seen.scored else None
    return out


def _first_reply(messages: Sequence[Message]) -> int | None:
    """Where it stands; a turn of calls alone stands for one that says nothing."""
    first = next((at for at, message in enumerate(messages) if message.role == "assistant"), None)
    if first is None:
        return None
    stop = next((at for at in range(first, len(messages)) if messages[at].role == "user"), len(messages))
    turn = [at for at in range(first, stop) if messages[at].role == "assistant"]
    return next((at for at in reversed(turn) if messages[at].text.strip()), first)


def differences(*families: Mapping[str, Group]) -> list[Difference]:
    """Every pair of groups of a family in every figure that the whole family has, paired over units, with Holm's
    correction over all."""
    found: list[Difference] = []
    for groups in families:
        if len(groups) > 1:
            shared = [name for name in FIGURES if all(one.tally.figure(name).n for one in groups.values())]
            found += between({name: one.tally for name, one in groups.items()}, shared)
    adjusted = holm([one.p for one in found])
    return [replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True)]
