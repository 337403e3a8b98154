"""Numbers that are written in letters in German, French, Spanish or Italian, as figures.

In come the words of a message, in lower case and without accents, and its language; out come the same words with a run
of number words as one figure: "trois", "cent", "vingt" is 320. Easy to get wrong: "un" and "ein" are articles more
often than numbers, so they count only within a run; and "deux trois" is no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ...tasks.kept import kept
from ..effects import words_of

_DE_UNITS = dict(zip(words_of("ein zwei drei vier funf sechs sieben acht neun"), range(1, 10), strict=True))
_DE = {
    **dict(zip(words_of("zwei drei vier funf sechs sieben acht neun zehn elf zwolf"), range(2, 13), strict=True)),
    **dict(zip(words_of("dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn"), range(13, 20), strict=True)),
}
_DE_TENS = {
    "dreißig": 30,
    **dict(zip(words_of("vierzig funfzig sechzig siebzig achtzig neunzig"), range(40, 100, 10), strict=True)),
    "zwanzig": 20,
}
_IT_UNITS = dict(zip(words_of("uno due tre quattro cinque sei sette otto nove"), range(1, 10), strict=True))
_IT_TENS = dict(
    zip(words_of("venti trenta quaranta cinquanta sessanta settanta ottanta novanta"), range(20, 100, 10), strict=True)
)
_IT = {
    **{word: value for word, value in _IT_UNITS.items() if value > 1},
    **dict(zip(words_of("dieci undici dodici tredici quattordici quindici sedici"), range(10, 17), strict=True)),
    "diciassette": 17, "diciotto": 18, "diciannove": 19, **_IT_TENS,
}  # fmt: skip
_FR = {
    **dict(zip(words_of("deux trois quatre cinq six sept huit neuf dix"), range(2, 11), strict=True)),
    **dict(zip(words_of("onze douze treize quatorze quinze seize"), range(11, 17), strict=True)),
    **dict(zip(words_of("vingt trente quarante cinquante soixante septante"), range(20, 80, 10), strict=True)),
    "vingts": 20, "huitante": 80, "octante": 80, "nonante": 90,
}  # fmt: skip
_ES = {
    **dict(zip(words_of("dos tres cuatro cinco seis siete ocho nueve diez once doce"), range(2, 13), strict=True)),
    **dict(zip(words_of("trece catorce quince dieciseis diecisiete dieciocho"), range(13, 19), strict=True)),
    **dict(zip(words_of("diecinueve veinte veintiuno veintidos veintitres"), range(19, 24), strict=True)),
    **dict(zip(words_of("veinticuatro veinticinco veintiseis veintisiete"), range(24, 28), strict=True)),
    "veintiun": 21, "veintiocho": 28, "veintinueve": 29,
    **dict(zip(words_of("treinta cuarenta cincuenta sesenta setenta ochenta"), range(30, 90, 10), strict=True)),
    "noventa": 90, "cien": 100, "ciento": 100,
    **{f"{word}cient{end}s": value for word, value in (("dos", 200), ("tres", 300), ("cuatro", 400), ("seis", 600),
                                                       ("ocho", 800)) for end in "oa"},
    **{f"{word}ient{end}s": value for word, value in (("quin", 500),) for end in "oa"},
    **{f"{word}cient{end}s": value for word, value in (("sete", 700), ("nove", 900)) for end in "oa"},
}  # fmt: skip
_PLAIN: Mapping[str, Mapping[str, int]] = {"de": {**_DE, **_DE_TENS}, "fr": _FR, "es": _ES, "it": _IT}
_TIMES: Mapping[str, Mapping[str, int]] = {
    "de": {"hundert": 100, "tausend": 1000}, "fr": {"cent": 100, "cents": 100, "mille": 1000}, "es": {"mil": 1000},
    "it": {"cento": 100, "mille": 1000, "mila": 1000},
}  # fmt: skip
_SCALES = {
    "de": (("tausend", 1000), ("hundert", 100)),
    "it": (("mila", 1000), ("mille", 1000), ("cento", 100)),
}
"""What parts a number that is one word, the larger first."""
_ONE: Mapping[str, frozenset[str]] = {
    "de": frozenset(["ein"]), "fr": frozenset(["un", "une"]), "es": frozenset(["un", "uno", "una"]),
    "it": frozenset(["un", "uno"]),
}  # fmt: skip
_AND: Mapping[str, str] = {"de": "", "fr": "et", "es": "y", "it": ""}
_AMBIGUOUS = frozenset(words_of("six cent cents once dos mil due sei"))
"""Numbers that are other words in English, or in another of the languages."""
_LONGEST = 50
"""Letters of a number that is one word: no pattern of repeated scales is followed for ever."""


def figures(words: Sequence[str], language: str) -> list[str]:
    """The words with every run of number words as one figure."""
    out: list[str] = []
    words = [part for word in words for part in _parts(word, language)]
    total, current = 0, -1  # of the run so far: its thousands, and what stands after them; -1 is no run
    for word, after in pairwise([*words, ""]):
        value, times = _value(word, language), _TIMES[language].get(word)
        if current > 0 and current % 10 == 0:
            if word == _AND[language] and _joins(after, language):
                continue
            value = 1 if word in _ONE[language] else value
        if times == 1000:
            total, current = total + 1000 * max(current, 1), 0
        elif times:
            current = current * times if 0 < current < 10 else max(current, 0) + times
        elif value is not None and (current < 0 or _fits(current, value)):
            current = max(current, 0) + (76 if value == 20 and current % 100 == 4 else value)
        else:
            out += [str(total + current)] if current >= 0 else []
            total, current = 0, -1 if value is None else value
            out += [word] if value is None else []
    return [*out, str(total + current)] if current >= 0 else out


def is_number(word: str, language: str) -> bool:
    """Whether a word is a number in this language and nothing in another."""
    return word not in _AMBIGUOUS and (word in _TIMES[language] or _value(word, language) is not None)


def _fits(before: int, value: int) -> bool:
    """Whether a value goes on with the number before it: "vingt deux", "quatre vingt", not "deux trois"."""
    if value == 20 and before % 100 == 4:
        return True
    if value < 20 and before % 100 in (60, 80):
        return True
    return before == 0 or before % 10 ** len(str(value)) == 0


def _joins(word: str, language: str) -> bool:
    """Whether a number goes on after its "and"."""
    return word in _ONE[language] or 0 < (_value(word, language) or 0) < 20


def _parts(word: str, language: str) -> list[str]:
    """A French number with hyphens in its words."""
    parts = word.split("-")
    known = {*_PLAIN[language], *_TIMES[language], *_ONE[language], "et"}
    return parts if language == "fr" and len(parts) > 1 and all(part in known for part in parts) else [word]


def _value(word: str, language: str) -> int | None:
    if word in _TIMES[language]:
        return None
    word = word.removesuffix("mal") if language == "de" else word  # "zweimal"
    found = _PLAIN[language].get(word)
    return (
        _composed(word, language) if found is None and language in ("de", "it") and 6 < len(word) < _LONGEST else found
    )


@kept(256)
def _composed(word: str, language: str) -> int | None:
    """A number that German or Italian writes as one word."""
    return _parted(word, language, _SCALES[language])


def _parted(word: str, language: str, scales: Sequence[tuple[str, int]]) -> int | None:
    """What stands before the largest scale, so many times, and what stands after it."""
    if not scales:
        return _below_hundred(word, language)
    scale, size = scales[0]
    left, found, right = word.partition(scale)
    if not found:
        return _parted(word, language, scales[1:])
    ahead = _parted(left, language, scales[1:]) if left else 1
    behind = _parted(right, language, scales[1:]) if right else 0
    return None if ahead is None or behind is None else ahead * size + behind


def _below_hundred(word: str, language: str) -> int | None:
    if language == "de":
        word = word.removeprefix("und")
        unit, found, ten = word.partition("und")
        if found and unit in _DE_UNITS and ten in _DE_TENS:
            return _DE_UNITS[unit] + _DE_TENS[ten]
        return 1 if word in ("ein", "eins") else _PLAIN["de"].get(word)
    for ten, value in _IT_TENS.items():
        for stem in (ten, ten[:-1]):
            rest = word.removeprefix(stem)
            if rest != word and rest in _IT_UNITS:
                return value + _IT_UNITS[rest]
    return 1 if word == "uno" else _IT.get(word)
