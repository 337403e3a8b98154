"""`overture play TASK`: be the user, or the assistant, in the terminal.

In come a task and what a person types; out come a conversation with its verdict and figures, and a line in
`transcript.jsonl` that `overture audit` reads. The relay, the user, the check and the figures are those of `simulate`.
Easy to get wrong: to take a turn back is to play the rest again, so answers that were had are remembered; and a model
that fails must not cost the person what they typed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import OvertureError, UsageError
from .terminal import MOST_TOKENS, flag, plain, warn

if TYPE_CHECKING:
    from ..models import Model
    from ..simulate.store import Trial
    from ..tasks.task import Item, Task
    from ..users.base import User
    from .play_game import Game
    from .play_person import Past
    from .play_screen import Screen

TRANSCRIPT = "transcript.jsonl"


def play(
    task: Annotated[str, typer.Argument(help="What is wanted, such as `missing`.")],
    role: Annotated[str, flag("--as", help="Who you are: `user` or `assistant`.")] = "user",
    model: Annotated[
        str | None,
        flag("--model", "-m", help="The MODEL opposite: the assistant, or who plays a user that needs one."),
    ] = None,
    user: Annotated[
        str | None, flag("--user", "-u", help="The simulated user opposite, when you are the assistant.")
    ] = None,
    judge: Annotated[str | None, flag("--judge", help="The MODEL that judges, for checks that need one.")] = None,
    protocol: Annotated[str | None, flag("--protocol", "-p", help="How the item is put; the task's first.")] = None,
    item: Annotated[
        str | None, flag("--item", help="The item: its number from 0, or its id; drawn by the seed if not given.")
    ] = None,
    seed: Annotated[int, flag("--seed", help="Draws the items, the item, the user and the tokens.")] = 0,
    turns: Annotated[int | None, flag("--turns", help="How often the user may speak.")] = None,
    max_tokens: Annotated[int, flag("--max-tokens", help="Most tokens of a model's reply.")] = MOST_TOKENS,
    temperature: Annotated[
        float | None, flag("--temperature", help="Of the model: 0 as the assistant, 1 as the user, if not given.")
    ] = None,
    out: Annotated[Path, flag("--out", "-o", help="Folder of the transcript; each play adds a line.")] = Path("play"),
) -> None:
    """Be the user, with a hidden goal, or the assistant, with the task's tools; see the verdict on what you did."""
    from ..models.loop import to_the_end
    from ..tasks import named
    from .play_game import played
    from .play_person import Past
    from .play_screen import Lines, Screen

    if role not in ("user", "assistant"):
        raise UsageError(f"--as is {role[:40]!r}; be `user` or `assistant`")
    if role == "user" and user is not None:
        raise UsageError("--user says who is opposite; leave it out, or play --as assistant")
    if turns is not None and turns < 1:
        raise UsageError(f"--turns is {turns}; it must be 1 or more")
    chosen = named.meant(task, None, seed)
    game = _game(chosen, role, model, user, judge, protocol, item, seed, turns, max_tokens, temperature)
    lines = Lines()
    screen = Screen(role, echo=not lines.terminal)
    past = Past()
    began = datetime.now(UTC)
    _greet(game, screen)
    trial, failed = to_the_end(played(game, screen, lines, past))
    if not any(message.role in ("user", "assistant") for message in (trial.conversation or game.item.before).messages):
        if failed is None:
            screen.say("Nothing was said, so nothing is left behind.")
            return
        raise OvertureError(f"{failed}; nothing was said, so nothing is left behind")
    if failed is None:
        _tell(game, trial, past, screen)  # before a disk that takes no more can keep it from being told
    path = _leave(game, trial, past, began, out)
    if failed is not None:
        raise OvertureError(f"{failed}; what was said is in {path}")
    screen.say(f"transcript: {path}")


def _game(
    task: Task, role: str, model: str | None, user: str | None, judge: str | None, protocol: str | None,
    item: str | None, seed: int, turns: int | None, max_tokens: int, temperature: float | None,
) -> Game:  # fmt: skip
    from ..models import Sampling, load
    from ..simulate.engine import as_put
    from ..simulate.seats import yardstick
    from ..users.named import chosen
    from .play_game import Game

    way = task.way(protocol or None)
    found = _item(task, item, seed)
    place = (seed, task.name, found.hash, 0)
    put = as_put(task, found, way, seed, 0)
    someone: User | None = None
    opposite: Model | None = None
    if role == "user":
        word = (model or "embedded").strip()
        known = yardstick(task, word)
        opposite = known.knowing(put) if known else load(word, **_options(word))
    else:
        someone = chosen(user or task.user, task, task.protocols[way].wrappers)
        if someone.needs_model:
            if model is None:
                raise UsageError(f"the user {someone.name} is played by a model; name one with --model")
            opposite = load(model, **_options(model))
        elif model is not None:
            warn(f"--model plays nobody here: the user {someone.name} needs no model, and you are the assistant")
    warmth = temperature if temperature is not None else float(role == "assistant")
    Sampling(temperature=warmth, max_tokens=max_tokens)  # refuses what is out of range, before the first word
    judging = load(judge, **_options(judge)) if judge else None
    most = turns or put.turns or task.turns
    return Game(task, put, place, way, role, opposite, someone, judging, most, max_tokens, warmth)


def _options(word: str) -> dict[str, Any]:
    from ..models import is_local

    return {"workers": 1} if is_local(word) else {}


def _item(task: Task, word: str | None, seed: int) -> Item:
    from ..simulate.seats import seed_of

    items = task.items
    if word is None:
        return items[seed_of(seed, task.name, "", 0, "play", 0, 0) % len(items)]
    if word.isdecimal() and int(word) < len(items):
        return items[int(word)]
    found = next((each for each in items if each.id == word), None)
    if found is None:
        raise UsageError(
            f"{task.name} has no item {word[:60]!r}; there are 0 to {len(items) - 1}, with ids such as {items[0].id}"
        )
    return found


def _greet(game: Game, screen: Screen) -> None:
    from .play_person import show_parts

    ways = f" ({game.protocol})" if len(game.task.protocols) > 1 else ""
    screen.say(f"The task {game.task.name}{ways}. /help lists the commands.", "bold")
    if game.role == "assistant":
        assert game.user is not None
        tools = ", and tools (/tools)" if game.task.tools else ""
        screen.say(
            f"You are the assistant; the user is simulated ({game.user.name}), with a goal that they do not say all at "
            f"once. You have the conversation{tools}. The user speaks at most {game.turns} times."
        )
        return
    assert game.opposite is not None
    screen.say(
        f"You are the user; the assistant is {plain(game.opposite.name, 80)}. It hears only what you say. You may "
        f"speak at most {game.turns} times. What follows is for you alone:"
    )
    show_parts(game.item, screen, {part.name for part in game.item.open_parts})
    screen.say("Your first message. Enter says it as it stands; or say it in your own words, or more of it:")
    screen.quote(game.item.request)


def _leave(game: Game, trial: Trial, past: Past, began: datetime, out: Path) -> Path:
    import orjson

    from .play_trial import record_of

    model = game.opposite.name if game.opposite else None
    record = record_of(
        game.item,
        trial,
        {
            "protocol": game.protocol,
            "as": game.role,
            "assistant": model if game.role == "user" else "person",
            "user": game.user.name if game.user else "person",
            "user_model": model if game.user else None,
            "seed": game.place[0],
            "hints": past.hints,
            "undone": past.undone,
            "began": began.isoformat(timespec="seconds"),
        },
    )
    out.mkdir(parents=True, exist_ok=True)
    path = out / TRANSCRIPT
    with path.open("ab") as file:  # one write, so that two plays at once do not mix their lines
        file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())
    return path


def _tell(game: Game, trial: Trial, past: Past, screen: Screen) -> None:
    from .play_person import show_parts
    from .play_trial import figures_of, readings

    done = trial.outcome or {}
    how = {"user_done": "the user was done", "over": "the task was over", "left": "you left"}
    ended = how.get(done["ended"], "the cap was reached")
    screen.say("")
    screen.say(f"The end: {ended}.", "bold")
    told = {name for names in done["revealed"] for name in names}
    if game.role == "assistant":
        screen.say(f"The item was {game.item.id}. What the user had in mind:")
        show_parts(game.item, screen, set(game.item.open - told))
    solved = done["solved"]
    verdict = f"unscored ({done['why_unscored']})" if solved is None else f"{solved:g} of 1"
    screen.say(f"Verdict of the check: {verdict}. {game.task.solved_means}")
    if done["first"]:
        screen.say(f"The first reply, by the task's rule: {done['first']}.")
    screen.say("Figures of this one trial (one trial is no measurement):", "bold")
    screen.rows(figures_of(game.task, game.item, trial))
    for error in done["user_errors"]:
        screen.say(f"As a simulated user's this would be an error: {error['kind']}, {plain(error['words'], 60)!r}.")
    screen.say("What the lens reads in each turn (* nobody called for it):", "bold")
    screen.rows(readings(trial.conversation or game.item.before))
    if past.hints or past.undone:
        screen.say(f"Hints: {past.hints}. Turns taken back: {past.undone}.")
