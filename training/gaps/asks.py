"""What a written question asks for, in the finer words of the lens (`overture.lenses.gaps_asks.ASKS`).

In come the question that stands beside a request which lacks something, and the kind that its writer gave it; out come
the asks that would be right. Of a public set's questions the kind is read off the words alone and is not given. Easy to get wrong: a question may ask for several things ("Where, when and for how
many?"), so there is a set and any of it is right; and the writer's kind is always among them, under a finer name or
its own.
"""

from __future__ import annotations

import re

from example import Example

from overture.lenses.gaps import KINDS
from overture.lenses.gaps_asks import ASKS

_RULES = (
    ("language", r"\blanguages?\b|mother tongue|en quelle langue|qué idioma|sprache"),
    ("people", r"how many (?:people|guests|persons|visitors|adults|children|kids|travellers|passengers|are you|will you|"
               r"will there be|are coming|of you)|^for how many$|how large is (?:your|the) (?:group|party)"),
    ("duration", r"how long|until when|from when to when|how often|"
                 r"how many (?:days|nights|weeks|months|hours|minutes|years)|which hours"),
    ("time", r"\bwhen\b|\b(?:which|what) (?:\w+ )?(?:day|date|time|evening|year|month|night|week|hour)s?\b|season|deadline|"
             r"wann|cuándo|qué hora"),
    ("route", r"from where|where from|from which \w+ to which|where do you (?:fly|start|leave)"),
    ("country", r"which (?:country|state|town|city|region|area)|where (?:are you\b(?! going)|do you live)"),
    ("place", r"\bwhere\b|\baddress\b|which (?:branch|restaurant|hotel|airport|station|studio|pool|place|shop)\b|location"),
    ("recipient", r"\b(?:to|with|for) (?:whom|which (?:team|colleague|person|charity|friend))|whom should|^whom|who gets"),
    ("who", r"\bwho\b|\bwhose\b|\bnames?\b|which (?:person|man|woman|colleague|doctor|actor|composer|patient)|how old"),
    ("budget", r"\bbudget\b|ceiling|may it cost|you (?:can )?spend|can you (?:spend|pay)|(?:highest|least) .*(?:bid|take)|"
               r"up to what price"),
    ("money", r"\bcosts?\b|price|\bpay\b|\bearn|\brate\b|\bbill\b|income|salary|how much (?:money|should be paid)"),
    ("message", r"what should (?:it|i|we|the \w+|be)\b.*\b(?:say|reply|tell|write|announce|know|called|on|in|let)\b|"
                r"what should it say|would you like to say|to say"),
    ("text", r"\bpaste\b|what does .*(?:say|look like)|which (?:text|sentence|word|paragraph|poem|code)|"
             r"what (?:is|are) (?:the|your) (?:\w+ )?(?:text|sentence|code|list|word|question|clue|letter|poem|data|steps)|"
             r"what did \w+ (?:write|say)|come through|error message"),
    ("taste", r"\b(?:do|would) you (?:like|prefer|want|enjoy)|\blikes?\b|allerg|prefer|\beat\b|flavou?r|dietary|favou?rite|"
              r"genre|cuisine"),
    ("topic", r"about what|be about|is it about|^on what|\bof what|^an? \w+ (?:on|of|for) what|topic|what is the news|"
              r"\w+ (?:on|for) what$"),
    ("situation", r"situation|what (?:has )?happened|what is (?:wrong|the problem)|your case|symptom|your (?:goal|data|exam)"),
    ("purpose", r"\bfor what\b|what .*\bfor\b|purpose|reason|for which|for whom|use it|intend|what does your|industry"),
    ("level", r"\blevel\b|experience|expertise|detailed|in-depth|beginner|skill|how (?:much )?detail"),
    ("sort", r"\b(?:what|which|a|any|specific|preferred|particular) (?:\w+ ){0,2}(?:types?|kinds?|genre|themes?|focus|aspects?|"
             r"areas?|features?|fields?)\b|are you (?:most )?(?:interested|looking)"),
    ("form", r"format|\bsizes?\b|colou?r|\bstyle|\btone\b|layout|decimals|\btype\b|class\b|version"),
    ("amount", r"how (?:much|many|large|big|heavy|tall|far|high|old|fast|wide|deep)|amount|number of|combien|cuánto"),
    ("referent", r"^(?:is|are|do|eat|does|convert|compare) what|^what is (?:it|that|this)$|do you mean|"
                 r"what should i (?:turn|undo|remove|cancel|print|move|close|open|delete|add|put|order|stop|start)"),
    ("which", r"^(?:at |in |to |on |for |of |from )?which\b"),
)  # fmt: skip
_COMPILED = tuple((ask, re.compile(rule)) for ask, rule in _RULES)
_FIRST = re.compile(r"(?<=\?) .*", re.DOTALL)
"""What a question goes on with once it has been put."""
_PARTS = re.compile(r",? and (?=\w)|, |\? |; |(?<=where), or ")


def asks_of(question: str, kind: str) -> frozenset[str]:
    """The names in ASKS that the question asks for; empty where neither it nor the kind says so."""
    found: set[str] = set()
    for part in _PARTS.split(_FIRST.sub("", question.lower()).strip().rstrip("?.! ")):
        hits = [ask for ask, rule in _COMPILED if rule.search(part.strip())]
        if hits:
            # the writer's kind decides between readings of the same words
            found.add(next((ask for ask in hits if ASKS[ask] == kind), hits[0]))
    if kind in KINDS and not any(ASKS[ask] == kind for ask in found):
        found.add(kind)
    return frozenset(found)


def right(example: Example) -> frozenset[str]:
    """What would be right to ask; of a frame its slots say it."""
    if example.set == "frames":
        return frozenset(example.missing.split())
    return asks_of(example.missing, "" if example.set == "in3" else example.kind)
