"""Policies by name: what `--policy` can mean.

In comes a word such as `gaps`, `gaps,doer+civility` or `recommended`; out comes a policy, its module loaded only now.
Names between commas stand in order of priority; `+civility` goes around all before it; a composed name among others is
spelled out where it stands; `gaps:threshold=0.4` sets a field, read as its type says. `module.Name` is a class of your
own; one of ours is a module with a class whose fields have defaults, named in POLICIES or WRAPPERS. Easy to get wrong:
a policy that samples answers or rewrites calls the model that it leads, so it is made for one model; without a model it
only tells its identity.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ..errors import UsageError
from ..models import Model
from ..own import hint, own
from .base import First, Policy

POLICIES = {
    "insert_expansion": "insert_expansion:InsertExpansion",
    "premise": "premise:Premise",
    "gaps": "gaps:Gaps",
    "worth_asking": "worth_asking:WorthAsking",
    "mediator": "mediator:Mediator",
    "joined": "mediator:Joined",
    "options": "options:Options",
    "doer": "doer:Doer",
    "api_first": "api_first:ApiFirst",
}
"""Name → module and class. A class takes `model` where it has a field of that name."""
WRAPPERS = {"civility": "civility:Civility"}
"""Name → module and class; a class takes the wrapped policy as `inner`."""
COMPOSED = {
    "recommended": "insert_expansion,gaps,doer,api_first+civility",
    "careful": "insert_expansion,gaps:reader=careful,doer,api_first+civility",
}
"""Name → what it stands for. `careful` is `recommended` with the gate's second reader, which is pulled once."""


def make(spec: str, model: Model | None = None) -> Policy:
    """The policy of this name for this model. Raises UsageError on a name that means nothing."""
    names, wrappers = _spelled(spec)
    if not names:
        raise UsageError(f"no policy is named in {spec[:80]!r}; there are {', '.join((*POLICIES, *COMPOSED))}")
    # one of your own may stand twice, with two settings
    once = [name if "." in name.partition(":")[0] else name.partition(":")[0] for name in (*names, *wrappers)]
    if twice := next((name for name in once if once.count(name) > 1), None):
        means = "".join(f"; {name} is {whole}" for name, whole in COMPOSED.items() if name in spec)
        raise UsageError(f"{twice[:40]} stands twice in {spec[:80]!r}{means}")
    made = [_made(name, POLICIES, model=model) for name in names]
    policy: Policy = made[0] if len(made) == 1 else First(tuple(made))
    for name in wrappers:
        policy = _made(name, WRAPPERS, inner=policy)
    return policy


def _spelled(spec: str) -> tuple[list[str], list[str]]:
    """(names in order of priority, what goes around them), composed names spelled out."""
    inner, *wrappers = spec.split("+")
    names: list[str] = []
    around: list[str] = []
    for word in inner.split(","):
        held, *outer = COMPOSED.get(word.strip(), word).split("+")
        names += held.split(",")
        around += outer
    return [name.strip() for name in names if name.strip()], [name.strip() for name in (*around, *wrappers)]


def _made(word: str, known: dict[str, str], **given: Any) -> Policy:
    name, *settings = (part.strip() for part in word.split(":"))
    if name not in known and "." not in name:
        names = [*known, *(COMPOSED if known is POLICIES else ())]
        raise UsageError(f"no policy is named {name[:40]!r}; {hint(name, names)}")
    module, _, cls = known.get(name, "").partition(":")
    kind = (
        getattr(import_module(f".{module}", __package__), cls) if module else own(name, "policy", "decide", "identity")
    )
    if not hasattr(kind, "__dataclass_fields__"):
        raise UsageError(f"{name} is no policy: it is no dataclass; docs/own.md shows one")
    fields = kind.__dataclass_fields__
    chosen = {field: value for field, value in given.items() if field in fields}
    settable = [field for field in fields if field not in ("model", "inner", "name", "reviews")]
    for setting in settings:
        field, _, value = setting.partition("=")
        if field not in settable or not value:
            raise UsageError(
                f"{name} has no setting {setting[:40]!r}; it has {', '.join(settable) or 'none'}, as in field=0.5"
            )
        chosen[field] = _value(name, field, value, get_type_hints(kind)[field])
    return kind(**chosen)


def _value(name: str, field: str, text: str, kind: Any) -> Any:
    """A setting's value, as the field has it. Raises UsageError where it cannot be one."""
    try:
        return TypeAdapter(kind).validate_strings(text)
    except ValidationError as error:
        why = error.errors(include_url=False, include_input=False)[0]["msg"].lower()
        raise UsageError(f"{name} cannot take {field}={text[:40]}: {why}") from None
