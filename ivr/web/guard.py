"""What every call of the page's JSON API must pass: demo mode, our own page as its origin, JSON, known fields."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from flask import abort, request

from ivr.web.site import Site

OFF = "The phone page belongs to demo mode, which is off here. Start with IVR_DEMO=1 to use it."
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What an id of a session or call made by us may look like."""

_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:]+")
"""An IPv4 or IPv6 address as it stands in a Host header."""


def demo_only(site: Site) -> None:
    """404 with a plain explanation where demo mode is off."""
    if not site.demo:
        abort(404, OFF)


def same_origin() -> None:
    """403 for a request another site's page made. A client that is no browser sends neither header and carries no one's cookies."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None and fetched not in ("same-origin", "none"):
        abort(403, "Only this server's own page may do that.")
    # a name that somebody points at this machine would make his page ours (DNS rebinding): addresses and our own names only
    name = urlsplit(f"//{request.host}").hostname or ""
    if not _ADDRESS.fullmatch(name) and name not in ("localhost", socket.gethostname().lower()):
        abort(403, "Use this server's address, or its own name.")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        abort(403, "Only this server's own page may do that.")


def json_body() -> dict[str, object]:
    """The request's JSON object. 415 for another media type (a form of another site can send no JSON), 400 for anything but an object."""
    if request.mimetype != "application/json":
        abort(415, "Send JSON: Content-Type application/json.")
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        abort(400, "Send a JSON object.")
    return found


def text_of(found: dict[str, object], name: str, pattern: str) -> str:
    """The text field `name`, which `pattern` must match wholly; else 400 naming the field."""
    value = found.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        abort(400, f"{name} is missing or malformed.")
    return value


def demo_line(site: Site, found: dict[str, object]) -> str:
    """The field `msisdn`, which must be a demo line's; else 400: the page may not act for anybody else."""
    msisdn = text_of(found, "msisdn", r"[0-9]{3,15}")
    if all(line.msisdn != msisdn for line in site.lines()):
        abort(400, "msisdn is not a demo line.")
    return msisdn


def token(value: str) -> str:
    """An id from a path, or 404."""
    if not TOKEN.fullmatch(value):
        abort(404, "There is no such session.")
    return value
