"""No conversation makes a policy raise: two hundred made of odd pieces, with odd tools and odd calls.

In come pieces that have broken some reader or might; out comes nothing but decisions. Easy to get wrong: a policy that
raises costs nobody an answer, so without this nobody would notice that it never leads where such a piece is said.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.policies import Policy, make
from overture.policies.base import with_tools

ODD = (
    "Tom has some apples and buys 5 more. How many has he?|Book a table for four tomorrow at 8 pm.||   |\n\n|"
    "9999-12-31|0000-00-00|31.12.9999|in 10000000 years|in 99999999999 days|at the end of the month|every 0 weeks|½|²|"
    "٣|1/0|99:99|30 February|24:00|1e400|∞|what's that's|half of twice a third|a hundred thousand million|the second one|"
    "just do it|I don't know.|Ask no questions.|No, make it 3.|5月9日に四人で20時|am 9. Mai um 20 Uhr \\|, , .|"
    "le 9 mai à 20h|per quattro persone|¿Qué?|\u202e\u200b\ufeff|\x00|```\ncode|> quoted\n> more|- a\n- b|"
    "How much is 5 / 0?|translate: some apples|a@b|https://|<script>|{{fence}}|%s %d|ß İ ı ﬁ|€1.234,56|order #"
)
PIECES = [*ODD.split("|"), "9" * 500, "1," * 200, "a" * 3000, "?" * 300, "(" * 300]
SCHEMA = {
    "date": {"type": "string", "format": "date"}, "people": {"type": "integer"}, "flag": {"type": "boolean"},
    "area": {"type": "string", "enum": ["inside", "terrace"]}, "ids": {"type": "array", "items": {"type": "string"}},
    "when": {"type": "object", "properties": {"dateTime": {"type": "string"}}, "required": ["dateTime"]},
}  # fmt: skip
TOOLS: tuple[dict[str, Any], ...] = (
    {"type": "function", "function": {"name": "book", "parameters": {"properties": SCHEMA, "required": [*SCHEMA]}}},
    {"type": "function", "function": {"name": "search_tables"}},
    {"type": "function", "function": {"name": "", "parameters": {"properties": [], "required": "x"}}},
    {"type": "function", "function": {"name": "click", "parameters": None}},
    {"name": "flat"},
)
POLICIES = (
    "recommended", "premise", "joined", "worth_asking", "gaps:wording=model", "insert_expansion+civility", "doer",
    "api_first", "options",
)  # fmt: skip


def words(draw: random.Random) -> str:
    return draw.choice(["", "\n", " ", ". "]).join(draw.choice(PIECES) for _ in range(draw.randrange(1, 5)))


def value(draw: random.Random, depth: int = 0) -> Any:
    if depth < 2 and draw.random() < 0.3:
        inner = [value(draw, depth + 1) for _ in range(draw.randrange(3))]
        return draw.choice([inner, {"dateTime": inner[:1], "": inner}])
    odd = [0, -1, 10**400, float("inf"), float("nan"), True, None, "2026-05-09T20:00:00Z", "inside"]
    return draw.choice([*odd, words(draw)])


def call(draw: random.Random) -> ToolCall:
    arguments = json.dumps({name: value(draw) for name in SCHEMA if draw.random() < 0.8})
    odd = draw.choice([arguments] * 6 + ["{", "[]", "null", "", '{"date": 1, "date": 2}'])
    return ToolCall(draw.choice(["book", "book", "search_tables", "click", "", "none"]), odd, draw.choice(["1", None]))


def conversation(draw: random.Random) -> Conversation:
    messages = [Message("system", words(draw))] if draw.random() < 0.3 else []
    for _ in range(draw.randrange(1, 7)):
        role = draw.choice(["user", "user", "assistant", "tool"])
        calls = tuple(call(draw) for _ in range(draw.randrange(3))) if role == "assistant" else ()
        said = None if calls and draw.random() < 0.5 else words(draw)
        messages.append(Message(role, said, tool_calls=calls, tool_call_id="1" if role == "tool" else None))
    return with_tools(Conversation(tuple(messages)), draw.sample(TOOLS, draw.randrange(len(TOOLS) + 1)))


@pytest.fixture(scope="module")
def made() -> dict[str, Policy]:
    return {name: make(name) for name in POLICIES}


@pytest.mark.parametrize("part", range(4))
async def test_no_conversation_makes_a_policy_raise(made: dict[str, Policy], part: int):
    draw = random.Random(part)
    for _ in range(50):
        talk = conversation(draw)
        for name, policy in made.items():
            try:
                decision = await policy.decide(talk)
            except Exception as error:
                raise AssertionError(f"{name} on {talk.messages}") from error
            assert 0 <= decision.confidence <= 1
