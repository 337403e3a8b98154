"""What the user says when, and that a simulated one says it; and what the yardsticks make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overture.conversation import Conversation, Message
from overture.tasks.sharded import own, task
from overture.tasks.sharded.protocols import OVER_TURNS, PROTOCOLS, STAGINGS, at_once, item_of, sharded_of, words
from overture.tasks.sharded.shapes import IN_ORDER, KINDS, Sharded
from overture.tasks.sharded.yardsticks import SPEECHES
from overture.tasks.task import Item, Setting, Verdict
from overture.users.named import chosen

ONE_EACH = [own.items(kind)[0] for kind in KINDS]
TASK = task(kinds=KINDS)


def put(source: Sharded, protocol: str) -> Item:
    return STAGINGS[protocol].prepare(item_of(source), 3)


async def told(source: Sharded, protocol: str) -> list[str]:
    """What the house's own user says under a protocol to an assistant that only listens."""
    item = put(source, protocol)
    user = chosen("shards", TASK, STAGINGS[protocol].wrappers).start(item, 0)
    said = item.before
    while not (heard := await user.next(said)).done:
        assert heard.message is not None
        said = said.then(heard.message, Message("assistant", "I see."))
    return [message.text for message in said.messages if message.role == "user"]


@pytest.mark.parametrize("source", own.items(), ids=lambda item: item.id)
async def test_every_protocol_tells_everything_in_the_same_setting(source: Sharded) -> None:
    systems = {put(source, protocol).system for protocol in PROTOCOLS}
    assert len(systems) == 1 and "{{" not in systems.pop()
    for protocol in PROTOCOLS:
        if protocol != "full":
            text = "\n".join(await told(source, protocol))
            assert all(shard.says in text for shard in source.shards) and "{{" not in text


async def test_each_protocol_says_as_its_name_says() -> None:
    source = own.items("math")[0]
    says = [shard.says for shard in source.shards]
    assert await told(source, "sharded") == says
    assert await told(source, "full") == [source.full]
    (concat,) = await told(source, "concat")
    assert [line.removeprefix("- ") for line in concat.splitlines()[1:]] == says
    *before, last = await told(source, "recap")
    assert before == says and all(line in last for line in says)
    snowball = await told(source, "snowball")
    assert len(snowball) == len(says)
    for at, text in enumerate(snowball):
        assert [line in text for line in says] == [place <= at for place in range(len(says))]


@pytest.mark.parametrize("source", ONE_EACH, ids=lambda item: item.kind)
async def test_over_turns_there_is_a_turn_a_shard(source: Sharded) -> None:
    words_of = [words(source, at) for at in range(len(source.shards))]
    assert await told(source, "sharded") == words_of
    assert (await told(source, "recap"))[:-1] == words_of
    assert [text.endswith(own) for text, own in zip(await told(source, "snowball"), words_of, strict=True)].count(
        0
    ) == 0


def test_a_shuffle_depends_on_the_seed_and_the_item_alone() -> None:
    item, other = own.items("math")[:2]

    def orders(source: Sharded) -> list[list[int]]:
        says = [shard.says for shard in source.shards]
        texts = [at_once(source, "shuffle_concat", seed).splitlines()[1:] for seed in range(40)]
        return [[says.index(line.removeprefix("- ")) for line in lines] for lines in texts]

    found = orders(item)
    assert len(set(map(tuple, found))) > 20 and all(sorted(order) == list(range(5)) for order in found)
    assert orders(item) == found != orders(other)


async def talk(source: Sharded, protocol: str, name: str, turns: int = 18) -> tuple[Conversation, Verdict]:
    """A trial in little: the house's own user under a protocol, and a yardstick."""
    item = put(source, protocol)
    user = chosen("shards", TASK, STAGINGS[protocol].wrappers).start(item, 0)
    said, revealed = item.before, []
    for _ in range(turns):
        heard = await user.next(said)
        if heard.message is None:
            break
        revealed.append(heard.revealed)
        said = said.then(heard.message)
        said = said.then(Message("assistant", str(SPEECHES[name](item, said))))
        assert TASK.over is not None
        if await TASK.over(item, said, Setting()):
            break
    return said, await TASK.check(item, said, Setting(protocol, revealed))


def test_at_once_nothing_is_open_and_over_turns_everything_else_is() -> None:
    for source in ONE_EACH:
        for protocol in PROTOCOLS:
            item = put(source, protocol)
            assert len(item.open) == (len(source.shards) - 1 if protocol in OVER_TURNS else 0)
            assert item.id == source.id and sharded_of(item) == source
            assert item.request == (words(source, 0) if protocol in OVER_TURNS else at_once(source, protocol, 3))
            assert item.opening.messages[0].role == "system"
    assert next(iter(STAGINGS)) == "sharded"


BY_TURNS = [item for item in own.items() if item.kind in ("math", "database", "actions")]


@pytest.mark.parametrize("source", BY_TURNS, ids=lambda item: item.id)
async def test_the_asker_is_heard_and_solves_what_the_guesser_does_not_at_first(source: Sharded) -> None:
    asked, verdict = await talk(source, "sharded", "asker")
    assert verdict.solved == 1 and verdict.first == "asked"
    assert verdict.delivered == len(source.shards) - 1, "a question by a part's name was not understood"
    assert "I don't know." not in [message.text for message in asked.messages]
    _, verdict = await talk(source, "sharded", "guesser")
    assert verdict.first == "guessed" and verdict.delivered == 0
    assert verdict.details["scores"][0] == 0 and verdict.solved == 1
    labels = verdict.details["labels"]
    assert set(labels) == {"answer-attempt"} and len(labels) == len(source.shards)


async def test_the_pesterer_never_delivers_and_is_stopped_by_the_user() -> None:
    said, verdict = await talk(own.items("math")[0], "sharded", "pesterer")
    assert verdict.solved == 0 and verdict.delivered is None
    assert set(verdict.details["labels"]) == {"clarification"}
    assert len(said) < 2 * 18


async def test_the_coach_attempts_nothing() -> None:
    _, verdict = await talk(own.items("math")[1], "sharded", "coach")
    assert verdict.solved == 0 and verdict.delivered is None and verdict.first is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_protocol_can_be_solved(protocol: str) -> None:
    for source in (own.items("math")[2], own.items("actions")[4], own.items("translation")[1]):
        _, verdict = await talk(source, protocol, "asker")
        assert verdict.solved == pytest.approx(1)
        wanted = None if source.kind in IN_ORDER else "asked" if protocol in OVER_TURNS else "answered"
        assert verdict.first == wanted


async def test_a_graded_kind_is_scored_on_its_last_draft_and_a_summary_needs_a_judge() -> None:
    _, verdict = await talk(own.items("data_to_text")[0], "sharded", "guesser")
    assert verdict.solved == pytest.approx(1) and len(verdict.details["scores"]) == 1
    _, verdict = await talk(own.items("summary")[0], "full", "asker")
    assert verdict.solved is None and "judge" in str(verdict.why_unscored)


def test_the_hash_of_an_item_depends_on_its_check() -> None:
    source = own.items("actions")[0]
    other = replace(source, check=own.items("actions")[1].check)
    assert item_of(source).hash != item_of(other).hash
