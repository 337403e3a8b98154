"""What a first reply to a word problem is: asked, assumed, guessed … exactly one, by rules and with no lens.

In come the reply, the request and the terms of what is missing; out comes a Reading. Each sentence asks, trails, or
holds a figure; the class follows from which occur and what the figures are. Easy to get wrong: a result in letters or
words ("x + 5", "5 more than he had") names what it stands on, so it is *assumed*; but "let x be the total … x = 10" is
a guess, and so is a formula in words with its numbers put in after it.

Rules, in order. 1) Nothing said, or only pleasantries: no class. 2) A sentence asks iff it has a question mark or
asks in plain words, or stands in a list that one leads into, and is not the problem's own question, nor an offer, nor
answered by the reply itself; "I need the …" asks only where no figure follows. 3) Asking names the open part iff an
asking sentence, or the one before it, has one of its terms. 4) It delivers iff a sentence has a figure that is not
the problem's own, said again with the same word beside it; where it also asks, only where that sentence speaks of
what was asked for, or owns up to an assumption. With nothing asked and nothing declined, any figure will do. 5) It
assumes iff it delivers and says so in plain words, or under a condition with a figure that is not the problem's own
sentence, or the result is left in letters or words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...lenses.segments import sentences as sentences_of
from ..classes import reply_class
from ..figures import content, figures, question_of, restates
from ..formula import unresolved
from ..listed import VERSION as LISTS
from ..listed import as_questions
from ..terms import names, stems
from ..wording import DECLINES, OFFERS, OPENS, PROMISES, REQUESTS, TELLS_HOW, TRAILS, at_large
from ..wording import VERSION as WORDING

VERSION = f"3, wording {WORDING}, lists {LISTS}"
"""Changes whenever some reply would be classed differently by these rules."""

_MARKER = re.compile(r"^\s*(?:#+\s*)?(?:\d{1,2}[.)]|step \d+[:.]?|[-•*])\s+", re.IGNORECASE | re.MULTILINE)
_NEEDS = re.compile(r"\b(?:i|we)(?:'d| would)?(?: \w+)? need\b", re.IGNORECASE)
_PLEADS = re.compile(r"\?|\b(?:please|tell me|let me know|could you|can you|provide|specify)\b", re.IGNORECASE)
_OWNS_UP = re.compile(
    r"\bi(?:'ve| have)? (?:assumed|supposed|took|taken|used|reckoned|guessed)\b|\bassuming\b", re.IGNORECASE
)
_STANDS_ON = re.compile(
    r"\bassum\w+|\bsuppos(?:e|ing)\b|\blet(?:'s| us) (?:say|pretend|take)\b"
    r"|(?:^|[,;:(] *)say,? (?:\d+|he|she|it|they|that|there|each|every|one|the"
    r"|\w+ (?:had|has|read|pays?|costs?|started|takes?))\b"
    r"|\b(?:for|as an) (?:example|instance),? (?:if|with|when|at)\b|\btaking\b[^.]{1,60}\bas\b"
    r"|\bi(?:'ll| will| have|'ve)? (?:take|took|taken|go with"
    r"|went with|use|used|guessed)\b"
    r"|\b(?:usual|typical|normal|standard|common)(?:ly)?\b[^.]*\b(?:mean|is|are|hold|take|cost)s?\b"
    r"|\b(?:placeholder|stand-in|hypothetical\w*)\b|\[[^\]\d]{3,40}\]",
    re.IGNORECASE,
)
_LATER = re.compile(
    rf"\b(?:will|can|would|once)\b|'(?:ll|d)\b|\bwith (?:that|this|it)\b|{TELLS_HOW.pattern}", re.IGNORECASE
)
_COMPUTES = re.compile(r"^\W*[$€£]?\d[^=a-z]*=\s*[$€£]?\d")
_CONCLUDES = re.compile(r"\b(?:so|therefore|thus|hence|answer (?:is|would)|total|altogether|in all)\b", re.IGNORECASE)
_HOW_MANY = frozenset(stems("how many much what"))
_WITH = re.compile(r"\b(?:with|at|using) ([^;?]{0,60}?\d[\d,.]*(?: [a-z]+)?)(?=.*\bwould\b)", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|when|provided|given) ([^,.;:?]{4,120})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules found in a reply."""

    label: str | None
    """One of `classes.CLASSES`, as for a lacking problem; None where nothing was said."""
    asks: bool = False
    names_open: bool = False
    delivers: bool = False
    coached: bool = False
    """It delivers no figure, only steps for the user to take; that is a delivery all the same."""
    stray: int = 0
    """Questions that do not name the open part."""


def classed(text: str, request: str, terms: tuple[str, ...]) -> Reading:
    """Read a reply to a problem. Pure; the same words give the same Reading."""
    text = _plain(as_questions(text))
    sentences = [text[start:end] for start, end in sentences_of(text)]
    asking: list[int] = []
    rest: list[int] = []
    for at, sentence in enumerate(sentences):
        offers = TRAILS.search(sentence) or (OFFERS.search(sentence) and any(figures(s) for s in sentences[:at]))
        if offers or ("?" in sentence and (_echoes(sentence, request) or _answers_itself(sentences, at, request))):
            continue
        if _asks(sentences, at, request):
            asking.append(at)
        else:
            rest.append(at)
    told = [sentences[at] for at in rest]
    declines = any(DECLINES.search(sentence) or _LACKS.search(sentence) for sentence in told)
    leads = [
        at - 1 if at > 0 and at - 1 not in asking else at for at in asking
    ]  # a question is its own, not the last's
    said = [
        [each for each in sentences[lead : at + 1] if not at_large(each)]
        for lead, at in zip(leads, asking, strict=True)
    ]
    naming = sum(names(" ".join(each), terms) for each in said)
    named = naming > 0
    supposes = [_supposes(sentence, request) for sentence in told]
    loose = not asking and (not declines or any(supposes))
    delivers = any(_delivers(sentence, request, bool(asking), loose) for sentence in told)
    # beside a question, how the answer will be used is no answer
    left_open = unresolved([each for each in told if not (asking and _LATER.search(each))], request, terms)
    delivers = delivers or left_open
    coached = loose and not delivers and any(TELLS_HOW.search(sentence) for sentence in told)
    delivers = delivers or coached
    assumes = delivers and (left_open or any(supposes))
    label = reply_class(bool(asking), named, delivers, assumes, declines)
    return Reading(label, bool(asking), named, delivers, coached, len(asking) - naming)


_LACKS = re.compile(
    r"\b(?:not|n't|no|never|without|lacks?|missing|unknown|insufficient|incomplete)\b[^.]{0,40}\b(?:information|info|detail\w*"
    r"|data|said|say|given|told|know|stated?|mention\w*|specif\w+|provided|enough|speed|number|amount|value|solve\w*)\b"
    r"|\b(?:information|value|number|amount)\b[^.]*\b(?:missing|lacking|unknown|not given|incomplete)\b"
    r"|\b(?:can't|cannot|can not|impossible|unable|couldn't)\b",
    re.IGNORECASE,
)


def _plain(text: str) -> str:
    """Without what sets a reply in type: Markdown, LaTeX, the marks of a list."""
    text = text.replace("’", "'").replace("−", "-").replace("\\$", "$")
    text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", text)
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\boxed\s*\{([^{}]*)\}", r"= \1", text)
    text = re.sub(r"\\(?:times|cdot)\b", "×", text)
    text = re.sub(r"\\(?:[()\[\],;!]|left\b|right\b|quad\b)", "", text)
    text = re.sub(r"\$\$|\$(?=\S)([^$\n]{1,120}?)(?<=\S)\$(?!\d)", r"\1", text)
    return re.sub(r"\*\*|__|(?<![\w*])[*_](?=\S)|(?<=\S)[*_](?![\w*])", "", _MARKER.sub("", text))


def _asks(sentences: list[str], at: int, request: str) -> bool:
    sentence = sentences[at]
    if sentence.startswith("```"):
        return False  # a block of code is put to nobody
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


def _answers_itself(sentences: list[str], at: int, request: str) -> bool:
    """Whether a question is a teacher's, with its answer right behind it."""
    asked = sentences[at]
    if at + 1 >= len(sentences) or re.search(r"\byou\b", asked, re.IGNORECASE):
        return False
    answer = sentences[at + 1]
    if "?" in answer or not figures(answer) or _supposes(answer, request) or re.search(r"\bwould\b", answer):
        return False
    if _COMPUTES.search(answer) or re.search(r"\bwe\b", asked, re.IGNORECASE):
        return True
    words = set(content(asked))
    return len(words & set(content(answer))) >= 0.5 * len(words - _HOW_MANY)


def _delivers(sentence: str, request: str, asks: bool, loose: bool) -> bool:
    """`loose`: the reply neither asks nor declines, so any figure is its result."""
    if asks and _OWNS_UP.search(sentence):
        return True
    if not figures(sentence) or (OPENS.search(sentence) and restates(sentence, request)):
        return False
    if _supposes(sentence, request) and not restates(sentence, request):
        return True
    if (PROMISES.search(sentence) or (asks and _LATER.search(sentence))) and "=" not in sentence:
        return False
    return loose or (not restates(sentence, request) and _is_wanted(sentence, request))


def _is_wanted(sentence: str, request: str) -> bool:
    """Whether it speaks of what the request asks for, and in its unit: screws, and not the minutes before them."""
    question = question_of(request)
    said = set(content(sentence))
    many = re.search(r"\bhow many\b(.*)", question, re.IGNORECASE | re.DOTALL)
    if many and not said & set(content(many[1])[:2]):
        return False
    wanted = set(content(question)) - _HOW_MANY
    return len(wanted & said) >= (0.34 if _CONCLUDES.search(sentence) else 0.5) * len(wanted)


def _supposes(sentence: str, request: str) -> bool:
    """Whether it says that it stands on something: in plain words, or a condition that is not the request's own."""
    return bool(_STANDS_ON.search(sentence)) or _conditional(sentence, request)


def _conditional(sentence: str, request: str) -> bool:
    """Whether it holds under a condition with a letter, or with a figure that is not the request's own sentence."""
    said = set(content(request))
    for match in (*_CONDITION.finditer(sentence), *_WITH.finditer(sentence)):
        words = content(match[1])
        new = [word for word in words if word not in said]
        if re.search(r"(?<![\w'])[b-hj-zB-HJ-Z](?![\w'])", match[1]):
            return True
        if figures(match[1]) and not (restates(match[1], request) and len(new) < 0.34 * len(words)):
            return True
    return False
