"""`overture audit PATH…`: what did the assistant do in these logs?

In come logs; out come two tables, the rejects, `summary.json` and a page in `--out`. Easy to get wrong: the page
shows text from the log, the terminal only figures and names, and those go through `terminal.plain`.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .terminal import (
    Step,
    flag,
    number,
    plain,
    progress,
    result_console,
    result_table,
    say_page,
    say_table,
    share,
    typed,
    warn,
)

if TYPE_CHECKING:
    from ..audit import Audit

SHOWN = ("dialogue_initiative", "task_initiative", "trailing", "done", "coached", "disjoint", "disjoint_corrected")
"""Figures in the terminal's table, ahead of those of one's own lens; everything else is on the page."""
MOST_SHOWN = 6
"""Groups there."""


def audit(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Log files, folders, globs, or - for stdin; .gz and .zst too. Known by content: OpenAI chat, "
            "responses, batches; Anthropic messages; LangSmith, Langfuse; OpenTelemetry spans; ChatGPT exports; "
            "WildChat, LMSYS, ShareGPT; preference pairs; Inspect, tau-bench; Human:/Assistant: text."
        ),
    ],
    out: Annotated[Path, flag("--out", "-o", help="Folder for the results.")] = Path("audit"),
    group_by: Annotated[
        str | None, flag("--group-by", help="`file`, or a key of the log's metadata such as `model`.")
    ] = None,
    lens: Annotated[str, flag("--lens", help="Lenses, separated by commas.")] = "moves,goals",
    careful: Annotated[
        bool,
        flag("--careful", help="Read again, slowly, with a larger encoder, the messages whose moves are in doubt."),
    ] = False,
    dedupe: Annotated[bool, flag("--dedupe", help="Leave out conversations whose words were seen before.")] = False,
    judge: Annotated[
        str | None, flag("--judge", help="A MODEL that labels a random sample to correct the figures.")
    ] = None,
    judge_sample: Annotated[
        int, flag("--judge-sample", help="Messages, and conversations, that the judge labels.")
    ] = 200,
    examples: Annotated[int, flag("--examples", help="Conversations shown in full on the page.")] = 20,
    runner: Annotated[str, flag("--runner", help="`native` (processes) or `ray` (a cluster).")] = "native",
    workers: Annotated[int | None, flag("--workers", help="Processes; by default one a core.")] = None,
    seed: Annotated[int, flag("--seed", help="Draws the judged sample, the examples and the intervals.")] = 0,
    fresh: Annotated[bool, flag("--fresh", help="Throw away an unfinished run in --out.")] = False,
) -> None:
    """Say what the assistant did in these logs: how often it asked, did, coached, trailed, and for which goals."""
    from ..audit import Settings, audit_logs
    from ..audit.files import write_whole
    from ..audit.kinds import EVERYTHING, KEYLESS
    from ..lenses import chosen
    from ..report.audit import audit_html
    from .audit_page import page_of, warnings_of

    if judge_sample < 2 or examples < 0 or (workers is not None and workers < 1):
        raise UsageError("--judge-sample takes 2 or more, --examples 0 or more, --workers 1 or more")
    wanted = [name.strip() for name in lens.split(",") if name.strip()]
    if not wanted:
        raise UsageError("--lens names no lens")
    names = chosen(wanted)
    settings = Settings(names, group_by, dedupe, examples, judge, judge_sample, seed=seed, careful=careful)
    if judge is None and judge_sample != Settings.judge_sample:
        warn("--judge-sample says how much a judge labels; without --judge there is none")
    if careful:
        from ..lenses.careful import encoder

        encoder()  # pulled and checked once, here, and not by every worker
    if "-" in paths and sys.stdin.isatty():
        warn("reading a log from the keyboard; Ctrl-D ends it")
    began = datetime.now(UTC)
    with _bars() as (on_piece, on_judge):
        result = audit_logs(
            paths, out, settings, runner=runner, workers=workers, fresh=fresh, on_piece=on_piece, on_judge=on_judge
        )
    page = page_of(result, typed("audit", *paths), began, datetime.now(UTC))
    write_whole(out / "report.html", audit_html(page).encode())
    _say(result, out)
    for line in warnings_of(result):
        warn(line)
    if result.unread:
        file, reason = next(iter(result.unread.items()))
        warn(
            f"nothing was read in {len(result.unread):,} of {number(result.counts['files'], 'file')}; the first is "
            f"{plain(file, 120)}, {plain(reason, 200)}. The others stand in {out / 'rejects.jsonl'}; "
            "docs/logs.md says how to turn another format into one that is read"
        )
    if group_by and group_by != "file" and set(result.groups) == {EVERYTHING, KEYLESS}:
        print(f"overture: no conversation has the key {plain(group_by, 40)!r}{_keys(paths)}", file=sys.stderr)


@contextmanager
def _bars() -> Generator[tuple[Step, Step]]:
    """(told of pieces, told of verdicts): the second bar takes the place of the first when judging begins."""
    with ExitStack() as bar:
        on_piece = step = bar.enter_context(progress("reading", bytes=True))

        def on_judge(done: int, total: int) -> None:
            nonlocal step
            if done == 0:
                bar.close()
                step = bar.enter_context(progress("judging"))
                print(
                    f"overture: the judge labels {total:,} messages and conversations: a call a message, "
                    "up to three a conversation; answers already in judge.sqlite cost nothing",
                    file=sys.stderr,
                )
            step(done, total)

        yield on_piece, on_judge


def _keys(paths: list[str]) -> str:
    """What one could group by, as far as the first conversation tells."""
    from ..logs import read

    first = None if "-" in paths else next(read(paths), None)
    keys = plain(", ".join(sorted(first.metadata)) or "none", 300) if first else ""
    return f"; the first one has: {keys}" if keys else ""


def _say(result: Audit, out: Path) -> None:
    from ..audit.kinds import EVERYTHING
    from ..report.words import FIGURES

    counts = result.counts
    console = result_console()
    unscored = ", ".join(f"{n:,} by {lens}" for lens, n in counts["unscored"].items() if n)
    console.print(
        f"{number(counts['conversations'], 'conversation')}, {number(counts['messages'], 'message')}; "
        f"{number(counts['bad'], 'record')} rejected, {number(counts['doubles'], 'double')}"
        + (f", unscored {unscored}" if unscored else ""),
        highlight=False,
    )
    groups = [group for group in result.groups if group != EVERYTHING] or [EVERYTHING]
    shown = groups[:MOST_SHOWN]
    table = result_table("share", console.width)
    for at, group in enumerate(shown, 1):
        table.add_column(f"[{at}]" if len(groups) > 1 else plain(group, 40), justify="right")
    own = [name for name in result.groups[EVERYTHING] if name not in FIGURES and ":" not in name]
    for name in (*SHOWN, *own):
        if name in result.groups[EVERYTHING]:
            table.add_row(name, *(share(result.groups[group].get(name)) for group in shown))
            fixed = [result.corrected.get(group, {}).get(name) for group in shown]
            if any(fixed):
                table.add_row("  corrected", *(share(figure) for figure in fixed))
    say_table(console, table)
    if len(groups) > 1:
        for at, group in enumerate(shown, 1):
            console.print(f"[{at}] {plain(group, 100)}", highlight=False, markup=False)
    if len(groups) > MOST_SHOWN:
        console.print(f"… and {len(groups) - MOST_SHOWN} more groups on the page", highlight=False)
    if result.judged and result.judged.unscored:
        why = ", ".join(f"{n:,} {plain(reason, 60)}" for reason, n in result.judged.unscored.items())
        console.print(f"verdicts of the judge that could not be had or read: {why}", highlight=False, markup=False)
    if result.judged and result.corrected:
        counted = (
            f"{number(result.judged.messages, 'message')} and {number(result.judged.conversations, 'conversation')}"
        )
        console.print(f"corrected: by {counted} judged at random", highlight=False)
    if not result.corrected:
        why = "no verdict of the judge could be used" if result.judged else "no judged sample corrected these figures"
        console.print(f"By the lens alone: {why}{'' if result.judged else ' (--judge)'}.", highlight=False)
    say_page(console, out)
