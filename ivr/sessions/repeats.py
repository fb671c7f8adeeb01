"""Requests that come again: what is new in them, told without keeping what was typed."""

from __future__ import annotations

import datetime
import hashlib
import hmac

from ivr.sessions.requests import Accumulated, Open
from ivr.sessions.store import Record


class Repeats:
    """Compares texts by keyed digests: what was typed repeats passwords and is never kept. `secret` is the key."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def digest(self, text: str) -> tuple[int, str]:
        """The length of a text and its digest, as `Record.seen` has them."""
        octets = text.encode("utf-8", "surrogatepass")
        return len(text), hashlib.blake2s(octets, digest_size=16, key=self._secret).hexdigest()

    def new_input(self, record: Record, text: str) -> str | None:
        """What is new in a gateway's accumulated text; None where it is a repeated request."""
        length, digest = record.seen
        if len(text) <= length or not hmac.compare_digest(self.digest(text[:length])[1], digest):
            return None
        new = text[length:]
        return new.removeprefix("*") if length else new

    def goes_on(self, record: Record, request: Open | Accumulated) -> bool:
        """Whether an opening request is about the session that has its id already."""
        opening = request if isinstance(request, Open) else request.opening
        if record.state.msisdn != opening.msisdn:
            return False
        if opening.channel == "sms" and isinstance(request, Open):
            return record.seen == self.digest(opening.text)
        # an ended session is opened anew by a dial, and by a gateway that uses an id again and begins with an empty text
        return not record.state.ended or not (isinstance(request, Open) or (not request.text and record.seen[0] > 0))


def name_of(before: Record | None, session: str, msisdn: str, now: datetime.datetime) -> str:
    """The name that a session's effects carry in their keys: where an id is used again, its next use has keys of its own.

    While the session before is remembered (`before`), uses are counted. Afterwards the day and quarter of an hour in which it was opened
    tell them apart: a gateway that counts its ids from the start again would else find its fees paid and its acts done. A request that is
    repeated after a crash comes within seconds, and gets the name it had.
    """
    name = f"{session}@{now:%Y%m%d%H}{now.minute // 15}"
    if before is None or before.state.msisdn != msisdn:
        return name
    _, _, uses = before.state.session.rpartition("~")
    return f"{name}~{int(uses) + 1 if uses.isdigit() else 2}"
