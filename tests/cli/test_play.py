"""The play: both seats through a pipe, what each may know, taking back, what is left, and text that would steer."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.cli import main
from overture.cli.play_game import Seated
from overture.cli.play_person import call_of
from overture.conversation import Conversation, Message, ToolCall
from overture.errors import ModelTimeout
from overture.models import Reply, Sampling, Scripted, Usage, register
from overture.simulate.seats import Draws
from overture.tasks import named
from overture.users.faults import told_by

ASKED: list[int] = []


@register("steering")
def steering() -> Scripted:
    """Says what moves cursors, names windows, and looks like a verdict."""
    return Scripted.function(
        lambda _: "\x1b[2J\x1b]0;mine\x07What price?\nVerdict of the check: 1 of 1.\u202e", version="1"
    )


@register("counting")
def counting() -> Scripted:
    """Says how long the conversation is, and remembers that it was asked."""

    def speak(conversation: Conversation) -> str:
        ASKED.append(len(conversation))
        return f"Which one of {len(conversation)}?"

    return Scripted.function(speak, version="1")


@register("breaking")
def breaking() -> Scripted:
    """Answers once, and then no more."""

    def speak(conversation: Conversation) -> str:
        if len(conversation) > 1:
            raise ModelTimeout("no answer in 60 s")
        return "What does it cost?"

    return Scripted.function(speak, version="1")


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`play(lines, *words)` → (exit status, what was shown, the records that were left)."""

    def run(lines: str, *words: str) -> tuple[int, str, list[dict[str, Any]]]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        status = main(["play", *words, "--out", str(tmp_path / "out")])
        path = tmp_path / "out" / "transcript.jsonl"
        left = [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        said = capsys.readouterr()
        return status, said.out + said.err, left

    return run


def test_the_user_knows_the_goal_and_the_verdict_comes_with_both_errors(play: Any) -> None:
    status, shown, left = play("\n/parts\n200\n/parts\n", "missing", "--item", "0", "--model", "scripted:asker")
    assert status == 0 and "bicycle that costs $200" in shown
    assert shown.count("not said") == 2, "before the first word, and at the first /parts"
    (record,) = left
    assert [m["role"] for m in record["messages"]] == ["user", "assistant"] * 2
    outcome, metadata = record["outcome"], record["metadata"]
    assert (outcome["solved"], outcome["first"], outcome["ended"]) == (1.0, "asked", "over")
    assert (outcome["covered"], outcome["necessary"], outcome["wasted"]) == (1, 1, 0)
    assert (metadata["as"], metadata["assistant"], metadata["user"]) == ("user", "scripted:asker", "person")
    assert "Verdict of the check: 1 of 1" in shown
    line = next(line for line in shown.splitlines() if line.startswith("asked_in_need"))
    assert line.split()[1] == "yes" and "asked_needlessly" in line and "twin" in line
    assert any(line.startswith("assistant") and "elicit" in line for line in shown.splitlines())


def test_no_name_of_a_figure_is_cut_on_a_narrow_terminal(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    _, shown, _ = play("\n", "missing", "--model", "scripted:asker", "--item", "3")
    assert "Figures of this one trial" in shown and not re.search(r"_\w*…", shown)


def test_the_assistant_knows_only_the_conversation_until_the_end(play: Any) -> None:
    words = ("travel", "--as", "assistant", "--item", "0")
    lines = "/parts\n/tools\n/hint\nWhat kind of cuisine do you like?\n/quit\n"
    status, shown, left = play(lines, *words)
    before, _, after = shown.partition("The end")
    assert status == 0 and "travel-0000" not in before and "indoors" not in before and "cold" not in before
    assert "travel-0000" in after and "cold as soon as the sun sets" in after
    assert "answer  aspect=restaurant option=string" in before and "2 needed parts are unsaid" in before
    assert "smoky from the fire" in before, "the simulated user answers what is asked"
    assert left[0]["metadata"]["hints"] == 1 and left[0]["metadata"]["user"] == "preferences"
    assert (left[0]["outcome"]["ended"], left[0]["outcome"]["covered"]) == ("left", 1)


def test_tools_are_called_and_the_check_sees_what_they_did(play: Any) -> None:
    lines = (
        "/tools search aspect=restaurant\n/tools nope\n/tools search restaurant\nWhat cuisine?\nInside or outside?\n"
        '/tools answer {"aspect": "restaurant", "option": "restaurant-04"}\nDone.\n'
    )
    status, shown, left = play(lines, "travel", "--as", "assistant", "--item", "0")
    assert status == 0 and "no tool nope" in shown and "restaurant is no argument" in shown
    calls = [call["function"] for m in left[0]["messages"] for call in m.get("tool_calls", ())]
    assert [call["name"] for call in calls] == ["search", "answer"]
    answers = [m for m in left[0]["messages"] if m["role"] == "tool"]
    assert answers[1]["content"] == "booked: restaurant-04" and answers[1]["tool_call_id"]
    assert left[0]["outcome"]["solved"] == 1.0 and left[0]["outcome"]["ended"] == "over"


def test_undo_plays_the_rest_again_without_asking_the_model_twice(play: Any) -> None:
    ASKED.clear()
    status, shown, left = play(
        "\nthe first\nthe second\n/undo\nanother\n/quit\n", "missing", "--item", "0", "--model", "scripted:counting"
    )
    assert status == 0 and left[0]["metadata"]["undone"] == 1
    said = [m["content"] for m in left[0]["messages"] if m["role"] == "user"]
    assert said[1:] == ["the first", "another"] and "the second" in shown
    assert ASKED == [1, 3, 5, 5], "two turns are remembered; the third has other words"
    assert left[0]["cost"]["calls"] == 3


def test_messages_of_several_lines_and_with_slashes(play: Any) -> None:
    lines = '\nfirst \\\nsecond\n"""\nin\n\n/parts of it\n"""\n//etc is a folder\n/what\n'
    _, shown, left = play(lines, "missing", "--item", "0", "--model", "scripted:counting")
    said = [m["content"] for m in left[0]["messages"] if m["role"] == "user"]
    assert said[1:] == ["first \nsecond", "in\n\n/parts of it", "/etc is a folder"]
    assert "goal" in shown and shown.count("the goal") == 1, "/parts inside a block is no command"


def test_nothing_that_a_model_says_steers_the_terminal_or_looks_like_ours(play: Any) -> None:
    _, shown, left = play("\n/quit\n", "missing", "--item", "0", "--model", "scripted:steering")
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown and "␛[2J" in shown
    verdicts = [line for line in shown.splitlines() if line.startswith("Verdict of the check")]
    assert len(verdicts) == 1 and verdicts[0].startswith("Verdict of the check: 0 of 1")
    assert "\x1b[2J" in left[0]["messages"][1]["content"], "the transcript keeps what was said"


def test_the_audit_reads_the_transcript_and_each_play_adds_a_line(play: Any, tmp_path: Path) -> None:
    for name in ("asker", "guesser"):
        assert play("\n$200\n/done\n", "missing", "--item", "0", "--model", f"scripted:{name}")[0] == 0
    assert (
        main(
            [
                "audit",
                str(tmp_path / "out" / "transcript.jsonl"),
                "--group-by",
                "assistant",
                "--out",
                str(tmp_path / "a"),
            ]
        )
        == 0
    )
    summary = orjson.loads((tmp_path / "a" / "summary.json").read_bytes())
    assert summary["counts"]["bad"] == 0 and {"scripted:asker", "scripted:guesser"} <= summary["groups"].keys()


def test_a_model_that_fails_leaves_what_was_said(play: Any) -> None:
    status, shown, left = play("\nIt costs $200.\n", "missing", "--item", "0", "--model", "scripted:breaking")
    assert status == 1 and "overture: no answer in 60 s; what was said is in" in shown
    assert left[0]["metadata"]["status"] == "failed" and left[0]["outcome"]["error"] == "no answer in 60 s"
    assert left[0]["messages"][-1]["content"] == "It costs $200." and left[0]["outcome"]["solved"] is None


def test_a_disk_that_takes_no_transcript_keeps_no_verdict_back(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    status, shown, _ = play("\n200\n", "missing", "--item", "0", "--model", "scripted:asker")
    assert status == 1
    assert "Verdict of the check: 1 of 1" in shown and "No space left on device" in shown


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("missing", "--as", "judge"), "be `user` or `assistant`"),
        (("missing", "--user", "shards"), "--as assistant"),
        (("missing", "--item", "9999", "--model", "scripted:asker"), "no item '9999'"),
        (("missing", "--protocol", "no", "--model", "scripted:asker"), "there are mc, mce"),
        (("missing", "--as", "assistant", "--user", "goal"), "name one with --model"),
        (("mising",), "did you mean missing"),
    ],
)
def test_bad_usage_says_what_to_do(play: Any, words: tuple[str, ...], why: str) -> None:
    status, shown, left = play("", *words)
    assert status == 2 and why in shown and not left


def test_a_model_that_plays_nobody_is_said(play: Any) -> None:
    words = ("travel", "--as", "assistant", "--item", "0")
    said = "--model plays nobody here: the user preferences needs no model"
    assert said in play("/quit\n", *words, "--model", "scripted:asker")[1] and said not in play("/quit\n", *words)[1]


def test_nothing_said_leaves_nothing(play: Any, tmp_path: Path) -> None:
    status, shown, _ = play("", "missing", "--model", "scripted:asker")
    assert status == 0 and "nothing is left behind" in shown and not (tmp_path / "out").exists()


def test_what_a_person_tells() -> None:
    item = named.load("missing").items[0]
    left = item.open_parts
    assert told_by("The bicycle costs $200.", item, left) == ("b",)
    assert told_by("the price is 200", item, left) == ("b",) and told_by("200", item, left, ("b",)) == ("b",)
    assert told_by("It is 50", item, left, ("b",)) == ()
    ride = named.load("pairs").items[0]
    (part,) = ride.open_parts
    assert told_by("95", ride, (part,)) == (), "a figure alone tells nothing that was not asked for"
    assert told_by("95", ride, (part,), (part.name,)) == told_by("It takes 95 minutes", ride, (part,)) == (part.name,)


def test_arguments_take_the_type_of_the_schema() -> None:
    schemas = [
        {"function": {"name": "t", "parameters": {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}}}
    ]
    assert call_of("t n=3 s='two words'", schemas, "c") == ToolCall("t", '{"n":3,"s":"two words"}', "c")
    assert call_of("t s=3", schemas, "c") == ToolCall("t", '{"s":"3"}', "c")
    assert "integer" in str(call_of("t n=x", schemas, "c")) and "not closed" in str(call_of("t s='x", schemas, "c"))


def test_on_a_terminal_ctrl_c_leaves_with_the_verdict(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "overture", "play", "missing", "--item", "0", "--model", "scripted:asker"]
    around = {**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.Popen(
        [*words, "--out", str(tmp_path)], stdin=theirs, stdout=theirs, stderr=theirs, env=around, start_new_session=True,
        preexec_fn=_owns_terminal,
    )  # fmt: skip
    os.close(theirs)
    shown = ""
    try:
        for wanted, keys in ((r"you> ", b"\r"), (r"(?s)bicycle cost\?.*you> ", b"half a line\x03")):
            shown = _until(ours, wanted, shown)
            time.sleep(0.5)  # nobody types in the moment between a prompt and the line editor behind it
            os.write(ours, keys)
        shown = _until(ours, r"transcript: ", shown)
        assert child.wait(timeout=20) == 0 and "you left" in shown and "Traceback" not in shown
        assert orjson.loads((tmp_path / "transcript.jsonl").read_bytes())["outcome"]["ended"] == "left"
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def _owns_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _until(terminal: int, wanted: str, seen: str, seconds: float = 60) -> str:
    """Everything shown, once it matches."""
    end = time.monotonic() + seconds
    while not re.search(wanted, seen):
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"{wanted!r} is not in {seen!r}"
        seen += os.read(terminal, 65536).decode("utf-8", "replace")
    return seen


async def test_in_a_play_too_an_answer_in_a_form_has_the_tokens_that_its_caller_gives_it() -> None:
    heard: list[int] = []

    def say(conversation: Conversation, sampling: Sampling, tools: object, form: object) -> Reply:
        heard.append(sampling.max_tokens)
        return Reply(Message("assistant", "{}"), Usage(1, 1), "stop", "m", 0.0)

    draws = Draws("user", (0, "task", "item", 0), lambda: 1, Sampling(max_tokens=64))
    seat = Seated(Scripted(say, "m", "1"), draws, {})
    asked = Conversation((Message("user", "Go on."),))
    await seat.reply(asked, Sampling(max_tokens=300))
    await seat.reply(asked, Sampling(max_tokens=300), response_format={"type": "json_object"})
    assert heard == [64, 300]
