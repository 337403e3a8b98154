"""Conversations: immutable, built strictly, and known by the hash of what was said.

In come messages right and wrong; out comes a conversation, or the reason there is none. Easy to get wrong: a hash over
joined strings is the same when words move from one field or message to the next; then two talks count as one.
"""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import pytest

from overture.conversation import ROLES, Conversation, Message, ToolCall, thought_and_said
from overture.errors import BadRecord


def of(*messages: Message) -> Conversation:
    return Conversation(messages)


def test_nothing_of_a_conversation_can_be_changed():
    call = ToolCall("f")
    message = Message("user", "hi", tool_calls=(call,))
    talk = of(message)
    for value, field in ((call, "name"), (message, "content"), (talk, "messages"), (talk, "given_id")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, "changed")


def test_then_adds_and_leaves_the_first_as_it_was():
    talk = Conversation.of([{"role": "user", "content": "hi"}], id="given", source="a.jsonl", metadata={"model": "m"})
    longer = talk.then(Message("assistant", "hello"))
    assert (len(talk), len(longer)) == (1, 2)
    assert (longer.given_id, longer.source, longer.metadata) == (None, "a.jsonl", {"model": "m"})
    assert longer.id == longer.content_hash != talk.content_hash
    assert talk.id == "given"


def test_the_hash_depends_on_what_was_said_and_not_on_where_it_was_found():
    plain = [{"role": "user", "content": "hi"}]
    same = [
        Conversation.of(plain),
        Conversation.of(plain, id="x", source="y", metadata={"z": 1}),
        of(Message("user", "hi", tool_call_id="call_1")),
    ]
    assert len({talk.content_hash for talk in same}) == 1
    assert len(same[0].content_hash) == 32
    one, two = (of(Message("assistant", None, tool_calls=(ToolCall("f", "{}", id),))) for id in ("a", "b"))
    assert one.content_hash == two.content_hash


DIFFERENT = [
    of(Message("user", "ab"), Message("user", "c")),
    of(Message("user", "a"), Message("user", "bc")),
    of(Message("user", "abc")),
    of(Message("user", "abc"), Message("user", "")),
    of(Message("user", "abc"), Message("user", None)),
    of(Message("user", "c", name="ab")),
    of(Message("user", "bc", name="a")),
    of(Message("user", "abc", name="")),
    of(Message("assistant", "abc")),
    of(Message("user", None, attachments=("abc",))),
    of(Message("user", None, attachments=("f", "{}"))),
    of(Message("user", None, attachments=("f",), tool_calls=(ToolCall("{}", "f"),))),
    of(Message("user", None, attachments=("f", "{}", "f"))),
    of(Message("user", None, tool_calls=(ToolCall("f", "{}"),))),
    of(Message("user", None, tool_calls=(ToolCall("f{", "}"),))),
    of(Message("user", None, tool_calls=(ToolCall("f", "{}"), ToolCall("f", "{}")))),
    of(Message("user", None, attachments=("f", "{}", "f", "{}"))),
    of(Message("user", "f", tool_calls=(ToolCall("{}", "f"),))),
    of(Message("user", "|4:user")),
    of(Message("user", ""), Message("user", "")),
    of(Message("user", "\ud800")),
    of(Message("user", "\udfff")),
    of(Message("user", "�")),
    of(Message("user", "\u00ff")),
    of(Message("user", "\x00")),
    of(Message("user", "a"), Message("user", "hi", name="Ann"), Message("user", "yo", name="Bob")),
    of(Message("user", "a", tool_calls=(ToolCall("user", "Ann"), ToolCall("hi", "user"), ToolCall("Bob", "yo")))),
]


def test_no_two_of_these_have_one_hash():
    alike = [(a, b) for a, b in combinations(DIFFERENT, 2) if a.content_hash == b.content_hash]
    assert not alike


def message(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "text", **fields}


BAD: list[tuple[Any, str]] = [
    ([], "no messages"),
    ({"role": "user"}, "messages is not a list"),
    ("hello", "messages is not a list"),
    (b"hello", "messages is not a list"),
    (None, "messages is not a list"),
    (7, "messages is not a list"),
    ([message(), 7], "message 1 is not an object"),
    ([message(role="robot")], "message 0 has role 'robot', not one of assistant"),
    ([message(role="User")], "message 0 has role 'User'"),
    ([message(role=None)], "message 0 has role NoneType"),
    ([message(role=["user"])], "message 0 has role list"),
    ([{"content": "hi"}], "message 0 has role NoneType"),
    ([message(content=7)], "message 0 has content that is int, not text, null or parts"),
    ([message(content={"text": "hi"})], "message 0 has content that is dict"),
    ([message(content=[7])], "message 0 has a content part that is int"),
    ([message(content=[None])], "message 0 has a content part that is NoneType"),
    ([message(tool_calls="f()")], "message 0 has tool_calls that are not a list"),
    ([message(tool_calls={"name": "f"})], "message 0 has tool_calls that are not a list"),
    ([message(tool_calls=[{"function": {}}])], "message 0 has a tool call without a name"),
    ([message(tool_calls=[{"function": {"name": 3}}])], "message 0 has a tool call without a name"),
    ([message(tool_calls=["f"])], "message 0 has a tool call without a name"),
    ([message(function_call="f")], "message 0 has a tool call without a name"),
    ([message(function_call={"name": "f", "arguments": 1 << 80})], "whose arguments cannot be written as JSON"),
    ([message(function_call={"name": "f", "arguments": {"x": "\ud800"}})], "cannot be written as JSON"),
]


@pytest.mark.parametrize(("messages", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_what_is_no_conversation_is_refused_with_its_reason(messages: Any, reason: str):
    with pytest.raises(BadRecord) as caught:
        Conversation.of(messages)
    assert reason in caught.value.reason
    assert "\n" not in caught.value.reason


def test_a_long_role_from_a_log_is_cut_and_its_control_characters_are_spelt_out():
    with pytest.raises(BadRecord) as caught:
        Conversation.of([{"role": "\x1b[31m" + "r" * 500}])
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason) < 160


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_is_kept_as_it_stands(role: str):
    assert Conversation.of([{"role": role, "content": "x"}]).messages[0].role == role


def test_parts_become_text_and_the_rest_is_named():
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:"}},
        "at this",
        {"type": "text", "text": ""},
        {"type": "refusal", "refusal": "no"},
        {"type": "text", "text": {"value": "said", "annotations": []}},
        {"type": 5},
    ]
    talk = Conversation.of([{"role": "user", "content": parts}, {"role": "user", "content": []}])
    assert talk.messages[0].content == "look\nat this\n\nno\nsaid"
    assert talk.messages[0].attachments == ("image_url", "unknown")
    assert (talk.messages[1].content, talk.messages[1].text) == (None, "")
    for part in ({"what": 1}, {"type": "text"}, {"type": "text", "text": None}):
        with pytest.raises(BadRecord, match="message 0 has a content part without text, only"):
            Conversation.of([{"role": "user", "content": [part]}])


def test_calls_in_the_new_and_the_old_shape():
    new = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"b":1}'}}
    old = {"name": "find", "arguments": {"b": 1, "a": None}}
    talk = Conversation.of(
        [message(tool_calls=[new, old]), message(function_call=old, tool_calls=None), message(tool_calls=[])]
    )
    assert talk.messages[0].tool_calls == (ToolCall("find", '{"b":1}', "c1"), ToolCall("find", '{"a":null,"b":1}'))
    assert talk.messages[1].tool_calls == (ToolCall("find", '{"a":null,"b":1}'),)
    assert talk.messages[2].tool_calls == ()


def test_there_and_back_again():
    talk = Conversation.of(
        [
            {"role": "user", "content": "hi", "name": "Ann"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "content": "5", "tool_call_id": "1"},
        ]
    )
    assert Conversation.of(talk.to_dicts()) == talk
    assert Conversation.of(talk.messages).content_hash == talk.content_hash


def test_names_and_ids_that_are_no_text_are_left_out():
    talk = Conversation.of([{"role": "tool", "content": "5", "name": 7, "tool_call_id": ["x"]}])
    assert (talk.messages[0].name, talk.messages[0].tool_call_id) == (None, None)


@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("Ten.", "", "Ten."),
        ("<think>\n5 + 5\n</think>\n\nTen.", "5 + 5", "Ten."),
        (" <think></think> Ten.", "", "Ten."),
        ("5 + 5\n</think>\n\nTen.", "5 + 5", "Ten."),
        ("5 + 5\n</think>", "5 + 5", ""),
        ("<think>\n5 +", "5 +", ""),
        ("The tag </think> ends it.", "", "The tag </think> ends it."),
        ("Write `<think>`\n</think>\nlike so.", "", "Write `<think>`\n</think>\nlike so."),
        ("", "", ""),
    ],
)
def test_what_was_thought_was_not_said(text: str, thought: str, said: str):
    assert thought_and_said(text) == (thought, said)
