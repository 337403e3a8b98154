"""Each format's fixture gives the conversations that a person reads in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.conversation import Conversation
from overture.logs import FORMATS, detect, inspect, read

from .helpers import FIXTURES, chat, everything, said, written


def test_every_format_is_detected_by_content_and_not_by_name(tmp_path: Path) -> None:
    for fixture in FIXTURES.glob("*.*"):
        if fixture.stem in FORMATS:
            shutil.copy(fixture, tmp_path / "log.pdf")
            assert detect(str(tmp_path / "log.pdf")) == fixture.stem


def test_openai() -> None:
    good, bad = everything(FIXTURES / "openai.jsonl")
    assert not bad
    assert [c.given_id for c in good] == ["a1", "r1", "r1#1", "b1", "b1", None]
    assert good[0].metadata == {"team": "blue", "model": "m-1"}
    assert said(good[2]) == [("user", "2+2?"), ("assistant", "Four.")]
    assert good[3].messages[0].attachments == ("image_url",)
    assert good[4].messages[0].tool_calls[0].name == "look"
    assert good[1].metadata["model"] == "m-2"
    assert {c.source for c in good} == {str(FIXTURES / "openai.jsonl")}


def test_an_answer_beside_the_messages_is_read_or_rejected_and_never_lost(tmp_path: Path) -> None:
    asked, answer = {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "Four."}
    choices = {"choices": [{"message": answer}]}
    beside: list[dict[str, Any]] = [
        {"response": choices},
        choices,
        {"response": "Four."},
        {"output": "Four."},
        {"output": answer},
    ]
    lines = [{"messages": [asked], "id": "a", **more} for more in beside]
    lines += [{"messages": [asked, answer], "response": "Four."}, {"messages": [asked, answer], "error": "late"}]
    good, bad = everything(written(tmp_path, *map(orjson.dumps, lines)))
    assert not bad and [said(each) for each in good] == [[("user", "2+2?"), ("assistant", "Four.")]] * len(lines)
    assert {each.given_id for each in good[:5]} == {"a"} and not good[2].metadata
    unread: list[dict[str, Any]] = [{"response": {"error": "no"}}, {"output": [answer]}, {"output": {"text": "Four."}}]
    nothing: list[dict[str, Any]] = [{"response": None}, {"output": ""}, {"output": 7}]
    good, bad = everything(written(tmp_path, *(orjson.dumps({"messages": [asked], **m}) for m in unread + nothing)))
    shapes = "the response has no choices: it failed, was streamed, or has a shape that is not read"
    assert [each.reason for each in bad] == ["the response has no choices: the request failed", shapes, shapes]
    assert [len(each) for each in good] == [1] * len(nothing)


def test_anthropic_messages_are_read_with_their_tools_and_their_system(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "k1", "name": "look", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "k1", "content": [{"type": "text", "text": "Rain."}]}
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "I look."}, call]
    asked = [{"role": "user", "content": "Rain?"}, {"role": "assistant", "content": parts}]
    asked.append({"role": "user", "content": [result, {"type": "text", "text": "And?"}]})
    answer = {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "It rains."}]}
    request = {"model": "m-1", "system": [{"type": "text", "text": "Be kind."}], "messages": asked}
    file = written(tmp_path, orjson.dumps({"request": request, "response": answer}), orjson.dumps(request))
    (whole, sent), bad = everything(file)
    assert not bad and (whole.id, whole.metadata["model"]) == ("msg_1", "m-1")
    talk = [("system", "Be kind."), ("user", "Rain?"), ("assistant", "I look."), ("tool", "Rain."), ("user", "And?")]
    assert said(sent) == talk and said(whole) == [*talk, ("assistant", "It rains.")]
    assert (whole.messages[2].tool_calls[0].name, whole.messages[2].tool_calls[0].arguments) == (
        "look",
        '{"city":"Oslo"}',
    )
    assert whole.messages[3].tool_call_id == "k1"


def test_messages_in_parts_keep_their_words_their_calls_and_their_order(tmp_path: Path) -> None:
    call = {"toolCallId": "t1", "input": {"city": "Rome"}, "output": {"degrees": 20}}
    old = {"toolName": "weather", "toolCallId": "t1", "args": {"city": "Rome"}, "result": "20", "state": "result"}
    user = {"role": "user", "parts": [{"type": "text", "text": "How warm is Rome?"}]}
    parts = [
        {"type": "step-start"},
        {"type": "reasoning", "text": "Hm."},
        {"type": "text", "text": "Let me look."},
        {"type": "tool-weather", "state": "output-available", **call},
        {"type": "text", "text": "20 degrees."},
    ]
    new = {"messages": [user, {"role": "assistant", "parts": parts}]}
    older = {"messages": [user, {"role": "assistant", "content": "20 degrees.", "parts": [
        {"type": "tool-invocation", "toolInvocation": old}, {"type": "text", "text": "20 degrees."},
    ]}]}  # fmt: skip
    silent = {"messages": [{"role": "user", "text": "How warm is Rome?"}]}
    good, bad = everything(written(tmp_path, *map(orjson.dumps, (new, older, silent))))
    asked, done = ("user", "How warm is Rome?"), ("assistant", "20 degrees.")
    assert said(good[0]) == [asked, ("assistant", "Let me look."), ("tool", '{"degrees":20}'), done]
    assert said(good[1]) == [asked, ("assistant", None), ("tool", "20"), done]
    for one in good:
        made, answer = one.messages[1].tool_calls[0], one.messages[2]
        assert (made.name, made.arguments, made.id) == ("weather", '{"city":"Rome"}', answer.tool_call_id)
    assert [one.reason for one in bad] == ["message 0 has no content, only 'role', 'text'"]


def test_traces_hold_what_went_in_and_what_came_out() -> None:
    good, bad = everything(FIXTURES / "traces.jsonl")
    assert [c.id for c in good] == ["r1", "r2", "r3", "t1", "t2", "p1", "b1"]
    assert [r.reason for r in bad] == ["a step of a trace without messages in what went in or came out"]
    assert said(good[0])[0] == ("user", "Book a table.")
    assert good[0].messages[1].tool_calls[0].arguments == '{"q":"Rosa"}'
    assert said(good[1])[-1] == ("assistant", "For how many?")
    assert said(good[2]) == [("user", "Hi"), ("assistant", "Hello."), ("user", "Four.")]
    assert said(good[3]) == [("user", "Cancel it."), ("assistant", "Which order?")]
    assert good[3].metadata == {"team": "blue", "name": "chat"}
    assert said(good[4]) == [("user", "Where to?"), ("assistant", "Oslo.")]
    assert said(good[5]) == [
        ("system", "Be brief."),
        ("user", "2+2?"),
        ("assistant", None),
        ("tool", "4"),
        ("assistant", "4."),
    ]
    assert said(good[6]) == [("assistant", "4.")]


def test_rows_with_an_instruction_are_no_traces(tmp_path: Path) -> None:
    file = written(tmp_path, b'{"instruction": "Add.", "input": "2 2", "output": "4"}')
    good, bad = everything(file)
    assert not good and "not a record of a known log format" in bad[0].reason


def test_sharegpt_array() -> None:
    good, bad = everything(FIXTURES / "sharegpt.json")
    assert [c.id for c in good] == ["s1", "s3"]
    assert [m.role for m in good[0].messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert good[0].messages[2].tool_calls[0].arguments == '{"city":"Oslo"}'
    assert good[0].messages[4].content == 'It rains, "a lot" ]}.'
    assert good[1].metadata == {"lang": "en"}
    assert "'martian'" in bad[0].reason
    assert (FIXTURES / "sharegpt.json").read_bytes()[bad[0].offset :].startswith(b'{"id": "s2"')


def test_chatgpt_follows_the_branch_the_user_ended_on() -> None:
    good, bad = everything(FIXTURES / "chatgpt.json")
    assert [(m.role, m.content) for m in good[0].messages] == [
        ("user", "Where is this?"),
        ("assistant", None),
        ("tool", "Oslo"),
        ("assistant", "It is Oslo."),
    ]
    assert good[0].messages[0].attachments == ("image_asset_pointer",)
    assert (good[0].messages[1].tool_calls[0].name, good[0].messages[1].tool_calls[0].arguments) == ("python", "look()")
    assert good[0].id == "c1"
    assert good[0].metadata["title"] == "Trip"
    assert said(good[1])[-1] == ("assistant", "late")
    assert good[1].metadata["branch"] == "last_leaf"
    assert len(bad) == 1
    assert "cycle" in bad[0].reason


def test_transcript_keeps_a_rule_within_an_answer() -> None:
    good, bad = everything(FIXTURES / "transcript.txt")
    assert not bad
    assert [said(c) for c in good] == [
        [
            ("user", "Write a haiku."),
            ("assistant", "Old pond.\n\n---\n\nA frog."),
            ("user", "More?"),
            ("assistant", "No."),
        ],
        [("user", "hello"), ("assistant", 'Hi. The word "Human: x" stays.')],
    ]


def test_pairs_share_a_hash_and_differ_in_side() -> None:
    good, bad = everything(FIXTURES / "hh.jsonl")
    assert len(good) == 6
    assert [c.metadata["side"] for c in good] == ["chosen", "rejected"] * 3
    assert all(c.given_id == f"{c.metadata['pair']}#{c.metadata['side']}" for c in good)
    assert len({c.metadata["pair"] for c in good}) == 3
    assert said(good[0]) == [("user", "Help me."), ("assistant", "With what?")]
    assert said(good[3]) == [("user", "Tom has apples."), ("assistant", "10")]
    assert good[3].metadata["source"] == "made"
    assert said(good[4])[0] == said(good[5])[0] == ("user", "hi")
    assert [len(c) for c in good[4:]] == [2, 2]
    assert len(bad) == 1


def test_tau2_reads_the_runs_and_what_stands_beside_them() -> None:
    good, bad = everything(FIXTURES / "tau2.json")
    assert [c.id for c in good] == ["run-1"]
    assert good[0].messages[2].tool_calls[0].arguments == '{"order":7}'
    assert good[0].messages[3].tool_call_id == "k1"
    wanted = {"model": "agent-1", "user_model": "user-1", "domain": "shop", "reward": 1.0, "task_id": "t1", "trial": 0}
    assert wanted.items() <= dict(good[0].metadata).items()
    assert [r.reason for r in bad] == ["no messages"]


def test_in3_has_the_summary_and_the_systems_own_verdict() -> None:
    (good,), bad = everything(FIXTURES / "in3.jsonl")
    assert not bad
    assert [m.role for m in good.messages] == ["user", "assistant", "user", "assistant"]
    assert good.metadata == {"missing_details_num": 2, "vague": True}


def test_otel_three_generations_of_the_convention() -> None:
    good, bad = everything(FIXTURES / "otel.jsonl")
    assert [c.id for c in good] == ["t/s1", "t/s2", "t/s3"]
    assert said(good[0]) == [
        ("system", "Be kind."),
        ("user", "hi"),
        ("assistant", None),
        ("tool", "found"),
        ("assistant", "hello"),
    ]
    assert good[0].messages[2].tool_calls[0].arguments == '{"q":1}'
    assert good[0].metadata == {
        "request.model": "m",
        "conversation.id": "c9",
        "usage.input_tokens": 12,
        "model": "m",
    }
    assert said(good[1]) == said(good[2]) == [("user", "hi"), ("assistant", "hello")]
    assert ["none of its 1 spans" in bad[0].reason, "not recorded" in bad[1].reason] == [True, True]


def test_inspect_json() -> None:
    (good,), bad = everything(FIXTURES / "inspect.json")
    assert not bad
    assert good.id == "1_epoch_1"
    assert said(good) == [("user", "long text"), ("assistant", "calling"), ("tool", "found")]
    assert good.messages[1].tool_calls[0].arguments == '{"x":1}'
    assert dict(good.metadata) == {"model": "m", "task": "maze", "epoch": 1, "score_match": "C"}


def test_an_inspect_sample_with_several_scores_or_a_trial_of_ours() -> None:
    sample = orjson.loads((FIXTURES / "inspect.json").read_bytes())["samples"][0]
    sample["scores"] = {"check": {"value": {"solved": 1.0, "asked_in_need": None}}, "match": {"value": "C"}}
    sample["store"] = {"overture": {"config": {"protocol": "mc"}, "status": "capped"}}
    (found,) = inspect.conversations(sample, "log")
    assert isinstance(found, Conversation)
    assert dict(found.metadata) == {
        "epoch": 1, "score_check_solved": 1.0, "score_match": "C", "protocol": "mc", "status": "capped",
    }  # fmt: skip


DATA = Path(os.environ.get("OVERTURE_DATA", Path(__file__).parents[2] / "../shared/data"))


@pytest.mark.skipif(not (DATA / "in3").is_dir(), reason="the shared data are not here")
def test_real_logs_are_read_whole() -> None:
    paths = [str(DATA / "in3" / "records_*.jsonl"), str(DATA / "tau_bench" / "gpt-4o-airline.json")]
    rejects: list[object] = []
    good = list(read(paths, on_reject=rejects.append))
    assert (len(good), len(rejects)) == (4 * 108 + 200, 0)
    assert sum(c.metadata.get("reward", 0) for c in good) > 0


def test_what_an_assistant_only_thought_is_left_out_in_every_format(tmp_path: Path) -> None:
    thought = "<think>\nWhich day?\n</think>\n\nFor how many?"
    turns = [{"from": "human", "value": "<think> is what?"}, {"from": "gpt", "value": thought}]
    lines = [chat("Book it."), orjson.dumps({"conversations": turns})]
    lines[0] = lines[0].replace(b'"about Book it."', orjson.dumps(thought))
    good, bad = everything(written(tmp_path, *lines))
    assert not bad and [said(each)[-1] for each in good] == [("assistant", "For how many?")] * 2
    assert said(good[1])[0] == ("user", "<think> is what?")


def test_a_part_of_a_span_that_was_only_thought_is_neither_said_nor_attached(tmp_path: Path) -> None:
    parts = [{"type": "reasoning", "content": "hm"}, {"type": ["odd"]}, {"type": "text", "content": "Ten."}]
    answer = [{"role": "assistant", "parts": parts}]
    span = {"name": "chat", "attributes": {"gen_ai.output.messages": answer}}
    (found,), bad = everything(written(tmp_path, orjson.dumps(span)))
    assert not bad and (found.messages[0].text, found.messages[0].attachments) == ("Ten.", ("unknown",))
