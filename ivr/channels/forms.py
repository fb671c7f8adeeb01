"""What the routes for gateways share: a body that is read whole or refused in one line, a form's fields, a fault's place in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote_to_bytes

from ivr.channels import asgi

FIELDS: Final = 32
"""Fields of a form; a gateway sends five to ten."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
FORM: Final = b"application/x-www-form-urlencoded"
CLOSE: Final[asgi.Header] = (b"connection", b"close")
"""Sent where the rest of a body is not worth reading to keep the connection."""


class BadForm(Exception):
    """The request cannot be understood; the message says which field and what to write instead."""


class Refused(Exception):
    """A request whose body is not even looked at: the status, one line that says why, and headers beside it."""

    def __init__(self, status: int, text: str, extra: tuple[asgi.Header, ...] = ()) -> None:
        super().__init__(text)
        self.status, self.text, self.extra = status, text, extra


async def posted(
    scope: asgi.Scope, receive: asgi.Receive, limit: int, what: str, kinds: Collection[bytes], wanted: str
) -> tuple[bytes, bytes]:
    """The media type and the octets of what was posted; `what` it is called in refusals, `wanted` says which `kinds` may be sent.

    Without a type it is a form. Raises Refused, and asgi.Gone where the client closed the connection.
    """
    if scope["method"] != "POST":
        raise Refused(405, f"use POST with {wanted}", ((b"allow", b"POST"),))
    kind, _, parameters = asgi.header(scope, b"content-type").lower().partition(b";")
    kind = kind.strip() or FORM
    if kind not in kinds:
        raise Refused(415, f"send {wanted}: Content-Type {' or '.join(one.decode() for one in kinds)}")
    if b"charset" in parameters and b"utf-8" not in parameters and b"utf8" not in parameters:
        raise Refused(415, f"send the {what} as UTF-8")
    if asgi.header(scope, b"content-encoding") not in (b"", b"identity"):
        raise Refused(415, f"send the {what} uncompressed")
    try:
        return kind, await asgi.body(scope, receive, limit)
    except asgi.TooLarge:
        raise Refused(413, f"the {what} is longer than {limit} octets", (CLOSE,)) from None
    except asgi.Slow:
        raise Refused(408, f"the {what} did not arrive in time", (CLOSE,)) from None


def fields(raw: bytes) -> dict[str, str]:
    """The form's fields, percent-decoded, UTF-8. Raises BadForm on other encodings, repeated fields or too many of them."""
    pairs = raw.split(b"&")
    if len(pairs) > FIELDS:
        raise BadForm(f"more than {FIELDS} fields")
    found: dict[str, str] = {}
    for pair in pairs:
        if not pair:
            continue
        key, _, value = pair.partition(b"=")
        try:
            name = _plain(key).decode()
        except UnicodeDecodeError:
            raise BadForm("a field's name is not UTF-8") from None
        if name in found:
            raise BadForm(f"{shown(name)} is given twice")
        try:
            found[name] = _plain(value).decode()
        except UnicodeDecodeError:
            raise BadForm(f"{shown(name)} is not UTF-8: send the form as UTF-8, percent-encoded") from None
    return found


def shown(text: str) -> str:
    """What somebody sent, as an answer to him may repeat it."""
    return CONTROL.sub("?", text[:40]) or "a field without a name"


def report(log: logging.Logger, channel: str, fault: Exception) -> None:
    """Log where the door failed without the error's own words: they may quote the number or what was typed."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    log.error("%s: the door failed with %s at %s", channel, type(fault).__name__, place)


def _plain(octets: bytes) -> bytes:
    # Most values need neither; both tests are cheaper than what they save.
    if b"+" in octets:
        octets = octets.replace(b"+", b" ")
    return unquote_to_bytes(octets) if b"%" in octets else octets
