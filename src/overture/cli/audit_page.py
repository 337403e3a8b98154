"""An Audit as the page is handed it: the one place where the two meet.

In comes an Audit; out comes an AuditPage. Easy to get wrong: a figure without its other error. The page's tables pair
them; what is said here in words (what the labels are worth, what was left out) must hold for this very run.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from .. import __version__
from ..audit import Audit
from ..audit.estimates import Figure
from ..audit.kinds import EVERYTHING
from ..lenses.columns import TURNS
from ..report.audit import AuditPage, Coefficient, Preference, Reject
from ..report.examples import ExampleConversation, ExampleMessage, Span
from ..report.matrix import Matrix
from .terminal import number

NAMED = 5
"""Unread files on the page."""
DOUBTED = 0.5
"""Share of doubles above which intervals are doubted ahead of everything."""
TOP = 10
"""Goals and actions in the matrix."""
MACRO_F1, BETWEEN_READERS = 0.60, 0.87
"""The lens on held-out messages, and two blind readers; from docs/results/moves.json, which a test compares."""
LENS_NOTE = (
    "The labels are those of a small offline lens. On messages held out of its training its macro-F1 over the moves "
    f"is {MACRO_F1:.2f}, where two readers who do not know of each other agree to {BETWEEN_READERS:.2f}; some moves "
    "it reads much better than others (docs/results/moves.md). A judged sample (--judge) corrects the shares, and "
    "only corrected shares are unbiased."
)

CAREFUL_F1 = 0.66
"""The lens with `--careful` on the same messages; from docs/results/moves.md."""
CAREFUL_NOTE = (
    " Here the messages whose moves were in doubt were read again by a larger encoder (--careful), with which it is "
    f"{CAREFUL_F1:.2f}."
)


def page_of(result: Audit, words: Sequence[str], began: datetime, ended: datetime) -> AuditPage:
    """Everything the page shows of this audit."""
    groups = _named(result.groups)
    counts = {name: result.counts[name] for name in ("conversations", "messages", "good", "bad", "doubles")} | {
        "unscored": sum(result.counts["unscored"].values())
    }
    files = result.counts["files"] - result.counts["unread"]
    return AuditPage(
        title="What the assistant did",
        source=f"{number(counts['conversations'], 'conversation')} from {number(files, 'file')}",
        counts=counts,
        groups=groups,
        lens_note=LENS_NOTE + (CAREFUL_NOTE if result.settings.careful else ""),
        corrected=_named(result.corrected) or None,
        judged=(result.judged.messages, result.judged.conversations) if result.judged else (0, 0),
        differences=result.differences,
        turns=_turns(groups),
        goal_action=_matrix(result.matrix),
        examples=[
            ExampleConversation(
                example.key,
                example.group if len(groups) > 1 else "",
                [
                    ExampleMessage(index, role, name, [Span(s.text, s.moves, s.unasked) for s in spans])
                    for index, role, name, spans in example.messages
                ],
            )
            for example in result.examples
        ],
        rejects=[Reject(r, n, result.places.get(r, ())) for r, n in Counter(result.reasons).most_common(12)],
        left_out=_left_out(result),
        warnings=warnings_of(result),
        preference=_preference(result),
        config=result.settings.to_dict(),
        command=shlex.join(words),
        version=__version__,
        started=began.isoformat(timespec="seconds"),
        finished=ended.isoformat(timespec="seconds"),
    )


def _named(groups: dict[str, dict[str, Figure]]) -> dict[str, dict[str, Figure]]:
    """The groups to show: the named ones, or all in one where nothing was grouped."""
    separate = {group: figures for group, figures in groups.items() if group != EVERYTHING}
    return separate or groups


def _turns(groups: dict[str, dict[str, Figure]]) -> dict[str, list[tuple[int, Figure, Figure]]]:
    return {
        group: [
            (number + 1, figures[f"turn:{number}:dialogue"], figures[f"turn:{number}:task"])
            for number in range(TURNS)
            if f"turn:{number}:dialogue" in figures and figures[f"turn:{number}:dialogue"].n >= 10
        ]
        for group, figures in groups.items()
    }


def _matrix(pairs: Counter[tuple[str, str]]) -> Matrix | None:
    if not pairs:
        return None
    from ..lenses.complements import titles

    goals, actions = Counter[str](), Counter[str]()
    for (goal, action), count in pairs.items():
        goals[goal] += count
        actions[action] += count
    rows, columns = ([name for name, _ in c.most_common(TOP)] for c in (goals, actions))
    named = titles()
    return Matrix(
        [named[r] for r in rows], [named[c] for c in columns], [[pairs[(r, c)] for c in columns] for r in rows]
    )


def warnings_of(result: Audit) -> list[str]:
    """What casts doubt on all figures of this audit."""
    out = list[str]()
    if result.judged and result.judged.lost:
        out.append(
            "The judge never answered and was asked no further, so no figure is corrected: "
            f"{result.judged.lost}. The same command asks again."
        )
    doubles, total = result.counts["doubles"], result.counts["conversations"]
    if not result.settings.dedupe and doubles > DOUBTED * total:
        out.append(
            f"{doubles:,} of {number(total, 'conversation')} say word for word what an earlier one says. Intervals "
            "and p take them for independent, which is too sure: --dedupe leaves them out."
        )
    return out


def _left_out(result: Audit) -> list[str]:
    counts, out = result.counts, list[str]()
    if result.unread:
        out.append(
            f"Nothing was read in {len(result.unread):,} of {number(counts['files'], 'file')}: "
            f"{', '.join([*result.unread][:NAMED])}{' …' if len(result.unread) > NAMED else ''}."
        )
    if unread := counts["unscored"].get("moves"):
        out.append(
            f"{number(unread, 'message')} could not be judged by the lens (empty, or in words it does not know): "
            "no part of any share."
        )
    if untold := counts["unscored"].get("goals"):
        out.append(f"The goal or the action of {number(untold, 'conversation')} could not be told.")
    if doubles := counts["doubles"]:
        what = (
            "left out"
            if result.settings.dedupe
            else "counted like any other, as if nothing tied them (--dedupe leaves doubles out)"
        )
        says = "says" if doubles == 1 else "say"
        out.append(f"{number(doubles, 'conversation')} {says} word for word what an earlier one says: {what}.")
    if result.judged and result.judged.unscored:
        out.append(f"{number(sum(result.judged.unscored.values()), 'verdict')} of the judge could not be had or read.")
    if not result.corrected:
        out.append("No judged sample corrected these figures, so there is no corrected estimate to headline.")
    return out


def _preference(result: Audit) -> Preference | None:
    if not result.preference:
        return None
    rows = [
        Coefficient(r["name"], r["coefficient"], r["low"], r["high"], r["odds_ratio"])
        for r in result.preference["rows"]
    ]
    return Preference(rows, result.preference["pairs"], result.preference["note"])
