"""The command line: one file per command, wired together here.

In come words; out come files in `--out`, a table on the terminal and an exit status: 0 done, 1 a failure with one line,
2 bad usage, 3 nothing readable in the input, 130 interrupted. Easy to get wrong: a traceback is never for
users, and a line on the terminal may hold text from a log, so it goes through `terminal.plain`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from ..errors import OvertureError
from ..own import fault_in_own
from .audit import audit
from .checkup import checkup
from .data import data_app
from .environment import meaningless, names_of
from .play import play
from .serve import serve
from .simulate import simulate
from .terminal import plain, speak_any_encoding, warn
from .tune import tune
from .view import view

RESUMABLE = ("checkup", "audit", "simulate", "tune")
"""Commands that go on where an interrupt left them."""

app = typer.Typer(
    name="overture",
    help="Measures conversational initiative and mends it: whether an assistant asks, does and leads "
    "when it should. Nothing is uploaded; no key is needed to try it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(checkup)
app.command()(audit)
app.command()(simulate)
app.command()(tune)
app.command()(play)
app.command()(serve)
app.command()(view)
app.add_typer(data_app, name="data")


def version(value: bool) -> None:
    """Print the version and end, if it was asked for."""
    if value:
        from .. import __version__

        typer.echo(f"overture {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    show: bool = typer.Option(False, "--version", callback=version, is_eager=True, help="Print the version and end."),
) -> None:
    """Common options."""
    given = [os.environ.get("OVERTURE_KEY_ENV", ""), *sys.argv]
    for line in meaningless(os.environ, names_of(context.command), given):
        warn(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; used by the `overture` script."""
    speak_any_encoding()
    try:
        result = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        status = result if isinstance(result, int) else 0
        if status == 130:  # the option parser turns an interrupt into a status and says nothing
            raise KeyboardInterrupt
    except OvertureError as error:
        print(f"overture: {plain(str(error), 2000)}", file=sys.stderr)
        status = error.exit_status
    except typer.Exit as ended:
        status = ended.exit_code
    except (KeyboardInterrupt, typer.Abort):
        command = next(iter(sys.argv[1:] if arguments is None else arguments), "")
        goes_on = "; the same command goes on where it stopped" if command in RESUMABLE else ""
        print(f"overture: interrupted{goes_on}", file=sys.stderr)
        status = 130
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        print(f"overture: {plain(where, 500)}", file=sys.stderr)
        status = 1
    except Exception as error:
        show = getattr(error, "show", None)  # what the option parser raises knows how to show itself
        said = "" if show else fault_in_own(error)
        if show is None and not said:
            raise
        if show is None:
            print(f"overture: {plain(said, 500)}", file=sys.stderr)
            status = 1
        else:
            show()
            status = getattr(error, "exit_code", 2)
    if arguments is None:
        sys.exit(status)
    return status
