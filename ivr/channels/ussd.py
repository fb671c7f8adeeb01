"""USSD over HTTP in Africa's Talking's form: decode, ask the door, encode (https://developers.africastalking.com/docs/ussd/handle_sessions).

The gateway posts `sessionId`, `phoneNumber`, `serviceCode`, `networkCode` and `text`, everything typed since the session
began joined by `*`. The answer is the page after `CON ` (the network waits for input) or `END `. Neither the text nor the
number is logged here: the text repeats passwords.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from ivr.channels import asgi
from ivr.channels.forms import CONTROL, FORM, BadForm, Refused, fields, posted, report
from ivr.records.metrics import RequestMetrics
from ivr.sessions.requests import Accumulated, Door, Left, Open

log = logging.getLogger(__name__)

LIMIT: Final = 64 * 1024
"""Octets of a request's body."""

APOLOGY: Final = "Service is unavailable now. Please try again later."
"""Said where the door itself failed, so that not even the language is known. ASCII: it fits any handset and coding."""

SESSION: Final = re.compile(r"[\x21-\x7e]{1,128}")
CODE: Final = re.compile(r"[0-9*#]{1,64}")
NUMBER: Final = re.compile(r"[0-9]{3,15}")
"""An E.164 number has 15 digits at the most; a test network's may be short."""

PADDING: Final = {0x0D: None, 0x0A: None}


@dataclass(frozen=True, slots=True)
class Dialled:
    """One well-formed request: `session` as the gateway names it, `msisdn` digits only."""

    session: str
    msisdn: str
    code: str
    text: str


def decode(raw: bytes) -> Dialled:
    """The request in a form's octets. Raises BadForm, naming the field, where anything is missing or cannot be right."""
    form = fields(raw)
    for name in ("sessionId", "phoneNumber", "serviceCode"):
        if not form.get(name):
            raise BadForm(f"{name} is missing")
    if "text" not in form:
        raise BadForm("text is missing: send it empty where nothing was typed yet")
    session = session_id(form)
    # `+994...` that was not percent-encoded arrives as ` 994...`: a form's plus sign means a space.
    msisdn = form["phoneNumber"].lstrip(" ").removeprefix("+")
    if not NUMBER.fullmatch(msisdn):
        raise BadForm("phoneNumber is not a number in international form: write it as +994501112233")
    code = form["serviceCode"]
    if not CODE.fullmatch(code):
        raise BadForm("serviceCode is not a code of digits, * and #: write it as *111#")
    text = form["text"]
    if CONTROL.search(text):
        # A carriage return is how GSM 7-bit packing fills the last octet (3GPP TS 23.038, 6.1.2.3.1), not something typed.
        text = text.translate(PADDING)
        if control := CONTROL.search(text):
            raise BadForm(f"text has the control character U+{ord(control[0]):04X}")
    return Dialled(session, msisdn, code, text)


def session_id(form: dict[str, str]) -> str:
    """The gateway's name of the session. Raises BadForm."""
    session = form.get("sessionId", "")
    if not session:
        raise BadForm("sessionId is missing")
    if not SESSION.fullmatch(session):
        raise BadForm("sessionId must be 1 to 128 visible ASCII characters")
    return session


@dataclass(frozen=True, slots=True)
class UssdRoute:
    """The ASGI handler of `POST /ussd` and `POST /ussd/end`; each call gives back the status sent. Never raises."""

    door: Door
    metrics: RequestMetrics
    apology: str = APOLOGY

    async def dial(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        """`POST /ussd`: a page for what was dialled and typed so far."""
        begun = perf_counter()
        raw = await self._form(scope, receive, send, begun)
        if isinstance(raw, int):
            return raw
        try:
            dialled = decode(raw)
        except BadForm as fault:
            return await self._refuse(send, 400, str(fault), begun)
        opening = Open("ussd", dialled.code, dialled.msisdn)
        try:
            reply = await self.door.call(f"ussd:{dialled.session}", Accumulated(opening, dialled.text))
        except Exception as fault:
            report(log, "ussd", fault)
            self.metrics.count("failed", perf_counter() - begun)
            # 200: a gateway shows a network error of its own for anything else, the subscriber should read a sentence.
            return await asgi.answer(send, 200, f"END {self.apology}".encode())
        page = reply.page
        waits = page is not None and page.more
        content = ("CON " if waits else "END ") + (page.text if page is not None else "")
        self.metrics.count("con" if waits else "end", perf_counter() - begun)
        return await asgi.answer(send, 200, content.encode("utf-8", "replace"))

    async def end(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        """`POST /ussd/end`: the network says a session is over; `status` is `Success` where it ended with our own `END`."""
        begun = perf_counter()
        raw = await self._form(scope, receive, send, begun)
        if isinstance(raw, int):
            return raw
        try:
            form = fields(raw)
            session = session_id(form)
        except BadForm as fault:
            return await self._refuse(send, 400, str(fault), begun)
        if form.get("status", "").lower() != "success":
            try:
                await self.door.call(f"ussd:{session}", Left("aborted"))
            except Exception as fault:
                report(log, "ussd", fault)
                self.metrics.count("failed", perf_counter() - begun)
                return await asgi.refuse(send, 500, "not noted: send it again")
        self.metrics.count("left", perf_counter() - begun)
        return await asgi.answer(send, 200, b"OK")

    async def _form(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send, begun: float) -> bytes | int:
        """The body of a form, or the status of a refusal already sent."""
        try:
            return (await posted(scope, receive, LIMIT, "form", (FORM,), "a form"))[1]
        except Refused as no:
            return await self._refuse(send, no.status, no.text, begun, no.extra)
        except asgi.Gone:
            self.metrics.count("refused", perf_counter() - begun)
            return 499

    async def _refuse(self, send: asgi.Send, status: int, text: str, begun: float, extra: tuple[asgi.Header, ...] = ()) -> int:
        self.metrics.count("refused", perf_counter() - begun)
        return await asgi.refuse(send, status, text, extra)
