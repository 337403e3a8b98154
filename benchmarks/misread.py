"""How often was a rule wrong on trials that a reader read, and how many of all trials does that make err?

In comes a round of reading, as docs/results/fidelity.json holds it: rows with the kinds that the rule saw (`rule`), those
that the reader saw (`kinds`) and the reader's words (`reader`, empty for no error), and how many trials of each case the
rule flagged and did not (`population`). Out come tables. Easy to get wrong: half the sample is drawn from what the rule
flagged, so a share of the sample is no share of the trials; each half is weighed by how many it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from common import counted, table

Round = Mapping[str, Any]


@dataclass(frozen=True)
class Half:
    """The trials that were read of those that the rule flagged, or of those that it did not."""

    read: int
    err: int

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], flagged: bool) -> Half:
        own = [row for row in rows if bool(row["rule"]) == flagged]
        return cls(len(own), sum(bool(row["reader"]) for row in own))


def weighed(halves: Sequence[Half], stand_for: Sequence[int]) -> str:
    """The share of all trials that err, each half weighed by the trials it stands for; the interval joins Wilson's of
    both (MOVER; Zou and Donner 2008, Statistics in Medicine 27:1693)."""
    from overture.audit.estimates import wilson

    share = below = above = 0.0
    for half, weight in zip(halves, stand_for, strict=True):
        if weight:
            part, own = weight / sum(stand_for), half.err / half.read if half.read else 0.5
            low, high = wilson(own, half.read)
            share += part * own
            below += (part * (own - low)) ** 2
            above += (part * (high - own)) ** 2
    return f"{100 * share:.0f} % ({100 * (share - sqrt(below)):.0f}–{100 * (share + sqrt(above)):.0f})"


def by_user(read: Round, users: Mapping[str, Sequence[str]]) -> str:
    """Both ways of being wrong for each user, which is one or more cases, and the share of its trials that err."""
    heads = [
        "user", "flagged, and the reader saw none", "not flagged, and the reader saw one", "flagged, of trials where it speaks",
        "of these err, estimated",
    ]  # fmt: skip
    rows: list[list[str]] = []
    for user, cases in {**users, "all": tuple(case for names in users.values() for case in names)}.items():
        if not cases:
            continue
        own = [row for row in read["read"] if row["case"] in cases]
        flagged, clean = Half.of(own, True), Half.of(own, False)
        stand_for = [sum(read["population"][case][at] for case in cases) for at in (0, 1)]
        wrong = [counted(flagged.read - flagged.err, flagged.read), counted(clean.err, clean.read)]
        every = [counted(stand_for[0], sum(stand_for)), weighed((flagged, clean), stand_for)]
        rows.append([user, *wrong, *(every if user != "all" else ("", ""))])
    return table(heads, rows)


def by_kind(rounds: Sequence[Round]) -> str:
    """How many trials the rule and the reader give each kind of error, and only one of them."""
    seen = Counter[tuple[str, str]]()
    for row in (row for read in rounds for row in read["read"]):
        rule, reader = set(row["rule"]), set(row["kinds"])
        for who, kinds in (("both", rule & reader), ("rule", rule - reader), ("reader", reader - rule)):
            seen.update((kind, who) for kind in kinds)
    kinds = sorted({kind for kind, _ in seen}, key=lambda kind: (-seen[kind, "both"], kind))
    who = ("both", "rule", "reader")
    rows = [[f"`{kind}`", *(str(seen[kind, one]) for one in who)] for kind in kinds]
    return table(["kind, trials", "rule and reader", "only the rule", "only the reader"], rows)
