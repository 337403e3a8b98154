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
