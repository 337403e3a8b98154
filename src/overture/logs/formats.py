"""Every log format there is, in the order in which a record is tried against them.

Nothing comes in; out go `FORMATS` (name → Format) and the ones whose records are JSON. Easy to get wrong: the order.
`messages` alone is OpenAI's shape, so every format that has messages and more comes before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import (
    chatgpt,
    decisions,
    hh,
    in3,
    inspect,
    lmsys,
    openai,
    otel,
    sharegpt,
    tau,
    tau2,
    traces,
    transcript,
    trials,
    wildchat,
)
from .kinds import Format

RECORD_FORMATS: tuple[Format, ...] = (
    hh.FORMAT,
    in3.FORMAT,
    tau.FORMAT,
    tau2.FORMAT,
    inspect.FORMAT,
    trials.FORMAT,
    decisions.FORMAT,
    wildchat.FORMAT,
    lmsys.FORMAT,
    chatgpt.FORMAT,
    sharegpt.FORMAT,
    openai.FORMAT,
    otel.FORMAT,
    traces.FORMAT,
)
"""The formats whose records are JSON values or rows."""

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in (*RECORD_FORMATS, transcript.FORMAT)})
"""Every format by name."""
