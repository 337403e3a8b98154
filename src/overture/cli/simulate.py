"""`overture simulate TASK`: what does a model do with users who do not say everything at once?

In come a task, a MODEL and a user; out come `trials.sqlite`, `summary.json` and a page in `--out`, and a short table.
Easy to get wrong: a failed trial is data and the run goes on, but a run of nothing but failures is a failure of the
command; and what was paid for is never thrown away, so the store stays whatever happens.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import OvertureError, UsageError
from .money import limited, owing, price_of, prices_of, say_beforehand
from .simulate_seats import Asked, experiments_of, loaded, warmth
from .simulate_watch import watching
from .terminal import (
    MOST_TOKENS,
    flag,
    leave,
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
    from ..simulate.store import Store
    from ..simulate.summary import Simulation

RUNNERS = ("native", "ray")
SHOWN = (
    "solved", "aptitude", "unreliability", "turns", "user_words", "assistant_tokens", "asked_in_need",
    "asked_needlessly", "balanced_accuracy", "guessed", "assumed", "coverage", "wasted", "lens_asked_in_need",
    "lens_asked_needlessly", "capped", "cut", "user_errors", "failed",
)  # fmt: skip
"""Figures in the terminal's table; everything else is on the page."""


def simulate(
    task: Annotated[str, typer.Argument(help="What the users want, such as `pairs`.")],
    model: Annotated[
        str,
        flag(
            "--model", "-m", help="embedded, embedded:fast, http://host:port/v1#name, a .gguf file, or scripted:NAME."
        ),
    ] = "embedded",
    user: Annotated[
        str | None,
        flag(
            "--user",
            "-u",
            help="Who wants it, with wrappers: `shards`, `shards+impatient`, `goal` …; several by commas.",
        ),
    ] = None,
    user_model: Annotated[str | None, flag("--user-model", help="The MODEL that plays a user who needs one.")] = None,
    policy: Annotated[
        str | None, flag("--policy", help="What leads the model: `recommended`, `gaps`, `gaps,doer+civility` …")
    ] = None,
    judge: Annotated[str | None, flag("--judge", help="The MODEL that judges, for checks that need one.")] = None,
    protocol: Annotated[
        str | None, flag("--protocol", "-p", help="How items are put; several, separated by commas, are compared.")
    ] = None,
    count: Annotated[int | None, flag("--count", "-n", help="So many items; by default the task's own number.")] = None,
    runs: Annotated[int, flag("--runs", help="So many trials of each item.")] = 1,
    seed: Annotated[int, flag("--seed", help="Draws the items, the users, the tokens and the intervals.")] = 0,
    turns: Annotated[int | None, flag("--turns", help="How often a user may speak.")] = None,
    concurrency: Annotated[
        int | None,
        flag("--concurrency", help="Trials at a time: by default one a core embedded, 8 for embedded:fast, else 16."),
    ] = None,
    runner: Annotated[str, flag("--runner", help="`native` (this process) or `ray` (a cluster).")] = "native",
    max_tokens: Annotated[int, flag("--max-tokens", help="Most tokens of a reply.")] = MOST_TOKENS,
    temperature: Annotated[
        float | None, flag("--temperature", help="Of the assistant. By default 0, the likeliest token; with --runs, 1.")
    ] = None,
    user_temperature: Annotated[float, flag("--user-temperature", help="Of the model that plays the user.")] = 1.0,
    timeout: Annotated[float, flag("--timeout", help="Seconds for one call.")] = 300.0,
    max_cost: Annotated[float | None, flag("--max-cost", help="Stop before more than this is spent.")] = None,
    price: Annotated[
        str | None, flag("--price", help="PROMPT,COMPLETION of a million tokens; or NAME=PROMPT,COMPLETION;NAME=…")
    ] = None,
    out: Annotated[Path, flag("--out", "-o", help="Folder for the results; a run begun there goes on.")] = Path(
        "simulation"
    ),
    dry_run: Annotated[bool, flag("--dry-run", help="Count calls, tokens and money, and make none.")] = False,
    retry_failed: Annotated[bool, flag("--retry-failed", help="Try trials that failed once more.")] = False,
    fresh: Annotated[bool, flag("--fresh", help="Set an earlier run in --out aside and begin anew.")] = False,
) -> None:
    """Put a model to simulated users and say what it did, what it cost them, and how well it ended."""
    if any(each is not None and each < 1 for each in (runs, turns, concurrency, count)) or timeout <= 0:
        raise UsageError("--runs, --turns, --concurrency and --count take 1 or more, --timeout more than 0")
    if runner not in RUNNERS:
        raise UsageError(f"there is no runner {runner[:40]!r}; the runners are {' and '.join(RUNNERS)}")
    from ..models import at_once
    from ..policies.candidates import OFF

    speakers = [model, *(word for word in (user_model, judge) if word)]
    asked = Asked(
        task, model, user, user_model, judge,
        tuple(name.strip() for name in (protocol or "").split(",") if name.strip()),
        count, runs, seed, turns, concurrency or min(at_once(word, 16) for word in speakers),
        max_tokens, warmth(temperature, runs), user_temperature, timeout, max_cost, price, retry_failed,
        None if policy == OFF else policy, runner,
    )  # fmt: skip
    if dry_run:
        _dry(asked)
        return
    from .simulate_page import warnings_of

    began = datetime.now(UTC)
    result = _run(asked, out, fresh)
    words = typed("simulate", task, "--model", model)
    _write(result, asked, out, words, began)
    _say(result, asked.policy, out)
    for line in warnings_of(result):
        warn(line)
    failed = sum(trial.status == "failed" for trial in result.trials)
    if result.owed:
        raise OvertureError(owing(result.owed, failed, result.stopped))
    if failed and failed == len(result.trials):
        first = result.trials[0]
        raise OvertureError(
            f"all {len(result.trials)} trials failed, the first with {first.error_type}: "
            f"{(first.outcome or {}).get('error', '')}; mend it and run the same command with --retry-failed"
        )


def _run(asked: Asked, out: Path, fresh: bool) -> Simulation:
    from ..models.loop import run_loop
    from ..simulate.gate import Budget
    from ..simulate.seats import Yardstick
    from ..simulate.store import Store, alone
    from ..simulate.summary import simulate as run

    prices = prices_of(asked.price)
    task, models = loaded(asked, prices)
    budget = Budget(asked.max_cost)
    experiments = experiments_of(asked, task, models, budget)
    limited(asked.max_cost, models, prices)

    async def everything(store: Store) -> Simulation:
        async with AsyncExitStack() as stack:
            for one in models.values():
                if not isinstance(one, Yardstick):
                    await stack.enter_async_context(one)
            with watching() as watch:
                return await run(experiments, store, watch)

    with alone(out, fresh, "simulate") as path:
        if asked.runner == "ray":
            from .simulate_cluster import spread

            with progress("shares of the trials") as step:
                spread(asked, path, step, budget)
            experiments = [replace(one, again=False) for one in experiments]  # the workers tried them once more
        with Store(path) as store:
            return run_loop(everything(store))


def _dry(asked: Asked) -> None:
    from ..simulate.summary import by_user

    prices = prices_of(asked.price)
    task, models = loaded(asked, prices)
    experiments = experiments_of(asked, task, models)
    limited(asked.max_cost, models, prices)
    trials = sum(len(experiment.places) for experiment in experiments)
    users = len(by_user(experiments))
    counts = {"item": len(task.items), "run": asked.runs, "protocol": len(experiments) // users}
    counts |= {"user": users} if users > 1 else {}
    listed = ", ".join(f"{count:,} {name}{'s' * (count != 1)}" for name, count in counts.items())
    typer.echo(f"{trials:,} trial{'s' * (trials != 1)}: {listed}")
    words = {"assistant": asked.model, "user": asked.user_model, "judge": asked.judge}
    say_beforehand(experiments, {role: price_of(word, prices) for role, word in words.items()})


def _write(result: Simulation, asked: Asked, out: Path, words: list[str], began: datetime) -> None:
    from ..report.simulate import simulate_html
    from ..simulate.summary import summary
    from .simulate_page import page_of

    settings: dict[str, Any] = {**asked.__dict__, "protocols": list(asked.protocols)}
    page = page_of(result, words, settings, began, datetime.now(UTC))
    leave(out, summary(result, settings), simulate_html(page), _said(result, asked.policy))


def _said(result: Simulation, policy: str | None) -> str:
    """What the trials came to, in a sentence."""
    from ..simulate.summary import counts, user_errors

    found, erred = counts(result.trials), user_errors(result.trials)
    left = ", ".join(f"{n} {why}" for why, n in {**found["by_error"], **found["by_unscored"]}.items())
    s, users = "s" * (len(result.users) > 1), ", ".join(result.users)
    return (
        f"{len(result.trials)} trials of {result.task.name} with {result.experiments[0].assistant.model.name}"
        f"{f' led by {policy}' if policy else ''} and the user{s} "
        f"{users}: {found['good']} judged, {found['bad']} failed, {found['unscored']} unscored"
        f"{f' ({left})' if left else ''}; the user{s} erred in {erred['trials_with_errors']} of {erred['trials']}"
    )


def _say(result: Simulation, policy: str | None, out: Path) -> None:
    from ..report.words import written
    from ..simulate.signs import told

    console = result_console()
    console.print(plain(_said(result, policy), 1000), highlight=False, markup=False, soft_wrap=True)
    table = result_table("figure", console.width)
    for name in result.groups:
        table.add_column(plain(name, 60), justify="right")
    figures = {name: one.figures for name, one in result.groups.items()}
    own = sorted({name for one in result.trials for name in ((one.outcome or {}).get("figures") or {})})
    for name in (*SHOWN, *own):
        if any(name in one for one in figures.values()):
            table.add_row(name, *(share(one.get(name)) for one in figures.values()))
    say_table(console, table)
    for line in told(one for one in result.signs if one.figure in SHOWN):
        console.print(plain(line, 1000), highlight=False, markup=False, soft_wrap=True)
    for one in result.beside:
        said = f"{one.plain}: {written(one.figure)}; published: {one.told} ({one.source})"
        console.print(said, highlight=False, markup=False, soft_wrap=True)
    say_page(console, out)
