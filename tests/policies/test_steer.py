"""Steering: a plan, an answer, a review; and a policy that fails costs nobody the answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from overture.conversation import Conversation, Message
from overture.errors import UsageError
from overture.models import Scripted
from overture.policies import LEAVE, Decision, First, make, steer
from overture.policies.base import instructed, is_draft, sent_back_to, tools_of
from overture.policies.civility import Civility
from overture.policies.steer import DEADLINE, Steered, Steering

ASKED = Conversation.of([{"role": "user", "content": "Book a table."}])
TOOL = {"type": "function", "function": {"name": "book", "parameters": {}}}


@dataclass
class Deciding:
    """Plans one thing, reviews another, and keeps what it was shown."""

    plan: Decision = LEAVE
    review: Decision = LEAVE
    name: str = "deciding"
    reviews: bool = True
    seen: list[Conversation] = field(default_factory=list)

    def identity(self):
        return {"policy": self.name}

    async def decide(self, conversation: Conversation) -> Decision:
        self.seen.append(conversation)
        return self.review if is_draft(conversation) else self.plan


@dataclass
class Failing:
    name: str = "failing"
    reviews: bool = False
    late: bool = False
    error: type[Exception] = RuntimeError

    def identity(self):
        return {}

    async def decide(self, conversation: Conversation) -> Decision:
        if self.late:
            await asyncio.sleep(60)
        raise self.error("no")


def echo(conversation: Conversation) -> str:
    first = conversation.messages[0]
    return first.text if first.role == "system" else f"heard: {conversation.messages[-1].text}"


def model() -> Scripted:
    return Scripted.function(echo, "echo", "1")


async def test_a_plan_with_words_needs_no_call():
    reply = await steer(model(), Deciding(plan=Decision("elicit", say="For how many?"))).reply(ASKED)
    assert reply.message == Message("assistant", "For how many?")
    assert reply.usage.completion_tokens == 0
    assert [made["move"] for made in reply.details["decisions"]] == ["elicit"]


async def test_an_instruction_reaches_the_model_and_the_draft_is_reviewed():
    policy = Deciding(plan=Decision("elicit", "ask for the number"), review=Decision("elicit", say="How many?"))
    reply = await steer(model(), policy).reply(ASKED, tools=[TOOL])
    assert policy.seen[1].messages[-1].text == "ask for the number"
    assert tools_of(policy.seen[0]) == [TOOL]
    assert reply.message.text == "How many?"
    assert [made["policy"] for made in reply.details["decisions"]] == ["deciding", "deciding"]


async def test_a_review_may_ask_for_one_more_answer():
    reply = await steer(model(), Deciding(review=Decision("execute", "do it"))).reply(ASKED)
    assert reply.message.text == "do it"
    assert reply.usage.completion_tokens > 0


@dataclass
class Taught:
    """Reviews the first draft one way and the second another."""

    drafts: tuple[Decision, ...] = ()
    name: str = "taught"
    reviews: bool = True
    seen: list[Conversation] = field(default_factory=list)

    def identity(self):
        return {"policy": self.name}

    async def decide(self, conversation: Conversation) -> Decision:
        if not is_draft(conversation):
            return LEAVE
        self.seen.append(conversation)
        return self.drafts[bool(sent_back_to(conversation))]


async def test_the_second_draft_is_reviewed_and_words_can_take_its_place():
    policy = Taught((Decision("execute", "do it"), Decision("elicit", say="How many?")))
    reply = await steer(model(), policy).reply(ASKED, tools=[TOOL])
    assert reply.message.text == "How many?"
    assert [seen.messages[-1].text for seen in policy.seen] == ["heard: Book a table.", "do it"]
    assert tools_of(policy.seen[1]) == [TOOL]
    assert [made["move"] for made in reply.details["decisions"]] == ["execute", "elicit"]
    one = await model().reply(ASKED)
    assert reply.usage.completion_tokens == one.usage.completion_tokens + 2


async def test_a_second_draft_is_never_sent_back():
    policy = Taught((Decision("execute", "do it"), Decision("execute", "now", instead=ASKED)))
    reply = await steer(model(), policy).reply(ASKED)
    assert reply.message.text == "do it"
    assert len(policy.seen) == 2
    assert [made["move"] for made in reply.details["decisions"]] == ["execute"]


async def test_a_policy_that_always_sends_back_hides_no_second_draft_from_the_next():
    stubborn = Deciding(review=Decision("execute", "do it"))
    asking = Taught((LEAVE, Decision("elicit", say="How many?")))
    assert (await steer(model(), First((stubborn, asking))).reply(ASKED)).message.text == "How many?"


async def test_left_alone_the_answer_is_the_models():
    bare, led = await model().reply(ASKED), await steer(model(), Deciding()).reply(ASKED)
    assert led.message == bare.message
    assert led.usage == bare.usage
    assert led.details["decisions"] == []


async def test_a_policy_may_give_the_model_another_conversation():
    instead = Conversation.of([{"role": "user", "content": "everything at once"}])
    reply = await steer(model(), Deciding(plan=Decision("execute", instead=instead), reviews=False)).reply(ASKED)
    assert reply.message.text == "heard: everything at once"


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (Failing(), "RuntimeError"),
        (Failing(late=True), "deadline"),
        (Failing(error=TimeoutError), "TimeoutError"),  # one of its own, such as a model's
        (Deciding(plan=None), "TypeError"),  # it forgot to return one
        (Deciding(plan=Decision("elicit", say=None)), "TypeError"),
        (Deciding(plan=Decision("elicit", details=None)), "TypeError"),
        (Deciding(plan=Decision("elicit", confidence="0.5")), "TypeError"),
        (Deciding(plan=Decision("execute", instead="text")), "TypeError"),
        (Deciding(plan=Decision("elicit", why=None)), "TypeError"),
    ],
)
async def test_a_policy_that_fails_or_is_late_costs_nobody_the_answer(policy: Failing, kind: str):
    led = steer(model(), policy)
    led = type(led)(led.model, led.policy, deadline=0.05)
    reply = await led.reply(ASKED)
    assert reply.message.text == "heard: Book a table."
    assert reply.details["decisions"][0]["details"] == {"failed": kind}


@pytest.mark.parametrize("reviews", [False, True])
async def test_whoever_asks_for_json_or_has_begun_the_answer_is_not_asked(reviews: bool):
    asks = Decision("elicit", say="For how many?")
    begun = ASKED.then(Message("assistant", "Sure, "))
    for talk, form, why in ((ASKED, {"type": "json_object"}, "response_format"), (begun, None, "prefill")):
        policy = Deciding(plan=asks, review=asks, reviews=reviews)
        led = steer(model(), policy)
        reply = await led.reply(talk, response_format=form)
        assert reply.message == (await model().reply(talk, response_format=form)).message
        assert [made["details"] for made in reply.details["decisions"]] == [{"unsteered": why}]
        streamed = [piece async for piece in led.stream(talk, response_format=form)]
        assert "".join(streamed) == reply.message.text
        assert not policy.seen
    assert (await steer(model(), policy).reply(ASKED, response_format={"type": "text"})).message.text == asks.say


async def test_the_first_policy_that_decides_decides():
    silent, second = Deciding(name="a"), Deciding(plan=Decision("elicit", say="?"), name="b")
    decision = await First((silent, second)).decide(ASKED)
    assert (decision.policy, decision.say) == ("b", "?")
    assert (await First((silent,)).decide(ASKED)).leaves


async def test_what_one_of_several_notes_is_not_lost_where_all_leave_the_turn():
    noting = Deciding(plan=replace(LEAVE, details={"failed": "no verdict"}))
    left = await First((Deciding(plan=LEAVE), noting, Deciding(plan=LEAVE))).decide(ASKED)
    assert left.leaves and left.details == {"failed": "no verdict"} and left.policy == noting.name
    polite = Civility(First((noting,)))
    assert (await polite.decide(ASKED)).details == {"failed": "no verdict"}


async def test_only_policies_that_review_are_shown_drafts():
    blind = Deciding(review=Decision("elicit", say="?"), reviews=False)
    assert (await First((blind, Deciding())).decide(ASKED.then(Message("assistant", "done")))).leaves
    assert not blind.seen


async def test_streams_piece_by_piece_unless_drafts_are_reviewed():
    planned = steer(model(), Deciding(plan=Decision("elicit", "ask now"), reviews=False))
    assert "".join([piece async for piece in planned.stream(ASKED)]) == "ask now"
    reviewed = steer(model(), Deciding(review=Decision("elicit", say="How many?")))
    assert [piece async for piece in reviewed.stream(ASKED)] == ["How many?"]


def test_an_instruction_joins_the_system_message():
    told = instructed(Conversation.of([{"role": "system", "content": "Be brief."}, *ASKED.to_dicts()]), "Ask.")
    assert [m.text for m in told.messages] == ["Be brief.\n\nAsk.", "Book a table."]
    assert instructed(ASKED, "") is ASKED


def test_a_word_that_names_no_policy_is_refused_with_a_hint():
    with pytest.raises(UsageError, match="did you mean gaps"):
        make("gap")
    with pytest.raises(UsageError, match="no policy is named"):
        make(" , ")
    with pytest.raises(UsageError, match=r"did you mean recommended\?"):
        make("recomended")
    with pytest.raises(UsageError, match=r"there are civility$"):
        make("gaps+recommended")


def test_a_composed_name_may_stand_among_others():
    assert make("recommended,premise").name == "insert_expansion,gaps,doer,api_first,premise+civility"
    assert make("premise,recommended").name == "premise,insert_expansion,gaps,doer,api_first+civility"


@pytest.mark.parametrize(
    ("spec", "twice"),
    [
        ("gaps,gaps", "gaps"),
        ("gaps:threshold=0.3,gaps:threshold=0.7", "gaps"),
        ("recommended,gaps", "gaps stands twice .*; recommended is insert_expansion,gaps"),
        ("recommended+civility", "civility"),
    ],
)
def test_what_contradicts_or_repeats_itself_is_refused(spec: str, twice: str):
    with pytest.raises(UsageError, match=f"^{twice}"):
        make(spec)


def test_a_threshold_that_no_probability_reaches_is_refused():
    with pytest.raises(UsageError, match="0 to 1, not 5"):
        make("gaps:threshold=5")


async def test_what_the_model_is_given_instead_also_holds_for_its_second_draft():
    class Joins:
        name, reviews = "joins", True

        def identity(self) -> dict[str, str]:
            return {}

        async def decide(self, conversation: Conversation) -> Decision:
            if conversation.messages[-1].role == "assistant":
                return Decision("execute", "Do it.")
            return Decision("execute", instead=Conversation((Message("user", "joined"),)))

    seen: list[str] = []

    def noting(conversation: Conversation) -> str:
        seen.append(conversation.messages[-1].text)
        return "Hm."

    await steer(Scripted.function(noting, "noting", "1"), Joins()).reply(Conversation((Message("user", "Raw."),)))
    assert seen == ["joined", "joined"]


@dataclass
class Slow:
    name: str = "slow"
    reviews: bool = False

    def identity(self):
        return {}

    async def decide(self, conversation: Conversation) -> Decision:
        await asyncio.sleep(0.05)
        return Decision("elicit", say="For how many?")


@pytest.mark.parametrize(("deadline", "said"), [(None, "For how many?"), (0.01, "heard: Book a table.")])
async def test_a_simulation_waits_for_every_decision_and_a_user_does_not(deadline: float | None, said: str):
    assert (await Steered(model(), Slow(), deadline=deadline).reply(ASKED)).message.text == said
    assert Steering("gaps").over(model()).deadline is None and steer(model(), "gaps").deadline == DEADLINE
