"""A module of one's own, as docs/own.md has it: its task, user, policy and lens by the word `module.name`.

In come the page's own blocks, written to a file in an empty folder; out come a run and an audit. Easy to get wrong: a name
that a log or a client says must never import anything.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import orjson
import pytest

from overture.cli import main
from overture.errors import UsageError
from overture.own import fault_in_own
from overture.policies import make
from overture.tasks import named

PAGE = Path(__file__).parent.parent / "docs" / "own.md"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blocks = re.findall(r"```python run\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 4
    (tmp_path / "mine.py").write_text("\n".join(blocks))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("mine", None)


@pytest.mark.usefixtures("mine")
def test_a_task_a_user_and_a_policy_of_ones_own_are_simulated() -> None:
    words = ["simulate", "mine.trains", "--user", "mine.Blunt", "--model", "scripted:echo", "-n", "4"]
    assert main([*words, "--out", "bare"]) == main([*words, "--policy", "mine.AskLength", "--out", "led"]) == 0
    figures = [
        orjson.loads(Path(out, "summary.json").read_bytes())["groups"]["talk"]["figures"] for out in ("bare", "led")
    ]
    assert [each["asked_in_need"]["value"] for each in figures] == [0, 1]
    assert [each["asked_needlessly"]["value"] for each in figures] == [0, 0]
    assert figures[1]["turns"]["value"] == 1.5
    assert [each["coverage"]["value"] for each in figures] == [0, 1], "who guesses at once has obtained nothing"


@pytest.mark.usefixtures("mine")
def test_a_lens_of_ones_own_is_counted_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"messages": [{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": f"Hi{end}"}]} for end in "!."
    ]
    Path("log.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    assert main(["audit", "log.jsonl", "--lens", "mine.exclaims", "--out", "out", "--workers", "1"]) == 0
    figure = orjson.loads(Path("out/summary.json").read_bytes())["groups"]["all"]["figures"]["exclaims"]
    assert (figure["value"], figure["n"]) == (0.5, 2)
    assert any(line.split()[:3] == ["exclaims", "50", "%"] for line in capsys.readouterr().out.splitlines())


@pytest.mark.usefixtures("mine")
def test_a_setting_of_a_policy_of_ones_own_and_what_is_not_there() -> None:
    assert make("mine.AskLength:word=bus").identity()["word"] == "bus"
    for word, why in (
        ("mine.Nothing", "has no 'Nothing'"),
        ("nowhere.x", "No module named 'nowhere'"),
        ("..x", "no policy"),
    ):
        with pytest.raises(UsageError, match=why):
            make(word)


def test_what_a_log_names_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no task is named"):
        named.load("evil.task")


BAD = """
from dataclasses import dataclass, replace
from mine import AskLength, Blunt, trains

class Plain:
    def identity(self): return {}
    async def decide(self, conversation): return None

class Mute: pass

class Torn(Blunt):
    def start(self, item, seed, model=None): return {}["no"]

async def check(item, conversation, setting): return conversation["x"]

def listed(count=None, seed=0): return [1]
def alone(): return trains()
def unchecked(count=None, seed=0): return replace(trains(count), check=check)
def lens(batch, seen): return 3
def torn(batch, seen): return 1 / 0
constant = 1
"""


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["simulate", "bad.listed"], 2, "bad.listed is no task: it has no items"),
        (["simulate", "bad.alone"], 2, "bad.alone is no task: called with 2 arguments, too many positional arguments"),
        (["simulate", "bad.constant"], 2, "bad.constant is no task: it has no __call__"),
        (["simulate", "bad.unchecked", "-n", "1"], 1, "bad.py, line 14, in check: TypeError: "),
        (["simulate", "mine.trains", "--user", "bad.Mute"], 2, "bad.Mute is no user: it has no name"),
        (["simulate", "mine.trains", "--user", "bad.Torn", "-n", "1"], 1, "bad.py, line 12, in start: KeyError: 'no'"),
        (["simulate", "mine.trains", "--policy", "bad.Mute"], 2, "bad.Mute is no policy: it has no decide"),
        (["simulate", "mine.trains", "--policy", "bad.Plain"], 2, "bad.Plain is no policy: it is no dataclass"),
        (["simulate", "spoilt.x"], 2, "spoilt.py, line 1, in <module>: ZeroDivisionError: "),
        (["simulate", "half.x"], 2, "half.py, line 1: "),
        (
            ["audit", "log.jsonl", "--lens", "bad.lens", "--workers", "1"],
            1,
            "the lens bad.lens gave int in place of Col",
        ),
        (
            ["audit", "log.jsonl", "--lens", "bad.torn", "--workers", "1"],
            1,
            "bad.py, line 20, in torn: ZeroDivisionError",
        ),
    ],
    ids=lambda given: " ".join(given[1:4]) if isinstance(given, list) else "",
)
def test_a_mistake_in_ones_own_module_is_one_line(
    words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.py").write_text(BAD)
    Path("spoilt.py").write_text("1 / 0\n")
    Path("half.py").write_text("def (\n")
    Path("log.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi!"}]}\n')
    sys.modules.pop("bad", None)
    models = ["--model", "scripted:echo"] if words[0] == "simulate" else []
    assert main([*words, *models, "--out", "out"]) == status
    told = capsys.readouterr().err
    assert told.startswith(f"overture: {said}") and told.count("\n") == 1


@pytest.mark.usefixtures("mine")
def test_a_policy_that_fails_is_said_beside_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    Path("late.py").write_text(
        "from mine import AskLength\nclass Late(AskLength):\n    async def decide(self, conversation): raise LookupError\n"
    )
    words = ["simulate", "mine.trains", "--policy", "late.Late", "--model", "scripted:echo", "-n", "2", "--out", "out"]
    assert main(words) == 0
    said = "scripted:echo: 10 of 10 decisions of the policy failed or came too late (LookupError: 10)"
    told, page = capsys.readouterr(), Path("out/report.html").read_text()
    assert said in told.err and said in page
    race = ["tune", "mine.trains", "--policies", "late.Late", "--no-settings", "--model", "scripted:echo", "-n", "16"]
    assert main([*race, "--out", "tuned"]) == 0
    said = "decisions of the policy failed or came too late (LookupError: "
    assert said in capsys.readouterr().err and said in Path("tuned/report.html").read_text()
    assert "with scripted:echo led by late.Late and the user shards" in told.out and "led by late.Late. User" in page


def test_a_fault_elsewhere_is_not_taken_for_ones_own() -> None:
    with pytest.raises(KeyError) as caught:
        orjson.loads(b"{}")["no"]
    assert fault_in_own(caught.value) == ""
