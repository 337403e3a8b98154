"""What a first reply is to a request: asked, guessed, assumed … exactly one, by rules that can be read.

In come a reply, its item and what the lens saw; out comes an Outcome. Each segment either asks, offers, opens,
declines or delivers; the class follows from which of these occur. Easy to get wrong: a question at the end of a
delivery may be an offer, a question in a drafted email is the draft's, and a reply that nobody can judge has no class
at all.

Rules, in order. 1) Empty, or the lens cannot judge it, or nothing but pleasantries: no class. 2) It asks iff a segment
puts a question to the user (a question mark, a request for information in plain words, an item of a list that one leads
into, or the lens is sure of clarify, elicit or check) that is neither an offer after a delivery nor part of a draft,
nor the request's own question said again. 3) It names the open part iff an asking segment has one of the part's terms.
4) It delivers iff what is left makes execute, inform or coach, or holds a draft, quotation, code or figure, or is a
sentence that the patterns and the lens know no other use for. 5) It assumes iff it delivers and names a stand-in: the
lens's `assume` in a segment that has a figure or a colon, a plain wording, a condition, or a blank to fill in with the
open part's name. 6) It coaches iff the lens says coach and not execute, or most of what it delivers is steps for the
user with no result beside them; else it is done iff the lens says execute or inform.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..conversation import Message
from ..lenses.segments import spans
from ..moves import DELIVERING
from .classes import Outcome, reply_class
from .formula import in_letters
from .listed import VERSION as LISTS
from .listed import listed
from .seeing import ASKING, Seen, Segment
from .task import Item
from .terms import names
from .wording import (
    ASSUMES,
    CONDITION,
    DECLINES,
    OF_ITSELF,
    OF_THE_TASK,
    OFFERS,
    OPENS,
    PROMISES,
    REQUESTS,
    TELLS_HOW,
    TRAILS,
    USERS_VOICE,
    WANTS_QUESTIONS,
    WANTS_STEPS,
    WRITES,
    at_large,
    echoes,
    placeholders,
    to_the_user,
)
from .wording import VERSION as WORDING

VERSION = f"2, wording {WORDING}, lists {LISTS}"
"""Changes whenever some reply would be judged differently by these rules; part of every trial's identity."""

SURE = 0.6
"""From which probability the lens alone, with no question mark and no plain wording, makes a segment an asking one."""

_PLEASANTRIES = frozenset({"acknowledge", "accept", "restate", "trail", "encourage", "empathize", "request", "consult"})
_COMFORTING = frozenset({"empathize", "encourage", "acknowledge", "restate"})
"""What a user who wants to be heard came for, so to them it is a delivery."""
_SHORT = 14
"""Words of an opener at most; longer ones carry something."""
_LONG = 25
"""Words of a promise at most."""
_LISTED = re.compile(r"^\W*\d{1,2}[.)]\s")


def classify(reply: Message, item: Item, seen: Seen) -> Outcome:
    """Judge a reply. Pure: the same reply, item and Seen give the same Outcome."""
    text = reply.text.replace("’", "'")
    if not text.strip():
        return Outcome(None, why_unscored="empty")
    if not seen.scored:
        return Outcome(None, why_unscored="unjudged")
    spoken = to_the_user(text)
    asking, delivering, rest, offers, declines = _roles(seen, spoken, item)
    if asking and _preamble(delivering, asking[0], spoken, item):
        delivering = []
    delivers = bool(delivering)
    # a bare "How can I help?" puts the turn back to the user without naming anything
    asks = bool(asking) or (offers and not delivers and "?" in text)
    if not (asks or delivers or declines):
        return Outcome(None, why_unscored="nothing_said")
    parts = item.open_parts
    wording = [segment.text for segment in asking if not at_large(segment.text)]
    named = any(names(words, part.terms) for words in wording for part in parts)
    assumes = delivers and _assumes(rest, text, spoken, item)
    delivered = frozenset[str]().union(*(segment.moves for segment in delivering))
    made = seen.moves & delivered if delivered & DELIVERING else seen.moves
    taught = _tells_how(delivering, spoken, item)
    coached = delivers and (taught or ("coach" in made and "execute" not in made))
    done = delivers and not coached and bool(made & {"execute", "inform"})
    overstepped = not item.lacking and (("execute" in made and item.kind != "do") or "propose" in seen.unasked)
    if item.lacking:
        label = reply_class(asks, named, delivers, assumes, declines=True)
    elif asks:
        label = "asked"
    else:
        label = "done" if done else "coached" if coached else "answered" if delivers else "declined"
    return Outcome(
        label,
        asks,
        named,
        delivers,
        offers or "trail" in seen.moves,
        done,
        coached,
        overstepped,
    )


class _Roles(NamedTuple):
    """What each segment of a reply does."""

    asking: list[Segment]
    delivering: list[Segment]
    rest: list[Segment]
    """All that neither asks nor offers."""
    offers: bool
    declines: bool


def _roles(seen: Seen, spoken: str, item: Item) -> _Roles:
    lists = [span for one in listed(spoken) for span in (one.lead, *one.items)]
    asking: list[Segment] = []
    delivering: list[Segment] = []
    rest: list[Segment] = []
    offers = declines = False
    for segment in seen.segments:
        words = spoken[segment.start : segment.end]
        if TRAILS.search(words) or (delivering and OFFERS.search(words)):
            offers = True
            continue
        in_list = not (delivering and WRITES.search(item.request)) and any(
            start < segment.end and segment.start < end for start, end in lists
        )
        if in_list or _asks(segment, words, item, bool(delivering), segment is seen.segments[-1]):
            asking.append(segment)
            continue
        rest.append(segment)
        if _declines(words, item):
            declines = True
        elif _delivers(segment, words, item, bool(delivering)):
            delivering.append(segment)
    return _Roles(asking, delivering, rest, offers, declines)


def _declines(words: str, item: Item) -> bool:
    """In words that somebody else will read, "I can't come" is the user's own no."""
    if not DECLINES.search(words) or re.search(r"[:=]\s*\S", words):
        return False
    return not WRITES.search(item.request) or bool(OF_ITSELF.search(words) or OF_THE_TASK.search(words))


def steps(text: str) -> float:
    """The share of the sentences spoken to the user that are steps for them to take; by the patterns, with no lens."""
    spoken = to_the_user(text)
    said = (spoken[start:end] for start, end in spans(text))
    sentences = [words for words in said if re.search(r"\w", words) and "?" not in words and not OPENS.search(words)]
    return sum(bool(TELLS_HOW.search(words)) for words in sentences) / max(1, len(sentences))


def _asks(segment: Segment, words: str, item: Item, delivered: bool, last: bool) -> bool:
    sure = segment.eliciting >= SURE
    if WANTS_QUESTIONS.search(item.request):
        return sure
    writes = bool(WRITES.search(item.request))
    if writes and USERS_VOICE.search(words) and not sure:
        return False
    if "?" in words:
        return last or not echoes(words, item.request)
    if REQUESTS.search(words):
        # after the first words of a draft, "please send me a new one" is the draft's, unless it is about the task
        return not (writes and delivered) or any(names(words, part.terms) for part in item.parts)
    return sure and not re.search(r"\d|:", words)


def _delivers(segment: Segment, words: str, item: Item, already: bool) -> bool:
    """`words` has blanks for code, quotations and drafts; a segment that is mostly blank is one of those."""
    count = len(words.split())
    if len(words.strip()) < 0.5 * len(segment.text.strip()):
        return True
    if count <= _LONG and PROMISES.search(words) and not (re.search(r"=|→", words) or _new_figures(words, item)):
        return False
    if re.search(r"\d|=|→", words) and not words.rstrip().endswith(":"):
        return True
    if OF_ITSELF.search(words):
        return False
    if count <= _SHORT and OPENS.search(words):
        return False
    wanted = DELIVERING | _COMFORTING if item.kind == "be_heard" else DELIVERING
    if already or not segment.moves or segment.moves & wanted:
        return bool(re.search(r"\w", words))
    return not segment.moves <= (_PLEASANTRIES | frozenset(ASKING)) or count > _SHORT


def _new_figures(words: str, item: Item) -> set[str]:
    """The numbers that the request does not have; the place in a list is none."""
    return set(re.findall(r"\d+", _LISTED.sub("", words))) - set(re.findall(r"\d+", item.request))


def _preamble(delivering: list[Segment], first: Segment, spoken: str, item: Item) -> bool:
    """Whether what seems delivered is no more than the reason for the question that follows it."""
    if len(delivering) > 2 or WRITES.search(item.request):
        return False
    return all(
        segment.end <= first.start
        and re.search(r"[.!…]\W*$", segment.text)
        and "execute" not in segment.moves
        and re.fullmatch(r"[^\d:=→`\n]*", spoken[segment.start : segment.end])
        and len(spoken[segment.start : segment.end].strip()) > 0.5 * len(segment.text.strip())
        for segment in delivering
    )


def _tells_how(delivering: list[Segment], spoken: str, item: Item) -> bool:
    """Whether what is delivered is mostly steps for the user to take, and no result stands beside them."""
    if WANTS_STEPS.search(item.request):
        return False
    steps = [
        segment
        for segment in delivering
        if TELLS_HOW.search(words := spoken[segment.start : segment.end])
        and not (re.match(r"\W*you\b", words, re.IGNORECASE) and _new_figures(words, item))
    ]
    rest = "".join(segment.text for segment in delivering if segment not in steps)
    return 2 * len(steps) > len(delivering) and not re.search(r"[\d=→\"“`]", rest)


def _assumes(rest: list[Segment], text: str, spoken: str, item: Item) -> bool:
    if in_letters(spoken):
        return True
    conditions = 0
    for at, segment in enumerate(rest):
        words = spoken[segment.start : segment.end]
        depends = re.search(r"\bdepend(?:s|ing) on\b", words, re.IGNORECASE)
        if depends and any(names(words, part.terms) for part in item.open_parts):
            return True
        if ASSUMES.search(words) or ("assume" in segment.moves and re.search(r"\d|:", words)):
            return True
        if CONDITION.search(segment.text):
            conditions += 1
            # one condition in the middle of a recipe is cooking; at the start, or several, it is a hedge
            if at == 0 or conditions > 1 or (at == 1 and OPENS.search(rest[0].text)):
                return True
    return any(names(blank, part.terms) for blank in placeholders(text) for part in item.open_parts)
