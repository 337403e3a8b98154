"""Days, times and numbers in four other languages; and English is left as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from overture.conversation import Message
from overture.policies.grounding import Heard, leaves, trace
from overture.policies.grounding.languages import in_english

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


def test_english_is_no_other_language():
    assert in_english("Move the due date to Friday once you can, and tell me") == ""


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
