"""A policy leads: what it changes is changed and nothing else, in the shape the client asked for."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.policies import Decision
from overture.policies.base import sent_back_to
from overture.serve.exchange import Exchange
from overture.serve.settings import Settings

from .leaders import Told, making
from .wire import DONE, Script, ask, count, event, parted, proxied, replying, request, saying, streaming

CLOSE = b"Connection: close"
USER = {"role": "user", "content": "Book a table."}
ASK = Decision("elicit", confidence=0.93, say="For how many?", policy="gaps")
PICTURE = {
    "role": "user",
    "content": [{"type": "text", "text": "This."}, {"type": "image_url", "image_url": {"url": "http://no.test/a"}}],
}


def body(*messages: Any, **more: Any) -> bytes:
    return orjson.dumps({"model": "m", "messages": list(messages or [USER]), **more})


def header(head: bytes, name: str) -> str | None:
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith(f"{name.lower()}:"):
            return line.partition(":")[2].strip()
    return None


async def test_words_that_are_planned_answer_and_the_upstream_is_not_asked():
    async with proxied(replying(saying("no")), making(told=Told(ASK)), policy="told") as (mock, proxy, port):
        head, said = parted(await ask(port, request(body(n=2), CLOSE)))
        assert count(proxy, 'overture_decisions_total{move="elicit",policy="gaps",shadow="false"}') == 1
    answer = orjson.loads(said)
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["For how many?"] * 2
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "m"
    assert header(head, "X-Overture") == "elicit; policy=gaps; confidence=0.93"
    assert not mock.seen


async def test_words_that_are_planned_come_as_a_stream_where_one_was_asked_for():
    asked = body(stream=True, stream_options={"include_usage": True})
    async with proxied(replying(b"{}"), making(told=Told(ASK)), policy="told") as (_, _, port):
        head, said = parted(await ask(port, request(asked, CLOSE)))
    assert header(head, "Content-Type") == "text/event-stream; charset=utf-8"
    events = [orjson.loads(line[6:]) for line in said.split(b"\n\n") if line.startswith(b"data: {")]
    assert "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"]) == "For how many?"
    assert events[-1]["usage"]["total_tokens"] == 0
    assert said.endswith(DONE)


async def test_a_draft_is_reviewed_without_its_thoughts_and_reaches_the_client_with_them():
    policy = Told(reviews=True)
    thought = "<think>\nWhich day?\n</think>\n\nFor how many?"
    async with proxied(replying(saying(thought)), making(told=policy), policy="told") as (_, _, port):
        _, said = parted(await ask(port, request(body(), CLOSE)))
    assert policy.seen[-1].messages[-1] == Message("assistant", "For how many?")
    assert orjson.loads(said)["choices"][0]["message"]["content"] == thought


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([USER], [{"role": "system", "content": "Ask."}, USER]),
        (
            [{"role": "system", "content": "Be kind.", "x": 1}, USER],
            [{"role": "system", "content": "Be kind.\n\nAsk.", "x": 1}, USER],
        ),
        (
            [{"role": "developer", "content": [{"type": "text", "text": "Be kind."}]}, PICTURE],
            [
                {
                    "role": "developer",
                    "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Ask."}],
                },
                PICTURE,
            ],
        ),
    ],
)
async def test_an_instruction_joins_the_system_message_and_all_else_survives(messages: Any, expected: Any):
    policy = Told(Decision("elicit", "Ask."))
    async with proxied(replying(saying("hi")), making(told=policy), policy="told") as (mock, _, port):
        await ask(port, request(body(*messages, zeta={"a": [1.5]}, seed=7), CLOSE))
    sent = mock.seen[0].json
    assert sent["messages"] == expected
    assert {key: value for key, value in sent.items() if key != "messages"} == {
        "model": "m",
        "zeta": {"a": [1.5]},
        "seed": 7,
    }


async def test_a_conversation_put_in_place_of_another_keeps_the_messages_it_kept():
    def instead() -> Conversation:
        seen = Conversation.of([USER, {"role": "assistant", "content": "Which?"}, PICTURE])
        return Conversation((Message("user", "In short: this."), seen.messages[-1]))

    policy = Told(Decision("restate", instead=instead()))
    messages = [USER, {"role": "assistant", "content": "Which?"}, PICTURE]
    async with proxied(replying(saying("hi")), making(told=policy), policy="told") as (mock, _, port):
        await ask(port, request(body(*messages), CLOSE))
    assert mock.seen[0].json["messages"] == [{"role": "user", "content": "In short: this."}, PICTURE]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_draft_that_is_left_alone_comes_as_the_upstream_sent_it(stream: bool):
    events = [event("He"), event("llo é"), event(finish="stop"), DONE]
    script = (
        streaming(*events) if stream else replying(b' {"choices":[{"message":{"role":"assistant","content":"hi"}}]}')
    )
    policy = Told(reviews=True)
    async with proxied(script, making(told=policy), policy="told") as (mock, _, port):
        head, said = parted(await ask(port, request(body(stream=stream), CLOSE, b"Accept-Encoding: gzip")))
    assert said == (b"".join(events) if stream else b' {"choices":[{"message":{"role":"assistant","content":"hi"}}]}')
    assert header(head, "X-Overture") == "leave; policy=told"
    assert mock.seen[0].body == body(stream=stream)
    assert mock.seen[0].all("Accept-Encoding") == ["identity"]
    assert [len(seen.messages) for seen in policy.seen] == [1, 2]
    assert policy.seen[1].messages[-1].content == ("Hello é" if stream else "hi")


async def test_a_draft_under_review_can_become_the_policys_words_with_what_the_upstream_said_of_itself():
    call = {"id": "1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    draft = orjson.dumps(
        {
            "id": "c9",
            "model": "m-7",
            "created": 5,
            "usage": {"total_tokens": 9},
            "zeta": 1,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": None, "tool_calls": [call]},
                    "finish_reason": "tool_calls",
                }
            ],
        }
    )
    policy = Told(review=ASK, reviews=True)
    tool = {"type": "function", "function": {"name": "book"}}
    async with proxied(replying(draft, b"X-Request-Id: r", b"ETag: e"), making(told=policy), policy="told") as (
        mock,
        _,
        port,
    ):
        head, said = parted(await ask(port, request(body(tools=[tool]), CLOSE)))
    answer = orjson.loads(said)
    assert (answer["id"], answer["model"], answer["usage"], answer["zeta"]) == ("c9", "m-7", {"total_tokens": 9}, 1)
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "For how many?", "refusal": None}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert header(head, "X-Request-Id") == "r"
    assert header(head, "ETag") is None
    assert policy.seen[1].messages[-1].tool_calls[0].name == "book"
    assert policy.seen[1].metadata["tools"] == [tool]
    assert len(mock.seen) == 1


async def test_a_streamed_draft_under_review_can_become_the_policys_words():
    events = [event("Boo"), event("ked."), event(finish="stop"), DONE]
    async with proxied(streaming(*events), making(told=Told(review=ASK, reviews=True)), policy="told") as (_, _, port):
        _, said = parted(await ask(port, request(body(stream=True), CLOSE)))
    parts = [orjson.loads(line[6:]) for line in said.split(b"\n\n") if line.startswith(b"data: {")]
    assert "".join(part["choices"][0]["delta"].get("content", "") for part in parts) == "For how many?"
    assert {part["id"] for part in parts} == {"c1"}
    assert b"Booked" not in said
    assert b"Boo" not in said


async def test_parallel_calls_of_a_stream_are_told_apart_even_where_all_are_the_first():
    calls = [{"index": 0, "id": f"c{n}", "function": {"name": "book", "arguments": f'{{"n":{n}}}'}} for n in (1, 2)]
    script = streaming(
        *(event(tool_calls=[call]) for call in calls), event(finish="tool_calls"), DONE
    )  # as Gemini does
    policy = Told(reviews=True)
    async with proxied(script, making(told=policy), policy="told") as (_, _, port):
        await ask(port, request(body(stream=True, tools=[{"type": "function", "function": {"name": "book"}}]), CLOSE))
    assert [call.arguments for call in policy.seen[1].messages[-1].tool_calls] == ['{"n":1}', '{"n":2}']


async def test_a_review_that_instructs_asks_once_more_and_that_answer_goes_out():
    policy = Told(review=Decision("execute", "Do it."), reviews=True)
    async with proxied(replying(saying("You could …")), making(told=policy), policy="told") as (mock, proxy, port):
        head, said = parted(await ask(port, request(body(), CLOSE)))
        assert count(proxy, "overture_upstream_calls_total") == 2
    assert said == saying("You could …")
    assert [len(seen.json["messages"]) for seen in mock.seen] == [1, 2]
    assert header(head, "X-Overture") == "execute; policy=told; confidence=1.00"


async def test_what_a_plan_puts_in_place_of_the_conversation_holds_for_the_second_draft():
    plan = Decision("execute", instead=Conversation((Message("user", "In short: this."),)))
    policy = Told(plan, review=Decision("execute", "Do it."), reviews=True)
    async with proxied(replying(saying("Hm.")), making(told=policy), policy="told") as (mock, _, port):
        await ask(port, request(body(), CLOSE))
    assert [seen.json["messages"][-1]["content"] for seen in mock.seen] == ["In short: this."] * 2


@pytest.mark.parametrize("stream", [False, True])
async def test_the_second_draft_is_reviewed_too_and_then_no_more_are_asked_for(stream: bool):
    def review(conversation: Conversation) -> Decision:
        return ASK if sent_back_to(conversation) else Decision("execute", "Do it.", policy="doer")

    script = streaming(event("Booked."), event(finish="stop"), DONE) if stream else replying(saying("Booked."))
    policy = Told(review=review, reviews=True)
    async with proxied(script, making(told=policy), policy="told") as (mock, proxy, port):
        head, said = parted(await ask(port, request(body(stream=stream), CLOSE)))
        assert count(proxy, "overture_upstream_calls_total") == 2
    assert b"For how many?" in said
    assert b"Booked" not in said
    assert header(head, "X-Overture") == "elicit; policy=gaps; confidence=0.93"
    assert len(mock.seen) == 2


async def test_a_policy_that_would_send_back_for_ever_sends_back_once_and_both_reviews_are_logged(tmp_path: Path):
    policy = Told(review=Decision("execute", "Do it."), reviews=True)
    log = tmp_path / "decisions.jsonl"
    async with proxied(replying(saying("You could …")), making(told=policy), policy="told", log=str(log)) as (
        mock,
        _,
        port,
    ):
        await ask(port, request(body(), CLOSE))
    record = orjson.loads(log.read_bytes())
    assert [(d["moment"], d["move"]) for d in record["decisions"]] == [
        ("plan", "leave"),
        ("review", "execute"),
        ("second_review", "leave"),
    ]
    assert record["upstream_calls"] == len(mock.seen) == 2


async def test_every_choice_is_reviewed_and_one_that_is_not_left_decides_for_all():
    def review(conversation: Conversation) -> Decision:
        return ASK if conversation.messages[-1].text == "bad" else Decision("leave")

    policy = Told(review=review, reviews=True)
    async with proxied(replying(saying("good", "bad", "good")), making(told=policy), policy="told") as (_, _, port):
        _, said = parted(await ask(port, request(body(n=3), CLOSE)))
    assert [c["message"]["content"] for c in orjson.loads(said)["choices"]] == ["For how many?"] * 3
    assert len(policy.seen) == 3


@pytest.mark.parametrize(
    ("policy", "why"),
    [(Told(fails=RuntimeError("a secret")), "RuntimeError"), (Told(ASK, seconds=30), "deadline")],
    ids=["fails", "late"],
)
async def test_a_policy_that_fails_or_is_late_costs_nobody_the_answer(policy: Told, why: str):
    async with proxied(replying(saying("hi")), making(told=policy), policy="told", deadline=0.1) as (mock, proxy, port):
        head, said = parted(await ask(port, request(body(), CLOSE)))
        assert count(proxy, f'overture_unsteered_total{{reason="{why}"}}') == 1
    assert said == saying("hi")
    assert mock.seen[0].body == body()
    assert header(head, "X-Overture") == f"leave; policy=told; unsteered={why}"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}, "response_format"),
        ({"guided_choice": ["yes", "no"]}, "response_format"),
        ({"structured_outputs": {"regex": "a+"}}, "response_format"),
        ({"grammar": 'root ::= "yes"'}, "response_format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "book"}}}, "tool_choice"),
        ({"function_call": {"name": "book"}}, "tool_choice"),
        ({"modalities": ["text", "audio"], "audio": {"voice": "v"}}, "modalities"),
        ({"max_tokens": 1}, "max_tokens"),
        ({"max_completion_tokens": 15}, "max_tokens"),
        ({"messages": [{"role": "user", "content": "x" * 500_001}]}, "too_long"),
        ({"n": 10**9}, "n"),
        ({"n": 0}, "n"),
        ({"n": "2"}, "n"),
        ({"messages": [USER, {"role": "assistant", "content": "Sure, "}]}, "prefill"),
        ({"messages": "no"}, "not_readable"),
    ],
)
async def test_what_cannot_be_led_passes_and_says_why(more: Any, why: str):
    async with proxied(replying(saying("hi")), making(told=Told(ASK)), policy="told") as (mock, _, port):
        head, said = parted(await ask(port, request(body(**more), CLOSE)))
    assert (mock.seen[0].body, said) == (body(**more), saying("hi"))
    assert header(head, "X-Overture") == f"leave; policy=told; unsteered={why}"


async def test_what_asks_for_words_in_its_own_way_is_led():
    for more in ({"response_format": {"type": "text"}}, {"grammar": ""}, {"modalities": ["text"]}, {"tool_choice": "auto"},
                 {"parallel_tool_calls": False, "n": True, "max_tokens": 16}, {"max_tokens": -1}, {"n": None}):  # fmt: skip
        async with proxied(replying(saying("hi")), making(told=Told(ASK)), policy="told") as (_, _, port):
            _, said = parted(await ask(port, request(body(**more), CLOSE)))
        assert [c["message"]["content"] for c in orjson.loads(said)["choices"]] == ["For how many?"], more


@pytest.mark.parametrize("stop", ["\n", ["###", "\n"], ["", 5, "\nB"]])
async def test_a_clients_stop_word_ends_the_policys_words_too(stop: Any, tmp_path: Path):
    policy, log = Told(Decision("propose", say="Which one?\nB or C?")), tmp_path / "d"
    given = {"policy": "told", "log": str(log), "log_content": True}
    async with proxied(replying(saying("hi")), making(told=policy), **given) as (_, _, port):
        _, said = parted(await ask(port, request(body(stop=stop), CLOSE)))
    assert orjson.loads(said)["choices"][0]["message"]["content"] == "Which one?"
    assert orjson.loads(log.read_bytes())["answer"]["content"] == "Which one?"


async def test_words_in_place_of_a_stream_have_the_name_of_its_first_choice():
    filters = b'data: {"id":"","model":"","choices":[],"prompt_filter_results":[]}\n\n'  # as Azure begins
    script = streaming(filters, event("Booked."), event(finish="stop"), DONE)
    async with proxied(script, making(told=Told(review=ASK, reviews=True)), policy="told") as (_, _, port):
        _, said = parted(await ask(port, request(body(stream=True), CLOSE)))
    assert {orjson.loads(line[6:])["id"] for line in said.split(b"\n\n") if line.startswith(b"data: {")} == {"c1"}


REMARK = b'data: {"id":"","choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{}}]}\n\n'
NO_ROLE = saying(choices=[{"index": 0, "message": {"content": "Booked."}, "finish_reason": "stop"}])
CALLED = event(function_call={"name": "book", "arguments": '{"n":4}'})
END = event(finish="stop")


@pytest.mark.parametrize(
    "script",
    [
        streaming(event("Booked."), REMARK, END, REMARK, DONE),
        streaming(event("Booked.").replace(b'"model"', b'"error":null,"model"'), END, DONE),
        streaming(event("Booked."), END, b'data: {"id":"c1","usage":{"prompt_tokens":1}}\n\n', DONE),
        streaming(event("Booked."), END.replace(b'"model"', b'"timings":{"prompt_n":9,"predicted_n":3},"model"'), DONE),
        streaming(event("Booked."), END, DONE, b"data: bye\n\n"),
        streaming(CALLED, event(finish="function_call"), DONE),
        replying(NO_ROLE),
        replying(saying("Booked."), b"Content-Encoding: identity"),
    ],
    ids=["remarks", "error null", "usage alone", "timings", "after the end", "older call", "no role", "identity"],
)
async def test_an_answer_in_any_servers_shape_is_reviewed_and_can_be_replaced(script: Script):
    policy = Told(review=ASK, reviews=True)
    async with proxied(script, making(told=policy), policy="told") as (_, _, port):
        head, said = parted(await ask(port, request(body(), CLOSE)))
    assert header(head, "X-Overture") == "elicit; policy=gaps; confidence=0.93"
    assert orjson.loads(said)["choices"][0]["message"]["content"] == "For how many?"
    draft = policy.seen[-1].messages[-1]
    assert [draft.text, *((call.name, call.arguments) for call in draft.tool_calls)] in (
        ["Booked."],
        ["", ("book", '{"n":4}')],
    )


async def test_a_body_that_is_written_anew_has_no_checksum_and_no_idempotency_key_of_the_clients():
    policy = Told(review=Decision("execute", "Do it."), reviews=True)
    marks = (b"Idempotency-Key: k1", b"Content-MD5: abc", b"Digest: abc")
    async with proxied(replying(saying("Do it yourself.")), making(told=policy), policy="told") as (mock, _, port):
        await ask(port, request(body(), CLOSE, *marks))
        assert [
            [*seen.all("Idempotency-Key"), *seen.all("Content-MD5"), *seen.all("Digest")] for seen in mock.seen
        ] == [
            ["k1", "abc", "abc"],
            [],
        ]
        await ask(port, request(body(api_key="x"), CLOSE, b"X-Overture-Policy: off", *marks))
    assert (mock.seen[-1].all("Idempotency-Key"), mock.seen[-1].all("Content-MD5")) == (["k1"], [])


async def test_what_a_policy_asks_to_review_several_choices_it_asks_once():
    asked = body({"role": "user", "content": "Suggest a name for my cat."}, n=3)
    async with proxied(replying(saying("Luna.", "Luna.", "Luna.")), policy="options", deadline=30.0) as (
        mock,
        proxy,
        port,
    ):
        await ask(port, request(asked, CLOSE))
        await ask(port, request(asked, CLOSE))
        assert count(proxy, "overture_policy_calls_total") == 6  # three a request
    assert len(mock.seen) == 8


async def test_after_a_review_that_was_late_no_further_choice_is_waited_for():
    async def late(conversation: Conversation) -> None:
        if len(conversation) > 1:
            await asyncio.sleep(30)

    policy = Told(reviews=True, before=late)
    async with proxied(replying(saying("a", "b", "c")), making(told=policy), policy="told", deadline=0.1) as (
        _,
        _,
        port,
    ):
        head, _ = parted(await ask(port, request(body(n=3), CLOSE)))
    assert (len(policy.seen), header(head, "X-Overture")) == (2, "leave; policy=told; unsteered=deadline")


AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
REFUSED = saying(choices=[{"index": 0, "message": {"role": "assistant", "content": None, "refusal": "I can't."}, "finish_reason": "stop"}])  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "stream"),
    [
        (body({"role": "user", "content": [AUDIO]}), False),
        (body({"role": "user", "content": [{"type": "text", "text": "How many has he?"}, AUDIO]}), False),
        (body({"role": "user", "content": "Write me a poem about rain."}), False),
        (body({"role": "user", "content": "Write me a poem about rain."}, stream=True), True),
    ],
    ids=["audio", "audio and text", "refusal", "refusal in a stream"],
)
async def test_what_is_spoken_and_what_is_refused_is_left_alone(asked: bytes, stream: bool):
    script = streaming(event(refusal="I can't."), event(finish="stop"), DONE) if stream else replying(REFUSED)
    async with proxied(script, policy="recommended", deadline=30.0) as (mock, _, port):
        head, said = parted(await ask(port, request(asked, CLOSE)))
    assert header(head, "X-Overture") == "leave; policy=recommended"
    assert (b"I can't." in said, mock.seen[0].body) == (True, asked)


async def test_a_draft_that_is_no_answer_passes_unreviewed():
    long = saying("x" * 500_001)
    for script in (replying(b"<html>"), streaming(event("He"), event("llo")), replying(long)):
        async with proxied(script, making(told=Told(review=ASK, reviews=True)), policy="told") as (_, _, port):
            head, said = parted(await ask(port, request(body(), CLOSE)))
        assert said in (b"<html>", event("He") + event("llo"), long)
        assert header(head, "X-Overture") == "leave; policy=told; unsteered=draft_not_readable"


async def test_an_error_of_the_upstream_passes_with_its_headers():
    script = replying(b'{"error":{"message":"busy"}}', b"Retry-After: 7", status=b"429 Too Many Requests")
    async with proxied(script, making(told=Told(review=ASK, reviews=True)), policy="told") as (mock, _, port):
        head, said = parted(await ask(port, request(body(), CLOSE)))
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests")
    assert header(head, "Retry-After") == "7"
    assert said == b'{"error":{"message":"busy"}}'
    assert len(mock.seen) == 1


async def test_a_packed_request_is_read_from_a_copy_and_a_packed_draft_too():
    packed = gzip.compress(body(), mtime=0)
    script = replying(gzip.compress(saying("hi"), mtime=0), b"Content-Encoding: gzip")
    policy = Told(reviews=True)
    async with proxied(script, making(told=policy), policy="told") as (mock, _, port):
        _, said = parted(await ask(port, request(packed, CLOSE, b"Content-Encoding: gzip")))
    assert (mock.seen[0].body, said) == (packed, gzip.compress(saying("hi"), mtime=0))
    assert policy.seen[1].messages[-1].content == "hi"
    async with proxied(script, making(told=Told(Decision("elicit", "Ask."))), policy="told") as (mock, _, port):
        await ask(port, request(packed, CLOSE, b"Content-Encoding: gzip"))
    assert mock.seen[0].json["messages"][0]["content"] == "Ask."
    assert not mock.seen[0].all("Content-Encoding")


@pytest.mark.parametrize(
    ("model", "given", "spec", "shadow"),
    [
        ("m", None, "off", False),
        ("m+overture", None, "one", False),
        ("m+overture:two,one", None, "two,one", False),
        ("m", b"two", "two", False),
        ("m+overture:two", b"off", "off", False),
        ("m+overture:two", b"shadow", "two", True),
        ("m", b"shadow", "one", True),
        ("m+overtures", None, "off", False),
    ],
)
async def test_who_leads_is_said_by_header_then_model_name_then_deployment(
    model: str, given: bytes | None, spec: str, shadow: bool
):
    policies = {name: Told(ASK, name=name) for name in ("one", "two", "two,one")}
    headers = (CLOSE, b"X-Overture-Policy: " + given) if given else (CLOSE,)
    async with proxied(replying(saying("hi")), lambda s: policies[s], allow=("one", "two")) as (mock, _, port):
        head, _ = parted(await ask(port, request(body(model=model), *headers)))
        await asyncio.sleep(0.05)
    led = [name for name, policy in policies.items() if policy.seen]
    assert led == ([] if spec == "off" else [spec])
    assert (header(head, "X-Overture") or "").startswith("shadow") == shadow
    for seen in mock.seen:
        assert seen.json["model"] == ("m" if model != "m+overtures" else model)


async def test_a_policy_that_is_not_allowed_is_refused():
    for spec in ("three", "one,three", "one,one", "", "one; drop", "mine.one", "one:field=1", "one+overture"):
        async with proxied(replying(saying("hi")), making(one=Told()), allow=("one",)) as (mock, _, port):
            by_header = request(body(), CLOSE, b"X-Overture-Policy: " + spec.encode())
            for raw in (by_header, request(body(model=f"m+overture:{spec}"), CLOSE)):
                head, said = parted(await ask(port, raw))
                assert head.startswith(b"HTTP/1.1 400")
                assert orjson.loads(said)["error"]["code"] == "unknown_policy"
            assert not mock.seen


async def test_a_policy_with_settings_and_one_of_your_own_can_be_chosen_by_model_name():
    policies = {name: Told(ASK, name=name) for name in ("gaps:threshold=0.7", "mine.One")}
    async with proxied(replying(saying("hi")), lambda s: policies[s], allow=tuple(policies)) as (mock, _, port):
        for name, policy in policies.items():
            await ask(port, request(body(model=f"m+overture:{name}"), CLOSE))
            assert policy.seen
            assert {seen.json["model"] for seen in mock.seen} <= {"m"}


def turn(*texts: str, user: str = "") -> bytes:
    """A conversation that has come so far: the user's, the assistant's, the user's …"""
    said = [{"role": "assistant" if i % 2 else "user", "content": text} for i, text in enumerate(texts)]
    return orjson.dumps({"model": "m", "messages": said, **({"user": user} if user else {})})


async def test_a_share_is_led_and_the_others_are_in_the_shadow(tmp_path: Path):
    log = tmp_path / "d"
    made = making(told=Told(ASK))
    async with proxied(replying(saying("hi")), made, policy="told", share=0.3, log=str(log)) as (_, _, port):

        async def led(raw: bytes, *headers: bytes) -> bool:
            head, said = parted(await ask(port, request(raw, CLOSE, *headers)))
            told = header(head, "X-Overture") or ""
            assert (b"hi" in said) == told.startswith("shadow")
            return told.startswith("elicit")

        first = [await led(turn(f"Book table {n}.")) for n in range(100)]
        assert 15 <= sum(first) <= 45
        # the same conversation, once more and further on, stays where it is
        assert first[:20] == [await led(turn(f"Book table {n}.")) for n in range(20)]
        assert first[:20] == [await led(turn(f"Book table {n}.", "When?", "At 8.")) for n in range(20)]
        by_user = [await led(turn("Book a table.", user=f"u{n}")) for n in range(40)]
        assert by_user == [await led(turn("And now a taxi.", user=f"u{n}")) for n in range(40)]
        assert 0 < sum(by_user) < 40
        out = turn(f"Book table {first.index(False)}.")
        assert await led(out, b"X-Overture-Policy: told")  # who says so is not drawn
    records = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert sum(not record["shadow"] for record in records[:100]) in range(15, 46)
    assert all(record["decisions"][0]["move"] == ASK.move for record in records)


def test_a_share_is_0_to_1():
    for wrong in (-0.1, 5.0):
        with pytest.raises(UsageError, match=r"0 to 1, as in 0\.05"):
            Settings("embedded", share=wrong)


async def test_a_shadow_that_is_not_done_when_the_proxy_ends_is_written_all_the_same(tmp_path):
    log = tmp_path / "decisions.jsonl"
    policy, settings = Told(seconds=30), {"shadow": True, "log": str(log), "deadline": 60.0}
    async with proxied(replying(saying("hi")), making(told=policy), policy="told", **settings) as (_, _, port):
        await ask(port, request(body(), CLOSE))
        await ask(port, request(body(), CLOSE))
    records = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert [(record["outcome"], record["decisions"]) for record in records] == [("done", [])] * 2


async def test_an_error_of_the_upstream_is_no_unreadable_draft_in_the_shadow_either():
    script = replying(b'{"error":{"message":"busy"}}', status=b"429 Too Many Requests")
    policies = making(told=Told(review=ASK, reviews=True))
    async with proxied(script, policies, policy="told", shadow=True) as (_, proxy, port):
        await ask(port, request(body(), CLOSE))
        await asyncio.sleep(0.1)
        assert count(proxy, 'overture_decisions_total{move="leave",policy="told",shadow="true"}') == 1
        assert count(proxy, 'overture_unsteered_total{reason="draft_not_readable"}') == 0


async def test_shadow_decides_and_records_and_changes_nothing(tmp_path):
    log = tmp_path / "decisions.jsonl"
    plain = b' {"choices":[{"message":{"role":"assistant","content":"hi"}}]}'
    policy = Told(review=ASK, reviews=True)
    async with proxied(replying(plain), making(told=policy), policy="told", shadow=True, log=str(log)) as (
        mock,
        _,
        port,
    ):
        head, said = parted(await ask(port, request(body(), CLOSE, b"Accept-Encoding: gzip")))
        await asyncio.sleep(0.1)
    assert (said, mock.seen[0].body) == (plain, body())
    assert mock.seen[0].all("Accept-Encoding") == ["gzip"]
    assert header(head, "X-Overture") == "shadow; policy=told"
    record = orjson.loads(log.read_bytes())
    assert [(d["moment"], d["move"]) for d in record["decisions"]] == [("plan", "leave"), ("review", "elicit")]
    assert record["shadow"] is True
    assert record["outcome"] == "done"


def test_what_led_is_told_beside_what_failed():
    exchange = Exchange()
    exchange.policy = exchange.unsteered = "told"
    assert exchange.header() == "leave; policy=told; unsteered=told"
    exchange.decisions.append(("review", ASK))
    assert exchange.header() == "elicit; policy=gaps; confidence=0.93; unsteered=told"
