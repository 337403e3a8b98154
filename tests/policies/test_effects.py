"""Which tools change state: by what the schema says, by the name, by the description, else the dangerous kind."""

from __future__ import annotations

import pytest

from overture.policies.effects import changes_state, words_of

LOOKS = (
    "get_user search_flights listOrders find-hotel lookupCustomer check_availability calculate flight_search weather"
)
CHANGES = "book_table cancelOrder send_mail create_event check_out check_in update_user get_and_delete transfer_funds frobnicate"


@pytest.mark.parametrize("name", [*LOOKS.split(), "isAvailable", "order_status", "get_cancel_policy"])
def test_looks(name: str):
    assert not changes_state(name)


@pytest.mark.parametrize("name", [*CHANGES.split(), "PaymentCreate", "x", ""])
def test_changes(name: str):
    assert changes_state(name)


def test_what_the_schema_says_stands():
    assert not changes_state("book", {"function": {"name": "book", "x-overture-readonly": True}})
    assert changes_state("get", {"function": {"name": "get"}, "annotations": {"readOnlyHint": False}})
    assert changes_state("book", {"function": {"name": "book", "x-overture-readonly": "yes"}})


def test_the_description_decides_where_the_name_says_nothing():
    assert not changes_state("timetable", {"function": {"description": "Returns the trains of a day."}})
    assert not changes_state("ledger", {"function": {"description": "A read-only view."}})
    assert changes_state("timetable", {"function": {"description": "Moves a train."}})


def test_names_in_every_case():
    assert words_of("getHTTPStatus_code-2") == ["get", "http", "status", "code", "2"]
