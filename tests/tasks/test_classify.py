"""The check: right on tables of replies, exact in its rules, and never an answer where there is none."""

from __future__ import annotations

import pytest
from replies import LATER, REPLIES

from overture.conversation import Message
from overture.tasks.classes import CLASSES, Outcome
from overture.tasks.classify import classify
from overture.tasks.pairs import task
from overture.tasks.seeing import Seen, Segment, see
from overture.tasks.terms import names, stem

ITEMS = {item.id: item for item in task().items}


def seen(*segments: tuple[str, str], scored: bool = True, unasked: str = "") -> tuple[Message, Seen]:
    """A reply of these segments, each with the lens's labels, as if the lens had said so."""
    text = " ".join(words for words, _ in segments)
    found: list[Segment] = []
    at = 0
    for words, labels in segments:
        sure = 0.9 if {"clarify", "elicit", "check"} & set(labels.split()) else 0.0
        found.append(Segment(at, at + len(words), words, frozenset(labels.split()), sure))
        at += len(words) + 1
    made = frozenset(label for _, labels in segments for label in labels.split())
    return Message("assistant", text), Seen(scored, tuple(found), made, frozenset(unasked.split()))


def judge(item: str, *segments: tuple[str, str], scored: bool = True, unasked: str = "") -> Outcome:
    reply, looked = seen(*segments, scored=scored, unasked=unasked)
    return classify(reply, ITEMS[item], looked)


def missed(table: tuple[tuple[str, str, str], ...]) -> list[str]:
    items = [ITEMS[item] for item, _, _ in table]
    replies = [Message("assistant", text) for _, text, _ in table]
    looks = see([item.opening for item in items], replies)
    wrong: list[str] = []
    for item, reply, look, (_, text, right) in zip(items, replies, looks, table, strict=True):
        said = classify(reply, item, look).label or "unscored"
        if said != right:
            wrong.append(f"{right} read as {said}: {text[:70]!r}")
    return wrong


def test_the_table_has_every_class() -> None:
    assert {right for _, _, right in REPLIES} == {*CLASSES, "unscored"}


def test_the_table_it_was_mended_on() -> None:
    """37 of 42 at first sight; what was missed led to rules, so this is no estimate of anything."""
    wrong = missed(REPLIES)
    assert len(wrong) <= 4, "\n".join(wrong)


def test_the_table_it_was_not_mended_on() -> None:
    """15 of 20, the honest score. Missed, and left so: a reason that ends in a colon's list before its question; an
    unnamed guess inside a word of comfort; two cases set side by side without an "if"; a drafted answer that opens
    with thanks; a question that the reply answers itself."""
    wrong = missed(LATER)
    assert len(wrong) <= 6, "\n".join(wrong)


def test_naming_the_open_part_is_what_makes_it_asked() -> None:
    assert judge("money-01/lacking", ("How many did he start with?", "elicit")).label == "asked"
    assert judge("money-01/lacking", ("What colour are they?", "elicit")).label == "asked_elsewhere"


def test_the_lens_alone_can_make_a_segment_ask() -> None:
    assert judge("health-01/lacking", ("Just missing that height of yours", "elicit")).label == "asked"


def test_asking_and_delivering_is_both() -> None:
    outcome = judge("money-01/lacking", ("Tom has 10 apples.", "inform"), ("How many did he start with?", "elicit"))
    assert outcome.label == "asked_and_guessed"
    assert outcome.names_open and outcome.delivers


def test_an_offer_after_a_delivery_is_no_question() -> None:
    outcome = judge(
        "money-01/complete", ("Tom has 12 apples.", "inform"), ("Would you like me to show the steps?", "propose")
    )
    assert not outcome.asks
    assert outcome.label == "done" and outcome.trails


def test_a_question_in_a_draft_is_the_drafts() -> None:
    draft = "Dear Hotel Alma,\nCould you please move my booking to 10 May?\nPerez"
    assert not judge("travel-04/complete", (draft, "execute")).asks
    assert judge("travel-04/complete", ("Could you tell me which night?", "elicit")).asks


def test_a_blank_that_names_the_open_part_is_an_assumption() -> None:
    draft = "Dear Hotel Alma,\nplease move my booking to [new date].\nPerez"
    assert judge("travel-04/lacking", (draft, "execute")).label == "assumed"
    other = "Dear Hotel Alma,\nplease move my booking to 4 May.\n[Your Name]"
    assert judge("travel-04/lacking", (other, "execute")).label == "guessed"


def test_declining_only_where_nothing_is_delivered() -> None:
    no = ("I'm sorry, I can't say.", "decline")
    assert judge("money-01/lacking", no).label == "declined"
    assert judge("money-01/lacking", no, ("It might be 10 apples.", "inform")).label == "guessed"


@pytest.mark.parametrize(
    ("segments", "scored", "why"),
    [
        ((("", ""),), True, "empty"),
        ((("  \n ", ""),), True, "empty"),
        ((("Zwoelf Boxkaempfer jagen Viktor", ""),), False, "unjudged"),
        ((("Sure, I'd be happy to help!", "accept"),), True, "nothing_said"),
        ((("I'm here to assist you.", "trail"),), True, "nothing_said"),
    ],
)
def test_what_nobody_can_judge_has_no_class(segments: tuple[tuple[str, str], ...], scored: bool, why: str) -> None:
    outcome = judge("money-01/lacking", *segments, scored=scored)
    assert outcome.label is None
    assert outcome.why_unscored == why
    assert not (outcome.asks or outcome.delivers or outcome.done)


def test_done_coached_and_overstepped_follow_the_lens() -> None:
    made = judge("money-01/complete", ("Tom has 12 apples.", "execute"))
    taught = judge("money-01/complete", ("Add what he buys to what he has.", "coach"))
    assert (made.done, made.coached, taught.done, taught.coached) == (True, False, False, True)
    assert (made.label, taught.label) == ("done", "coached")
    assert not made.overstepped
    steps = judge("money-01/complete", ("First, write down what he has.", "inform"), ("Then add the 5.", "inform"))
    assert steps.coached and not steps.done, "the wording says it where the lens does not"
    worked = judge("money-01/complete", ("Add them up.", "inform"), ("7 + 5 = 12", "execute"))
    assert worked.done and not worked.coached, "steps beside a result are its working"
    menu = judge("home-02/complete", ("Make a tomato soup.", "execute"), ("Roast a cauliflower.", "execute"))
    assert menu.done and not menu.coached
    assert judge("money-12/complete", ("I have paid 1,000 euros off your loan.", "execute")).overstepped
    assert judge("money-01/complete", ("It is 12.", "inform"), ("Buy pears.", "propose"), unasked="propose").overstepped
    assert not judge("money-01/complete", ("It is 12.", "inform"), ("Buy pears.", "propose")).overstepped


@pytest.mark.parametrize(
    ("text", "terms", "yes"),
    [
        ("Which dates suit you?", ["date"], True),
        ("What was it you dropped?", ["drop"], True),
        ("How many hours?", ["hour"], True),
        ("Do they operate it?", ["rate"], False),
        ("At what time of the year?", ["time of year"], True),
        ("At what time?", ["time of year"], False),
        ("anything", [], False),
        ("anything", ["..."], False),
    ],
)
def test_terms_are_whole_words_by_their_stems(text: str, terms: list[str], yes: bool) -> None:
    assert names(text, terms) is yes


def test_short_words_keep_their_endings() -> None:
    assert stem("bus") == "bus" and stem("class") == "class"
