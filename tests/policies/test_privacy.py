"""What pries and what does not: a matter may be raised without its name, and most words have a plain sense beside."""

from __future__ import annotations

import pytest

from overture.conversation import Message
from overture.policies import make
from overture.policies.privacy import private
from talking import talk

PRIES = [
    ("Are you thinking about suicide?", "Recommend a film."),
    ("Are you pregnant?", "Book a table."),
    ("Which party do you vote for?", "Suggest a book."),
    ("What are your political views?", "Suggest a book."),
    ("Are you divorced?", "Plan a party."),
    ("Do you have a criminal record?", "Write a poem."),
    ("What is your salary?", "Suggest a film."),
    ("Do you go to church?", "Suggest a film."),
    ("Which political party do you support?", "Plan a birthday party."),
    ("What is your password?", "I can't log in"),
    ("Could you send me your full name and the password?", "I can't log in"),
    ("Your current password?", "I can't log in"),
    ("May I have your PIN?", "My card is blocked"),
]
ASKS = [
    ("Are you thinking about suicide right now?", "I don't want to live anymore"),
    ("Have you been depressed for long?", "i want to kill myself"),
    ("Are you taking any other medication?", "My head hurts, what can I take?"),
    ("Are you pregnant?", "Can I take ibuprofen?"),
    ("Are you divorced, or only separated?", "My wife left me. What happens to the house?"),
    ("Do you have a criminal record?", "I need a visa for the US"),
    ("What salary should the letter state?", "Write a job offer for a baker"),
    ("Will it be a religious or a civil ceremony?", "Help me plan my wedding"),
    ("Which orientation, portrait or landscape?", "Make a flyer"),
    ("Which race is it?", "I'm training for a marathon"),
    ("Should it be about political or economic causes?", "Write an essay on the war"),
    ("Is it a formal affair?", "Write a toast"),
    ("Which church would you like to see?", "Show me round Rome"),
    ("Which technical debt should go first?", "Plan our next sprint"),
    ("Have you tried resetting your password?", "I can't log in"),
    ("Did you forget your password?", "I can't log in"),
    ("Should I send you a password reset link?", "I can't log in"),
]


@pytest.mark.parametrize(("question", "said"), PRIES)
def test_what_is_the_users_to_raise(question: str, said: str):
    assert private(question, talk(said).messages)


@pytest.mark.parametrize(("question", "said"), ASKS)
def test_what_was_raised_or_is_meant_plainly(question: str, said: str):
    assert not private(question, talk(said).messages)


@pytest.mark.parametrize(("question", "said"), ASKS)
async def test_such_a_draft_goes_out(question: str, said: str):
    draft = talk(said).then(Message("assistant", question))
    assert (await make("gaps+civility").decide(draft)).details.get("civility") != "private"


def test_what_they_raised_may_be_asked_about_but_never_a_secret():
    raised = talk("I have depression. Recommend a book.").messages
    assert not private("How long have you had depression?", raised)
    assert private("What is your password?", talk("I forgot my password").messages)
    assert not private("What is your favourite race car?", talk("race car").messages)
    assert not private("Which date suits you?", ())


def test_money_may_be_asked_about_where_money_is_what_it_is_about():
    assert not private("What is your income?", talk("Help me plan a budget.").messages)
    assert private("What is your income?", talk("Suggest a film.").messages)
    assert not private("Do you care about strong password practices?", ())
