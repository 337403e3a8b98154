"""How well does tracing tell a value that was said or looked up from one that was made up?

In come the 200 airline trajectories of gpt-4o (tau-bench) and the written calls in grounding_calls; out come a record
and a section of docs/results/grounding.md: which calls are held as they stand, how many are after one argument has been
replaced by an invented one (recall, by kind), both again on the written calls, and the time of a decision. Easy to get
wrong: the trajectories and the written calls were looked at while the rules were made, so what is held out is a set's
first run alone, which the page keeps; and the author of every set is the author of the rules. Of the half that is `sealed` nothing is listed but the two rates, so that it
can be measured again.
Run: `python benchmarks/grounding.py --docs`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import overture as ov
from common import OUT, finish, options, table
from overture.audit.estimates import wilson
from overture.conversation import Conversation, Message, ToolCall
from overture.policies.effects import changes_state, words_of
from overture.policies.grounding import Heard, Leaf, leaves, trace
from overture.policies.grounding.trace import COMPOSED
from overture.policies.insert_expansion import InsertExpansion, left_to_us

LOG = "tau_bench/gpt-4o-airline.json"
SETS = Path(__file__).parent / "grounding_calls"
NAMES = words_of(
    "Akira Beatriz Chidi Dmitri Eleni Farid Greta Hamza Ingrid Jorge Keiko Leila Mateo Nadia Oskar Priya Quentin Rosa "
    "Stefan Tariq Ulla Viktor Wanjiru Xavier Yara Zeno Abara Bergstrom Castellano Dubois Eriksen Fontaine Gruber"
)
CODES = ["AMS", "CPH", "DUB", "GVA", "HEL", "LIS", "MUC", "OSL", "VIE", "ZRH", "KEF", "TLL"]
CHOICES = {"cabin": ["basic_economy", "economy", "business"], "flight_type": ["one_way", "round_trip"],
           "insurance": ["yes", "no"]}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call that changes state, with what was said before it."""

    before: Sequence[Message]
    call: ToolCall
    arguments: dict[str, object]


def calls() -> Iterator[Call]:
    for conversation in ov.read(str(ov_data(LOG))):
        for at, message in enumerate(conversation.messages):
            for call in message.tool_calls:
                if changes_state(call.name):
                    yield Call(conversation.messages[:at], call, json.loads(call.arguments))


def ov_data(name: str) -> Path:
    import os

    folder = os.environ.get("OVERTURE_DATA")
    if not folder:
        raise SystemExit("set OVERTURE_DATA to the folder of the public data")
    return Path(folder) / name


def invented(leaf: Leaf, rng: random.Random) -> tuple[str, object] | None:
    """(kind, another value, which may stand elsewhere in the conversation), or None for a text that the assistant composes."""
    value = leaf.value
    if leaf.name in CHOICES:
        return "choice", rng.choice([each for each in CHOICES[leaf.name] if each != value])
    if isinstance(value, int | float):
        span = range(1, 10) if value < 10 else range(10, 2000)
        return ("count" if value < 10 else "amount"), rng.choice([each for each in span if each != value])
    if not isinstance(value, str) or leaf.name in COMPOSED:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        off = rng.choice([each for each in range(-30, 31) if each])
        return "day", (date.fromisoformat(value) + timedelta(days=off)).isoformat()
    if re.fullmatch("[A-Z]{3}", value):
        return "code", rng.choice(CODES)
    if re.search(r"\d", value):
        return "identifier", re.sub(r"\d", lambda digit: str((int(digit[0]) + rng.randint(1, 9)) % 10), value)
    return "name", rng.choice(NAMES).title()


def as_they_stand(found: Sequence[Call]) -> tuple[list[str], list[float]]:
    """The lacking arguments of each call that is held, and milliseconds of processor a decision, all calls of the log."""
    held: list[str] = []
    times: list[float] = []
    policy = InsertExpansion()
    for each in found:
        draft = Conversation((*each.before, Message("assistant", None, tool_calls=(each.call,))))
        began = time.thread_time()
        decision = asyncio.run(policy.decide(draft))
        times.append((time.thread_time() - began) * 1e3)
        if not decision.leaves:
            held.append(f"{each.call.name}: {', '.join(decision.details['arguments'])}")
    return held, times


def corrupted(found: Sequence[Call], rounds: int, seed: int) -> Counter[tuple[str, bool]]:
    """(kind, whether it is found out) → how often, one invented argument a call and round."""
    rng = random.Random(seed)
    out: Counter[tuple[str, bool]] = Counter()
    for each in [call for _ in range(rounds) for call in found]:
        heard = Heard.of(each.before)
        whole = list(leaves(each.arguments, None))
        possible = [(leaf, made) for leaf in whole if (made := invented(leaf, rng))]
        if possible:
            leaf, (kind, value) = rng.choice(possible)
            wrong = replace(leaf, value=value)
            out[kind, trace(wrong, heard, [wrong if other is leaf else other for other in whole]) is None] += 1
    return out


@dataclass(frozen=True)
class Outcome:
    """What came of one set of written calls."""

    sound: int
    """Calls in which nothing is made up."""
    made_up: int
    alarms: list[str]
    """Sound calls that are held."""
    missed: list[str]
    """Calls of which nothing that is made up is found out."""


def written(name: str, half: str = "") -> Outcome:
    """Every call of a set, or of one half of it, each after its conversation."""
    alarms: list[str] = []
    missed: list[str] = []
    sound = made_up = 0
    for line in (SETS / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if half and row["half"] != half:
            continue
        lacking, wrong = held(row), set(row["made_up"])
        shown = f'"{[each for each in row["said"] if isinstance(each, str)][-1]}" → '
        if not wrong:
            sound += 1
            alarms += [shown + told(row, lacking)] if lacking else []
        else:
            made_up += 1
            missed += [] if lacking & wrong else [shown + told(row, wrong)]
    return Outcome(sound, made_up, alarms, missed)


def held(row: dict[str, Any]) -> set[str]:
    """The arguments of a written call for which it would be held."""
    messages = [Message("system", row["operator"])] if "operator" in row else []
    turns = 0
    for each in row["said"]:
        if isinstance(each, str):
            messages.append(Message(("user", "assistant")[turns % 2], each))
            turns += 1
        else:  # a look-up between two turns, with its answer
            call = ToolCall(each["called"], json.dumps(each["with"]), f"c{len(messages)}")
            messages.append(Message("assistant", None, tool_calls=(call,)))
            messages.append(Message("tool", each["answered"], tool_call_id=call.id))
    messages += [Message("tool", text) for text in row.get("looked_up", ())]
    whole = list(leaves(row["arguments"], row.get("schema")))
    heard = Heard.of(messages, date.fromisoformat(row["today"]) if "today" in row else None)
    return {
        leaf.path.split("[")[0].split(".")[0]
        for leaf in whole
        if trace(leaf, heard, whole) is None and not left_to_us(leaf, messages, heard)
    }


def told(row: dict[str, Any], names: set[str]) -> str:
    return ", ".join(f"{name}={row['arguments'][name]}" for name in sorted(names))


SEALED = "sealed"
LONG = 100_000
"""Characters of a long conversation."""
TEXTS = (
    "The committee met on 3 May at 7 pm and 4 people paid 1,250 euros to Anna Berg in Graz. ", "1 2 3 4 5 6 7 8 9 ",
    "may march 3 ", "a a the a my ", "me and my and me and ", "        ", "no, no, wait, ", "1,2,3,4,", "aaaaaaaaaa",
    "'\"([{<.,;", "i fly i i i i ", "twenty twenty hundred ",
)  # fmt: skip
"""A plain one first; the others repeat what a pattern begins with."""
WANTED = {
    "date": "2026-11-09", "time": "04:45", "party_size": 8, "amount": 91733.5, "to": "x.y@nowhere.org",
    "order_id": "ZZ-99812-Q", "name": "Quentin Zorro", "path": "/a/b/c.txt", "state": "QX", "size": "enormous_big",
    "body": "I will see you on 7 August at 6:35 with 5512 others.",
}  # fmt: skip


def long_texts() -> list[float]:
    """Milliseconds of processor that tracing a whole call takes after each of the long texts, nothing kept before."""
    whole = list(leaves(WANTED, None))
    times: list[float] = []
    for text in TEXTS:
        messages = [Message("user", "Book it."), Message("user", (text * LONG)[:LONG])]
        began = time.thread_time()
        heard = Heard.of(messages, date(2026, 4, 29))
        for leaf in whole:
            trace(leaf, heard, whole)
        times.append((time.thread_time() - began) * 1e3)
    return times


def share(good: int, n: int) -> str:
    low, high = wilson(good / n, n) if n else (0.0, 1.0)
    return f"{good / n:.3f} ({low:.3f} to {high:.3f}), n = {n}" if n else "–"


def main() -> None:
    arguments = options(__doc__, 0, 3).parse_args()
    found = list(calls())
    stopped, times = as_they_stand(found)
    wrong = corrupted(found, arguments.rounds, arguments.seed)
    sets = {name: written(name) for name in ("first", "second", "third", "fourth", "fifth")}
    sets |= {f"sixth, {half}": written("sixth", half) for half in ("open", SEALED)}
    long = long_texts()
    kinds = sorted({kind for kind, _ in wrong})
    rows = [[kind, share(wrong[kind, True], wrong[kind, True] + wrong[kind, False])] for kind in kinds]
    every = sum(wrong[kind, True] for kind in kinds)
    rows.append(["all", share(every, sum(wrong.values()))])
    text = "\n\n".join(
        [
            f"**As they stand.** {len(stopped)} of {len(found)} calls that change something are held: "
            f"{'; '.join(f'{name} ×{n}' for name, n in Counter(stopped).items())}.",
            "**One argument invented.** Found out, by kind (Wilson's interval; calls of one conversation are not "
            "independent, so it is too narrow):",
            table(["kind", "recall"], rows),
            "**Written calls**, by call. All but the sealed half were looked at while the rules were made.",
            table(
                ["set", "made up and passed wrongly", "sound and held wrongly"],
                [
                    [name, share(len(got.missed), got.made_up), share(len(got.alarms), got.sound)]
                    for name, got in sets.items()
                ],
            ),
            "\n".join(
                f"- {name}, {what}: {each}"
                for name, got in sets.items()
                if not name.endswith(SEALED)
                for what, listed in (("held wrongly", got.alarms), ("let through", got.missed))
                for each in listed
            ),
            f"**Time.** A decision on a draft with such a call, processor time: median "
            f"{statistics.median(times):.1f} ms, "
            f"95th percentile {sorted(times)[int(0.95 * len(times))]:.1f} ms; on any other draft it reads nothing. After "
            f"{LONG:,} characters from the user, a call of {len(WANTED)} arguments of which none can be traced: {long[0]:.0f} "
            f"ms of prose, {max(long):.0f} ms the worst of {len(TEXTS)} texts made to be slow.",
        ]
    )
    result = {
        "calls": len(found), "held": stopped, "kinds": {kind: [wrong[kind, True], wrong[kind, False]] for kind in kinds},
        "written": {name: asdict(got) for name, got in sets.items() if not name.endswith(SEALED)},
        "median_ms": statistics.median(times), "long_ms": long,
    }  # fmt: skip
    OUT.mkdir(parents=True, exist_ok=True)
    finish("grounding", "grounding.md", result, text, arguments.docs)


if __name__ == "__main__":
    main()
