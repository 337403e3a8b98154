"""How German, French, Spanish and Italian say a time of day, a length of time or a number of people.

In come the tables below, out come patterns for a message in lower case, without accents and with its numbers as
figures; what they mean in English stands in ⟨⟩. Easy to get wrong: "halb 8" is half past seven, "8 y media" half past
eight; and the patterns of a language are tried in their order, longer ones first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..effects import words_of

_TOGETHER = dict(zip(words_of("zweit dritt viert funft sechst siebt acht"), range(2, 9), strict=True))
_DE = (
    "\n".join(f"halb {hour} = at {(hour - 2) % 12 + 1}:30" for hour in range(12, 0, -1))
    + "\n".join(["", *(f"zu {word} = {count} people" for word, count in _TOGETHER.items())])
    + r"""
viertel nach (\d\d?) = quarter past \1
(?:viertel vor|dreiviertel) (\d\d?) = quarter to \1
(\d\d?) uhr (\d\d) = at \1:\2
(?:anderthalb|eineinhalb) stunden = 90 minutes
(?:einer? )?halben? stunde = 30 minutes
(?:einer? )?dreiviertel ?stunde = 45 minutes
(?:einer? )?viertel ?stunde = 15 minutes
einer? stunde = 60 minutes
(?:wir sind|sind wir|waren wir|wir waren|wir werden)(?: dann| jetzt| nur| insgesamt)*(?: zu)? (\d+) = \1 people
(?:bin|reise|komme|fahre|fliege) (?:ich )?allein|nur (?:ich|fur mich) = by myself
(?:am )?monatsende|(?:am )?ende (?:des|dieses) monats = the end of the month
in einer woche = in 1 week
in (?=\d+ (?:tag|woche|monat)) = in
ubermorgen = the day after tomorrow
am = on
um (?=\w) = at
uhr = o'clock
vom? = from
bis = to
abends|nachmittags = pm
morgens|vormittags|fruh = am
"""
)
_FR = r"""
midi et demie? = at 12:30
minuit et demie? = at 0:30
une heure et demie = 90 minutes
(?:une )?demi[- ]heure = 30 minutes
3 quarts d'heure = 45 minutes
(?:un )?quart d'heure = 15 minutes
(\d\d?) ?(?:h|heures?) et demie = at \1:30
(\d\d?) ?(?:h|heures?) et quart = quarter past \1
(\d\d?) ?(?:h|heures?) moins le quart = quarter to \1
(?:a|vers|de|entre|avant|apres|jusqu'a|des) (\d\d?) ?(?:h|heures?) (\d\d) = at \1:\2
(?:a|vers|de|entre|avant|apres|jusqu'a|des) (\d\d?) ?(?:h|heures?) = at \1:00
(?:on|nous) (?:sera|est|serons|sommes)(?: plus| donc)? (\d+) = \1 people
(?:je (?:serai|suis|voyage|viens|pars)|pour moi) seule? = by myself
(?:a la )?fin (?:du|de ce) mois = the end of the month
(?:dans|sous|d'ici) une semaine = in 1 week
(?:dans|sous|d'ici) (?=\d+ (?:jour|semaine|mois)) = in
apres-demain = the day after tomorrow
du soir|de l'apres-midi = pm
du matin = am
(?:a|vers) (?=\d) = at
du (?=\d) = from
au (?=\d) = to
"""
_ES = r"""
(?:una )?hora y media = 90 minutes
media hora = 30 minutes
3 cuartos de hora = 45 minutes
(?:un )?cuarto de hora = 15 minutes
una hora = 60 minutes
la una y media = at 1:30
la una = at 1:00
las (\d\d?) y media = at \1:30
las (\d\d?) y cuarto = quarter past \1
las (\d\d?) menos cuarto = quarter to \1
las (\d\d?) y (\d\d) = at \1:\2
(?:somos|seremos|estaremos)(?: ya)? (\d+) = \1 people
(?:viajo|voy|ire|vengo|para mi) sol[oa] = by myself
(?:a )?(?:fin|finales|final) de(?:l| este)? mes = the end of the month
(?:en|dentro de) una semana = in 1 week
(?:en|dentro de) (?=\d+ (?:dia|semana|mes)) = in
pasado manana = the day after tomorrow
de la (?:tarde|noche) = pm
de la manana = am
a las? (?=\d) = at
del (?=\d) = from
al (?=\d) = to
"""
_IT = r"""
un'ora e mezza = 90 minutes
mezz'ora|mezza ora = 30 minutes
un'ora = 60 minutes
3 quarti d'ora = 45 minutes
(?:un )?quarto d'ora = 15 minutes
le (\d\d?) e mezz[ao] = at \1:30
alle (\d\d?) e mezz[ao] = at \1:30
alle (\d\d?) e un quarto = quarter past \1
alle (\d\d?) meno un quarto = quarter to \1
alle (\d\d?) e (\d\d) = at \1:\2
all'una = at 1:00
(?:siamo|saremo)(?: in)? (\d+) = \1 people
(?:viaggio|vado|vengo|per me) da sol[oa] = by myself
(?:alla )?fine (?:del|di questo) mese = the end of the month
(?:tra|fra|entro) una settimana = in 1 week
(?:tra|fra|entro) (?=\d+ (?:giorn|settiman|mes)) = in
dopodomani = the day after tomorrow
di (?:sera|pomeriggio) = pm
di mattina = am
alle (?=\d) = at
dal (?=\d) = from
al (?=\d) = to
"""


def _rules(table: str) -> Iterator[tuple[re.Pattern[str], str]]:
    for line in table.strip().split("\n"):
        pattern, _, english = line.rpartition(" = ")
        yield re.compile(rf"\b(?:{pattern})" + ("" if "(?=" in pattern else r"\b")), f" ⟨{english}⟩ "


IDIOMS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    language: tuple(_rules(table)) for language, table in (("de", _DE), ("fr", _FR), ("es", _ES), ("it", _IT))
}
"""For each language what is looked for, and what takes its place."""
