"""What a message in another language says of days, times and numbers, in English words.

In comes what a user said; out come its words for days, times, numbers and people in German, French, Spanish or Italian,
put into English in their order, everything else left out; empty for English. The rest of the package then reads it as
it reads everything. Easy to get wrong: "once" is eleven in Spanish and "due" two in Italian, so nothing is read before
the little words of a language outnumber the English ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ...tasks.kept import kept
from ..effects import words_of

_LITTLE: Mapping[str, frozenset[str]] = {
    "": frozenset(words_of("the a an and of to for in on at is it my me i please with that this you can")),
    "de": frozenset(words_of("der die das den dem ein eine einen einem und fur um am im bitte mit ich mir uns von zu")),
    "fr": frozenset(words_of("le la les un une des et pour a au je moi nous du de avec dans s'il plait que")),
    "es": frozenset(words_of("el la los las un una y para a con me nos de del por favor en que mi")),
    "it": frozenset(words_of("il la lo gli le un una e per alle con mi ci di del in favore che mio")),
}
_MONTHS = "january february march april may june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_COUNTS = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty"
_NOUNS = "room table ticket bottle"
_THINGS = "today tomorrow noon midnight people people nights night days day weeks week hours minutes next next"
_SAME: Mapping[str, tuple[str, ...]] = {
    "de": (
        "januar februar marz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "zwei drei vier funf sechs sieben acht neun zehn elf zwolf funfzehn zwanzig dreißig",
        "zimmer tisch karte flasche",
        "heute morgen mittags mitternacht personen leute nachte nacht tage tag wochen woche stunden minuten nachsten "
        "nachste",
    ),
    "fr": (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente",
        "chambre table billet bouteille",
        "aujourd'hui demain midi minuit personnes gens nuits nuit jours jour semaines semaine heures minutes prochain "
        "prochaine",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miercoles jueves viernes sabado domingo",
        "dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta",
        "habitacion mesa entrada botella",
        "hoy manana mediodia medianoche personas gente noches noche dias dia semanas semana horas minutos proximo "
        "proxima",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedi martedi mercoledi giovedi venerdi sabato domenica",
        "due tre quattro cinque sei sette otto nove dieci undici dodici quindici venti trenta",
        "camera tavolo biglietto bottiglia",
        "oggi domani mezzogiorno mezzanotte persone gente notti notte giorni giorno settimane settimana ore minuti "
        "prossimo prossima",
    ),
}
_ONE: Mapping[str, str] = {"de": "ein eine einen einem einer", "fr": "un une", "es": "un una", "it": "un una uno"}
_SAID: Mapping[str, Mapping[str, str]] = {
    language: dict.fromkeys(_ONE[language].split(), "a")
    | dict(
        zip(" ".join(own).split(), f"{_MONTHS} {_DAYS} {_COUNTS} {_NOUNS} {_THINGS}".split(), strict=True),
    )
    for language, own in _SAME.items()
}
_PHRASES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "de": ((r"am\b", "on"), (r"ubermorgen\b", "the day after tomorrow"), (r"(?:abends|nachmittags)\b", "pm"),
           (r"halb \w+", "…"), (r"um (?=\d|\w)", "at "), (r"uhr\b", "o'clock"), (r"vom?\b", "from"), (r"bis\b", "to"),
           (r"(?:morgens|vormittags|fruh)\b", "am"), (r"in einer woche\b", "in 1 week")),
    "fr": ((r"apres-demain\b", "the day after tomorrow"), (r"du soir\b", "pm"), (r"du matin\b", "am"),
           (r"(?:a|vers) (?=\d)", "at "), (r"dans une semaine\b", "in 1 week"), (r"du (?=\d)", "from "),
           (r"au (?=\d)", "to ")),
    "es": ((r"pasado manana\b", "the day after tomorrow"), (r"de la (?:tarde|noche)\b", "pm"),
           (r"de la manana\b", "am"), (r"a las? ", "at "), (r"del (?=\d)", "from "), (r"al (?=\d)", "to ")),
    "it": ((r"dopodomani\b", "the day after tomorrow"), (r"di (?:sera|pomeriggio)\b", "pm"), (r"di mattina\b", "am"),
           (r"alle ", "at "), (r"dal (?=\d)", "from "), (r"al (?=\d)", "to ")),
}  # fmt: skip
_KEPT = frozenset(["o'clock", *words_of("at am pm on from to the day after tomorrow in 1 week")])
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d:.,/-]*\d|\d|[.,;!?]")
_MARKS = re.compile("[\u0300-\u036f]")
_EAST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_DIGITS = "零一二三四五六七八九"
_NUMERAL = re.compile("[一二三四五六七八九]?十?[一二三四五六七八九]?(?=[月日号號時时點点分人名位泊晚])")
_DATE = re.compile(r"(?:(\d{4})\s*[年년]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]")
_LATE = "午後|下午|晚上|夜|오후|저녁"
_HOUR = re.compile(rf"({_LATE})?\s*(\d{{1,2}})\s*[時时點点시]\s*(?:(\d{{1,2}})\s*[分분]|([半반]))?")
_SIGNS = (
    (r"(\d+)\s*[人名位명]", r"\1 people"), (r"(\d+)\s*[泊晚박]", r"\1 nights"),
    (r"明後日|后天|後天|모레", "the day after tomorrow"), (r"明日|明天|내일", "tomorrow"), (r"今日|今天|오늘", "today"),
)  # fmt: skip
_LONGEST = 4000
"""Characters of a message that are looked at."""


@kept(256)
def in_english(text: str) -> str:
    """Days, times and numbers of a message in another language, in English; empty where it is English or unknown."""
    if _EAST.search(text[:_LONGEST]):
        return _from_the_east(text[:_LONGEST])
    bare = without_accents(text[:_LONGEST].lower().replace("’", "'"))
    bare = re.sub(r"(?<=\d)\.(?!\d)", "", bare)  # "14. März"
    words = _WORD.findall(bare)
    little = {language: sum(word in known for word in words) for language, known in _LITTLE.items()}
    language = max(little, key=lambda each: little[each])
    if not language or little[language] < 2 or little[language] <= little[""]:
        return ""
    for pattern, english in _PHRASES[language]:
        bare = re.sub(rf"\b{pattern}", english, bare)
    known = _SAID[language]
    kept = (word for word in _WORD.findall(bare) if word not in ("de", "di"))  # "7 de mayo"
    return " ".join(known.get(word, word if word in _KEPT or not word[0].isalpha() else "…") for word in kept)


def _from_the_east(text: str) -> str:
    """The same where no spaces part the words."""
    text = re.sub("[两兩](?=[人名位点時])", "二", unicodedata.normalize("NFKC", text))
    text = _NUMERAL.sub(lambda match: str(_numeral(match[0])) if match[0] else "", text)
    found: list[tuple[int, str]] = []
    for pattern, english in _SIGNS:
        found += [(match.start(), match.expand(english)) for match in re.finditer(pattern, text)]
    for match in _DATE.finditer(text):
        month = _MONTHS.split()[(int(match[2]) - 1) % 12]
        found.append((match.start(), f"{match[3]} {month} {match[1] or ''}".strip()))
    for match in _HOUR.finditer(text):
        hour = int(match[2]) + 12 * bool(match[1] and int(match[2]) < 12)
        found.append((match.start(), f"at {hour}:{30 if match[4] else int(match[3] or 0):02}"))
    return " … ".join(words for _, words in sorted(found))


def _numeral(signs: str) -> int:
    tens, ten, ones = signs.rpartition("十")
    return (10 * (_DIGITS.index(tens) if tens else 1) if ten else 0) + (_DIGITS.index(ones) if ones else 0)


def without_accents(text: str) -> str:
    """The text with the letters that carry marks as bare letters."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))
