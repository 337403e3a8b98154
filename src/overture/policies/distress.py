"""Does a user speak of harm, danger or loss, or ask for a dose? There a question in set words would be out of place.

In comes what the user said; out comes yes or no. "My boyfriend hits me" lacks nothing that a form could ask for:
whoever answers has to hear it first, and may then have to ask what manners would else forbid. Easy to get wrong: hens
die and balls hit in word problems, so a death counts where it is somebody's, a blow where it falls on the user, and a
dose where the user asks what may be taken.
"""

from __future__ import annotations

import re

from ..tasks.kept import kept

_DEAR = (
    r"(?:mum|mom|mother|mam|dad|father|parents?|wife|husband|spouse|partner|boyfriend|girlfriend|fianc[eé]e?|son|"
    r"daughter|child|kid|baby|brother|sister|twin|friend|best friend|gran\w*|nan|aunt|uncle|cousin|niece|nephew|"
    r"colleague|dog|cat|puppy|kitten|pet)"
)
_SELF = re.compile(
    r"\b(?:suicid\w*|self[- ]?harm\w*|overdos\w*|(?:kill|harm)(?:ing)? (?:my|him|her|them)sel(?:f|ves)|"
    r"(?:hurt|cut)(?:t?ing)? myself(?! (?:an?|some|two|\d+)\b)|to (?:hurt|cut) (?:him|her|them)sel(?:f|ves)|"
    r"end (?:it all|my life)|tak(?:e|ing) my (?:own )?life|"
    r"(?:don'?t|do not|no longer) (?:really )?want to (?:live|be alive|exist|be here any\s?more|wake up)|"
    r"want(?:ed)? to die(?! (?:for|of|laughing))|wish i (?:was|were) dead|better off (?:dead|without me)|"
    r"no reason to live|hate my life|can'?t go on(?: (?:like this|any\s?more|living)|\W*$))\b",
    re.IGNORECASE | re.MULTILINE,
)
_DONE_TO = re.compile(
    r"\b(?:hits?|hitting|beats?|beating|slaps?|slapped|punche[sd]|kicks?|kicked|chok(?:es|ed)|strangl\w+|threaten\w*|"
    r"stalk(?:s|ed|ing)|rap(?:es|ed)|molest\w*|abus(?:es|ed|ing)|assault\w*|attack(?:s|ed)|grop(?:es|ed)|"
    r"following|watching) (?:me|us|my (?:\w+ )?(?:kids?|child|children|son|daughter|sister|brother|mum|mom|mother))\b"
    r"(?! (?:at|in|by|to|up|with|on)\b)|"
    r"\b(?:i|she|he|we|they)(?:'?ve| have|'?s| has)? (?:was|were|been|got|am|is|are) (?:\w+ )?(?:raped|assaulted|"
    r"abused|molested|attacked|stalked|groped|beaten(?! (?:at|in|by)\b))\b",
    re.IGNORECASE,
)
_LOST = re.compile(
    rf"\b(?:my|our) (?:\w+ ){{0,2}}?{_DEAR}s? (?:\w+ ){{0,2}}?"
    r"(?:died|dying|passed away|killed|(?:was|were|been|being) put (?:down|to sleep))\b|"
    rf"\b(?:death of|lost) (?:my|our) (?:\w+ ){{0,2}}?{_DEAR}\b|\b(?:had|having) a (?:miscarriage|stillbirth)\b",
    re.IGNORECASE,
)
_URGENT = re.compile(
    r"\b(?:(?:not|isn'?t|stopped) breathing|can(?:'?t|not) breathe|unconscious|heart attack|seizure|"
    r"chest (?:hurts|pains?)|bleeding (?:heavily|badly|a lot)|won'?t stop bleeding|"
    r"there(?:'?s| is) a (?:fire|gas leak)|"
    r"(?:house|flat|kitchen|car|building) is on fire|i (?:can )?smell gas|"
    r"(?:i|she|he|my \w+)(?:'?ve| have|'?s| has)? (?:just )?(?:swallow(?:s|ed)|drank) (?:\w+ ){0,2}?"
    r"(?:bleach|poison|batter(?:y|ies)|detergent|antifreeze)|"
    r"i(?:'ve| have)? (?:just )?(?:took|taken|swallowed) (?:\w+ ){0,4}?(?:pills|tablets))\b",
    re.IGNORECASE,
)
_DRUG = (
    r"(?:insulin|paracetamol|acetaminophen|ibuprofen|aspirin|tylenol|advil|melatonin|codeine|morphine|antibiotics?|"
    r"painkillers?|sleeping pills|pills|tablets|medicine|medication)"
)
_DOSE = re.compile(
    r"\bhow (?:much|many|often)\b[^.?!\n]{0,40}\b(?:can|should|may|could|do) (?:i|we|my \w+)\b[^.?!\n]{0,20}"
    r"\b(?:take|give|have)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"\b{_DRUG}\b", re.IGNORECASE)
_LONGEST = 1000
"""Characters at either end of a message that are read: what stands between is pasted, and patterns must end in time."""


@kept()
def distressed(text: str) -> bool:
    """Whether somebody speaks of harm to themselves or by others, of a death that is theirs, or of an emergency."""
    plain = _ends(text)
    return any(pattern.search(plain) for pattern in (_SELF, _DONE_TO, _LOST, _URGENT))


@kept()
def asks_for_dose(text: str) -> bool:
    """Whether the user asks how much of a medicine may be taken or given."""
    plain = _ends(text)
    return bool(_DOSE.search(plain) and _NAMED.search(plain))


def _ends(text: str) -> str:
    if len(text) > 2 * _LONGEST:
        text = f"{text[:_LONGEST]}\n{text[-_LONGEST:]}"
    return text.replace("’", "'")
