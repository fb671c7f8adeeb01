"""Orders by SMS that came without an id: the same sender, short code and text within a while is the same order, delivered again (B11).

The text itself is kept nowhere, since it may be a password: what stands in the books is a keyed hash, and the key is not in the books.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from ivr.accounts.moments import moment_text
from ivr.accounts.port import Books
from ivr.engine.values import Span, Value

LONGEST = datetime.timedelta(days=1)
"""Longer than this no SMS is remembered, whatever `limits.same_sms` says: retention forgets it."""


def same_sms(limits: Mapping[str, Value]) -> datetime.timedelta | None:
    """For how long the same text is the same SMS, by the limits of an operator.yaml; None where it does not say: then no two are."""
    said = limits.get("same_sms")
    return min(datetime.timedelta(seconds=said.seconds), LONGEST) if isinstance(said, Span) else None


class IncomingSms:
    """Names SMS that have no id. `key` is the data folder's, the same in every process that shares the books."""

    def __init__(self, store: Books, key: bytes) -> None:
        self._store, self._key = store, key

    def identity(self, sender: str, code: str, text: str, at: datetime.datetime, within: datetime.timedelta) -> str:
        """The id of the SMS: the one it had where it came before, less than `within` ago (or by a clock that has been set back since), else
        a fresh one. Exact text counts. Many that come at once get one. Raises FAILURES of the books."""
        # no sign of a text can be mistaken for the end of the part before it: the others are digits
        digest = hashlib.blake2s(
            f"{sender} {code} {text}".encode("utf-8", "surrogatepass"), digest_size=32, key=self._key, person=b"same-sms"
        ).hexdigest()
        moment, fresh = moment_text(at), secrets.token_hex(16)

        def work(connection: Any) -> str:
            row = connection.execute("SELECT session, at FROM incoming_sms WHERE digest = ?", (digest,)).fetchone()
            if row is not None and -LONGEST < at - datetime.datetime.fromisoformat(row[1]) < within:
                return str(row[0])
            # made anew, so that rows stay in the order of their moments, as `retention` wants them
            connection.execute("DELETE FROM incoming_sms WHERE digest = ?", (digest,))
            connection.execute("INSERT INTO incoming_sms (digest, session, at) VALUES (?, ?, ?)", (digest, fresh, moment))
            return fresh

        return self._store.write(work)
