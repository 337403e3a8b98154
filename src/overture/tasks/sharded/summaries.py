"""Is this a good summary? A judge says which bullet point reports which finding; the citations are counted by rule.

In come the findings, a summary and a model that judges; out comes a Score: the mean over the findings of coverage
(full 1, partial ½, none 0) times the F1 of the documents that the covering bullet point cites. Easy to get wrong:
citations need no judge, so none is asked about them. Source: the joint score of SummHay (Laban et al. 2024, arXiv
2407.01370), as Lost in Conversation uses it; the prompt is our own.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ...models.base import Model
from ...models.verdicts import Unscored, ask
from .checks import Score
from .protocols import prompt
from .shapes import JudgeCheck

_WORTH = {"full": 1.0, "partial": 0.5, "none": 0.0}
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+", re.MULTILINE)
_CITED = re.compile(r"\[(\d{1,9}(?:\s*,\s*\d{1,9})*)\]")


class Finding(BaseModel):
    """The verdict on one finding."""

    model_config = ConfigDict(extra="forbid")
    id: str
    coverage: Literal["full", "partial", "none"]
    bullet: int | None


class SummaryVerdict(BaseModel):
    """What the judge answers."""

    model_config = ConfigDict(extra="forbid")
    findings: list[Finding]


def bullets(summary: str) -> list[str]:
    """The bullet points of a summary; a summary without any is one."""
    marks = [match.start() for match in _BULLET.finditer(summary)]
    if not marks:
        return [summary.strip()]
    pieces = [summary[start:end].strip() for start, end in zip(marks, [*marks[1:], len(summary)], strict=True)]
    return [_BULLET.sub("", piece, count=1) for piece in pieces]


def cited(bullet: str) -> frozenset[int]:
    """The numbers of the documents that a bullet point cites: `[2]`, `[1][4]` or `[1, 4]`."""
    return frozenset(int(number) for match in _CITED.finditer(bullet) for number in match[1].split(","))


def citation_f1(given: frozenset[int], wanted: frozenset[int]) -> float:
    """F1 of two sets of documents; 0 where they share none."""
    return 2 * len(given & wanted) / (len(given) + len(wanted)) if given & wanted else 0.0


async def judged(check: JudgeCheck, summary: str, judge: Model) -> Score:
    """The joint score. Unscored where the verdict cannot be read; raises ModelError where none came at all."""
    points = bullets(summary)
    numbered = "\n".join(f"{at}. {point}" for at, point in enumerate(points, 1))
    wanted = "\n".join(f"{insight.id}: {insight.says}" for insight in check.insights)
    filled = prompt("sharded_judge_summary").filled({}, {"bullets": numbered, "insights": wanted})
    verdict = await ask(judge, filled, SummaryVerdict, max_tokens=800)
    if isinstance(verdict, Unscored):
        return Score(None, verdict.reason)
    return joint(check, points, verdict)


def joint(check: JudgeCheck, points: list[str], verdict: SummaryVerdict) -> Score:
    """The score that a verdict gives. Unscored where it leaves a finding out, names one twice, or points nowhere."""
    found = {finding.id: finding for finding in verdict.findings}
    if len(found) < len(verdict.findings) or found.keys() != {insight.id for insight in check.insights}:
        return Score(None, "the verdict does not name every finding exactly once")
    total = 0.0
    for insight in check.insights:
        finding = found[insight.id]
        worth = _WORTH[finding.coverage]
        if not worth:
            continue
        if finding.bullet is None or not 1 <= finding.bullet <= len(points):
            return Score(None, f"the verdict covers {insight.id!r} by a bullet point that there is not")
        total += worth * citation_f1(cited(points[finding.bullet - 1]), frozenset(insight.documents))
    return Score(total / len(check.insights))
