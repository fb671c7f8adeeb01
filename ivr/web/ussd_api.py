"""The phone page's USSD: JSON in, JSON out, through the same door as the network's requests."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, jsonify

from ivr.sessions.requests import Left, Open, Reply, Typed
from ivr.web.guard import demo_line, demo_only, json_body, same_origin, text_of, token
from ivr.web.site import Site


def blueprint(site: Site) -> Blueprint:
    """`POST /api/ussd` dials, `/api/ussd/<session>/send` replies, `/api/ussd/<session>/cancel` is the network's abort or time-out."""
    api = Blueprint("ussd_api", __name__, url_prefix="/api/ussd")

    @api.before_request
    def guard() -> None:
        demo_only(site)
        same_origin()

    @api.post("")
    def dial() -> Response:
        found = json_body()
        msisdn = demo_line(site, found)
        code = text_of(found, "code", r"[0-9*#]{1,64}")
        session = secrets.token_urlsafe(16)
        reply = site.bridge.run(lambda: site.door.call(f"phone:{session}", Open("ussd", code, msisdn)))
        return jsonify(session=session, **row(reply, msisdn))

    @api.post("/<session>/send")
    def send(session: str) -> Response:
        # 182 characters is the most a USSD string carries (3GPP TS 23.038).
        text = text_of(json_body(), "text", r"[^\x00-\x1f\x7f]{0,182}")
        name = f"phone:{token(session)}"
        return jsonify(row(site.bridge.run(lambda: site.door.call(name, Typed(text)))))

    @api.post("/<session>/cancel")
    def cancel(session: str) -> Response:
        why = text_of(json_body(), "why", r"aborted|timed_out")
        name = f"phone:{token(session)}"
        site.bridge.run(lambda: site.door.call(name, Left(why)))
        return jsonify({})

    return api


def row(reply: Reply, msisdn: str | None = None) -> dict[str, object]:
    """A reply as the page shows it: the names of `ivr ussd --json`, the SMS that went out and where in the menus it came from."""
    page = reply.page
    shown: dict[str, object] = {
        "text": page.text if page else "",
        "encoding": page.encoding if page else "gsm7",
        "length": page.length if page else 0,
        "limit": page.limit if page else 0,
        "more": bool(page and page.more),
        "secret": bool(page and page.secret),
        "language": reply.language,
        "fee": reply.fee,
        "ended": reply.ended,
    }
    # Only what reaches a handset; texts to other lines are theirs.
    shown["messages"] = [
        {"to": sms.to, "from": sms.sender, "text": sms.text, "flash": sms.flash} for sms in reply.messages if msisdn in (None, sms.to)
    ]
    return shown
