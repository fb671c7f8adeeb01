"""SMS over HTTP: `from`, `to`, `text` and `id` as a form or as JSON; what results comes back in the answer, for the gateway to send.

Neither the text nor the number is logged here: the text may be a password.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from ivr.channels import asgi
from ivr.channels.forms import FORM, BadForm, Refused, fields, posted, report, shown
from ivr.records.messages import message_row
from ivr.records.metrics import RequestMetrics
from ivr.sessions.requests import Door, Open

log = logging.getLogger(__name__)

LIMIT: Final = 64 * 1024
"""Octets of a request's body: the longest SMS that is looked at, with each character percent-encoded, takes a third of it."""
JSON_KIND: Final = b"application/json"
JSON: Final[asgi.Header] = (b"content-type", b"application/json; charset=utf-8")
FIELDS: Final = ("from", "to", "text", "id")
ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
NAME: Final = re.compile(r"(?=.*[^\W\d_])[^\x00-\x1f\x7f+]{1,11}")
"""A sender that is a name (3GPP TS 23.040, 9.1.2.5): at most eleven signs, with a letter among them."""
CODE: Final = re.compile(r"[0-9]{1,15}")
LOST_PLUS: Final = re.compile(rb"\+[0-9]{0,15}")
"""A text that an unescaped form spoils: `+994501110001` and `+` arrive as a space, which would be another request."""


@dataclass(frozen=True, slots=True)
class Received:
    """One well-formed SMS: `sender` in digits, empty where it is a name; `identity` empty where the gateway gave none."""

    sender: str
    code: str
    text: str
    identity: str


Identity = Callable[[str, str, str], str]
"""Names an SMS without an id by its sender, short code and text: the same within a while is the same SMS. May block."""


@dataclass(frozen=True, slots=True)
class SmsRoute:
    """The ASGI handler of `POST /sms`; gives back the status sent. Never raises. `identity` None: an id must be given."""

    door: Door
    metrics: RequestMetrics
    identity: Identity | None = None

    async def receive(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> int:
        """`POST /sms`: the messages that result, to whomever."""
        begun = perf_counter()
        try:
            kind, raw = await posted(scope, receive, LIMIT, "body", (FORM, JSON_KIND), "a form or JSON")
            received = (decode_json if kind == JSON_KIND else decode_form)(raw)
        except Refused as no:
            return await self._refuse(send, no.status, no.text, begun, no.extra)
        except BadForm as fault:
            return await self._refuse(send, 400, str(fault), begun)
        except asgi.Gone:
            self.metrics.count("refused", perf_counter() - begun)
            return 499
        return await self._answer(received, send, begun)

    async def _answer(self, sms: Received, send: asgi.Send, begun: float) -> int:
        rows: list[dict[str, object]] = []
        if sms.sender:  # a sender that is a name gets no answer: nobody could read it
            try:
                identity = sms.identity
                if not identity:
                    if self.identity is None:
                        return await self._refuse(send, 400, "id is missing: give each SMS an id of its own", begun)
                    identity = await asyncio.to_thread(self.identity, sms.sender, sms.code, sms.text)
                reply = await self.door.call(f"sms:{identity}", Open("sms", sms.code, sms.sender, sms.text))
                rows = [message_row(message) for message in (*reply.messages, *reply.told)]
            except Exception as fault:
                report(log, "sms", fault)
                self.metrics.count("failed", perf_counter() - begun)
                return await asgi.refuse(send, 503, "not done: send it again")
        self.metrics.count("answered" if rows else "silent", perf_counter() - begun)
        return await asgi.answer(send, 200, json.dumps({"messages": rows}, ensure_ascii=False).encode() + b"\n", JSON)

    async def _refuse(self, send: asgi.Send, status: int, text: str, begun: float, extra: tuple[asgi.Header, ...] = ()) -> int:
        self.metrics.count("refused", perf_counter() - begun)
        return await asgi.refuse(send, status, text, extra)


def decode_form(raw: bytes) -> Received:
    """The SMS in a form's octets. Raises BadForm, naming the field, where anything is missing or cannot be right."""
    form = fields(raw)
    written = {pair.partition(b"=")[0]: pair.partition(b"=")[2] for pair in raw.split(b"&")}
    if form.get("text", "").startswith(" ") and LOST_PLUS.fullmatch(written.get(b"text", b"")):
        raise BadForm("text begins with a space where a + was meant: in a form write + as %2B, and a space as %20")
    return _received({name: form.get(name) for name in FIELDS})


def decode_json(raw: bytes) -> Received:
    """The SMS in a JSON object. Raises BadForm as `decode_form` does."""
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise BadForm("the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadForm('the body is not JSON: {"from": "994501110001", "to": "2112", "text": "", "id": "1"}') from None
    if not isinstance(found, dict):
        raise BadForm("the body is no JSON object with from, to, text and id")
    for name in FIELDS:
        if not isinstance(found.get(name, ""), str) and not (name == "id" and found[name] is None):
            raise BadForm(f'{name} is no text: write it in quotes, "{name}": "..."')
    return _received({name: found.get(name) for name in FIELDS})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadForm("a field is given twice")
    return found


def _received(given: dict[str, str | None]) -> Received:
    for name in ("from", "to"):
        if not given[name]:
            raise BadForm(f"{name} is missing")
    sender, code, text, identity = given["from"] or "", given["to"] or "", given["text"], given["id"] or ""
    if text is None:
        raise BadForm("text is missing: send it empty where the SMS was blank")
    if sender.startswith(" "):
        raise BadForm("from begins with a space where a + was meant: in a form write + as %2B, or leave it out")
    if not NUMBER.fullmatch(sender) and not NAME.fullmatch(sender):
        raise BadForm(f"from is neither a number in international form nor a name: {shown(sender)!r}; write +994501112233")
    if not CODE.fullmatch(code):
        raise BadForm(f"to is no short code: {shown(code)!r}; write digits, 2112")
    if identity and not ID.fullmatch(identity):
        raise BadForm("id must be 1 to 128 visible ASCII characters")
    if any(0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise BadForm("text has half of a character (a lone surrogate)")
    return Received(sender.removeprefix("+") if NUMBER.fullmatch(sender) else "", code, text, identity)
