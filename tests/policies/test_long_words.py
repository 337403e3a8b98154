"""No text makes a policy think for long: the time that a decision takes does not run away with what a user repeats."""

from __future__ import annotations

import time

import pytest

from overture.conversation import Conversation
from overture.policies import make

TOOL = {
    "type": "function",
    "function": {
        "name": "book_flight",
        "parameters": {
            "type": "object",
            "properties": {"date": {"type": "string"}, "name": {"type": "string"}, "seats": {"type": "integer"}},
            "required": ["date", "name", "seats"],
        },
    },
}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {
            "id": "1",
            "type": "function",
            "function": {"name": "book_flight", "arguments": '{"date": "2026-05-03", "name": "Zed Quux", "seats": 3}'},
        }
    ],
}
LENGTH = 12_000
SECONDS = 1.0
"""Of processor time; the slowest takes about a sixteenth of it."""


@pytest.mark.parametrize(
    "token",
    ["the ", "1 ", "a ", "A ", "may ", "may 3 ", "1,000 ", "1.", "just ", "do it ", "? ", '"', "( ", "-", "\n", "é"],
)
async def test_a_word_repeated_does_not_stall_a_decision(token: str):
    policy = make("insert_expansion,premise,gaps,doer,api_first+civility")
    said = {"role": "user", "content": (token * LENGTH)[:LENGTH]}
    for messages in ([said], [said, CALL]):
        conversation = Conversation.of(messages, metadata={"tools": [TOOL]})
        began = time.process_time()
        await policy.decide(conversation)
        assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("where", ["said", "drafted", "argued"])
async def test_a_word_without_end_does_not_stall_one_either(where: str):
    """As a pasted file is one to whoever splits at blanks, and as models write that have come into a loop."""
    word = "a" * 60_000
    call = {"name": "book_flight", "arguments": f'{{"date": "2026-05-03", "name": "{word}", "seats": 3}}'}
    said, drafted = f"Book a flight. {word if where == 'said' else ''}", "What is your email address?"
    if where == "drafted":
        drafted = f"{word} {drafted}"
    draft: dict[str, object] = {"role": "assistant", "content": drafted}
    if where == "argued":
        draft = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": call}]}
    policy = make("insert_expansion,premise,gaps,doer,api_first+civility")
    for messages in ([{"role": "user", "content": said}], [{"role": "user", "content": said}, draft]):
        conversation = Conversation.of(messages, metadata={"tools": [TOOL]})
        began = time.process_time()
        await policy.decide(conversation)
        assert time.process_time() - began < SECONDS
