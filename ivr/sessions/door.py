"""The door for channels on the event loop: requests of one session in turn; what needs the books goes to a bounded pool."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import cast

from ivr.sessions.requests import Left, Reply, Request
from ivr.sessions.runner import Runner

THREADS = 8
"""Requests that may wait for books or back-ends at once; more queue (design, decision 2)."""


class AsyncDoor:
    """Hands requests to `runner` from one event loop."""

    def __init__(self, runner: Runner, threads: int = THREADS) -> None:
        self.runner = runner
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, "books")
        self._busy: dict[str, asyncio.Future[None]] = {}

    async def call(self, session: str, request: Request) -> Reply:
        """Handle one request of `session`; the next one of the same session waits for it."""
        # who leaves is not kept waiting for a look-up: it ends for him, and nothing more is charged
        while not isinstance(request, Left) and (before := self._busy.get(session)) is not None:
            await asyncio.shield(before)
        prepared = self.runner.prepare(session, request)
        if isinstance(prepared, Reply):
            return prepared
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[None] = loop.create_future()
        self._busy[session] = mine
        work = loop.run_in_executor(self._pool, self.runner.finish, prepared)
        # a channel that is cancelled (a closed connection) leaves the work running to its end: it may already have charged
        work.add_done_callback(lambda _: self._release(session, mine))
        return cast(Reply, await asyncio.shield(work))

    def _release(self, session: str, mine: asyncio.Future[None]) -> None:
        del self._busy[session]
        if not mine.done():
            mine.set_result(None)

    def close(self) -> None:
        """Let what runs end, take nothing new."""
        self._pool.shutdown(wait=True)
