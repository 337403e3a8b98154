"""Which headers go on, and which end here.

In come the headers of a request or an answer; out come those that are meant for the other end, in their order and with
their doubles. Easy to get wrong: `Connection` names further headers that must not go on; and whatever frames a body
(its length, its chunks) belongs to one hop, while whatever encodes it belongs to the ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from multidict import CIMultiDict, CIMultiDictProxy, istr

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""RFC 9110, 7.6.1, and the older ones that are still seen."""
OWN = frozenset({"x-overture", "x-overture-id", "x-overture-policy", "x-overture-stripped"})
"""Between a client and this proxy."""
DIGESTS = ("Content-MD5", "Digest", "Content-Digest", "Repr-Digest")
"""What a client says of the bytes that it sent; of others it would not be true."""
_NOT_UPSTREAM = tuple(istr(name) for name in HOP_BY_HOP | OWN | {"host", "content-length", "expect"})
"""The last three are set anew by whoever sends the request on."""
_NOT_CLIENT = tuple(istr(name) for name in HOP_BY_HOP)


def for_upstream(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """A client's headers as the upstream gets them. Doubles get one spelling, or the client library would lose one."""
    left = _less(headers, _NOT_UPSTREAM)
    if len({name.lower() for name in left}) == len(left):
        return left
    spelt: dict[str, str] = {}
    return CIMultiDict([(spelt.setdefault(name.lower(), name), value) for name, value in left.items()])


def for_client(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The upstream's headers as a client gets them."""
    return _less(headers, _NOT_CLIENT)


def _less(headers: Mapping[str, str], names: Iterable[str]) -> CIMultiDict[str]:
    left = CIMultiDict(headers)
    for name in (*names, *_named(headers)) if "Connection" in headers else names:
        if name in left:
            del left[name]
    return left


def _named(headers: Mapping[str, str]) -> list[str]:
    values = (
        headers.getall("Connection") if isinstance(headers, CIMultiDictProxy | CIMultiDict) else [headers["Connection"]]
    )
    return [token.strip().lower() for value in values for token in value.split(",")]
