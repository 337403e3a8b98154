"""`overture data`: what there is, whole names and origins, nothing pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from overture import data
from overture.cli import main


def test_the_list_has_every_item_once_under_its_origin_and_pulls_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("OVERTURE_DATA", raising=False)
    monkeypatch.setenv("OVERTURE_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[-1] for line in lines if line.startswith("  –")) == sorted(data.ITEMS)
    under = ""
    for line in lines:
        if not line.startswith("  "):
            under = line
        else:
            item = data.ITEMS[line.split()[-1]]
            assert under == f"{item.origin} ({item.licence})"
    assert not list(tmp_path.iterdir())


def test_what_is_here_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(data, "find", lambda name: tmp_path if name.startswith("in3/") else None)
    assert main(["data", "list"]) == 0
    here = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  here")]
    assert len(here) == len(data.members("in3"))
