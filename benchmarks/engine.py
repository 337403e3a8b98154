"""How many tokens a second does the embedded model read and write, with the engine of this Python and with another's?

In come two interpreters that hold the same Overture and two builds of the engine; out come, in rounds taken in turn,
tokens a second of each, and the ratio round by round. Easy to get wrong: short answers to long prompts measure
reading, long answers to short prompts writing; a simulation does both, so each has its row.
Run: `python benchmarks/engine.py --beside native/bin/python`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from common import ROOT, Spread, finish, ratio, table
from overture.conversation import Conversation
from overture.models import Sampling, load

WORDS = "a small hotel near the station with two rooms and breakfast for four nights in the second week of May "
LOADS = {
    "writing, one at a time": ("embedded", 1, 2, 1, 96),
    "writing, two at a time": ("embedded", 2, 4, 1, 96),
    "writing, sixteen at a time": ("embedded:fast", 16, 32, 1, 96),
    "reading, sixteen at a time": ("embedded:fast", 16, 32, 30, 1),
}
"""Model, answers at once, answers, length of the prompt in `WORDS`, tokens of an answer."""


async def speed(name: str) -> float:
    """Tokens a second: written where answers are long, read where they are short."""
    spec, at_once, count, words, tokens = LOADS[name]
    room = asyncio.Semaphore(at_once)
    async with load(spec, workers=at_once) as model:

        async def one(number: int) -> int:
            asked = Conversation.of([{"role": "user", "content": f"{number}. Tell me all about {WORDS * words}"}])
            async with room:
                usage = (await model.reply(asked, Sampling(max_tokens=tokens))).usage
            return usage.completion_tokens if tokens > 1 else usage.prompt_tokens

        await one(-1)  # the weights are read
        began = time.perf_counter()
        total = sum(await asyncio.gather(*map(one, range(count))))
        return total / (time.perf_counter() - began)


def measured(python: Path | str, name: str) -> float:
    done = subprocess.run(
        [python, __file__, "--once", name], capture_output=True, text=True, cwd=ROOT, check=True, timeout=600
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="another interpreter, whose engine is built otherwise")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        print(json.dumps(asyncio.run(speed(args.once))))
        return
    pythons = [sys.executable, *([args.beside] if args.beside else [])]
    rows: list[list[str]] = []
    for name in LOADS:
        rounds = [[measured(python, name) for python in pythons] for _ in range(args.rounds)]
        columns = list(zip(*rounds, strict=True))
        ratios = [ratio(column, columns[0]).text(1) for column in columns[1:]]
        rows.append([name, *(Spread.of(column).text() for column in columns), *ratios])
        print(rows[-1], flush=True)
    heads = ["tokens a second", "this engine", *(["the other", "ratio"] if args.beside else [])]
    finish("engine", "models.md", {"rounds": args.rounds}, table(heads, rows), docs=False)


if __name__ == "__main__":
    main()
