"""How well is a request to do told from one to learn, decide, be heard or be told how?

In come requests with a label "do or not": those written for the lens `goals` (on which the rules of `policies.kinds` were
made) and the IN3 instructions labelled for its test (not looked at); and the kinds of the built-in pairs. Out come
precision and recall of `do` with Wilson's intervals. Easy to get wrong: the label says "made or done", and a value asked
for counts as done here, so a question of fact is an error by the label and harmless for the policy.
Run: `OVERTURE_DATA=… python benchmarks/kinds.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from pathlib import Path

from common import ROOT
from overture.audit.estimates import wilson
from overture.conversation import Conversation, Message
from overture.policies.doer import Doer
from overture.policies.kinds import DO, request_kind
from overture.tasks.pairs import built_in


def share(good: int, n: int) -> str:
    low, high = wilson(good / n, n) if n else (0.0, 1.0)
    return f"{good / n:.2f} ({low:.2f} to {high:.2f}, n = {n})" if n else "–"


def report(name: str, rows: list[tuple[str, bool]]) -> None:
    seen = Counter((label, request_kind(text) == DO) for text, label in rows)
    right = seen[True, True]
    print(f"{name}: {len(rows)} requests; precision of do {share(right, right + seen[False, True])}; "
          f"recall of do {share(right, right + seen[True, False])}; "
          f"accuracy {share(right + seen[False, False], len(rows))}")  # fmt: skip


def main() -> None:
    goals = ROOT / "training" / "goals"
    chat = [json.loads(line) for line in (goals / "chat.jsonl").read_text("utf-8").splitlines()]
    report(
        "written (seen)", [(row["text"], row["do"]) for row in chat if row["side"] == "user" and row["do"] is not None]
    )
    folder = os.environ.get("OVERTURE_DATA")
    if folder:
        records = [json.loads(line) for line in (Path(folder) / "in3" / "train.jsonl").read_text("utf-8").splitlines()]
        labels = [json.loads(line) for line in (goals / "outside.jsonl").read_text("utf-8").splitlines()]
        test = [row for row in labels if row["part"] == "held out"]
        report("IN3 (test)", [(records[row["record"]]["task"], row["do"]) for row in test])
    pairs = Counter((row.kind, request_kind(side)) for row in built_in() for side in (row.lacking, row.complete))
    for (kind, read), n in sorted(pairs.items(), key=str):
        print(f"pairs (seen): {kind} read as {read}: {n}")
    asyncio.run(sent_back())


async def sent_back() -> None:
    """What the policy `doer` sends back of the replies written for the pairs."""
    sent: Counter[tuple[str, bool]] = Counter()
    for row in built_in():
        for side in (row.lacking, row.complete):
            for said in ("coaching", "delivery"):
                talk = Conversation((Message("user", side), Message("assistant", getattr(row, said))))
                sent[said, row.kind == "do"] += not (await Doer().decide(talk)).leaves
    wanted = 2 * sum(row.kind == "do" for row in built_in())
    print(f"doer sends back, of {wanted} requests to do: {sent['coaching', True]} coaching replies and "
          f"{sent['delivery', True]} results; of {2 * len(built_in()) - wanted} others: "
          f"{sent['coaching', False] + sent['delivery', False]}")  # fmt: skip


if __name__ == "__main__":
    main()
