"""One runner behind each process model that was tried: `asgi` and `wsgi` for servers to load, `raw` to run (`python -m bench.models.app PORT`).

Each answers `POST /ussd` in the same way and has a page, `GET /slow`, that blocks for two seconds in Flask (`raw` has no pages).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import logging
import sys
import time
from typing import cast

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, request

from ivr.channels import ussd
from ivr.house import House
from ivr.records.metrics import Metrics, RequestMetrics
from ivr.sessions.door import AsyncDoor
from ivr.sessions.requests import Accumulated, Open, Reply
from ivr.settings import Settings
from ivr.threads import Daemons

THREADS = 8
SLOW = 2.0


@functools.cache
def house() -> House:
    """Made in the process that answers, when it first answers."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:  # some servers load us on their loop, where the books must not be waited for
        return thread.submit(House, Settings.from_environment(), keep_sessions=True).result()


@functools.cache
def door() -> AsyncDoor:
    """The door of this process's loop."""
    return AsyncDoor(house().runner)


@functools.cache
def metrics() -> RequestMetrics:
    """The counters of this process."""
    return Metrics.create().ussd


def _written(reply: Reply) -> bytes:
    page = reply.page
    return (("CON " if page is not None and page.more else "END ") + (page.text if page is not None else "")).encode()


wsgi = Flask(__name__)


@wsgi.post("/ussd")
def _dial() -> Response:
    begun = time.perf_counter()
    dialled = ussd.decode(request.get_data())
    reply = house().runner.call(f"ussd:{dialled.session}", Accumulated(Open("ussd", dialled.code, dialled.msisdn), dialled.text))
    metrics().count("con", time.perf_counter() - begun)
    return Response(_written(reply), content_type="text/plain; charset=utf-8")


@wsgi.get("/slow")
def _slow() -> str:
    time.sleep(SLOW)
    return "done\n"


@functools.cache
def _native() -> tuple[ussd.UssdRoute, WSGIMiddleware]:
    pages = WSGIMiddleware(wsgi.wsgi_app, workers=1)
    pages.executor = cast(object, Daemons(THREADS, "page"))  # type: ignore[assignment]
    return ussd.UssdRoute(door(), metrics()), pages


async def asgi(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """As the product has it: USSD natively, pages by Flask in threads."""
    if scope["type"] != "http":
        message = await receive()
        while message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
            message = await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    route, pages = _native()
    if scope["path"] == "/ussd":
        await route.dial(scope, receive, send)
    else:
        await pages(scope, receive, send)


class Raw(asyncio.Protocol):
    """The least HTTP that a gateway on a kept-alive connection needs, written by hand: no framework, no checks."""

    def __init__(self) -> None:
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """asyncio's."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= length:
            self._buffer = rest[length:]
            task = asyncio.get_running_loop().create_task(self._answer(rest[:length]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, body: bytes) -> None:
        begun = time.perf_counter()
        dialled = ussd.decode(body)
        reply = await door().call(f"ussd:{dialled.session}", Accumulated(Open("ussd", dialled.code, dialled.msisdn), dialled.text))
        content = _written(reply)
        metrics().count("con", time.perf_counter() - begun)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(content)
        self._transport.write(head + content)  # type: ignore[attr-defined]


async def raw(port: int) -> None:
    """Serve `Raw` for ever."""
    server = await asyncio.get_running_loop().create_server(Raw, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(raw(int(sys.argv[1])))
