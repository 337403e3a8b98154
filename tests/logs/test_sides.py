"""Records whose words stand in an unusual place: each is read whole, or is a reject that says why.

In comes a record; out comes who said what, or the reason. Easy to get wrong: half of a conversation is a conversation
too, so a side that is lost, doubled or put into other words is seen only where the whole is written down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from overture.conversation import Conversation
from overture.errors import BadRecord
from overture.logs.records import read_record
from overture.logs.transcript import read_text

from .helpers import everything

U: dict[str, Any] = {"role": "user", "content": "Hi"}
CALL = {"id": "k", "type": "function", "function": {"name": "f", "arguments": "{}"}}
HI = ["user: Hi"]
TOLD = ["user: Hi", "assistant: Hello"]
CALLED = ["user: Hi", "assistant: f({})"]
ANSWERED = [*CALLED, "tool: 4"]
SPOKEN = {"role": "assistant", "content": "Hello"}


def shown(found: Conversation) -> list[str]:
    """A line a message: its words, its attachments in brackets, its calls."""
    return [
        f"{message.role}: "
        + " ".join(
            [message.text] * bool(message.text)
            + [f"[{kind}]" for kind in message.attachments]
            + [f"{call.name}({call.arguments})" for call in message.tool_calls]
        )
        for message in found.messages
    ]


def outcome(record: Any) -> Any:
    """The reason of the reject, or the lines of the conversation, or of each of several."""
    found = list(read_record(orjson.dumps(record), None, "f"))
    read = [shown(one) if isinstance(one, Conversation) else one.reason for one in found]
    return read[0] if len(read) == 1 else read


def said_by(**message: Any) -> dict[str, Any]:
    return {"messages": [U, {"role": "assistant", **message}]}


def span(events: Any = (), **attributes: Any) -> dict[str, Any]:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return {"name": "chat", "span_id": "s", "attributes": named, "events": list(events)}


def part(text: str, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


TRACES: list[tuple[Any, Any]] = [
    ({"input": [U], "output": '{"name":"Bob","age":4}'}, [*HI, 'assistant: {"name":"Bob","age":4}']),
    ({"input": [U], "output": '{"name":"Bob"}'}, [*HI, 'assistant: {"name":"Bob"}']),
    ({"input": [U], "output": {"answer": "Bob", "sources": ["x"]}}, "what came out holds no messages"),
    ({"input": [U], "output": [{"index": 0, "message": SPOKEN}]}, TOLD),
    ({"input": [U], "output": {"role": "assistant", "tool_calls": [CALL]}}, CALLED),
    ({"input": [U], "output": {"type": "function_call", "call_id": "k", "name": "f", "arguments": "{}"}}, CALLED),
    ({"inputs": {"input": "Hi", "chat_history": []}, "outputs": {"output": "Hello"}}, TOLD),
    ({"input": {"instructions": "Be", "input": "Hi", "tools": []}, "output": "Hello"}, ["system: Be", *TOLD]),
    ({"inputs": {"messages": [U], "system": "Be"}, "outputs": SPOKEN}, ["system: Be", *TOLD]),
    ({"inputs": {"messages": [["user", "Hi"]]}, "outputs": {"output": "Hello"}}, TOLD),
    ({"inputs": {"a": 1, "b": 2}, "outputs": {"output": "Hello"}}, "what went in holds no messages"),
    ({"input": '{"a":1,"b":2}', "output": "Hello"}, ['user: {"a":1,"b":2}', "assistant: Hello"]),
    ({"inputs": {"messages": [[U], [U]]}, "outputs": {"generations": [[{"text": "A"}], [{"text": "B"}]]}},
     "a run that answered several conversations at once"),
    ({"inputs": {"messages": [[U]]}, "outputs": {"generations": [[{"text": "A"}, {"text": "B"}]]}},
     [[*HI, "assistant: A"], [*HI, "assistant: B"]]),
    ({"inputs": {"messages": [U]}, "outputs": {"messages": [
        {"type": "human", "content": "Hi", "id": "x", "additional_kwargs": {}},
        {"type": "ai", "content": "Hello", "id": "y"}]}}, TOLD),
    ({"object": "response", "input": "Hi", "output": [
        {"type": "mcp_call", "id": "k", "name": "f", "arguments": "{}", "output": "4"}]}, ANSWERED),
    ({"custom_id": "b", "response": {"body": {"object": "response", "instructions": "Be", "output": [
        {"type": "message", **SPOKEN}]}}}, ["system: Be", "assistant: Hello"]),
]  # fmt: skip

CHATS: list[tuple[Any, Any]] = [
    (said_by(content=[{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "So"}], tool_calls=[CALL]),
     [*HI, "assistant: So f({})"]),
    (said_by(content=[{"type": "thinking", "thinking": "x"}], tool_calls=[CALL]), CALLED),
    ([U, {"role": "assistant", "content": [{"type": "tool_use", "id": "k", "name": "f", "input": {}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "k", "content": "4"}]}], ANSWERED),
    ([{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}, SPOKEN], TOLD),
    ({"messages": [U,
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "k", "toolName": "f", "input": {}}]},
        {"role": "tool", "content": [
            {"type": "tool-result", "toolCallId": "k", "output": {"type": "json", "value": 4}}]}]}, ANSWERED),
    (said_by(content="", toolInvocations=[{"toolCallId": "k", "toolName": "f", "args": {}, "result": "4"}]), ANSWERED),
    (said_by(parts=[{"type": "tool-f", "state": "output-error", "input": {}, "errorText": "down"}]),
     [*CALLED, "tool: down"]),
    (said_by(content="", additional_kwargs={"tool_calls": [CALL]}), CALLED),
    (said_by(content="", additional_kwargs={"function_call": CALL["function"]}), CALLED),
    ({"messages": [{"role": "user", "content": [{"text": "Hi"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "k", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "k", "content": [{"json": 4}]}}]}]}, ANSWERED),
    (said_by(content=[{"odd": 1}]), "message 1 has a content part without text, only 'odd'"),
    (said_by(content=None, refusal="I cannot."), [*HI, "assistant: I cannot."]),
    (said_by(content=None, audio={"transcript": "Hello"}), TOLD),
    ({"messages": [U, {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}], "response": "Hello"}, TOLD),
    ({"messages": [U, SPOKEN], "choices": [{"message": {**SPOKEN, "tool_calls": []}}]}, TOLD),
    ({"messages": [U, SPOKEN], "choices": [{"message": SPOKEN}, {"message": {"role": "assistant", "content": "B"}}]},
     [TOLD, [*HI, "assistant: B"]]),
    ({"messages": [U], "response": '{"choices":[{"message":{"role":"assistant","content":"Hello"}}]}'}, TOLD),
    ({"messages": [U], "response": '{"name":"Bob"}'}, [*HI, 'assistant: {"name":"Bob"}']),
    ({"messages": [U], "output": None, "output_message": {"role": "assistant", "tool_calls": [CALL]}}, CALLED),
    ({"messages": [U], "completion": "Hello"}, TOLD),
    ({"messages": [U, SPOKEN], "response": {"choices": [{"message": {"role": "assistant", "text": "B"}}]}},
     "message 1 has no content, only 'role', 'text'"),
]  # fmt: skip

OTHERS: list[tuple[Any, Any]] = [
    ({"conversations": [{"from": "human", "content": "Hi"}]}, "message 0 has no value, only 'from', 'content'"),
    ({"conversations": [{"role": "user", "value": "Hi"}]}, "message 0 has no content, only 'role', 'value'"),
    ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": '[{"name":"f"},{"name":"g"}]'}]},
     [*HI, "assistant: f({}) g({})"]),
    ({"chosen": [{"role": "user", "text": "Hi"}], "rejected": [U]}, "message 0 has no content, only 'role', 'text'"),
    ({"prompt": [{"role": "system", "content": "Be"}, U], "chosen": [U, SPOKEN], "rejected": [SPOKEN]},
     [["system: Be", *TOLD], ["system: Be", *TOLD]]),
    ({"conversation_hash": "h", "conversation": [{"role": "user", "text": "Hi"}]},
     "message 0 has no content, only 'role'"),
    ({"initial_thought": "", "actions": [{"role": "User", "text": "Hi"}]}, "message 0 has no content, only 'role'"),
    ({"id": 1, "epoch": 1, "messages": [U, {"role": "assistant", "content": [
        {"type": "reasoning", "reasoning": "x"}, {"type": "text", "text": "Hello"}]},
        {"role": "tool", "content": "", "error": {"message": "late"}}]}, [*TOLD, "tool: late"]),
    ({"overture_decision": 1, "messages": [U], "answer": "Hello"}, TOLD),
]  # fmt: skip

ASKED = {"gen_ai__prompt__0__role": "user", "gen_ai__prompt__0__content": "Hi"}
NAMED = {"gen_ai__completion__0__tool_calls__0__name": "f", "gen_ai__completion__0__tool_calls__0__arguments": "{}"}
INFERENCE = {"openinference__span__kind": "LLM", "llm__input_messages__0__message__content": "Hi"}
OUT = "llm__output_messages__"
EACH = [[*HI, "assistant: A"], [*HI, "assistant: B"]]
CHOICES = [{"name": "gen_ai.choice", "body": {"message": {"content": text}}} for text in "AB"]
AZURE = [
    {"name": f"gen_ai.{name}", "attributes": {"gen_ai.event.content": orjson.dumps(body).decode()}}
    for name, body in (("user.message", U), ("choice", {"message": {"content": "Hello"}}))
]
BUILTIN = [{"type": "tool_call", "name": "f"}, {"type": "tool_call_response", "result": "4"}]
SPANS: list[tuple[Any, Any]] = [
    (span(**ASKED, **NAMED, gen_ai__completion__0__content="So"), [*HI, "assistant: So f({})"]),
    (span(**ASKED, **NAMED, gen_ai__completion__0__finish_reason="tool_calls"), CALLED),
    (span(**INFERENCE, **{f"{OUT}0__message__function_call_name": "f"}), CALLED),
    (span(**INFERENCE, **{f"{OUT}{at}__message__content": text for at, text in enumerate("AB")}), EACH),
    (span(gen_ai__input__messages=[part("Hi", "user")], gen_ai__output__messages=[part("A"), part("B")]), EACH),
    (span(CHOICES, gen_ai__input__messages=[part("Hi", "user")]), EACH),
    (span(**ASKED, gen_ai__system_instructions="Be"), ["system: Be", *HI]),
    (span(**ASKED, gen_ai__output__messages=[{"role": "assistant", "parts": BUILTIN}]), ANSWERED),
    (span(AZURE, gen_ai__system="azure"), TOLD),
    (span([{"name": "gen_ai.user.message"}]), "span 0: message 0 has no content, only 'role', 'tool_call_id'"),
]


@pytest.mark.parametrize(("record", "wanted"), [*TRACES, *CHATS, *OTHERS, *SPANS])
def test_a_record_is_read_whole_or_rejected_with_its_reason(record: Any, wanted: Any) -> None:
    assert outcome(record) == wanted


def test_a_transcript_whose_assistant_has_another_name_is_a_reject() -> None:
    (found,) = read_text(b"User: hi\nChatGPT: hello\nUser: bye", "f")
    reason = "no assistant speaks, but every turn has a line of 'ChatGPT': call it Assistant"
    assert isinstance(found, BadRecord) and found.reason == reason
    (found,) = read_text(b"User: hi\nNote: one\nUser: bye\nAssistant: So.\nTool: 4", "f")
    assert isinstance(found, Conversation) and shown(found)[-1] == "assistant: So.\nTool: 4"


def test_a_record_nested_too_deep_is_a_reject_and_stops_nothing() -> None:
    deep = b'{"input": "Hi", "output": ' + b'{"a": ' * 1000 + b"1" + b"}" * 1001
    (found,) = read_record(deep, None, "f")
    assert isinstance(found, BadRecord) and found.reason.startswith("nested too deep")


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"messages": [U], "choices": [{"message": SPOKEN}]}, TOLD),
        ({"messages": [U], "output": SPOKEN}, TOLD),
        ({"messages": [U], "system": [{"type": "text", "text": "Be"}]}, ["system: Be", *HI]),
        ({"inputs": {"messages": [U]}, "outputs": {"output": "Hello"}}, TOLD),
        ({"attributes.openinference.span.kind": "LLM", "attributes.llm.input_messages": [{"message.content": "Hi"}],
          "attributes.llm.output_messages": [{"message.content": "Hello"}]}, TOLD),
    ],
)  # fmt: skip
def test_what_a_table_holds_in_nested_columns_is_read(row: dict[str, Any], wanted: list[str], tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "log")
    (found,), bad = everything(tmp_path / "log")
    assert not bad and shown(found) == wanted
