"""Every policy by itself: three lines before a model, and a page that names its source and its departures."""

from __future__ import annotations

from pathlib import Path

import pytest

import overture as ov
from overture.models import Scripted
from overture.policies.named import POLICIES, WRAPPERS

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PAGES = {
    "insert_expansion": "insert-expansion",
    "premise": "premise",
    "gaps": "gaps",
    "worth_asking": "worth-asking",
    "mediator": "mediator-assistant",
    "joined": "mediator-assistant",
    "options": "generative-variability",
    "doer": "doer",
    "api_first": "axis",
    "civility": "proactive-civility",
}
TALK = ov.Conversation.of([
    {"role": "system", "content": "You are brief."},
    {"role": "user", "content": [{"type": "text", "text": "Bonjour, quelle heure est-il ?"}]},
    {"role": "assistant", "content": "Je ne sais pas."},
    {"role": "user", "content": "Thanks. What is the capital of Italy?"},
])  # fmt: skip


@pytest.mark.parametrize("name", [*POLICIES, *WRAPPERS])
async def test_it_stands_alone_in_three_lines(name: str):
    model = Scripted.function(lambda _: "Rome.", "guide", "1")
    led = ov.steer(model, f"joined+{name}" if name in WRAPPERS else name)
    reply = await led.reply(TALK)
    assert reply.message.text == "Rome."
    assert not any("failed" in made["details"] for made in reply.details["decisions"] if name != "mediator")


@pytest.mark.parametrize("name", [*POLICIES, *WRAPPERS])
def test_its_page_names_its_source_and_its_departures(name: str):
    page = (RECIPES / f"{PAGES[name]}.md").read_text("utf-8")
    assert f'"{name}"' in page or f"+{name}" in page or f"`{name}`" in page
    assert "departures" in page.lower() or "## Not the same" in page
    assert any(mark in page for mark in ("arXiv", "Horvitz 1999", "Weisz et al.", "Kim et al.", "no published policy"))
