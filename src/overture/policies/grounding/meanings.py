"""Other words for the values of closed lists: codes, and what one says instead of the word.

In comes nothing; out comes a table. Easy to get wrong: it only has words that mean the value wherever they stand, since
whatever stands here lets a call through.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..effects import words_of

_CANNOT_COME = (
    "can_t_make can_t_come can_t_attend cannot_make cannot_come cannot_attend won_t_make won_t_come "
    "not_coming turn_down"
)
_AWAY = "bin throw_away thrown_away throw_out thrown_out get_rid discard erase"
_MOST = "full_power full_blast full_speed maximum max strongest"
_LANGUAGES = words_of(
    "ar arabic bg bulgarian bn bengali cs czech da danish el greek et estonian fi finnish he hebrew hi hindi hr "
    "croatian hu hungarian id indonesian ja japanese ko korean lt lithuanian lv latvian nl dutch no norwegian pl "
    "polish pt portuguese ro romanian ru russian sk slovak sl slovenian sr serbian sv swedish th thai tr turkish uk "
    "ukrainian vi vietnamese zh chinese"
)
MEANS: Mapping[str, str] = {
    "on": "enable enabled activate start turn switch", "off": "disable disabled deactivate stop mute turn switch",
    "urgent": "asap immediately emergency", "high": "urgent important asap critical", "low": "minor whenever",
    "usd": "dollar dollars $ bucks", "eur": "euro euros €", "gbp": "pound pounds £ sterling quid", "jpy": "yen ¥",
    "chf": "franc francs", "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
    **dict(zip(_LANGUAGES[::2], _LANGUAGES[1::2], strict=True)),
    "celsius": "c centigrade", "fahrenheit": "f", "one_way": "single", "round_trip": "return",
    "monthly": "month months", "weekly": "week weeks", "daily": "day days everyday", "yearly": "year annual annually",
    "annual": "year yearly", "male": "man he him mr", "female": "woman she her mrs ms", "m": "medium", "l": "large",
    "s": "small",
    "am": "morning", "pm": "afternoon evening night", "delivery": "deliver delivered", "pickup": "collect pick",
    "sms": "text", "email": "mail e_mail", "phone": "call ring",
    "credit_card": "card visa mastercard", "vegetarian": "veggie", "yes": "yeah sure please ok", "true": "yes",
    "child": "son daughter kid boy girl baby toddler", "partner": "wife husband boyfriend girlfriend spouse",
    "spouse": "wife husband partner", "parent": "mother father mum mom dad", "sibling": "brother sister",
    "accepted": "accept accepting i_ll_come i_ll_be_there count_me_in",
    "declined": f"decline {_CANNOT_COME}", "decline": _CANNOT_COME, "tentative": "maybe perhaps might not_sure",
    "delete": f"deleted {_AWAY}", "trash": f"delete deleted {_AWAY}", "archive": "archived file_away put_away",
    "duplicate": "dupe double same_as same_thing same_issue already_reported", "fixed": "solved resolved repaired",
    "wont_fix": "won_t_fix not_fix", "cannot_reproduce": "can_t_reproduce couldn_t_reproduce not_reproduce",
    "sunset": "dusk sun_goes_down sun_sets sun_is_down", "sunrise": "dawn sun_comes_up sun_rises sun_is_up",
    "quiet": "quietly silent silently", "turbo": _MOST, "max": _MOST, "maximum": _MOST,
    "public": "anyone everyone everybody", "all": "everyone everybody", "recurring": "every each weekly daily monthly",
    "repeat": "every each weekly daily monthly", "call": "ring phone",
    "sek": "kronor krona", "nok": "kroner", "dkk": "kroner", "pln": "zloty zlotys", "inr": "rupees rupee",
    "cny": "yuan renminbi", "brl": "reais", "cad": "canadian", "aud": "australian", "mxn": "pesos", "try": "lira",
    "existing": "already_have already_has already_had already_there",
}  # fmt: skip
"""Other words for common values of choices; several words that stand together are joined by an underscore."""
