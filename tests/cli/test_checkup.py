"""The command: what it leaves, what it says, how it goes on, and how it ends when something is wrong."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from inspect import signature
from pathlib import Path

import orjson
import pytest

from overture.cli import checkup, main, play, simulate, tune
from overture.conversation import Message
from overture.errors import BadAnswer, ModelUnreachable
from overture.models import Reply, Sampling, Scripted, Usage, register
from overture.simulate.speakers import SHORT


def run(*words: str) -> int:
    return main(["checkup", *words])


def test_it_leaves_a_page_a_summary_and_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("--model", "scripted:asker", "--only", "pairs", "--pairs", "8", "--out", str(out)) == 0
    assert {path.name for path in out.iterdir()} == {"report.html", "summary.json", "trials.sqlite"}
    summary = orjson.loads((out / "summary.json").read_bytes())
    assert (summary["schema"], summary["command"]) == (1, "checkup")
    assert summary["config"]["pairs"] == 8 and summary["config"]["max_tokens"] == 128
    assert summary["counts"]["good"] + summary["counts"]["bad"] + summary["counts"]["unscored"] == 16
    figure = summary["groups"]["model"]["figures"]["asked_in_need"]
    assert figure["value"] == 1 and figure["low"] < 1 and figure["n"] == 8
    page = (out / "report.html").read_text("utf-8")
    HTMLParser().feed(page)
    assert "8 of 100 pairs" in page and "scripted" in page and "<script" not in page
    said = capsys.readouterr().out
    assert "asked_in_need" in said and "report.html" in said and "8 of 100 pairs" in said
    assert len(summary["sentences"]) == 3
    for sentence in summary["sentences"]:
        words = "".join(sentence.split())
        assert words in "".join(said.split())
        assert words in "".join(re.sub(r"<[^>]*>", "", unescape(page)).split())


def test_the_same_again_goes_on_and_says_the_same(tmp_path: Path) -> None:
    words = ("--model", "scripted:guesser", "--only", "pairs,missing", "--pairs", "8", "--out", str(tmp_path))
    assert run(*words) == 0
    first = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert run(*words, "--concurrency", "1") == 0
    assert orjson.loads((tmp_path / "summary.json").read_bytes())["groups"] == first["groups"]


def test_another_configuration_is_refused_until_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--only", "pairs", "--pairs", "8", "--out", str(tmp_path))
    assert run("--model", "scripted:guesser", *words) == 0
    before = (tmp_path / "report.html").read_bytes()
    capsys.readouterr()
    assert run("--model", "scripted:asker", *words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "assistant.name: scripted:guesser → scripted:asker" in error
    assert (tmp_path / "report.html").read_bytes() == before
    assert run("--model", "scripted:asker", *words, "--fresh") == 0
    assert (tmp_path / "trials.1.sqlite").exists()


def test_an_endpoint_that_is_down_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    out = tmp_path / "out"
    assert run("--model", f"http://127.0.0.1:{port}/v1#name", "--pairs", "1", "--out", str(out)) == 1
    error = capsys.readouterr().err
    assert error.startswith("overture: ") and error.count("\n") == 1
    assert not out.exists()


def test_a_model_that_never_answers_says_why_and_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register("broken")(lambda: Scripted.failing(BadAnswer("the answer is not a chat completion")))
    assert run("--model", "scripted:broken", "--only", "pairs", "--pairs", "2", "--out", str(tmp_path)) == 1
    said = capsys.readouterr()
    assert "0 of 4 trials judged, 4 failed (4 bad_answer)" in said.out
    assert said.err.startswith("overture: all 4 trials of the model failed") and "not a chat completion" in said.err


def test_what_a_server_does_not_take_is_said_with_the_figures_again_and_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    less = {"left_out": ["response_format", "temperature", "top_p"]}
    reply = Reply(Message("assistant", "Here it is."), Usage(1, 1), "stop", "m", 0.0, less)
    register("reasoning")(lambda: Scripted(lambda *_: reply, "scripted:reasoning", "1"))
    for _ in range(2):  # the second time everything is in the store
        assert run("--model", "scripted:reasoning", "--only", "pairs", "--pairs", "2", "--out", str(tmp_path)) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert "does not take temperature and top_p; it was asked without. Its answers are drawn as the server" in said
    assert "does not take temperature and top_p" in " ".join((tmp_path / "report.html").read_text("utf-8").split())


def test_a_folder_that_was_there_is_left_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    gone = ModelUnreachable("nothing listens there")
    register("gone")(lambda: Scripted.failing(gone))
    assert run("--model", "scripted:gone", "--pairs", "1", "--out", str(tmp_path)) == 1
    assert capsys.readouterr().err == "overture: nothing listens there\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "words",
    [
        ("--pairs", "0"),
        ("--pairs", "101"),
        ("--pairs", "many"),
        ("--pairs", "7", "--only", "doing"),
        ("--model", "nonsense"),
        ("--model", "scripted:nobody"),
        ("--concurrency", "0"),
        ("--max-tokens", "0"),
        ("--only", "pears"),
        ("--policy", "nonsense"),
        ("--nonsense",),
    ],
)
def test_bad_usage_ends_with_2_and_leaves_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    assert run("--model", "scripted:asker", "--out", str(out), *words) == 2
    assert not out.exists()


def test_two_models_are_compared_on_the_same_pairs(tmp_path: Path) -> None:
    words = ("--against", "scripted:guesser", "--only", "pairs", "--pairs", "16", "--out", str(tmp_path))
    assert run("--model", "scripted:asker", *words) == 0
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    found = {row["figure"]: row for row in summary["differences"]}["asked_in_need"]
    assert found["value"] == 1 and found["p_adjusted"] <= 1
    assert set(summary["counts"]["by_speaker"]) == {"model", "against"}
    assert "scripted:guesser" in (tmp_path / "report.html").read_text("utf-8")


def test_every_option_can_be_set_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERTURE_PAIRS", "8")
    monkeypatch.setenv("OVERTURE_ONLY", "pairs")
    monkeypatch.setenv("OVERTURE_MODEL", "scripted:silent")
    assert run("--out", str(tmp_path)) == 0
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["config"]["pairs"] == 8
    assert [summary["counts"][name] for name in ("good", "bad", "unscored")] == [0, 0, 16]
    assert summary["groups"]["model"]["figures"]["asked_in_need"]["value"] is None


def test_every_part_has_its_figures_and_its_place_on_the_page(tmp_path: Path) -> None:
    assert run("--model", "scripted:pesterer", "--pairs", "8", "--out", str(tmp_path)) == 0
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["config"]["sections"] == {"pairs": 8, "doing": 10, "missing": 12, "sharded": 4, "travel": 3}
    groups = summary["groups"]
    assert groups["model missing"]["figures"]["asked_needlessly"]["value"] == 1
    assert groups["model travel"]["figures"]["wasted"]["value"] > 0.5
    assert groups["yardstick asker sharded"]["figures"]["solved"]["value"] == 1
    page = (tmp_path / "report.html").read_text("utf-8")
    for title in ("Things to have done", "Word problems, talked through", "said piece by piece", "Trips, with search"):
        assert title in page
    assert (summary["user_errors"]["model"]["trials"], summary["user_errors"]["model"]["trials_with_errors"]) == (31, 0)
    assert "scripted:pesterer: the simulated user erred in 0 of 31 talks." in page


def test_a_policy_is_put_beside_the_bare_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--model", "scripted:guesser", "--policy", "gaps", "--only", "pairs,missing", "--pairs", "8")
    assert run(*words, "--out", str(tmp_path)) == 0
    assert "overture serve --upstream scripted:guesser --policy gaps" in capsys.readouterr().out
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    bare, steered = (summary["groups"][f"{who} missing"]["figures"] for who in ("model", "steered"))
    assert bare["asked_in_need"]["value"] == 0 < steered["asked_in_need"]["value"]
    gained = {(row["section"], row["figure"]): row for row in summary["differences"]}
    row = gained["missing", "asked_in_need"]
    assert (row["a"], row["b"]) == ("steered", "model") and row["low"] <= row["value"] <= row["high"]
    assert summary["config"]["policy"] == "gaps" and "policy" in summary["config"]["steered"]["missing"]
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "What changed with the policy" in page and "What it cost" in page
    before = (tmp_path / "summary.json").read_bytes()
    assert run(*words, "--out", str(tmp_path)) == 0
    assert orjson.loads(before)["groups"] == orjson.loads((tmp_path / "summary.json").read_bytes())["groups"]


def test_a_dry_run_counts_every_speaker_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ("--model", "http://127.0.0.1:9/v1#m", "--only", "pairs", "--pairs", "8", "--policy", "gaps", "--dry-run")
    assert run(*words, "--against", "http://127.0.0.1:9/v1#n", "--price", "m=1,2;n=2,4", "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert said.startswith("48 trials: 8 of 100 pairs") and "unknown" not in said and not out.exists()
    assert len([line for line in said.splitlines() if " 16 calls" in line]) == 6
    about = [float(line.split()[-1]) for line in said.splitlines() if line.startswith("about")]
    assert about[0] == about[1] and about[2] == pytest.approx(2 * about[0], rel=0.05)


def test_a_limit_of_cost_leaves_trials_owed_and_the_same_command_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def dear(*_: object) -> Reply:
        return Reply(Message("assistant", "Here it is."), Usage(1, 1, 0.25), "stop", "dear", 0.0)

    register("dear")(lambda: Scripted(dear, "scripted:dear", "1"))
    words = ("--model", "scripted:dear", "--only", "pairs", "--pairs", "4", "--out", str(tmp_path))
    assert run(*words, "--max-cost", "1", "--concurrency", "1") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "4 trials are owed: the limit of cost is reached" in error
    counts = orjson.loads((tmp_path / "summary.json").read_bytes())["counts"]
    assert (counts["owed"], sum(counts[name] for name in ("good", "bad", "unscored"))) == (4, 4)
    assert "4 trials are still owed" in (tmp_path / "report.html").read_text("utf-8")
    assert run(*words) == 0
    assert orjson.loads((tmp_path / "summary.json").read_bytes())["counts"]["owed"] == 0
    assert run("--model", "http://127.0.0.1:9/v1#m", "--max-cost", "1", "--out", str(tmp_path / "none")) == 2
    assert "needs --price" in capsys.readouterr().err


def test_failed_trials_are_tried_again_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = [True]

    def answer(*_: object) -> Reply:
        if broken[0]:
            raise BadAnswer("the answer is not a chat completion")
        return Reply(Message("assistant", "Which one do you mean?"), Usage(1, 1, 0.0), "stop", "mended", 0.0)

    register("mended")(lambda: Scripted(answer, "scripted:mended", "1"))
    words = ("--model", "scripted:mended", "--only", "pairs", "--pairs", "2", "--out", str(tmp_path))
    assert run(*words) == 1 and "--retry-failed" in capsys.readouterr().err
    broken[0] = False
    assert run(*words) == 1, "what failed is known, and not asked again"
    assert run(*words, "--retry-failed") == 0


def test_an_out_that_is_a_file_is_called_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert run("--model", "scripted:asker", "--pairs", "1", "--out", str(tmp_path / "out")) == 1
    assert "out is a file; --out takes a folder" in capsys.readouterr().err


@pytest.mark.parametrize(("finish", "said"), [("length", "Let me think about"), ("stop", "")])
def test_replies_that_are_cut_off_or_empty_are_warned_of(
    finish: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def think(*_: object) -> Reply:
        return Reply(Message("assistant", said), Usage(1, 128, 0.0), finish, "thinker", 0.0)

    register(f"thinker-{finish}")(lambda: Scripted(think, f"scripted:thinker-{finish}", "1"))
    words = ("--model", f"scripted:thinker-{finish}", "--only", "pairs", "--pairs", "4", "--out", str(tmp_path))
    assert run(*words) == 0
    error, page = capsys.readouterr().err, (tmp_path / "report.html").read_text("utf-8")
    assert error.count("\n") == 1 and "8 of 8 replies" in error and "--max-tokens (here 128)" in error
    assert 'class="warning"' in page and "8 of 8 replies" in page
    assert run("--model", "scripted:asker", "--only", "pairs", "--pairs", "4", "--out", str(tmp_path / "asker")) == 0
    assert capsys.readouterr().err == ""
    assert 'class="warning"' not in (tmp_path / "asker" / "report.html").read_text("utf-8")


def test_a_column_is_headed_by_the_model_and_not_by_its_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register("served")(lambda: Scripted.lines(["Done."], name="https://a-rather-long-host.example.com/v1#my-model"))
    assert run("--model", "scripted:served", "--only", "pairs", "--pairs", "1", "--out", str(tmp_path)) == 0
    (head,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("figure (95")]
    assert head.split()[4] == "my-model"


def test_a_reply_may_be_as_long_in_every_command_but_a_checkup() -> None:
    def most(command: Callable[..., None]) -> int:
        return signature(command).parameters["max_tokens"].default

    assert {most(command) for command in (play, simulate, tune)} == {Sampling().max_tokens}
    assert most(checkup) == SHORT.max_tokens
