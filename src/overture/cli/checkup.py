"""`overture checkup`: does a model ask when something it needs is missing, and only then? What would change it?

In comes a MODEL, perhaps a policy to lead it and a second MODEL; out come a page, `summary.json` and `trials.sqlite` in
`--out`, and a short table. Easy to get wrong: an endpoint that is down must leave nothing behind that looks like a
result, while a run that was interrupted must leave every answer it paid for; so the store is removed only where it is
empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import OvertureError, UsageError
from .money import gated, limited, owing, price_of, prices_of, say_beforehand
from .terminal import (
    Step,
    flag,
    leave,
    plain,
    progress,
    result_console,
    result_table,
    say_page,
    say_table,
    serving,
    share,
    typed,
    warn,
)

if TYPE_CHECKING:
    from ..audit.estimates import Figure
    from ..models import Model
    from ..models.patience import Price
    from ..simulate.checkup import Checkup, Measured
    from ..simulate.sections import Section
    from ..simulate.speakers import Speaker
    from ..simulate.store import Store

MARKS = ("asker", "pesterer", "guesser")
"""Yardsticks in the terminal's table, as many as fit; the others are on the page."""
SHOWN = {
    "pairs": (
        *("asked_in_need", "asked_needlessly", "guessed", "assumed", "asked_elsewhere", "asked_and_guessed"),
        *("done", "coached", "overstepped", "trailing"),
    ),
    "doing": ("done", "coached", "overstepped", "asked_needlessly"),
    "missing": ("asked_in_need", "asked_needlessly", "solved", "turns", "assistant_tokens"),
    "sharded": ("solved", "wasted", "turns", "assistant_tokens"),
    "travel": ("correct", "elicited_actively", "wasted", "turns", "assistant_tokens"),
}
"""Figures in the terminal's table, each beside its other error; everything else is on the page."""


def checkup(
    model: Annotated[
        str, flag("--model", "-m", help="embedded, http://host:port/v1#name, a .gguf file, or scripted:NAME.")
    ] = "embedded",
    policy: Annotated[
        str | None, flag("--policy", help="Also led by this policy, beside the bare model: `recommended`, `gaps` …")
    ] = None,
    against: Annotated[str | None, flag("--against", help="A second MODEL, compared item by item.")] = None,
    out: Annotated[Path, flag("--out", "-o", help="Folder for the results; a run begun there goes on.")] = Path(
        "checkup"
    ),
    only: Annotated[
        str | None, flag("--only", help="Some of pairs, doing, missing, sharded, travel; commas between them.")
    ] = None,
    pairs: Annotated[
        int | None, flag("--pairs", help="So many of the 100 pairs, drawn evenly from the eight domains.")
    ] = None,
    full: Annotated[bool, flag("--full", help="The large sample of every part, in place of the small one.")] = False,
    seed: Annotated[int, flag("--seed", help="Draws the sample, the models' tokens and the intervals.")] = 0,
    concurrency: Annotated[
        int | None, flag("--concurrency", help="Calls in flight: by default one a core embedded, else 8.")
    ] = None,
    max_tokens: Annotated[int, flag("--max-tokens", help="Most tokens of a reply.")] = 128,
    temperature: Annotated[float, flag("--temperature", help="0 takes the likeliest token each time.")] = 0.0,
    max_cost: Annotated[float | None, flag("--max-cost", help="Stop before more than this is spent.")] = None,
    price: Annotated[
        str | None, flag("--price", help="PROMPT,COMPLETION of a million tokens; or NAME=PROMPT,COMPLETION;NAME=…")
    ] = None,
    dry_run: Annotated[bool, flag("--dry-run", help="Count calls, tokens and money, and make none.")] = False,
    retry_failed: Annotated[bool, flag("--retry-failed", help="Try trials that failed once more.")] = False,
    fresh: Annotated[bool, flag("--fresh", help="Set an earlier run in --out aside and begin anew.")] = False,
) -> None:
    """Say how a model takes the initiative: asks in need, asks needlessly, guesses, coaches or does."""
    from ..models import Sampling, at_once
    from ..models.loop import run_loop
    from ..policies.candidates import OFF
    from ..report.checkup import checkup_html, headlines
    from ..simulate.checkup import summary
    from ..simulate.sections import draw
    from ..simulate.store import Store, alone
    from .checkup_page import page_of, warnings_of

    if concurrency is not None and concurrency < 1:
        raise UsageError(f"--concurrency is {concurrency}; it must be 1 or more")
    if pairs is not None and not 1 <= pairs <= 100:
        raise UsageError(f"--pairs is {pairs}; there are 1 to 100")
    names = [name.strip() for name in (only or "").split(",") if name.strip()]
    if pairs is not None and names and "pairs" not in names:
        raise UsageError("--pairs is of the part pairs, which --only leaves out; leave out --pairs too")
    sections = draw(names, {"pairs": pairs} if pairs is not None else None, full, seed)
    policy = None if policy == OFF else policy
    settings: dict[str, Any] = {
        "model": model,
        "policy": policy,
        "against": against,
        "only": names or None,
        "pairs": pairs,
        "full": full,
        "seed": seed,
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    in_flight = concurrency or max(at_once(word, 8) for word in (model, against or model))
    drawn = Sampling(temperature=temperature, max_tokens=max_tokens)
    asked = Asked(model, policy, against, seed, drawn, in_flight, max_cost, prices_of(price), retry_failed)
    asked.check()
    models = asked.models()
    if dry_run:
        _dry(asked, models, sections)
        return
    began = datetime.now(UTC)
    made_folder = not out.exists()
    with alone(out, fresh, "checkup") as path:
        try:
            with Store(path) as store, progress("asking") as on_trial:
                result = run_loop(_measure(asked, models, store, sections, on_trial))
        finally:
            _leave_nothing_empty(out, made_folder)
    words = typed("checkup", "--model", model)
    page = page_of(result, words, settings, began, datetime.now(UTC))
    said = "; ".join(map(_counted, result.speakers.values()))
    sentences = headlines(page)
    figures: dict[str, object] = {**summary(result, "checkup", settings), "sentences": sentences}
    leave(out, figures, checkup_html(page), said)
    _say(result, sentences, out, serving(model, policy) if policy else "")
    for line in warnings_of(result, max_tokens):
        warn(line)
    trials = result.model.trials
    failed = sum(trial.status == "failed" for one in result.speakers.values() for trial in one.trials)
    if result.owed:
        raise OvertureError(owing(result.owed, failed, result.stopped))
    if trials and all(trial.status == "failed" for trial in trials):
        first = trials[0]
        raise OvertureError(
            f"all {len(trials)} trials of the model failed, the first with {first.error_type}: "
            f"{(first.outcome or {}).get('error', '')}; mend it and run the same command with --retry-failed"
        )


@dataclass(frozen=True)
class Asked:
    """The words of the call."""

    model: str
    policy: str | None
    against: str | None
    seed: int
    sampling: Any
    concurrency: int
    max_cost: float | None
    prices: Mapping[str, Price]
    again: bool

    @property
    def words(self) -> list[str]:
        """The models' words: the model's and its rival's."""
        return [self.model, *([self.against] if self.against else [])]

    def check(self) -> None:
        """Raise UsageError on a policy that no name means, or a limit that cannot be kept, before a model is loaded."""
        if self.policy:
            from ..policies import make

            make(self.policy)
        limited(self.max_cost, self.words, self.prices)

    def models(self) -> list[Model]:
        """The model and its rival."""
        return [gated(word, self.concurrency, self.prices) for word in self.words]

    def speakers(self, models: list[Model]) -> list[Speaker]:
        """Who is measured."""
        from ..policies import Steering
        from ..simulate.gate import Budget
        from ..simulate.speakers import speakers_of

        return speakers_of(
            models[0],
            lead=Steering(self.policy) if self.policy else None,
            led=self.policy or "",
            against=models[1] if len(models) > 1 else None,
            sampling=self.sampling,
            concurrency=self.concurrency,
            budget=Budget(self.max_cost),
            again=self.again,
        )


async def _measure(asked: Asked, models: list[Model], store: Store, sections: list[Section], on_trial: Step) -> Checkup:
    from ..simulate.checkup import checkup as run

    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(model) for model in models]
        return await run(asked.speakers(opened), store, sections, seed=asked.seed, on_trial=on_trial)


def _dry(asked: Asked, models: list[Model], sections: list[Section]) -> None:
    from ..simulate.checkup import experiment

    speakers = asked.speakers(models)
    trials = len(speakers) * sum(len(section.task.items) for section in sections)
    typer.echo(f"{trials:,} trials: {'; '.join(section.sampled for section in sections)}")
    for speaker in speakers:
        experiments = [experiment(section, speaker, asked.seed) for section in sections]
        word = asked.against if speaker.role == "against" else asked.model
        say_beforehand(experiments, {"assistant": price_of(word, asked.prices)}, plain(speaker.called, 80))


def _leave_nothing_empty(out: Path, made_folder: bool) -> None:
    from ..simulate.store import Store

    path = out / "trials.sqlite"
    with Store(path) as store:
        empty = store.empty
    if empty:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            (out / name).unlink(missing_ok=True)
        if made_folder and not any(out.iterdir()):
            out.rmdir()


def _say(result: Checkup, sentences: Sequence[str], out: Path, use: str) -> None:
    console = result_console()
    for sentence in sentences:
        console.print(plain(sentence, 1000), highlight=False, markup=False)
    console.print(plain(result.sampled, 300), highlight=False, markup=False)
    speakers = list(result.speakers.values())
    for speaker in speakers:
        console.print(plain(_counted(speaker), 300), highlight=False, markup=False)
    table = result_table("figure", console.width)
    for head in _heads(result):
        table.add_column(head, justify="right")
    fit = (console.width - 24 - 18 * len(speakers)) // 19
    shown = MARKS[: max(0, min(4 - len(speakers), fit))] if len(speakers) < 3 else ()
    for name in shown:
        table.add_column(f"scripted {name}", justify="right", style="dim")
    marks = [result.yardsticks[name] for name in shown]
    for section in result.sections:
        table.add_row(f"{section.name} ({section.count})", style="bold")
        for name in SHOWN[section.name]:
            cells = [share(one.figures[section.name].get(name)) for one in speakers]
            table.add_row(f"  {name}", *cells, *(_point(one.figures[section.name].get(name)) for one in marks))
    say_table(console, table)
    if use:
        console.print(plain(f"to use the policy: {use}", 1000), highlight=False, soft_wrap=True, markup=False)
    say_page(console, out)


def _heads(result: Checkup) -> list[str]:
    """What stands above each speaker's column: an endpoint's model without the address, where that tells them apart."""
    names = [
        one.name.removeprefix(result.model.name).strip() if one is result.steered else one.name
        for one in result.speakers.values()
    ]
    short = [name.partition("#")[2] or name for name in names]
    return [plain(name, 30) for name in (short if len({*short}) == len(short) else names)]


def _counted(speaker: Measured) -> str:
    counts = speaker.counts
    left = [f"{counts[word]} {name}" for word, name in (("bad", "failed"), ("unscored", "unscored")) if counts[word]]
    kinds = Counter(str(trial.error_type) for trial in speaker.trials if trial.status == "failed")
    if kinds:
        left[0] += f" ({', '.join(f'{n} {kind}' for kind, n in kinds.most_common())})"
    said = f"{speaker.name}: {counts['good']} of {len(speaker.trials)} trials judged"
    erred = speaker.user_errors
    talked = f"; the user erred in {erred['trials_with_errors']} of {erred['trials']} talks" if erred["trials"] else ""
    return ", ".join([said, *left]) + talked


def _point(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "–"
    return f"{100 * figure.value:.0f} %" if figure.unit == "share" else f"{figure.value:.1f}"
