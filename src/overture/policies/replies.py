"""How a user takes initiative: "just do it", "you choose", yes, no. A small reader of plain words.

In comes what a user said; out comes yes or no. The words are English and the rules are few, so that they can be read
whole. Easy to get wrong: "just do it" is also a slogan, "whatever happens" leaves nothing to anybody, and what stands
in quotation marks is somebody else's; the near misses are in tests/policies/test_replies.py.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?\n;]+[.!?;]*")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]|(?<!\w)['‘][^'’\n]{3,60}['’](?!\w)|^>.*$", re.MULTILINE)
_LEAD = (
    r"^\W*(?:(?:please|pls|now|thanks|thank you|ok(?:ay)?|no|nope|look|listen|ugh|argh|come on|fine|well|yes|yeah|"
    r"sorry|and|so|then|stop|"
    r"i said|for (?:god|heaven)'?s sake|never ?mind|forget it|can you|could you|would you|will you|you "
    r"can)\b[\s,:–-]*)*"
)
_TAIL = (
    r"(?:[\s,]+(?:now|please|pls|already|anyway|then|instead|for me|as it is|as is|with (?:what|whatever|the info\w*) "
    r"you (?:have|know|got)|with what i (?:gave|told|said)[\w ]*|without (?:asking|any|more|further)[\w ]*))*\W*$"
)
_NO_QUESTIONS = re.compile(
    r"\b(?:(?:stop|quit|enough|no more|cut|skip|done)(?: with)?(?: all)?(?: the| your| these)? "
    r"(?:asking|question(?:s|ing)?)|(?:don't|do not|never) ask (?:me )?(?:any(?:thing| more)?|again|more|so many|"
    r"questions|"
    r"a(?:ny)? questions?)|(?:don't|do not) ask\W*$|no questions\b|stop asking|without asking)\b",
    re.IGNORECASE,
)
_OTHER_QUESTIONS = re.compile(
    r"\b(?:i|he|she|they|we) (?:was|were|won't|will|never)\b|\bno questions asked\b|"
    r"\b(?:i|we)(?:'ve| have| had)?(?: got)? no (?:more |further |other )?questions\b|"
    r"\bno (?:more |further |other )?questions? (?:from (?:me|us|my|our)\b|so far\b|yet\b)|"
    r"\bthere(?:'s| is| are| were|'re)\b[^.]{0,20}\bquestions?\b|"
    r"\bquestions? (?:about (?!(?:this|that|it)\b)|on|for|in|to|with|of|that|which)\b",
    re.IGNORECASE,
)
"""Speaks of questions that are not the other's to put: the user has none, or there is a kind that is not wanted."""
_JUST_DO_IT = re.compile(
    rf"{_LEAD}(?:just|simply) (?:please )?(?:do|go|get)(?: (?:it|that|this|so|ahead|on with it|going|started|and "
    rf"do))+{_TAIL}"
    rf"|{_LEAD}(?:get on with it|just (?:answer|decide)|make it happen|do it already|do it anyway){_TAIL}",
    re.IGNORECASE,
)
_JUST = re.compile(
    rf"{_LEAD}(?:just|simply) (?:please )?(?!make sure\b)(?:answer|give|write|book|send|make|order|tell|show|finish|"
    rf"start|use|pick|"
    r"choose|draft|translate|fix|cancel|buy|reserve|plan|create|say)\b[^?]{0,80}$",
    re.IGNORECASE,
)
_DELEGATES = re.compile(
    r"\b(?:you (?:can |may |should |please )?(?:choose|decide|pick|select)|(?:it's |that's )?(?:up to you|your "
    r"(?:call|choice))|"
    r"i (?:really |honestly )?(?:don't|do not|couldn't) (?:really )?(?:care|mind)(?= (?:which|what|when|where|how|"
    r"either|much|about th)|\W*$|[,.;!])|"
    r"(?:no|without a) (?:particular |strong |special )?preferences?|surprise me|dealer's choice|use your (?:best "
    r")?judge?ment|"
    r"(?:it|that) (?:doesn't|does not) (?:really )?matter|makes no difference(?: to me)?|"
    r"(?:any(?:thing|one| of (?:them|those|these)| \w+(?: (?:this|next|that|of|in|on) \w+)?)?|either(?: one)?|all of "
    r"them|whichever|whatever|both) "
    r"(?:is|are|works?|will do|would do|would be|sounds|seems)(?: (?:just|totally|perfectly))?(?: fine| good| "
    r"ok(?:ay)?| great| well| best)?"
    r"(?= |[.,!]|\W*$)|whatever you (?:think|like|want|prefer|choose|find|suggest|recommend)|as you (?:like|wish|see "
    r"fit)|"
    r"whichever you (?:think|like|want|prefer|choose))",
    re.IGNORECASE,
)
_WHOLE_DELEGATES = re.compile(
    r"^\W*(?:oh |um+ |hm+ )?(?:any(?:thing)?|either|whatever|whichever|anyone)\W*$", re.IGNORECASE
)
_ACCEPTS = re.compile(
    r"^\W*(?:yes|yep|yeah|yup|ya|sure|ok(?:ay)?|go ahead|go for it|sounds (?:good|great|fine|perfect|right)|perfect|"
    r"great|"
    r"excellent|please do|(?:please |let's )?(?:proceed|go with)|(?:i )?confirm(?:ed)?|that(?:'s| is| would be| "
    r"sounds|) "
    r"(?:works?|fine|good|great|right|correct|perfect|ok(?:ay)?|it)|works for me|correct|right|exactly|do (?:it|that|"
    r"so)\b|"
    r"absolutely|definitely|of course|fine|agreed|looks (?:good|right|great|fine)|all (?:good|correct|right)|"
    r"(?:i'll|i will|i'd|let me|let's) (?:take|go with|have|go for|like to proceed|like to go)|why not|please|"
    r"(?:the |option |number )?(?:first|second|third|fourth|last|former|latter|cheap\w+|early|earli\w+|later?|latest|"
    r"fast\w+|\d)"
    r"(?: (?:one|option|flight|choice))?(?=[ ,.!]|$)|(?:that|this) (?:one|option)|both)(?![\w'-])",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\b(?:(?:please |you (?:can|may) |i'd like (?:you )?to |i would like to |want to |let's |happy to |go ahead and )"
    r"(?:proceed|go ahead|book|confirm|do (?:it|that|so))|go ahead|proceed with|that (?:works|sounds good|is fine)|"
    r"sounds good|"
    r"i (?:agree|confirm|accept))\b",
    re.IGNORECASE,
)
_REJECTS = re.compile(
    r"^\W*(?:no(?:pe)?(?:\W*$|[,.!;]|\s+(?:thanks?|i|that|this|not|it|please|don't|way|need|you)\b)|not (?:that|"
    r"quite|really|what)|wrong|"
    r"that(?:'s| is) (?:not|wrong|incorrect)|i (?:didn't|did not|don't|do not) (?:want|ask|mean|say|need)|wait\b|"
    r"never ?mind|stop\b|cancel that|leave (?:it|that)|i (?:said|meant)\b|don't\b|actually,? no)",
    re.IGNORECASE,
)
_DOES_NOT_KNOW = re.compile(
    r"\b(?:i (?:really )?(?:don't|do not|can't|cannot) (?:know|remember|recall|tell|say|have (?:it|that|one|the))|"
    r"(?:i'm |i am )?not (?:really )?sure|no idea|no clue|not yet (?:known|decided)|i haven't decided|don't know)\b",
    re.IGNORECASE,
)


_MOST = 750
"""Characters at either end of a message that are read: what stands between is pasted, and patterns must end in time."""


def _own(text: str) -> str:
    if len(text) > 2 * _MOST:
        text = f"{text[:_MOST]}\n{text[-_MOST:]}"
    return _QUOTED.sub(" ", text.replace("’", "'"))


def sentences(text: str) -> list[str]:
    """The user's own sentences, without what they quote."""
    return [found for match in _SENTENCE.finditer(_own(text)) if (found := match[0].strip())]


def just_do_it(text: str, asked: bool = False) -> bool:
    """Whether the user has had enough of questions: "just do it", "stop asking", "no more questions".

    `asked`: the turn before put a question to them; then "just book the flight" says so too, which as an opening is
    an ordinary request.
    """
    for sentence in sentences(text):
        if sentence.endswith("?") and not re.match(r"\W*(?:can|could|would|will) you\b", sentence, re.IGNORECASE):
            continue
        if _NO_QUESTIONS.search(sentence) and not _OTHER_QUESTIONS.search(sentence):
            return True
        if _JUST_DO_IT.search(sentence) or (asked and _JUST.search(sentence)):
            return True
    return False


def delegates(text: str) -> bool:
    """Whether the user leaves the choice to the other: "up to you", "any is fine", "I don't mind"."""
    return any(
        not each.endswith("?") and (_DELEGATES.search(each) or _WHOLE_DELEGATES.search(each))
        for each in sentences(text)
    )


def does_not_know(text: str) -> bool:
    """Whether the user says that they cannot answer."""
    return any(_DOES_NOT_KNOW.search(each) for each in sentences(text))


def rejects(text: str) -> bool:
    """Whether the user turns down, or corrects, what was just said."""
    found = sentences(text)
    return bool(found) and bool(_REJECTS.search(found[0]))


def accepts(text: str) -> bool:
    """Whether the user takes up or confirms what was just put forward."""
    found = sentences(text)
    if not found or rejects(text):
        return False
    return bool(_ACCEPTS.search(found[0])) or any(_AGREES.search(each) for each in found)
