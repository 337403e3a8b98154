"""A request for a figure: what to ask about it, and when to wait because nothing is there to reckon with.

In come a user's words; out come a question and whether too few figures have been said. Whoever asks how many something
is cannot be asked that back, so the question goes to what the figure hangs on, the things that the request names; and
from one figure no other can be reckoned, so until there are two a user who tells it in pieces is let go on. Easy to get
wrong: "does each guest get" names the guest and no "guest get", and a unit ("how many euros") is what is sought and
nothing that anybody could tell more about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from ..conversation import Message
from ..lenses.segments import spans
from ..tasks.figures import figures
from ..tasks.kept import kept
from ..tasks.terms import stems
from .effects import words_of

ENOUGH = 2
"""Figures from which another can be reckoned: with fewer there is nothing to reckon with."""
OPENING = "What do I need to know"
"""How a question begins that is about all of a request for a figure."""
NOT_YET = "Then I cannot work it out yet. As soon as the figures are there, I will."
GO_ON = "Noted. Go on."
"""What is said while there is too little to reckon with: to who could not answer, and to who tells it in pieces. Both
ask nothing."""
MOST = 3
"""Things that one question names, and words of one."""
LONGEST_WORD = 30
"""Characters; a longer word is no name of a thing."""
_MEASURES = (
    "total|sum|number|amount|percentage|percent|share|average|profit|cost|price|score|age|weight|length|difference|"
    "ratio|speed"
)
_SOUGHT = re.compile(
    r"(?:^|[,.;:?!]\s*|\b(?:after|and|at|by|for|from|in|of|to|with|determine|find|calculate) )"
    r"how (?:much|many|long|far|often|old|tall|high|big|fast|heavy|wide|deep|late)\b|"
    r"\bwhat(?:'s| is| was| are| were| will be| would be|)(?: the| her| his| their| my| our)?(?: \w+)? "
    rf"(?:{_MEASURES})\b|\b(?:calculate|compute|work out|find out|find|determine)\b[^.?!]{{0,40}}\b(?:{_MEASURES})\b",
    re.IGNORECASE,
)
_RATIO = re.compile(
    r"\b(?:half|halves|twice|thrice|doubled?|tripled?|quadrupled?|quarters?|one-third|thirds?|fifths?)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_][\w'-]*|[^\w\s]")
_UNITS = frozenset(
    words_of(
        "euro euros dollar dollars cent cents pound pounds franc francs minute minutes hour hours second seconds day "
        "days week weeks month months year years gram grams kilogram kilograms kilo kilos ounce ounces litre litres "
        "liter liters gallon gallons metre metres meter meters kilometre kilometres kilometer kilometers mile miles "
        "foot feet inch inches yard yards degree degrees percent percentage times total sum number amount money "
        "average share age cup cups tablespoon tablespoons teaspoon teaspoons km kg cm mm ml mg lb lbs oz ft mph kmh "
        "celsius fahrenheit kelvin ton tons tonne tonnes stone acre acres hectare hectares pint pints byte bytes kb mb "
        "gb tb dozen decade decades century centuries"
    )
)
"""What a figure is counted in, which is no thing to ask about."""
_PRICES = frozenset(words_of("euro euros dollar dollars cent cents pound pounds franc francs"))
"""Units that buy more of one thing than of another."""
_DETERMINERS = frozenset(
    words_of("the a an this that these those each every his her their its my our your one another other many")
)
_LINKS = frozenset(
    words_of(
        "of for in on at with from by per between among into about after before during than and or as to if then when "
        "while over under within without through across around against"
    )
)
_DO = frozenset(words_of("do does did will would can could should must shall"))
_BE = frozenset(words_of("is are was were be been being am"))
_OTHERS = frozenset(["that's", "what's"]).union(
    words_of(
        "i you he she it we they me him us them there here how much long far often old tall high big fast heavy wide "
        "deep late what which who whose where why not so such all both any some more most fewer less least able also "
        "just only have has had having get gets got getting go goes went going make makes made need needs take takes "
        "took use uses used give gives gave left now together altogether overall still already again too very exactly "
        "end up out off away back down enough today tomorrow yesterday same new total twice half once order time times "
        "rest but because since until calculate compute determine find spend spent remaining not yet"
    )
)
"""Small words, and verbs so common that they tell nothing."""
_PEOPLE = frozenset(words_of("people children men women mice feet teeth geese"))
_SUMS = frozenset(
    words_of("x plus minus times divided multiplied squared cubed square cubic root power convert equal equals half")
)
"""How a sum is said."""
_HOLDERS = frozenset(
    stems(
        "box bag pack packet package basket jar crate carton case row shelf tray bottle class classroom room team "
        "group page book bus car house building garden field school shop store tank pile bundle bunch stack set "
        "drawer bucket bowl plate tin can barrel cupboard bed pot roll sheet batch order ticket flight layer vial"
    )
)
"""Things of which each holds as many as somebody put there."""
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d+(?:[.,/]\d+)?)"
_OF = r"(?: [a-z]+){1,2}(?: of(?: [a-z]+){1,2})?"
_FACT = re.compile(
    rf"\W*(?i:how) (?:many|much)(?: [a-z]+| [A-Z]\d{{0,2}}){{0,2}} (?:(?:is|are)(?: there)? in {_COUNT}{_OF}"
    rf"|do(?:es)? {_COUNT}(?: [a-z]+){{1,2}}(?: of [a-z]+)? (?:have|contain|weigh)"
    rf")\W*|\W*(?i:how) many(?: [a-z]+){{1,2}} (?:is|are) {_COUNT} (?P<unit>[a-z]+)\W*"
)
"""How many of one kind another kind of thing has: eggs in 4 dozen, vitamin C in 2 oranges, the legs of 6 spiders; or
how many of a thing a length or a time comes to: steps in 5 km."""
_WAYS = re.compile(
    r"\W*(?i:how many) (?:(?:different|distinct|possible|unique) )?(?:ways|combinations|permutations|arrangements)\b"
    r"[^.!?\n]*\d[^.!?\n]*\W*"
)
"""In how many ways so many things can be put: a sum in words."""
_SMALL = _DETERMINERS | _LINKS | _DO | _BE | _OTHERS


def seeks_figure(text: str) -> bool:
    """Whether a request asks how many or how much."""
    return bool(_SOUGHT.search(text))


def question_about(text: str) -> str:
    """The question for what a request for a figure leaves open, by the things that it names."""
    asking = " ".join(text[start:end] for start, end in spans(text) if seeks_figure(text[start:end]))
    *others, last = (things(asking) or things(text))[:MOST] or ("",)
    named = " and ".join(filter(None, (", ".join(others), last)))
    return f"{OPENING} about {named}?" if named else f"{OPENING} for that?"


@kept()
def is_sum(text: str) -> bool:
    """Whether a request is a sum or a conversion and nothing else: it has two figures, or one and two units, and names
    no thing of which something could be left open."""
    words = [word.lower() for word in _WORD.findall(text.replace("’", "'")) if word[0].isalnum()]
    units = {word for word in words if word in _UNITS}
    if not all(word[0].isdigit() or word in _SMALL | _UNITS | _SUMS for word in words):
        return False
    count = len(figures(text))
    return count > 1 or (count == 1 and len(units) > 1)


@kept()
def is_fact(text: str) -> bool:
    """Whether a request asks only how many of one kind of thing another kind has, which is so for every one of them
    and hangs on nothing of the user's: no name, no "the" or "my", and nothing that one may fill at will."""
    plain = text.replace("’", "'")
    if _WAYS.fullmatch(plain):
        return True
    match = _FACT.fullmatch(plain)
    unit = match["unit"] if match else None
    return match is not None and _HOLDERS.isdisjoint(stems(text)) and (not unit or unit in _UNITS - _PRICES)


def waited(text: str) -> bool:
    """Whether a message of the assistant's lets the user go on, in the words of these."""
    return text in (NOT_YET, GO_ON)


@kept()
def figures_in(text: str) -> int:
    """How many figures a text holds, words such as "twelve" and "half" among them."""
    return len(figures(text)) + len(_RATIO.findall(text))


def too_few(messages: Sequence[Message]) -> bool:
    """Whether the user asks for a figure and has said too few to reckon it from."""
    said = [message.text for message in messages if message.role == "user"]
    return any(map(seeks_figure, said)) and sum(map(figures_in, said)) < ENOUGH


def in_pieces(messages: Sequence[Message]) -> bool:
    """Whether a request for a figure was asked about as a whole, or let go on: it is then told in pieces."""
    own = (message.text for message in messages if message.role == "assistant")
    return any(text.startswith(OPENING) or waited(text) for text in own)


@kept()
def things(text: str) -> tuple[str, ...]:
    """The things that a request names, in order, as one speaks of them to its writer: `each guest`, `your garden`."""
    found: dict[tuple[str, ...], str] = {}
    run: list[str] = []
    before, subject, begins = "", False, True
    for token in [*_WORD.findall(text.replace("’", "'")), "."]:
        low = token.lower()
        if token[0].isalpha() and low not in _SMALL:
            # the first word of a sentence is written large whatever it is
            run.append(low if begins and not run else token)
            begins = False
            continue
        if run:
            verb = subject and low not in _OTHERS and len(run) > 1
            named = _named(run[:-1] if verb else run, before, subject)
            if named:
                found.setdefault(tuple(stems(named)), _spoken(before, named))
            subject = subject and not verb and bool(named)
        subject = low in _DO or (subject and low in _DETERMINERS | _LINKS)
        run, before, begins = [], low, token in ".?!"
    return tuple(found.values())


def _named(run: Sequence[str], before: str, subject: bool) -> str:
    """What a run of telling words names; empty where it names nothing that one could ask about."""
    words = list(run)
    if words[0][0].isupper() and not words[0].endswith("'s"):
        words = list(takewhile(lambda word: word[0].isupper(), words))
    elif before == "many" and any(map(_plural, words)):
        words = words[: 1 + max(at for at, word in enumerate(words) if _plural(word))]
    elif before in _DETERMINERS or (before in _LINKS - {"to"} and not words[0].endswith("ing")):
        words = list(takewhile(lambda word: word[0].islower() or word.endswith("'s"), words))
        while len(words) > 1 and words[-1].endswith("ed"):
            words.pop()
    elif not words[0].endswith("'s"):
        return ""
    if not words or len(words) > MOST or any(len(word) > LONGEST_WORD for word in words):
        return ""
    units = {words[0].lower(), words[-1].lower()} & _UNITS
    return "" if units or words[-1].endswith("ly") else " ".join(words)


def _plural(word: str) -> bool:
    return word in _PEOPLE or (word.endswith("s") and not word.endswith("ss"))


def _spoken(before: str, named: str) -> str:
    if named[0].isupper():
        return named
    own = {"my": "your", "our": "your", "a": "the", "an": "the", "one": "each", "many": "the", "another": "the other"}
    return f"{own.get(before, before)} {named}" if before in _DETERMINERS else f"the {named}"
