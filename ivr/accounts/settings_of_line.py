"""Acts that change how a line is dealt with: its language, its automatic messages; and the bare charge."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ivr.accounts.rules import Acting, Change
from ivr.accounts.transaction import Refused
from ivr.engine.values import Answer


def set_language(acting: Acting) -> Answer:
    """`accounts.set_language` (A13). Raises ValueError for a language that the operator does not offer."""
    language = acting.call.inputs["language"]
    if not isinstance(language, str) or (acting.terms.languages and language not in acting.terms.languages):
        raise ValueError("a language this operator does not offer")
    acting.transaction.execute("UPDATE line SET language = ? WHERE msisdn = ?", (language, acting.row.msisdn))
    acting.row = dataclasses.replace(acting.row, language=language)
    return Answer("ok", {})


def notices(acting: Acting, on: bool) -> Answer:
    """`accounts.notices_on`, `accounts.notices_off` (A16)."""
    if acting.row.notices == on:
        raise Refused("already", {})
    acting.transaction.execute("UPDATE line SET notices = ? WHERE msisdn = ?", (int(on), acting.row.msisdn))
    acting.row = dataclasses.replace(acting.row, notices=on)
    return Answer("ok", {})


def charge(acting: Acting) -> Answer:
    """`accounts.charge`: nothing but the fee, which every act books; its answer brings what a prepaid line has after it."""
    if acting.call.fee is None:
        raise ValueError("accounts.charge needs a fee")
    return Answer("ok", {})


CHANGES: Mapping[str, Change] = {
    "accounts.set_language": set_language,
    "accounts.notices_on": lambda acting: notices(acting, True),
    "accounts.notices_off": lambda acting: notices(acting, False),
    "accounts.charge": charge,
}
"""The acts by their names in services.yaml (`accounts.charge` is the engine's own)."""
