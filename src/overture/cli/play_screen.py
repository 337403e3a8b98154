"""What the person at the keyboard sees, and how what they type is read.

In come messages, goals and keystrokes; out come lines on stdout and whole entries, of one line or several. Easy to get
wrong: a model can write a line that looks like Overture's own ("solved: yes") or one that moves the cursor. So every
line that somebody said stands behind a gutter, and hidden characters are shown as what they are.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING

from ..report.clean import visible
from .terminal import plain

if TYPE_CHECKING:
    from ..conversation import Conversation, Message

BLOCK = '"""'
"""On a line of its own it begins, and ends, an entry of several lines."""
GUTTER = "│ "


class Lines:
    """Entries from the terminal, or from whatever stdin is."""

    def __init__(self) -> None:
        self.terminal = sys.stdin.isatty() and sys.stdout.isatty()
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        if self.terminal:
            _editable()

    def entry(self, prompt: str) -> str | None:
        """What is entered next; None at the end of the input or on Ctrl-C.

        A line is an entry. One that ends in a backslash goes on in the next; a line of BLOCK opens one that another
        such line closes, and whatever was entered before the input ended counts.
        """
        line = self._line(prompt)
        if line is None:
            return None
        if line.strip() == BLOCK:
            held: list[str] = []
            while (line := self._line("… ")) is not None and line.strip() != BLOCK:
                held.append(line)
            return "\n".join(held)
        entered = line
        while entered.endswith("\\"):
            more = self._line("… ")
            entered = entered[:-1] + ("" if more is None else f"\n{more}")
        return entered

    def _line(self, prompt: str) -> str | None:
        if not self.terminal:
            line = sys.stdin.readline()
            return line.rstrip("\r\n") if line else None
        with _interruptible():
            try:
                return input(prompt)
            except (EOFError, KeyboardInterrupt):
                print()
                return None


def _editable() -> None:
    """Let lines be edited, and text of several lines be pasted whole, where the platform can."""
    try:
        import readline
    except ImportError:
        return
    readline.parse_and_bind("set enable-bracketed-paste on")


@contextmanager
def _interruptible() -> Generator[None]:
    """Ctrl-C ends the reading of a line. An event loop takes the signal for itself and would wait for the line."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Screen:
    """Says things to one person, who is the user or the assistant."""

    def __init__(self, role: str, echo: bool) -> None:
        from rich.console import Console

        self.role = role
        self.echo = echo
        """Whether their own words are shown too; on a terminal they stand where they were typed."""
        self._console = Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "100")))
        self._shown = 0

    def say(self, text: str, style: str = "") -> None:
        """Overture's own words."""
        from rich.text import Text

        self._console.print(Text(visible(text), style))

    def quote(self, text: str, label: str = "") -> None:
        """Somebody else's words, behind the gutter, under a label."""
        from rich.text import Text

        if label:
            self._console.print(Text(plain(label, 60), "bold"))
        for line in visible(text).split("\n"):
            for piece in Text(line).wrap(self._console, max(20, self._console.width - len(GUTTER))) or [Text("")]:
                piece.rstrip()
                self._console.print(Text.assemble((GUTTER, "dim"), piece), no_wrap=True, overflow="ignore", crop=False)

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        """A table without lines; the first column is a name."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        for column in table.columns:
            column.overflow = "fold"  # `asked_in_need` and `asked_needlessly` are one when both are cut
        self._console.print(table)

    def follow(self, conversation: Conversation) -> None:
        """Show what was said since the last time; after something was taken back, where the conversation stands."""
        messages = conversation.messages
        if len(messages) < self._shown:
            seen = [message for message in messages if self._sees(message)]
            self.say("Taken back; nothing is said yet." if not seen else "Taken back. The last that was said:", "dim")
            for message in seen[-1:]:
                self._message(message)
        else:
            for message in messages[self._shown :]:
                if self._sees(message) and (self.echo or message.role != self.role):
                    self._message(message)
        self._shown = len(messages)

    def _sees(self, message: Message) -> bool:
        """A user sees only what is said; an assistant also its instructions, and what its tools answer."""
        if self.role == "assistant" or message.role == "user":
            return True
        return message.role == "assistant" and bool(message.text)

    def _message(self, message: Message) -> None:
        label = {"system": "instructions", "tool": f"tool {message.name or ''}"}.get(message.role, message.role)
        said = [message.text] if message.text else []
        said += [f"calls {call.name} {call.arguments}" for call in message.tool_calls]
        self.quote("\n".join(said) or "(says nothing)", label)

    @contextmanager
    def waiting(self, who: str) -> Generator[None]:
        """Say on a terminal that somebody is thinking."""
        if self.echo:
            yield
            return
        with self._console.status(f"the {who} is answering …"):
            yield
