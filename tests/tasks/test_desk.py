"""Do the two ways to do a job lead to the same desk, and is each step counted as what it is?

In come operations, screens and scripted assistants; out come failures where a way leads elsewhere, a wrong call is let
through or raised, or a figure does not follow from the steps.
"""

from __future__ import annotations

import pytest

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.tasks import desk as desks
from overture.tasks.desk.jobs import by_calls, by_screen, job
from overture.tasks.desk.operations import OPERATIONS
from overture.tasks.desk.screen import SECONDS, Desk, state_of
from overture.tasks.desk.task import wanted
from overture.tasks.task import Item, Setting, Task, Verdict
from overture.tasks.tools import read, schema


@pytest.fixture(scope="module")
def task() -> Task:
    return desks.task(27, seed=1)


async def play(task: Task, name: str, item: Item) -> tuple[Verdict, Desk, Conversation]:
    """A scripted assistant at the desk, as the engine would run it."""
    desk = Desk.of(item)
    talk = item.opening
    for _ in range(40):
        said = task.yardsticks[name](item, talk)
        talk = talk.then(said if isinstance(said, Message) else Message("assistant", said))
        calls = talk.messages[-1].tool_calls
        if not calls:
            break
        for call in calls:
            talk = talk.then(Message("tool", await desk.call(call.name, call.arguments), tool_call_id=call.id))
    return await task.check(item, talk, Setting(tools=desk)), desk, talk


@pytest.mark.parametrize("number", range(27))
async def test_both_ways_lead_to_the_same_desk(number: int):
    done = job(number, seed=1)
    ends = []
    for way in (by_calls, by_screen):
        desk = Desk(state_of(done.before))
        for call in way(done):
            answer = await desk.call(call.name, call.arguments)
            assert not answer.startswith("error: "), answer
        ends.append(desk.state)
        assert sum(step.changed for step in desk.steps) == len(done.calls)
    assert ends[0] == ends[1] != state_of(done.before)


def test_jobs_go_round_all_operations_and_say_every_argument():
    found = [job(number) for number in range(54)]
    assert {done.calls[0][0] for done in found} == set(OPERATIONS)
    assert {len(done.calls) for done in found} == {1, 2, 3}
    for done in found:
        assert all(str(value) in done.request for _, given in done.calls for value in given.values())
        assert len({OPERATIONS[name].app for name, _ in done.calls}) == len(done.calls)
    assert job(7, 1) == job(7, 1) != job(7, 2)


async def test_the_yardsticks_at_both_ends(task: Task):
    seconds: dict[str, float] = {}
    for name in ("by_calls", "by_screen", "coach", "pesterer", "asker", "guesser"):
        verdicts = [(await play(task, name, item))[0] for item in task.items]
        seconds[name] = sum(verdict.figures["seconds"][0] for verdict in verdicts)
        does = name not in ("coach", "pesterer")
        assert {verdict.solved for verdict in verdicts} == {float(does)}, name
        for verdict in verdicts:
            assert verdict.figures["step_errors"][0] == verdict.figures["changes_beside"][0] == 0
            assert (verdict.delivered is not None) == does
    assert seconds["coach"] == 0 and seconds["asker"] == seconds["by_calls"]
    assert seconds["by_calls"] < 0.35 * seconds["by_screen"], "published: 65 to 70 % less time"


async def test_what_a_job_took_stands_under_the_way_that_was_chosen_for_it(task: Task):
    for name, way, other in (("by_calls", "calls", "screen"), ("by_screen", "screen", "calls")):
        figures = (await play(task, name, task.items[0]))[0].figures
        for figure in ("steps", "seconds", "step_errors"):
            assert figures[f"{figure}_by_{way}"] == figures[figure]
        assert figures[f"solved_by_{way}"] == (1, 1)
        assert not any(figure.endswith(f"s_by_{other}") for figure in figures)
    desk = Desk.of(task.items[0])
    await desk.call("set_theme", '{"theme": "dark"}')
    await desk.call("open_app", '{"app": "nowhere"}')
    mixed = await task.check(task.items[0], task.items[0].opening, Setting(tools=desk))
    assert mixed.figures["step_errors"] == (1, 2) and mixed.figures["by_calls"] == mixed.figures["by_screen"] == (1, 1)
    assert not any(figure.startswith("steps_by") for figure in mixed.figures), "both ways are neither"


async def test_the_protocols_offer_what_they_say(task: Task):
    for way, count in (("both", 12), ("screen", 3), ("calls", 9)):
        item = task.protocols[way].prepare(task.items[4], 0)
        desk = Desk.of(item)
        assert len(desk.schemas) == count
        verdict, _, _ = await play(task, "asker", item)
        assert verdict.solved == 1 and verdict.figures["detour"][0] == verdict.figures["detour"][1]
        assert verdict.figures["by_screen"] == (way == "screen", True)
    only = Desk.of(task.protocols["calls"].prepare(task.items[0], 0))
    assert (await only.call("open_app", '{"app": "mail"}')).startswith("error: there is no tool")


async def test_each_step_is_timed_by_the_documented_sum(task: Task):
    desk = Desk.of(task.items[0])
    await desk.call("open_app", '{"app": "mail"}')
    await desk.call("click", '{"button": "new mail"}')
    await desk.call("type_text", '{"field": "to", "text": "abcde"}')
    await desk.call("set_theme", '{"theme": "dark"}')
    hand = SECONDS["think"] + SECONDS["point"] + SECONDS["click"]
    times = [step.seconds for step in desk.steps]
    assert times == pytest.approx([hand, hand, hand + 5 * SECONDS["key"], SECONDS["think"] + SECONDS["call"]])
    assert [step.changed for step in desk.steps] == [False, False, False, True]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("open_app", '{"app": "games"}'),
        ("open_app", "{"),
        ("click", '{"button": "send"}'),
        ("type_text", '{"field": "to", "text": "x"}'),
        ("create_event", '{"title": "x", "day": "Monday"}'),
        ("create_event", '{"title": "x", "day": "Monday", "hour": 30}'),
        ("create_event", '{"title": "x", "day": "Monday", "hour": true}'),
        ("move_event", '{"title": "no such", "day": "Monday", "hour": 9}'),
        ("cancel_event", '{"title": "no such"}'),
        ("delete_mail", '{"subject": "no such"}'),
        ("rename_document", '{"name": "no such", "new_name": "x"}'),
        ("set_theme", '{"theme": "pink"}'),
        ("set_theme", '{"theme": "dark", "now": true}'),
        ("fly", "{}"),
    ],
)
async def test_what_makes_no_sense_is_answered_counted_and_changes_nothing(task: Task, name: str, arguments: str):
    desk = Desk.of(task.items[0])
    before = desk.state
    assert (await desk.call(name, arguments)).startswith("error: ")
    assert desk.state == before and [step.error for step in desk.steps] == [True]


async def test_a_form_is_checked_before_it_acts(task: Task):
    desk = Desk.of(task.items[0])
    await desk.call("open_app", '{"app": "calendar"}')
    await desk.call("click", '{"button": "new event"}')
    assert "title is empty" in await desk.call("click", '{"button": "save"}')
    assert "one of" in await desk.call("type_text", '{"field": "day", "text": "Someday"}')
    assert "number" in await desk.call("type_text", '{"field": "hour", "text": "ten"}')
    for field, text in (("title", "A"), ("day", "Friday"), ("hour", "10")):
        assert f"{field}={text}" in await desk.call("type_text", f'{{"field": "{field}", "text": "{text}"}}')
    assert await desk.call("click", '{"button": "save"}') == "done"
    assert desk.state.events["A"] == ("Friday", 10) and desk.form is None


async def test_what_nobody_asked_for_counts_against_it(task: Task):
    item = next(item for item in task.items if len(job(item.data["number"], 1).calls) == 1)
    verdict, desk, talk = await play(task, "by_calls", item)
    assert verdict.solved == 1
    await desk.call("send_mail", '{"to": "a", "subject": "b", "text": "c"}')
    beside = await task.check(item, talk, Setting(tools=desk))
    assert beside.solved == 0 and beside.figures["changes_beside"] == (1, 2)
    assert task.over is not None and not await task.over(item, talk, Setting(tools=desk))


async def test_one_wrong_change_in_place_of_the_right_one_is_beside_and_makes_no_detour(task: Task):
    item = next(item for item in task.items if len(job(item.data["number"], 1).calls) == 1)
    desk = Desk.of(item)
    await desk.call("send_mail", '{"to": "a", "subject": "b", "text": "c"}')
    verdict = await task.check(item, item.opening, Setting(tools=desk))
    assert verdict.solved == 0 and verdict.figures["changes_beside"] == (1, 1)
    assert verdict.figures["detour"] == (0, 0), "what was not done took no shorter way"
    assert verdict.figures["by_calls"] == (True, True)


async def test_a_mail_sent_twice_is_not_sent_once(task: Task):
    item = next(item for item in task.items if job(item.data["number"], 1).calls[0][0] == "send_mail")
    desk = Desk.of(item)
    first, *others = by_calls(job(item.data["number"], 1))
    for call in (first, first, *others):
        assert await desk.call(call.name, call.arguments) == "done"
    verdict = await task.check(item, item.opening, Setting(tools=desk))
    assert verdict.solved == 0 and verdict.figures["changes_beside"] == (1, len(others) + 2)


async def test_a_tool_that_is_not_there_is_neither_way(task: Task):
    desk = Desk.of(task.items[0])
    await desk.call("fly", "{}")
    verdict = await task.check(task.items[0], task.items[0].opening, Setting(tools=desk))
    assert verdict.figures["by_calls"] == verdict.figures["by_screen"] == (False, False)
    assert verdict.figures["step_errors"] == (1, 1) and verdict.figures["seconds"] == (SECONDS["think"], 1)


async def test_a_number_of_thousands_of_figures_is_answered(task: Task):
    desk = Desk.of(task.items[0])
    await desk.call("open_app", '{"app": "calendar"}')
    await desk.call("click", '{"button": "new event"}')
    assert "number" in await desk.call("type_text", f'{{"field": "hour", "text": "{"9" * 5000}"}}')


def test_no_job_is_done_before_it_is_begun():
    for seed in range(6):
        for number in range(200):
            done = job(number, seed)
            state = state_of(done.before)
            for name, given in done.calls:
                after = OPERATIONS[name].act(state, given)
                assert not isinstance(after, str) and after != state, (seed, number, name)
                state = after


async def test_the_class_of_the_first_turn(task: Task):
    item = task.items[0]
    does = Message("assistant", "", tool_calls=tuple(by_calls(job(item.data["number"], 1))))
    for turn, label in (
        ((Message("assistant", "Shall I use the work calendar or the private one?"),), "asked"),
        ((does, Message("tool", "done"), Message("assistant", "Done. Which one did you mean?")), "asked"),
        ((does, Message("tool", "done"), Message("assistant", "Done. Let me know if you need more.")), "done"),
        ((Message("assistant", "I can't do that."),), "declined"),
        ((Message("assistant", "Shall I do that now?"),), "asked"),
        ((does, Message("tool", "done"), Message("assistant", "Done. Shall I do more?")), "done"),
        ((Message("assistant", "The room is booked."),), "answered"),
        ((Message("assistant", ""),), None),
    ):
        assert (await task.check(item, item.opening.then(*turn), Setting(tools=Desk.of(item)))).first == label


def test_what_is_no_share_has_its_unit(task: Task):
    ways = ("", "_by_calls", "_by_screen")
    assert set(task.units) == {"detour", *(f"{name}{way}" for name in ("steps", "seconds") for way in ways)}


def test_the_wanted_desk_is_the_job_done(task: Task):
    for item in task.items:
        assert wanted(item) != state_of(item.data["before"])
        assert not item.lacking
    with pytest.raises(UsageError):
        desks.task(0)


def test_arguments_are_read_strictly():
    tool = schema("t", "does", ("a",), a="string", b=("x", "y"))
    assert read(tool, '{"a": "1", "b": "x"}') == {"a": "1", "b": "x"}
    assert [str(read(tool, text))[:6] for text in ('{"a": 1}', '{"a": "1", "b": "z"}', "null", "", "nope")] == [
        "error:"
    ] * 5
