"""Whole pages: nothing in them acts or reaches outside, whatever a log says, and every figure is shown whole."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from reading import Reader
from samples import NOTHING, audit_page, checkup_page, share

from overture.audit.differences import Difference
from overture.moves import MOVES
from overture.report.audit import AuditPage, Reject, audit_html
from overture.report.changes import Changed
from overture.report.checkup import CheckupPage, ExamplePair, Reply, checkup_html
from overture.report.examples import ExampleConversation, ExampleMessage, Span
from overture.report.matrix import Matrix
from overture.report.simulate import SimulatePage, UserErrors, simulate_html
from overture.report.tune import Lap, TunePage, tune_html

HOSTILE = [
    "<script>alert(1)</script>",
    "]]><!-- --!><![CDATA[ </style></svg></title></details>",
    '" onload="alert(1)" x=\'',
    "<img src=http://example.invalid/x.png onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u2066\u200f\x00\x1b[31m\x85\ud800\udfff\ufeff\U000e0041\r",
    "javascript:alert(1)",
    "a" * 5000,
]
ALL = " ".join(HOSTILE)
ACTIVE = {"script", "iframe", "object", "embed", "form", "input", "button", "link", "base", "a", "img", "use", "image"}
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\ud800-\udfff]")


def read(page: str) -> Reader:
    """The page, checked: it encodes, it is well nested, nothing in it acts, refers outside or hides."""
    page.encode("utf-8")
    reader = Reader(page)
    assert HIDDEN.search(page) is None
    for element in reader.elements:
        assert element.name not in ACTIVE, element
        for name, value in element.attributes.items():
            assert not name.startswith("on"), element
            assert name not in ("style", "src", "href", "srcset", "action", "xlink:href", "background"), element
            assert name == "content" or "url(" not in value
    rules = [e.attributes["content"] for e in reader.named("meta") if "http-equiv" in e.attributes]
    (style,) = reader.named("style")
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    assert len(rules) == 1 and rules[0].startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;")
    assert "url(" not in style.text and "@import" not in style.text
    identities = [e.attributes["id"] for e in reader.elements if "id" in e.attributes]
    assert len(identities) == len(set(identities))
    return reader


def hostile_audit() -> AuditPage:
    page = audit_page(2, 0)
    figures = {f"{i} {ALL}": f for i, f in enumerate(page.groups.values())}
    example = ExampleConversation(
        ALL,
        ALL,
        [ExampleMessage(0, text, text, [Span(text, ("elicit", text), (text,))]) for text in [*HOSTILE, "user"]],
    )
    return replace(
        page,
        title=ALL,
        source=ALL,
        groups=figures | {ALL: {ALL: share(0.2, 50), f"move:{ALL}": share(0.2, 50)}},
        corrected=None,
        lens_note=ALL,
        differences=[replace(d, a=ALL, b=ALL, figure=ALL) for d in page.differences],
        turns={ALL: next(iter(page.turns.values()))},
        goal_action=Matrix([ALL, "<b>"], [ALL], [[3], [0]]),
        examples=[example],
        rejects=[Reject(ALL, 1, (ALL,))],
        left_out=[ALL],
        config={ALL: ALL, "nested": {ALL: [ALL]}},
        command=ALL,
        version=ALL,
        started=ALL,
    )


def hostile_checkup() -> CheckupPage:
    page = checkup_page()
    reply = Reply(ALL, [Span(ALL, ("elicit", ALL), ())], ALL)
    return replace(
        page,
        title=ALL,
        model=ALL,
        policy=ALL,
        sampled=ALL,
        lens_note=ALL,
        against=replace(page.against, name=ALL) if page.against else None,
        yardsticks={ALL: page.figures},
        by_domain={ALL: page.figures},
        examples=[ExamplePair(ALL, reply, reply)],
        measured=[ALL],
        config={ALL: ALL},
    )


def hostile_simulation() -> SimulatePage:
    figures = {ALL: share(0.2, 50), "solved": share(0.5, 50), "turns": replace(share(0.9, 50), unit="turns")}
    rows = [("solved", 0.375, 0.004, 0.639), ("turns", 0.5, 0.2, 0.8), (ALL, 0.3, 0.1, 0.5)]
    messages = [ExampleMessage(0, ALL, ALL, [Span(ALL, ("elicit", ALL), (ALL,))])]
    return SimulatePage(
        title=ALL,
        model=ALL,
        user=ALL,
        put=ALL,
        solved_note=ALL,
        groups={ALL: figures, "b": figures},
        errors=UserErrors(3, 1, {ALL: 1}, [(ALL, ALL, ALL)], [ALL], 1),
        led=ALL,
        by=ALL,
        signs=[("solved", ALL, ALL), (ALL, ALL, "")],
        differences=[Difference(name, ALL, ALL, value, low, high, 0.0005, 0.03) for name, value, low, high in rows],
        beside=[(ALL, ALL, share(0.4, 20), ALL, ALL)],
        examples=[(ExampleConversation(ALL, ALL, messages), ALL)],
        left_out=[ALL],
        warnings=[ALL],
        measured=[ALL],
        config={ALL: ALL},
        command=ALL,
        version=ALL,
    )


def test_a_difference_on_the_page_of_a_simulation_never_rounds_onto_nought() -> None:
    cells = [cell.text for cell in read(simulate_html(hostile_simulation())).named("td")]
    assert {"+38 points (+0.4 to +64)", "+0.5 turns (+0.2 to +0.8)"} <= set(cells)


def test_hostile_text_stays_text() -> None:
    pages = (audit_html(hostile_audit()), checkup_html(hostile_checkup()), simulate_html(hostile_simulation()))
    for html in pages:
        reader = read(html)
        text = "".join(element.text for element in reader.named("body"))
        assert "<script>alert(1)</script>" in text
        assert "{{ 7 * 7 }}" in text and "⟨U+202E⟩evil⟨U+2066⟩⟨U+200F⟩␀␛[31m⟨U+0085⟩⟨U+D800⟩⟨U+DFFF⟩⟨U+FEFF⟩" in text


def test_the_check_for_active_content_can_fail() -> None:
    html = audit_html(audit_page(1, 1))
    for bad in (
        "<script>1</script>",
        "<p onclick='x'>y</p>",
        "<img src='http://x'>",
        "<p style='color:red'>y</p>",
        "\x1b",
    ):
        with pytest.raises(AssertionError):
            read(html.replace("</main>", bad + "</main>"))


@pytest.mark.parametrize("groups", [1, 2, 5, 8, 11])
def test_every_figure_shows_value_interval_and_n(groups: int) -> None:
    reader = read(audit_html(audit_page(groups, 2, 4)))
    figures = reader.classed("figure")
    assert len(figures) > 60 * groups
    for figure in figures:
        assert re.search(r"\d", figure.text), figure
        assert re.search(r"−?[\d.]+(–| to )[+−]?[\d.]+", figure.text), figure.text
    with_n = [figure for figure in figures if re.search(r"n [\d,]+", figure.text)]
    others = [figure for figure in figures if figure not in with_n]
    assert all("points" in figure.text for figure in others), "only the other error's difference leans on its row's n"
    for sentence in reader.classed("lead"):
        shares = len(re.findall(r"\d%", re.sub(r"\([^)]*\)", "", sentence.text)))
        assert shares and shares == len(re.findall(r"\([\d.]+–[\d.]+%, n\s=\s[\d,]+\)", sentence.text))


def test_checkup_figures_are_whole_and_beside_their_other_error() -> None:
    reader = read(checkup_html(checkup_page()))
    for figure in reader.classed("figure"):
        assert re.search(r"[\d.,]+%? [\d.,]+–[\d.,]+%? n [\d,]+", figure.text), figure.text
    rows = [row.text for row in reader.named("tr") if "asked_in_need" in row.text]
    assert any("asked_needlessly" in row for row in rows)
    lead = reader.classed("lead")[0].text
    assert "4% (1–14%, n\xa0=\xa048)" in lead and "2% (0–11%, n\xa0=\xa048)" in lead and "70%" in lead
    assert "because" not in lead and "better" not in lead


def test_headline_figures_stand_with_their_other_error() -> None:
    reader = read(audit_html(audit_page(3, 0)))
    heads = [row.text for row in reader.named("tr")]
    for together in (
        ("dialogue_initiative", "trailing"),
        ("done", "coached"),
        ("disjoint", "disjoint_corrected", "disjoint_floor", "disjoint_ceiling"),
        ("task_initiative", "unasked"),
    ):
        assert any(all(name in head for name in together) for head in heads), together


def test_a_course_of_a_single_turn_is_no_picture() -> None:
    page = audit_page(2, 0)
    single = {group: series[:1] for group, series in page.turns.items()}
    assert "Initiative as a conversation goes on" in audit_html(page)
    assert "Initiative as a conversation goes on" not in audit_html(replace(page, turns=single))


def test_nothing_to_count_is_said_and_never_a_number() -> None:
    page = audit_page(2, 0)
    empty = {name: dict.fromkeys(figures, NOTHING) for name, figures in page.groups.items()}
    series = {name: [(1, NOTHING, NOTHING)] for name in empty}
    page = replace(page, groups=empty, corrected=None, differences=(), turns=series, preference=None)
    html = audit_html(page)
    reader = read(html)
    assert "None" not in html.replace("None were", "") and "nan" not in html.lower().replace("nano", "")
    assert {figure.text for figure in reader.classed("figure")} == {"nothing to count n 0"}
    checkup = checkup_page(False)
    nothing = dict.fromkeys(checkup.figures, NOTHING)
    bare = checkup_html(replace(checkup, figures=nothing, yardsticks={}, by_domain={"code": nothing}, examples=()))
    assert "could not be counted" in bare and "None" not in bare.replace("None were", "")
    read(bare)


def test_the_barest_pages_stand() -> None:
    audit = AuditPage("t", "s", {}, {}, "note")
    assert "None were handed to this page." in audit_html(audit)
    read(audit_html(audit))
    read(audit_html(replace(audit, groups={"one": {}})))
    read(checkup_html(CheckupPage("t", "m", "2 of 2 pairs", {}, "note")))


def test_no_judged_sample_means_no_headline_for_disjoint() -> None:
    page = audit_page(2, 0)
    assert "is no headline" in audit_html(replace(page, corrected=None, judged=(0, 0)))
    with_sample = audit_html(page)
    assert "is no headline" not in with_sample and "corrected by 150 judged" in with_sample
    assert "corrected by 200 judged" not in with_sample  # no figure of the sample page is of messages


def test_a_share_of_messages_that_a_judge_corrected_is_said_to_be_and_by_how_many_messages() -> None:
    page = audit_page(2, 0)
    asked = {name: {"dialogue_initiative": figures["dialogue_initiative"]} for name, figures in page.groups.items()}
    said = audit_html(replace(page, corrected=asked, judged=(200, 150)))
    assert "dialogue_initiative is corrected by 200 judged at random" in said and "by 150 judged" not in said
    assert "200 messages and 150 conversations judged at random" in said


def test_only_surviving_differences_are_shown() -> None:
    page = audit_page(3, 0)
    none = audit_html(replace(page, differences=[replace(d, p_adjusted=0.2) for d in page.differences]))
    assert "none survives" in none and "points" not in none
    some = read(audit_html(page))
    surviving = [d for d in page.differences if d.p_adjusted < 0.05]
    shown = [e for e in some.classed("figure") if "points" in e.text and " n " in e.text]
    assert surviving and len(shown) == min(len(surviving), 30)


def test_moves_are_marked_where_they_stand() -> None:
    reader = read(audit_html(audit_page(1, 1, 4)))
    marked = {mark.text: mark.classes for mark in reader.named("mark")}
    assert marked["Where would you be setting out from, and roughly what may it cost?"] == ["eliciting"]
    labels = [label.text for label in reader.named("b") if label.classes]
    assert "encourage, unasked" in labels and "trail" in labels
    legend = " ".join(element.text for element in reader.classed("kinds"))
    assert all(move.does in legend for move in MOVES.values())


def test_pictures_have_words_and_two_layouts() -> None:
    reader = read(audit_html(audit_page(8, 0)))
    pictures = [e for e in reader.named("svg") if "picture" in e.classes]
    assert len(pictures) == 6
    known = {e.attributes["id"]: e.text for e in reader.elements if "id" in e.attributes}
    for picture in pictures:
        assert picture.attributes["role"] == "img" and "viewbox" in picture.attributes
        assert all(known[part] for part in picture.attributes["aria-labelledby"].split())
    widths = [picture.attributes["viewbox"].split()[2] for picture in pictures]
    assert widths.count("720") == 3 and widths.count("348") == 3


def test_the_page_stays_small() -> None:
    assert len(audit_html(audit_page(5, 20, 20)).encode()) < 400_000
    long = [Span("word <&> " * 4000, ("inform",), ())]
    messages = [ExampleMessage(i, "assistant", None, long) for i in range(20)]
    examples = [ExampleConversation(str(i), "g", messages) for i in range(20)]
    html = audit_html(replace(audit_page(1, 0), examples=examples))
    assert len(html.encode()) < 600_000 and "more characters" in html


def changed(figure: str, value: float, low: float, high: float, p: float) -> Changed:
    unit = "tokens" if figure == "assistant_tokens" else "share"
    bare, steered = (replace(share(0.2, 40), value=0.2 + more, unit=unit) for more in (0.0, value))
    return Changed("Word problems", bare, steered, Difference(figure, "steered", "model", value, low, high, p, p))


@pytest.mark.parametrize(
    ("row", "reading"),
    [
        (changed("asked_in_need", 0.5, 0.3, 0.7, 0.001), "better"),
        (changed("asked_needlessly", 0.5, 0.3, 0.7, 0.001), "worse"),
        (changed("asked_needlessly", 0.1, 0.01, 0.2, 0.4), "worse, not surely"),
        (changed("assistant_tokens", -0.5, -0.7, -0.3, 0.001), "better"),
        (changed("assumed", 0.5, 0.3, 0.7, 0.001), "more"),
        (changed("solved", 0.02, -0.1, 0.1, 0.9), "cannot be told apart"),
        (changed("solved", 0.0, 0.0, 0.0, 1.0), "the same"),
        (changed("reply_seconds", 0.005, 0.002, 0.008, 0.001), "too little to notice"),
        (changed("reply_seconds", 0.5, 0.2, 0.8, 0.001), "worse"),
    ],
)
def test_a_change_is_read_by_its_figure_and_its_certainty(row: Changed, reading: str) -> None:
    assert row.reading == reading
    assert row.tone == (reading if reading in ("better", "worse") else "cannot")
    assert (row.written.value == "none") == (reading == "the same") == (row.written.interval == "")


def test_what_a_policy_changed_stands_beside_what_it_cost() -> None:
    page = checkup_page()
    rows = [changed("asked_in_need", 0.5, 0.3, 0.7, 0.001), changed("assistant_tokens", 3.0, 1.0, 5.0, 0.001)]
    steered = replace(page.against, name="it, led") if page.against else None
    html = checkup_html(replace(page, policy="gaps", steered=steered, against=None, changes=rows))
    reader = read(html)
    text = "".join(element.text for element in reader.named("body"))
    assert "What changed with the policy" in text and "What it cost" in text and "with the policy gaps, 58%" in text
    readings = [element.text for element in reader.classed("reading")]
    assert any("better" in said for said in readings) and any("worse" in said for said in readings)
    assert "surely better: 1, surely worse: 0. Of what that cost, surely more: 1." in text
    heads = [element.text for element in reader.named("th")]
    assert heads.count("Bare") == heads.count("With the policy") > 2  # not in the tables of changes alone
    assert "What changed" not in checkup_html(page)


@pytest.mark.parametrize(
    ("winner", "sure", "said"), [(ALL, False, "cannot be told from it"), ("", False, "Nothing beat")]
)
def test_a_tuning_says_what_won_and_how_surely(winner: str, sure: bool, said: str) -> None:
    figures = {"worth": share(0.5, 20), "solved": share(0.6, 20)}
    rows = [changed("solved", 0.1, -0.1, 0.3, 0.4)] if winner else []
    laps = [Lap(8, 3, ALL, 0.5, [ALL, "b"]), Lap(12, 1, "none", 0.4, [])]
    page = TunePage(
        ALL, ALL, ALL, winner, sure, winner and f"overture serve {ALL}", 20, figures, figures, rows, laps, ALL
    )
    reader = read(tune_html(replace(page, left_out=[ALL], warnings=["A doubt."], config={ALL: ALL}, command=ALL)))
    assert [one.text for one in reader.classed("warning")] == ["A doubt."]
    body = reader.named("body")[0].text
    assert said in body and "How the race went" in body
    assert ("To use it" in body) == ("The winner beside the bare model" in body) == bool(winner)
