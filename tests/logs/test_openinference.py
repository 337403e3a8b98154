"""OpenInference: one call of a model in the four ways in which it is exported, and what is no such call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.conversation import Conversation, ToolCall
from overture.logs import detect

from .helpers import everything, said, written

IN = [
    {"message": {"role": "system", "content": "Be kind."}},
    {
        "message": {
            "role": "user",
            "contents": [
                {"message_content": {"type": "text", "text": "Which is it?"}},
                {"message_content": {"type": "image", "image": {"image": {"url": "http://no.test/a.png"}}}},
            ],
        }
    },
]
CALL = {"id": "c1", "function": {"name": "look", "arguments": '{"at": "a"}'}}
THOUGHT = {"message_content": {"type": "reasoning", "text": "Let me see."}}
OUT = [{"message": {"role": "assistant", "contents": [THOUGHT], "tool_calls": [{"tool_call": CALL}]}}]
LLM = {"input_messages": IN, "output_messages": OUT, "model_name": "m-1", "token_count": {"prompt": 3}}


def flat(value: Any, path: str = "") -> dict[str, Any]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        return {path: value}
    return {k: v for name, each in pairs for k, v in flat(each, f"{path}.{name}" if path else str(name)).items()}


KIND = {"openinference.span.kind": "LLM", "session.id": "s9"}
CONTEXT = {"trace_id": "t", "span_id": "s"}
NESTED = {"name": "chat", "context": CONTEXT, "attributes": {"llm": LLM, "openinference": {"span": {"kind": "LLM"}}, "session": {"id": "s9"}}}  # fmt: skip
FLAT = {"name": "chat", "context": CONTEXT, "attributes": {**KIND, **flat(LLM, "llm")}}
BY_KIND = {
    "name": "chat",
    "span_kind": "LLM",
    "context": CONTEXT,
    "attributes": {"session.id": "s9", **flat(LLM, "llm")},
}
ROW = {
    "name": "chat",
    "span_kind": "LLM",
    "context.trace_id": "t",
    "context.span_id": "s",
    **{f"attributes.{key}": value for key, value in KIND.items()},
    "attributes.llm.input_messages": [{f"message.{k}": v for k, v in each["message"].items()} for each in IN],
    "attributes.llm.output_messages": OUT,
    "attributes.llm.model_name": "m-1",
    "attributes.retrieval.documents": None,
}
OTLP = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {
                    "spans": [
                        {"traceId": "t", "spanId": "r", "attributes": [{"key": "openinference.span.kind", "value": {"stringValue": "CHAIN"}}]},
                        {"traceId": "t", "spanId": "s", "attributes": [{"key": key, "value": {"stringValue": str(value)}} for key, value in FLAT["attributes"].items()]},
                    ]
                }
            ]
        }
    ]
}  # fmt: skip


@pytest.mark.parametrize("record", [FLAT, NESTED, BY_KIND, ROW, OTLP], ids=["flat", "nested", "kind", "row", "otlp"])
def test_one_call_however_it_is_exported(record: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, orjson.dumps(record))
    assert detect(file) == "otel"
    (found,), bad = everything(file)
    assert not bad and isinstance(found, Conversation) and found.id == "t/s"
    assert said(found) == [("system", "Be kind."), ("user", "Which is it?"), ("assistant", None)]
    assert found.messages[1].attachments == ("image",)
    assert found.messages[2].tool_calls == (ToolCall("look", '{"at": "a"}', "c1"),)
    assert (found.metadata["model"], found.metadata["session.id"]) == ("m-1", "s9")


def test_spans_that_are_no_call_or_hold_no_words_are_said(tmp_path: Path) -> None:
    chain = {**FLAT, "attributes": {**FLAT["attributes"], "openinference.span.kind": "CHAIN"}}
    empty = {**FLAT, "attributes": KIND}
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    lines = [orjson.dumps(each) for each in (FLAT, chain, empty, {**FLAT, "attributes": {**KIND, "llm": deep}})]
    good, bad = everything(written(tmp_path, *lines))
    assert len(good) == 1
    reasons = ["none of its 1 spans is a chat", "content was not recorded", "nested deeper"]
    assert len(bad) == 3 and all(reason in one.reason for reason, one in zip(reasons, bad, strict=True))
