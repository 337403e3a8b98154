"""Every test of the proxy runs on the loop that it runs on in earnest, where that is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    try:
        import uvloop
    except ImportError:
        return {"asyncio": asyncio.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}
