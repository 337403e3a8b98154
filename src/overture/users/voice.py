"""Does a line sound like the person? A player of people slips out of the part: it speaks about the person, says
nothing, speaks as the assistant, or says aloud the prompt that it plays from.

In come a line and the texts from which its words may come; out come UserErrors with the words. Pure, and used twice: a
user that a model plays asks once more for such a line, and `faults` counts those that were said all the same. Easy to
get wrong: "the person who fits my kitchen" is a thing that people say. So a rule counts only how a sentence begins,
and never words that stand in the item or were said before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from ..models.verdicts import Prompt
from ..tasks.terms import stems
from .base import UserError

PROMPTS = ("goal", "shards")
ECHOED = 5
"""Words in a row that a line has from a prompt, and from nowhere else, from which on it says the prompt aloud."""
ROUNDS = 3
"""How often a line may say the same four words, beside what the item repeats, before it goes round in circles."""
_RUN = 4
_LONG = 8
"""Words in a row that a line says twice only when it goes round in circles."""

_ASSISTANT = re.compile(
    r"^\s*(?:assistant|ai|bot|model)\s*:|<\|?\s*(?:im_start|assistant|end_of_turn)|\[/?INST\]"
    r"|\bhow (?:can|may) i (?:help|assist)\b|\bas an ai\b|\bi(?:'d| would) be happy to (?:help|assist)\b"
    r"|\bis there anything else i can (?:help|do)\b"
    r"|\bi(?:'m| am) (?:an? |your |the )?(?:robot|ai|assistant|language model|chatbot)\b"
    r"|\bi(?:'m| am) not an? (?:person|human)\b"
    r"|\bi(?:'m| am) (?:unable|not able) to (?:assist|help|provide|fulfil)",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKS = (
    r"(?:says?|said|asks?|asked|wants?|wanted|needs?|needed|tells?|told|replies|replied|answers?|answered|speaks?|spoke|"
    r"thinks?|thought|knows?|knew|likes?|prefers?|is|was|does|did|do|has|had|are|were|have|would|will|can|cannot|"
    r"could|should|may|might|must|mentions?|continues?|begins?|starts?|who (?:plays?|played|is|speaks))\b"
)
_BEGINS = r"(?:\A|[.!?:;,]\s+|\n)[\s\"“'(*-]*"
_ABOUT = re.compile(rf"{_BEGINS}(the (?:person|user|human|speaker) {_SPEAKS})", re.IGNORECASE)
_ABOUT_FIRST = re.compile(rf"\A[\s\"“'(*-]*((?:they|he|she) {_SPEAKS})", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:person|you|user)\s*:", re.IGNORECASE | re.MULTILINE)
_PART = re.compile(r"\b(?:the|that|this) (?:chosen )?part (?:that )?(?:you|i|the assistant) \w+", re.IGNORECASE)

_EMPTY = frozenset(stems("i a an the my and to of is am it"))
"""Words that alone say nothing; "yes", "no" and "B" do."""

_TALK = _EMPTY | frozenset(
    stems(
        "this that these those there here you your we us our he she they them his her their what which who when where "
        "how why if so as not no yes and or but for with at on in by from about into out up are was were be been do "
        "does did have has had will would can could should may might must say said tell know think want need like get "
        "go going make give help please just also only all any some one more other than then too very much"
    )
)
"""Words of any talk, which say nothing of what somebody is after."""


@cache
def prompt(name: str) -> Prompt:
    """One of the users' prompt files."""
    return Prompt.read(files("overture.users") / "prompts" / f"{name}.md")


def slips(text: str, own: Sequence[str], others: Sequence[str], opening: bool) -> list[UserError]:
    """Where a line is not the person's. `own` are the item's texts, whose words are the person's; `others` is what
    others said before, whose words may be taken up, but not their part; `opening`: nobody has spoken yet, so "they" can
    be nobody else."""
    known = (*own, *others)
    found = {
        "said_nothing": text if _EMPTY.issuperset(stems(text)) else None,
        "went_in_circles": _circles(text, (*known, "\n".join(own))),  # who sums up says all of the item in one line
        "spoke_for_assistant": _unless(_match(_ASSISTANT, text) or _parroted(text, others), own),
        "spoke_about_person": _about(text, known, opening),
        "prompt_spoken": _aloud(text, known),
    }
    return [UserError(kind, words[:200]) for kind, words in found.items() if words is not None]


def about_nothing(texts: Sequence[str], own: Sequence[str]) -> bool:
    """Whether all that somebody said has no word in common with what they are after, beside those of any talk."""
    goal = _all(own) - _TALK
    return bool(texts and goal) and goal.isdisjoint(stems(" ".join(texts)))


def mostly(text: str, own: Sequence[str]) -> bool:
    """Whether at least half of a line's words are those of what somebody is after, beside those of any talk."""
    words = set(stems(text)) - _TALK
    return bool(words) and 2 * len(words & _all(own)) >= len(words)


def _all(texts: Sequence[str]) -> set[str]:
    return {word for one in texts for word in stems(one)}


def _parroted(text: str, others: Sequence[str]) -> str | None:
    """A whole message of somebody else, said once more."""
    words = stems(text)
    return text if len(words) > _RUN and any(words == stems(other) for other in others) else None


def _unless(words: str | None, known: Iterable[str]) -> str | None:
    return None if words is not None and any(words.lower() in one.lower() for one in known) else words


def _match(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[match.lastindex or 0].strip() if match else None


def _circles(text: str, own: Iterable[str]) -> str | None:
    """A line that says the same words over and over, more often than any one text repeats them."""
    runs = _runs(text, _RUN)
    if len(runs) - len(set(runs)) < ROUNDS:
        return None
    for length, most in ((_RUN, ROUNDS), (_LONG, 1)):
        counted, usual = Counter(_runs(text, length)), Counter[tuple[str, ...]]()
        for one in own:
            usual |= Counter(_runs(one, length))
        if any(times - usual[run] > most for run, times in counted.items()):
            return text
    return None


def _about(text: str, own: Sequence[str], opening: bool) -> str | None:
    found = _match(_ABOUT, text) or (_match(_ABOUT_FIRST, text) if opening else None)
    if found is None:
        return None
    known = " ".join(own).lower()
    return None if " ".join(found.lower().split()[:2]) in known else found


def _aloud(text: str, own: Sequence[str]) -> str | None:
    """A line with words of a prompt, or a label of the transcript, that the person has from nowhere else."""
    label = _unless(_match(_LABEL, text) or _match(_PART, text), own)
    if label is not None:
        return label
    said = _prompted().intersection(_runs(text, ECHOED))
    return text if said and not said.issubset(run for one in own for run in _runs(one, ECHOED)) else None


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    words = stems(text)
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]


@cache
def _prompted() -> frozenset[tuple[str, ...]]:
    return frozenset(run for name in PROMPTS for run in _runs(prompt(name).text, ECHOED))
