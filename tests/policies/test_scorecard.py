"""Each part counts what its formula says; a part without occasion is None; and no number is made of nothing."""

from __future__ import annotations

import json

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.policies import scorecard_parts as parts
from overture.policies.acts import claims
from overture.policies.scorecard import scorecard
from overture.policies.scorecard_parts import PARTS, UNSCORED, Seen
from talking import talk


def seen(conversation: Conversation, *moves: str, lacking: tuple[bool | None, ...] = ()) -> Seen:
    """What the lenses would have seen, said by hand: moves a message, separated by spaces."""
    made = [frozenset(each.split()) for each in moves] or [frozenset[str]()] * len(conversation)
    return Seen(conversation, made, lacking or (None,) * len(conversation))


def test_anticipation_counts_questions_where_something_was_missing():
    asked = talk("Book a table.", "For how many?", "Four", "Booked.")
    assert parts.anticipation(seen(asked, lacking=(True, None, False, None))) == (1, 1)
    assert parts.anticipation(seen(asked, lacking=(False, None, True, None))) == (0, 1)
    assert parts.anticipation(seen(asked)) == (0, 0)


def test_planning_counts_proposals_that_were_taken_up():
    said = talk("Plan my day.", "I suggest the museum.", "Sounds good!", "Then lunch at six.", "No, too late")
    assert parts.planning(seen(said, "request", "propose", "accept", "propose", "reject")) == (1, 2)


def test_patience_counts_replies_that_do_not_press_on():
    pressing = talk("Book.", "Which date?", "I don't know yet", "What date would you like?")
    calm = talk("Book.", "Which date?", "I don't know yet", "Then I'll hold two days for you.")
    assert parts.patience(seen(pressing)) == (0, 1)
    assert parts.patience(seen(calm)) == (1, 1)
    assert parts.patience(seen(talk("Book.", "Which date?", "Friday", "Done."))) == (0, 0)


def test_timing_counts_questions_before_the_work():
    said = talk("Write a note.", "To whom?", "Bob", "Dear Bob …", "ok", "Which tone should it have?")
    assert parts.timing(seen(said, "request", "elicit", "inform", "execute", "accept", "elicit")) == (1, 2)


def test_self_awareness_counts_taking_a_rejection_up():
    said = talk("Sum it.", "It is 10.", "No, that's wrong", "Sorry, it is 12.")
    assert parts.self_awareness(seen(said, "request", "inform", "reject", "repair inform")) == (1, 1)
    assert parts.self_awareness(seen(said, "request", "inform", "reject", "inform")) == (0, 1)


def test_boundaries_and_manners():
    assert parts.boundaries(seen(talk("Suggest a book.", "What is your religion? Which genre?"))) == (1, 2)
    assert parts.manners(seen(talk("Book for Friday.", "Which day?"))) == (0, 1)
    assert parts.manners(seen(talk("Book.", "Which day?", "hm", "What date?"))) == (1, 2)
    assert parts.manners(seen(talk("Book. Just do it.", "Which day?"))) == (0, 1)
    assert parts.manners(seen(talk("Book.", "Which sector is it? Is it Tech or Finance?"))) == (1, 1)
    assert parts.manners(seen(talk("Book.", "Which sector is it? How old are you?"))) == (0, 1)
    assert parts.manners(seen(talk("Book.", "Which day is it, and for how many people?"))) == (0, 1)


def test_trust_counts_calls_with_nothing_made_up():
    def called(date: str) -> Conversation:
        call = ToolCall("book_table", json.dumps({"date": date}))
        return Conversation((Message("user", "Book it for 3 May 2026"), Message("assistant", None, tool_calls=(call,))))

    assert parts.trust(seen(called("2026-05-03"))) == (1, 1)
    assert parts.trust(seen(called("2026-06-09"))) == (0, 1)
    looked = Conversation((Message("assistant", None, tool_calls=(ToolCall("get_tables", "{}"),)),))
    assert parts.trust(seen(looked)) == (0, 0)


def test_feeling_counts_answers_to_a_feeling():
    said = talk("I'm so sad, my dog died.", "I'm so sorry.", "Thanks", "What breed was it?")
    assert parts.feeling(seen(said, "disclose", "empathize", "acknowledge", "probe")) == (1, 1)
    assert parts.feeling(seen(said, "disclose", "inform", "acknowledge", "probe")) == (0, 1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("I have booked your table.", 1),
        ("I've successfully cancelled it. I have also sent the receipt.", 2),
        ("Your order has been successfully placed.", 1),
        ("Once I have booked it, I'll write.", 0),
        ("I have not booked anything.", 0),
        ("Your booking was changed on Monday.", 0),
        ("Have I booked it?", 0),
        ('You could write: "I have booked a room."', 0),
        ("I can book it for you.", 0),
    ],
)
def test_claims_of_acts(text: str, count: int):
    assert claims(text) == count


def test_honesty_counts_claims_that_a_call_bears_out():
    ask, claim = Message("user", "Book it."), Message("assistant", "I have booked it.")

    def after(tool: str, answer: str) -> Conversation:
        call = Message("assistant", None, tool_calls=(ToolCall(tool, "{}", "1"),))
        return Conversation((ask, call, Message("tool", answer, tool_call_id="1"), claim))

    assert parts.honesty(seen(after("book_table", "ok"))) == (1, 1)
    assert parts.honesty(seen(after("book_table", "Error: no table is free"))) == (0, 1)
    assert parts.honesty(seen(after("get_tables", "4 free"))) == (0, 1)
    tools = [{"type": "function", "function": {"name": "book_table", "parameters": {}}}]
    assert parts.honesty(seen(Conversation((ask, claim), metadata={"tools": tools}))) == (0, 1)
    assert parts.honesty(seen(Conversation((ask, claim)))) == (0, 0)


def test_restraint_counts_refusals_that_are_not_pressed():
    offer, again = "Would you like me to add travel insurance?", "Shall I also add the travel insurance then?"
    moves = ("request", "propose", "reject", "propose")
    assert parts.restraint(seen(talk("Book.", offer, "No, thanks", again), *moves)) == (0, 1)
    assert parts.restraint(seen(talk("Book.", offer, "No, thanks", "Fine. It is booked."), *moves)) == (1, 1)
    assert parts.restraint(seen(talk("Book.", offer, "Yes", again), *moves)) == (0, 0)


def test_the_card_of_a_stream():
    card = scorecard(iter([talk("Book a table for Friday.", "Which day?"), talk("Hi", "Hello")] * 40))
    assert card.conversations == 80
    figure = card.figures["manners"]
    assert (figure.value, figure.n) == (0.0, 40)
    assert card.figures["trust"].value is None
    assert set(card.to_dict()["civility"]) == {
        *("boundaries", "manners", "trust", "feeling", "honesty", "restraint", "fairness")
    }
    assert card.to_markdown().count("\n") == len(PARTS) + len(UNSCORED) + 1


def test_what_no_rule_can_count_is_shown_and_has_no_number():
    card = scorecard([talk("Hi", "Hello")])
    fairness = card.to_dict()["civility"]["fairness"]
    assert fairness["value"] is None and len(fairness["unscored"]) > 40
    assert "| civility | fairness | unscored |" in card.to_markdown()
    assert "fairness" not in card.figures


@pytest.mark.parametrize(
    "conversations", [[], [talk("")], [Conversation((Message("tool", "x"),))], [talk("ψ" * 50, "Ω" * 50)]]
)
def test_nothing_to_count_is_none_and_no_number(conversations: list[Conversation]):
    card = scorecard(conversations)
    assert all(figure.value is None for figure in card.figures.values())


def test_every_part_says_its_formula():
    for name, (dimension, count) in PARTS.items():
        assert count.__doc__ is not None
        assert count.__doc__.startswith(dimension.capitalize()), name
        assert "÷" in count.__doc__, name
