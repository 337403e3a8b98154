"""How long does a decision take that needs no model, and how often is anything changed?

In come the turns of logged conversations (the airline log and two of IN3), each once as a turn to plan and once as the
draft that was given; out come, for each offline policy, the processor time of a decision (median, 95th percentile) and
the shares of plans and drafts that it changes, with a section of docs/results/decisions.md. Easy to get wrong: the
first decisions load weights and fill memos, so they are made before the clock starts; and a log's assistants are not
the model that a policy will lead, so the shares say what it would do to them.
Run: `OVERTURE_DATA=… python benchmarks/decisions.py --docs`.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from pathlib import Path

import overture as ov
from common import OUT, finish, options, table
from overture.conversation import Conversation
from overture.policies import Policy, make
from overture.policies.base import is_draft

POLICIES = ("insert_expansion", "premise", "gaps", "doer", "api_first", "joined", "insert_expansion+civility",
            "recommended")  # fmt: skip
LOGS = ("tau_bench/gpt-4o-airline.json", "in3/records_mistral-interact.jsonl", "in3/records_gpt4.jsonl")


def turns(each: int, seed: int) -> list[Conversation]:
    """From every log, `each` turns to plan and as many drafts, drawn by seed."""
    folder = os.environ.get("OVERTURE_DATA")
    if not folder:
        raise SystemExit("set OVERTURE_DATA to the folder of the public data")
    rng = random.Random(seed)
    out: list[Conversation] = []
    for log in LOGS:
        plans: list[Conversation] = []
        drafts: list[Conversation] = []
        for conversation in ov.read(str(Path(folder) / log)):
            for at, message in enumerate(conversation.messages):
                if message.role == "assistant" and at:
                    plans.append(Conversation(conversation.messages[:at]))
                    drafts.append(Conversation(conversation.messages[: at + 1]))
        out += rng.sample(plans, min(each, len(plans))) + rng.sample(drafts, min(each, len(drafts)))
    return out


async def timed(policy: Policy, talks: list[Conversation]) -> tuple[list[float], list[bool]]:
    """Milliseconds of processor, and whether anything was changed, a decision each."""
    times: list[float] = []
    changed: list[bool] = []
    for talk in talks:
        began = time.thread_time()
        decision = await policy.decide(talk)
        times.append((time.thread_time() - began) * 1e3)
        changed.append(not decision.leaves)
    return times, changed


def main() -> None:
    arguments = options(__doc__, 200, 1).parse_args()
    talks = turns(arguments.messages, arguments.seed)
    rows: list[list[str]] = []
    result: dict[str, object] = {"turns": len(talks)}
    for name in POLICIES:
        policy = make(name)
        seen = [talk for talk in talks if policy.reviews or not is_draft(talk)]
        asyncio.run(timed(policy, seen[:20]))
        times, changed = asyncio.run(timed(policy, seen))
        of = {
            kind: [c for t, c in zip(seen, changed, strict=True) if is_draft(t) == (kind == "drafts")]
            for kind in ("plans", "drafts")
        }
        shares = [f"{sum(found) / len(found):.1%}, n = {len(found)}" if found else "–" for found in of.values()]
        middle, high = statistics.median(times), sorted(times)[int(0.95 * len(times))]
        rows.append([f"`{name}`", f"{middle:.2f}", f"{high:.1f}", *shares])
        result[name] = {"median_ms": middle, "p95_ms": high, **{kind: [sum(c), len(c)] for kind, c in of.items()}}
    text = table(["policy", "median, ms", "95th percentile, ms", "plans changed", "drafts changed"], rows)
    OUT.mkdir(parents=True, exist_ok=True)
    finish("decisions", "decisions.md", result, text, arguments.docs)


if __name__ == "__main__":
    main()
