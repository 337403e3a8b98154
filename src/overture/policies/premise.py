"""A premise that is false or contradicts itself is named, not worked around.

In comes a conversation; out comes LEAVE, or `challenge`. Contradictions within what was said are found by rule
(`clashes`) and named in the policy's own words, with no model. With `ask_model`, a model is asked too, for what takes
knowledge of the world; its verdict is read strictly, and the premise it names has to stand in the user's own words.
Easy to get wrong: a judge may be talked to by what it judges, so the messages stand inside a fence, and a verdict that
cannot be read changes nothing and is noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..conversation import Conversation, Message
from ..errors import ModelError, UsageError
from ..models import Model
from ..models.verdicts import Unscored, ask, in_words
from . import clashes
from .base import LEAVE, Decision, prompt
from .grounding.dates import today_in
from .grounding.heard import plain
from .material import all_is_material
from .mediator import as_text

VERSION = f"1, clashes {clashes.VERSION}"
"""Changes whenever some turn would be led otherwise."""
LONGEST = 8000
"""Characters of the conversation before the last message that the judge sees; the latest ones."""
_WHICH = {
    "no_such_day": "Which day do you mean?",
    "weekday": "Which day do you mean?",
    "past": "Which day do you mean?",
    "more_than_there_is": "Which figure is right?",
    "more_than_there_was": "Which figure is right?",
    "two_values": "Which one is right?",
    "backwards": "Which way round is it?",
}


class Premises(BaseModel):
    """What the judge answers."""

    model_config = ConfigDict(extra="forbid")
    holds: bool
    premise: str = Field(max_length=600)
    problem: str = Field(max_length=600)


@dataclass(frozen=True)
class Premise:
    """Names what cannot be. Offline by default; it plans and reviews nothing."""

    model: Model | None = None
    ask_model: bool = False
    """Also ask the model about what no rule finds. Costs a call a turn."""
    today: date | None = None
    """The day it is; None: as the conversation says, if it does."""
    name: str = "premise"
    reviews: bool = False

    def identity(self) -> Mapping[str, Any]:
        own: dict[str, Any] = {
            "policy": self.name,
            "version": VERSION,
            "today": str(self.today) if self.today else None,
        }
        if self.ask_model:
            own |= {"prompts": [prompt("premise").version, prompt("premise_named").version]}
            own["model"] = self.model.identity() if self.model else None
        return own

    async def decide(self, conversation: Conversation) -> Decision:
        """LEAVE or `challenge`; LEAVE with the reason in its details where the judge could not be read. Raises
        UsageError where it should ask a model and has none."""
        messages = conversation.messages
        if not messages or messages[-1].role != "user":
            return LEAVE
        said = [message.text for message in messages if message.role == "user"]
        today = self.today or today_in(message.text for message in messages if message.role in ("system", "developer"))
        for found in () if all_is_material(messages) else clashes.clashes(said, today):
            if not any(found.problem in message.text for message in messages if message.role == "assistant"):
                say = f'You wrote "{found.words}". {found.problem} {_WHICH[found.kind]}'
                why = f'"{found.words}": {found.problem}'
                return Decision("challenge", why=why, say=say, details={"clash": found.kind})
        return await self._judged(messages) if self.ask_model else LEAVE

    async def _judged(self, messages: Sequence[Message]) -> Decision:
        if self.model is None:
            raise UsageError("premise with ask_model needs a model to ask")
        before = as_text(Conversation(tuple(messages[:-1])))[-LONGEST:]
        outside = {"before": before or "(nothing)", "message": messages[-1].text}
        try:
            verdict = await ask(self.model, prompt("premise").filled({}, outside), Premises)
        except ModelError as error:
            verdict = in_words(error)
        if isinstance(verdict, Unscored):
            return Decision(LEAVE.move, policy=self.name, details={"failed": verdict.reason})
        if verdict.holds:
            return LEAVE
        said = "".join(plain(message.text) for message in messages if message.role == "user")
        if len(plain(verdict.premise).split()) < 2 or plain(verdict.premise) not in said or not verdict.problem.strip():
            return Decision(LEAVE.move, policy=self.name, details={"failed": "the premise is not in the user's words"})
        told = prompt("premise_named").filled({}, {"premise": verdict.premise, "problem": verdict.problem}).strip()
        why = f'"{verdict.premise}": {verdict.problem}'
        return Decision("challenge", told, why=why, details={"clash": "judged"})
