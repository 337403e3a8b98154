"""What the commands say where the machine, and not the model, is at fault: a full disk, code that nothing keeps in.

In come runs of scripted models; out come lines and files. Easy to get wrong: a run whose page finds no room has still
been paid for, so what it came to must be said and its trials must stay.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import orjson
import pytest

from overture.cli import main
from overture.tasks.sandbox import SandboxUnavailable, host, run_python


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("simulate", "pairs", "-n", "4"),
            "8 trials of pairs with scripted:asker and the user shards: 8 judged, 0 failed",
        ),
        (("checkup", "--only", "pairs", "--pairs", "8"), "scripted:asker: 16 of 16 trials judged"),
        (("tune", "pairs", "--policies", "gaps", "--no-settings", "-n", "32"), "2 candidates, "),
    ],
)
def test_a_page_that_finds_no_room_is_one_line_that_says_what_the_run_came_to(
    words: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [*words, "--model", "scripted:asker", "--out", str(tmp_path)]

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert main(command) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith(f"overture: {told}")
    assert f"{tmp_path} takes no summary and no page of it (No space left on device); make room" in error
    assert [each.name for each in tmp_path.iterdir()] == ["trials.sqlite"]
    assert main(command) == 0
    assert orjson.loads((tmp_path / "summary.json").read_bytes())["counts"].get("good") in (8, 16, None)


async def given(isolation: str) -> None:
    try:
        await run_python("print(1)")
    except SandboxUnavailable as error:
        pytest.skip(f"{isolation} is not to be had here: {error}")


@pytest.mark.parametrize(("isolation", "doubted"), [("namespaces", False), ("seccomp", True)])
def test_code_that_could_read_the_tests_casts_doubt_on_the_page_and_is_counted(
    isolation: str,
    doubted: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import asyncio

    monkeypatch.setattr(host, "_unable", {each: "another" for each in host.MODES if each != isolation})
    asyncio.run(given(isolation))
    assert main(["simulate", "code", "-n", "2", "--model", "scripted:asker", "--out", str(tmp_path)]) == 0
    warning = "In 2 of 2 trials code ran where nothing kept the hidden tests from it"
    assert (warning in capsys.readouterr().err) == doubted
    assert (warning in (tmp_path / "report.html").read_text("utf-8")) == doubted
