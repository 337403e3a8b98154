"""What class of the design's table is the first turn of an assistant that has tools? By the task's own hearing.

In come an item, a conversation, how the task hears a reply and which calls deliver; out comes a class or None. Easy to
get wrong: an assistant with tools says something, looks something up and says more before the user speaks again, and
all of that is its first reply. Whoever tries to book goes ahead, also where the call is refused; but only a call that
books delivers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..conversation import Conversation, Message, ToolCall
from .classes import reply_class
from .task import Hear, Item
from .wording import ASSUMES, DECLINES, to_the_user

BOOKED = "booked: "
"""What a call that books is answered, before what is booked."""
VERSION = "2"
"""Part of a check's version; changes whenever some first turn would be classed differently."""


def first_turn(conversation: Conversation) -> list[Message]:
    """The assistant's messages before the user speaks for the second time."""
    found: list[Message] = []
    for message in conversation.messages:
        if message.role == "user" and found:
            break
        if message.role == "assistant":
            found.append(message)
    return found


def class_of(item: Item, conversation: Conversation, hear: Hear, delivers: Callable[[ToolCall], bool]) -> str | None:
    """The class of the first turn; None where it does none of what the table knows, such as offering what there is.

    Of an item with nothing open: `asked`, `done`, `declined`, or `answered` for all else that is said, such as that it
    is done where nothing was: none of it asks. None where nothing is said.
    """
    turn = first_turn(conversation)
    text = spoken(turn).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    act = hear(item, item.opening.then(Message("assistant", text)))
    made = any(delivers(call) for message in turn for call in message.tool_calls)
    # where nothing was done, "shall I?" puts the turn back to the user
    asks = bool(act.asks) or act.elsewhere or (not made and "?" in to_the_user(text))
    assumes, declines = bool(ASSUMES.search(text)), bool(DECLINES.search(text))
    names_open = bool(item.open.intersection(act.asks))
    found = reply_class(asks, names_open, made, assumes, declines, "" if item.lacking else "done")
    return "answered" if found is None and not item.lacking and text.strip() else found


def first_booked(conversation: Conversation) -> int | None:
    """Which of the assistant's messages, from 0, first calls what is answered BOOKED; a call that is refused delivers
    nothing."""
    at = -1
    for message in conversation.messages:
        at += message.role == "assistant"
        if books(message):
            return at
    return None


def books(message: Message) -> bool:
    """Whether this is a tool's answer that something is booked."""
    return message.role == "tool" and message.text.startswith(BOOKED)


def spoken(messages: Iterable[Message]) -> str:
    """All that they say, as one text."""
    return "\n".join(message.text for message in messages if message.text.strip())
