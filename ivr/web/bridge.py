"""From Flask's threads to the event loop: pages run in threads, the door and the calls live on the loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

SECONDS = 20.0
"""The longest a page waits for the loop, in seconds; a menu's back-end has given up long before."""


class Unavailable(Exception):
    """The loop is not running or did not answer in time."""


class Bridge:
    """Knows the loop once the server runs. Made before it, because the pages are built before it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The server tells its loop at the start, and None when it stops."""
        self._loop = loop

    def run(self, make: Callable[[], Awaitable[T]], seconds: float = SECONDS) -> T:
        """Call `make` on the loop and wait for what it gives back. From a thread only; raises Unavailable."""
        loop = self._loop
        if loop is None or not loop.is_running():
            raise Unavailable("the server is starting or stopping")

        async def there() -> T:
            return await make()

        work = there()
        try:
            future = asyncio.run_coroutine_threadsafe(work, loop)
        except RuntimeError:
            work.close()
            raise Unavailable("the server is stopping") from None
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise Unavailable("no answer in time") from None
        except concurrent.futures.CancelledError:
            raise Unavailable("the server is stopping") from None
