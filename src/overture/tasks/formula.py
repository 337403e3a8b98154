"""Is a result left in letters or words? "x + 5", "12L euros", "a quarter of the rent plus 30".

In come the sentences that a reply tells, the request and the terms of what is missing; out comes yes or no. Easy to get
wrong: a letter that is given a value, or a formula in words that is followed by its numbers, is not left open; and `m`
after a number is metres unless somebody said what m is.
"""

from __future__ import annotations

import re

from .figures import figures
from .terms import names, stems

_LETTER = r"(?<![\w'$])([b-hj-zB-HJ-Z])(?![\w'])"
_INTRODUCED = re.compile(
    rf"\b(?:let|where|with|call(?: it| that)?|denote[sd]?(?: by)?|for|of)\s+(?:the \w+(?: \w+)? (?:be )?)?{_LETTER}"
    rf"|{_LETTER}\s*(?:=|is|be|stands for|represents|being|denotes)\s+(?:the|his|her|their|how|its|what|[a-z]{{4,}})"
    rf"|(?<!\d ){_LETTER}\s+[a-z]{{3,}}s\b"
)
_JOINED = re.compile(
    rf"[\d)]\s*[+\-×x*/÷]\s*{_LETTER}|(?<!\d ){_LETTER}\s*[+\-×*/÷]\s*[\d(]"
    rf"|{_LETTER}\s*(?:plus|minus|times|divided by)\s+\d"
)
_IN_WORDS = re.compile(
    r"\b(?:plus|minus|times|more than|less than|fewer than|added to|subtracted from|on top of|in addition to|divided by"
    r"|multiplied by|(?:half|third|quarter|fifth|percent) of|add|subtract)\b|[+\-×*/÷]",
    re.IGNORECASE,
)
_STANDING_FOR = re.compile(
    r"\b(?:what(?:ever)?|however (?:many|much)|how (?:many|much)|(?:the|that|his|her|their|its) (?:\w+ )?(?:number"
    r"|amount|price|cost|length|speed|size|total|value|rest)|(?:he|she|they|it) (?:had|has|started|began|read|was|were"
    r"|already)|before|at first|initial\w*|original\w*|unknown)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d")


def unresolved(told: list[str], request: str, terms: tuple[str, ...]) -> bool:
    """Whether what a reply comes to still holds a letter, or a thing it names, in place of a number."""
    return in_letters(" ".join(told)) or _in_words(told, request, terms)


def in_letters(text: str) -> bool:
    """Whether a letter that stands for a number is left in what a text comes to."""
    introduced = {letter for match in _INTRODUCED.finditer(text) for letter in match.groups() if letter}
    joined = {letter for match in _JOINED.finditer(text) for letter in match.groups() if letter}
    # a letter right after a number is a factor only if it was introduced; else it is a unit
    factors = {letter for letter in introduced if re.search(rf"\d\s?{letter}(?!\w)", text)}
    return any(not _given(letter, text) for letter in joined | factors)


def _given(letter: str, text: str) -> bool:
    """Whether the letter gets a number, at once or at the end of a chain: `x = 10`, `x = 5 + 5 = 10`."""
    return bool(
        re.search(
            rf"(?<!\w){letter}\s*(?:=|is)\s*(?:[$€£]?\d[^=a-zA-Z\n]*=\s*)*[$€£]?\d[\d.,]*(?![\d.,]*\s*"
            rf"[+\-×*/÷]?\s*(?:[b-hj-zB-HJ-Z](?!\w)|\())",
            text,
        )
    )


def _in_words(told: list[str], request: str, terms: tuple[str, ...]) -> bool:
    said = set(stems(request))
    for at, sentence in enumerate(told):
        operator = _IN_WORDS.search(sentence)
        if not operator or (not figures(sentence) and not re.search(r"\b(?:half|quarter|third)\b", sentence)):
            continue
        if not (_STANDING_FOR.search(sentence) or names(sentence, terms)):
            continue
        if re.search(r"=\s*[$€£]?\d[\d.,]*(?![\d.,]*\s*[×*/÷+\-]\s*\(?[a-z])|\d\s*[×*/÷+]\s*\d", sentence) or re.search(
            r"\bif\b.*\d.*\d", sentence, re.IGNORECASE
        ):
            continue
        if re.search(r"\b(?:more|less|fewer) than [^.,;]*\d", sentence):
            continue  # a comparison with something that has its number
        words = stems(sentence)
        if len([word for word in words if word not in said]) < 0.15 * len(words):
            continue  # the request's own comparison, said again
        if any(_NUMBER.search(later) for later in told[at + 1 :]):
            continue  # its numbers are put in after it
        return True
    return False
