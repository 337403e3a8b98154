"""The checks, answers and labels: what is right, what is an attempt, and what someone else's query may not do."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from overture.conversation import Conversation, Message
from overture.models import Scripted
from overture.schemes import SCHEMES
from overture.tasks.seeing import Seen
from overture.tasks.sharded import own
from overture.tasks.sharded.answers import attempt, call, extract, function, number, prose, query
from overture.tasks.sharded.calls import agrees as call_agrees
from overture.tasks.sharded.checks import Score, bleu, score, settle
from overture.tasks.sharded.labels import BY_MOVE, LABELS, Label, label, labels
from overture.tasks.sharded.queries import agrees, same
from overture.tasks.sharded.shapes import CallCheck, QueryCheck
from overture.tasks.sharded.summaries import bullets, citation_f1, cited

MATH = own.items("math")[0]
LIBRARY = own.items("database")[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Answer: 432", "432"),
        ("So she pays 480 - 48 = $432.00 in all.\n\n**Answer: 432 euros**", "432"),
        ("6 * 25 = 150 tiles.\nThat is 150 * 3.20 = 480 and with 10% off 432.", "432"),
        ("#### 1,234", "1234"),
        (r"Thus \boxed{-7}.", "-7"),
        ("It is 2/3 of it.\nAnswer: 2/3", "2/3"),
        ("The total is 12 + 5 = 17 apples", "17"),
        ("Answer: x + 5", None),
        ("She pays 150*p euros, so Answer: 150 * p", None),
        ("What does one tile cost?", None),
        ("You said the floor has 6 square metres. What does a tile cost?", None),
        ("Thanks!", None),
        ("", None),
        ("Answer:", None),
        ("1. Work out the area.\n2. Multiply it by the price.", None),
        ("Could you please provide the following:\n\n1. the price of a tile\n2. the length of the wall", None),
    ],
)
def test_the_number_that_a_reply_ends_in(text: str, found: str | None) -> None:
    assert number(text, "The floor has 6 square metres.") == (None if found is None else Fraction(found))


def test_a_number_without_end_is_none_and_ends_no_run() -> None:
    assert number(f"How many? It is {'1' * 5000}.") is None
    assert number(f"#### {'1' * 5000}") is None
    assert cited(f"A finding [{'1' * 5000}] [2]") == {2}


def test_a_reply_that_asks_and_states_something_new_is_an_attempt() -> None:
    assert number("That makes 480 euros. Is there a discount?", "It has 6 square metres.") == 480


def test_several_answers_under_conditions_are_none() -> None:
    text = "If there is no discount, she pays 480 euros. If there is one of 10 percent, she pays 432 euros."
    assert extract(MATH, text) == "432"
    assert attempt(MATH, text) is None
    assert attempt(MATH, text + "\nAnswer: 432") == "432"


def test_functions_are_found_whole_and_empty_ones_are_none() -> None:
    text = "First:\n```python\nimport re\ndef f(a):\n    return a\n```\nNow better:\n```py\ndef g(a):\n    return 2 * a\n```"
    found = function(text, "f")
    assert found is not None and found.startswith("def g") and found.strip().endswith("f = g")
    assert function("```python\ndef f(a):\n    '''Doubles.'''\n    pass\n```", "f") is None
    assert function("```python\ndef f(a:\n```", "f") is None
    bare = "def f(a):\n    return a\n\nThis returns what it is given, isn't that nice?"
    assert (function(bare, "f") or "").strip() == "def f(a):\n    return a"
    assert function("You could define a function.", "f") is None


def test_queries_are_found_whole_and_templates_are_none() -> None:
    assert query("Sure:\n```sql\nSELECT name FROM members;\n```\nDone.") == "SELECT name FROM members;"
    assert query("select name\nfrom members\n\nThis lists all names.") == "select name\nfrom members"
    assert query("```sql\nSELECT <column> FROM members\n```") is None
    assert query("```sql\nSELECT name FROM members WHERE town = :town\n```") is None
    assert query("```sql\nSELECT name FROM members WHERE town = '<none>'\n```") is not None
    assert query("Select the right option from the list, please") is None
    assert query("```sql\ndrop table members\n```") is None


QUERIES = [
    ("select distinct name from members, loans, books where member_id = members.id and book_id = books.id "
     "and genre = 'novel' and town = 'Ulm' and joined < 2021", True),
    ("select 'Ada'", False),
    ("select name from members where town = 'Ulm' and joined < 2021", False),
    ("select name, town from members", False),
    ("select nme from members", False),
    ("delete from members", False),
    ("attach 'x.db' as x", False),
    ("pragma table_info(members)", False),
    ("select name from members; select 1", False),
    ("select load_extension('x')", False),
    ("select fts3_tokenizer('simple')", False),
    ("select readfile('/etc/passwd')", False),
    ("", False),
    ("select '\udcff'", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "right"), QUERIES)
def test_a_query_is_judged_by_its_results_alone(text: str, right: bool) -> None:
    assert isinstance(LIBRARY.check, QueryCheck)
    verdict, why = agrees(LIBRARY.check, text)
    assert verdict is right and bool(why) is not right


@pytest.mark.parametrize(
    "text",
    [
        "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        "select count(*) from loans a, loans b, loans c, loans d, loans e, loans f, loans g",
        "select length(hex(zeroblob(900000000)))",
        "select printf('%.*c', 500000000, 'x')",
        "select format('%.*c', 500000000, 'x')",
        "select instr(hex(zeroblob(400000)), hex(zeroblob(200000)) || '1')",
        "with recursive r(t) as (select 'x' union all select t || t from r) select max(length(t)) from r",
        "with recursive r(n) as (select 1 union all select n + 1 from r) select n from r",
    ],
)
def test_a_query_without_end_is_stopped(text: str) -> None:
    assert isinstance(LIBRARY.check, QueryCheck)
    began = time.perf_counter()
    assert agrees(LIBRARY.check, text)[0] is False
    assert time.perf_counter() - began < 5


def test_results_are_multisets_and_columns_are_free_where_the_item_says_so() -> None:
    rows = [(1, "a"), (1, "a"), (2, "b")]
    assert same(rows, [(2, "b"), (1, "a"), (1, "a")], True, False)
    assert not same(rows, [(2, "b"), (1, "a"), (2, "b")], True, False)
    assert same(rows, [("a", 1.0), ("b", 2), ("a", 1)], True, False)
    assert not same(rows, [("a", 1), ("b", 2), ("a", 1)], False, False)
    assert not same(rows, rows[::-1], True, True) and same(rows, rows, True, True)
    # the columns hold the same values and the rows do not
    assert not same([(1, 2), (2, 1)], [(1, 1), (2, 2)], True, False)
    assert same([(0.1 + 0.2,)], [(0.3,)], True, False) and not same([(None,)], [(0,)], True, False)


CALL = CallCheck(
    ("f(a: int, b: str = 'x', c: list = [])", "g(a: int)"), ("f(a=1, b='Two words', c=[1, 2])",), {"b": ("'two'",)}
)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("f(c=[1, 2.0], b='two  WORDS', a=1)", True),
        ("f(1, 'two words', [1, 2])", True),
        ("[f(a=1, b='two', c=(1, 2))]", True),
        ("f(a=True, b='two', c=[1, 2])", False),
        ("f(a=1, b='two', c=[2, 1])", False),
        ("f(a=1, b='two')", False),
        ("f(a=1, b='two', c=[1, 2]), g(a=1)", False),
        ("f(a=1, b='two', c=[1, 2], d=3)", False),
        ("f(1, a=1, b='two', c=[1, 2])", False),
        ("__import__('os').system('x')", False),
        ("f(a=" + "(" * 5000, False),
        ("f(a=" + "-" * 1900 + "1)", False),
        ("f(a=" + "not " * 900 + "1)", False),
        ("f(a=" + "b." * 1500 + "b)", False),
        ("f" + ".a" * 1900 + "(a=1)", False),
        ("[]", False),
    ],
)
def test_calls_are_compared_as_syntax_trees(text: str, right: bool) -> None:
    verdict, why = call_agrees(CALL, text)
    assert verdict is right and bool(why) is not right


def test_a_default_may_be_written_out_or_left_out_and_order_of_calls_is_free() -> None:
    check = CallCheck(("f(a: int, b: bool = False)",), ("[f(a=1), f(a=2, b=True)]",))
    assert call_agrees(check, "[f(a=2, b=True), f(a=1, b=False)]")[0]
    assert not call_agrees(check, "[f(a=2, b=True), f(a=2, b=True)]")[0]


def test_calls_are_found_in_text_and_blanks_are_none() -> None:
    assert call("Done:\n```\nf(a=1,\n  b='x (y)')\n```", CALL) == "[f(a=1,\n  b='x (y)')]"
    assert call("I will call `g(a=3)` and then f(a=1).", CALL) == "[g(a=3), f(a=1)]"
    assert call("f(a=YOUR_NUMBER)", CALL) is None
    assert call("f(a=1, b='<name>')", CALL) is None
    assert call("Which number should f take?", CALL) is None
    assert call("```python\ndef f(a, b):\n    return a\n```", CALL) is None
    assert call("The function is f(a: int, b: str = 'x').", CALL) is None
    assert call("f(b='x')", CALL) == "[f(b='x')]"


def test_texts_lose_what_introduces_them_and_what_offers_more() -> None:
    assert prose("Here is the translation:\n\nIt snowed.\n\nLet me know if you need anything else!") == "It snowed."
    assert prose('"Falken won in 2019."') == "Falken won in 2019."
    assert prose("```\nIt snowed heavily at night.\n```") == "It snowed heavily at night."
    assert prose("Could you send me the text?") is None
    assert prose("") is None


def test_bleu_is_in_0_to_1_and_takes_several_references() -> None:
    one, two = "The cat sat on the mat today.", "A cat was sitting on the mat today."
    assert bleu(one, (two, one)) == pytest.approx(1) and bleu(one, (two,)) < 0.6
    assert bleu("Something else entirely", (one,)) < 0.1 and bleu("", (one,)) == 0


def test_a_conversation_counts_its_first_right_attempt_or_else_its_last() -> None:
    half, right, none = Score(0.5), Score(1.0), Score(None, "x")
    assert settle(MATH, [Score(0.0), right]) == right
    assert settle(MATH, [right, Score(0.0)]) == right
    assert settle(MATH, [Score(0.0), none]) == none
    assert settle(MATH, []).value == 0
    assert settle(own.items("translation")[0], [right, half]) == half


async def test_without_a_sandbox_or_judge_nothing_is_a_number() -> None:
    assert (await score(own.items("code")[0], "def f(): return 1")).value is None
    assert (await score(own.items("summary")[0], "- x")).value is None
    assert (await score(own.items("summary")[0], None)).value == 0


SUMMARY = own.items("summary")[0]


async def judged(*lines: str) -> Score:
    return await score(SUMMARY, SUMMARY.answer, judge=Scripted.lines(lines))


def verdict(a: str, b: str, c: str) -> str:
    rows = [f'{{"id": "{name}", {rest}}}' for name, rest in zip("abc", (a, b, c), strict=True)]
    return f'{{"findings": [{", ".join(rows)}]}}'


async def test_a_summary_is_coverage_times_citations() -> None:
    full = [f'"coverage": "full", "bullet": {at}' for at in (1, 2, 3)]
    assert (await judged(verdict(*full))).value == 1
    partly = '"coverage": "partial", "bullet": 1'
    none = '"coverage": "none", "bullet": null'
    assert (await judged(verdict(partly, full[1], none))).value == pytest.approx(0.5)
    # the second bullet point cites other documents than the first finding's
    assert (await judged(verdict('"coverage": "full", "bullet": 2', none, none))).value == 0


@pytest.mark.parametrize(
    "answer",
    [
        "all of them",
        '{"findings": []}',
        verdict(
            '"coverage": "full", "bullet": 9',
            '"coverage": "none", "bullet": null',
            '"coverage": "none", "bullet": null',
        ),
        verdict(
            '"coverage": "yes", "bullet": 1', '"coverage": "none", "bullet": null', '"coverage": "none", "bullet": null'
        ),
    ],
)
async def test_a_verdict_that_cannot_be_read_is_unscored(answer: str) -> None:
    found = await judged(answer)
    assert found.value is None and found.why


def test_bullets_and_citations() -> None:
    assert bullets("Intro\n- one [1]\n* two [2][3]\n3. three") == ["one [1]", "two [2][3]", "three"]
    assert bullets("no bullets [1]") == ["no bullets [1]"]
    assert cited("x [1] and [2, 4].") == {1, 2, 4}
    assert citation_f1(frozenset({1}), frozenset({1, 2})) == pytest.approx(2 / 3)


def seen(*moves: str, scored: bool = True) -> Seen:
    return Seen(scored, (), frozenset(moves), frozenset())


def test_the_scheme_is_read_the_other_way_round() -> None:
    scheme = SCHEMES["lost_in_conversation"].labels
    assert tuple(scheme) == LABELS and len(LABELS) == 7
    assert all(move in scheme[name] for move, name in BY_MOVE.items())
    told = label(MATH, Message("assistant", "I cannot help with that."), seen("decline"), "")
    assert told == Label("refuse", None, 0)
    assert label(MATH, Message("assistant", "Say we take the usual tiles."), seen("assume"), "").name == "hedging"
    assert label(MATH, Message("assistant", "Tiles are made of clay."), seen("inform"), "").name == "discussion"
    assert label(MATH, Message("assistant", "Hm."), seen(scored=False), "").name is None
    assert label(MATH, Message("assistant", " "), seen(), "").name == "missing"


def test_the_seven_labels_through_the_lens() -> None:
    turns = [
        ("What does one tile cost?", "clarification"),
        (
            "Before I start:\n- How large is the floor?\n- What does a tile cost?\n- Is there a discount?",
            "interrogation",
        ),
        ("She pays 6 * 25 * 3.20 = 480 euros.\nAnswer: 480", "answer-attempt"),
        ("If there is no discount, she pays 480 euros. If there is one of 10 percent, she pays 432 euros.", "hedging"),
        ("", "missing"),
        ("I'm sorry, but I can't help with that.", "refuse"),
        (
            "Tiling a floor depends on the tile, the pattern and the room. Most shops sell tiles by the box.",
            "discussion",
        ),
    ]
    messages = [each for text, _ in turns for each in (Message("user", "Go on."), Message("assistant", text))]
    found = labels(MATH, Conversation(tuple(messages)))
    assert [one.name for one in found] == [name for _, name in turns]
    assert [one.asks for one in found] == [True, True, False, False, False, False, False]
    assert found[1].questions == 3 and found[2].answer == "480"
