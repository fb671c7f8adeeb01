"""The routes that stay on the loop: USSD and SMS, a call's event stream, and what monitors ask, answered while every page hangs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from ivr.channels import asgi
from ivr.channels.sms import SmsRoute
from ivr.channels.ussd import UssdRoute
from ivr.records.metrics import CONTENT_TYPE
from ivr.web.site import Site
from ivr.web.streams import CALL_EVENTS, Streams, call_events

log = logging.getLogger(__name__)

Route = Callable[[asgi.Scope, asgi.Receive, asgi.Send], Awaitable[int]]

READY_SECONDS = 3.0
"""How long the parts may take to say that they are ready."""

JSON: asgi.Header = (b"content-type", b"application/json; charset=utf-8")


class Native:
    """The native routes of one site. Every route gives back the status it sent."""

    def __init__(self, site: Site) -> None:
        self.streams = Streams(site.metrics.streams_open)
        self._site = site
        ussd = UssdRoute(site.door, site.metrics.ussd)
        self._routes: dict[str, Route] = {
            "/ussd": ussd.dial,
            "/ussd/end": ussd.end,
            "/sms": SmsRoute(site.door, site.metrics.sms, site.sms_identity).receive,
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics,
        }

    def find(self, path: str) -> Route | None:
        """The route of a path, None for Flask's."""
        route = self._routes.get(path)
        if route is None and CALL_EVENTS.fullmatch(path):
            return self._call_events
        return route

    async def _alive(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        return await asgi.answer(send, 200, b"ok\n")

    async def _ready(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        state: Mapping[str, object]
        try:
            # In a thread: it may ask the store.
            async with asyncio.timeout(READY_SECONDS):
                state = await asyncio.to_thread(self._site.ready)
        except TimeoutError:
            state = {"ready": False, "why": f"no answer in {READY_SECONDS:g} s"}
        except Exception as fault:
            log.exception("ready() failed")
            state = {"ready": False, "why": type(fault).__name__}
        return await asgi.answer(send, 200 if state.get("ready") is True else 503, json.dumps(dict(state)).encode() + b"\n", JSON)

    async def _metrics(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        return await asgi.answer(send, 200, self._site.metrics.exposition(), (b"content-type", CONTENT_TYPE.encode()))

    async def _call_events(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        """`GET /api/call/<call>/events`: rows after `Last-Event-ID` (what a browser sends when it comes back) or `?after=`."""
        if not self._site.demo or self._site.call is None:
            return await asgi.refuse(send, 404, "calls from the page belong to demo mode with voice")
        if scope["method"] != "GET":
            return await asgi.refuse(send, 405, "use GET", ((b"allow", b"GET"),))
        if asgi.header(scope, b"sec-fetch-site") not in (b"", b"same-origin", b"none"):
            return await asgi.refuse(send, 403, "only this server's own page may do that")
        match = CALL_EVENTS.fullmatch(scope["path"])
        assert match is not None  # `find` has matched it
        given = asgi.header(scope, b"last-event-id") or parse_qs(scope["query_string"]).get(b"after", [b"0"])[0]
        after = int(given) if given.isdigit() and len(given) < 10 else 0
        return await self.streams.serve(receive, send, call_events(self._site.call, match[1], after))
