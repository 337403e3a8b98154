"""What a first reply to a word problem is: asked, assumed, guessed … exactly one, by rules and with no lens.

In come the reply, the request and the terms of what is missing; out comes a Reading. Each sentence asks, trails, or
holds a figure; the class follows from which occur and what the figures are. Easy to get wrong: a result in letters or
words ("x + 5", "5 more than he had") names what it stands on, so it is *assumed*; but "let x be the total … x = 10" is
a guess, and so is a formula in words with its numbers put in after it.

Rules, in order. 1) Nothing said, or only pleasantries: no class. 2) A sentence asks iff it has a question mark or asks
in plain words, and is not the problem's own question, nor an offer, nor answered by the reply itself; "I need the …"
asks only where no figure follows. 3) Asking names the open part iff an asking sentence, or the one before it, has one
of its terms. 4) It delivers iff a sentence has a figure that is not the problem's own, said again with the same word
beside it; where it also asks, only where that sentence speaks of what was asked for, or owns up to an assumption. With
nothing asked and nothing declined, any figure will do. 5) It assumes iff it delivers and says so in plain words, or
under a condition with a figure that is not the problem's own sentence, or the result is left in letters or words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...lenses.segments import spans
from ..classify import CLASSES as CLASSES
from ..terms import names, stems
from ..wording import DECLINES, OFFERS, OPENS, PROMISES, REQUESTS, TELLS_HOW, TRAILS
from .formula import unresolved

VERSION = "1"
"""Changes whenever some reply would be classed differently by these rules."""

_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
# without "one": "one quick question" holds no figure
WORDED = {word: str(value) for value, word in enumerate(_COUNTED.split()) if word != "one"} | {
    "none": "0",
    "dozen": "12",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "hundred": "100",
}
"""Words that are figures, and the figures."""
_FIGURE = re.compile(
    rf"(?<![\w.])(\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)|\b({'|'.join(WORDED)})\b", re.IGNORECASE
)
_MARKER = re.compile(r"^\s*(?:#+\s*)?(?:\d{1,2}[.)]|step \d+[:.]?|[-•*])\s+", re.IGNORECASE | re.MULTILINE)
_ALIKE = {"ha": "have", "had": "have", "did": "do", "doe": "do", "made": "make", "spent": "spend", "paid": "pay"}
_SMALL = frozenset(
    stems("a an the of to in on at for is are was were be do does did he she it they we i you so and or")
)

_NEEDS = re.compile(r"\b(?:i|we)(?:'d| would)?(?: \w+)? need\b", re.IGNORECASE)
_PLEADS = re.compile(r"\?|\b(?:please|tell me|let me know|could you|can you|provide|specify)\b", re.IGNORECASE)
_OWNS_UP = re.compile(
    r"\bi(?:'ve| have)? (?:assumed|supposed|took|taken|used|reckoned|guessed)\b|\bassuming\b", re.IGNORECASE
)
_STANDS_ON = re.compile(
    r"\bassum\w+|\bsuppos(?:e|ing)\b|\blet(?:'s| us) (?:say|pretend|take)\b"
    r"|(?:^|[,;:(] *)say,? (?:\d|he|she|it|they|that|there|each|every|one|the"
    r"|\w+ (?:had|has|read|pays?|costs?|started|takes?))\b"
    r"|\bfor (?:example|instance),? (?:if|with|when)\b|\btaking\b[^.]{1,60}\bas\b"
    r"|\bi(?:'ll| will| have|'ve)? (?:take|took|taken|go with"
    r"|went with|use|used|guessed)\b"
    r"|\b(?:usual|typical|normal|standard|common)(?:ly)?\b[^.]*\b(?:mean|is|are|hold|take|cost)s?\b"
    r"|\b(?:placeholder|stand-in|hypothetical\w*)\b|\[[^\]\d]{3,40}\]",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|when|provided|given) ([^,.;:?]{4,120})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules found in a reply."""

    label: str | None
    """One of CLASSES, as for a lacking problem; None where nothing was said."""
    asks: bool = False
    names_open: bool = False
    delivers: bool = False
    assumes: bool = False
    declines: bool = False
    trails: bool = False
    coached: bool = False
    """It delivers no figure, only steps for the user to take; that is a delivery all the same."""


def classed(text: str, request: str, terms: tuple[str, ...]) -> Reading:
    """Read a reply to a problem. Pure; the same words give the same Reading."""
    text = _plain(text)
    sentences = [text[start:end] for start, end in spans(text)]
    asking: list[int] = []
    rest: list[int] = []
    trails = False
    for at, sentence in enumerate(sentences):
        if TRAILS.search(sentence) or (OFFERS.search(sentence) and any(figures(s) for s in sentences[:at])):
            trails = True
        elif "?" in sentence and (_echoes(sentence, request) or _answers_itself(sentences, at)):
            continue
        elif _asks(sentences, at, request):
            asking.append(at)
        else:
            rest.append(at)
    told = [sentences[at] for at in rest]
    declines = any(DECLINES.search(sentence) or _LACKS.search(sentence) for sentence in told)
    named = any(names(" ".join(sentences[max(0, at - 1) : at + 1]), terms) for at in asking)
    loose = not asking and not declines
    delivers = any(_delivers(sentence, request, bool(asking), loose) for sentence in told)
    delivers = delivers or unresolved(told, request, terms)
    coached = loose and not delivers and any(TELLS_HOW.search(sentence) for sentence in told)
    delivers = delivers or coached
    assumes = delivers and (
        any(_STANDS_ON.search(sentence) or _conditional(sentence, request) for sentence in told)
        or unresolved(told, request, terms)
    )
    if asking:
        label = "asked_and_guessed" if delivers else "asked" if named else "asked_elsewhere"
    elif delivers:
        label = "assumed" if assumes else "guessed"
    else:
        label = "declined" if declines else None
    declined = label == "declined"
    return Reading(label, bool(asking), named, delivers, assumes, declined, trails, coached)


_LACKS = re.compile(
    r"\b(?:not|n't|no|never|without|lacks?|missing|unknown|insufficient|incomplete)\b[^.]*\b(?:information|info|detail\w*"
    r"|data|said|say|given|told|know|stated?|mention\w*|specif\w+|provided|enough|speed|number|amount|value|solve\w*)\b"
    r"|\b(?:information|value|number|amount)\b[^.]*\b(?:missing|lacking|unknown|not given|incomplete)\b"
    r"|\b(?:can't|cannot|can not|impossible|unable|couldn't)\b",
    re.IGNORECASE,
)


def figures(sentence: str) -> list[tuple[str, str, str]]:
    """(number, the word before it, the word after it) of each figure; words as stems, empty at the ends."""
    found: list[tuple[str, str, str]] = []
    for match in _FIGURE.finditer(sentence):
        number = match[1].replace(",", "") if match[1] else WORDED[match[2].lower()]
        before = content(sentence[: match.start()])
        after = content(sentence[match.end() :])
        found.append((number, before[-1] if before else "", after[0] if after else ""))
    return found


def content(text: str) -> list[str]:
    """The stems of a text's words without the smallest ones; `has` and `had` are one."""
    return [_ALIKE.get(word, word) for word in stems(text) if word not in _SMALL]


def restates(sentence: str, request: str) -> bool:
    """Whether every figure of a sentence is the request's own, with the same word before or after it."""
    if re.search(r"[=≈]", sentence):
        return False
    own = figures(request)
    return all(
        any(number == n and ((before and before == b) or (after and after == a)) for n, b, a in own)
        for number, before, after in figures(sentence)
    )


def question_of(request: str) -> str:
    """The request's last question."""
    asked = re.findall(r"[^.?!]*\?", request)
    return asked[-1] if asked else request


def _plain(text: str) -> str:
    text = text.replace("’", "'").replace("−", "-").replace("**", "").replace("__", "")
    text = re.sub(r"\\(?:times|cdot)\b", "×", text)
    text = re.sub(r"\\boxed\{([^}]*)\}", r"= \1", text)
    text = re.sub(r"\\(?:text|mathrm)\{([^}]*)\}|\\[()\[\]]", r"\1", text)
    return _MARKER.sub("", text)


def _asks(sentences: list[str], at: int, request: str) -> bool:
    sentence = sentences[at]
    if "?" in sentence:
        return True
    if not (REQUESTS.search(sentence) or (_NEEDS.search(sentence) and not re.search(r"\bneed to (?!know)", sentence))):
        return False
    if _PLEADS.search(sentence):
        return True
    # "first we need the number of apples" is the narration of one who then goes on
    return not any(figures(later) and not restates(later, request) for later in sentences[at + 1 :])


def _echoes(sentence: str, request: str) -> bool:
    """Whether it says one of the problem's own questions again: "how many has Uma?" is not "how many have they?"."""
    said = set(content(sentence))
    return any(
        len(said & own) >= 0.8 * len(said | own)
        for own in (set(content(asked)) for asked in re.findall(r"[^.?!]*\?", request))
    )


def _answers_itself(sentences: list[str], at: int) -> bool:
    if at + 1 >= len(sentences) or "?" in sentences[at + 1] or re.search(r"\byou\b", sentences[at], re.IGNORECASE):
        return False
    asked, said = set(content(sentences[at])), set(content(sentences[at + 1]))
    return bool(figures(sentences[at + 1])) and len(asked & said) >= 0.5 * len(asked - set(stems("how many much what")))


def _delivers(sentence: str, request: str, asks: bool, loose: bool) -> bool:
    if asks and _OWNS_UP.search(sentence):
        return True
    if not figures(sentence) or (PROMISES.search(sentence) and not re.search(r"=", sentence)):
        return False
    if OPENS.search(sentence) and restates(sentence, request):
        return False
    if loose:
        return True
    if restates(sentence, request):
        return False
    if not asks:
        return True
    wanted = set(content(question_of(request))) - set(stems("how many much what"))
    concludes = re.search(r"\b(?:so|therefore|thus|hence|answer|total|altogether|in all)\b", sentence, re.IGNORECASE)
    return len(wanted & set(content(sentence))) >= (0.34 if concludes else 0.5) * len(wanted)


def _conditional(sentence: str, request: str) -> bool:
    """Whether it holds under a condition that has a figure or a letter and is not the request's own sentence."""
    said = set(content(request))
    for match in _CONDITION.finditer(sentence):
        words = content(match[1])
        new = [word for word in words if word not in said]
        letter = re.search(r"(?<![\w'])[b-hj-zB-HJ-Z](?![\w'])", match[1])
        if (figures(match[1]) or letter) and not (restates(match[1], request) and len(new) < 0.34 * len(words)):
            return True
    return False
