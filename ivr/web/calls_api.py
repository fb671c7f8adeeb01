"""The phone page's calls: JSON over the `Caller` port. A call's events are a native stream (`ivr/web/streams.py`), not here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flask import Blueprint, Response, abort, jsonify

from ivr.web.caller import Busy, Caller, NoSuchCall
from ivr.web.guard import demo_line, demo_only, json_body, same_origin, text_of, token
from ivr.web.site import Site


def blueprint(site: Site) -> Blueprint:
    """`POST /api/call` begins; `/api/call/<call>/press` and `/hangup` go on."""
    api = Blueprint("calls_api", __name__, url_prefix="/api/call")

    def caller() -> Caller:
        if site.call is None:
            abort(503, "Voice is off here.")
        return site.call

    def tell(make: Callable[[], Awaitable[None]]) -> Response:
        try:
            site.bridge.run(make)
        except NoSuchCall:
            abort(404, "The call is over.")
        return jsonify({})

    @api.before_request
    def guard() -> None:
        demo_only(site)
        same_origin()

    @api.post("")
    def start() -> Response:
        found = json_body()
        msisdn = demo_line(site, found)
        number = text_of(found, "number", r"[0-9*#]{1,20}")
        by = caller()
        try:
            call = site.bridge.run(lambda: by.start(number, msisdn))
        except Busy as fault:
            abort(503, str(fault) or "All lines are busy.")
        return jsonify(call=call)

    @api.post("/<call>/press")
    def press(call: str) -> Response:
        key = text_of(json_body(), "key", r"[0-9*#]")
        by, name = caller(), token(call)
        return tell(lambda: by.press(name, key))

    @api.post("/<call>/hangup")
    def hang_up(call: str) -> Response:
        json_body()
        by, name = caller(), token(call)
        return tell(lambda: by.hang_up(name))

    return api
