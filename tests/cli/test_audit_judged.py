"""What `overture audit` says on the terminal once a judge has corrected shares: both, and which is which.

In come a log and a scripted judge; out comes what is printed. Easy to get wrong: the page's headline is the corrected
share, so a terminal that prints the lens's own and calls it nothing tells another story.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from overture.cli import main
from overture.models import Scripted, register
from overture.models import scripted as registry


def test_a_corrected_share_stands_below_the_lens_s_own(
    log: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    monkeypatch.setenv("COLUMNS", "120")
    register("judge-of-tests")(lambda: Scripted.function(lambda conversation: '{"moves": ["inform"]}', version="1"))
    path = log(*([f"Book flight {k}.", f"Which day, for number {k}?"] for k in range(6)))
    words = ["audit", str(path), "--out", str(tmp_path / "out"), "--lens", "moves", "--workers", "1"]
    assert main([*words, "--judge", "scripted:judge-of-tests", "--judge-sample", "4"]) == 0
    said = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(said) if line.startswith("dialogue_initiative"))
    assert "100 %" in said[at] and said[at + 1].startswith("  corrected") and " 0 %" in said[at + 1]
    assert "corrected: by 4 messages and 0 conversations judged at random" in said
    figures = orjson.loads((tmp_path / "out" / "summary.json").read_bytes())["groups"]["all"]
    assert figures["corrected"]["dialogue_initiative"]["value"] == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "corrected by 4 judged at random" in page
