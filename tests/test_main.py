"""An interrupt that comes while the command line is still loading is a line and the status 130, as it is later on."""

from __future__ import annotations

import sys

import pytest

from overture.__main__ import main


class Loading:
    def __getattr__(self, name: str) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_while_the_command_line_loads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "overture.cli", Loading())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "overture: interrupted before anything was begun\n"
