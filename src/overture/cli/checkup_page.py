"""A Checkup as its page is handed it: the one place where they meet.

In comes a Checkup; out comes a CheckupPage. Easy to get wrong: what is said in words (what was sampled, what was left
out, what the labels are worth) must hold for this very run, so every sentence is made from its counts.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .. import __version__
from ..conversation import Message
from ..report.changes import Changed
from ..report.checkup import CheckupPage, Compared, ExamplePair, Part, Reply
from ..report.words import written_difference
from ..simulate.checkup import Checkup, Measured
from ..simulate.store import Trial
from ..simulate.summary import counts
from ..tasks.seeing import Seen, see
from ..tasks.task import Item
from ..users.base import ERRORS
from .simulate_page import spans, warnings

SHOWN = 16
"""Pairs on the page: two of each domain."""
LENS_NOTE = (
    "Replies are classed by written rules over the labels of a small offline lens. Of twenty hand-written replies that "
    "the rules were not mended on, 15 are classed rightly, so read single replies with care and differences of a few "
    "points not at all. Asking, guessing and assuming rest mostly on the rules; done, coached and overstepped also on "
    "the lens, whose scores on held-out conversations stand in docs/results/moves.md."
)
TITLES: Mapping[str, str] = {
    "pairs": "Requests and their complete twins",
    "doing": "Things to have done, and questions how",
    "missing": "Word problems, talked through",
    "sharded": "Instructions said piece by piece",
    "travel": "Trips, with search and booking",
}
WORDS = {
    "asked": "asked",
    "asked_and_guessed": "asked and delivered",
    "asked_elsewhere": "asked, but not for it",
    "assumed": "assumed, and said so",
    "guessed": "guessed",
    "declined": "declined",
    "done": "done",
    "coached": "coached",
    "answered": "answered",
}
"""Classes as the page says them; a complete request that was asked about reads "asked needlessly"."""
REASONS = {
    "empty": "was empty",
    "unjudged": "was in words that the lens does not know",
    "nothing_said": "held nothing but pleasantries",
}


def page_of(
    result: Checkup, words: Sequence[str], settings: dict[str, Any], began: datetime, ended: datetime
) -> CheckupPage:
    """Everything the page shows of this checkup."""
    steered, against = result.steered, result.against
    shown = steered or result.model
    return CheckupPage(
        title="How it takes the initiative",
        model=result.model.name,
        sampled=result.sampled,
        figures=result.model.figures.get("pairs", {}),
        lens_note=LENS_NOTE,
        policy=str(settings.get("policy") or "none"),
        steered=_compared(steered) if steered else None,
        against=_compared(against) if against else None,
        parts=_parts(result),
        changes=_changes(result),
        yardsticks={n: one.figures["pairs"] for n, one in result.yardsticks.items() if "pairs" in one.figures},
        by_domain=result.by_domain,
        examples=_examples(result, shown),
        examples_of=shown.name if steered else "",
        left_out=[line for measured in result.speakers.values() for line in _left_out(measured)],
        warnings=warnings_of(result, int(settings["max_tokens"])),
        measured=_measured(result),
        config={**settings, **{role: _identity(one) for role, one in result.speakers.items()}},
        command=shlex.join(words),
        version=__version__,
        started=began.isoformat(timespec="seconds"),
        finished=ended.isoformat(timespec="seconds"),
    )


def warnings_of(result: Checkup, most: int) -> list[str]:
    """What casts doubt on all figures of a speaker; `most`: tokens that a reply could have."""
    return [line for one in result.speakers.values() for line in warnings(one.name, one.trials, most)]


def _compared(measured: Measured) -> Compared:
    further = {name: found for name, found in measured.figures.items() if name != "pairs"}
    return Compared(measured.name, measured.figures.get("pairs", {}), further)


def _identity(measured: Measured) -> dict[str, Any]:
    """What determined the answers: the same in every section but for the check."""
    config = next(iter(measured.config.values()))
    return {"model": config["models"]["assistant"], **({"policy": config["policy"]} if "policy" in config else {})}


def _parts(result: Checkup) -> dict[str, Part]:
    return {
        section.name: Part(
            TITLES[section.name],
            f"{section.kind.about} {section.sampled}.",
            result.model.figures[section.name],
            {name: one.figures[section.name] for name, one in result.yardsticks.items()},
        )
        for section in result.sections
        if section.name != "pairs"
    }


def _changes(result: Checkup) -> list[Changed]:
    if result.steered is None:
        return []
    bare, steered = result.model.figures, result.steered.figures
    return [
        Changed(
            TITLES[change.section],
            bare[change.section][change.difference.figure],
            steered[change.section][change.difference.figure],
            change.difference,
        )
        for change in result.gained
    ]


def _left_out(measured: Measured) -> list[str]:
    """A sentence for each way in which a trial came to no class, and for replies that were cut off."""
    found, total = counts(measured.trials), len(measured.trials)
    lines = [f"{measured.name}: {n} of {total} trials failed ({kind})." for kind, n in found["by_error"].items()]
    lines += [
        f"{measured.name}: {n} of {total} trials have no verdict, as the reply {REASONS.get(why, why)}."
        for why, n in found["by_unscored"].items()
    ]
    outcomes = [trial.outcome for trial in measured.trials if trial.outcome and "cut" in trial.outcome]
    cut, said = (sum(outcome[name] for outcome in outcomes) for name in ("cut", "messages"))
    if cut:
        lines.append(
            f"{measured.name}: {cut} of {said} replies were cut off at the cap of tokens and count as they stand."
        )
    if found["capped"]:
        lines.append(
            f"{measured.name}: {found['capped']} of {total} talks were ended by their cap and count as they stood."
        )
    if measured.owed:
        lines.append(f"{measured.name}: {measured.owed} trials are still owed: {measured.stopped}.")
    return lines


def _measured(result: Checkup) -> list[str]:
    lines = [
        "The scripted yardsticks were put to the same requests in the same run.",
        "Did: of the complete requests to have a thing done, those where it was made. Coached: those where the user "
        "was told how instead.",
        "Did says that it was made, not that it was made rightly: the results themselves are not judged here.",
        "Overstepped: of all complete requests, those where something was made although the user wanted to learn, "
        "decide or be heard, or where something was proposed that nobody called for.",
    ]
    lines += [line for one in result.speakers.values() for line in _user_errors(one)]
    if result.steered:
        lines.append(
            "Where the policy leaves a turn alone, the answer is the bare model's own, and it is not asked again. "
            "Seconds of a reply are those of the answer as it was first made, and the policy's deciding."
        )
    surely = [change for change in result.differences if change.difference.p_adjusted < 0.05]
    if result.against:
        figures = result.model.figures
        said = "; ".join(
            f"{change.section} {d.figure} {written_difference(d, figures[change.section][d.figure].unit)}"
            for change in surely
            for d in (change.difference,)
        )
        lines.append(
            f"Differences ({result.model.name} minus {result.against.name}; paired bootstrap over pairs and items; "
            f"those that survive Holm's correction over {len(result.differences)} figures): {said or 'none'}."
        )
    return lines


def _user_errors(measured: Measured) -> list[str]:
    """How often the simulated user erred in what was talked through, and how."""
    erred = measured.user_errors
    kinds = "; ".join(f"{times} × {ERRORS[kind]}" for kind, times in erred["by_kind"].items())
    said = f"the simulated user erred in {erred['trials_with_errors']} of {erred['trials']} talks"
    return [f"{measured.name}: {said}{f' ({kinds})' if kinds else ''}."] if erred["trials"] else []


def _examples(result: Checkup, of: Measured) -> list[ExamplePair]:
    """The first two pairs of each domain that were answered on both sides."""
    section = next((section for section in result.sections if section.name == "pairs"), None)
    if section is None:
        return []
    trials = {trial.item: trial for trial in of.groups["pairs"].trials}
    sides: dict[str, dict[bool, Item]] = {}
    for item in section.task.items:
        sides.setdefault(item.pair, {})[item.lacking] = item
    taken: Counter[str] = Counter()
    chosen: list[tuple[Item, Item]] = []
    for pair in sides.values():
        lacking, complete = pair[True], pair[False]
        answered = all(spoken_reply(trials.get(item.id)) is not None for item in (lacking, complete))
        if answered and taken[lacking.group] < 2 and len(chosen) < SHOWN:
            taken[lacking.group] += 1
            chosen.append((lacking, complete))
    items = [item for pair in chosen for item in pair]
    replies = [spoken_reply(trials[item.id]) or Message("assistant", "") for item in items]
    looks = see([item.opening for item in items], replies)
    shown = [_reply(*parts) for parts in zip(items, (trials[i.id] for i in items), replies, looks, strict=True)]
    return [ExamplePair(lacking.group, shown[2 * at], shown[2 * at + 1]) for at, (lacking, _) in enumerate(chosen)]


def spoken_reply(trial: Trial | None) -> Message | None:
    """What the assistant said, if it said anything."""
    messages = trial.conversation.messages if trial and trial.conversation else ()
    return next((message for message in messages if message.role == "assistant"), None)


def _reply(item: Item, trial: Trial, reply: Message, seen: Seen) -> Reply:
    first = (trial.outcome or {}).get("first")
    if first is None:
        kind = "no class"
    elif first == "asked" and not item.lacking:
        kind = "asked needlessly"
    else:
        kind = WORDS[first]
    return Reply(item.request, spans(reply.text, seen), kind)
