"""Server-sent events, natively on the loop (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A stream in Flask would hold one of its eight threads for as long as the page is open. Here it holds a task. A stop wakes all
streams first: the server would otherwise wait for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import asdict

from prometheus_client import Gauge

from ivr.channels import asgi
from ivr.web.caller import Caller, Heard, NoSuchCall

log = logging.getLogger(__name__)

MOST = 200
"""Streams open at once; more are told to come back."""

PATIENCE = 10.0
"""Seconds that a client may leave its connection's buffer full before it is dropped."""

CALL_EVENTS = re.compile(r"/api/call/([A-Za-z0-9_-]{8,64})/events")

Chunks = AsyncIterator[bytes]


def event(ordinal: int, data: object) -> bytes:
    """One event whose id lets a browser that lost the connection ask for what follows."""
    return f"id: {ordinal}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class Streams:
    """All open streams of a server."""

    def __init__(self, gauge: Gauge) -> None:
        self._closing = asyncio.Event()
        self._open = 0
        self._gauge = gauge

    def wake(self) -> None:
        """The server stops: every stream ends by itself, at once."""
        self._closing.set()

    async def serve(self, receive: asgi.Receive, send: asgi.Send, chunks: Chunks) -> int:
        """Send `chunks` until they end, the client leaves or is too slow, or the server stops. Gives the status sent."""
        if self._open >= MOST or self._closing.is_set():
            return await asgi.refuse(send, 503, "too many streams: try again", ((b"retry-after", b"5"),))
        self._open += 1
        self._gauge.inc()
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no"), *asgi.HARMLESS]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        tasks = [asyncio.create_task(work) for work in (self._pump(send, chunks), self._left(receive), self._stopping())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= 1
            self._gauge.dec()
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, TimeoutError):
                    log.error("stream: %s", type(outcome).__name__)
        # Also to a client that is gone: the server forgets a connection only after an answer's end. A slow one gets no longer for it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await send({"type": "http.response.body", "body": b""})
        return 200

    async def _pump(self, send: asgi.Send, chunks: Chunks) -> None:
        async for chunk in chunks:
            async with asyncio.timeout(PATIENCE):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _left(self, receive: asgi.Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _stopping(self) -> None:
        await self._closing.wait()


async def call_events(caller: Caller, call: str, after: int) -> Chunks:
    """A call's rows as events, to its end; a comment where nothing happened, so that a dead connection shows."""
    yield b"retry: 1000\n\n"
    ended = False
    while not ended:
        try:
            rows = await caller.events(call, after)
        except NoSuchCall:
            yield event(after + 1, asdict(Heard(after + 1, "ended")))
            return
        if not rows:
            yield b":\n\n"
        for row in rows:
            after = row.ordinal
            ended = ended or row.state == "ended"
            yield event(row.ordinal, asdict(row))
