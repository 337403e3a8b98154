"""The table of moves: one definition, the families, and how other schemes read in these words.

In come the table in code, the design where it is at hand, and the labels that public sets really use; out comes every
difference. Easy to get wrong: a scheme that lacks a label drops every message that carries it, and nobody notices.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from overture.moves import DELIVERING, ELICITING, FAMILIES, LEADING, MOVES, table_markdown
from overture.schemes import SCHEMES

DESIGN = Path(__file__).parents[2] / "shared" / "DESIGN.md"


def rows(markdown: str) -> list[list[str]]:
    """The cells of the table whose head begins with `family`."""
    lines = markdown.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("| family | move |"))
    found: list[list[str]] = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_table_is_the_one_of_the_design():
    if not DESIGN.is_file():
        pytest.skip("../shared/DESIGN.md is not here")
    designed = rows(DESIGN.read_text("utf-8"))
    family = ""
    for row in designed:
        row[0] = family = row[0] or family
    plain = [[cell.replace("`", "").replace("*", "").replace(" below", "") for cell in row] for row in designed]
    ours = [[move.family, move.name, move.does, move.unlike] for move in MOVES.values()]
    assert [row[:3] for row in plain] == [row[:3] for row in ours]
    for theirs, (_, name, _, unlike) in zip(plain, ours, strict=True):
        key = theirs[3].split(":")[0].split("(")[0].strip()
        assert unlike.startswith(key), f"{name}: {theirs[3]!r} is written {unlike!r}"


def test_the_table_as_markdown_holds_every_move_once_and_can_be_read_back():
    back = rows(table_markdown())
    assert [row[1].strip("`") for row in back] == list(MOVES)
    assert all(len(row) == 4 and row[2] for row in back)


def test_families_share_out_the_moves_and_the_sets_are_families():
    assert [name for family in FAMILIES.values() for name in family] == list(MOVES)
    assert list(FAMILIES) == [
        "requesting",
        "responding",
        "eliciting",
        "leading",
        "grounding",
        "relating",
        "neither",
    ]
    assert {"clarify", "elicit", "check", "probe"} == ELICITING
    assert {"challenge", "propose", "position", "redirect", "open"} == LEADING
    assert not ELICITING & LEADING
    assert {"execute", "inform", "coach"} == DELIVERING < set(FAMILIES["responding"])
    assert FAMILIES["neither"] == ("trail",)


def test_nothing_of_the_table_can_be_changed():
    for table in (MOVES, FAMILIES, SCHEMES, SCHEMES["bolt"].labels):
        with pytest.raises(TypeError):
            table["new"] = None  # pyright: ignore[reportIndexIssue]


EXAMPLES = [
    ("lost_in_conversation", "clarification", "clarify"),
    ("lost_in_conversation", "interrogation", "elicit"),
    ("lost_in_conversation", "hedging", "assume"),
    ("lost_in_conversation", "answer-attempt", "execute"),
    ("lost_in_conversation", "missing", ""),
    ("grounding_acts", "followup", "probe"),
    ("grounding_acts", "acknowledgment", "acknowledge"),
    ("esconv", "Reflection of feelings", "empathize"),
    ("esconv", "Restatement or Paraphrasing", "restate"),
    ("esconv", "Self-disclosure", "disclose"),
    ("cima_tutor", "Hint", "coach"),
    ("cima_tutor", "Correction", "inform reject"),
    ("cima_student", "Question", "request"),
    ("craigslist", "counter", "propose"),
    ("craigslist", "agree", "accept"),
    ("craigslist", "inquire", "elicit"),
    ("p4g", "proposition-of-donation", "propose"),
    ("p4g", "personal-story", "disclose"),
    ("p4g", "praise-user", "encourage"),
    ("inspired", "offer-help", "trail"),
    ("inspired", "preference-confirmation", "check"),
    ("inspired", "rephrase-preference", "restate"),
    ("bolt", "Reflections on Emotions", "empathize"),
    ("bolt", "Questions on Perspectives", "probe"),
    ("bolt", "Problem-Solving", "coach"),
]


@pytest.mark.parametrize(("scheme", "label", "moves"), EXAMPLES)
def test_labels_read_as_moves(scheme: str, label: str, moves: str):
    assert SCHEMES[scheme].labels[label] == set(moves.split())


def test_every_scheme_names_its_source_says_something_and_is_tried_above():
    assert {scheme for scheme, _, _ in EXAMPLES} == SCHEMES.keys()
    for scheme in SCHEMES.values():
        assert "20" in scheme.source
        assert any(scheme.labels.values())
        assert frozenset().union(*scheme.labels.values()) <= MOVES.keys()


def test_the_schemes_have_as_many_labels_as_their_papers():
    counts = {name: len(scheme.labels) for name, scheme in SCHEMES.items()}
    expected = {"lost_in_conversation": 7, "grounding_acts": 3, "esconv": 8, "cima_tutor": 5, "cima_student": 4}
    assert {name: counts[name] for name in expected} == expected


def bolt(folder: Path) -> Iterator[str]:
    for file in ("client_train.csv", "therapist_train.csv"):
        with (folder / "bolt" / file).open(encoding="utf-8", newline="") as stream:
            yield from (row["completion"].strip() for row in csv.DictReader(stream))


def p4g(folder: Path) -> Iterator[str]:
    with (folder / "p4g" / "dialogues.jsonl").open(encoding="utf-8") as stream:
        for line in stream:
            for turn in json.loads(line)["label"]:
                for labels in turn.values():
                    yield from labels


@pytest.mark.parametrize(("scheme", "labels"), [("bolt", bolt), ("p4g", p4g)])
def test_every_label_that_occurs_has_its_place(scheme: str, labels, shared_data: Path):
    found = set(labels(shared_data))
    assert len(found) > 5
    assert found <= SCHEMES[scheme].labels.keys()


def test_cima_has_as_many_actions_as_its_scheme(shared_data: Path):
    sets = json.loads((shared_data / "cima" / "dataset.json").read_text("utf-8"))
    tutor, student = set[int](), set[int]()
    for item in (item for some in sets.values() for item in some.values()):
        tutor |= {len(flags) for flags in item["tutorActions"]}
        student.add(len(item["studentActions"]))
    assert tutor == {len(SCHEMES["cima_tutor"].labels)}
    assert student == {len(SCHEMES["cima_student"].labels)}
