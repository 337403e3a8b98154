"""Who speaks: a chat endpoint, a small model in this process, or a script.

In comes a word a user types (`embedded`, `http://host:port/v1#name`, a `.gguf` path, `scripted:NAME`); out of `load`
goes a Model, whose `reply` turns a Conversation into the next message. `Cached` and `Ledger` wrap any of them.
Easy to get wrong: importing this loads no engine and opens no connection; that happens at the first use.
"""

from __future__ import annotations

from .base import GREEDY, Model, Reply, Sampling, Usage, at_once, is_local, load, request_hash
from .cache import Cached
from .ledger import Ledger
from .scripted import Recorder, Scripted, register
from .wrapper import Remembered

__all__ = [
    "GREEDY",
    "Cached",
    "Ledger",
    "Model",
    "Recorder",
    "Remembered",
    "Reply",
    "Sampling",
    "Scripted",
    "Usage",
    "at_once",
    "is_local",
    "load",
    "register",
    "request_hash",
]
