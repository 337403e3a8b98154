"""Which headers go on, and which end here.

In come the headers of a request or an answer; out come those that are meant for the other end, in their order and with
their doubles. Easy to get wrong: `Connection` names further headers that must not go on; and whatever frames a body
(its length, its chunks) belongs to one hop, while whatever encodes it belongs to the ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from multidict import CIMultiDict, CIMultiDictProxy

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""RFC 9110, 7.6.1, and the older ones that are still seen."""
_REQUEST_ONLY = frozenset({"host", "content-length", "expect"})
"""Set anew by whoever sends the request on."""
OWN = "x-overture"
"""Headers that begin so are between a client and this proxy."""


def for_upstream(headers: Mapping[str, str], without: Iterable[str] = ()) -> CIMultiDict[str]:
    """A client's headers as the upstream gets them."""
    dropped = {*HOP_BY_HOP, *_REQUEST_ONLY, *without, *_named(headers)}
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if (low := name.lower()) not in dropped and not low.startswith(OWN)
    )


def for_client(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The upstream's headers as a client gets them."""
    dropped = {*HOP_BY_HOP, *_named(headers)}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _named(headers: Mapping[str, str]) -> Iterable[str]:
    if "Connection" not in headers:
        return ()
    values = (
        headers.getall("Connection") if isinstance(headers, CIMultiDictProxy | CIMultiDict) else [headers["Connection"]]
    )
    return [token.strip().lower() for value in values for token in value.split(",")]
