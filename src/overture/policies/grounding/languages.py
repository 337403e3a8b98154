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
_LONGEST = 4000
"""Characters of a message that are looked at."""


@kept(256)
def in_english(text: str) -> str:
    """Days, times and numbers of a message in another language, in English; empty where it is English or unknown."""
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


def without_accents(text: str) -> str:
    """The text with the letters that carry marks as bare letters."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))
