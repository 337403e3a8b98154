"""What a run may cost: prices, models that are paid for by them, the limit, and what it would take beforehand.

In come the words of `--price` and `--max-cost`; out come prices by model, models, and the lines of `--dry-run`. Easy to
get wrong: an endpoint must not ask again by itself, because the gate sees every refusal and slows all calls of the
model together; and a limit on a model without a price is no limit, so it is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf, nan
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from .terminal import number, plain, warn

if TYPE_CHECKING:
    from ..models import Model
    from ..models.patience import Price
    from ..simulate.engine import Experiment


def prices_of(text: str | None) -> dict[str, Price]:
    """`0.15,0.6` → {"": Price}; `small=0.1,0.4;large=2,8` → by model. Raises UsageError."""
    from ..models.patience import Price

    found: dict[str, Price] = {}
    for entry in (text or "").split(";"):
        if entry.strip():
            name, _, figures = entry.rpartition("=")
            try:
                prompt, completion = (float(figure) for figure in figures.split(","))
            except ValueError:
                prompt = completion = nan
            if not (0 <= prompt < inf and 0 <= completion < inf):
                raise UsageError(
                    f"--price has {entry[:60]!r}; a price is PROMPT,COMPLETION of a million tokens, each 0 or more"
                )
            found[name.strip()] = Price(prompt, completion)
    return found


def price_of(word: str | None, prices: Mapping[str, Price]) -> Price | None:
    """The price of the model that this word means: its own, or that of all. What runs in this process and
    has none costs nothing."""
    from ..models import is_local
    from ..models.patience import Price

    given = prices.get((word or "").rpartition("#")[2]) or prices.get("")
    free = word is not None and (is_local(word) or word.strip().startswith("scripted:"))
    return given or (Price(0.0, 0.0) if free else None)


def gated(word: str, concurrency: int, prices: Mapping[str, Price] | None = None, seconds: float = 600.0) -> Model:
    """The model that this word means, to be asked through a gate, so that an endpoint tries each call once.

    `seconds`: for one call.
    """
    from ..models import is_local, load
    from ..models.patience import Patience

    if word.strip().startswith("http"):
        price = price_of(word, prices or {})
        once = Patience(attempts=1, silence=seconds, total=seconds)
        return load(word, patience=once, prices={word.rpartition("#")[2]: price} if price else {})
    return load(word, **({"workers": concurrency} if is_local(word) else {}))


def limited(most: float | None, words: Collection[str], prices: Mapping[str, Price]) -> None:
    """Raise UsageError where `--max-cost` cannot be kept, for want of a model's price; warn of a price of no model."""
    named = {word.rpartition("#")[2] for word in words}
    if unknown := [name for name in prices if name and name not in named]:
        warn(f"--price names {plain(unknown[0], 80)}, which is no model of this run ({', '.join(sorted(named))})")
    if most is None:
        return
    if not 0 <= most < inf:
        raise UsageError("--max-cost takes 0 or more")
    unpriced = [word for word in words if word.startswith("http") and price_of(word, prices) is None]
    if unpriced:
        raise UsageError(f"--max-cost needs --price for {plain(unpriced[0], 80)}; without one no limit can be kept")


def owing(owed: int, failed: int, why: str) -> str:
    """Why trials are owed, and how to go on with them."""
    also = f", and with --retry-failed also with the {failed} that failed" if failed else ""
    verb, them = ("is", "it") if owed == 1 else ("are", "them")
    return f"{number(owed, 'trial')} {verb} owed: {why}; the same command goes on with {them}{also}"


def say_beforehand(
    experiments: Sequence[Experiment], prices: Mapping[str, Price | None], called: str | None = None
) -> None:
    """What these experiments will take, as expected and at most, a line a role; `called`: in place of the role."""
    from ..simulate.estimate import estimate

    for most in (False, True):
        for role, one in estimate(experiments, dict(prices), most).items():
            cost = "unknown, for want of --price" if one.cost is None else f"{one.cost:.4f}"
            typer.echo(
                f"{'at most' if most else 'about'}: {called or role} {one.calls:,} calls, {one.prompt_tokens:,} prompt "
                f"and {one.completion_tokens:,} completion tokens, cost {cost}"
            )
    if any(one.lead is not None for one in experiments):
        typer.echo("beside that: what the policy asks of its own, such as second drafts and samples")
