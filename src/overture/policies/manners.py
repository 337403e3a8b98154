"""What is civil to ask: not what the user has said.

In come a question and the messages so far; out comes yes or no. What came of earlier questions, and how many more are
welcome, is in `initiative`. Easy to get wrong: "is it about the same thing?" is judged by the words that carry the
question, so "what date is it?" and "which day shall I take?" have to meet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..conversation import Message
from ..lenses.segments import spans
from ..tasks.kept import kept
from ..tasks.terms import stems
from ..tasks.wording import TRAILS
from .grounding import Heard

_ALIKE, _LEAST = 0.6, 0.5
"""Shares of the telling words of the shorter and of the longer of two questions that both must have to ask the same."""
PERMISSION = re.compile(
    r"\b(?:proceed|go ahead|confirm|shall i|should i|may i|is (?:this|that|everything) (?:correct|right|ok(?:ay)?)|"
    r"would you like me to|do you want me to)\b",
    re.IGNORECASE,
)
"""Asks for leave to do something, which has to be asked for each thing anew."""
_SMALL = frozenset(
    stems(
        "a an the of to in on at for from by with is are was be been do does did has have had will would can could "
        "should "
        "may might it its this that these those there i me my we us our you your he she they them his her their what "
        "which "
        "who when where why how and or but if so as not any some all please tell let know give share provide specify "
        "clarify confirm need want like just also more other else much many exactly kind sort thing something exact "
        "prefer "
        "before after first go ahead start use take mean say said should make get set thank thanks okay sure one time"
    )
)
_TOPICS: Mapping[str, str] = {
    "day": "date day when deadline weekday",
    "hour": "hour clock",
    "count": "number people guest person party size quantity",
    "place": "place city where location address town destination",
    "name": "name called",
    "mail": "email mail address",
    "phone": "phone mobile telephone",
    "money": "budget price spend cost amount",
}
_TOPIC_OF = {stem: topic for topic, words in _TOPICS.items() for stem in stems(words)}
_GIVEN = {
    "mail": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.\w+"),  # bounded: what was pasted may be one long word
    "phone": re.compile(r"(?<!\w)\+?\d[\d ()/-]{6,}\d"),
    "name": re.compile(r"\b(?i:my name is|i'm|i am|this is|name's|it's for|under the name)\s+[A-Z][\w'-]+"),
    "hour": re.compile(
        r"\b\d{1,2}(?::\d\d)?\s?(?:[ap]\.?m\b|o'clock)|(?<![\d:])\d{1,2}:\d\d(?![\d:])|"
        r"\bat (?:half past |quarter \w+ )?(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
        r"(?=\W*$|[,;.!]| (?:on|for|in|to|at)\b)|\b(?:at|by|around) (?:noon|midday|midnight)\b",
        re.IGNORECASE | re.MULTILINE,
    ),
    "night": re.compile(r"\b(?:\d+|a|one|two|three|four|five|six|seven|eight|nine|ten)[ -]nights?\b", re.IGNORECASE),
    "money": re.compile(r"[$€£]\s?\d|\d\s?(?:\$|€|£|euros?|dollars?|pounds?|francs?|eur|usd|gbp|k\b)", re.IGNORECASE),
    "count": re.compile(
        r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|a dozen) "
        r"(?:people|persons?|guests?|adults?|of us|friends)\b|"
        r"\b(?:for|party of|group of) (?:\d{1,2}|two|three|four|five|six|seven|eight)\b"
        r"(?! (?:day|night|week|hour|minute|month|year|euro|dollar|pm|am))",
        re.IGNORECASE,
    ),
}  # fmt: skip
_COPULA = r"(?:\s+(?:is|are|was|will be|would be)|'s|\s*[:=])\s+(?!not\b|unknown|unclear|open|flexible|the same)\w"


def telling(text: str) -> frozenset[str]:
    """The stems of a text that carry it, without the small words that any question has."""
    return frozenset(stems(text)) - _SMALL


@kept()
def topic(question: str) -> frozenset[str]:
    """What a question is about: its telling words, words for a day, a count or a place as one."""
    found = {_TOPIC_OF.get(word, word) for word in stems(question)}
    about = {word for word in found if word not in _SMALL}
    if not about and re.match(r"\W*(when|where|who)\b", question, re.IGNORECASE):
        return frozenset({_TOPIC_OF.get(stems(question)[0], stems(question)[0])})
    if re.search(r"\bwhat time\b", question, re.IGNORECASE):
        about.add("hour")
    return frozenset(about)


def same(one: str, other: str) -> bool:
    """Whether two questions ask the same."""
    first, second = topic(one), topic(other)
    shared = len(first & second)
    fewer, more = sorted((len(first), len(second)))
    return bool(shared) and shared >= _ALIKE * fewer and shared >= _LEAST * more


def already_said(question: str, messages: Sequence[Message]) -> bool:
    """Whether the user has said what a question asks for: a day, a number of people, an address, "the X is …", or
    how many in the very words that the question quotes.

    Only for questions that ask for one plain thing; "which of the two dates" asks for more than whether one was said.
    """
    if any(_counted(match[1], match[2]) for match in _QUOTED.finditer(question)):
        return True
    about = topic(question)
    if not about or re.search(r"\b(?:or|which of|do you mean|you said)\b", question, re.IGNORECASE):
        return False
    said = "\n".join(message.text for message in messages if message.role == "user")
    if about <= {"day"} | _BOOKING and "day" in about:
        days = Heard.of(messages).days
        return bool(days.named or days.away - {0} or days.weekdays) or bool(
            re.search(r"\bto(?:day|night)\b", said.lower())
        )
    for kind, pattern in _GIVEN.items():
        if kind in about and about <= {kind} | _BOOKING:
            return bool(pattern.search(said.replace("’", "'")))
    if len(about) > 3:
        return False
    for sentence in re.split(r"[.!?\n]+", said):
        for match in re.finditer(
            rf"\b(?:the|my|our|its|his|her|their)\s+([\w -]{{2,40}}?){_COPULA}", sentence, re.IGNORECASE
        ):
            named = {_TOPIC_OF.get(word, word) for word in stems(match[1])} - _SMALL
            if named and about == frozenset(named):
                return True
    return False


def _counted(quote: str, noun: str) -> bool:
    """Whether words that a question quotes already say how many: "180 passengers", and nothing vague beside it."""
    figure = re.search(rf"\d\s+(?:[\w'-]+\s+)?{re.escape(noun)}\b", quote, re.IGNORECASE)
    return bool(figure) and not _INDEFINITE.search(quote)


_QUOTED = re.compile(r"[\"“]([^\"“”\n]{3,200})[\"”]\W*how many ([\w'-]+)", re.IGNORECASE)
_INDEFINITE = re.compile(r"\b(?:some|several|many|few|more|other|each|every|same|various|enough)\b", re.IGNORECASE)
_BOOKING = frozenset(
    stems("book table reservation flight room trip order meeting event travel arrive leave depart stay call mail")
)


def more_to_come(messages: Sequence[Message]) -> bool:
    """Whether the user has said that they will say it in pieces, so that what is missing is on its way."""
    return any(_IN_PIECES.search(message.text) for message in messages if message.role == "user")


_IN_PIECES = re.compile(
    r"\b(?:(?:tell|send|give|show|get|getting|paste|read|say) [^.!?\n]{0,60}(?:piece by piece|bit by bit|part by part|"
    r"one (?:part|piece|message) at a time|in (?:several|a few|two|three) (?:parts|pieces|messages))|"
    r"more (?:is )?(?:to come|to follow|follows)|(?:rest|next part|second part) (?:will )?(?:follows?|comes?))\b",
    re.IGNORECASE,
)


def without_trail(text: str) -> str | None:
    """The message without the generic offer that it ends in; None where it ends in none."""
    found = [piece for start, end in spans(text) for piece in _sentences(text, start, end)]
    cut = len(found)
    while cut and TRAILS.search(text[found[cut - 1][0] : found[cut - 1][1]].replace("’", "'")):
        cut -= 1
    if cut == len(found):
        return None
    return text[: found[cut - 1][1]].rstrip() if cut else ""


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A segment cut once more where a sentence ends in a figure: "It is 10. Let me know."""
    cuts = [start + match.end() for match in re.finditer(r"(?<=\d[.!?])\s+(?=[A-Z])", text[start:end])]
    return list(zip([start, *cuts], [*cuts, end], strict=True))
