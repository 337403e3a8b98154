"""What a message in Chinese, Japanese or Korean says of days, times and people, in English words.

In comes what a user said; out come its dates, hours and people in English, in their order. Easy to get wrong: no spaces
part the words, so only what stands in figures or numerals beside a sign of its own is read.
"""

from __future__ import annotations

import re
import unicodedata

from .dates import MONTHS

EAST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_DIGITS = "零一二三四五六七八九"
_NUMERAL = re.compile("[一二三四五六七八九]?十?[一二三四五六七八九]?(?=[月日号號時时點点分人名位泊晚])")
_DATE = re.compile(r"(?:(\d{4})\s*[年년]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]")
_LATE = "午後|下午|晚上|夜|오후|저녁"
_HOUR = re.compile(rf"({_LATE})?\s*(\d{{1,2}})\s*[時时點点시]\s*(?:(\d{{1,2}})\s*[分분]|([半반]))?")
_SIGNS = (
    (r"(\d+)\s*[人名位명]", r"\1 people"), (r"(\d+)\s*[泊晚박]", r"\1 nights"),
    (r"明後日|后天|後天|모레", "the day after tomorrow"), (r"明日|明天|내일", "tomorrow"), (r"今日|今天|오늘", "today"),
)  # fmt: skip


def from_the_east(text: str) -> str:
    """Days, times and people of such a message, in English words."""
    text = re.sub("[两兩](?=[人名位点時])", "二", unicodedata.normalize("NFKC", text))
    text = _NUMERAL.sub(lambda match: str(_numeral(match[0])) if match[0] else "", text)
    found: list[tuple[int, str]] = []
    for pattern, english in _SIGNS:
        found += [(match.start(), match.expand(english)) for match in re.finditer(pattern, text)]
    for match in _DATE.finditer(text):
        month = MONTHS[(int(match[2]) - 1) % 12]
        found.append((match.start(), f"{match[3]} {month} {match[1] or ''}".strip()))
    for match in _HOUR.finditer(text):
        hour = int(match[2]) + 12 * bool(match[1] and int(match[2]) < 12)
        found.append((match.start(), f"at {hour}:{30 if match[4] else int(match[3] or 0):02}"))
    return " … ".join(words for _, words in sorted(found))


def _numeral(signs: str) -> int:
    tens, ten, ones = signs.rpartition("十")
    return (10 * (_DIGITS.index(tens) if tens else 1) if ten else 0) + (_DIGITS.index(ones) if ones else 0)
