"""`--out` on a folder in which another command left its results: its summary and its page are not written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from overture.cli import main

SIMULATE = ["simulate", "pairs", "-n", "2", "--model", "scripted:guesser"]


def test_a_command_does_not_write_over_what_another_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    audit = ["audit", f"{out}/trials.sqlite", "--lens", "moves", "--workers", "1"]
    assert main([*SIMULATE, "--out", out]) == 0
    left = {name: Path(out, name).read_bytes() for name in ("summary.json", "report.html")}
    capsys.readouterr()
    for words in (
        audit,
        ["checkup", "--only", "pairs", "--pairs", "1", "--model", "scripted:guesser"],
        ["tune", "missing", "--policies", "gaps", "-n", "16", "--model", "scripted:guesser"],
    ):
        assert main([*words, "--out", out]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and f"{out} holds the results of `overture simulate`; choose another" in said
    assert left == {name: Path(out, name).read_bytes() for name in left}
    assert main([*SIMULATE, "--out", out]) == 0
    assert main([*audit, "--out", out, "--fresh"]) == 0
    assert Path(out, "report.html").read_bytes() != left["report.html"]
    assert main([*SIMULATE, "--out", out]) == 1


def test_a_summary_that_is_somebody_elses_is_no_result(tmp_path: Path) -> None:
    for theirs in ('{"command": "make"}', '["command"]', "no JSON"):
        (tmp_path / "summary.json").write_text(theirs)
        assert main([*SIMULATE, "--out", str(tmp_path)]) == 0
