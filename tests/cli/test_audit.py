"""`overture audit` end to end: files, exit statuses, one line on stderr, and nothing from a log that steers a terminal.

In come command lines; out come folders, pages and statuses. Easy to get wrong: a status that says "done" over a folder
that is not whole, or a traceback where a sentence was owed.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from overture.audit.estimates import Figure
from overture.audit.files import only_one
from overture.cli import main
from overture.cli.audit_page import BETWEEN_READERS, MACRO_F1
from overture.cli.terminal import plain, result_console, result_table, say_table, share
from overture.logs.paths import place_of

Log = Callable[..., Path]
Captured = pytest.CaptureFixture[str]
TURNS = ["Book a flight to Rome.", "Which day would you like? Let me know!"]
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(autouse=True)
def no_flags_from_outside(monkeypatch: pytest.MonkeyPatch):
    for name in ("OVERTURE_OUT", "OVERTURE_JUDGE", "OVERTURE_LENS", "OVERTURE_GROUP_BY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def one_line(captured: Captured) -> str:
    """What stderr says, which must be one line without control characters and without a traceback."""
    said = captured.readouterr().err
    assert said.startswith("overture: ") and said.count("\n") == 1 and said.endswith("\n")
    assert not CONTROL.search(said)
    return said


def test_an_audit_leaves_what_the_design_names(log: Log, tmp_path: Path, capsys: Captured):
    out = tmp_path / "out"
    assert run("audit", log(TURNS, TURNS, b"torn"), "--out", out, "--lens", "moves", "--workers", 1) == 0
    names = {"messages.parquet", "conversations.parquet", "summary.json", "rejects.jsonl", "report.html"}
    assert {p.name for p in out.iterdir()} == names
    said = capsys.readouterr()
    assert "2 conversations, 4 messages; 1 record rejected, 1 double" in said.out
    assert "dialogue_initiative" in said.out and str(out / "report.html") in said.out
    summary = orjson.loads((out / "summary.json").read_bytes())
    assert summary["config"]["lenses"] == ["moves"]
    assert summary["counts"]["good"] + summary["counts"]["bad"] == 3


def test_both_lenses_by_default_and_flags_from_the_environment(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OVERTURE_OUT", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("OVERTURE_GROUP_BY", "file")
    assert run("audit", log(TURNS), "--workers", 1) == 0
    summary = orjson.loads((tmp_path / "elsewhere" / "summary.json").read_bytes())
    assert summary["config"]["lenses"] == ["moves", "goals"]
    assert set(summary["groups"]) == {"all", "log.jsonl"}
    assert "disjoint" in summary["groups"]["all"]["figures"]


def test_nothing_readable_is_three(log: Log, tmp_path: Path, capsys: Captured):
    assert run("audit", log(b"just some text"), "--out", tmp_path / "out") == 3
    assert "no conversation" in one_line(capsys)
    assert run("audit", tmp_path / "nothing-here", "--out", tmp_path / "none") == 3
    assert "no such file" in one_line(capsys)
    assert not (tmp_path / "none").exists()


def test_nothing_readable_says_what_it_is_and_where_to_look(tmp_path: Path, capsys: Captured):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert run("audit", tmp_path / "t.csv", "--out", tmp_path / "out") == 3
    said = one_line(capsys)
    assert "a table" in said and "rejects.jsonl" in said and "audit --help" in said
    (tmp_path / "t.txt").write_text("a b\n1 2\n")
    assert run("audit", tmp_path / "t.txt", "--out", tmp_path / "other") == 3
    assert "such as Human:" in one_line(capsys)


def test_files_in_which_nothing_was_read_are_said_though_others_were(log: Log, tmp_path: Path, capsys: Captured):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"conversation_id": 1, "role": "user", "content": "hi"}\n')
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    out = tmp_path / "out"
    assert run("audit", log(TURNS), rows, tmp_path / "t.csv", "--out", out, "--lens", "moves", "--workers", 1) == 0
    said = one_line(capsys)
    assert "nothing was read in 2 of 3 files" in said and "rows.jsonl" in said and "one message; gather" in said
    assert orjson.loads((out / "summary.json").read_bytes())["counts"]["unread"] == 2
    page = (out / "report.html").read_text()
    assert "Nothing was read in 2 of 3 files" in page and "1 conversation from 1 file" in page


def test_a_number_of_verdicts_without_a_judge_is_said(log: Log, tmp_path: Path, capsys: Captured):
    words = ("audit", log(TURNS), "--out", tmp_path / "out", "--lens", "moves", "--workers", 1)
    assert run(*words) == 0 and not capsys.readouterr().err
    assert run(*words, "--judge-sample", 5) == 0
    assert "without --judge there is none" in one_line(capsys)


@pytest.mark.parametrize("columns", ["", "x", "0"])
def test_a_width_that_means_nothing_is_no_failure(
    columns: str, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", columns)
    assert run("audit", log(TURNS), "--out", tmp_path / "out", "--lens", "moves", "--workers", 1) == 0


def test_a_stream_that_has_no_dash_gets_a_hyphen(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(said, encoding="ascii"))
    assert run("audit", log(TURNS), "--out", tmp_path / "ö", "--lens", "moves", "--workers", 1) == 0
    sys.stdout.flush()
    assert b"100 % (21-100)" in said.getvalue() and b"?/report.html" in said.getvalue()


def test_a_group_key_that_no_conversation_has_is_said_with_those_there_are(log: Log, tmp_path: Path, capsys: Captured):
    row = {"model": "m", "team": "blue", "messages": [{"role": "user", "content": "Hi."}]}
    file = log(orjson.dumps(row))
    words = ("audit", file, "--out", tmp_path / "out", "--lens", "moves", "--workers", 1)
    assert run(*words, "--group-by", "modle") == 0
    assert one_line(capsys) == "overture: no conversation has the key 'modle'; the first one has: model, team\n"
    assert run(*words, "--group-by", "model") == 0
    assert not capsys.readouterr().err


def test_a_judge_without_a_verdict_is_not_told_to_be_named(log: Log, tmp_path: Path, capsys: Captured):
    words = ("audit", log(TURNS, TURNS), "--lens", "moves", "--workers", 1)
    assert run(*words, "--judge", "scripted:echo", "--out", tmp_path / "judged") == 0
    said = capsys.readouterr().out
    assert "By the lens alone: no verdict of the judge could be used." in said
    assert "(--judge)" not in said
    assert run(*words, "--out", tmp_path / "bare") == 0
    assert "no judged sample corrected these figures (--judge)." in capsys.readouterr().out


def test_a_judge_that_cannot_be_had_is_said(log: Log, tmp_path: Path, capsys: Captured):
    words = ("--lens", "moves", "--workers", 1, "--judge", "http://127.0.0.1:9/v1#none")
    assert run("audit", log(TURNS), "--out", tmp_path / "out", *words) == 0
    said = capsys.readouterr()
    assert "could not be had or read: 1 no answer: unreachable" in said.out
    assert "The judge never answered and was asked no further" in said.err
    assert "nothing answers at http://127.0.0.1:9/v1; is the server running?" in said.err


USAGE = [
    ["--lens", "shape"],
    ["--lens", ","],
    ["--runner", "dask"],
    ["--judge", "nonsense"],
    ["--judge", "scripted:nobody"],
    ["--judge-sample", "1"],
    ["--examples", "-1"],
    ["--workers", "0"],
]


@pytest.mark.parametrize("flags", USAGE, ids=" ".join)
def test_bad_usage_is_two_and_leaves_nothing(flags: list[str], log: Log, tmp_path: Path, capsys: Captured):
    assert run("audit", log(TURNS), "--out", tmp_path / "out", *flags) == 2
    one_line(capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [["audit"], ["audit", "x", "--nonsense"], ["audit", "x", "--workers", "many"], ["sing"]], ids=" ".join
)
def test_words_that_are_no_command_are_two(words: list[str], capsys: Captured):
    assert run(*words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_folder_that_is_a_file_is_one(log: Log, tmp_path: Path, capsys: Captured):
    (tmp_path / "out").write_text("mine")
    assert run("audit", log(TURNS), "--out", tmp_path / "out", "--lens", "moves", "--workers", 1) == 1
    one_line(capsys)
    assert (tmp_path / "out").read_text() == "mine"


def test_an_interrupt_is_130_and_the_same_command_goes_on(
    log: Log, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
):
    words = ("audit", log(TURNS), "--out", tmp_path / "out", "--lens", "moves", "--workers", 1)

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("overture.audit.audit_range", interrupted)
    assert run(*words) == 130
    assert "goes on" in one_line(capsys)
    monkeypatch.undo()
    assert run(*words, "--seed", 5) == 1
    assert "seed: was 0, now 5" in one_line(capsys)
    assert run(*words) == 0
    assert run(*words, "--seed", 5, "--fresh") == 0


EVIL = "\x1b]0;owned\x07\x1b[2J\u202e<script>alert(1)</script>\r\n\x9b31m"


def test_control_characters_and_markup_of_a_log_stay_text(log: Log, tmp_path: Path, capsys: Captured):
    records = [
        {
            "model": EVIL + str(k),
            "id": EVIL,
            "messages": [
                {"role": "user", "name": EVIL, "content": EVIL + " Hi."},
                {"role": "assistant", "content": "Which day? " + EVIL},
            ],
        }
        for k in range(2)
    ]
    bad = {"messages": [{"role": EVIL, "content": "x"}]}
    path = log(*records, bad, name="lo\x1b[31mg<script>.jsonl")
    out = tmp_path / "out"
    assert run("audit", path, "--out", out, "--group-by", "model", "--workers", 1) == 0
    said = capsys.readouterr()
    assert not CONTROL.search(said.out) and not CONTROL.search(said.err)
    page = (out / "report.html").read_text("utf-8")
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page
    assert not CONTROL.search(page)
    assert "Content-Security-Policy" in page
    assert run("audit", path, "--out", out / "messages.parquet", "--workers", 1, "--lens", "moves") == 1
    one_line(capsys)
    assert run("audit", tmp_path / ("no" + EVIL)) == 3
    one_line(capsys)


def test_the_page_says_what_was_left_out_and_that_nothing_was_corrected(log: Log, tmp_path: Path):
    out = tmp_path / "out"
    path = log(TURNS, TURNS, ["Hi.", "你好，请问你想要哪一天出发？"], b"torn")
    assert run("audit", path, "--out", out, "--examples", 0, "--lens", "moves", "--workers", 1) == 0
    page = (out / "report.html").read_text("utf-8")
    assert "from 1 file" in page
    assert "1 message could not be judged" in page
    assert "1 conversation says word for word" in page
    assert "No judged sample corrected these figures" in page


def test_the_page_has_the_command_as_it_was_typed(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    words = ["audit", str(log(TURNS)), "--out", str(tmp_path / "out"), "--seed", "3", "--workers", "1"]
    monkeypatch.setattr("sys.argv", ["/somewhere/overture", *words])
    assert run(*words) == 0
    assert f"<pre>overture {' '.join(words)}</pre>" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_page_says_where_rejected_records_stand(log: Log, tmp_path: Path):
    torn = log(TURNS)
    torn.write_bytes(torn.read_bytes() + b'{"messages": []}\n{"messages": [\n')
    assert run("audit", torn, "--out", tmp_path / "out", "--lens", "moves") == 0
    page = (tmp_path / "out" / "report.html").read_text()
    for reject in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines():
        assert f"{torn} at {orjson.loads(reject)['offset']:,}" in page


def test_the_page_says_of_the_lens_what_was_measured():
    measured = orjson.loads((Path(__file__).parents[2] / "docs" / "results" / "moves.json").read_bytes())
    assert round(measured["held_out"]["fresh"]["macro"], 2) == MACRO_F1
    assert round(measured["ceiling"]["macro_f1"], 2) == BETWEEN_READERS


def test_plain_and_share():
    assert not CONTROL.search(plain(EVIL)) and len(plain("x" * 500)) == 200
    assert share(None) == share(Figure(None, None, None, 0)) == "–"
    assert share(Figure(0.314, 0.28, 0.34, 100)) == "31 % (28–34)"
    assert share(Figure(2.5, 2.0, 3.0, 10, "turns")) == "2.5 (2.0–3.0)"
    assert share(Figure(-0.1, -0.2, 0.3, 10, "worth")) == "-0.1 (-0.2 to 0.3)"


def test_a_folder_that_parquet_has_no_name_for_is_refused_before_the_work(log: Log, tmp_path: Path, capsys: Captured):
    assert run("audit", log(TURNS), "--out", f"{tmp_path}/o\udcff") == 2
    assert "not UTF-8" in one_line(capsys)


def test_a_log_that_is_mostly_doubles_is_doubted_unless_they_are_left_out(log: Log, tmp_path: Path, capsys: Captured):
    words = ("audit", log(TURNS, TURNS, TURNS, [*TURNS, "Friday."]), "--out", tmp_path / "out", "--lens", "moves")
    assert run(*words, "--workers", 1) == 0
    assert capsys.readouterr().err == "", "half of them is not most of them"
    words = ("audit", log(*[TURNS] * 4), "--out", tmp_path / "out", "--lens", "moves", "--workers", 1)
    assert run(*words) == 0
    said = "3 of 4 conversations say word for word what an earlier one says"
    assert said in one_line(capsys) and said in (tmp_path / "out" / "report.html").read_text()
    assert run(*words, "--dedupe") == 0
    assert capsys.readouterr().err == ""


def test_who_is_waited_for_is_said(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured):
    typed = io.TextIOWrapper(io.BytesIO(log(TURNS).read_bytes()))
    typed.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", typed)
    place_of.cache_clear()
    assert run("audit", "-", "--out", tmp_path / "out", "--lens", "moves", "--workers", 1) == 0
    place_of.cache_clear()
    assert "Ctrl-D ends it" in one_line(capsys)


def test_a_narrow_terminal_cuts_no_figure_short(monkeypatch: pytest.MonkeyPatch, capsys: Captured):
    monkeypatch.setenv("COLUMNS", "40")
    console = result_console()
    table = result_table("share", console.width)
    for head in ("[red]my-model", "recommended"):
        table.add_column(head, justify="right")
    table.add_row("dialogue_initiative", "100 % (68–100)", "100 % (44–100)")
    say_table(console, table)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 40 and "…" not in said
    whole = "".join(said.split())
    for part in ("share(95%)", "[red]my-", "dialogue_initiative", "(68–100)", "(44–100)"):
        assert part in whole


def test_help_and_version_are_no_error(capsys: Captured):
    assert run("audit", "--help") == 0
    assert "--group-by" in capsys.readouterr().out
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("overture ")


def test_the_same_command_twice_in_the_folder_of_the_logs(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
):
    log(TURNS)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run("audit", ".", "--lens", "moves", "--workers", 1) == 0
        assert "1 conversation, 2 messages; 0 records rejected" in capsys.readouterr().out
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "messages.parquet").write_bytes(b"a log of one's own")
    assert run("audit", "elsewhere", "--out", "elsewhere") == 2
    assert "would be written over" in one_line(capsys)


def test_a_second_audit_in_the_same_folder_is_refused_while_one_is_at_work(log: Log, tmp_path: Path, capsys: Captured):
    out = tmp_path / "out"
    words = ("audit", log(TURNS), "--out", out, "--lens", "moves", "--workers", 1)
    with only_one(out):
        assert run(*words) == 1
    assert "another run is at work in" in one_line(capsys) and list(out.iterdir()) == []
    assert run(*words) == 0
