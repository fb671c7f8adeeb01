"""The Flask application: everything a person uses. What it depends on comes in as one `Site`; it keeps nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from ivr.channels.sms import Identity
from ivr.records.metrics import Metrics
from ivr.sessions.requests import Door
from ivr.web.bridge import Bridge, Unavailable
from ivr.web.caller import Caller

BODY = 16 * 1024
"""Octets of a request to a page or the JSON API."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""On every page: only our own files run or load, nobody may frame or read us."""


@dataclass(frozen=True, slots=True)
class Line:
    """A demo line to call from: `kind` `prepaid`, `postpaid` ..., `language` or None where none is chosen, `dials` what is good to try."""

    msisdn: str
    kind: str
    language: str | None = None
    name: str = ""
    dials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages work with.

    `lines` gives the demo lines. `ready` gives the state of each part, with `ready` true or false; it may block. `call` is
    None where voice is off. `idle` and `total` are the network's limits of a USSD session in seconds, shown on the phone page.
    `sms_identity` names an SMS without an id (see `ivr.channels.sms`); without it an SMS must have one.
    `demo` false closes the phone page and its API: whoever sees them can act as any demo line.
    """

    door: Door
    lines: Callable[[], Sequence[Line]]
    prompts_dir: Path
    ready: Callable[[], Mapping[str, object]]
    call: Caller | None = None
    demo: bool = False
    sms_identity: Identity | None = None
    idle: int = 60
    total: int = 180
    bridge: Bridge = field(default_factory=Bridge)
    metrics: Metrics = field(default_factory=Metrics.create)


def build(site: Site) -> Flask:
    """The application for one site."""
    # Imported here: the pages need `Site` from this module.
    from ivr.web import calls_api, phone, prompts, ussd_api

    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = BODY
    for pages in (phone, ussd_api, calls_api, prompts):
        app.register_blueprint(pages.blueprint(site))

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(HTTPException)
    def explain(fault: HTTPException) -> tuple[Response, int]:
        return _fault(fault.code or 500, fault.description or fault.name)

    @app.errorhandler(Unavailable)
    def unavailable(fault: Unavailable) -> tuple[Response, int]:
        return _fault(503, str(fault))

    return app


def _fault(status: int, text: str) -> tuple[Response, int]:
    """JSON for the API, a plain sentence for people."""
    if request.path.startswith("/api/"):
        return jsonify(error=text), status
    return Response(f"{text}\n", content_type="text/plain; charset=utf-8"), status
