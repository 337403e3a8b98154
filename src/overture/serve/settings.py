"""What a proxy is told before it starts: where answers come from, who decides, what is kept, who may ask.

In come flags; out comes one frozen value that a worker process can be handed. Easy to get wrong: keys are named by
their environment variable and read there, so that no settings, log or list of processes ever holds one.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from functools import lru_cache

from ..errors import UsageError

OFF = "off"
SHADOW = "shadow"
"""Words that a client's header may hold beside names of policies."""


@dataclass(frozen=True)
class Settings:
    """A proxy."""

    upstream: str
    """The MODEL that answers: `http://host:port/v1#name`, `embedded`, a `.gguf` file or `scripted:NAME`."""
    policy: str = OFF
    """Who decides where a request does not say: a name as `policies.make` takes it, or `off`."""
    allow: tuple[str, ...] = ("recommended",)
    """Further names of policies that a request may choose; `--policy` is always among them."""
    shadow: bool = False
    """Decide and record, and change nothing."""
    share: float = 1.0
    """This share of the users, or of the conversations where no user is named, is led; the others are in the shadow."""
    host: str = "127.0.0.1"
    port: int = 8400
    workers: int = 1
    """Processes that share the port."""
    key_env: str | None = None
    """The environment variable that holds the key clients must show; None asks for none."""
    deadline: float = 2.0
    """Seconds a policy may take for one decision; a later one is not waited for."""
    silence: float = 600.0
    """Seconds that the upstream may say nothing, or a client take nothing."""
    max_body: int = 32 << 20
    """Bytes of a request, and of a request once it is unpacked."""
    log: str | None = "decisions.jsonl"
    """Where decisions are written; None writes none."""
    log_content: bool = False
    """Whether what was said is written too."""
    log_bytes: int = 64 << 20
    """A log of this size is set aside and a new one begun."""
    log_files: int = 5
    """So many logs that were set aside are kept."""
    state: str | None = None
    """Where users' initiative is kept from one conversation to the next: a file, or `redis://…`; None keeps none."""
    otel: str | None = None
    """A file, or the address of an OTLP collector, that gets a span for each request; None makes none."""

    def __post_init__(self) -> None:
        if self.workers < 1 or min(self.deadline, self.silence) <= 0 or self.max_body < 1 or self.log_bytes < 1:
            raise UsageError(
                "--workers, --max-body and --log-bytes take 1 or more, --deadline and --silence more than 0"
            )
        if not 0 <= self.share <= 1:
            raise UsageError(f"--share is {self.share:g}; a share is 0 to 1, as in 0.05")
        if not 0 <= self.port < 65536:
            raise UsageError(f"--port is {self.port}; a port is 0 to 65535")
        if self.key_env is not None and not os.environ.get(self.key_env):
            raise UsageError(f"--key-env names {self.key_env[:60]}, and that variable is empty")
        if self.key_env is None and not is_loopback(self.host):
            raise UsageError(
                f"--host {self.host[:60]} can be reached from other machines; give clients a key (--key-env)"
            )

    @property
    def key(self) -> bytes | None:
        """The key that clients must show."""
        return os.environ[self.key_env].encode() if self.key_env else None


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
