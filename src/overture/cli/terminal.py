"""What all commands say on a terminal: options with their environment variable, progress, plain lines, tables.

In come figures and counts; out goes text for people on stderr and results on stdout. Easy to get wrong: text from a log
can hold control characters that move the cursor or rename the window. `plain` takes them out.
"""

from __future__ import annotations

import codecs
import shlex
import shutil
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from ..errors import OvertureError
from ..report.clean import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..audit.estimates import Figure


def flag(*names: str, help: str, **more: Any) -> Any:
    """An option that can also be set as OVERTURE_<FLAG>."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    return typer.Option(*names, help=help, envvar=f"OVERTURE_{long[2:].replace('-', '_').upper()}", **more)


def typed(command: str, *words: str) -> list[str]:
    """The command as it was typed, or, where it was called from Python, with these words."""
    return ["overture", *(sys.argv[1:] if command in sys.argv else (command, *words))]


def serving(model: str, policy: str) -> str:
    """The command that puts a policy in front of a model."""
    return shlex.join(["overture", "serve", "--upstream", model, "--policy", policy])


_NEAREST = str.maketrans(
    {"–": "-", "−": "-", "\xa0": " ", "…": "...", "×": "x", "│": "|", "·": "-", "’": "'", "“": '"', "”": '"', "◆": "*"}
)


def speak_any_encoding() -> None:
    """Make both streams say what their encoding has no sign for with the nearest one that it has, and never fail.

    A C locale, or a pipe on some systems, cannot say the dash of an interval; the work is done by then.
    """

    def nearest(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        said = error.object[error.start : error.end].translate(_NEAREST)
        return said.encode("ascii", "replace").decode(), error.end

    codecs.register_error("overture_nearest", nearest)
    for stream in (sys.stdout, sys.stderr):
        if (again := getattr(stream, "reconfigure", None)) is not None:
            again(errors="overture_nearest")


MOST_TOKENS = 512
"""Of a reply, by default, as `Sampling` has it: written again here because making that takes the models' packages."""


def plain(text: str, most: int = 200) -> str:
    """Text on one line without anything that could steer a terminal."""
    return one_line(text, most)


def number(count: int, thing: str) -> str:
    """`1 file`, `1,200 files`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def warn(text: str) -> None:
    """A line on stderr about a result that stands all the same."""
    print(f"overture: {plain(text, 600)}", file=sys.stderr)


def share(figure: Figure | None, digits: int = 0) -> str:
    """A share as `31 % (28–34)`; another figure with a digit at least; a dash where there is nothing to count."""
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return "–"
    if figure.unit == "share":
        return f"{100 * figure.value:.{digits}f} % ({100 * figure.low:.{digits}f}–{100 * figure.high:.{digits}f})"
    value, low, high = (f"{each:.{max(1, digits)}f}" for each in (figure.value, figure.low, figure.high))
    return f"{value} ({low}{' to ' if figure.low < 0 else '–'}{high})"


def result_console() -> Console:
    """Where results are printed: as wide as the terminal, elsewhere as COLUMNS says, or 120."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else shutil.get_terminal_size((120, 24)).columns)


NARROW = 60
"""Columns of a terminal below which a table has no room for a long heading."""


def result_table(figures: str = "", width: int = 0) -> Table:
    """A table of results, without lines; where `figures` says what they are, its first column names them."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    if figures:
        table.add_column(f"{figures} (95 %)" if width < NARROW else f"{figures} (95 % interval)", no_wrap=True)
    return table


def leave(out: Path, summary: Mapping[str, Any], page: str, said: str) -> None:
    """Write the summary and the page of a run whose trials are stored. Raises OvertureError where they find no room,
    with what the run came to (`said`), because nothing else would tell it then."""
    import orjson

    from ..audit.files import write_whole

    told = orjson.dumps(summary, option=orjson.OPT_INDENT_2)
    try:
        write_whole(out / "summary.json", told)
        write_whole(out / "report.html", page.encode())
    except OSError as error:
        raise OvertureError(
            f"{said}; {out} takes no summary and no page of it ({error.strerror or error}); make room and run the same "
            "command again"
        ) from error


def say_table(console: Console, table: Table) -> None:
    """The table, whole: where the terminal is too narrow, words and figures go on in the next line and are not cut."""
    for column in table.columns:
        column.overflow = "fold"
    console.print(table, highlight=False, markup=False)


def say_page(console: Console, out: Path) -> None:
    """Where the page of a result is."""
    console.print(f"page: {out / 'report.html'}", highlight=False, soft_wrap=True, markup=False)


class Step(Protocol):
    """Told how far the work is."""

    def __call__(self, done: int, total: int) -> None: ...


@contextmanager
def progress(what: str, bytes: bool = False) -> Generator[Step]:
    """A bar on a terminal, a line every ten seconds elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        last = time.monotonic()

        def line(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= 10 and done < total:
                print(f"{what}: {done:,} of {total:,}", file=sys.stderr, flush=True)
                last = now

        yield line
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    count = DownloadColumn() if bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None)

        yield step
