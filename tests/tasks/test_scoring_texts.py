"""BLEU and ROUGE against values known from elsewhere, and the block that holds the thing itself.

In come pairs of texts; out come shares. Easy to get wrong: BLEU of letters also gives 1 for equal texts and 0 for
nothing, so the values in between are what is tested.
"""

from __future__ import annotations

import random

import pytest

from overture.tasks.scoring.blocks import marked_block
from overture.tasks.scoring.texts import _common, bleu, rouge_l, tokens

CAT, MAT = "the cat sat on the mat", "the cat is on the mat"


def test_rouge_as_counted_by_hand():
    # a common subsequence of 5 of 6 words; lengths that differ: precision 2/2, recall 2/4
    assert rouge_l(CAT, MAT) == pytest.approx(5 / 6)
    assert rouge_l("a b", "a b c d") == pytest.approx(2 / 3)
    # Lin 2004, section 3: police killed the gunman / police kill the gunman / the gunman kill police, as F-measures
    assert rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", "police killed the gunman") == pytest.approx(2 / 4)


def test_bleu_is_of_tokens():
    # unigrams 5/6, pairs 3/5, triples 1/4, and no four: 1/(2·3) by exponential smoothing
    expected = (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25
    assert bleu(CAT, MAT) == pytest.approx(expected, rel=1e-6)
    assert bleu("yes, sir.", "yes , sir .") == pytest.approx(1.0)
    # half the reference and all of it right: the brevity penalty alone
    assert bleu("a b c d e", "a b c d e f g h i j") == pytest.approx(2.718281828**-1, rel=1e-6)


@pytest.mark.parametrize("measure", [bleu, rouge_l])
def test_equal_texts_and_nothing(measure: object):
    assert callable(measure)
    assert measure(CAT, CAT) == pytest.approx(1.0)
    for pair in ((CAT, ""), ("", CAT), ("", ""), (CAT, "unrelated words altogether"), (" \n", CAT)):
        assert measure(*pair) == 0


def test_tokens_of_any_alphabet():
    assert tokens("It's 3.5 Euro!") == ["it", "s", "3", "5", "euro"]
    assert tokens("Привет, мир") == ["привет", "мир"]


def test_the_common_subsequence_is_the_longest():
    def slowly(a: list[str], b: list[str]) -> int:
        row = [0] * (len(b) + 1)
        for x in a:
            last = 0
            for at, y in enumerate(b, 1):
                last, row[at] = row[at], last + 1 if x == y else max(row[at], row[at - 1])
        return row[-1]

    rng = random.Random(1)
    for _ in range(200):
        a, b = ([rng.choice("abcd") for _ in range(rng.randrange(12))] for _ in range(2))
        assert _common(a, b) == slowly(a, b)


BEGIN, END = "<document>", "</document>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Here:\n<document>\nDear all,\n\nBye\n</document>\nAnything else?", ("Dear all,\n\nBye", "marked", True)),
        ("<document>\nfirst\n</document>\nor\n<document>\nsecond\n</document>", ("second", "marked", True)),
        ("<document>\ncut o", ("cut o", "marked", False)),
        ("<document>\n```md\ninside\n```\n</document>", ("inside", "marked", True)),
        ("I put it between <document> and </document>.\n```\nfenced\n```", ("fenced", "fenced", True)),
        ("```\none\n```\ntext\n~~~\ntwo\n~~~\n", ("two", "fenced", True)),
        ("````md\n```py\nx\n```\n````", ("```py\nx\n```", "fenced", True)),
        ("```\ncut o", ("cut o", "fenced", False)),
        ("Dear all, this is a letter.", None),
        ("<document>\n\n</document>", None),
        ("", None),
    ],
)
def test_the_block_of_a_reply(text: str, found: tuple[str, str, bool] | None):
    block = marked_block(text, BEGIN, END)
    assert (block and (block.text, block.how, block.closed)) == found
