"""Days, times and numbers in four other languages; and English is left as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace
from overture.policies.grounding.languages import in_english
from overture.policies.grounding.numerals import figures

TODAY = date(2026, 3, 10)  # a Tuesday

SAID: list[tuple[str, dict[str, Any]]] = [
    ("Ein Zimmer vom 3. bis 7. Mai für zwei Personen bitte", {"in": "2026-05-03", "out": "2026-05-07", "guests": 2}),
    ("Bitte morgen um acht Uhr abends für die ganze Familie", {"date": "2026-03-11", "time": "20:00"}),
    ("Reservier mir bitte am Freitag um 19 Uhr einen Tisch", {"date": "2026-03-13", "time": "19:00"}),
    ("Réserve une table pour deux personnes samedi à 20h30", {"date": "2026-03-14", "time": "20:30", "guests": 2}),
    ("Je voudrais une chambre pour trois nuits le 5 avril", {"date": "2026-04-05", "nights": 3}),
    ("Agenda una reunión con Marta el jueves a las cuatro de la tarde", {"date": "2026-03-12", "time": "16:00"}),
    ("Una mesa para cinco personas el 2 de mayo en la terraza", {"date": "2026-05-02", "guests": 5}),
    ("Prenota un tavolo per quattro persone domani alle otto di sera", {"date": "2026-03-11", "time": "20:00"}),
    ("Reservier für Samstag halb acht, wir sind zu viert", {"date": "2026-03-14", "time": "19:30", "guests": 4}),
    ("Trag übermorgen Viertel vor drei eine halbe Stunde ein", {"time": "14:45", "duration_minutes": 30}),
    ("Heiz das Bad bis zehn Uhr abends auf 23 Grad", {"until": "22:00", "temperature": 23}),
    ("Überweise zweihundertfünfzig Euro an die Werkstatt", {"amount": 250}),
    ("Zweimal Pizza Funghi in die Lindenstraße", {"quantity": 2}),
    ("Deux billets vendredi 13 mars, en seconde", {"passengers": 2, "date": "2026-03-13"}),
    ("Vire trois cent vingt euros à Camille à la fin du mois", {"amount": 320, "date": "2026-03-31"}),
    ("Réserve chez Odile dimanche midi et demi, on sera cinq", {"time": "12:30", "guests": 5}),
    ("Le rapport, à huit heures moins le quart, pour une heure et demie", {"time": "07:45", "duration_minutes": 90}),
    ("Payable sous trente jours, s'il vous plaît, pour la facture", {"due_date": "2026-04-09"}),
    ("El corte el jueves a las cuatro y media de la tarde", {"date": "2026-03-12", "time": "16:30"}),
    ("Pásale ciento cincuenta euros a Marisol, somos tres", {"amount": 150, "people": 3}),
    ("Prenota un tavolo domani alle otto e mezza di sera, siamo in cinque", {"time": "20:30", "guests": 5}),
    ("Una riunione di un'ora e mezza lunedì alle nove", {"duration_minutes": 90, "time": "09:00"}),
]
MADE_UP: list[tuple[str, dict[str, Any]]] = [
    ("Ein Zimmer ab dem 3. Mai für die Familie bitte", {"guests": 4}),
    ("Bitte morgen um acht Uhr abends für die Familie", {"time": "19:00"}),
    ("Reservier mir bitte am Freitag einen Tisch um sieben", {"date": "2026-03-14"}),
    ("Réserve une table pour nous samedi à 20h30", {"guests": 4}),
    ("Agenda una reunión con Marta el jueves por la tarde", {"time": "16:00"}),
    ("Una mesa para cinco personas el 2 de mayo en la terraza", {"date": "2026-06-02"}),
    ("Prenota un tavolo per noi domani alle otto di sera", {"guests": 4}),
    ("I did it once, and the due date is the one that dos has", {"quantity": 11}),
    ("Reservier bitte für Samstag halb acht einen Tisch", {"time": "20:30"}),
    ("Reservier bitte für Samstag halb acht einen Tisch", {"guests": 4}),
    ("Vire trois cent vingt euros à Camille", {"amount": 300}),
    ("Une table à huit heures et demie pour nous", {"time": "09:30"}),
    ("El corte el jueves a las cuatro y media de la tarde", {"time": "17:30"}),
    ("El corte con Paloma el jueves por la tarde, que sea en la tienda", {"people": 4}),
    ("Zwei Erwachsene und drei Kinder für das Museum am Freitag", {"adults": 3, "children": 3}),
]


def held(said: str, arguments: dict[str, Any]) -> list[str]:
    heard = Heard.of([Message("user", said)], TODAY)
    found = list(leaves(arguments, None))
    return [leaf.path for leaf in found if trace(leaf, heard, found) is None]


@pytest.mark.parametrize(("said", "arguments"), SAID, ids=str)
def test_what_was_said_in_another_language_is_found(said: str, arguments: dict[str, Any]):
    assert held(said, arguments) == []


@pytest.mark.parametrize(("said", "arguments"), MADE_UP, ids=str)
def test_what_was_made_up_in_another_language_is_not(said: str, arguments: dict[str, Any]):
    assert held(said, arguments)


def test_no_words_are_no_figures():
    assert figures([], "de") == []


def test_english_is_no_other_language():
    assert in_english("Move the due date to Friday once you can, and tell me") == ""
    assert in_english("Each bird eats 12 beetles per day, each snake eats 3 birds per day") == ""


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("5月9日に4人で予約して。", "9 may … 4 people"),
        ("五月九日に四人で", "9 may … 4 people"),
        ("2026年5月9日20時半", "9 may 2026 … at 20:30"),
        ("明天晚上8点,两位", "tomorrow … at 20:00 … 2 people"),
        ("내일 오후 7시 4명", "tomorrow … at 19:00 … 4 people"),
        ("日本語で十分です", ""),
    ],
)
def test_days_times_and_people_are_read_where_no_spaces_part_the_words(said: str, read: str):
    assert in_english(said) == read


@pytest.mark.parametrize(
    ("language", "said", "read"),
    [
        ("fr", "quatre-vingt-dix-neuf euros", "99 euros"),
        ("fr", "mille deux cents et vingt et un", "1200 et 21"),
        ("fr", "un billet ou deux trois", "un billet ou 2 3"),
        ("fr", "vingt , trente", "20 , 30"),
        ("es", "dos mil quinientos treinta y cinco", "2535"),
        ("es", "una mesa a las cuatro y media", "una mesa a las 4 y media"),
        ("de", "zweitausendfunfundzwanzig euro", "2025 euro"),
        ("de", "ein zimmer", "ein zimmer"),
        ("it", "centocinquanta e ventitre", "150 e 23"),
        ("it", "duemila", "2000"),
    ],
)
def test_numbers_in_letters_become_figures(language: str, said: str, read: str):
    assert " ".join(figures(said.split(), language)) == read


def test_a_short_answer_is_in_the_language_of_the_talk():
    talk = [
        Message("user", "Ich brauche einen Tisch am Freitag im Anker"),
        Message("assistant", "Für wie viele Personen?"),
        Message("user", "fünfundzwanzig"),
    ]
    leaf = next(leaves({"guests": 25}, None))
    assert trace(leaf, Heard.of(talk, TODAY)) == "said"
    assert trace(leaf, Heard.of(talk[2:], TODAY)) is None


def test_a_word_of_repeated_scales_ends_in_time():
    assert figures(["tausend" * 500], "de") == ["tausend" * 500]
