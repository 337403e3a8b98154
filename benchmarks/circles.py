"""Is an answer in JSON that is stopped for going round in circles lost, or would it have come to its end?

In come trials that a simulation left; out comes what became of rewritings of their conversations (the prompt of
`mediator`) that nothing stopped: of those that `in_circles` would have stopped, how many closed their object within the
cap all the same, and how many tokens the stop saves. Easy to get wrong: the answer is looked at after every sixteenth
token, as the model that is running looks.
Run: `python benchmarks/circles.py --store out/runs/travel/trials.sqlite`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from common import finish, share, table
from overture.conversation import Conversation, Message
from overture.models import Model, Reply, Sampling, load
from overture.models.chunks import Gathered, in_circles
from overture.policies.base import prompt
from overture.policies.mediator import _SCHEMA, as_text
from overture.simulate.store import Store

FORM: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(_SCHEMA)}}
CAP = 800


def starts(store: Path) -> list[Conversation]:
    """Every stretch of a trial's conversation that ends with its user's second message or a later one."""
    found: list[Conversation] = []
    with Store(store) as trials:
        for trial in trials.trials():
            messages = trial.conversation.messages if trial.conversation else ()
            users = [place for place, message in enumerate(messages) if message.role == "user"]
            found += [Conversation(messages[: place + 1]) for place in users[1:]]
    return found


async def rewritten(model: Model, conversations: Sequence[Conversation], at_once: int) -> list[Reply]:
    """Rewritings that nothing stops before the cap."""
    room = asyncio.Semaphore(at_once)

    async def one(conversation: Conversation) -> Reply:
        asked = prompt("mediator").filled({"rules": ""}, {"conversation": as_text(conversation)})
        async with room:
            return await model.reply(
                Conversation((Message("user", asked),)), Sampling(max_tokens=CAP), response_format=FORM
            )

    with patch.object(Gathered, "circles", lambda _: False):
        return await asyncio.gather(*map(one, conversations))


def stopped_at(text: str, tokens: int) -> int | None:
    """The tokens after which it would have been stopped; None where it goes round in no circles."""
    each = len(text) / max(tokens, 1)
    return next((n for n in range(16, tokens + 1, 16) if in_circles(text[: round(n * each)])), None)


async def run(model: str, conversations: Sequence[Conversation], at_once: int) -> list[Reply]:
    async with load(model, workers=at_once) as asked:
        return await rewritten(asked, conversations, at_once)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--model", default="embedded:fast")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("-n", type=int, default=300)
    args = parser.parse_args()
    every = starts(args.store)
    drawn = random.Random(0).sample(every, min(args.n, len(every)))
    replies = asyncio.run(run(args.model, drawn, args.concurrency))
    rows: list[list[str]] = []
    for finish_word, name in (("length", "cut off at the cap"), ("stop", "came to its end")):
        ended = [reply for reply in replies if reply.finish == finish_word]
        stops = [stopped_at(reply.message.text, reply.usage.completion_tokens) for reply in ended]
        spent = sum(reply.usage.completion_tokens for reply in ended)
        kept = sum(stop or reply.usage.completion_tokens for stop, reply in zip(stops, ended, strict=True))
        would = sum(stop is not None for stop in stops)
        rows.append([name, str(len(ended)), f"{would}: {share(would, len(ended))}", f"{spent:,} → {kept:,}"])
    heads = ["rewritings", "n", "would have been stopped", "tokens, all → until stopped"]
    finish("circles", "models.md", {"rewritings": len(replies)}, table(heads, rows), docs=False)


if __name__ == "__main__":
    main()
