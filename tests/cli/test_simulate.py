"""The command: what it leaves, how it goes on, what it counts beforehand, and how it ends when something is wrong."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest

from overture.cli import main
from overture.cli.money import prices_of
from overture.cli.simulate_watch import fitting, lasting, told
from overture.conversation import Message
from overture.errors import ModelNotFound, ModelTimeout, UsageError
from overture.models import Reply, Scripted, Usage, register
from overture.simulate.engine import Progress
from overture.simulate.estimate import CALLED
from overture.simulate.relay import STEPS
from overture.simulate.store import alone
from overture.tasks import named


@register("sometimes")
def sometimes() -> Scripted:
    """Fails once and then says something that steers terminals and opens tags."""
    return Scripted.failing(ModelTimeout("slow"), then=Scripted.function(lambda _: "It is \x1b[2J<script>12</script>."))


@register("never")
def never() -> Scripted:
    return Scripted.failing(ModelTimeout("no answer in 60 s"))


@register("off-the-point")
def off_the_point() -> Scripted:
    """Plays a user who never says a word of what it is after."""
    return Scripted.function(lambda _: '{"message": "Hm, I like tea.", "done": false}', version="1")


def run(*words: str) -> int:
    return main(["simulate", *words])


def left(out: Path) -> dict[str, Any]:
    return orjson.loads((out / "summary.json").read_bytes())


def test_it_leaves_a_page_a_summary_and_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("pairs", "--model", "scripted:asker", "-n", "8", "--runs", "2", "--out", str(out)) == 0
    assert {path.name for path in out.iterdir()} == {"report.html", "summary.json", "trials.sqlite"}
    summary = left(out)
    assert (summary["schema"], summary["command"], summary["counts"]["good"]) == (1, "simulate", 32)
    figures = summary["groups"]["talk"]["figures"]
    assert figures["asked_in_need"]["value"] == 1 and figures["asked_in_need"]["n"] == 16
    assert figures["asked_needlessly"]["value"] == 0 and figures["solved"]["value"] == 1
    assert figures["unreliability"]["value"] == 0 and figures["balanced_accuracy"]["n"] == 8
    assert summary["user_errors"]["trials"] == 32 and summary["config"]["trials"]["talk"]["user"]["user"] == "shards"
    page = (out / "report.html").read_text("utf-8")
    HTMLParser().feed(page)
    assert "scripted: a yardstick" in page and "<script" not in page and "not that it was made rightly" in page
    said = capsys.readouterr().out
    assert "asked_in_need" in said and "report.html" in said and "32 judged" in said


def test_the_yardsticks_stand_at_the_ends(tmp_path: Path) -> None:
    found: dict[str, dict[str, float | None]] = {}
    for name in ("asker", "guesser", "pesterer"):
        out = tmp_path / name
        assert run("pairs", "--model", f"scripted:{name}", "-n", "8", "--out", str(out)) == 0
        found[name] = {key: figure["value"] for key, figure in left(out)["groups"]["talk"]["figures"].items()}
    assert [found[name]["balanced_accuracy"] for name in found] == [1.0, 0.5, 0.5]
    assert [found[name]["coverage"] for name in found] == [1.0, 0.0, 1.0]
    assert found["guesser"]["guessed"] == 1 and found["pesterer"]["solved"] == 0
    assert found["asker"]["wasted"] == 0 and (found["pesterer"]["wasted"] or 0) > 0.5
    assert (found["pesterer"]["turns"] or 0) > 2 * (found["asker"]["turns"] or 0)


def test_the_same_again_goes_on_and_another_configuration_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("pairs", "--model", "scripted:guesser", "-n", "4", "--out", str(tmp_path))
    assert run(*words) == 0
    first = left(tmp_path)
    assert run(*words, "--concurrency", "1") == 0
    assert left(tmp_path)["groups"] == first["groups"] and left(tmp_path)["cost"] == first["cost"]
    capsys.readouterr()
    assert run(*words, "--max-tokens", "9") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "max_tokens: 512 → 9" in error
    assert run(*words, "--max-tokens", "9", "--fresh") == 0 and (tmp_path / "trials.1.sqlite").exists()


def test_two_runs_do_not_write_to_one_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("pairs", "--model", "scripted:guesser", "-n", "4", "--out", str(tmp_path))
    with alone(tmp_path):
        assert run(*words) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "another run is at work" in error
    assert run(*words) == 0


def test_a_failed_trial_is_counted_and_a_run_of_nothing_else_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("pairs", "-n", "4", "--concurrency", "1", "--out", str(tmp_path))
    assert run(*words, "--model", "scripted:sometimes") == 0
    assert left(tmp_path)["counts"]["by_error"] == {"timeout": 1}
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in page and "1 of 8 trials failed (timeout)" in page
    assert "\x1b" not in capsys.readouterr().out
    assert run("pairs", "-n", "2", "--model", "scripted:never", "--out", str(tmp_path / "never")) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "all 4 trials failed" in error and "no answer in 60 s" in error


def test_no_room_for_the_store_is_one_line_and_the_next_run_makes_the_rest(tmp_path: Path) -> None:
    """The process may write no file past 300 kB: for sqlite and for the page that is a disk that takes no more."""
    words = [sys.executable, "-m", "overture", "simulate", "pairs", "-n", "24", "--model", "scripted:pesterer"]
    command = [*words, "--out", str(tmp_path)]

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    cramped = subprocess.run(command, capture_output=True, text=True, preexec_fn=little)
    assert "Traceback" not in cramped.stderr and cramped.returncode in (0, 1)
    lost = left(tmp_path)["counts"]["by_error"] if cramped.returncode == 0 else {"store_full": 1}
    assert lost.keys() == {"store_full"} and not list(tmp_path.glob("*.part"))
    assert subprocess.run(command, capture_output=True).returncode == 0
    counts = left(tmp_path)["counts"]
    assert (counts["good"], counts["bad"], counts["owed"]) == (48, 0, 0)


def test_an_endpoint_that_is_down_fails_quickly_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert (
        run(
            "pairs", "--model", f"http://127.0.0.1:{port}/v1#m", "-n", "1", "--concurrency", "1", "--out", str(tmp_path)
        )
        == 1
    )
    assert "unreachable" in capsys.readouterr().err


def test_a_model_that_never_answers_is_asked_a_few_times_and_the_rest_is_owed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, asked = [True], [0]

    def answer(*_: object) -> Reply:
        asked[0] += 1
        if gone[0]:
            raise ModelNotFound("the server knows no such model")
        return Reply(Message("assistant", "Here it is."), Usage(1, 1, 0.0), "stop", "found", 0.0)

    register("found")(lambda: Scripted(answer, "scripted:found", "1"))
    words = ("pairs", "--model", "scripted:found", "-n", "20", "--concurrency", "4", "--out", str(tmp_path))
    assert run(*words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "not_found: the server knows no such model" in error and asked[0] < 16
    counts = left(tmp_path)["counts"]
    assert (counts["good"], counts["bad"], counts["owed"]) == (0, 7, 33) and "--retry-failed" in error
    gone[0] = False
    assert run(*words) == 0 and left(tmp_path)["counts"]["by_error"] == {"not_found": 7}
    assert run(*words, "--retry-failed") == 0
    assert (left(tmp_path)["counts"]["bad"], left(tmp_path)["counts"]["owed"]) == (0, 0)


def test_replies_that_are_cut_off_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def think(*_: object) -> Reply:
        return Reply(Message("assistant", ""), Usage(1, 512, 0.0), "length", "thinker", 0.0)

    register("thinks")(lambda: Scripted(think, "scripted:thinks", "1"))
    assert run("pairs", "--model", "scripted:thinks", "-n", "2", "--out", str(tmp_path)) == 0
    error, page = capsys.readouterr().err, (tmp_path / "report.html").read_text("utf-8")
    assert error.count("\n") == 1 and "--max-tokens (here 512)" in error and 'class="warning"' in page


def test_a_user_who_errs_is_not_taken_for_the_models_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, at_fault = tmp_path / "out", "no fault of scripted:asker"
    words = ("pairs", "--user", "goal", "--model", "scripted:asker", "-n", "2", "--turns", "2")
    assert run(*words, "--user-model", "scripted:off-the-point", "--out", str(out)) == 0
    page = (out / "report.html").read_text("utf-8")
    assert (
        at_fault in page and "--user-model</span>, or a user" in page and "trials the simulated user goal erred" in page
    )
    assert page.index(at_fault) < page.index("Each figure beside") and ", the user erred" in page
    assert at_fault in " ".join(capsys.readouterr().err.split())
    assert run("pairs", "--model", "scripted:asker", "-n", "2", "--out", str(tmp_path / "shards")) == 0
    page = (tmp_path / "shards" / "report.html").read_text("utf-8")
    assert at_fault not in page and ", the user erred" not in page


def test_a_dry_run_counts_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ("pairs", "--model", "http://127.0.0.1:9/v1#m", "-n", "10", "--runs", "3", "--out", str(out), "--dry-run")
    assert run(*words, "--price", "1,2") == 0
    said = capsys.readouterr().out
    assert "60 trials" in said and "about: assistant 90 calls" in said and "at most: assistant 360 calls" in said
    assert "unknown" not in said and not out.exists()
    assert run(*words) == 0 and "want of --price" in capsys.readouterr().out


def test_a_message_that_only_calls_begins_with_its_call_on_the_page(tmp_path: Path) -> None:
    assert run("travel", "--model", "scripted:guesser", "-n", "1", "--out", str(tmp_path)) == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "[search {" in page and "\n[search {" not in page


def test_a_dry_run_knows_that_tools_take_calls_and_that_a_policy_may(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("desk", "--model", "http://127.0.0.1:9/v1#m", "-n", "1", "--dry-run")
    assert run(*words) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 trial: 1 item, 1 run, 1 protocol\n") and "policy" not in said
    assert f"about: assistant {1 + CALLED} calls" in said and f"at most: assistant {3 * STEPS} calls" in said
    assert run(*words, "--policy", "doer") == 0 and "what the policy asks of its own" in capsys.readouterr().out


def test_several_runs_are_drawn_and_not_repeated(tmp_path: Path) -> None:
    for given, meant in (((), 0.0), (("--runs", "2"), 1.0), (("--runs", "2", "--temperature", "0"), 0.0)):
        out = tmp_path / str(len(given))
        assert run("pairs", "--model", "scripted:guesser", "-n", "1", *given, "--out", str(out)) == 0
        config = left(out)["config"]
        assert config["temperature"] == meant
        assert config["trials"]["talk"]["models"]["assistant"]["sampling"]["temperature"] == meant
        page = (out / "report.html").read_text("utf-8")
        assert f"at temperature {meant:g}," in page
        assert ("its spread is 0 and says nothing" in page) == (given[-2:] == ("--temperature", "0"))


def test_sharded_stands_beside_the_papers_headline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sharded", "-p", "full,concat,sharded", "--model", "scripted:asker", "-n", "4", "--runs", "2")
    assert run(*words, "--out", str(tmp_path)) == 0
    beside = {one["name"]: one for one in left(tmp_path)["beside"]}
    assert {name: one["published"] for name, one in beside.items()} == {
        "sharded_change": -0.39, "aptitude_change": -0.16, "unreliability_change": 1.12, "concat_to_full": 0.95
    }  # fmt: skip
    assert (beside["concat_to_full"]["value"], beside["sharded_change"]["value"]) == (1, 0)
    assert beside["unreliability_change"]["value"] is None, "nothing can be set beside an unreliability of 0"
    said, page = capsys.readouterr().out, (tmp_path / "report.html").read_text("utf-8")
    assert (
        "Sharded beside full: the mean score: 0.0% (no interval, n\xa0=\xa04); published: −39% (Laban et al. 2025"
        in said
    )
    assert "Beside what was published" in page and "<b>112%</b>" in page and "percentiles of the 2 runs" in page


def test_the_options_of_a_task_can_be_typed(tmp_path: Path) -> None:
    """Else a summary, which needs a judge, and the public problems could be had from Python alone."""
    assert {item.group for item in named.meant("sharded:kinds=summary+math").items} == {"summary", "math"}
    assert {item.group for item in named.meant("slots:domains=medium", 4).items} == {"medium"}
    words = ("sharded:kinds=summary", "-n", "2", "--model", "scripted:asker", "--out", str(tmp_path))
    assert run(*words) == 0
    assert left(tmp_path)["counts"]["by_unscored"] == {"a summary is scored by a judge; name one with --judge": 2}


def test_missing_stands_beside_the_papers_accuracy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("missing", "-n", "4", "--model", "scripted:asker", "--turns", "1", "--out", str(tmp_path / "one")) == 0
    (beside,) = left(tmp_path / "one")["beside"]
    assert (beside["name"], beside["published"], beside["n"]) == ("right_when_told", 0.7398, 4)
    assert beside["value"] == 0, "the complete twins that were solved do not count"
    assert run("missing", "-n", "4", "--model", "scripted:asker", "-p", "mc,mce", "--out", str(tmp_path / "both")) == 0
    assert [one["value"] for one in left(tmp_path / "both")["beside"]] == [1]
    assert "solved in the end: 100%" in capsys.readouterr().out.replace("\xa0", " ")
    assert "<b>73.98%</b>" in (tmp_path / "both" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pears"], "did you mean pairs"),
        (["sharded:kinds=poems"], "no kind of instruction is named ['poems']"),
        (["missing:sauce=gsm8k"], "it has source=…"),
        (["missing:source="], "has no option 'source='"),
        (["travel:source=x"], "it has none"),
        (["pairs", "--protocol", "sideways"], "there are talk"),
        (["pairs", "--user", "goal"], "--user-model"),
        (["pairs", "--runs", "0"], "1 or more"),
        (["pairs", "--turns", "0"], "1 or more"),
        (["pairs", "--model", ""], "no model is meant by ''"),
        (["pairs", "--model", "localhost:8000/v1#m"], "did you mean http://localhost:8000/v1#m? A model is"),
        (["pairs", "--model", "api.example.com/v1#m"], "did you mean https://api.example.com/v1#m? A model is"),
        (["pairs", "--model", "http://127.0.0.1:99999/v1#m"], "http://host:port/v1#name, where name is the model's: "),
        (["pairs", "--model", "http://[::1/v1#m"], "http://host:port/v1#name"),
        (["pairs", "--concurrency", "0"], "1 or more"),
        (["pairs", "--model", "http://127.0.0.1:9/v1#m", "--max-cost", "1"], "needs --price"),
        (["pairs", "--price", "cheap"], "PROMPT,COMPLETION"),
        (["pairs", "--user-model", "scripted:asker"], "and shards needs none; leave them out"),
        (["pairs", "--user-temperature", "3"], "and shards needs none; leave them out"),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    given = words if "--model" in words else [*words, "--model", "scripted:asker"]
    assert run(*given, "--out", str(tmp_path / "out")) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_trials_can_be_audited(tmp_path: Path) -> None:
    assert run("pairs", "--model", "scripted:pesterer", "-n", "8", "--out", str(tmp_path)) == 0
    words = [
        "audit",
        str(tmp_path / "trials.sqlite"),
        "--group-by",
        "protocol",
        "--lens",
        "moves",
        "--out",
        str(tmp_path / "audit"),
    ]
    assert main(words) == 0
    summary = orjson.loads((tmp_path / "audit" / "summary.json").read_bytes())
    assert summary["counts"]["conversations"] == 16 and "talk" in summary["groups"]
    assert summary["groups"]["talk"]["figures"]["dialogue_initiative"]["value"] > 0.5


def test_prices_and_progress_are_read_and_said() -> None:
    assert prices_of("1,2")[""].completion == 2 and prices_of("a=1,2; b=3,4")["b"].prompt == 3
    with pytest.raises(UsageError):
        prices_of("1")
    assert (
        told(Progress(80, 31, 1, 2, 12_400, 0.021), 30.0)
        == "31 of 80 trials, 2 failed, 12,400 tokens, cost 0.0210, 49 s left"
    )
    assert told(Progress(8, 8, 8), 3.0) == "8 of 8 trials, 0 tokens"
    assert [fitting("31 of 80 trials", room) for room in (16, 15, 1)] == ["31 of 80 trials", "31 of 80 tria…", "…"]
    assert [lasting(5), lasting(70), lasting(7500)] == ["5 s", "1 min 10 s", "2 h 5 min"]
