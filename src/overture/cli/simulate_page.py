"""A Simulation as its page is handed it: the one place where the two meet.

In comes a Simulation; out comes a SimulatePage. Easy to get wrong: the examples must not be the best ones. They are the
first of each way in which a trial ended, so that failures, caps and errors of the user are among them.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .. import __version__
from ..conversation import Conversation
from ..report.examples import ExampleConversation, ExampleMessage, Span
from ..report.simulate import SimulatePage, UserErrors
from ..simulate.store import Trial
from ..simulate.summary import Simulation, counts, fell_short, user_errors
from ..tasks.seeing import Seen, looks
from ..users.base import ERRORS

SHOWN = 12
"""Conversations on the page."""
DOUBTED = 0.2
"""Share of trials in which the user erred, from which on the figures are doubted ahead of everything."""
KEEPS_NO_SECRET = ("seccomp", "none")
"""Isolations of the sandbox under which code can read whatever the user can."""
ENDED = {
    "user_done": "the user",
    "over": "the task",
    "turns": "the cap of turns",
    "steps": "the cap of tool calls",
}
"""What ends a talk (`Talk.ended`), in words."""


def page_of(
    result: Simulation, words: Sequence[str], settings: dict[str, Any], began: datetime, ended: datetime
) -> SimulatePage:
    """Everything the page shows of this simulation."""
    first = result.experiments[0]
    erred = user_errors(result.trials)
    runs = f", {first.runs} runs each" if first.runs > 1 else ""
    several = len({one.protocol for one in result.experiments}) > 1
    by = "protocol" if len(result.users) == 1 else "protocol and user" if several else "user"
    return SimulatePage(
        title=f"With simulated users: {result.task.name}",
        model=first.assistant.model.name,
        user=", ".join(result.users),
        by=by,
        put=f"{len(result.task.items)} items of {result.task.name}{runs}, by {by}: {', '.join(result.groups)}",
        solved_note=result.task.solved_means,
        groups={name: one.figures for name, one in result.groups.items()},
        led=str(settings.get("policy") or ""),
        errors=UserErrors(
            erred["trials"],
            erred["trials_with_errors"],
            {ERRORS[kind]: times for kind, times in erred["by_kind"].items()},
            [(ERRORS[one["kind"]], one["item"], one["words"]) for one in erred["examples"]],
            list(ERRORS.values()),
            erred["asked_again"],
        ),
        differences=result.compared,
        signs=[(one.figure, one.between, "" if one.open else one.verdict) for one in result.signs],
        beside=[(one.name, one.plain, one.figure, one.told, one.source) for one in result.beside],
        examples=_examples(result),
        left_out=_left_out(result),
        warnings=warnings_of(result),
        measured=_measured(result),
        config={**settings, "trials": {one.name: one.config() for one in result.experiments}},
        command=shlex.join(words),
        version=__version__,
        started=began.isoformat(timespec="seconds"),
        finished=ended.isoformat(timespec="seconds"),
    )


def warnings(name: str, trials: Sequence[Trial], most: int) -> list[str]:
    """What casts doubt on all figures of this model: replies that are mostly not whole, with the flag to raise, fields
    that its server does not take, and a policy that failed."""
    short, said = fell_short(trials)
    cut = (
        f"{name}: {short:,} of {said:,} replies are empty or were cut off at --max-tokens (here {most:,}), so these "
        "figures say little of it. A model that thinks before it answers needs more: try --max-tokens 4096."
    )
    return [*([cut] if 2 * short > said else ()), *untaken(name, trials), *unsteered(name, trials)]


def untaken(name: str, trials: Sequence[Trial]) -> list[str]:
    """A sentence where this model's server refused what was asked of it, by field; else nothing."""
    fields = sorted({field for trial in trials for field in trial.cost.get("left_out", ())} - {"response_format"})
    if not fields:
        return []
    drawn = " Its answers are drawn as the server sees fit, so another run may differ." if fields != ["top_p"] else ""
    return [f"{name} does not take {' and '.join(fields)}; it was asked without.{drawn}"]


def unsteered(name: str, trials: Sequence[Trial]) -> list[str]:
    """A sentence where a policy that led this model did not come to its decisions; else nothing."""
    made = [one for trial in trials for turn in (trial.outcome or {}).get("decisions", ()) for one in turn]
    why = Counter(str(one["details"]["failed"]) for one in made if one["details"].get("failed"))
    if not why:
        return []
    listed = ", ".join(f"{reason}: {times:,}" for reason, times in why.most_common(3))
    return [
        f"{name}: {why.total():,} of {len(made):,} decisions of the policy failed or came too late ({listed}). There "
        "the model answered as if nothing led it, so these figures say that much less of the policy."
    ]


def isolation_of(trial: Trial) -> str | None:
    """What kept in the code that a trial's check ran."""
    return ((trial.outcome or {}).get("details") or {}).get("isolation")


def warnings_of(result: Simulation) -> list[str]:
    """What casts doubt on all figures of this simulation."""
    first = result.experiments[0]
    seat = first.assistant
    out = warnings(seat.model.name, result.trials, seat.sampling.max_tokens) if seat.sampling else []
    bare = sum(isolation_of(trial) in KEEPS_NO_SECRET for trial in result.trials)
    if bare:
        out.append(
            f"In {bare:,} of {len(result.trials):,} trials code ran where nothing kept the hidden tests from it "
            "(docs/sandbox.md), so it may have solved more than it could."
        )
    for user, theirs in result.users.items():
        erred = user_errors([trial for one in theirs for trial in result.groups[one.name].trials])
        if erred["trials_with_errors"] > DOUBTED * erred["trials"]:
            where = f"In {erred['trials_with_errors']:,} of {erred['trials']:,} trials"
            other = ": try a larger --user-model, or a user who needs none" if theirs[0].speaker else ""
            out.append(
                f"{where} the simulated user {user} erred. That is no fault of {seat.model.name}, and these "
                f"figures cannot tell the two apart{other}."
            )
    return out


def _left_out(result: Simulation) -> list[str]:
    """A sentence for each way in which a trial came to no figure."""
    lines: list[str] = []
    for name, one in result.groups.items():
        found, total = counts(one.trials), len(one.trials)
        lines += [f"{name}: {n} of {total} trials failed ({why})." for why, n in found["by_error"].items()]
        lines += [f"{name}: {n} of {total} trials have no verdict ({why})." for why, n in found["by_unscored"].items()]
        if found["capped"]:
            lines.append(f"{name}: {found['capped']} of {total} trials were ended by the cap and count as they stood.")
    if result.owed:
        lines.append(f"{result.owed} trials are still owed: {result.stopped}.")
    return lines


def _measured(result: Simulation) -> list[str]:
    first = result.experiments[0]
    drawn = first.assistant.sampling
    players = [
        f"{user}, played by {theirs[0].speaker.model.name}" if theirs[0].speaker else f"{user}, who needs no model"
        for user, theirs in result.users.items()
    ]
    who = f"The user is {players[0]}. It" if len(players) == 1 else f"The users are {'; '.join(players)}. Each"
    warm = f" at temperature {drawn.temperature:g}, at most {drawn.max_tokens:,} tokens a reply" if drawn else ""
    same = (
        " At temperature 0 all runs of an item are one answer, so its spread is 0 and says nothing."
        if drawn and drawn.temperature == 0 and first.runs > 1
        else ""
    )
    spread = (
        [
            f"Aptitude and unreliability are percentiles of the {first.runs} runs of an item. With few runs both lie "
            "too far inside: of an item solved in every second run, where unreliability is 1, 5 runs show 0.81 and 10 "
            "show 0.98. They compare at the same number of runs only."
        ]
        if first.runs > 1
        else []
    )
    return [
        f"The assistant is {first.assistant.model.name}{warm}.{same}",
        f"{who} speaks at most {first.turns or result.task.turns} times, unless an item says otherwise.",
        "Asking, coverage and waste are reckoned from what the task knows to be open at that moment. The figures named "
        "lens are the same by the lens alone, from the first reply.",
        *spread,
    ]


def _examples(result: Simulation) -> list[tuple[ExampleConversation, str]]:
    """The first trials of each group and ending, in turn, up to SHOWN."""
    kinds: dict[tuple[str, str, object], list[Trial]] = {}
    for name, one in result.groups.items():
        for trial in one.trials:
            if trial.conversation and trial.conversation.messages:
                solved = (trial.outcome or {}).get("solved")
                kinds.setdefault((name, trial.status, solved), []).append(trial)
    chosen: list[tuple[str, Trial]] = []
    while kinds and len(chosen) < SHOWN:
        for key in list(kinds):
            if len(chosen) < SHOWN:
                chosen.append((key[0], kinds[key].pop(0)))
            if not kinds[key]:
                del kinds[key]
    return [(_example(trial, name), _ended(trial)) for name, trial in chosen]


def _ended(trial: Trial) -> str:
    outcome = trial.outcome or {}
    if trial.status == "failed":
        theirs = " by the user" if str(trial.error_type).startswith("user_") else ""
        return f"failed{theirs}: {trial.error_type}"
    solved = outcome.get("solved")
    worth = "no verdict" if solved is None else f"solved {solved:.2g}"
    turns = f"{outcome['turns']} turn{'s' * (outcome['turns'] != 1)}"
    erred = ", the user erred" if outcome["user_errors"] else ""
    return f"{worth}, {turns}, ended by {ENDED[outcome['ended']]}{erred}"


def _example(trial: Trial, group: str) -> ExampleConversation:
    conversation = trial.conversation
    assert conversation is not None
    seen = looks(conversation)
    messages = [
        ExampleMessage(n, message.role, message.name, spans(_text(conversation, n), seen.get(n)))
        for n, message in enumerate(conversation.messages)
    ]
    return ExampleConversation(trial.item, group, messages)


def _text(conversation: Conversation, at: int) -> str:
    message = conversation.messages[at]
    calls = [f"[{call.name} {call.arguments}]" for call in message.tool_calls]
    return "\n".join([message.text, *calls] if message.text else calls)


def spans(text: str, seen: Seen | None) -> list[Span]:
    """The whole text: its segments with their moves, and what lies between them."""
    found: list[Span] = []
    at = 0
    for segment in seen.segments if seen else ():
        if segment.start > at:
            found.append(Span(text[at : segment.start]))
        moves = tuple(sorted(segment.moves))
        unasked = tuple(move for move in moves if seen and move in seen.unasked)
        found.append(Span(text[segment.start : segment.end], moves, unasked))
        at = segment.end
    return [*found, Span(text[at:])] if at < len(text) else found
