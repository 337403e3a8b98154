"""What is the user's to raise: matters of their body, mind, faith, money or record, and secrets such as a password.

In come a question and what the user said; out comes whether asking it would pry. Easy to get wrong: whoever raised a
matter has seldom named it. Who wants to end their life has raised suicide, who asks what to take for a headache has
raised their other medicines, and to keep an assistant from asking there is no courtesy. And most words have a plain
sense beside the private one: a page has an orientation, a runner a race, a password can be reset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..conversation import Message
from .distress import distressed

_PRIVATE = re.compile(
    r"\b(?:relig\w+|your faith|(?:what|which) faith|your (?:church|mosque|temple)|(?:go|belong) to (?:a )?church|"
    r"you\w* pray\w*|sexual\w*|your orientation|gender identity|ethnic\w*|your race|racial|"
    r"what race (?:are|do) you|skin colou?r|"
    r"your politic\w*|politic\w* (?:views?|part(?:y|ies)|affiliations?|opinions?|beliefs?|leanings?)|you politic\w*|"
    r"you (?:\w+ )?vot(?:e|ed|ing)|your vote|"
    r"union member\w*|diagnos\w*|medical (?:history|condition)s?|illness\w*|disease\w*|hiv|pregnan\w*|abortion|"
    r"miscarriage|mental health|depress\w*|"
    r"suicid\w*|self[- ]harm|trauma\w*|"
    r"(?:you\w*|been|being|were|physical\w*|emotional\w*|domestic|substance|drug|alcohol|child) abus\w*|assault\w*|"
    r"medications?|disabilit\w*|addict\w*|how much (?:do )?you (?:drink|weigh|earn)|your weight|"
    r"salary|income|net worth|(?<!technical )debts?|criminal record|convict\w*|immigration status|undocumented|"
    r"divorc\w*|(?:have|had|having) an affair)\b",
    re.IGNORECASE,
)
_MATTERS = {
    "money": r"salary|income|net worth|debts?|earn",
    "body": r"diagnos|medical|illness|disease|pregnan|medication|disabilit|weigh|how much (?:do )?you drink",
    "mind": r"mental health|depress|suicid|self[- ]harm|trauma|abus|assault|addict|diagnos|medication",
    "law": r"immigration|undocumented|criminal|convict",
    "marriage": r"divorc|affair",
    "faith": r"relig|faith|church|mosque|temple|pray",
}
"""Matter → the private words that belong to it."""
_RAISES = {
    "money": r"budget|money|financ\w+|expenses?|tax\w*|loan|mortgage|savings?|save|invest\w*|salary|pay|job|"
    r"hir(?:e|ing)|employ\w*|rent|afford|retire\w*|pension|benefits?|insurance",
    "body": r"doctor|gp|nurse|hospital|clinic|symptoms?|pains?|painful|hurts?|hurting|sore|ache|aching|\w+ache|fever|"
    r"sick|ill|unwell|dizzy|nause\w*|vomit\w*|throw(?:ing)? up|cough\w*|rash|itch\w*|swollen|bleed\w*|numb\w*|"
    r"injur\w*|allerg\w*|flu|infection|blood pressure|diabet\w*|asthma|pills?|tablets?|drugs?|medicines?|dos(?:e|age)|"
    r"paracetamol|acetaminophen|ibuprofen|aspirin|insulin|antibiotics?|vaccin\w*|supplements?|vitamins?|diet\w*|"
    r"calori\w*|lose (?:some )?weight|bmi|workout|fitness|period|birth control",
    "mind": r"depress\w*|anxi\w*|panic\w*|sad|lonely|alone|hopeless|worthless|overwhelmed|therap\w*|counsel\w*|"
    r"(?:can't|cannot|can not) (?:sleep|cope|go on)|nightmares?|drink(?:ing)? too much|sober|relapse\w*|grie\w+",
    "law": r"visas?|immigra\w*|citizenship|green card|deport\w*|asylum|police|arrest\w*|court|expung\w*|"
    r"background check|lawyer|prison|jail",
    "marriage": r"wife|husband|spouse|marri\w*|separat(?:ed|ion)|custody|alimony|wedding",
    "faith": r"wedding|funeral|baptism|christening|mass|church|mosque|temple|synagogue|bible|quran|prayers?|god",
}
"""Matter → words with which a user raises it."""
_OF = {matter: re.compile(rf"\b(?:{words})", re.IGNORECASE) for matter, words in _MATTERS.items()}
_RAISED = {matter: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for matter, words in _RAISES.items()}
_A_SECRET = (
    r"\b(?:your|the|a|current|new)\s+(?:\w+\s+)?(?:password|passcode|pin(?: code| number)?|cvv|cvc|security code|"
    r"social security(?: number)?|ssn|one[- ]time (?:code|password)|otp|(?:full |complete )?(?:credit|debit)[- ]?card "
    r"number|private key|seed phrase|mother's maiden name)\b"
    r"(?! (?:practices?|manager|polic|requirements?|rules?|strength|reset))"
)
_SECRET = re.compile(
    r"(?:\bwhat(?:'s| is| was| are| would be)\b|\bwhich\b|"
    r"\b(?:tell|give|send|share|provide|enter|type|confirm|state|need|verify|read|spell|supply|submit|message|remind)\b|"
    rf"\b(?:may|can|could) (?:i|we) (?:have|get|see)\b)[^.?!\n]{{0,80}}?{_A_SECRET}|^\W*(?:and |also,? )?{_A_SECRET}",
    re.IGNORECASE,
)
"""Asks for it: whether a password was reset may be asked."""


def private(question: str, messages: Sequence[Message]) -> bool:
    """Whether a question goes to what is the user's to raise. What they raised themselves, by name or not, may be
    asked about, but never a secret such as a password."""
    if _SECRET.search(question.replace("’", "'")):
        return True
    texts = [message.text for message in messages if message.role == "user"]
    said = " ".join(texts).lower().replace("’", "'")
    found = [match[0].lower() for match in _PRIVATE.finditer(question)]
    return any(max(word.split(), key=len)[:6] not in said and not _raised(word, said, texts) for word in found)


def _raised(word: str, said: str, texts: Sequence[str]) -> bool:
    matters = [matter for matter, pattern in _OF.items() if pattern.search(word)]
    if {"mind", "body"} & set(matters) and any(map(distressed, texts)):
        return True
    return any(_RAISED[matter].search(said) for matter in matters)
