"""Scripted models say what they are told to, in every conversation alike."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import BadRequest, DataError, ModelError, ModelTimeout, UsageError
from overture.models import Model, Recorder, Remembered, Reply, Sampling, Scripted, load, register, request_hash
from overture.models import scripted as module
from overture.policies import steer

ASKED = Conversation.of([{"role": "user", "content": "How many apples?"}])


async def test_lines_follow_each_conversation_by_itself() -> None:
    model = Scripted.lines(["first", "second"])
    later = ASKED.then(Message("assistant", "first"), Message("user", "and?"))
    replies = await asyncio.gather(*(model.reply(each) for each in (later, ASKED, later, ASKED)))
    assert [reply.message.text for reply in replies] == ["second", "first", "second", "first"]
    with pytest.raises(ModelError, match="has 2 lines, and this is turn 3"):
        await model.reply(later.then(Message("assistant", "second")))


async def test_function_usage_and_stream() -> None:
    model = Scripted.function(lambda conversation: f"You said: {conversation.messages[-1].text}")
    reply = await model.reply(ASKED)
    assert reply.message == Message("assistant", "You said: How many apples?")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.cost) == (3, 5, 0.0)
    assert [piece async for piece in model.stream(ASKED)] == ["You ", "said: ", "How ", "many ", "apples?"]
    with pytest.raises(BadRequest):
        await model.reply(Conversation(()))


async def test_what_is_no_word_and_no_conversation_is_told_what_to_write(tmp_path: Path) -> None:
    nothing: Any = None
    with pytest.raises(UsageError, match="by a word, not by NoneType: `embedded`"):
        load(nothing)
    asked: Any
    for asked in ("How many apples?", [{"role": "user", "content": "How many apples?"}]):
        for model in (load("scripted:echo"), Remembered(load("scripted:echo")), steer(load("scripted:echo"), "gaps")):
            with pytest.raises(TypeError, match=r"write Conversation\.of\("):
                await model.reply(asked)


def test_identity_changes_with_the_script() -> None:
    assert Scripted.lines(["a"]).identity() == Scripted.lines(["a"]).identity()
    assert Scripted.lines(["a"]).identity() != Scripted.lines(["b"]).identity()
    one, two = Scripted.function(lambda c: "one"), Scripted.function(lambda c: str(len("two")))
    assert Scripted.function(str).identity()["version"]
    assert one.identity()["kind"] == two.identity()["kind"] == "scripted"


async def test_tape_replays_what_was_recorded(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with Recorder(Scripted.lines(["ten", "none"]), tape) as recorder:
        first = await recorder.reply(ASKED, Sampling(seed=1))
    replayed = Scripted.tape(tape)
    assert await replayed.reply(ASKED, Sampling(seed=1)) == first
    with pytest.raises(ModelError, match="holds no answer"):
        await replayed.reply(ASKED, Sampling(seed=2))
    tape.write_text(tape.read_text() + '{"request": "x"}\n')
    with pytest.raises(DataError, match="line 2"):
        Scripted.tape(tape)
    with pytest.raises(DataError, match="cannot be read"):
        Scripted.tape(tmp_path / "none")


async def test_failures_come_in_order_and_then_end() -> None:
    model = Scripted.failing(ModelTimeout("slow"), ModelError("odd"), then=Scripted.lines(["fine"]))
    with pytest.raises(ModelTimeout, match="slow"):
        await model.reply(ASKED)
    with pytest.raises(ModelError, match="odd"):
        await model.reply(ASKED)
    assert [(await model.reply(ASKED)).message.text for _ in range(2)] == ["fine", "fine"]
    forever = Scripted.failing(ModelTimeout("a"), ModelTimeout("b"))
    said: list[str] = []
    for _ in range(3):
        with pytest.raises(ModelTimeout) as caught:
            await forever.reply(ASKED)
        said.append(str(caught.value))
    assert said == ["a", "b", "b"]


async def test_named_models_and_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REGISTRY", dict(module._REGISTRY))

    @register("parrot")
    def parrot(word: str) -> Scripted:
        return Scripted.function(lambda conversation: word, "scripted:parrot", version=word)

    model = load("scripted:parrot", word="hello")
    assert isinstance(model, Model)
    assert (await model.reply(ASKED)).message.text == "hello"
    assert (await load("scripted:echo").reply(ASKED)).message.text == "How many apples?"
    assert (await load("scripted:silent").reply(ASKED)).message.content == ""
    with pytest.raises(UsageError, match="missing a required argument: 'word'"):
        load("scripted:parrot")
    with pytest.raises(UsageError, match="did you mean scripted:parrot"):
        load("scripted:parrit")
    with pytest.raises(UsageError, match="two scripted models"):
        register("parrot")(lambda: Scripted.lines([]))


def test_request_hash_depends_on_everything_asked() -> None:
    tool = {"type": "function", "function": {"name": "add"}}
    image = Conversation((Message("user", "How many apples?", attachments=("image_url",)),))
    hashes = {
        request_hash(ASKED),
        request_hash(image),
        request_hash(ASKED, Sampling(seed=1)),
        request_hash(ASKED, Sampling(stop=("x",))),
        request_hash(ASKED, tools=[tool]),
        request_hash(ASKED, response_format={"type": "json_object"}),
        request_hash(Conversation((Message("user", "\ud800"),))),
        request_hash(Conversation((Message("user", "\ud801"),))),
    }
    assert len(hashes) == 8
    assert request_hash(ASKED) == request_hash(Conversation.of(ASKED.to_dicts(), id="another", source="file"))


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0}, {"max_tokens": 0}])
def test_sampling_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Sampling(**wrong)  # pyright: ignore[reportArgumentType]


async def test_a_reply_survives_being_written_down() -> None:
    reply = await Scripted.lines([Message("assistant", None, tool_calls=(ToolCall("f", "{}", "1"),))]).reply(ASKED)
    assert Reply.of(reply.to_dict()) == reply


def test_the_yardsticks_are_known_to_load_itself() -> None:
    code = "import overture as ov; print(ov.load('scripted:asker').name)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "scripted:asker"
