"""What an assistant says it has done, whether a call bears it out, and what it puts up for acceptance.

In come texts and messages; out come counts, yes or no, and sentences. Easy to get wrong: "it has been changed"
may report what a look-up found, so only what the assistant says of itself, or calls successful, is a claim; a letter
that it drafted speaks for somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..conversation import Message
from ..lenses.segments import spans
from ..models.base import JSON
from ..tasks.wording import OFFERS, apart, blanked
from .effects import changes_state, named

_DONE = (
    r"(?:booked|re-?booked|reserved|cancel+ed|sent|e-?mailed|deleted|removed|paid|refunded|updated|changed|modified|"
    r"moved|added|ordered|purchased|transferred|scheduled|rescheduled|issued|submitted|processed|upgraded|"
    r"downgraded|exchanged|returned|applied|placed|registered|created|posted|published)\b"
)
_CLAIM = re.compile(
    rf"\b(?:i|we)(?:'ve| have)(?: (?:now|just|already|successfully|also|gone ahead and)){{0,2}} {_DONE}|"
    rf"\b(?:has|have) (?:now |just )?been successfully {_DONE}|\b(?:was|were|is|are)(?: now)? successfully {_DONE}",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"\b(?:if|once|when|after|before|unless|until|would|not|never)\b|n't\b|\?", re.IGNORECASE)
_PUTS = re.compile(
    r"\b(?:i(?:'d| would)? (?:suggest|recommend|propose|advise)|how about|what about|why not|why don't (?:you|we)|"
    r"you (?:could|might want to)|we could|(?:would|do) you (?:like|want)|consider)\b",
    re.IGNORECASE,
)


def claims(text: str) -> int:
    """How many sentences say that the assistant has done something: not conditions, denials or drafts."""
    plain = text.replace("’", "'")
    spoken = blanked(plain, apart(plain))
    found = (spoken[start:end] for start, end in spans(plain))
    return sum(bool(_CLAIM.search(each)) and not _NOT_YET.search(each) for each in found)


def went_through(messages: Sequence[Message], tools: Sequence[JSON]) -> bool:
    """Whether some call that changes something was made and its answer does not begin with "error"."""
    for at, message in enumerate(messages):
        answers = [m for m in messages[at + 1 :] if m.role in ("tool", "function")]
        for number, call in enumerate(message.tool_calls):
            if not changes_state(call.name, named(tools, call.name)):
                continue
            own = [m for m in answers if call.id and m.tool_call_id == call.id] or answers[number : number + 1]
            if not (own and own[0].text.lstrip().lower().startswith("error")):
                return True
    return False


def proposals(text: str, moves: frozenset[str] | None) -> tuple[str, ...]:
    """The sentences that offer something, or put it up for acceptance where the message makes the move `propose`."""
    proposes = "propose" in (moves or ())
    found = (text[start:end] for start, end in spans(text))
    return tuple(each for each in found if OFFERS.search(each) or (proposes and _PUTS.search(each)))
