"""A checkup: one model, perhaps led by a policy, perhaps with a rival, and the yardsticks, all put to the same items.

In come the models and a folder's store; out comes a Checkup with everything that a page and a summary show. Easy to get
wrong: the yardsticks are scripted and know the answers. They run each time, because they cost nothing and show that
the measure still reads what it should at both of its ends; they are never ranked with the models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..audit.differences import Difference, holm
from ..audit.differences import differences as between
from ..audit.estimates import Figure
from ..models import Remembered, load
from ..tasks.seeing import version as lens_version
from ..tasks.yardsticks import YARDSTICKS
from .engine import Experiment, Progress, run
from .sections import KINDS, Section
from .speakers import Speaker, experiment_of
from .store import Store, Trial
from .summary import counts, user_errors
from .tallies import Group, group

Step = Callable[[int, int], None]
"""Told how many trials have ended, and of how many."""


@dataclass(frozen=True)
class Measured:
    """One speaker's trials and what they come to, by section."""

    name: str
    groups: Mapping[str, Group]
    config: Mapping[str, Mapping[str, Any]]
    """Section → what determined its trials."""
    figures: Mapping[str, Mapping[str, Figure]]
    """Section → the figures that it shows; one with nothing to count has no value."""
    owed: int = 0
    """Trials that were asked for and are not there."""
    stopped: str = ""
    """Why."""

    @property
    def trials(self) -> list[Trial]:
        return [trial for one in self.groups.values() for trial in one.trials]

    @property
    def counts(self) -> dict[str, int]:
        """`good`, `bad`, `unscored`."""
        found = counts(self.trials)
        return {name: found[name] for name in ("good", "bad", "unscored")}

    @property
    def user_errors(self) -> dict[str, Any]:
        """How often the simulated user erred in what was talked through; where one reply ends it, it says one thing."""
        talked = [one for name, one in self.groups.items() if not KINDS[name].once]
        return user_errors([trial for one in talked for trial in one.trials])


@dataclass(frozen=True)
class Change:
    """How far one speaker is from another in one figure of one section."""

    section: str
    difference: Difference


@dataclass(frozen=True)
class Checkup:
    """Everything that was found out."""

    sections: tuple[Section, ...]
    seed: int
    model: Measured
    steered: Measured | None = None
    against: Measured | None = None
    gained: tuple[Change, ...] = ()
    """Steered minus bare, by a paired bootstrap over units; empty without a policy."""
    differences: tuple[Change, ...] = ()
    """The model minus `against`; empty without it."""
    yardsticks: Mapping[str, Measured] = field(default_factory=dict[str, Measured])
    by_domain: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict[str, Mapping[str, Figure]])
    """The model's figures in each domain of the pairs."""

    @property
    def speakers(self) -> dict[str, Measured]:
        """Role → who was measured, without the yardsticks."""
        every = {"model": self.model, "steered": self.steered, "against": self.against}
        return {role: one for role, one in every.items() if one is not None}

    @property
    def owed(self) -> int:
        """Trials that were asked for and are not there."""
        return sum(one.owed for one in self.speakers.values())

    @property
    def stopped(self) -> str:
        """Why trials are owed."""
        return next((one.stopped for one in self.speakers.values() if one.stopped), "")

    @property
    def sampled(self) -> str:
        """How many of what, in words."""
        return "; ".join(section.sampled for section in self.sections)


async def checkup(
    speakers: Sequence[Speaker],
    store: Store,
    sections: Sequence[Section],
    *,
    seed: int = 0,
    seconds: float = 600.0,
    on_trial: Step | None = None,
) -> Checkup:
    """Put the sections to each of `speakers_of`.

    What the store already holds is not asked again. The sampling is greedy with at most 128 tokens by default. Raises
    ConfigurationChanged where the store was begun under another configuration, and ModelGone where a model is not
    there at all; a limit of cost leaves trials owed.
    """
    total = len(speakers) * sum(len(section.task.items) for section in sections)
    ended = 0

    def heard(_: Progress) -> None:
        nonlocal ended
        ended += 1
        if on_trial:
            on_trial(ended, total)

    for speaker in speakers:
        for section in sections:
            store.agree(experiment(section, speaker, seed, seconds).config())
    shared = next((one.model for one in speakers if isinstance(one.model, Remembered)), None)
    if shared is not None:  # where a policy leaves a turn alone, the bare reply stands, also of an earlier run
        shared.known.update(store.asked(("model", "steered")))
    found = {one.role: await _measure(one, sections, store, seed, seconds, heard) for one in speakers}
    marks: dict[str, Measured] = {}
    for name in YARDSTICKS:
        async with load(f"scripted:{name}") as scripted:
            speaker = Speaker(f"yardstick {name}", scripted)
            marks[name] = await _measure(speaker, sections, store, seed, seconds)
    main, steered, rival = found["model"], found.get("steered"), found.get("against")
    return Checkup(
        tuple(sections), seed, main, steered, rival,
        tuple(_changes(sections, ("steered", steered), ("model", main))) if steered else (),
        tuple(_changes(sections, ("model", main), ("against", rival))) if rival else (),
        marks, _domains(sections, main, seed),
    )  # fmt: skip


def experiment(section: Section, speaker: Speaker, seed: int = 0, seconds: float = 600.0) -> Experiment:
    """A section as it is put to a speaker."""
    return experiment_of(section.task, section.protocol, speaker, section.kind.turns, seed, seconds)


async def _measure(
    speaker: Speaker,
    sections: Sequence[Section],
    store: Store,
    seed: int,
    seconds: float,
    watch: Callable[[Progress], None] | None = None,
) -> Measured:
    groups: dict[str, Group] = {}
    config: dict[str, dict[str, Any]] = {}
    owed, stopped = 0, ""
    for section in sections:
        put = experiment(section, speaker, seed, seconds)
        config[section.name] = put.config()
        ran = await run(put, store, watch)
        owed, stopped = owed + ran.owed, stopped or ran.stopped
        groups[section.name] = group(section.task, ran.trials, seed, lens=False)
    shown = {section.name: figures(section, groups[section.name]) for section in sections}
    return Measured(speaker.called, groups, config, shown, owed, stopped)


def figures(section: Section, one: Group) -> dict[str, Figure]:
    """The section's figures; None where there was nothing to count."""
    nothing = Figure(None, None, None, 0)
    return {name: one.tally.figure(name) if name in one.tally.names else nothing for name in section.kind.figures}


def _changes(sections: Sequence[Section], one: tuple[str, Measured], two: tuple[str, Measured]) -> list[Change]:
    """`one` minus `two` in every figure of every section, with Holm's correction over all of them."""
    found: list[Change] = []
    for section in sections:
        tallies = {name: measured.groups[section.name].tally for name, measured in (one, two)}
        shared = [name for name in section.kind.figures if all(name in each.names for each in tallies.values())]
        found += [Change(section.name, difference) for difference in between(tallies, shared)]
    adjusted = holm([change.difference.p for change in found])
    return [
        replace(change, difference=replace(change.difference, p_adjusted=p))
        for change, p in zip(found, adjusted, strict=True)
    ]


def _domains(sections: Sequence[Section], measured: Measured, seed: int) -> dict[str, dict[str, Figure]]:
    out: dict[str, dict[str, Figure]] = {}
    for section in (one for one in sections if one.name == "pairs"):
        trials = {trial.item: trial for trial in measured.groups["pairs"].trials}
        for domain in dict.fromkeys(item.group for item in section.task.items):
            items = tuple(item for item in section.task.items if item.group == domain)
            own = [trials[item.id] for item in items if item.id in trials]
            out[domain] = figures(section, group(replace(section.task, items=items), own, seed, lens=False))
    return out


def summary(result: Checkup, command: str, settings: dict[str, Any]) -> dict[str, Any]:
    """`summary.json`: schema, command, configuration, counts, and every figure by group.

    The groups `model`, `steered`, `against` and `yardstick NAME` hold the figures of the pairs, or of the first section
    where no pairs were put; with the name of another section behind them they hold its. `domain NAME` are the model's
    figures in one domain of the pairs.
    """
    first = result.sections[0].name
    every = {**result.speakers, **{f"yardstick {name}": one for name, one in result.yardsticks.items()}}
    groups: dict[str, Mapping[str, Figure]] = {}
    for role, measured in every.items():
        for name, found in measured.figures.items():
            groups[role if name == first else f"{role} {name}"] = found
    groups |= {f"domain {name}": found for name, found in result.by_domain.items()}
    pairs = next((section.count for section in result.sections if section.name == "pairs"), 0)
    return {
        "schema": 1,
        "command": command,
        "config": {
            **settings,
            "pairs": pairs,
            "sections": {section.name: section.count for section in result.sections},
            "tasks": {section.name: section.task.hash for section in result.sections},
            "lens": lens_version(),
            **{role: measured.config for role, measured in result.speakers.items()},
        },
        "counts": {
            **result.model.counts,
            "owed": result.owed,
            "stopped": result.stopped,
            "by_speaker": {role: measured.counts for role, measured in result.speakers.items()},
        },
        "groups": {
            group: {"figures": {name: figure.to_dict() for name, figure in found.items()}}
            for group, found in groups.items()
        },
        "differences": [_plain(change) for change in (*result.differences, *result.gained)],
        "user_errors": {role: measured.user_errors for role, measured in result.speakers.items()},
    }


def _plain(change: Change) -> dict[str, Any]:
    d = change.difference
    return {
        "section": change.section, "figure": d.figure, "a": d.a, "b": d.b,
        "value": d.value, "low": d.low, "high": d.high, "p": d.p, "p_adjusted": d.p_adjusted,
    }  # fmt: skip
