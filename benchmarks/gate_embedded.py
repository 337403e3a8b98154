"""The embedded model asked directly whether something is missing: the baseline of the gate.

    nice python benchmarks/gate_embedded.py [--each 100]

In come the test examples of training/gaps (of IN3 the complete ones of every split), at most `--each` of either side of a
set, one an item; out comes
out/benchmarks/gate_embedded.jsonl, one verdict a line, appended as it comes, so a killed run goes on. Greedy, one slot.
Easy to get wrong: a verdict that cannot be read is unscored and never a no.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from gate_figures import FIGURES, interval
from overture.models.embedded import load as embedded
from overture.models.verdicts import Prompt, Unscored, ask

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "benchmarks" / "gate_embedded.jsonl"
sys.path.insert(0, str(ROOT / "training" / "gaps"))

if TYPE_CHECKING:
    from example import Example

LEAST_SIDE = 90
"""Verdicts a side before the figures of a set are shown."""
SETS = ("missing: templates", "missing: gsm8k", "in3", "written", "checkup pairs")


class Missing(BaseModel):
    """The verdict."""

    model_config = ConfigDict(extra="forbid", strict=True)

    missing: bool


def chosen(each: int, every: bool = False) -> list[tuple[str, Example]]:
    """(key, Example) of the first examples a side and set in the order of a hash, one a unit; or `every` one."""
    from dataset import load
    from example import drawn

    found = []
    taken: set[tuple[str, str, bool]] = set()
    counts: dict[tuple[str, bool], int] = {}
    tests = [e for e in load() if e.weight == 1.0 and e.set in SETS and (e.split == "test" or few(e))]
    for example in sorted(tests, key=lambda e: drawn(e.conversation.content_hash)):
        side = (example.set, example.lacking)
        # templates are few: there an example counts, elsewhere one of a unit
        unit = (
            example.set,
            example.conversation.content_hash if "templates" in example.set else example.unit,
            example.lacking,
        )
        if counts.get(side, 0) < each and (every or unit not in taken):
            counts[side] = counts.get(side, 0) + 1
            taken.add(unit)
            found.append((f"{example.set}/{example.conversation.content_hash}/{example.lacking}", example))
    return found


def few(example: Example) -> bool:
    """A complete task of IN3: the test split holds 48 of them, and this model was trained on none."""
    return example.set == "in3" and not example.lacking and len(example.conversation) == 1


def judged() -> dict[str, dict[str, Any]]:
    """What the embedded model said when asked directly, a set each."""
    if not OUT.exists():
        return {}
    wanted = {key for key, _ in chosen(10**6, every=True)}
    rows = [row for row in map(json.loads, OUT.read_text().splitlines()) if row["key"] in wanted]
    out: dict[str, dict[str, Any]] = {}
    for name in sorted({row["set"] for row in rows}):
        here = [row for row in rows if row["set"] == name]
        scored = [row for row in here if "missing" in row]
        truth, said = (np.array([row[key] for row in scored]) for key in ("lacking", "missing"))
        if min(truth.sum(), (~truth).sum()) >= LEAST_SIDE:
            units = np.array([row["unit"] for row in scored])
            figures = ("asked in need", "asked needlessly", "balanced accuracy", "MCC")
            out[name] = {
                f: interval(FIGURES[f], truth, said.astype(float), units, np.full(len(truth), 0.5)) for f in figures
            }
            out[name] |= {"n": len(scored), "unscored": len(here) - len(scored)}
    return out


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=100)
    given = parser.parse_args()
    prompt = Prompt((Path(__file__).parent / "gate_prompt.md").read_text("utf-8"))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    done = {json.loads(line)["key"] for line in OUT.read_text().splitlines()} if OUT.exists() else set()
    model = embedded(workers=1)
    try:
        for key, example in chosen(given.each):
            if key in done:
                continue
            text = "\n".join(f"{m.role}: {m.text}" for m in example.conversation.messages)[-3500:]
            verdict = await ask(
                model,
                prompt.filled({}, {"conversation": text}),
                Missing,
                max_tokens=16,
                schema=Missing.model_json_schema(),
            )
            row = {
                "key": key,
                "set": example.set,
                "unit": example.unit,
                "lacking": example.lacking,
                "prompt": prompt.version,
            }
            row |= {"unscored": verdict.reason} if isinstance(verdict, Unscored) else {"missing": verdict.missing}
            with OUT.open("a") as file:
                file.write(json.dumps(row) + "\n")
    finally:
        await model.close()


if __name__ == "__main__":
    asyncio.run(main())
