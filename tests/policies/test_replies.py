"""The reader of how a user takes initiative: plain wordings, and near misses of each."""

from __future__ import annotations

import pytest

from overture.policies.replies import accepts, delegates, does_not_know, just_do_it, rejects

ENOUGH = [
    "Just do it.", "just do it please", "OK, just do it", "No, just do it with what you have.", "Please just go ahead!",
    "Stop asking and book it.", "no more questions", "Enough questions!", "Don't ask me again.", "don't ask",
    "Can you just do it?", "Ugh, just get on with it", "Just answer.", "I said just do it", "Do it already",
    "Quit asking me things", "Book it, no questions please", "Just do it now, please.", "just go ahead and do it",
    "Thanks. Now just do it.", "Look, simply do it", "Please do this without asking",
    "No more questions about this, book it.", "I said no questions", "Stop asking me questions and write it",
]  # fmt: skip
GOES_ON = [
    "Write a slogan like Just do it", "just do it like Nike", "What does 'just do it' mean?",
    'Translate "just do it" into Latin.', "Should I just do it?", "I'll just do it myself.", "They told me to just do it",
    "Don't just do it, think first", "Nike's tagline is just do it", "What questions should I ask?",
    "I never ask twice", "How do I stop asking so many questions?", "He said no more",
    "Write an essay on the Just Do It campaign", "I was told not to ask", "Just a quick one: what is due?",
    "I have no questions.", "Thanks, I have no more questions about the hotel. Now book me a taxi",
    "They gave me a refund, no questions asked.", "Make a quiz from this. Skip the questions about dates.",
    "Add enough questions to fill the page", "There are no questions on the form", "No questions from my side so far",
    "She won't stop asking me", "just do it yourself attitude is what I want in the text",
]  # fmt: skip


@pytest.mark.parametrize("text", ENOUGH)
def test_enough_of_questions(text: str):
    assert just_do_it(text)


@pytest.mark.parametrize("text", GOES_ON)
def test_near_misses_go_on(text: str):
    assert not just_do_it(text)


def test_just_book_it_says_so_only_after_a_question():
    assert just_do_it("Just book the flight.", asked=True)
    assert not just_do_it("Just book the flight.")
    assert not just_do_it("Just book a table for four?", asked=True)


@pytest.mark.parametrize(
    "text",
    ["You choose.", "Up to you", "I don't mind.", "I don't care which", "any is fine", "Whatever you think is best.",
     "no preference", "surprise me!", "Either works", "It doesn't matter to me", "whatever", "Any seat will do",
     "dealer's choice", "Anything", "that's your call", "as you like"],
)  # fmt: skip
def test_leaves_the_choice(text: str):
    assert delegates(text)


@pytest.mark.parametrize(
    "text",
    ["I don't care for sushi", "Whatever happens, be there at 8", "Any news?", "You decide what?", "I don't mind you",
     "Do you have any?", "He said it's up to me", "Which one do you like?", "No, the window seat"],
)  # fmt: skip
def test_near_misses_leave_nothing(text: str):
    assert not delegates(text)


@pytest.mark.parametrize(
    "text",
    ["Yes", "yes, please go ahead", "Sure!", "ok", "Perfect, thank you", "That works for me.", "Sounds good", "Correct.",
     "The second one", "Option 2", "I'll take the later flight", "Great. Please proceed with the booking.", "Do it",
     "The cheaper one please", "Thanks, please book it"],
)  # fmt: skip
def test_agrees(text: str):
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    ["No", "No, I meant Saturday", "Not quite", "that's wrong", "Ana Silva", "For four people", "Wait, which day?",
     "I didn't ask for that", "What does it cost?", "Surely you are joking", "I said Friday"],
)  # fmt: skip
def test_does_not_agree(text: str):
    assert not accepts(text)


def test_turns_down():
    assert rejects("No, thanks") and rejects("That's not what I meant") and rejects("never mind")
    assert (
        not rejects("No problem, it is Friday") and not rejects("Nothing else") and not rejects("Not a bad idea, go on")
    )


def test_cannot_answer():
    assert does_not_know("I don't remember") and does_not_know("No idea, sorry") and does_not_know("I'm not sure")
    assert not does_not_know("I know it") and not does_not_know("Make sure it fits")
