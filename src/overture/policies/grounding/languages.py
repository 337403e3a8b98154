"""What a message in another language says of days, times and numbers, in English words.

In comes what a user said; out come its words for days, times, numbers and people in German, French, Spanish or Italian,
put into English in their order, everything else left out; empty for English. The rest of the package then reads it as
it reads everything. Easy to get wrong: "once" is eleven in Spanish and "due" two in Italian, so nothing is read before
the words of a language outnumber the English ones; but a short answer ("zweite") is in the language of the talk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ...tasks.kept import kept
from ..effects import words_of
from .east import EAST, from_the_east
from .idioms import IDIOMS
from .numerals import figures, is_number

_LITTLE: Mapping[str, frozenset[str]] = {
    "": frozenset(
        words_of("the a an and of to for in on at is it my i please with that this you can me we from be will not")
    ),
    "de": frozenset(
        words_of("der die das den dem ein eine einen einem und fur um am im bitte mit ich mir uns von zu wir ist bei")
        + words_of("auf bis zum zur nach vom mein meine meinen nicht es sind uhr")
    ),
    "fr": frozenset(
        words_of("le la les un une des et pour a au je moi nous du de avec dans plait que en on est chez sur mon ma")
        + words_of("mes pas sera aux")
        + ["s'il"]
    ),
    "es": frozenset(
        words_of("el la los las un una y para a con me nos de del por favor en que mi es somos se al quiero")
    ),
    "it": frozenset(
        words_of("il la lo gli le un una e alle con mi ci di del in favore che mio siamo al dal nel sono della")
    ),
}
_ENGLISH = words_of(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday room rooms table tables ticket tickets bottle bottles "
    "adults children today tomorrow noon midnight people people night nights day days days week weeks weeks month "
    "months months hour hours minutes next next first second third"
)
_OWN: Mapping[str, tuple[str, ...]] = {
    "de": (
        "januar februar marz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "zimmer zimmern tisch tische karte karten flasche flaschen erwachsene kinder",
        "heute morgen mittags mitternacht personen leute nacht nachte tag tage tagen woche wochen wochen monat monate "
        "monaten stunde stunden minuten nachsten nachste erste zweite dritte",
    ),
    "fr": (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "chambre chambres table tables billet billets bouteille bouteilles adultes enfants",
        "aujourd'hui demain midi minuit personnes gens nuit nuits jour jours jours semaine semaines semaines mois mois "
        "mois heure heures minutes prochain prochaine premiere deuxieme troisieme",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miercoles jueves viernes sabado domingo",
        "habitacion habitaciones mesa mesas entrada entradas botella botellas adultos ninos",
        "hoy manana mediodia medianoche personas gente noche noches dia dias dias semana semanas semanas mes meses "
        "meses hora horas minutos proximo proxima primera segunda tercera",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedi martedi mercoledi giovedi venerdi sabato domenica",
        "camera camere tavolo tavoli biglietto biglietti bottiglia bottiglie adulti bambini",
        "oggi domani mezzogiorno mezzanotte persone gente notte notti giorno giorni giorni settimana settimane "
        "settimane mese mesi mesi ora ore minuti prossimo prossima prima seconda terza",
    ),
}
"""The words for those in English above, in their order."""
_ONE: Mapping[str, str] = {"de": "ein eine einen einem einer", "fr": "un une", "es": "un una", "it": "un una uno"}
_SAID: Mapping[str, Mapping[str, str]] = {
    language: dict.fromkeys(_ONE[language].split(), "a") | dict(zip(" ".join(own).split(), _ENGLISH, strict=True))
    for language, own in _OWN.items()
}
_KNOWN_BY: Mapping[str, frozenset[str]] = {
    language: little.union(_SAID.get(language, ())) - (frozenset(_ENGLISH) | {"camera"} if language else frozenset())
    for language, little in _LITTLE.items()
}
"""Words that speak for a language: those that are English too do not."""
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d:.,/-]*\d|\d|[.,;!?]")
_TOLD = re.compile("⟨([^⟩]*)⟩")
"""What an idiom became."""
_FEW = 6
"""Words of a message that may be too short to tell its language."""
_MARKS = re.compile("[\u0300-\u036f]")
_LONGEST = 4000
"""Characters of a message that are looked at."""


@kept(256)
def language_of(text: str) -> str:
    """`de`, `fr`, `es` or `it` where most of a text's words are; empty where they are English or too few."""
    words = _WORD.findall(_bare(text))
    found = {language: sum(word in known for word in words) for language, known in _KNOWN_BY.items()}
    for each in _SAID:
        found[each] += sum(is_number(word, each) for word in words)
    language = max(found, key=lambda each: found[each])
    return language if found[language] > max(1, found[""] if language else 0) else ""


@kept(256)
def in_english(text: str, spoken: str = "") -> str:
    """Days, times and numbers of a message in another language, in English; empty where it is English or unknown.
    `spoken` is the language of the talk, for a message that is too short to tell."""
    if EAST.search(text[:_LONGEST]):
        return from_the_east(text[:_LONGEST])
    language = language_of(text) or (spoken if len(text.split()) <= _FEW else "")
    if not language:
        return ""
    bare = re.sub(r"pour cent\b|por ciento\b|per cento\b|\bprozent\b", " % ", _bare(text))
    words = figures(re.findall(r"%|" + _WORD.pattern, bare), language)
    bare = f" {' '.join(words)} "
    for pattern, english in IDIOMS[language]:
        bare = pattern.sub(english, bare)
    known = _SAID[language]
    out: list[str] = []
    for at, piece in enumerate(_TOLD.split(bare)):
        own = (word for word in piece.split() if word not in ("de", "di"))  # "7 de mayo"
        out += [piece] if at % 2 else [known.get(word, "…" if word[0].isalpha() else word) for word in own]
    return " ".join(out)


def _bare(text: str) -> str:
    bare = without_accents(text[:_LONGEST].lower().replace("’", "'"))
    return re.sub(r"(?<=\d)\.(?!\d)", "", bare)  # "14. März"


def without_accents(text: str) -> str:
    """The text with the letters that carry marks as bare letters."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))
