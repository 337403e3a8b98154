"""Where it meets users: a proxy that speaks the chat API and takes the initiative. `settings` says what it is told."""

from .settings import Settings
from .upstream import listens
from .workers import run

__all__ = ["Settings", "listens", "run"]
