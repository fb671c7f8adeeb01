"""The little of ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html) that the native routes need: read a body, send an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

BODY_SECONDS = 10.0
"""How long a client may take over the rest of a body whose first part has arrived."""

PLAIN: Header = (b"content-type", b"text/plain; charset=utf-8")
HARMLESS: tuple[Header, ...] = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
"""Sent with every native answer: nothing here may be guessed at or kept by a proxy."""


class TooLarge(Exception):
    """The body is longer than the route allows."""


class Slow(Exception):
    """The body did not come in time."""


class Gone(Exception):
    """The client closed the connection before it had sent everything."""


def header(scope: Scope, name: bytes) -> bytes:
    """The value of the first header of that (lower-case) name, or empty."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` octets. Raises TooLarge, Slow or Gone."""
    declared = header(scope, b"content-length")
    # A declared length is refused before a single octet is read; httptools has checked that it is a number.
    if declared and int(declared) > limit:
        raise TooLarge
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(first) > limit:
            raise TooLarge
        return first
    # Only a body that comes in pieces pays for a timer.
    parts = bytearray(first)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while message.get("more_body", False):
                if len(parts) > limit:
                    raise TooLarge
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                parts += message.get("body", b"")
    except TimeoutError:
        raise Slow from None
    if len(parts) > limit:
        raise TooLarge
    return bytes(parts)


async def answer(send: Send, status: int, content: bytes, kind: Header = PLAIN, extra: Iterable[Header] = ()) -> int:
    """Send a whole answer; gives back `status`, for the access log."""
    headers = [kind, (b"content-length", b"%d" % len(content)), *HARMLESS, *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
    return status


async def refuse(send: Send, status: int, text: str, extra: Iterable[Header] = ()) -> int:
    """An answer for the people who connect a gateway: one line that says what to change."""
    return await answer(send, status, f"{text}\n".encode(), PLAIN, extra)
