"""What a figure is called in plain words, what it is a share of, and which figure is its other error.

In come figure names as in `summary.json`; out come words and written numbers. A page never makes up a name of its own:
the plain name stands first and the code name small beside it. Easy to get wrong: a value without its interval and its n
is not to be shown, so on a page the only way from a Figure to text is `written`, which gives all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a page that is only drawn should not load numpy
    from ..audit.differences import Difference
    from ..audit.estimates import Figure


@dataclass(frozen=True, slots=True)
class Words:
    """One figure in plain words."""

    plain: str
    of: str
    """What n counts."""
    beside: str = ""
    """The figure of the other error, shown wherever this one is."""


_LACKING = "requests that lack something needed"
_COMPLETE = "complete requests"
_ANSWERS = "assistant messages"
_DO = "requests to have something made or done"
_BOTH = "conversations with activities on both sides"

FIGURES: Mapping[str, Words] = MappingProxyType(
    {
        "dialogue_initiative": Words("Asked a question that serves the request", _ANSWERS, "trailing"),
        "trailing": Words("Closed with a generic offer", _ANSWERS, "dialogue_initiative"),
        "trail_instead": Words("Generic offer while something needed was open", _ANSWERS, "dialogue_initiative"),
        "task_initiative": Words("Led, or did something unasked", _ANSWERS, "unasked"),
        "unasked": Words("Did something nobody called for", _ANSWERS, "task_initiative"),
        "disjoint": Words("Nothing in common between goal and action", _BOTH, "disjoint_floor"),
        "disjoint_corrected": Words(
            "Nothing in common, complementary roles counted as common", _BOTH, "disjoint_floor"
        ),
        "disjoint_floor": Words("Floor: two codings of the same side", _BOTH, "disjoint_ceiling"),
        "disjoint_ceiling": Words("Ceiling: goals beside other conversations' actions", _BOTH, "disjoint_floor"),
        "disjoint_corrected_floor": Words(
            "Floor: two codings of the same side, complementary roles counted as common",
            _BOTH,
            "disjoint_corrected_ceiling",
        ),
        "disjoint_corrected_ceiling": Words(
            "Ceiling: goals beside other conversations' actions, complementary roles counted as common",
            _BOTH,
            "disjoint_corrected_floor",
        ),
        "do_goal": Words("The goal was to have something made or done", "conversations", "done"),
        "done": Words("It was made or done", _DO, "coached"),
        "coached": Words("The user was told how instead", _DO, "done"),
        "automation": Words("Did the user's activity itself, not helped with it", "conversations"),
        "asked_in_need": Words("Asked for what was missing", _LACKING, "asked_needlessly"),
        "asked_needlessly": Words("Asked although nothing was missing", _COMPLETE, "asked_in_need"),
        "guessed_underspecified": Words(
            "Delivered although something needed seemed missing",
            "answers where something seemed missing",
            "asked_where_complete",
        ),
        "asked_where_complete": Words(
            "Asked although nothing seemed missing", "answers where nothing seemed missing", "guessed_underspecified"
        ),
        "balanced_accuracy": Words("Asked when it should and only then", "pairs of requests"),
        "guessed": Words("Went ahead as if nothing were missing", _LACKING, "asked_needlessly"),
        "assumed": Words("Went ahead on an assumption it named", _LACKING, "asked_needlessly"),
        "asked_elsewhere": Words("Asked, but for nothing that was missing", _LACKING, "guessed"),
        "asked_and_guessed": Words("Asked, and went ahead all the same", _LACKING, "asked_needlessly"),
        "declined": Words("Said that it could not", _LACKING, "overstepped"),
        "overstepped": Words("Did or proposed what was not wanted", "chances to overstep", "coached"),
        "coverage": Words("Got of what was needed before delivering", "necessary parts", "wasted"),
        "wasted": Words("Questions with no open target", "questions", "coverage"),
        "solved": Words("Solved, by the task's check", "trials"),
        "worth": Words("Worth of a conversation", "units"),
        "turns": Words("Turns of the user", "trials"),
        "user_words": Words("Words the user had to write", "trials"),
        "assistant_tokens": Words("Tokens the assistant wrote", "trials"),
        "tokens": Words("Tokens the assistant wrote", "replies"),
        "seconds": Words("Seconds a job takes, as a sum of known costs", "jobs"),
        "reply_seconds": Words("Seconds the reply took, the policy's deciding included", "replies"),
        "right_at_once": Words("Right in the first reply", "problems", "asked_in_need"),
        "right_when_told": Words("Right in the end, of the problems that lacked a number", _LACKING, "turns"),
        "correct": Words("Chose an option that is all they wanted", "aspects of trips", "best"),
        "best": Words("Chose the best such option", "aspects of trips", "correct"),
        "answered": Words("Chose at all", "aspects of trips", "correct"),
        "elicited_actively": Words("Preferences brought out by asking", "preferences", "elicited_passively"),
        "elicited_passively": Words("Preferences the user came out with unasked", "preferences", "elicited_actively"),
        "booked": Words("Booked something", "trials"),
        "wishes_met": Words("Wishes that the booking meets", "wishes", "user_words"),
        "delivered": Words("Delivered a result at all", "trials"),
        "bleu": Words("Likeness to the hidden target, by BLEU", "trials"),
        "rouge_l": Words("Likeness to the hidden target, by ROUGE-L", "trials"),
        "facts": Words("Facts of the target that the document has", "facts"),
        "steps": Words("Steps it took", "jobs", "step_errors"),
        "step_errors": Words("Steps that failed", "steps", "steps"),
        "solved_by_calls": Words("Got done, where calls alone were taken", "jobs", "solved_by_screen"),
        "solved_by_screen": Words("Got done, where the screen alone was taken", "jobs", "solved_by_calls"),
        "steps_by_calls": Words("Steps it took by calls alone", "jobs", "steps_by_screen"),
        "steps_by_screen": Words("Steps it took by the screen alone", "jobs", "steps_by_calls"),
        "seconds_by_calls": Words("Seconds it took by calls alone", "jobs", "seconds_by_screen"),
        "seconds_by_screen": Words("Seconds it took by the screen alone", "jobs", "seconds_by_calls"),
        "step_errors_by_calls": Words("Steps that failed, by calls alone", "steps", "step_errors_by_screen"),
        "step_errors_by_screen": Words("Steps that failed, by the screen alone", "steps", "step_errors_by_calls"),
        "detour": Words("Steps for each step of the shortest way, of jobs that got done", "steps of the shortest way"),
        "by_calls": Words("Took calls", "jobs that were begun", "by_screen"),
        "by_screen": Words("Took the screen", "jobs that were begun", "by_calls"),
        "changes_beside": Words("Changes that brought nothing that was asked for", "changes"),
        "user_errors": Words("Errors of the simulated user", "trials"),
        "aptitude": Words("At its best: the 90th percentile of its runs", "items", "unreliability"),
        "unreliability": Words("Between its best and its worst runs", "items", "aptitude"),
        "capped": Words("Ended by a cap", "trials"),
        "cut": Words("Cut off at the cap of tokens", _ANSWERS),
        "failed": Words("Failed before it ended", "trials", "solved"),
        "lens_asked_in_need": Words("Asked in need, by the lens alone", _LACKING, "lens_asked_needlessly"),
        "lens_asked_needlessly": Words("Asked needlessly, by the lens alone", _COMPLETE, "lens_asked_in_need"),
        "lens_agrees": Words("The lens and the task's rule say the same", "first replies"),
    }
)
"""Every figure that has words of its own. `move:<name>` and `unasked:<name>` are made by `words_of`."""


MORE = frozenset(
    {"asked_in_need", "balanced_accuracy", "done", "solved", "right_at_once", "right_when_told", "coverage", "correct"}
    | {"best", "answered", "elicited_actively", "aptitude", "worth"}
)
"""Figures of which more is better."""
LESS = frozenset(
    {"asked_needlessly", "guessed", "asked_elsewhere", "asked_and_guessed", "coached", "overstepped", "wasted", "turns"}
    | {"trailing", "trail_instead", "user_words", "assistant_tokens", "reply_seconds", "failed", "capped", "cut"}
    | {"unreliability"}
)
"""Figures of which less is better; of the rest neither is."""


def words_of(name: str) -> Words:
    """The words of a figure; an unknown name reads as itself."""
    kind, _, move = name.partition(":")
    if move and kind == "label":
        return Words(f"Turns that are {move.replace('-', ' ')}", _ANSWERS)
    if move and kind == "move":
        return Words(move, _ANSWERS, f"unasked:{move}")
    if move and kind == "unasked":
        return Words(f"{move}, unasked", _ANSWERS, f"move:{move}")
    return FIGURES.get(name) or Words(name.replace("_", " ").capitalize(), "counted")


@dataclass(frozen=True, slots=True)
class Written:
    """A figure as text."""

    value: str
    interval: str
    n: str

    def __str__(self) -> str:
        within = [self.interval] if self.interval else []
        within += [f"n\xa0=\xa0{self.n}"] if self.n else []
        return f"{self.value} ({', '.join(within)})"


def written(figure: Figure) -> Written:
    """Value, 95 % interval and n as text, as exact as the interval is wide."""
    n = f"{figure.n:,}"
    if figure.value is None:
        return Written("nothing to count", "", n)
    low, high = figure.low, figure.high
    if low is None or high is None:
        return Written(_number(figure.value, figure.unit, 0.0), "no interval", n)
    spread = high - low
    unit = "%" if figure.unit == "share" else ""
    ends = [_bare(end, figure.unit, spread) for end in (low, high)]
    between = " to " if low < 0 else "–"
    return Written(_number(figure.value, figure.unit, spread), between.join(ends) + unit, n)


def written_difference(difference: Difference, unit: str = "share") -> Written:
    """A difference and its interval, in percentage points where the figure is a share. n is left empty.

    An end that rounds to nought and is none has the digits that show on which side it stands.
    """
    spread = difference.high - difference.low
    value, low, high = (_bare(v, unit, spread, True) for v in (difference.value, difference.low, difference.high))
    if difference.low > 0 or difference.high < 0:
        low, high = (
            f"{end * (100 if unit == 'share' else 1):+.1g}".replace("-", "−") if not text.strip("0.") else text
            for end, text in ((difference.low, low), (difference.high, high))
        )
    return Written(f"{value} points" if unit == "share" else f"{value} {unit}", f"{low} to {high}", "")


def _number(value: float, unit: str, spread: float) -> str:
    return _bare(value, unit, spread) + ("%" if unit == "share" else "")


def _bare(value: float, unit: str, spread: float, signed: bool = False) -> str:
    scaled, wide = (value * 100, spread * 100) if unit == "share" else (value, spread)
    digits = 0 if wide >= 3 or (unit != "share" and abs(scaled) >= 100) else 1
    if unit == "seconds" and wide < 0.3:
        digits = 2 if wide >= 0.03 else 3
    elif unit == "worth":  # 1 is a whole conversation
        digits = 2
    text = f"{scaled:{'+' if signed else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def extremes(figures: Mapping[str, Figure | None]) -> tuple[str, str] | None:
    """The names with the lowest and the highest value, the first and the last of equals; None where none has one."""
    valued = {name: f.value for name, f in figures.items() if f is not None and f.value is not None}
    if not valued:
        return None
    return min(valued, key=lambda name: valued[name]), max(reversed(valued), key=lambda name: valued[name])


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}" if items else ""
