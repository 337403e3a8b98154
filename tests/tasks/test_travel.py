"""Are preferences hidden, heard when named, and credited to whoever brought them out? And is the best option the best?

In come trips and scripted assistants with the offline user; out come failures where a choice is misjudged, a question
misheard, or asking anything at all would pay.
"""

from __future__ import annotations

import orjson
import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.errors import UsageError
from overture.simulate.outcome import questions
from overture.tasks import named, travel
from overture.tasks.task import Item, Setting, Task, Verdict
from overture.tasks.travel.catalogue import ASPECTS
from overture.tasks.travel.task import Agency
from overture.tasks.travel.trips import OPTIONS, trip
from overture.users.domains import Preferences


@pytest.fixture(scope="module")
def task() -> Task:
    return travel.task(24, seed=1)


async def play(task: Task, name: str, item: Item, turns: int = 40) -> Verdict:
    """A scripted assistant with the offline user, as the loop would run it."""
    assert task.hear is not None and task.over is not None
    agency = Agency(item)
    user = Preferences(task.hear).start(item, 0)
    talk = item.before
    revealed: list[tuple[str, ...]] = []
    for _ in range(turns):
        said = await user.next(talk)
        if said.message is not None:
            talk = talk.then(said.message)
            revealed.append(said.revealed)
        if said.done:
            break
        while True:
            reply = task.yardsticks[name](item, talk)
            talk = talk.then(reply if isinstance(reply, Message) else Message("assistant", reply))
            if not talk.messages[-1].tool_calls:
                break
            for call in talk.messages[-1].tool_calls:
                talk = talk.then(Message("tool", await agency.call(call.name, call.arguments), tool_call_id=call.id))
        if await task.over(item, talk, Setting(tools=agency)):
            break
    return await task.check(item, talk, Setting(tools=agency, revealed=revealed))


@pytest.mark.parametrize("number", range(30))
def test_the_cheapest_is_wrong_and_the_best_is_the_cheapest_correct_one(number: int):
    planned = trip(number, seed=4)
    assert len(planned.preferences) == 1 + number % 3
    for aspect, options in planned.options.items():
        correct = planned.correct(aspect)
        assert len(options) == OPTIONS and len({option.id for option in options}) == OPTIONS
        assert len(correct) == 3 and correct[0].price < correct[1].price < correct[2].price
        assert min(option.price for option in options) < correct[0].price
        for name, value in planned.preferences[aspect].items():
            missing = [o for o in options if o.values[name] != value]
            assert missing, "every preference rules something out"
            without = {n: v for n, v in planned.preferences[aspect].items() if n != name}
            assert any(all(o.values[n] == v for n, v in without.items()) for o in missing), f"{name} is not necessary"
    assert trip(number, 4) == planned != trip(number, 5)


def test_what_is_preferred_is_not_in_what_the_assistant_is_told(task: Task):
    for item in task.items:
        assert item.open == {part.name for part in item.parts}
        for part in item.parts:
            assert part.text not in item.request + item.system
            assert part.value not in item.request
    with pytest.raises(UsageError):
        travel.task(0)


def test_every_question_names_what_it_is_about_and_nothing_else(task: Task):
    assert task.hear is not None
    for item in task.items:
        for part, question in zip(item.parts, item.data["questions"], strict=True):
            act = task.hear(item, item.opening.then(Message("assistant", question)))
            assert act.asks == (part.name,), question
            assert not act.elsewhere and not act.delivers


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_two_choices_are_asked_for_in_the_same_words(aspect: str):
    for choice in ASPECTS[aspect]:
        others = {term for each in ASPECTS[aspect] if each is not choice for term in each.terms}
        assert not others & set(choice.terms)


@pytest.mark.parametrize(
    ("reply", "elsewhere"),
    [
        ("What do you prefer?", True),
        ("Do you like travelling?", True),
        ("I have found twelve options.", False),
        ("Let me know if you need anything else.", False),
    ],
)
def test_asking_anything_does_not_pay(task: Task, reply: str, elsewhere: bool):
    assert task.hear is not None
    for item in task.items:
        act = task.hear(item, item.opening.then(Message("assistant", reply)))
        assert (act.asks, act.elsewhere) == ((), elsewhere)


async def test_the_yardsticks_at_both_ends(task: Task):
    async def mean(name: str) -> dict[str, float]:
        verdicts = [await play(task, name, item) for item in task.items]
        figures = {
            figure: sum(verdict.figures[figure][0] for verdict in verdicts)
            / sum(verdict.figures[figure][1] for verdict in verdicts)
            for figure in verdicts[0].figures
        }
        return {**figures, "solved": sum(verdict.solved or 0 for verdict in verdicts) / len(verdicts)}

    asker, waiter, guesser, pesterer = [await mean(name) for name in ("asker", "waiter", "guesser", "pesterer")]
    assert (asker["solved"], asker["best"], asker["elicited_actively"], asker["elicited_passively"]) == (1, 1, 1, 0)
    assert (waiter["solved"], waiter["elicited_actively"], waiter["elicited_passively"]) == (1, 0, 1)
    assert guesser["solved"] == guesser["correct"] == guesser["elicited_actively"] == 0 and guesser["answered"] == 1
    assert pesterer["solved"] == pesterer["answered"] == 0 and 0 < pesterer["elicited_actively"] < 1


async def test_a_correct_choice_is_worth_less_than_the_best(task: Task):
    item = next(item for item in task.items if item.group == "1 aspect")
    scores: list[float | None] = []
    for rank in (0, 1, 2):
        agency = Agency(item)
        (aspect,) = agency.trip.options
        chosen = agency.trip.correct(aspect)[rank].id
        await agency.call("answer", orjson.dumps({"aspect": aspect, "option": chosen}).decode())
        scores.append((await task.check(item, item.opening, Setting(tools=agency))).solved)
    assert scores == [1.0, 0.8, 0.8]


async def test_the_tools_answer_whatever_they_are_asked(task: Task):
    item = task.items[0]
    agency = Agency(item)
    (aspect,) = agency.trip.options
    found = orjson.loads(await agency.call("search", f'{{"aspect": "{aspect}"}}'))
    assert len(found) == OPTIONS and agency.searched == {aspect}
    for name, text in (
        ("search", "{"),
        ("search", '{"aspect": "cruise"}'),
        ("answer", f'{{"aspect": "{aspect}"}}'),
        ("answer", f'{{"aspect": "{aspect}", "option": "no such"}}'),
        ("book", "{}"),
    ):
        assert (await agency.call(name, text)).startswith("error: ")
    assert not agency.answered and agency.changes("answer") and not agency.changes("search")
    first = f'{{"aspect": "{aspect}", "option": "{found[0]["id"]}"}}'
    assert (await agency.call("answer", first)).startswith("booked") and agency.finished
    assert "already" in await agency.call("answer", first)


def test_let_me_know_if_asks_where_it_names_a_preference(task: Task):
    item = next(item for item in task.items if any(part.name == "flight.seat" for part in item.parts))
    assert task.hear is not None
    for words, asks in (
        ("There are several flights. Let me know if you prefer an aisle seat.", ("flight.seat",)),
        ("There are several flights. Let me know if you need anything else.", ()),
    ):
        act = task.hear(item, item.opening.then(Message("assistant", words)))
        assert (act.asks, act.elsewhere, act.stray) == (asks, False, 0)


async def test_an_answer_that_was_refused_is_no_delivery_and_the_traveller_stays(task: Task):
    item = next(item for item in task.items if len(Agency(item).trip.options) == 1)
    agency, aspect = Agency(item), next(iter(Agency(item).trip.options))
    assert task.hear is not None
    for option, delivers in (("no such", False), (f"{aspect}-01", True)):
        call = ToolCall("answer", orjson.dumps({"aspect": aspect, "option": option}).decode(), "1")
        told = Message("tool", await agency.call(call.name, call.arguments), call.name, tool_call_id="1")
        talk = item.opening.then(Message("assistant", "", tool_calls=(call,)), told, Message("assistant", "Done."))
        assert task.hear(item, talk).delivers == delivers
        verdict = await task.check(item, talk, Setting(tools=agency))
        assert (verdict.first, verdict.delivered) == ("guessed", 0 if delivers else None)


@pytest.mark.parametrize("name", ["travel", "slots", "math", "missing"])
def test_questions_beside_the_point_are_wasted_beside_a_good_one_too(name: str):
    task = named.load(name, 3, 0)
    item = task.items[0]
    good = item.data["questions"][0] if name == "travel" else f"Which {item.parts[0].name} do you mean?"
    good = item.script.question if name == "missing" and item.script else good
    for stray in range(3):
        reply = " ".join([good, *("Who are you?", "How are you?")[:stray]])
        said = item.opening.then(Message("assistant", reply))
        assert questions(item, said, [()], task.hear) == (1 + stray, stray)


async def test_the_class_of_the_first_turn(task: Task):
    item = task.items[0]
    look = Message("assistant", "Let me look.", tool_calls=(ToolCall("search", "{}", "1"),))
    for turn, label in (
        ((Message("assistant", item.data["questions"][0]),), "asked"),
        ((look, Message("tool", "[]"), Message("assistant", item.data["questions"][0])), "asked"),
        ((look, Message("tool", "[]"), Message("assistant", "What do you prefer?")), "asked_elsewhere"),
        ((Message("assistant", "I can't book trips."),), "declined"),
        ((look, Message("tool", "[]"), Message("assistant", "There are twelve.")), None),
    ):
        assert (await task.check(item, item.opening.then(*turn), Setting(tools=Agency(item)))).first == label


def test_a_broken_call_is_no_answer(task: Task):
    assert task.hear is not None
    item = task.items[0]
    for text in ("{", "[]", '{"aspect": "x"}'):
        talk = item.opening.then(Message("assistant", "", tool_calls=(ToolCall("answer", text),)))
        assert not task.hear(item, talk).delivers
    assert isinstance(Conversation(talk.messages), Conversation)
