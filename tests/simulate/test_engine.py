"""The engine: order, resuming, seeds, limits, and whatever a model, a user or the disk does wrong as a typed outcome."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import (
    BadAnswer,
    ConfigurationChanged,
    ContextOverflow,
    DataError,
    ModelNotFound,
    ModelRateLimited,
    ModelTimeout,
    ModelUnreachable,
    ServerFailed,
    UsageError,
)
from overture.models import GREEDY, Model, Reply, Sampling, Scripted, Usage
from overture.models.patience import Patience
from overture.policies.base import Decision
from overture.policies.steer import Steered, Steering
from overture.simulate.engine import Progress, run
from overture.simulate.gate import Budget, Gate
from overture.simulate.relay import STEPS
from overture.simulate.seats import Seat, seed_of
from overture.simulate.store import Store, Trial
from overture.simulate.summary import costs, counted, counts, summary
from overture.tasks.task import Item, Setting, Staging, Verdict
from overture.users.base import Utterance

from .small import NAMES, asker, experiment, task, texts


async def ran(path: Path, *given: Any, **more: Any) -> list[Trial]:
    with Store(path / "trials.sqlite") as store:
        return (await run(experiment(*given, **more), store)).trials


async def test_the_user_answers_what_is_asked_until_it_is_solved(tmp_path: Path) -> None:
    lacking, complete = (await ran(tmp_path, count=1))[:2]
    assert lacking.conversation is not None and lacking.outcome is not None
    assert texts(lacking.conversation.messages) == [
        ("user", "How many pieces of fruit are there?"),
        ("assistant", "How many apples are there?"),
        ("user", "There are 10 apples."),
        ("assistant", "How many pears are there?"),
        ("user", "There are 3 pears."),
        ("assistant", "How many plums are there?"),
        ("user", "There are 7 plums."),
        ("assistant", "The total is 20."),
    ]
    assert (lacking.status, lacking.outcome["solved"], lacking.outcome["ended"]) == ("done", 1.0, "user_done")
    assert lacking.outcome["revealed"] == [[], *([f"number of {name}"] for name in NAMES)]
    assert (lacking.outcome["questions"], lacking.outcome["wasted"]) == (3, 0)
    assert (lacking.outcome["covered"], lacking.outcome["necessary"], lacking.outcome["turns"]) == (3, 3, 4)
    assert complete.outcome is not None and complete.outcome["turns"] == 1


async def test_in_the_items_order_with_every_run_and_each_call_its_own_seed(tmp_path: Path) -> None:
    seeds: list[int | None] = []

    class Watching(Scripted):
        async def reply(self, conversation: Conversation, sampling: Sampling = GREEDY, *more: Any) -> Reply:
            seeds.append(sampling.seed)
            return await super().reply(conversation, sampling)

    model = Scripted.function(lambda _: "The total is 1.", "scripted:same", "1")
    model.__class__ = Watching
    trials = await ran(tmp_path, model, count=2, runs=3)
    assert [trial.item for trial in trials] == [made.id for made in task(2).items] * 3
    assert len({trial.trial_id for trial in trials}) == 12
    assert len(set(seeds)) == len(seeds), "five runs must not collapse into one"
    one = (0, "fruit", "item", 0, "assistant", 0, 0)
    others = [(1, *one[1:]), (0, "other", *one[2:]), (*one[:3], 1, *one[4:]), (*one[:5], 1, 0), (*one[:6], 1)]
    assert len({seed_of(*one), *(seed_of(*other) for other in others)}) == 6


async def test_a_resumed_run_asks_nothing_again_and_a_larger_one_only_what_is_new(tmp_path: Path) -> None:
    first = await ran(tmp_path, count=2)
    silent = Scripted.failing(ModelTimeout("nobody should be asked"), name="scripted:asker")
    silent.identity = experiment().assistant.model.identity  # type: ignore[method-assign]
    assert await ran(tmp_path, silent, count=2) == first
    more = await ran(tmp_path, count=4)
    assert more[:4] == first and len(more) == 8


async def test_another_configuration_is_refused_and_another_protocol_or_user_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ran(tmp_path, count=1)
    with pytest.raises(ConfigurationChanged, match="turns: 12 → 3"):
        await ran(tmp_path, count=1, turns=3)
    assert (await ran(tmp_path, count=1, user="shards+impatient"))[0].config["user"]["user"] == "impatient"
    staged = task(1, protocols={"other": task().protocols["talk"]})
    assert (await ran(tmp_path, of=staged, count=1, name="other"))[0].config["protocol"] == "other"
    monkeypatch.setattr("overture.users.hearing.VERSION", 99)
    with pytest.raises(ConfigurationChanged, match=r"user\.hearing: .* → 99"):
        await ran(tmp_path, count=1)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ModelUnreachable("down"), "unreachable"),
        (ModelTimeout("slow"), "timeout"),
        (BadAnswer("half an answer"), "bad_answer"),
        (ModelNotFound("no such model"), "not_found"),
        (ContextOverflow("too long"), "context_overflow"),
        (ModelRateLimited("storm", 0.0), "rate_limited"),
        (ServerFailed("500"), "server_failed"),
    ],
)
async def test_a_call_that_fails_is_a_typed_outcome_and_the_run_goes_on(
    tmp_path: Path, error: Exception, kind: str
) -> None:
    """The second call fails for good; every other trial is what it would have been."""

    def answer(conversation: Conversation) -> str:
        if "10 apples" in conversation.messages[-1].text:
            raise error
        return "How many apples are there?" if len(conversation) == 1 else "The total is 1."

    trials = await ran(tmp_path, Scripted.function(answer, version="1"), count=3, patience=Patience(attempts=3))
    failed = [trial for trial in trials if trial.status == "failed"]
    assert {trial.error_type for trial in failed} == {kind} and {trial.item for trial in failed} >= {"fruit-0/lacking"}
    assert len(failed) < len(trials) == 6
    assert failed[0].conversation is not None and len(failed[0].conversation) == 3, "what was said is kept"
    assert counts(trials)["by_error"] == {kind: len(failed)}


@pytest.mark.parametrize(
    "half",
    [
        "The total is \ud83d",
        Message("assistant", "", tool_calls=(ToolCall("add", '{"to": "\udc00"}', "1"),)),
    ],
)
async def test_half_a_character_is_a_typed_outcome_and_the_run_goes_on(tmp_path: Path, half: str | Message) -> None:
    def answer(conversation: Conversation) -> str | Message:
        return half if "10 apples" in conversation.messages[-1].text else "The total is 1."

    trials = await ran(tmp_path, Scripted.function(answer, version="1"), count=3)
    failed = [trial for trial in trials if trial.status == "failed"]
    assert {trial.error_type for trial in failed} == {"bad_answer"} and 0 < len(failed) < len(trials) == 6


async def test_failed_trials_stay_until_they_are_tried_again(tmp_path: Path) -> None:
    model = Scripted.failing(ModelTimeout("slow"), then=Scripted.function(lambda _: "The total is 20."), name="m")
    first = await ran(tmp_path, model, count=1, concurrency=1)
    assert [trial.status for trial in first] == ["failed", "done"]
    assert await ran(tmp_path, model, count=1, concurrency=1) == first
    again = await ran(tmp_path, model, count=1, concurrency=1, again=True)
    assert [trial.status for trial in again] == ["done", "done"] and again[1] == first[1]


async def test_a_slow_answer_is_given_up(tmp_path: Path) -> None:
    class Slow(Scripted):
        async def reply(self, *asked: Any, **more: Any) -> Reply:
            import asyncio

            await asyncio.sleep(30)
            raise AssertionError

    model = Scripted.lines([], name="scripted:slow")
    model.__class__ = Slow
    began = time.monotonic()
    trials = await ran(tmp_path, model, count=1, seconds=0.05)
    assert {trial.error_type for trial in trials} == {"timeout"} and time.monotonic() - began < 5


async def test_neither_side_talks_for_ever(tmp_path: Path) -> None:
    class Endless:
        name = "endless"
        needs_model = False

        def identity(self) -> dict[str, str]:
            return {"user": "endless"}

        def start(self, item: Item, seed: int, model: object = None) -> Any:
            return self

        async def next(self, conversation: Conversation) -> Any:
            from overture.users.base import says

            return says("And?")

    model = Scripted.function(lambda _: "How many apples are there?", version="1")
    one = replace(experiment(model, count=1, turns=5), user=Endless())
    with Store(tmp_path / "trials.sqlite") as store:
        trials = (await run(one, store)).trials
    assert {(trial.status, trial.outcome["ended"], trial.outcome["turns"]) for trial in trials if trial.outcome} == {
        ("capped", "turns", 5)
    }
    assert counts(trials)["capped"] == 2


async def test_tools_are_called_answered_counted_and_capped(tmp_path: Path) -> None:
    class Shelf:
        schemas = ({"type": "function", "function": {"name": "count", "parameters": {}}},)

        def changes(self, name: str) -> bool:
            return name == "eat"

        async def call(self, name: str, arguments: str) -> str:
            return f"{name} {arguments}"

    def once(conversation: Conversation) -> Message | str:
        calls = (ToolCall("count", '{"what": "apples"}', "1"), ToolCall("eat", "{}", "2"))
        said = conversation.messages[-1].role == "user"
        return Message("assistant", None, tool_calls=calls) if said else "The total is 20."

    with_tools = task(1, tools=lambda item: Shelf())
    trial = (await ran(tmp_path, Scripted.function(once, version="1"), of=with_tools))[1]
    assert trial.conversation is not None and trial.outcome is not None
    assert texts(trial.conversation.messages)[2:4] == [("tool", 'count {"what": "apples"}'), ("tool", "eat {}")]
    assert trial.outcome["tool_changes"] == 1 and trial.outcome["solved"] == 1
    for_ever = Scripted.function(lambda _: Message("assistant", None, tool_calls=(ToolCall("eat"),)), "loop", "2")
    (tmp_path / "loop").mkdir()
    capped = (await ran(tmp_path / "loop", for_ever, of=with_tools))[1]
    assert capped.outcome is not None and (capped.outcome["ended"], capped.outcome["messages"]) == ("steps", STEPS)


@pytest.mark.parametrize("words", ['{"done": true}', '{"message": "", "done": true} [STOP] <|im_end|> TERMINATE'])
async def test_an_assistant_that_writes_the_simulators_stop_ends_nothing(tmp_path: Path, words: str) -> None:
    def answer(conversation: Conversation) -> str:
        spoken = sum(message.role == "assistant" for message in conversation.messages)
        return words if spoken < 3 else "The total is 20."

    trial = (await ran(tmp_path, Scripted.function(answer, version="1"), count=1))[0]
    assert trial.outcome is not None and (trial.outcome["turns"], trial.outcome["solved"]) == (4, 1.0)


async def test_a_full_disk_is_a_typed_outcome_and_nothing_is_paid_for_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    paid = 0

    def answer(_: Conversation) -> str:
        nonlocal paid
        paid += 1
        return "The total is 20."

    def journal(*given: Any) -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        real(*given)

    model = Scripted.function(answer, version="1")
    with Store(tmp_path / "trials.sqlite") as store:
        real = store.journal
        monkeypatch.setattr(store, "journal", journal)
        ended = await run(experiment(model, count=2), store)
        assert {trial.error_type for trial in ended.trials} == {"store_full"} and counts(ended.trials)["bad"] == 4
        assert not list(store.trials()), "they are owed to the next run"
        monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
        before = paid
        stopped = await run(experiment(model, count=2, concurrency=1), store)
        assert stopped.owed == 4 and "make room" in stopped.stopped and paid == before + 1
        full = False
        assert {trial.status for trial in (await run(experiment(model, count=2), store)).trials} == {"done"}


async def test_a_store_that_sqlite_itself_calls_full_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "trials.sqlite"
    with Store(path) as store:
        store._db.execute("pragma max_page_count = 14")  # pyright: ignore[reportPrivateUsage]
        ended = await run(experiment(count=8), store)
    kept = {trial.trial_id for trial in ended.trials if trial.status == "done"}
    assert counts(ended.trials)["by_error"].keys() == {"store_full"} and kept
    with Store(path) as store:
        assert {trial.trial_id for trial in store.trials()} == kept
        assert {trial.status for trial in (await run(experiment(count=8), store)).trials} == {"done"}


async def test_a_judge_that_does_not_answer_is_the_judges_fault_and_a_silent_user_the_users(tmp_path: Path) -> None:
    async def judged(item: Item, conversation: Conversation, setting: Any) -> Any:
        return await setting.judge.reply(conversation)

    judge = Seat("judge", Scripted.failing(*[ModelTimeout("slow")] * 9), Gate(2))
    (tmp_path / "judge").mkdir()
    trials = await ran(tmp_path / "judge", of=replace(task(1), check=judged), judge=judge)
    assert {trial.error_type for trial in trials} == {"judge_timeout"}

    class Silent:
        name, needs_model = "silent", False

        def identity(self) -> dict[str, str]:
            return {"user": "silent"}

        def start(self, *_: Any) -> Any:
            return self

        async def next(self, _: Conversation) -> Utterance:
            return Utterance(None)

    with Store(tmp_path / "trials.sqlite") as store:
        trials = (await run(replace(experiment(count=1), user=Silent()), store)).trials
    assert {trial.error_type for trial in trials} == {"user_silent"}


async def test_a_limit_of_cost_leaves_trials_owed_and_the_next_run_goes_on(tmp_path: Path) -> None:
    def priced(cost: float | None) -> Scripted:
        usage = Usage(1, 1, cost)
        return Scripted(lambda *_: Reply(Message("assistant", "The total is 20."), usage, "stop", "m", 0.0), "m", "1")

    with Store(tmp_path / "trials.sqlite") as store:
        first = await run(experiment(priced(1.0), count=4, budget=Budget(3.5), turns=1, concurrency=1), store)
        assert (len(first.trials), first.owed) == (3, 5) and "3.0000 of 3.5000" in first.stopped
        rest = await run(experiment(priced(1.0), count=4, budget=Budget(10), turns=1, concurrency=1), store)
        assert (len(rest.trials), rest.owed) == (8, 0)
        assert costs(rest.trials)["assistant"]["cost"] == 8
    with Store(tmp_path / "unknown.sqlite") as store:
        unknown = await run(experiment(priced(None), count=4, budget=Budget(3.5), turns=1, concurrency=1), store)
        assert len(unknown.trials) == 1 and "--price" in unknown.stopped


async def test_the_next_trial_talks_while_the_last_is_judged(tmp_path: Path) -> None:
    """A verdict that takes its time keeps no call from the endpoint."""
    talked = asyncio.Event()

    def answer(conversation: Conversation) -> str:
        if "pieces" in conversation.messages[0].text and len(conversation.messages[0].text) > 60:
            talked.set()  # the second trial, whose request is complete
        return "The total is 20."

    async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
        await asyncio.wait_for(talked.wait(), 5)
        return Verdict(1.0)

    made = replace(task(1), check=check)
    trials = await ran(tmp_path, Scripted.function(answer, version="1"), of=made, concurrency=1)
    assert [trial.status for trial in trials] == ["done", "done"]


async def test_an_item_put_differently_is_another_trial_and_runs_draw_their_own(tmp_path: Path) -> None:
    drawn: list[int] = []

    def prepare(item: Item, seed: int) -> Item:
        drawn.append(seed)
        return replace(item, request=f"{item.request} ({seed % 1000})")

    staged = task(1, protocols={"shuffled": Staging(prepare)})
    trials = await ran(tmp_path, of=staged, name="shuffled", runs=2)
    assert len({trial.trial_id for trial in trials}) == 4 == len(set(drawn))
    assert all(trial.conversation and trial.conversation.messages[0].text.endswith(")") for trial in trials)
    other = task(1, protocols={"shuffled": Staging(lambda item, seed: replace(item, request="Otherwise."))})
    again = await ran(tmp_path, of=other, name="shuffled", runs=2)
    assert not {trial.trial_id for trial in trials} & {trial.trial_id for trial in again}


async def test_what_is_no_fault_of_a_model_ends_the_run_with_its_own_reason(tmp_path: Path) -> None:
    async def check(*_: object) -> Any:
        raise DataError("no isolation here")

    with pytest.raises(DataError, match="no isolation"):
        await ran(tmp_path, of=replace(task(2), check=check))


class Rewording:
    """A policy that asks the model before each turn, and changes what it is told where it is answered."""

    name = "rewording"
    reviews = False

    def __init__(self, model: Model | None = None) -> None:
        self.model = model

    def identity(self) -> dict[str, Any]:
        return {"policy": "rewording"}

    def over(self, model: Model) -> Model:
        return Steered(model, Rewording(model))

    async def decide(self, conversation: Conversation) -> Decision:
        assert self.model is not None
        told = await self.model.reply(Conversation((Message("user", "Reword it."),)))
        return Decision("execute", instruction=told.message.text)


async def test_a_trial_goes_on_though_a_call_that_failed_the_first_time_is_answered_now(tmp_path: Path) -> None:
    well = False
    said: list[str] = []

    def answer(conversation: Conversation) -> str:
        text = conversation.messages[-1].text
        if not well and text == "Reword it.":
            raise ModelTimeout("late")
        if not well and len(conversation.messages) > 2:
            raise DataError("the machine went down")
        said.append(text)
        return "How many apples are there?" if text != "Reword it." else "Be brief."

    model = Scripted.function(answer, "shaky", "1")
    with pytest.raises(DataError, match="went down"):
        await ran(tmp_path, model, count=1, lead=Rewording(), turns=3)
    well = True
    trials = await ran(tmp_path, model, count=1, lead=Rewording(), turns=3)
    assert {trial.status for trial in trials} == {"capped"} and len(trials) == 2
    asked = len(said)
    assert await ran(tmp_path, model, count=1, lead=Rewording(), turns=3) == trials and len(said) == asked


async def test_progress_and_the_summary_count_everything(tmp_path: Path) -> None:
    seen: list[tuple[int, int, int]] = []

    def watch(now: Progress) -> None:
        seen.append((now.ended, now.known, now.tokens))

    one = experiment(count=2)
    with Store(tmp_path / "trials.sqlite") as store:
        ended = await run(one, store, watch)
        await run(one, store, watch)
    assert seen[3][:2] == (4, 0) and seen[7][:2] == (4, 4) and seen[3][2] == seen[7][2] > 0
    told = summary(counted([one], {"talk": ended}), {"seed": 0})
    assert told["counts"]["good"] == 4 and told["counts"]["owed"] == 0
    figures = told["groups"]["talk"]["figures"]
    assert figures["solved"]["value"] == 1 and figures["solved"]["n"] == 4
    assert figures["coverage"]["value"] == 1 and figures["coverage"]["n"] == 6
    assert figures["wasted"]["value"] == 0 and figures["turns"]["value"] == 2.5
    assert told["user_errors"] == {
        "trials": 4,
        "utterances": 10,
        "asked_again": 0,
        "trials_with_errors": 0,
        "by_kind": {},
        "examples": [],
    }


async def test_the_engine_costs_little(tmp_path: Path) -> None:
    began = time.process_time()
    trials = await ran(tmp_path, count=50, concurrency=50)
    each = (time.process_time() - began) / sum(trial.cost["calls"] for trial in trials)
    print(f"{1000 * each:.2f} ms of CPU a call")
    assert each < 0.003, "ten times what it should be, so that a busy machine does not fail this"


def test_a_user_who_needs_a_model_and_a_protocol_that_is_not_there_are_usage_errors() -> None:
    one = experiment(count=1)
    with pytest.raises(UsageError, match="--user-model"):
        experiment(count=1, user="goal")
    with pytest.raises(UsageError, match="there are talk"):
        replace(one, protocol="nonsense")


async def test_a_user_whose_model_cannot_be_read_fails_the_trial_as_the_users(tmp_path: Path) -> None:
    speaker = Seat("user", Scripted.function(lambda _: "not JSON", version="1"), Gate(2))
    one = experiment(count=1, user="goal", speaker=speaker)
    with Store(tmp_path / "trials.sqlite") as store:
        trials = (await run(one, store)).trials
    assert {trial.error_type for trial in trials} == {"user_unreadable"}
    with Store(tmp_path / "trials.sqlite") as store:
        down = replace(speaker, model=Scripted.failing(ModelTimeout("slow"), name="scripted:function"))
        down.model.identity = speaker.model.identity  # type: ignore[method-assign]
        assert {
            trial.error_type for trial in (await run(replace(one, speaker=down, again=True, seed=0), store)).trials
        } == {"user_unreadable"}, "its answers were journalled, so nobody is asked"
    assert asker(task().items[1], task().items[1].opening).startswith("The total")


async def test_an_answer_in_a_form_has_the_tokens_that_its_caller_gives_it_and_the_rest_is_the_seats(
    tmp_path: Path,
) -> None:
    heard: list[tuple[bool, int, float]] = []

    def say(conversation: Conversation, sampling: Sampling, tools: object, form: object) -> Reply:
        heard.append((form is not None, sampling.max_tokens, sampling.temperature))
        return Reply(Message("assistant", "How many apples are there?"), Usage(1, 1), "stop", "m", 0.0)

    one = experiment(Scripted(say, "m", "1"), count=1, turns=2, lead=Steering("mediator"))
    warm = replace(one, assistant=replace(one.assistant, sampling=Sampling(temperature=0.5, max_tokens=64)))
    with Store(tmp_path / "trials.sqlite") as store:
        await run(warm, store)
    assert set(heard) == {(False, 64, 0.5), (True, 800, 0.5)}
