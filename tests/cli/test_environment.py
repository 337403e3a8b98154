"""A name of the environment that nothing reads is said, once, with the nearest; one that any command reads is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from overture.cli import main
from overture.cli.environment import meaningless


def test_a_mistyped_name_is_said_with_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OVERTURE_MODLE", "scripted:asker")
    monkeypatch.setenv("OVERTURE_UPSTREAM", "embedded")  # of another command
    monkeypatch.setenv("OVERTURE_API_KEY", "none")
    words = ["checkup", "--model", "scripted:asker", "--only", "pairs", "--pairs", "1", "--out", str(tmp_path)]
    assert main(words) == 0
    assert capsys.readouterr().err == (
        "overture: OVERTURE_MODLE is set, and nothing reads it; did you mean OVERTURE_MODEL?\n"
    )


def test_a_name_of_ones_own_and_one_with_nothing_near() -> None:
    given = [
        "OVERTURE_CLIENTS_KEY",
        "OVERTURE_API_KEY_LLM_EXAMPLE_COM",
        "HOME",
        "OVERTURE_ZZZZZZZZZ",
        "OVERTURE_DATA",
        "OVERTURE_SEED",
    ]
    lines = meaningless(given, ["OVERTURE_SEED"], ["serve", "--key-env=OVERTURE_CLIENTS_KEY"])
    assert lines == ["OVERTURE_ZZZZZZZZZ is set, and nothing reads it"]


@pytest.mark.parametrize(
    ("words", "goes_on"), [(("view", "{}"), False), (("data", "list"), False), (("tune", "missing"), True)]
)
def test_an_interrupt_promises_to_go_on_only_where_the_command_does(
    words: tuple[str, ...],
    goes_on: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("overture.cli.app", interrupted)
    assert main([word.format(tmp_path) for word in words]) == 130
    assert ("goes on" in capsys.readouterr().err) == goes_on
