"""An answer's bytes, kept while they go by, so that a policy or a log can read them.

In come an Answer and its pieces; out come the messages of its choices. Easy to get wrong: the answer may be packed, may
be events, may be an error, may be huge; what cannot be read or does not fit is said, and the answer itself is not
touched by any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..conversation import Message
from ..errors import BadAnswer, BadRecord, ModelError
from ..models.wire import LARGEST
from .answers import drafts_of, is_stream
from .bodies import Refused, unpacked
from .steering import too_long
from .upstream import Answer


@dataclass
class Copy:
    """What came of an answer so far, up to LARGEST bytes."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def begin(self, answer: Answer) -> None:
        """An answer of which the pieces follow."""
        self.status, self.headers = answer.status, answer.headers

    def restart(self) -> None:
        """Forget it: another answer takes its place."""
        self.status, self.headers, self.pieces, self.size = 0, {}, [], 0

    def add(self, piece: bytes) -> None:
        """The next piece; it is counted, and kept unless there are too many."""
        self.size += len(piece)
        if not self.too_large:
            self.pieces.append(piece)

    @property
    def too_large(self) -> bool:
        return self.size > LARGEST

    @property
    def streamed(self) -> bool:
        return is_stream(self.headers)

    def data(self) -> bytes:
        """What it says, unpacked. Raises Refused."""
        return unpacked(b"".join(self.pieces), self.headers.get("Content-Encoding", "").strip().lower(), LARGEST)

    def drafts(self) -> list[Message]:
        """The message of each choice. Raises BadAnswer where there is none to read, whatever the reason."""
        if self.status != 200 or self.too_large:
            raise BadAnswer("no completion, or one that is too large")
        try:
            found = drafts_of(self.data(), self.streamed)
        except BadAnswer:
            raise
        except (ModelError, BadRecord, Refused, ValueError, TypeError, AttributeError, LookupError) as error:
            raise BadAnswer(f"the answer cannot be read: {type(error).__name__}") from None
        if too_long(found):
            raise BadAnswer("the answer is too long to be decided about")
        return found
