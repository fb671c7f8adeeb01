"""The one process: uvicorn on uvloop, `/ussd` and event streams natively, Flask behind eight threads, other servers as parts.

Order of a stop (SIGTERM or SIGINT): event streams are woken, the listening socket closes, requests in progress get `GRACE`
seconds, the parts stop in reverse order of their start, `serve` returns. Code behind `serve` runs: uvicorn raises a caught
signal again after its stop, which would end the process inside `serve`; here it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Protocol, cast

import uvicorn
import uvloop
from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from flask import Flask

from ivr.channels import asgi
from ivr.threads import Daemons
from ivr.web.native import Native
from ivr.web.site import Site, build

log = logging.getLogger(__name__)
access = logging.getLogger("ivr.access")

THREADS = 8
"""Pages that run at once."""

GRACE = 2
"""Seconds for requests in progress at a stop. A second is left of the three for the parts."""

PART_SECONDS = 5.0
"""Seconds for one part to stop. More than a stop should take: a store must get its writes out."""

BACKLOG = 2048
"""Connections the kernel keeps until they are accepted."""

LONG_NUMBER = re.compile(r"\d{7,}")


class Part(Protocol):
    """Something that lives as long as the server, on its loop: the FastAGI server, due work, a store's writer."""

    async def start(self) -> None:
        """Begin; an exception here stops the whole server's start."""

    async def stop(self) -> None:
        """End cleanly. Called only after a start that succeeded; work goes on while requests finish, and ends here."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A part made of two functions, for what starts and stops under other names."""

    begin: Callable[[], Awaitable[object]]
    end: Callable[[], Awaitable[object]]
    name: str = "part"

    async def start(self) -> None:
        """See `Part`."""
        await self.begin()

    async def stop(self) -> None:
        """See `Part`."""
        await self.end()


@dataclass(frozen=True, slots=True)
class Options:
    """How to listen. Port 0: any free one. `access_log`: log every request, not only the refused and failed."""

    host: str = "127.0.0.1"
    port: int = 8000
    access_log: bool = False


class HttpServer(uvicorn.Server):
    """uvicorn's server, except that a signal only asks it to stop and streams are woken before it waits."""

    def __init__(self, config: uvicorn.Config, wake: Callable[[], None]) -> None:
        super().__init__(config)
        self._wake = wake

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals are taken by `serve`, for the parts' start and stop as well."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wake the streams, then what uvicorn does."""
        self._wake()
        await super().shutdown(sockets)


class Application:
    """The ASGI application: native routes first, everything else to Flask."""

    def __init__(self, site: Site, flask: Flask, pool: Daemons, access_log: bool) -> None:
        self.native = Native(site)
        self._pages = WSGIMiddleware(cast(WSGIApp, flask.wsgi_app), workers=1)
        # a2wsgi's own pool would be joined at exit; its one thread is never started.
        self._pages.executor = cast(object, pool)  # type: ignore[assignment]
        self._access_log = access_log

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        """One HTTP request (or a websocket handshake, refused)."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        begun = perf_counter()
        route = self.native.find(scope["path"]) or self._page
        try:
            status = await route(scope, receive, send)
        except asyncio.CancelledError:
            # Only a stop cancels a request, when its time is up. Passed on, it would be logged as a fault of ours.
            status = 503
            with contextlib.suppress(RuntimeError):  # the answer had begun
                await asgi.refuse(send, status, "the server is stopping: try again", ((b"connection", b"close"),))
        if self._access_log or status >= 400:
            # Without the query, and without anything that may be a subscriber's number.
            path = LONG_NUMBER.sub("…", scope["path"])
            access.info("%s %r %d %.1f ms", scope["method"], path, status, (perf_counter() - begun) * 1000)

    async def _page(self, scope, receive, send) -> int:  # type: ignore[no-untyped-def]
        status = 500

        async def noting(message) -> None:  # type: ignore[no-untyped-def]
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        # a2wsgi decodes the query as ASCII and fails on anything else; percent-encode what a careless client left raw.
        if not scope["query_string"].isascii():
            scope["query_string"] = b"".join(b"%%%02X" % octet if octet > 127 else bytes((octet,)) for octet in scope["query_string"])
        await self._pages(scope, receive, noting)
        return status


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, not yet taking connections. Raises OSError with the address in it where that is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as fault:
        sock.close()
        raise OSError(fault.errno, f"cannot listen on {host} port {port}: {fault.strerror}") from None
    return sock


async def serve(site: Site, options: Options, parts: Sequence[Part] = (), started: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT (or cancelled), then stop cleanly and return. `started` is told the address, `http://host:port`.

    Raises OSError where the address is taken, before any part is started, and whatever a part's start raises.
    """
    sock = listen(options.host, options.port)
    loop = asyncio.get_running_loop()
    pool = Daemons(THREADS, "page")
    application = Application(site, build(site), pool, options.access_log)
    config = uvicorn.Config(
        application,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
        backlog=BACKLOG,
    )
    server = HttpServer(config, application.native.streams.wake)

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        # Only the main thread may; a test serves from another and stops by cancelling.
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop)
    running: list[Part] = []
    site.bridge.attach(loop)
    try:
        for part in parts:
            await part.start()
            running.append(part)
        # From here on the kernel takes connections; who is told the address may use it at once.
        sock.listen(BACKLOG)
        if started is not None:
            host, port = sock.getsockname()[:2]
            started(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await server.serve(sockets=[sock])
    finally:
        begun = monotonic()
        for part in reversed(running):
            await _stop(part)
        site.bridge.attach(None)
        sock.close()
        pool.shutdown(wait=False, cancel_futures=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
        log.info("stopped; the parts took %.2f s", monotonic() - begun)


async def _stop(part: Part) -> None:
    """Stop one part whatever it does, so that the others get their turn."""
    name = part.name if isinstance(part, Attached) else type(part).__name__
    try:
        async with asyncio.timeout(PART_SECONDS):
            await part.stop()
    except TimeoutError:
        log.error("%s did not stop in %g s", name, PART_SECONDS)
    except Exception:
        log.exception("%s failed to stop", name)


def run(site: Site, options: Options, parts: Sequence[Part] = (), started: Callable[[str], None] | None = None) -> None:
    """`serve` on a uvloop of its own, for the command line."""
    uvloop.run(serve(site, options, parts, started))
