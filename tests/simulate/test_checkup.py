"""A checkup: the yardsticks stand at the ends, a policy is measured beside the bare model, and a model that is not
there ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import overture.tasks.yardsticks  # registers scripted:asker and the others
from overture.conversation import Conversation, Message
from overture.errors import ConfigurationChanged, ModelNotFound, ModelTimeout, ModelUnreachable, UsageError
from overture.models import GREEDY, Model, Remembered, Reply, Sampling, Scripted, Usage, load
from overture.policies import Decision, Steered
from overture.policies.base import LEAVE
from overture.simulate.checkup import Checkup, checkup, summary
from overture.simulate.sections import KINDS, draw
from overture.simulate.speakers import ModelGone, speakers_of
from overture.simulate.store import Store

assert overture.tasks.yardsticks.YARDSTICKS


class Counting(Scripted):
    """Says the same each time and counts how often, and how many at once, it was asked."""

    @classmethod
    def saying(cls, text: str, finish: str = "stop") -> Counting:
        def answer(*_: object) -> Reply:
            return Reply(Message("assistant", text), Usage(5, 6, None), finish, "counting", 0.5)

        model = cls(answer, "counting", "1")
        model.calls = model.flying = model.most = 0
        return model

    calls: int
    flying: int
    most: int

    async def reply(self, conversation: Conversation, sampling: Sampling = GREEDY, *more: Any) -> Reply:  # type: ignore[override]
        self.calls += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        await asyncio.sleep(0.001)
        self.flying -= 1
        return await super().reply(conversation, sampling)


class Asking:
    """A policy that asks the same of every request with an even number of words, and leaves the rest."""

    name = "asking"
    reviews = False

    def identity(self) -> Mapping[str, Any]:
        return {"policy": "asking"}

    async def decide(self, conversation: Conversation) -> Decision:
        return LEAVE if len(conversation.messages[-1].text.split()) % 2 else Decision("elicit", say="Which one?")

    def over(self, model: Model) -> Model:
        return Steered(model, self)


async def put(folder: Path, model: Model, only: Sequence[str] = ("pairs",), pairs: int = 8, **more: Any) -> Checkup:
    given = {name: more.pop(name) for name in ("seed", "seconds", "on_trial") if name in more}
    with Store(folder / "trials.sqlite") as store:
        return await checkup(speakers_of(model, **more), store, draw(only, {"pairs": pairs}), **given)


async def test_the_yardsticks_stand_at_the_ends_of_every_part(tmp_path: Path) -> None:
    async with load("scripted:silent") as silent:
        result = await put(tmp_path, silent, tuple(KINDS), 40)
    found = {name: one.figures for name, one in result.yardsticks.items()}
    ends = {"asker": (1, 0, 1), "guesser": (0, 0, 0.5), "pesterer": (1, 1, 0.5), "coach": (0, 0, 0.5)}
    for name, values in ends.items():
        for part in ("pairs", "missing"):
            got = [found[name][part][f].value for f in ("asked_in_need", "asked_needlessly", "balanced_accuracy")]
            assert got == pytest.approx(values, abs=0.03), (name, part)
    assert found["guesser"]["pairs"]["guessed"].value == pytest.approx(1, abs=0.03)
    assert found["silent"]["pairs"]["asked_in_need"].value is None
    assert found["asker"]["pairs"]["done"].value > 0.8 > 0.4 > found["coach"]["pairs"]["done"].value
    assert found["coach"]["pairs"]["coached"].value > 0.6 > 0.1 > found["asker"]["pairs"]["coached"].value
    assert (found["asker"]["doing"]["done"].value, found["coach"]["doing"]["done"].value) == (1, 0)
    assert (found["asker"]["missing"]["solved"].value, found["guesser"]["missing"]["solved"].value) == (1, 0.5)
    assert (found["asker"]["travel"]["correct"].value, found["guesser"]["travel"]["correct"].value) == (1, 0)
    written = summary(result, "checkup", {"seed": 0})
    assert written["schema"] == 1 and written["config"]["pairs"] == 40
    assert {"model", "model missing", "yardstick asker", "yardstick asker travel", "domain travel"} <= set(
        written["groups"]
    )
    assert set(written["groups"]["model"]["figures"]["guessed"]) == {"value", "low", "high", "n", "unit"}
    assert sum(one["asked_in_need"].n for one in result.by_domain.values()) == 0, "an empty reply is in no denominator"


async def test_the_classes_of_a_lacking_request_sum_to_one(tmp_path: Path) -> None:
    found = (await put(tmp_path, Counting.saying("There are 12 of them. Which one?"), pairs=24)).model.figures["pairs"]
    names = ("asked_in_need", "guessed", "assumed", "asked_and_guessed", "asked_elsewhere", "declined")
    assert sum(found[name].value or 0 for name in names) == pytest.approx(1)
    assert found["asked_in_need"].n == found["asked_needlessly"].n == 24


async def test_bare_and_steered_are_paired_and_the_bare_reply_is_not_asked_for_twice(tmp_path: Path) -> None:
    model = Counting.saying("It is 12.")
    result = await put(tmp_path, model, pairs=24, lead=Asking(), led="asking", concurrency=3)
    assert model.calls == 48 and model.most == 3
    assert result.steered is not None and result.steered.name == "counting + asking"
    bare, steered = result.model.figures["pairs"], result.steered.figures["pairs"]
    asked = sum(len(item.request.split()) % 2 == 0 for item in result.sections[0].task.items if not item.lacking)
    assert bare["asked_needlessly"].value == 0
    assert steered["asked_needlessly"].value == pytest.approx(asked / 24)
    assert steered["assistant_tokens"].value < bare["assistant_tokens"].value
    assert bare["reply_seconds"].value == 0.5 > steered["reply_seconds"].value > 0
    gained = {change.difference.figure: change.difference for change in result.gained}
    assert gained["asked_needlessly"].value == pytest.approx(asked / 24)
    assert gained["asked_needlessly"].p_adjusted >= gained["asked_needlessly"].p
    again = await put(tmp_path, model, pairs=24, lead=Asking(), led="asking")
    assert model.calls == 48 and again.gained == result.gained
    await put(tmp_path, model, pairs=30, lead=Asking(), led="asking")
    assert model.calls == 60, "a larger sample asks only for what is new"


async def test_a_policy_that_is_added_later_takes_the_bare_replies_from_the_store(tmp_path: Path) -> None:
    model = Counting.saying("It is 12.")
    await put(tmp_path, model, pairs=8)
    assert model.calls == 16
    steered = (await put(tmp_path, model, pairs=8, lead=Asking(), led="asking")).steered
    assert model.calls == 16 and steered is not None and len(steered.trials) == 16


async def test_another_model_or_sampling_is_refused_before_any_call(tmp_path: Path) -> None:
    await put(tmp_path, Counting.saying("It is 12."))
    other = Counting.saying("It is 12.")
    with pytest.raises(ConfigurationChanged):
        await put(tmp_path, other, sampling=Sampling(max_tokens=64))
    with pytest.raises(ConfigurationChanged):
        await put(tmp_path, other, seed=1)
    assert other.calls == 0


@pytest.mark.parametrize("error", [ModelUnreachable("nothing listens there"), ModelNotFound("no such model")])
async def test_a_model_that_is_not_there_ends_it_and_leaves_the_store_empty(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(ModelGone, match=str(error)):
        await put(tmp_path, Scripted.failing(error), pairs=1)
    with Store(tmp_path / "trials.sqlite") as store:
        assert store.empty


async def test_a_failed_call_is_data(tmp_path: Path) -> None:
    then = Scripted.function(lambda _: "There are 12 of them.")
    late = ModelTimeout("no answer in 60 s")
    result = await put(tmp_path, Scripted.failing(late, then=then), concurrency=1)
    assert result.model.counts == {"good": 15, "bad": 1, "unscored": 0}


async def test_the_users_errors_are_told_of_what_was_talked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erring = {"turn": 1, "kind": "invented", "words": "seven"}
    monkeypatch.setattr("overture.simulate.outcome.user_errors", lambda *_: [erring])
    found = await put(tmp_path, load("scripted:guesser"), ("pairs", "missing"))
    told = summary(found, "checkup", {})["user_errors"]["model"]
    assert (told["trials"], told["trials_with_errors"], told["by_kind"]) == (24, 24, {"invented": 24})
    assert len(found.model.trials) == 16 + 24


async def test_a_remembered_model_asks_again_for_another_seed_or_tool() -> None:
    model = Counting.saying("It is 12.")
    shared = Remembered(model)
    said = Conversation.of([{"role": "user", "content": "How many?"}])
    first = await shared.reply(said, replace(GREEDY, seed=1))
    again = await shared.reply(said, replace(GREEDY, seed=1))
    assert again == replace(first, details={"cached": True}) and model.calls == 1
    await shared.reply(said, replace(GREEDY, seed=2))
    await shared.reply(said, replace(GREEDY, seed=1), [{"type": "function"}])
    assert model.calls == 3


def test_a_part_that_there_is_not_is_said() -> None:
    with pytest.raises(UsageError, match="pears"):
        draw(["pears"])
    assert [section.count for section in draw((), None, full=True)] == [kind.most for kind in KINDS.values()]
