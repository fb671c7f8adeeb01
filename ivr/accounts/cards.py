"""Scratch cards: was this one used, and when (services.md, A12)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from ivr.accounts.rules import Asked, Read
from ivr.engine.values import Answer


def look_up(asked: Asked) -> Answer:
    """`cards.look_up`: a card of the line's own operator; `used_on` is that operator's day. Raises ValueError where no serial was given."""
    serial = asked.call.inputs.get("serial")
    if not isinstance(serial, str):
        raise ValueError("cards.look_up needs a serial")
    found = asked.connection.execute(
        "SELECT used_at FROM scratch_card WHERE operator = ? AND serial = ?", (asked.row.operator, serial)
    ).fetchone()
    if found is None:
        return Answer("unknown", {})
    (used_at,) = found
    used_on = None if used_at is None else datetime.datetime.fromisoformat(used_at).astimezone(asked.now.tzinfo).date()
    return Answer("ok", {"used": used_at is not None, "used_on": used_on})


READS: Mapping[str, Read] = {"cards.look_up": look_up}
"""The look-ups by their names in services.yaml."""
