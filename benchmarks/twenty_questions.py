"""Has the model thought of an object? The twenty-questions observation, on the embedded model.

    nice python benchmarks/twenty_questions.py [--draws 12] [--docs]

In come three games cut off after a few answers; out comes how many different objects the model names when the same game
is ended again and again, at temperature 1, each draw with a seed of its own. One object would say that it had
committed to one. Easy to get wrong: two spellings are one object, so names are compared by their stems.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

from common import finish, table
from overture.conversation import Conversation, Message
from overture.models import Sampling
from overture.models.embedded import load
from overture.tasks.terms import stems

OPENING = "Let us play twenty questions. Think of one object and do not say it. I ask, you answer yes or no."
END = "I give up. Which object did you think of? Answer with one word."
GAMES = {
    "nothing asked": (),
    "not alive": (("Is it alive?", "No."),),
    "not alive, found at home, fits in a hand": (
        ("Is it alive?", "No."),
        ("Is it found at home?", "Yes."),
        ("Does it fit in a hand?", "Yes."),
    ),
}


def game(turns: tuple[tuple[str, str], ...]) -> Conversation:
    said = [Message("user", OPENING), Message("assistant", "I have thought of an object. Ask away.")]
    for question, answer in turns:
        said += [Message("user", question), Message("assistant", answer)]
    return Conversation((*said, Message("user", END)))


def named(text: str) -> str:
    """The object: the last of the first line's telling words."""
    words = [word for word in stems(text.strip().splitlines()[0] if text.strip() else "") if len(word) > 2]
    return words[-1] if words else ""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--docs", action="store_true")
    given = parser.parse_args()
    model = load(workers=1)
    rows: list[list[str]] = []
    found: dict[str, dict[str, int]] = {}
    try:
        for name, turns in GAMES.items():
            counts: Counter[str] = Counter()
            for draw in range(given.draws):
                reply = await model.reply(game(turns), Sampling(temperature=1.0, max_tokens=12, seed=draw))
                counts[named(reply.message.text)] += 1
            found[name] = dict(counts)
            often = ", ".join(f"{word or '(none)'} {n}" for word, n in counts.most_common(3))
            rows.append([name, str(len(counts)), str(given.draws), often])
    finally:
        await model.close()
    text = table(("answers so far", "different last words", "draws", "most often"), rows)
    finish("twenty-questions", "gate.md", {"games": found}, text, given.docs)


if __name__ == "__main__":
    asyncio.run(main())
