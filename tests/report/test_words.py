"""Figures as text, names, cleaned text, examples cut to size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import NOTHING, share

from overture.audit.differences import Difference
from overture.audit.estimates import Figure
from overture.moves import MOVES
from overture.report.clean import one_line, visible
from overture.report.examples import HEAD, MOST, ExampleConversation, ExampleMessage, Span, fitted, joined
from overture.report.headlines import audit_sentences, checkup_sentences
from overture.report.words import FIGURES, extremes, words_of, written, written_difference


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(0.412, 0.38, 0.44, 1203), "41% (38–44%, n = 1,203)"),
        (Figure(0.0123, 0.011, 0.0141, 90000), "1.2% (1.1–1.4%, n = 90,000)"),
        (Figure(3.24, 2.9, 3.5, 40, "turns"), "3.2 (2.9–3.5, n = 40)"),
        (Figure(1112.4, 980.2, 1313.0, 96, "tokens"), "1,112 (980–1,313, n = 96)"),
        (Figure(-0.0001, -0.02, 0.02, 9), "0% (−2 to 2%, n = 9)"),
        (Figure(0.5, None, None, 1), "50.0% (no interval, n = 1)"),
        (NOTHING, "nothing to count (n = 0)"),
    ],
)
def test_written(figure: Figure, text: str) -> None:
    assert str(written(figure)).replace("\xa0", " ") == text


def test_an_interval_that_leaves_nought_out_does_not_read_as_if_it_held_it() -> None:
    one = Difference("solved", "a", "b", 0.375, 0.00404, 0.639, 0.0005, 0.03)
    assert written_difference(one).interval == "+0.4 to +64"
    assert written_difference(replace(one, value=-0.3, low=-0.6, high=-0.0004)).interval == "−60 to −0.04"
    assert written_difference(replace(one, low=-0.004)).interval == "0 to +64"


def test_written_difference_is_in_points() -> None:
    text = written_difference(Difference("done", "a", "b", -0.12, -0.16, 0.004, 0.01))
    assert (text.value, text.interval, str(text)) == ("−12 points", "−16 to 0", "−12 points (−16 to 0)")


def test_every_other_error_is_a_figure_with_words() -> None:
    assert {words.beside for words in FIGURES.values()} - {""} <= set(FIGURES)
    for move in MOVES:
        assert words_of(f"move:{move}").beside == f"unasked:{move}"
        assert words_of(f"unasked:{move}").beside == f"move:{move}"
    assert words_of("new_figure").plain == "New figure"


def test_extremes_take_the_ends_of_equals() -> None:
    assert extremes({"a": share(0.5, 9), "b": share(0.5, 9), "c": NOTHING, "d": None}) == ("a", "b")
    assert extremes({"c": NOTHING}) is None


def test_sentences_with_one_group_several_and_none() -> None:
    figures = {"dialogue_initiative": share(0.3, 100), "trailing": share(0.1, 100)}
    one = audit_sentences({"log": figures}, None, (0, 0))
    assert one[0].startswith("Of the assistant's messages, 30% (22–40%") and " in log" not in one[0]
    two = audit_sentences({"x": figures, "y": {"dialogue_initiative": share(0.6, 100)}}, None, (0, 0))
    assert "in x to 60%" in two[0] and "the only group" in two[0]
    assert len(one) == len(two) == 1, "nobody looked for goals, so nothing is said of them"
    goals = {"done": share(0.2, 50), "coached": share(0.1, 50), "disjoint": share(0.5, 50)}
    three = audit_sentences({"log": figures | goals}, None, (0, 0))
    assert "20%" in three[1] and "10%" in three[1] and "no sample was judged" in three[2]
    nothing = dict.fromkeys(figures | goals, Figure(None, None, None, (0, 0)))
    assert all("uncounted" in sentence for sentence in audit_sentences({"log": nothing}, None, (0, 0))[:2])
    assert len(checkup_sentences("m", {})) == 3


def test_what_a_policy_made_of_the_further_parts_is_said_with_both_errors() -> None:
    asked = {"asked_in_need": share(0.1, 50), "asked_needlessly": share(0.2, 50)}
    talked = {"asked_in_need": share(0.3, 50), "asked_needlessly": share(0.4, 50), "solved": share(0.5, 100)}
    parts = {"pairs": asked, "missing": {"solved": talked["solved"]}}
    beside = {"with the policy p": parts, "another": parts}
    said = checkup_sentences("m{0}", parts, beside)
    assert said[2].startswith("Talked through, m{0} solved 50%") and "nothing to count" in said[2]
    assert all(f"; {who}, " in sentence for sentence in said for who in beside)
    led = checkup_sentences("m", {"missing": {"solved": talked["solved"]}}, {"led": {"missing": talked}})[2]
    assert "asked for the number that was left out in nothing to count; led, 50%" in led and " and 30%" in led
    done = {"pairs": asked, "doing": {"done": share(0.6, 50)}}
    assert checkup_sentences("m", done, {"x": {}})[2].startswith("Asked to do a thing, m made it in 60%")
    told = {"sharded": {"solved": share(0.7, 20), "turns": share(0.9, 20)}}
    for others in ({}, {"x": told}):
        assert checkup_sentences("m", told, others)[2].startswith("Told piece by piece, m did 70%")
        for each in (parts, done, told, {}):
            assert len(checkup_sentences("m", each, others)) == 3


def test_a_checkup_of_one_part_opens_with_what_that_part_counted() -> None:
    told = {"asked_in_need": share(0.1, 20), "wasted": share(0.7, 20), "guessed": share(0.9, 20)}
    said = checkup_sentences("m", {"sharded": told})
    assert said[0].startswith("While an instruction lacked pieces, m asked for one, and waited, in 10%")
    assert said[1].startswith("Of what m asked, 70%") and "went ahead as if nothing were missing, in 90%" in said[2]
    trips = {"elicited_actively": share(0.2, 20), "elicited_passively": share(0.3, 20), "wasted": share(0.4, 20)}
    trips |= {"correct": share(0.5, 20), "best": share(0.1, 20)}
    said = checkup_sentences("m", {"travel": trips}, {"led": {"travel": trips}})
    assert "m brought out 20%" in said[0] and "; led, 20%" in said[0] and said[1].startswith("Of what m asked, 40%")
    assert said[2].startswith("Of what it was to book, m chose what suited in 50%")
    done = {"done": share(0.6, 20), "coached": share(0.3, 20), "asked_needlessly": share(0.1, 20)}
    said = checkup_sentences("m", {"doing": done})
    assert said[0] == "Whether m asked when something was missing could not be counted (n = 0)."
    assert said[1].startswith("Asked to do a thing that lacked nothing, m asked first in 10%")
    assert said[2].startswith("Asked to do a thing, m made it in 60%")


def test_visible_keeps_what_people_write() -> None:
    kept = "Grüße, नमस्ते 👩‍👩‍👧, مرحبا, 日本\tx\ny"
    assert visible(kept) == kept
    assert visible("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert visible("\x00\x1b\x7f\x9b\u202e\ud800") == "␀␛␡⟨U+009B⟩⟨U+202E⟩⟨U+D800⟩"
    assert one_line("a\n\n b" + "c" * 50, 10) == "a bcccccc…"


def test_neighbours_with_the_same_moves_are_joined() -> None:
    spans = [
        Span("a", ("inform",)),
        Span(" "),
        Span("b", ("inform",)),
        Span(" c "),
        Span("d", ("inform",), ("inform",)),
    ]
    assert [(s.text, s.moves) for s in joined(spans)] == [("a b", ("inform",)), (" c ", ()), ("d", ("inform",))]


def test_what_is_cut_is_counted() -> None:
    messages = [ExampleMessage(i, "user", None, [Span("x" * 9000), Span("y" * 50)]) for i in range(MOST + 7)]
    (example,) = fitted([ExampleConversation("c", "g", messages)])
    assert len(example.messages) == MOST
    assert [m.skipped for m in example.messages if m.skipped] == [7]
    assert example.messages[HEAD].index == HEAD + 7
    for message in example.messages:
        assert sum(len(span.text) for span in message.spans) + message.cut == 9050


def test_short_examples_are_left_whole() -> None:
    example = ExampleConversation("c", "g", [ExampleMessage(0, "user", None, [Span("hello", ("acknowledge",))])])
    assert fitted([example])[0].messages[0].spans == (Span("hello", ("acknowledge",)),)
    assert fitted([ExampleConversation("c", "g", [])])[0].opening == ""
