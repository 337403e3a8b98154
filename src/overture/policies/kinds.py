"""What is a request after: to have a thing done, to be told how, to learn, to decide, or to be heard?

In comes a request; out comes its kind, or None where the words do not say. The rules read the request's own sentences,
never what is quoted or pasted below it, and the plainest sign wins in this order: to be heard, to be told how, to have
something made, to learn, to decide, a value asked for. Easy to get wrong: "write a guide on how to …" wants a text and
"how do I write a guide" wants to be taught; doing for somebody who wanted to learn is overstepping, so in doubt it is
not `do`.
"""

from __future__ import annotations

import re

from ..tasks.wording import apart, blanked

VERSION = "1"
"""Changes whenever some request would be read otherwise."""
DO, HOW, LEARN, DECIDE, BE_HEARD = "do", "how", "learn", "decide", "be_heard"

_MAKE = (
    "write|draft|compose|create|make|build|design|generate|produce|translate|rewrite|reword|rephrase|paraphrase|"
    "summari[sz]e|"
    "shorten|expand|proofread|correct|fix|edit|convert|calculate|compute|work out|figure out|count|add up|list|plan|"
    "organi[sz]e|sort|format|draw|sketch|code|implement|refactor|rename|debug|book|reserve|order|buy|schedule|cancel|"
    "move|send|"
    "mail|email|set|turn|put|find|look up|search|get|fetch|fill|complete|finish|prepare|compile|develop|outline|come "
    "up with|"
    "suggest|name|give me|tell me the|pick out|extract|classify|label|check|review|analy[sz]e|solve|simplify|update|"
    "change|remove|"
    "delete|add|insert|remind|play|open|show me the|brainstorm|improve|polish|merge|split|round|print|invent|clean|"
    "reply|answer|grade|"
    "combine|break down|break|estimate|integrate|log|document|transfer|pay|issue|type|go through|train|prove|cut|"
    "value|match|rebook|"
    "do (?:my|the|a)|tell me a|reset|deploy|transcribe|file|upgrade|refund|act as|role ?play|be the|optimi[sz]e|"
    "tighten|join|give|"
    "drafting|writing|sequence|tl;dr|share|post|upload|download|run|test|assign|notify|call|measure|rank|group|map|"
    "model"
)
_TO_HEAR = re.compile(
    r"\b(?:no|don't (?:want|need)(?: any)?|not (?:after|looking for|asking for)(?: any)?|without) (?:\w+ )?(?:advice|"
    r"tips?|solutions?|suggestions?|fix(?:es)?|help)\b|"
    r"\bdon't (?:fix|solve|try to fix) (?:anything|it|this)\b|\bno advice\b|"
    r"\b(?:just|only) (?:want(?:ed)?|need(?:ed)?)(?: to| someone to| somebody to)? (?:vent|rant|say|share|talk|be "
    r"(?:heard|human|cross|sad|angry)|know|listen|"
    r"a moment|let (?:it|this) out|get (?:it|this) off my chest|tell (?:someone|somebody))\b|\b(?:just|please just) "
    r"listen\b|"
    r"\b(?:need|want) to (?:vent|rant)\b|\bi just feel\b",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\bhow (?:do|can|could|should|would|might|does|did|to)(?: (?:i|we|you|one|someone|a person))?\b(?! (?:much|many|"
    r"long|far|often|old))|"
    r"\b(?:show|teach|tell|advise|walk|talk|guide|coach) (?:me|us)(?: through)? how\b|\bwalk (?:me|us) through\b|"
    r"\bguide me\b|"
    r"\bwhat(?:'s| is| are) (?:the|some|a) (?:best |easiest |quickest |right |good |correct |proper )?(?:ways?|"
    r"steps?|method|approach|process|procedure|tips|practices|strateg\w+|techniques?)\b|"
    r"\b(?:tips|advice|guidance|pointers|strategies|techniques|best practices|recommendations) (?:for|on|to|about)\b|"
    r"\b(?:i|we)(?:'d like| would like| want)? to learn\b|\blearn (?:how|to|about)\b|\bsteps (?:to|for|needed)\b|"
    r"\bbest way to\b|\bany (?:tips|advice|ideas on how)\b|"
    r"\bwhere (?:do|should|can) i (?:start|begin)\b",
    re.IGNORECASE,
)
_LEARN = re.compile(
    r"\b(?:explain|teach|describe|elaborate|clarify)\b|\bwhy (?:is|are|do|does|did|was|were|can't|won't|would|should|"
    r"not|have|has|my|our|the)\b|"
    r"\bwhat (?:is|are|was|were|does|do|did|causes?|makes?|happens?|happened)\b|\bwhat's (?:the difference|a|an|it "
    r"like|going on)\b|\btell me (?:about|more|what|why|in)\b|"
    r"\bhelp me (?:understand|learn|study)\b|\b(?:i|we) (?:don't|do not|want to) (?:understand|know|get it|find "
    r"out)\b|\bwho (?:is|was|are|were|invented|wrote)\b|\bhow (?:does|did|is|are|was)\b|"
    r"\bwhat (?:that|this|it|the|an?) [^.?!]{0,40}\bmeans?\b|\bmeaning of\b|\bquiz me\b|\bintroduction to\b|\bwhen "
    r"(?:did|was|is|does)\b",
    re.IGNORECASE,
)
_DECIDE = re.compile(
    r"\bshould (?:i|we|they|my|our)\b|\bwhich (?:\w+ ){0,3}(?:is|are|would|should|do you|to|one)\b|\b(?:is|are) "
    r"(?:it|this|that|they|\w+) worth\b|\bwould you (?:recommend|choose|pick|rather)\b|"
    r"\bwhat (?:would|do) you (?:do|recommend|suggest|think)\b|\bpros and cons\b|\b(?:pick|choose|name) (?:one|"
    r"between)\b|\bcan't decide\b|\bhelp me (?:decide|choose|pick)\b|"
    r"\b(?:better|best|good idea|smarter|wiser)\b[^.?!]*\?|\b(?:choose|your choice)\b|\b\w+ or \w+(?: \w+){0,6}\?|"
    r"^[^.?!\n]{3,80} or [^.?!\n]{3,80}\?|\brecommend(?:ations?)?\b|\bdo you think\b",
    re.IGNORECASE,
)
_OPENER = (
    r"(?:^|[.!?;:\n]\s*|,\s*(?:and |so |then |but )?|\b(?:and|then|so|now) )"
    r"(?:(?:hi|hello|hey|ok|okay|please|kindly|now|just|then|also|first|next|finally|quickly|today|thanks)[\s,!]+)*"
)
_ASKED_TO = (
    r"(?:(?:can|could|would|will|would you mind) (?:you(?: please| kindly| just)? )?|i(?:'d| would)? (?:need|want|"
    r"like) (?:you )?(?:to (?:have )?)?|(?:please )?help me (?:to )?|"
    r"i need help (?:to|with)? ?|(?:go ahead and|let's|i want you to|i need you to|you to|your (?:task|job) is to|be "
    r"sure to) )?"
)
_IMPERATIVE = re.compile(
    rf"{_OPENER}{_ASKED_TO}(?:{_MAKE})\b(?! (?:sense of|sure i (?:understand|get)))", re.IGNORECASE
)
_THING = re.compile(
    r"\bi(?:'d| would)? (?:need|want|like|am looking for|'m looking for)(?: you)?(?: to have)? (?:a|an|some|the|my|"
    r"two|three|four|five|six|ten|\d+)\b"
    r"(?! (?:advice|help|tips?|idea how|better understanding|explanation|moment|minute|second|bit))|\b(?:just|only) "
    r"the (?:\w+ ){0,3}please\b|\bin one (?:line|sentence|word)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"\bhow (?:much|many|long|far|often|old|tall|big|fast|late|soon)\b|\bwhat (?:time|total|number|amount|percentage|"
    r"percent|sum|price|rate|date|day|size|age|year)\b|"
    r"\bwhat(?:'s| is| are) (?:\d|my|our|the (?:total|sum|price|cost|result|answer|area|average|time|new|final|value|"
    r"rest|remaining))\b|\bwhen (?:do|will|am|are|should) (?:i|we|it|they|the)\b",
    re.IGNORECASE,
)
_SUM = re.compile(r"\b(?:what|when|on what|at what|would like to know)\b", re.IGNORECASE)
"""A question in a request with figures in it: a value is asked for."""
_EXPLAINS = re.compile(r"\b(?:why|explain|teach|how does|means?)\b", re.IGNORECASE)
_WEIGHS = re.compile(
    r"\b(?:should (?:we|i) (?!(?:fall|go|get|leave|set|start|weigh|take|arrive|be))|which)\b", re.IGNORECASE
)
"""A choice between things, and not the hour at which one should fall asleep."""
_LONGEST = 1200
"""Characters of a request that are read, from either end; what is pasted between is not the request."""


def request_kind(request: str) -> str | None:
    """One of DO, HOW, LEARN, DECIDE, BE_HEARD, or None where the words do not say."""
    text = request.replace("’", "'")
    if len(text) > 2 * _LONGEST:
        text = f"{text[:_LONGEST]}\n{text[-_LONGEST:]}"
    words = blanked(text, apart(text))
    if not words.strip():
        return None
    if _TO_HEAR.search(words):
        return BE_HEARD
    made = _IMPERATIVE.search(words)
    how = _HOW.search(words)
    if how and not (made and made.end() <= how.start() and _writes_first(words, made)):
        return HOW
    learn, decide = _LEARN.search(words), _DECIDE.search(words)
    if made and not (learn and learn.start() < made.start() and "?" not in words[learn.end() : made.start()]):
        if decide and re.search(r"\b(?:pick|choose|choice|which|name one)\b", words, re.IGNORECASE):
            return DECIDE
        rest = re.match(r"[^.?!]*\?", words[made.end() :])
        asked = re.search(r"\byou\b|\bplease\b", made[0], re.IGNORECASE)
        return DECIDE if rest and " or " in rest[0] and not asked else DO
    value = _VALUE.search(words) or (re.search(r"\d", words) and _SUM.search(words) and not _EXPLAINS.search(words))
    if value and not (decide and _WEIGHS.search(words)):
        return DO
    if decide and (not learn or decide.start() < learn.start() or re.search(r"\bshould\b", words)):
        return DECIDE
    if learn:
        return LEARN
    return DO if _THING.search(words) else None


def _writes_first(words: str, made: re.Match[str]) -> bool:
    """Whether the thing to be made comes first and "how" only says what it is about."""
    return bool(
        re.search(
            r"\b(?:write|draft|create|make|compose|summari[sz]e|translate|prepare|generate|design|outline|rewrite)\b",
            made[0],
            re.IGNORECASE,
        )
    )
