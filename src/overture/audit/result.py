"""What an audit came to: the figures of every group, what was compared, what to show, and what was left out.

In come the parts of all pieces and what they merged to; out comes an Audit, whose `summary()` is `summary.json`. Easy
to get wrong: with many groups some pair always differs, so there are comparisons only of few groups and of the figures
named here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .differences import Difference, differences
from .estimates import Figure
from .judge import Judged
from .kinds import EVERYTHING, PLACES, Example, Part, Settings
from .merge import Merged
from .preference import rewarded

SCHEMA = 1
COMPARED = (
    "dialogue_initiative",
    "task_initiative",
    "trailing",
    "unasked",
    "done",
    "coached",
    "disjoint_corrected",
)
"""Figures that groups are compared in, besides the share of every move."""
MOST_COMPARED = 12
"""With more groups than this there are no pairwise comparisons: they would be all noise."""


@dataclass
class Audit:
    """The result of an audit, ready to be shown."""

    settings: Settings
    counts: dict[str, Any]
    groups: dict[str, dict[str, Figure]]
    """Group → figure → value with interval; `all` comes first."""
    corrected: dict[str, dict[str, Figure]]
    """The same after correction by the judged sample; empty without a judge."""
    differences: list[Difference]
    matrix: Counter[tuple[str, str]]
    examples: list[Example]
    reasons: dict[str, int]
    """Reason of rejection → how often."""
    places: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Reason of rejection → file and offset, a few times."""
    judged: Judged | None = None
    unread: dict[str, str] = field(default_factory=dict[str, str])
    """File in which nothing was a conversation → the first reason."""
    preference: dict[str, Any] | None = None
    run: dict[str, Any] = field(default_factory=dict[str, Any])
    """What does not belong to the result: time, workers, runner."""

    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds."""
        groups = {
            group: {
                "figures": _written(figures),
                **({"corrected": _written(self.corrected[group])} if group in self.corrected else {}),
            }
            for group, figures in self.groups.items()
        }
        return {
            "schema": SCHEMA,
            "command": "audit",
            "config": self.settings.to_dict(),
            "counts": self.counts,
            "groups": groups,
            "differences": [asdict(difference) for difference in self.differences],
            **({"preference": self.preference} if self.preference else {}),
            "run": self.run,
        }


def _written(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.to_dict() for name, figure in figures.items()}


def result_of(parts: Sequence[Part], merged: Merged, settings: Settings) -> Audit:
    """The Audit of these parts, in the order of the input; without a judge's corrections."""
    tallies = merged.tallies
    groups = {group: tally.figures() for group, tally in tallies.items()}
    names = next(iter(tallies.values())).names
    compared = [n for n in names if n in COMPARED or n.startswith("move:")]
    separate = {group: tally for group, tally in tallies.items() if group != EVERYTHING}
    unscored, reasons = Counter[str](), Counter[str]()
    places: dict[str, list[str]] = {}
    read = {part.piece.file for part in parts if part.good}
    unread: dict[str, str] = {}
    for part in parts:
        if part.piece.file not in read:
            unread.setdefault(part.piece.file, next(iter(part.reasons), "nothing in it"))
        unscored.update(part.unscored)
        reasons.update(part.reasons)
        for reason, found in part.places.items():
            places[reason] = [*places.get(reason, []), *found][:PLACES]
    counts = {
        "good": sum(p.good for p in parts),
        "bad": sum(p.bad for p in parts),
        "unscored": dict(unscored),
        "doubles": merged.doubles,
        "conversations": merged.kept,
        "messages": merged.messages,
        "files": len({p.piece.file for p in parts}),
        "unread": len(unread),
        "by_group": {group: int(tally.conversations) for group, tally in tallies.items()},
    }
    return Audit(
        settings,
        counts,
        groups,
        corrected={},
        differences=differences(separate, compared) if 1 < len(separate) <= MOST_COMPARED else [],
        matrix=merged.matrix,
        examples=_examples(parts, settings),
        reasons=dict(reasons),
        places=places,
        unread=unread,
        preference=rewarded([side for part in parts for side in part.sides]),
    )


def _examples(parts: Sequence[Part], settings: Settings) -> list[Example]:
    """The examples of lowest rank, as many from every group as there is room for."""
    by_group: dict[str, dict[int, Example]] = {}
    for part in parts:
        for example in part.examples:
            by_group.setdefault(example.group, {}).setdefault(example.rank, example)
    queues = [sorted(found.values(), key=lambda e: e.rank) for found in by_group.values()]
    rounds = max(map(len, queues), default=0)
    picked = [queue[i] for i in range(rounds) for queue in queues if i < len(queue)]
    order = list(by_group)
    return sorted(picked[: settings.examples], key=lambda e: order.index(e.group))
