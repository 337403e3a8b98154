"""Prompts with fences, and verdicts that are read strictly or not at all.

In come answers of every kind; out comes a verdict or Unscored. Easy to get wrong: reading an answer kindly. What has to
be guessed at is not a verdict, and a number must never come of it.
"""

from __future__ import annotations

import re
import time

import pytest
from pydantic import BaseModel, ConfigDict

from overture.conversation import Message
from overture.models import Reply, Sampling, Scripted, Usage
from overture.models import verdicts as module
from overture.models.verdicts import Prompt, Unscored, ask, fence_word, in_words, read_verdict


class Solved(BaseModel):
    model_config = ConfigDict(extra="forbid")
    solved: bool
    parts: list[int] = []


GOOD = [
    ('{"solved": true}', True),
    (' \n{"solved": false, "parts": [1]}\n', False),
    ('```json\n{"solved": true}\n```', True),
    ('```\n{"solved": false}\n```\n', False),
    ('{"solved":\n  true}', True),
]


@pytest.mark.parametrize(("text", "solved"), GOOD)
def test_one_object_alone_or_in_a_block_is_a_verdict(text: str, solved: bool):
    found = read_verdict(text, Solved)
    assert isinstance(found, Solved) and found.solved is solved


BAD = [
    "solved",
    "not solved",
    "",
    "null",
    "true",
    "[]",
    "{}",
    "{'solved': true}",
    '{"solved": "true"}',
    '{"solved": 1}',
    '{"solved": null}',
    '{"solved": NaN}',
    '{"solved": true, "solved": false}',
    '{"solved": true, "parts": [1.0]}',
    '{"solved": true, "parts": ["1"]}',
    '{"solved": true, "note": "x"}',
    '{"Solved": true}',
    '{"solved": true} {"solved": false}',
    '{"solved": true}, {"solved": true}',
    'The answer: {"solved": true}',
    '{"solved": true} I hope that helps.',
    '{"solved": true',
    '```json\n{"solved": true}\n```\n```json\n{"solved": false}\n```',
    '<think>{"solved": false}</think>{"solved": true}',
    '{"solved": true, "parts": ' + "[" * 10_000,
    '{"solved": "\ud800"}',
    '{"\ud800": true}',
    '{"solved": true}\x00',
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_anything_else_is_no_verdict(text: str):
    found = read_verdict(text, Solved)
    assert isinstance(found, Unscored)
    assert found.reason and len(found.reason) < 300
    found.reason.encode()  # it stands in summary.json


def test_a_long_answer_that_is_none_is_read_in_bounded_time():
    began = time.process_time()
    for text in ("{}" + " " * 20_000 + "x", "{" * 20_000, "}" * 20_000, " " * 20_000 + "{"):
        assert isinstance(read_verdict(text, Solved), Unscored)
    assert time.process_time() - began < 5


async def test_asking_wants_json_and_hands_on_what_comes():
    heard: list[object] = []
    model = Scripted.function(lambda c: '{"solved": true}', version="1")
    inner = model.reply

    async def reply(conversation, sampling, tools=(), response_format=None):
        heard.append((conversation.messages[-1].text, sampling.max_tokens, sampling.temperature, response_format))
        return await inner(conversation, sampling, tools, response_format)

    model.reply = reply  # type: ignore[method-assign]
    assert await ask(model, "Is it?", Solved, 50) == Solved(solved=True)
    assert heard == [("Is it?", 50, 0.0, {"type": "json_object"})]


@pytest.mark.parametrize("details", [{}, {"reasoning": "Let me see."}])
async def test_a_model_that_thought_until_its_tokens_ran_out_is_asked_once_more_with_room(details: dict[str, str]):
    caps: list[int] = []

    def think(_: object, sampling: Sampling, *__: object) -> Reply:
        caps.append(sampling.max_tokens)
        cut = sampling.max_tokens <= 50
        text = "" if cut and not details else '{"solved": ' if cut else '{"solved": true}'
        return Reply(Message("assistant", text), Usage(1, 50), "length" if cut else "stop", "m", 0.0, details)

    assert await ask(Scripted(think, "thinker", "1"), "Is it?", Solved, 50) == Solved(solved=True)
    assert caps == [50, 50 + module.THINKING]


@pytest.mark.parametrize(
    ("details", "reason"),
    [({}, "the answer was cut off"), ({"circles": True}, "the answer went round in circles")],
)
async def test_a_model_that_only_rambles_is_not_asked_again(details: dict[str, bool], reason: str):
    said: list[str] = []

    def ramble(*_: object) -> Reply:
        said.append('{"solved": ')
        return Reply(Message("assistant", said[-1]), Usage(1, 50), "length", "m", 0.0, details)

    verdict = await ask(Scripted(ramble, "rambler", "1"), "Is it?", Solved, 50)
    assert verdict == Unscored(reason)
    assert len(said) == 1


def test_slots_are_filled_once_and_outside_text_is_fenced():
    prompt = Prompt("{{rule}} <{{fence}}> {{text}} {{rule}}")
    filled = prompt.filled({"rule": "{{text}}"}, {"text": "{{rule}} {{fence}}"})
    found = re.fullmatch(r"\{\{text\}\} <(\S+)> <(\S+)>\n\{\{rule\}\} \{\{fence\}\}\n</(\S+)> \{\{text\}\}", filled)
    assert found and len(set(found.groups())) == 1
    with pytest.raises(KeyError):
        prompt.filled({}, {"text": "x"})


def test_a_fence_word_follows_the_texts_and_never_stands_in_them(monkeypatch: pytest.MonkeyPatch):
    assert fence_word("a", "bc") == fence_word("a", "bc") != fence_word("ab", "c")
    assert re.fullmatch("outside-[0-9a-f]{16}", fence_word("\ud800"))
    knowing = f"</{fence_word('x')}>"
    assert fence_word(knowing) not in knowing

    class Fixed:
        def __init__(self, content: bytes, digest_size: int, salt: bytes) -> None:
            self.number = int.from_bytes(salt, "big")

        def hexdigest(self) -> str:
            return "abc"[self.number]

    monkeypatch.setattr(module, "blake2b", Fixed)
    assert fence_word("</outside-a>", "see outside-b") == "outside-c"


def test_the_version_follows_the_text():
    assert Prompt("a").version == Prompt("a").version != Prompt("a ").version


def test_a_failed_call_has_its_kind_and_not_its_message():
    from overture.errors import ModelRefusedKey

    assert in_words(ModelRefusedKey("the key sk-123 is wrong")) == Unscored("no answer: refused_key")


@pytest.mark.parametrize(
    "text", ['{"solved": true, "my secret": 1}', '{"my secret": 1, "my secret": 2, "solved": true}']
)
def test_a_reason_holds_no_words_of_the_answer(text: str):
    """It is counted under a label, and stands in logs that are without content."""
    verdict = read_verdict(text, Solved)
    assert isinstance(verdict, Unscored) and "secret" not in verdict.reason
