"""The turns of phrase that the check knows, and the stretches of a reply that are not spoken to the user.

In come texts; out come yes, no, and offsets. The lens judges what a segment does; these few patterns say the same of
the plainest wordings, so that a verdict does not hang on one threshold. Easy to get wrong: an email that the assistant
drafted, a quotation and a block of code may hold questions, and none of them is a question to the user.
"""

from __future__ import annotations

import re

from .terms import stems


def _any(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings), re.IGNORECASE)


VERSION = "3"
"""Part of the version of every reading that uses these patterns; changes whenever one of them does."""

_I = r"\b(?:i|we)(?:'ll|'d|'m| will| would| am| are)?"
_ALSO = r"(?: (?:just|still|only|first|also))*"
_ASK_FOR = r"(?:tell|give|share|send|paste|specify|confirm|clarify|provide|upload|let me know(?! if| whether))\b"
_WISH = r"(?:'d| would)? (?:want|like|need|have any|wish|prefer)\b"

_COULD_YOU = r"(?<!\byou )(?<!\byou please )(?<!\byou also )(?<!\byou kindly )"
TRAILS = _any(
    rf"{_COULD_YOU}\blet me know (?:if|whether) (?!you(?:'d| would)? (?:mean|meant)\b)",
    r"\blet me know (?:if|whether) (?:you (?:need|want|have) any(?:thing|(?: other| more| further)? "
    r"(?:help|questions?|assistance))|(?:this|that|it) (?:help|work|suit|look|sound)s?)\b",
    r"\bfeel free to\b",
    r"\bdon't hesitate\b",
    r"\bhope (?:this|that|it) helps\b",
    r"\banything else (?:i|you|we|that)\b",
    r"\b(?:happy|glad|here) to help (?:you )?(?:further|more|with anything|whenever)\b",
    r"\bdoes (?:this|that) help\b",
    r"\b(?:how|what) (?:can|may) i (?:help|assist|do for)\b",
    r"\bany (?:other |more |further )?questions\b",
    r"\bneed (?:any )?(?:more|further) help\b",
    rf"\bif you{_WISH}[^.!?:]*, (?:just |please )?(?:let me|tell me|i can|i could|i'm|feel)",
)
"""A generic offer, or a closing question."""

_GO_ON = (
    r"also|show|explain|walk|go (?:on|over|through)|add|send|draft|check (?:it|this|that)|turn|put|save|try|"
    r"make (?:it|a|an)|help|elaborate|break|write|rewrite|adjust|format|do"
)
OFFERS = _any(
    r"^\W*(?:(?:would|do) you (?:like|want) me to|(?:want|need) me to)\b",
    rf"^\W*(?:shall|should|can|may|could) i (?:{_GO_ON})\b(?![^?]*\bor\b)",
    r"^\W*(?:would you (?:like|prefer)|do you (?:want|need)|want|need|care for|how about|interested in)\b[^?]*"
    r"\b(?:another|more|different|versions?|examples?|variations?|alternatives?|adjustments?|changes)\b",
    r"\b(?:does|do|did) (?:this|that|these|it) (?:\w+ )?"
    r"(?:make sense|help|work|answer|(?:look|sound) (?:ok|okay|good|right))\b",
    r"^\W*(?:(?:all )?make sense|sound good|how(?:'s| is| does) (?:that|this|it)(?: (?:look|sound|feel))?"
    r"|is (?:that|this|it) (?:clear|what you|ok|okay|right|correct|good))\b",
)
"""An offer of more work, or whether it suits. After a delivery it leaves the next step to the user; before one it asks
for permission."""

REQUESTS = _any(
    rf"(?:^|[,;:.!]|\b(?:please|kindly|just|first|so|and|but))\s*{_ASK_FOR} (?:me|us|your|which)\b",
    rf"\b(?:please|kindly|could you|can you) (?:please )?{_ASK_FOR}",
    rf"{_I}{_ALSO} (?:need|have|must|want) to (?:know|see|ask)\b",
    rf"{_I}{_ALSO} (?:need|needing|missing) (?:your|the|a (?:bit|few|little)|some|more|one)\b",
    r"\bi (?:was|am|'m) (?:just )?wondering\b",
    rf"\b(?:if|once|as soon as|when) you(?:'d| can| could| would)? {_ASK_FOR}(?![^.,]*\b(?:another|other|next)\b)",
)
"""A question without a question mark."""

DECLINES = _any(
    rf"{_I}(?: really| simply| just)? (?:can't|cannot|can not|could not|couldn't|won't|will not)\b",
    rf"{_I}(?: not able|'m not able| unable)\b",
    r"\b(?:i|we) (?:don't|do not) (?:know|have (?:access|enough|any|the|your))\b",
    r"\b(?:isn't|is not|not) (?:possible|enough information|specified|given|stated|mentioned)\b",
    r"\bas an? (?:ai|chatbot|(?:large )?language model|assistant)\b",
    r"\b(?:not|n't) (?:\w+ )?(?:equipped|designed|capable|allowed) (?:to|of)\b|\bdon't have the (?:ability|means)\b",
    r"\bcan(?:'t|not) be (?:done|answered|worked out|determined)\b",
    r"\b(?:do|does|did)(?:n't| not) (?:say|tell|mention|specify|state|contain|include|come through)\b",
    r"\bnothing (?:that )?(?:i|we) can\b|\bnothing (?:here )?to (?:go on|work with)\b",
    r"\bwithout (?:knowing|more|that|it)\b",
    r"\bdepends on\b",
)
"""Says that it cannot, or that something is not there to go on."""

OF_THE_TASK = _any(
    r"\b(?:help|assist|write|draft|send|create|generate|provide|access|see|read|open|without|contain|include|specify|"
    r"specified|mention(?:ed)?|given|stated|know|enough|nothing|do (?:that|this|it))\b"
)
"""What an assistant says that it cannot do, or lacks."""

OPENS = _any(
    r"^\W*(?:sure|of course|certainly|absolutely|great|good|okay|ok|got it|understood|thanks|thank you)\b[^:]*$",
    r"^\W*(?:no problem|happy|glad|hello|hi|hey|sorry|i understand|i see)\b[^:]*$",
    r"^\W*i(?:'d| would| will|'ll|'m| am)? (?:be )?(?:happy|glad|here|love|can|could|able)\b(?: to)?[^:]*"
    r"\b(?:help|do (?:that|it|this)|write (?:that|it|this|one)|work (?:that|it) out)\b[^:]*$",
    r"^\W*(?:one (?:quick )?(?:question|thing)|a (?:quick|few) questions?|before i \w+)\b[^:]*$",
    r"^\W*(?:here(?:'s| is| are| it is| you go)|below is)\b[^:]*:?\s*$",
)
"""An opener that carries nothing; only counted where the segment is short."""

OF_ITSELF = _any(
    r"^\W*i(?:'m| am)(?: \w+)? (?:here|ready|designed|able|programmed|happy) to "
    r"(?:help|assist|support|provide|listen)\b",
    r"^\W*i(?:'m| am) (?:not (?:here|a)|an? (?:chatbot|ai|language model|assistant))\b",
)
"""Speaks of the assistant and not of the matter: never a delivery."""

_STEP = (
    "add|address|aim|apply|ask|avoid|be|begin|break|bring|build|call|change|check|choose|click|close|collect|compare|"
    "consider|convert|copy|count|cut|decide|define|describe|determine|divide|draw|drop|end|estimate|explain|figure|"
    "find|finish|follow|gather|give|go|greet|hang|highlight|identify|include|introduce|keep|lead|leave|list|look|"
    "make|mark|measure|mention|multiply|name|note|open|organi[sz]e|outline|pick|place|plan|practi[sc]e|prepare|"
    "press|provide|put|read|record|remember|replace|review|round|save|say|search|see|select|separate|set|show|sign|"
    "skip|soften|sort|specify|split|start|state|stick|subtract|suggest|take|thank|think|translate|try|turn|type|use|"
    "warm|work|wrap|write"
)
_AIM = r"(?:(?:to|for|if|when|before|once|after|in) [^,.:;?!]{3,80}, )?"
TELLS_HOW = _any(
    rf"^\W*(?:\d+[.)]\W*)?{_AIM}(?:(?:first|then|next|now|finally|also|just|simply|and|always|instead),? )?"
    rf"(?:(?:do not|don't|never) )?(?:{_STEP})\b(?!'|-| you\b)",
    r"\byou(?:'ll| will)? (?:can|could|should|(?:need|have|want) to|must|multiply|divide|add|take)\b",
)
"""A step for the user to take: an imperative, or what "you" should do."""

WANTS_STEPS = _any(
    r"\b(?:recipe|steps?|plan|instructions|guide|workout|exercises?|menu|supper|dinner|list|tips|how (?:to|do|can))\b"
)
"""The thing asked for is itself steps or a list, so that steps are the thing and not coaching."""

PROMISES = _any(
    r"\b(?:once|when|as soon as|after|if) (?:you|i|we)\b.*\b(?:i|we)(?:'ll| can| will| could|'d)\b",
    r"\b(?:then|with that|so (?:that )?)\b[^.]*\b(?:i|we)(?:'ll| can| will) ",
    r"\bi(?:'ll| will) (?:then |get|write|work|do|start|take care|be able)\b[^:]*$",
    r"\bi(?:'d| would|'ll| will| can)(?: then| just| simply)? "
    r"(?:add|subtract|multiply|divide|work|compute|calculate)\b[^:=]*$",
)
"""Says what it will do later."""

ASSUMES = _any(
    r"\bassum\w+",
    r"\bsuppos(?:e|ing)\b",
    r"\b(?:stand-in|placeholder|let's say|say(?:ing)? it(?:'s| is)|reckon(?:ing)? with)\b",
    r"\bas (?:an? )?(?:example|assumption)\b",
    r"\bi(?:'ve| have)? (?:taken|filled|put|picked|used|gone with|chosen)\b",
    r"\bi(?:'ll| will) (?:take|go with|call|use)\b",
    r"\btaking (?!into)\S+(?: \S+){0,5} as\b",
    r"\bif it(?:'s| is| was)\b",
    r"\b(?:most|many) (?:people|adults|\w+s)\b[^.]*\b(?:about|around|roughly|some)\b[^.]*\d",
)
"""Goes ahead on something that it names as its own."""

CONDITION = _any(rf"^\W*if (?!you{_WISH}[^:]*$)[^.?!]{{1,80}}?[,:]")
"""A result that holds only under a condition."""

WRITES = re.compile(
    r"\b(?:write|draft|reword|rewrite|compose|put together|shorten|translate)\b.*"
    r"\b(?:e-?mail|message|note|letter|text|reply|answer|line|complaint|sentences?|cancellation|request|post|notice)\b",
    re.IGNORECASE | re.DOTALL,
)
"""The request asks for words that somebody else will read."""

USERS_VOICE = _any(r"\b(?:my|our|i bought|i ordered|i've been|i have been)\b")
"""Said as the user would say it: in a reply to such a request, a part of the draft."""

WANTS_QUESTIONS = _any(r"\b(?:questions?|quiz|interview|survey|riddles?|icebreakers?)\b")
"""The request itself asks for questions, so a question in the reply is no sign of asking."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTE = re.compile(r"[\"“][^\"“”]{2,}[\"”]|^>.*$", re.MULTILINE)
_DRAFT = re.compile(
    r"(?:^|(?<=: ))(?:\*\*)?"
    r"(?:Subject:.*|Dear\b[^.!?\n]{0,40}[,:]|(?:Hi|Hello|Hey)\b(?! there| again)[^.!?\n]{0,40}[,:]\s*$)",
    re.MULTILINE,
)
_DRAFT_END = re.compile(r"^(?:-{3,}|\*{3,}|={3,})\s*$", re.MULTILINE)
_BRACKET = re.compile(r"\[([^\]\n]{2,60})\](?!\()|<([^<>\n/]{2,40})>")
_SMALL = frozenset(stems("a an the of to in on at for is are do does did has have he she it they we i my so"))


def apart(text: str) -> list[tuple[int, int]]:
    """(start, end) of the stretches not spoken to the user: code, quotations, the first drafted letter."""
    found = [match.span() for pattern in (_CODE, _QUOTE) for match in pattern.finditer(text)]
    letter = _DRAFT.search(text)
    if letter:
        rule = _DRAFT_END.search(text, letter.end())
        offer = TRAILS.search(text, text.rfind("\n\n", letter.end()) + 1 or len(text))
        end = rule.start() if rule else text.rfind("\n\n") if offer else len(text)
        found.append((letter.start(), end))
    return found


def blanked(text: str, stretches: list[tuple[int, int]]) -> str:
    """The text with spaces in place of the stretches, so that offsets stay."""
    out = list(text)
    for start, end in stretches:
        out[start:end] = " " * (end - start)
    return "".join(out)


def to_the_user(text: str) -> str:
    """The text with spaces in place of what is not spoken to the user, and with plain apostrophes; offsets stay."""
    plain = text.replace("’", "'")
    return blanked(plain, apart(plain))


_NOTHING_MORE = frozenset(
    stems(
        "a an the please kindly could can would you i we me us your my and also so sorry sure ok okay great thanks "
        "hello hi then about on regarding of it this that by bit little first exactly precisely better further just in "
        "order to for with help assist do know tell give share provide specify explain what be is are"
    )
)
_IN_GENERAL = _any(
    r"\b(?:(?:some|any|a few|a bit|a little) )?(?:(?:more|further|additional|other) )?"
    r"(?:details?|information|info|context|specifics)\b",
    r"\b(?:tell|give|share)(?: me| us)?(?: an?| some)?(?: (?:bit|little))? more\b",
    r"\bmore (?:specific|precise)\b",
    r"\b(?:clarify|elaborate|rephrase)\b",
    r"\bwhat(?: exactly| precisely| else)?(?: do| did| would| are)? you(?:'re| are|'d| would)?(?: \w+ly)? "
    r"(?:mean|meant|want|need|like|looking for|asking for|after|have in mind)\b(?: me\b)?",
    r"\bhave any (?:(?:other|specific|particular|further|more) )?(?:preferences?|requirements?|wishes)\b",
    r"\bwhat else\b",
)


def at_large(question: str) -> bool:
    """Whether a question asks for nothing in particular: "could you give me more details about what you need?"

    It names no part, whatever words a part's terms share with it.
    """
    rest, found = _IN_GENERAL.subn(" ", question.replace("’", "'"))
    return bool(found) and _NOTHING_MORE.issuperset(stems(rest))


def placeholders(text: str) -> list[str]:
    """What stands in brackets to be filled in: `[Your Name]` gives `Your Name`."""
    return [match[1] or match[2] or "" for match in _BRACKET.finditer(text)]


def echoes(question: str, request: str) -> bool:
    """Whether a question only says one of the request's own questions again, as a heading before an answer."""
    if re.search(r"\byou\b|\byour\b", question, re.IGNORECASE):
        return False
    said = {word for word in stems(question) if word not in _SMALL}
    if not said or len(said & set(stems(request))) < 0.85 * len(said):
        return False
    own = [{word for word in stems(asked) if word not in _SMALL} for asked in re.findall(r"[^.?!]*\?", request)]
    return any(words and len(words & said) >= 0.6 * len(words) for words in own)
