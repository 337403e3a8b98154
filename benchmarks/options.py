"""Does a model's answer to an open request differ in kind when it is asked again, and what would `options` show?

    nice python benchmarks/options.py [--model embedded:fast] [--docs]

In come open requests (those of the triples in tests/policies) and complete ones that are not open (from `pairs`); out
come, for each, how many kinds the policy found in four answers and what it said. Easy to get wrong: a model that rambles
differs from itself in everything, so a high share says that the policy speaks, not that its options are good; those
are printed to be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter

from common import ROOT, counted, finish, table
from overture.conversation import Conversation, Message
from overture.models import Model, Sampling, load
from overture.policies.base import Decision
from overture.policies.options import Options
from overture.tasks import named

TRIPLES = ROOT / "tests" / "policies" / "options.jsonl"
TOKENS = 96


async def decided(model: Model, request: str) -> Decision:
    asked = Conversation((Message("user", request),))
    draft = await model.reply(asked, Sampling(max_tokens=TOKENS, seed=0))
    return await Options(model).decide(asked.then(draft.message))


async def run(word: str) -> dict[str, list[tuple[str, Decision]]]:
    asked = {
        "open": [json.loads(line)["request"] for line in TRIPLES.read_text().splitlines()],
        "not open": [item.opening.messages[-1].text for item in named.load("pairs", 24, 0).items if not item.lacking],
    }
    async with load(word) as model:
        return {
            kind: list(zip(each, await asyncio.gather(*(decided(model, one) for one in each)), strict=True))
            for kind, each in asked.items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded:fast")
    parser.add_argument("--docs", action="store_true", help="also put the result into docs/results/policies.md")
    given = parser.parse_args()
    found = asyncio.run(run(given.model))
    rows: list[list[str]] = []
    for kind, decisions in found.items():
        looked = [one for _, one in decisions if "kinds" in (one.details or {})]
        kinds = Counter(one.details["kinds"] for one in looked)
        shown = sum(one.move == "propose" for _, one in decisions)
        spread = ", ".join(f"{number}: {times}" for number, times in sorted(kinds.items()))
        rows.append([kind, str(len(looked)), spread or "–", counted(shown, len(decisions))])
    for request, one in found["open"][:8]:
        print(f"\n{request}\n{one.say or '(left alone)'}")
    text = table(("requests", "looked at", "kinds in four answers: requests", "options shown"), rows)
    finish("options", "policies.md", {"model": given.model, "rows": rows}, text, given.docs)


if __name__ == "__main__":
    main()
