"""Users without a model: what each says to what, and that asking anything does not pay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overture.conversation import Message
from overture.errors import UsageError
from overture.tasks.listed import questions
from overture.tasks.named import load
from overture.tasks.pairs import task as pairs
from overture.tasks.task import Act, Part
from overture.users.base import User
from overture.users.hearing import THRESHOLD, hear, matches, relevance
from overture.users.named import USERS, chosen

from .people import ITEM, acts, talk, task, words


async def test_shards_gives_the_part_that_is_asked_for_whatever_its_place() -> None:
    heard = await talk("shards", "For how many people?", "On which day?", "To which city?", "Booked.")
    assert words(heard) == [
        "Book me a train.",
        "We are 3 people.",
        "It should be on Friday.",
        "I want to go to Bergen.",
        None,
    ]
    assert [said.revealed for said in heard] == [(), ("travellers",), ("day",), ("destination",), ()]
    assert [said.done for said in heard] == [False] * 4 + [True]


async def test_shards_pays_nothing_for_a_question_beside_the_point() -> None:
    heard = await talk("shards", *["What is your favourite colour?"] * 6)
    assert set(words(heard)[1:]) == {"I don't know."}
    assert not any(said.revealed for said in heard) and not heard[-1].done


async def test_shards_says_the_next_part_to_a_reply_that_asks_nothing_and_one_of_many_asked() -> None:
    heard = await talk("shards", "Booked to Oslo.", "On which day, and for how many people?", "Where to?", "Fine.")
    assert [said.revealed for said in heard] == [(), ("destination",), ("day",), (), ("travellers",)]
    assert words(heard)[3] == "As I said: I want to go to Bergen."
    several = await talk("shards+answers_several", "On which day, and for how many people?")
    assert several[1].revealed == ("day", "travellers")
    for one in ("Which city and day?", "On which day does the train to your city of destination go?"):
        assert len((await talk("shards+answers_several", one))[1].revealed) == 1, "one question, one part"


AT_LARGE = (
    "Could you give me more details?",
    "Can you clarify what you mean?",
    "What do you mean by that?",
    "Could you please tell me a bit more about what you want?",
    "What else do you need?",
    "Do you have any specific preferences?",
    "To help you better, could you be more specific?",
)


@pytest.mark.parametrize("name", ["pairs", "sharded", "missing", "document", "code", "math"])
def test_a_question_at_large_is_heard_as_one_about_no_part(name: str) -> None:
    """Parts have terms such as `mean`, `give` and `what about`, which such questions hold too."""
    asked = load(name)
    for item in asked.items:
        for question in AT_LARGE:
            act = (asked.hear or hear)(item, item.opening.then(Message("assistant", question)))
            assert act.elsewhere and not act.asks, (item.id, question)


async def test_a_question_at_large_that_names_a_part_is_about_it() -> None:
    for question in ("Could you give me more details about the day?", "What do you mean by destination?"):
        assert (await talk("shards", question))[1].revealed, question


@pytest.mark.parametrize("name", ["pairs", "sharded", "document", "code", "math", "slots"])
def test_who_asks_for_a_part_by_its_name_gets_that_part(name: str) -> None:
    asked = load(name)
    for item in asked.items:
        for part in () if item.data.get("in_order") else item.open_parts:
            reply = Message("assistant", f"Sure, happy to help. What is the {part.name}?")
            assert (asked.hear or hear)(item, item.opening.then(reply)).asks[0] == part.name, item.id


async def test_a_question_is_heard_wherever_it_stands_and_whatever_its_mark() -> None:
    for question in ("Which day?", "Which day？", "Could you let me know if there is a day you prefer?"):
        reply = "\n".join(["This is how trains run."] * 20 + [question] + ["There are many of them."] * 20)
        assert (await talk("shards", reply))[1].revealed == ("day",), question
    assert (await talk("shards", "你想要哪一天？"))[1].why == "unrelated"
    assert (await talk("shards", "Booked. Let me know if you need anything else!"))[1].why == "volunteered"


def test_what_is_heard_does_not_hang_on_the_order_of_words() -> None:
    """Weighed words add up to 0.39999999999999997 in one order and to 0.4 in another; a set's order changes by run."""
    parts = (
        Part("reading", "5", ("janine", "read", "books", "last", "month"), "Janine read 5 books last month."),
        Part("twice", "twice", ("twice",), "This month, she read twice as many books as last month."),
        Part("pages", "10", ("book", "pages"), "Each book has 10 pages."),
    )
    item = replace(ITEM, request="How many pages?", parts=parts, open=frozenset({"reading", "twice", "pages"}))
    asked = "You wrote: what do you need to know about the books and Janine?"
    assert relevance(asked, parts[0], item) == 0.4 and matches(asked, item)[0] == (0.4, "reading")


async def test_a_closing_question_after_a_figure_is_one_of_its_own() -> None:
    for reply in ("The fare is 42. Is that OK?", "It comes to 42. Would you like me to show the steps?"):
        assert (await talk("shards", reply))[1].why == "volunteered", reply
    assert questions("1. Which day? 2. It is 5. Which city?") == ("1. Which day?", "Which city?")


async def test_shards_ends_with_one_who_never_stops_asking() -> None:
    heard = await talk("shards", "a", "b", "c", *["Which day was it?"] * 9)
    assert heard[-1].done and len(heard) == 1 + 3 + 2 + 1


def test_an_apostrophe_of_another_kind_makes_no_question() -> None:
    for mark in "'’":
        assert questions(f"Done. If you{mark}d like changes, please tell me which ones.") == ()


async def test_an_offer_a_quotation_and_code_are_no_questions() -> None:
    assert questions("Done. Is there anything else I can help with?") == ()
    assert questions('I wrote: "Which day suits you?"') == ()
    assert questions("```\nprint('when?')\n```\nDone.") == ()
    assert questions("Please tell me the date.") == ("Please tell me the date.",)


def test_the_threshold_lets_right_questions_in_and_others_out() -> None:
    """Calibrated on the pairs' own questions: each is right for its own part and wrong for those of other domains."""
    items = [item for item in pairs().items if item.lacking]
    right = [bool(matches(item.script.question, item)) for item in items if item.script]
    wrong = [
        bool(matches(other.script.question, item))
        for at, item in enumerate(items)
        for other in (items[(at + 9 * step) % len(items)] for step in range(1, 12))
        if other.group != item.group and other.script
    ]
    assert sum(right) >= 0.97 * len(right) and len(wrong) > 500
    assert sum(wrong) <= 0.03 * len(wrong)
    loose = [bool(matches("What is it about?", item, THRESHOLD / 8)) for item in items]
    assert any(loose) or sum(wrong) > 0, "a threshold that nothing ever passes shows nothing"


@pytest.mark.parametrize("name", [*USERS, "shards+impatient", "shards+cannot_answer+recap", "agenda+uncooperative"])
def test_every_user_has_a_name_and_an_identity_and_says_whether_it_needs_a_model(name: str) -> None:
    user = chosen(name, task())
    assert isinstance(user, User) and user.name == name and user.identity()
    assert user.needs_model == (name in ("goal", "shards-llm"))
    assert dict(user.identity()) != dict(chosen("shards+recap+snowball", task()).identity())


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("shard", "did you mean shards"),
        ("shards+hasty", "no wrapper"),
        ("goal+answers_several", "fits the user shards"),
        ("agenda:influence=1.5", "a chance from 0 to 1"),
        ("agenda:influence=much", "is a number, and 'much' is none"),
        ("preferences:influence=1", "it has idle"),
        ("goal:idle=1", "it has none"),
    ],
)
def test_a_user_that_is_not_there_is_a_usage_error(name: str, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        chosen(name, task())


async def test_two_trials_do_not_share_a_person() -> None:
    user = chosen("shards", task())
    one, two = user.start(ITEM, 0), user.start(replace(ITEM, request="Something else."), 0)
    assert words([await one.next(ITEM.before), await two.next(ITEM.before)]) == ["Book me a train.", "Something else."]


async def test_impatient_answers_once_and_then_wants_it_done() -> None:
    heard = await talk("shards+impatient", "Which day?", "How many people?", "Which city?", "And where to?")
    assert words(heard)[1:3] == ["It should be on Friday.", "Please just do it with what you have."]
    assert heard[-1].done and heard[-1].why == "lost_patience" and len(heard) == 5


async def test_uncooperative_leaves_the_path_or_the_room() -> None:
    off, left = 0, 0
    for seed in range(20):
        heard = await talk("shards+uncooperative", *["What is your favourite colour?"] * 5, seed=seed)
        off += any(said.why == "off_path" for said in heard)
        left += heard[-1].done and words(heard)[-1] == "Never mind."
    assert left == 20 and 5 < off <= 20
    content = await talk("shards+uncooperative", "Which day?", "How many people?", "Which city?", "Booked.")
    assert all(said.why in ("opening", "answered", "nothing_left") for said in content)


async def test_cannot_answer_does_not_know_some_parts_and_never_mentions_them() -> None:
    asked = ("Which day?", "How many people?", "Which city?")
    unknown = []
    for seed in range(12):
        heard = await talk("shards+cannot_answer", *asked, seed=seed)
        lost = [question for question, said in zip(asked, heard[1:], strict=True) if not said.revealed]
        assert len(lost) == 1, "half of three, rounded down"
        unknown += lost
        told = await talk("shards+cannot_answer", *["Booked."] * 4, seed=seed)
        assert sum(len(said.revealed) for said in told) == 2 and "I don't know." not in words(told)
        insists = await talk("shards+cannot_answer", *[lost[0]] * 7, seed=seed)
        assert set(words(insists)[1:]) - {None} == {"I don't know."}, "asked again, it has not come to mind"
    assert len(set(unknown)) > 1


async def test_recap_and_snowball_repeat_in_the_order_in_which_it_was_said() -> None:
    recap = await talk("shards+recap", "Which day?", "Fine.", "Fine.", "Fine.", "Done.")
    assert "- Book me a train.\n- It should be on Friday.\n- I want to go to Bergen." in (words(recap)[-2] or "")
    assert recap[-1].done and recap[-2].why == "recap" and not recap[-2].revealed
    own = replace(ITEM, data={"wording": {"snowball": "{{before}} / {{now}}"}})
    snow = await talk("shards+snowball", "Which day?", "Fine.", item=own)
    assert words(snow)[1:] == [
        "- Book me a train. / It should be on Friday.",
        "- Book me a train.\n- It should be on Friday. / I want to go to Bergen.",
    ]


async def test_recap_says_what_was_settled_on() -> None:
    offer = acts(Act(offers={"day": "Saturday"}), Act(delivers=True), Act(delivers=True))
    heard = await talk("agenda:influence=1+recap", "a", "b", "c", "d", hear=offer)
    recap = next(said.message.text for said in heard if said.why == "recap" and said.message)
    assert "Saturday" in recap and "Friday" not in recap


async def test_who_does_not_know_a_part_says_the_others_again() -> None:
    """The number of travellers, 2, stands in many a date: what is said again is told by its whole."""
    parts = (Part("day", "12 May", ("day", "date")), Part("travellers", "2", ("travellers", "people")))
    item = replace(ITEM, parts=parts, open=frozenset({"day", "travellers"}))
    asked = acts(*[Act(asks=("day",))] * 3)
    known = [words(await talk("agenda+cannot_answer", *"abc", item=item, seed=n, hear=asked)) for n in range(12)]
    assert any(said[2] == "As I said: 12 May." for said in known), known


async def test_agenda_takes_or_refuses_what_is_offered_by_its_influence() -> None:
    offer = acts(
        Act(offers={"day": "Saturday", "destination": "Bergen"}), Act(cannot=("travellers",)), Act(delivers=True)
    )
    taken = 0
    for seed in range(40):
        heard = await talk("agenda", "a", "b", "c", seed=seed, hear=offer)
        taken += heard[1].settled == {"day": "Saturday"}
        assert set(heard[1].revealed) == {"day", "destination"}
        assert words(heard)[1] in ("Saturday is fine too. Yes, Bergen.", "No, Friday. Yes, Bergen.")
        assert words(heard)[2] == "Then leave that out." and heard[3].done
        assert heard == await talk("agenda", "a", "b", "c", seed=seed, hear=offer)
    assert 10 < taken < 30


async def test_how_easily_a_user_is_influenced_and_bored_can_be_set() -> None:
    offer = acts(Act(offers={"day": "Saturday"}))
    for seed in range(20):
        firm = await talk("agenda:influence=0", "a", seed=seed, hear=offer)
        easy = await talk("agenda:influence=1", "a", seed=seed, hear=offer)
        assert (words(firm)[1], words(easy)[1]) == ("No, Friday.", "Saturday is fine too.")
    heard = await talk("preferences:idle=1", "a", "b", hear=acts(Act(elsewhere=True), Act(elsewhere=True)))
    assert [said.why for said in heard] == ["opening", "volunteered", "volunteered"]
    named = chosen("agenda:influence=0.25+impatient", task())
    assert named.name == "agenda:influence=0.25+impatient" and named.identity()["inner"]["influence"] == 0.25


async def test_agenda_told_that_there_is_none_but_another_takes_that_or_leaves_it_out_once() -> None:
    said = acts(
        Act(asks=("day",)),
        Act(offers={"day": "Saturday"}, cannot=("day",)),
        Act(asks=("travellers", "destination")),
        Act(cannot=("day",)),
        Act(cannot=("day",)),
    )
    taken = 0
    for seed in range(40):
        heard = await talk("agenda", "a", "b", "c", "d", "e", seed=seed, hear=said)
        gave_in = heard[2].settled == {"day": "Saturday"}
        taken += gave_in
        assert words(heard)[2] == ("Saturday is fine too." if gave_in else "Then leave that out.")
        assert not heard[2].done and heard[-1].done
        assert words(heard).count("Then leave that out.") == 1, "after Saturday fell too, or at once"
    assert 10 < taken < 30


async def test_agenda_waits_a_while_for_what_is_promised_and_leaves_when_it_may_have_it() -> None:
    told = [Act(asks=tuple(part.name for part in ITEM.parts))]
    waits = await talk("agenda", *"abcdef", hear=acts(*told, *[Act(delivers=False)] * 5))
    assert words(waits)[2:] == ["Go on."] * 3 + [None] and waits[-1].done
    for last in (Act(delivers=True), Act()):
        assert (await talk("agenda", "a", "b", hear=acts(*told, last)))[-1].done


async def test_who_does_not_know_a_part_takes_no_offer_for_it() -> None:
    offer = acts(Act(offers={part.name: "another" for part in ITEM.parts}))
    for seed in range(20):
        heard = (await talk("agenda+cannot_answer", "a", seed=seed, hear=offer))[1]
        assert heard.settled.keys() <= set(heard.revealed) and len(heard.revealed) == 2


async def test_preferences_are_told_when_asked_well_and_volunteered_when_bored() -> None:
    heard = await talk(
        "preferences", "a", "b", "c", "d", "e",
        hear=acts(Act(asks=("day",)), Act(elsewhere=True), Act(elsewhere=True), Act(elsewhere=True), Act(delivers=True)),
    )  # fmt: skip
    assert [said.why for said in heard] == ["opening", "asked", "idle", "idle", "volunteered", "delivered"]
    assert [said.revealed for said in heard][1::3] == [("day",), ("destination",)] and heard[-1].done
