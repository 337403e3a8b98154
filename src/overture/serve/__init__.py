"""Where it meets users: a proxy that speaks the chat API and takes the initiative. `settings` says what it is told."""

from .running import run
from .settings import Settings

__all__ = ["Settings", "run"]
