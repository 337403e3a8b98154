"""Pages for people: data in, one self-contained HTML string out.

An `AuditPage` or a `CheckupPage` is handed in whole; nothing here reads a file, calls a model or knows where a figure
came from. What goes out holds no script, refers to nothing outside, and shows every figure with its interval, its n and
its other error. Easy to get wrong: the page is a string that encodes as UTF-8; write it as that and as nothing else.
"""

from .audit import AuditPage, Coefficient, Preference, Reject, audit_html
from .changes import Changed
from .checkup import CheckupPage, Compared, ExamplePair, Part, Reply, checkup_html, headlines
from .examples import ExampleConversation, ExampleMessage, Span, spans_of
from .matrix import Matrix
from .shell import policy

__all__ = [
    "AuditPage",
    "Changed",
    "CheckupPage",
    "Coefficient",
    "Compared",
    "ExampleConversation",
    "ExampleMessage",
    "ExamplePair",
    "Matrix",
    "Part",
    "Preference",
    "Reject",
    "Reply",
    "Span",
    "audit_html",
    "checkup_html",
    "headlines",
    "policy",
    "spans_of",
]
