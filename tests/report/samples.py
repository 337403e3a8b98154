"""Believable pages to try the report on: figures that hang together, conversations that read like some.

In comes a seed or nothing, out come an AuditPage and a CheckupPage. The same data is what one looks at in a browser
(`python tests/report/samples.py FOLDER` writes the pages there), so a test never checks a page nobody has seen.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from overture.audit.differences import Difference
from overture.audit.estimates import Figure, wilson
from overture.moves import MOVES
from overture.report.audit import AuditPage, Coefficient, Preference, Reject, audit_html
from overture.report.checkup import CheckupPage, Compared, ExamplePair, Reply, checkup_html
from overture.report.examples import ExampleConversation, ExampleMessage, Span
from overture.report.matrix import Matrix

NOTHING = Figure(None, None, None, 0)
NAMES = [
    "gpt-4-0613", "llama-2-13b-chat", "mistral-7b-interact", "mistral-7b-base",
    "gpt-4o-airline", "support-bot v3", "gemma-2-9b", "house-model",
]  # fmt: skip
SHARES = {
    "request": 0.001, "execute": 0.31, "inform": 0.46, "coach": 0.22, "consult": 0.08, "assume": 0.05, "accept": 0.03,
    "decline": 0.02, "clarify": 0.06, "elicit": 0.19, "check": 0.07, "probe": 0.04, "challenge": 0.02, "propose": 0.09,
    "position": 0.05, "redirect": 0.01, "open": 0.02, "acknowledge": 0.24, "restate": 0.11, "repair": 0.02,
    "empathize": 0.03, "disclose": 0.002, "encourage": 0.06, "trail": 0.17,
}  # fmt: skip
OTHERS = {
    "dialogue_initiative": 0.31, "task_initiative": 0.18, "unasked": 0.09, "trailing": 0.17, "disjoint": 0.44,
    "disjoint_corrected": 0.29, "disjoint_floor": 0.21, "disjoint_ceiling": 0.93, "do_goal": 0.62, "done": 0.58,
    "coached": 0.27, "automation": 0.49,
}  # fmt: skip


def share(value: float, n: int) -> Figure:
    low, high = wilson(value, n)
    return Figure(value, low, high, n)


def group_figures(chance: random.Random, n: int) -> dict[str, Figure]:
    def near(value: float) -> float:
        return min(0.97, max(0.0, value * chance.uniform(0.4, 1.7)))

    out = {name: share(near(value), n) for name, value in OTHERS.items()}
    for move in MOVES:
        value = near(SHARES.get(move, 0.01))
        out[f"move:{move}"] = share(value, n)
        out[f"unasked:{move}"] = share(value * 0.2, n)
    return out


def conversation(number: int, group: str, length: int = 8) -> ExampleConversation:
    said = [
        ("user", [("Can you plan a weekend away for the four of us?", ("request",), ())]),
        (
            "assistant",
            [
                ("That sounds lovely.", ("encourage",), ("encourage",)),
                (" ", (), ()),
                ("Where would you be setting out from, and roughly what may it cost?", ("elicit",), ()),
            ],
        ),
        ("user", [("From Leeds. Not more than £600.", ("inform",), ())]),
        (
            "assistant",
            [
                ("Taking the second weekend of May as the date, ", ("assume",), ()),
                ("here is a plan: Friday train to Whitby, two nights at a guest house, the abbey. ", ("execute",), ()),
                ("I would book the table now: places fill up.", ("position", "propose"), ("propose",)),
                ("\n\n", (), ()),
                ("Let me know if you need anything else!", ("trail",), ()),
            ],
        ),
        ("tool", [('{"hotel": "Cliff House", "rooms": 2, "price": 318.00}', (), ())]),
    ]  # fmt: skip
    messages = [
        ExampleMessage(i, role, None, [Span(*one) for one in spans])
        for i, (role, spans) in enumerate((said * 10)[:length])
    ]
    return ExampleConversation(f"conversation-{number:04d}", group, messages)


def audit_page(groups: int = 5, examples: int = 20, length: int = 20, seed: int = 1) -> AuditPage:
    chance = random.Random(seed)
    names = (NAMES * 2)[:groups]
    figures = {name: group_figures(chance, chance.randint(180, 2400)) for name in names}
    differences = [
        Difference(figure, a, b, gap, gap - 0.06, gap + 0.06, 0.0001, 0.0004 if abs(gap) > 0.08 else 0.4)
        for figure in ("dialogue_initiative", "trailing", "task_initiative", "done", "coached", "move:elicit")
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        for gap in [(figures[a][figure].value or 0.0) - (figures[b][figure].value or 0.0)]
    ]
    turns = {
        name: [
            (
                turn,
                share(0.45 * 0.8**turn * chance.uniform(0.7, 1.3), 900 // turn),
                share(0.1 + 0.02 * turn, 900 // turn),
            )
            for turn in range(1, 11)
        ]
        for name in names
    }
    goals = [
        "Write material for artistic or commercial purposes", "Gather information from physical or electronic sources",
        "Develop computer or information systems or applications", "Edit written materials or documents",
        "Advise others on business or operational matters", "Explain technical details of products or services",
        "Prepare instructional or informational materials", "Analyze market or industry conditions",
        "Provide information to guests, clients, or customers", "Research healthcare issues",
    ]  # fmt: skip
    counts = [[int(chance.random() ** 5 * 180) + (140 if i == j else 0) for j in range(10)] for i in range(10)]
    return AuditPage(
        title="What five assistants did in 3,412 conversations",
        source="Four files of one run on vague requests, and one of a booking assistant; 14,206 messages in English.",
        counts={"good": 3412, "bad": 61, "unscored": 19, "doubles": 7, "conversations": 3412, "messages": 14206},
        groups=figures,
        lens_note="The labels are made by a small tagger. On messages that no training saw, its macro-F1 over moves is "
        "0.79; two blind labellers agree at 0.84. Shares of moves rarer than 1% are not to be leaned on.",
        corrected={name: {"disjoint_corrected": share(0.24, 150)} for name in names},
        judged=(200, 150),
        differences=differences,
        turns=turns,
        goal_action=Matrix(goals, goals[::-1], [row[::-1] for row in counts]),
        examples=[conversation(i, names[i % len(names)], length) for i in range(examples)],
        rejects=[
            Reject("not JSON: the line is torn", 41, ("records.jsonl at byte 18,220", "records.jsonl at byte 90,114")),
            Reject("message 3 has role 'critic', not one of assistant, user …", 20, ("records.jsonl at byte 4,096",)),
        ],
        left_out=["19 messages could not be judged and are in no share.", "7 doubles were counted and kept."],
        preference=Preference(
            [
                Coefficient("elicit × something missing", 0.41, 0.12, 0.70, 1.51),
                Coefficient("length", -0.1, -0.2, 0.01, 0.9),
            ],
            2210,
        ),
        config={"paths": ["records.jsonl", "airline.json"], "group_by": "file", "lens": {"moves": "1", "goals": "1"}},
        command="overture audit records.jsonl airline.json --group-by file --out out/",
        version="0.1.0",
        started="2025-06-02 10:14",
        finished="2025-06-02 10:15",
    )


DOMAINS = ["arithmetic", "booking", "code", "cooking", "letters", "planning", "shopping", "translation"]


def checkup_figures(need: float, needlessly: float, n: int = 48, **more: float) -> dict[str, Figure]:
    rest = {"guessed": 0.7, "assumed": 0.04, "asked_elsewhere": 0.06, "asked_and_guessed": 0.04, "declined": 0.02}
    rest |= {"done": 0.66, "coached": 0.21, "overstepped": 0.08, "trailing": 0.12} | more
    out = {"asked_in_need": share(need, n), "asked_needlessly": share(needlessly, n)}
    out["balanced_accuracy"] = share((need + 1 - needlessly) / 2, 2 * n)
    out |= {name: share(value, n) for name, value in rest.items()}
    return out | {"tokens": Figure(112.0, 98.0, 131.0, 96, "tokens"), "seconds": Figure(1.31, 1.1, 1.6, 96, "seconds")}


def checkup_page(against: bool = True, examples: int = 8) -> CheckupPage:
    reply = "Tom has 10 apples."
    pairs = [
        ExamplePair(
            DOMAINS[i % 8],
            Reply(
                "Tom has some apples and buys 5 more. How many has he now?",
                [Span(reply, ("inform",))],
                "guessed",
            ),
            Reply(
                "Tom has 5 apples and buys 5 more. How many has he now?",
                [Span("He has 10. ", ("inform",)), Span("Is there anything else?", ("trail",))],
                "delivered",
            ),
        )
        for i in range(examples)
    ]
    return CheckupPage(
        title="Does SmolLM2-135M-Instruct ask when it should?",
        model="SmolLM2-135M-Instruct",
        sampled="48 of 100 pairs, stratified by domain",
        figures=checkup_figures(0.04, 0.02),
        against=Compared("with ask-first", checkup_figures(0.58, 0.23, guessed=0.2)) if against else None,
        lens_note="Replies are classed by the moves lens and by whether they name the missing part.",
        yardsticks={
            "asker": checkup_figures(1.0, 0.0, guessed=0.0),
            "guesser": checkup_figures(0.0, 0.0, guessed=1.0),
            "pesterer": checkup_figures(1.0, 1.0, guessed=0.0),
            "coach": checkup_figures(0.0, 0.0, coached=1.0),
            "silent": checkup_figures(0.0, 0.0, done=0.0),
        },
        by_domain={d: checkup_figures(0.17 * (i % 4), 0.08 * (i % 3), 6) for i, d in enumerate(DOMAINS)},
        examples=pairs,
        left_out=["One reply could not be read and is in no figure."],
        measured=["Each request was put once, at temperature 0."],
        config={"model": "embedded", "seed": 0, "sample": 48},
        command="overture checkup --out out/",
        version="0.1.0",
        started="2025-06-02 10:14",
        finished="2025-06-02 10:16",
    )


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for groups in (1, 5, 8):
        (folder / f"audit{groups}.html").write_text(audit_html(audit_page(groups)), encoding="utf-8")
    (folder / "checkup.html").write_text(checkup_html(checkup_page()), encoding="utf-8")
    (folder / "checkup1.html").write_text(checkup_html(checkup_page(against=False)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
