"""`overture tune TASK…`: which policy, with which settings, is best for a model on your own tasks?

In come tasks, policies and a MODEL; out come a page, `summary.json` and `trials.sqlite` in `--out`, a table, and the
line to paste. Easy to get wrong: the score that won the race is the best of many, so what is printed as the result
comes from the half of the units on which nobody raced.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import OvertureError, UsageError
from .money import gated
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
    from rich.table import Table

    from ..models import Model
    from ..policies.tune_figures import Tuned
    from ..policies.tune_plan import Plan
    from ..simulate.store import Store

SHOWN = ("worth", "solved", "asked_in_need", "asked_needlessly", "wasted", "turns", "user_words", "assistant_tokens")


def tune(
    tasks: Annotated[list[str], typer.Argument(help="One or more of the tasks of `overture simulate`.")],
    policies: Annotated[
        str, flag("--policies", help="Policies that race, commas between them; or ; where one is itself a list.")
    ] = "gaps,recommended",
    model: Annotated[str, flag("--model", "-m", help="The MODEL that they lead.")] = "embedded",
    count: Annotated[int, flag("--count", "-n", help="So many items or pairs of each task; half are raced on.")] = 80,
    settings: Annotated[
        bool, flag("--settings/--no-settings", help="Also race each policy with other thresholds and costs.")
    ] = True,
    turn_cost: Annotated[
        float, flag("--turn-cost", help="Taken off for each turn after the first; solved is 1.")
    ] = 0.02,
    question_cost: Annotated[
        float, flag("--question-cost", help="Taken off for each question that named nothing open.")
    ] = 0.1,
    token_cost: Annotated[float, flag("--token-cost", help="Taken off for each 1,000 tokens of the assistant.")] = 0.05,
    level: Annotated[float, flag("--level", help="Chance, at most, that the race drops the best candidate.")] = 0.1,
    alike: Annotated[float, flag("--alike", help="Scores that differ by less are as good as each other.")] = 0.02,
    seed: Annotated[int, flag("--seed", help="Draws the items, the halves and the tokens.")] = 0,
    max_tokens: Annotated[int, flag("--max-tokens", help="Most tokens of a reply.")] = MOST_TOKENS,
    concurrency: Annotated[
        int | None, flag("--concurrency", help="Calls in flight: by default one a core embedded, else 8.")
    ] = None,
    out: Annotated[Path, flag("--out", "-o", help="Folder for the results; a race begun there goes on.")] = Path(
        "tune"
    ),
    retry_failed: Annotated[bool, flag("--retry-failed", help="Try trials that failed once more.")] = False,
    fresh: Annotated[bool, flag("--fresh", help="Set an earlier race in --out aside and begin anew.")] = False,
) -> None:
    """Race policies and their settings on your tasks, and say which is best and how sure that is."""
    from ..models import Sampling, at_once
    from ..models.loop import run_loop
    from ..policies.candidates import expand
    from ..policies.racing import Rules
    from ..policies.tune_figures import summary
    from ..policies.tune_plan import Plan, Worth
    from ..report.tune import tune_html
    from ..simulate.store import Store, alone
    from ..tasks import named
    from .simulate_page import unsteered, untaken
    from .tune_page import counted, line_of, page_of

    costs, at_least_one = (turn_cost, question_cost, token_cost, alike), 1 if concurrency is None else concurrency
    if min(costs) < 0 or not 0 < level < 1 or count < 2 or at_least_one < 1:
        raise UsageError(
            "costs and --alike take 0 or more, --level between 0 and 1, --count 2 or more, --concurrency 1 or more"
        )
    racing = [word.strip() for word in policies.split(";" if ";" in policies else ",") if word.strip()]
    in_flight = concurrency or at_once(model, 8)
    plan = Plan(
        tuple(named.meant(name, count, seed) for name in dict.fromkeys(tasks)),
        expand(racing, settings),
        Worth(turn=turn_cost, question=question_cost, tokens=token_cost),
        Rules(level, alike),
        seed,
        Sampling(max_tokens=max_tokens),
        in_flight,
        again=retry_failed,
    )
    told: dict[str, Any] = {
        "tasks": list(tasks), "policies": racing, "model": model, "count": count, "seed": seed,
        "max_tokens": max_tokens,
    }  # fmt: skip
    began = datetime.now(UTC)
    loaded = gated(model, in_flight)
    with alone(out, fresh, "tune") as path, Store(path) as store:
        tuned = run_loop(_race(plan, loaded, store))
        made = list(store.trials())
        doubts = [*untaken(model, made), *unsteered(model, made)]
    _refuse_unjudged(tuned, tasks[0], model)
    words = typed("tune", *tasks, "--model", model)
    page = page_of(plan, tuned, words, told, began, datetime.now(UTC), doubts)
    won = line_of(tuned, model) or "nothing beat the bare model"
    leave(out, summary(plan, tuned, told), tune_html(page), f"{counted(plan, tuned)}; {won}")
    _say(plan, tuned, model, out)
    for line in doubts:
        warn(line)


def _refuse_unjudged(tuned: Tuned, task: str, model: str) -> None:
    """Raise OvertureError where no trial has a verdict: then nothing can be said of any policy."""
    judged = (figures.get("solved") for figures in tuned.figures.values())
    if not any(figure is not None and figure.n for figure in judged):
        raise OvertureError(
            f"no trial could be judged ({tuned.failed:,} failed or have no verdict), so no policy can be told from "
            f"another; `overture simulate {task} --model {model} -n 4` shows why"
        )


async def _race(plan: Plan, model: Model, store: Store) -> Tuned:
    from ..policies.tune import tune as race

    async with model:
        with progress("racing") as step:
            return await race(plan, model, store, lambda _, done, most: step(done, most))


def _say(plan: Plan, tuned: Tuned, model: str, out: Path) -> None:
    from .tune_page import counted, line_of

    console = result_console()
    say_table(console, _raced(tuned))
    failed = f"; {tuned.failed} failed or have no verdict and count 0" if tuned.failed else ""
    console.print(counted(plan, tuned) + failed, highlight=False)
    say_table(console, _apart(tuned))
    said = "nothing beat the bare model; leave it as it is"
    if line := line_of(tuned, model):
        doubt = "" if tuned.sure else "on the units apart it cannot be told from the bare model; "
        said = f"{doubt}to use it: {line}"
    console.print(plain(said, 1000), highlight=False, soft_wrap=True, markup=False)
    say_page(console, out)


def _raced(tuned: Tuned) -> Table:
    """The race, a line a look."""
    table = result_table()
    table.add_column("after units", justify="right")
    for heading in ("racing", "best so far", "dropped"):
        table.add_column(heading)
    for one in tuned.looks:
        few = list(one.beaten)[:3]
        dropped = ", ".join(few) + (f" and {len(one.beaten) - 3} more" if len(one.beaten) > 3 else "")
        best = f"{one.best} ({one.means[one.best]:+.3f})"
        table.add_row(str(one.units), str(len(one.means)), plain(best, 60), plain(dropped or "–", 200))
    return table


def _apart(tuned: Tuned) -> Table:
    """The winner beside the bare model, on the units on which nobody raced."""
    from ..policies.candidates import BARE
    from ..report.words import written_difference

    table = result_table()
    table.add_column(f"on {tuned.confirming} units apart", no_wrap=True)
    sides = {"bare": BARE} if tuned.winner == BARE else {"winner": tuned.winner, "bare": BARE}
    for name in sides.values():
        table.add_column(plain(name, 40), justify="right")
    if tuned.differences:
        table.add_column("difference", justify="right")
    won = tuned.figures["winner"]
    gained = {d.figure: str(written_difference(d, won[d.figure].unit)) for d in tuned.differences}
    for name in SHOWN:
        row = [share(tuned.figures[side].get(name), 2 if name == "worth" else 0) for side in sides]
        table.add_row(name, *row, *([gained.get(name, "–")] if tuned.differences else []))
    return table
