"""Which headers go on, and which end here.

In come the headers of a request or an answer; out come those that are meant for the other end, in their order and with
their doubles. Easy to get wrong: `Connection` names further headers that must not go on; and whatever frames a body
(its length, its chunks) belongs to one hop, while whatever encodes it belongs to the ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""RFC 9110, 7.6.1, and the older ones that are still seen."""
OWN = frozenset({"x-overture", "x-overture-policy", "x-overture-stripped"})
"""Between a client and this proxy."""
_NOT_UPSTREAM = HOP_BY_HOP | OWN | {"host", "content-length", "expect"}
"""The last three are set anew by whoever sends the request on."""


def for_upstream(headers: Mapping[str, str], without: frozenset[str] = frozenset()) -> CIMultiDict[str]:
    """A client's headers as the upstream gets them, less those that are named (in lower case) in `without`."""
    return _less(headers, _NOT_UPSTREAM | without if without else _NOT_UPSTREAM)


def for_client(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The upstream's headers as a client gets them."""
    return _less(headers, HOP_BY_HOP)


def _less(headers: Mapping[str, str], names: frozenset[str]) -> CIMultiDict[str]:
    """The headers without these. Doubles get one spelling: the client library would take another for a correction."""
    if "Connection" in headers:
        names = names.union(_named(headers))
    spelt: dict[str, str] = {}
    return CIMultiDict(
        [
            (spelt.setdefault(lower, name), value)
            for name, value in headers.items()
            if (lower := name.lower()) not in names
        ]
    )


def _named(headers: Mapping[str, str]) -> list[str]:
    values = (
        headers.getall("Connection") if isinstance(headers, CIMultiDictProxy | CIMultiDict) else [headers["Connection"]]
    )
    return [token.strip().lower() for value in values for token in value.split(",")]
