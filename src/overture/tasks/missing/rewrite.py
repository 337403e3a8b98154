"""Say a sentence without one of its numbers, so that a person could have written it; or say why that cannot be done.

In come a problem's text and where a number stands in it; out comes a Removal (the new text, what is asked for it, how a
question can name it) or a word for the reason. Easy to get wrong: "at 7 o'clock", "the 3 boys" and "5-page" read badly
without their number, so only a few plain frames are taken and everything else is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...lenses.segments import spans

_UNITS = (
    "hours minutes days weeks months years miles feet inches pounds ounces kilometers meters gallons liters grams "
    "kilograms degrees points dollars cents yards pages acres cups calories"
)
_MEASURES = frozenset(_UNITS.split())
_ENDING_IN_S = (
    "is was has its this thus less plus across times always as us others does his hers ours yours minus perhaps "
    "besides afterwards sometimes yes ones tens hundreds thousands"
)
_NOT_NOUNS = frozenset(_ENDING_IN_S.split())
_EMPTY = (
    "there then that this these those they them with from have has were will been each some what which when also into"
)
_SAYS_NOTHING = frozenset(_EMPTY.split())
_BEFORE = re.compile(
    r"(?:^|\b(?:has|had|have|buys|bought|buy|sells|sold|sell|makes|made|make|bakes|baked|eats|ate|eat|gives|gave|give|gets|got"
    r"|get|finds|found|picks|picked|pick|plants|planted|collects|collected|brings|brought|uses|used|use|needs|needed|takes"
    r"|took|take|reads|read|writes|wrote|runs|ran|run|walks|walked|drives|drove|works|worked|wins|won|catches|caught|loses"
    r"|lost|receives|received|orders|ordered|sees|saw|invites|invited|owns|owned|keeps|kept|adds|added|contains|holds|held"
    r"|are|were|with|and|for|in|of|to|from|by|on|earns|earned|scores|scored|spends|spent|sends|sent|puts|put|adopts|adopted"
    r"|counts|counted|packs|packed|lays|laid|produces|produced|serves|served|includes|raises|raised|after|there)) $",
    re.IGNORECASE,
)
_PAYS = re.compile(
    r"\b(?:costs?|cost|charges?|charged|paid|pays?|pay|for|at|of|is|was|spent|spends|spend|earns?|earned|makes|made|gets|got"
    r"|saves?|saved|owes?|owed) $",
    re.IGNORECASE,
)
_HAS_MONEY = re.compile(r"\b(?:has|had|have|earns?|earned|saved|received|receives|spent|spends|got|gave|with) $", re.I)
_AFTER_MONEY = re.compile(r"^(?:\s*[.,;]|\s+(?:and|each|per|an|apiece|for|on|to|from|in|at|every|while)\b)")
_QUANTIFIED = re.compile(r"^ ((?:more |new |red |blue |green |big |small |large |different |full |empty )?)([a-z]+)\b")
_FORBIDDEN = re.compile(
    r"\b(?:the|his|her|their|its|an?|some|these|those|all|other|another|each|every|only|first|last|next|than) "
    r"(?:some|a number of|several times|a certain)\b|\bsome (?:a|the)\b"
    r"|\b(?:total|speed|price|rate|cost|average|maximum|minimum|sum|length|weight|height|distance|age|budget|capacity)"
    r" of (?:some|a number of|a certain)\b|\b(?:by|per) (?:some|a number of)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Removal:
    """A text that has lost a number."""

    text: str
    original: str
    """The sentence as it stood."""
    question: str
    """What a good asker asks."""
    terms: tuple[str, ...]


def remove(text: str, start: int, end: int) -> Removal | str:
    """`text` without the number at start:end (its `$` included), or why not: a word to count by."""
    span = next(((a, b) for a, b in spans(text) if a <= start < b), None)
    if span is None or "?" in text[span[0] : span[1]]:
        return "in_the_question"
    before, after = text[span[0] : start], text[end : span[1]]
    money = text[start] == "$"
    frame = _money(before, after) if money else _things(before, after)
    if frame is None:
        return "no_clean_wording"
    put, left, noun = frame
    sentence = before + put + left
    if not before:
        sentence = sentence[:1].upper() + sentence[1:]
    terms = _terms(before, left, noun, money)
    if _FORBIDDEN.search(sentence):
        return "no_clean_wording"
    if not terms:
        return "no_word_to_ask_by"
    asked = "how much money is it" if money else f"how many {noun} is it" if noun else "how many times is it"
    return Removal(
        text[: span[0]] + sentence + text[span[1] :],
        text[span[0] : span[1]],
        f'You wrote "{sentence.rstrip(".")}": {asked} exactly?',
        terms,
    )


def _things(before: str, after: str) -> tuple[str, str, str] | None:
    """(what is said instead, the rest of the sentence, the noun)."""
    if not _BEFORE.search(before):
        return None
    if re.match(r" times as (?:many|much)\b", after):
        return "several", after, ""
    frame = _QUANTIFIED.match(after)
    if not frame or not frame[2].endswith("s") or frame[2].endswith("ss") or frame[2] in _NOT_NOUNS:
        return None
    if frame[2] in _MEASURES:
        # "for a number of hours a day" reads well, "a number of feet tall" does not
        if re.match(
            r" (?:old|tall|long|wide|high|deep|away|apart|ago|later|early|late|older|younger)\b", after[frame.end() :]
        ):
            return None
        return "a number of", after, frame[2]
    return "some", after, frame[2]


def _money(before: str, after: str) -> tuple[str, str, str] | None:
    if not _AFTER_MONEY.search(after):
        return None
    if _HAS_MONEY.search(before) and not re.match(r"\s+(?:each|per|an|every|apiece)\b", after):
        return "some money", after, ""
    return ("a certain amount", after, "") if _PAYS.search(before) else None


def _terms(before: str, after: str, noun: str, money: bool) -> tuple[str, ...]:
    """A question names the number by how many or how much, with a word that stood near it."""
    clause = re.split(r"[,;]", before)[-1].split()[-6:] + re.split(r"[,;.]", after)[0].split()[:6]
    near = [word for word in (raw.strip(".,").lower() for raw in clause) if len(word) > 3 and word.isalpha()]
    near = [word for word in near if word not in _SAYS_NOTHING]
    kinds = ("much", "cost", "price", "amount", "pay", "earn") if money else ("many", "number", "exact", "often")
    noun_terms = (f"many {noun}", f"number {noun}", f"exactly {noun}") if noun else ()
    return (*noun_terms, *dict.fromkeys(f"{kind} {word}" for word in near for kind in kinds if word != kind))
