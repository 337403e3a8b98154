"""What every page stands in: the template engine, the style, the security policy.

In come a template's name and its data, out comes one self-contained HTML string: no script, nothing from outside.
Easy to get wrong: autoescape alone lets control characters and lone surrogates through, so whatever a template prints
passes `visible` first; and the policy allows one style sheet, by its hash, so no element may have a style of its own.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup, escape

from ..moves import FAMILIES, MOVES
from . import svg
from .clean import one_line, visible
from .words import words_of, written, written_difference

if TYPE_CHECKING:
    from jinja2 import Environment

_WHOLE = re.compile(r"\([^()]*n\xa0=\xa0[\d,]+\)|--[a-z][a-z-]+")


def policy(style: str) -> str:
    """A Content-Security-Policy that allows nothing but `style` (a CSP source) and pictures inside the page."""
    return f"default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Page:
    """What every page is handed: its title, and what it takes to make it again."""

    title: str
    _: KW_ONLY
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Shown as dotted names and values."""
    command: str = ""
    version: str = ""
    """Overture's."""
    started: str = ""
    finished: str = ""


def render(template: str, page: Page, **data: Any) -> str:
    """The page. It always encodes as UTF-8. Raises jinja2.UndefinedError where a template lacks a value it names."""
    environment, style, rule = _environment()
    made = {"style": Markup(style), "policy": Markup(rule), "config": flattened(page.config)}
    return environment.get_template(template).render(page=page, **made, **data)


@cache
def _environment() -> tuple[Environment, str, str]:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("overture.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Any] = {
        "families": {family: [MOVES[name] for name in names] for family, names in FAMILIES.items()},
        "words_of": words_of,
        "written": written,
        "written_difference": written_difference,
        "strip": svg.strip,
    }
    environment.globals.update(helpers)
    cast("dict[str, Callable[..., Any]]", environment.filters)["one_line"] = one_line
    cast("dict[str, Callable[..., Any]]", environment.filters)["kept"] = _kept
    style = environment.loader.get_source(environment, "style.css")[0] if environment.loader else ""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return environment, style, policy(f"'sha256-{digest}'")


def _finalize(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _kept(sentence: str) -> Markup:
    """The sentence with each figure's bracket, and each flag, kept on one line."""
    return Markup(_WHOLE.sub(r'<span class="kept">\g<0></span>', str(escape(visible(sentence)))))


def flattened(config: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """A configuration as (dotted name, value) rows in its own order."""
    rows: list[tuple[str, str]] = []
    for key, value in config.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and value:
            rows += flattened(value, f"{name}.")
        elif isinstance(value, list | tuple):
            rows.append((name, ", ".join(str(item) for item in value) or "none"))
        else:
            rows.append((name, "none" if value is None or value == "" else str(value)))
    return rows
