"""Does a system message before a request change at which requests the gate asks?

In come the requests of `pairs` and `missing`, and the last questions of GSM8K problems; out comes at how many the gate
would ask, with no system message and with one. Easy to get wrong: nothing is run here but the gate, and openings
among the two hundred of `sharded` are left out, so that they stay unseen.

    python benchmarks/ruled.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from common import table
from overture.conversation import Conversation, Message
from overture.lenses.gaps_phrases import look_up
from overture.tasks import missing, named, sharded

RULES = Message("system", "You are a helpful assistant.")


def asked(requests: Iterable[str], rules: tuple[Message, ...]) -> str:
    seen = look_up([Conversation((*rules, Message("user", request))) for request in requests])
    return f"{int((seen.missing >= seen.threshold).sum())} of {len(seen.missing)}"


def openings() -> list[str]:
    """Last questions without a digit of GSM8K problems, none of which opens one of the two hundred."""
    used = {item.opening.messages[-1].text for item in sharded.task(200, 0, kinds=("math",)).items}
    found: list[str] = []
    for item in missing.task(300, 3, "gsm8k").items:
        last = re.split(r"(?<=[.!?])\s+", item.opening.messages[-1].text.strip())[-1]
        if not item.lacking and last.endswith("?") and not re.search(r"\d", last) and len(last.split()) > 5:
            found.append(last)
    return [each for each in dict.fromkeys(found) if each not in used]


def main() -> None:
    sets = {"openings of sums": openings()}
    for name, count in (("pairs", 100), ("missing", 200)):
        items = named.load(name, count, 0).items
        for word, lacking in (("lacking", True), ("complete", False)):
            texts = [item.opening.messages[-1].text for item in items if bool(item.lacking) is lacking]
            sets[f"{name}, {word}"] = texts
    rows = [[name, asked(texts, ()), asked(texts, (RULES,))] for name, texts in sets.items()]
    print(table(["requests", "asked at, no system message", "with one"], rows))


if __name__ == "__main__":
    main()
