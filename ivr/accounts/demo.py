"""The demo lines: what a fresh install knows. Their days count from the clock at set-up, so that the demo never goes stale."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ivr.accounts.moments import moment_text
from ivr.accounts.transaction import Transaction
from ivr.clock import Clock
from ivr.engine.values import Answer, Money

ZONES = {"azercell": "Asia/Baku", "tcell": "Asia/Dushanbe"}
"""The time zones whose calendar the demo lines' days are counted in (the operators' own, as in their operator.yaml)."""


def write(transaction: Transaction, clock: Clock) -> Answer:
    """Write every demo line with its accounts, and the scratch cards.

    Opening balances are postings against the operator's `opening` account.
    """
    text = resources.files(__package__).joinpath("demo_subscribers.yaml").read_text("utf-8")
    lines = 0
    for operator, book in yaml.load(text, yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader).items():
        now = clock.now(ZoneInfo(ZONES[operator]))
        today = now.date()
        groups = (("prepaid", "prepaid"), ("postpaid", "postpaid"), ("lines", "prepaid"))
        for group, kind in groups:
            for row in book.get(group, ()):
                _line(transaction, operator, kind, book["currency"], row, today)
                lines += 1
        for card in book.get("scratch_cards", ()):
            used_at = now + datetime.timedelta(days=int(card["used_at"])) if card["used"] else None
            moment = None if used_at is None else moment_text(used_at)
            transaction.execute("INSERT INTO scratch_card (operator, serial, used_at) VALUES (?, ?, ?)", (operator, card["serial"], moment))
    return Answer("ok", {"lines": lines})


def _line(transaction: Transaction, operator: str, kind: str, currency: str, row: Mapping[str, Any], today: datetime.date) -> None:
    msisdn = row["msisdn"]
    expires = _day(row["expires"], today) if "expires" in row else None
    transaction.execute(
        "INSERT INTO line (msisdn, operator, kind, status, tariff, language, roaming, notices, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(msisdn, operator, kind, row.get("status", "active"), row["tariff"], row.get("language")),
            *(int(row.get("roaming", False)), int(row.get("notices", True)), expires),
        ),
    )
    opening = transaction.open(operator, None, "opening", currency)
    if kind == "prepaid":
        main = transaction.open(operator, msisdn, "main", currency, floor=0)
        transaction.move(opening, main, Money.parse(row["balance"], currency), "opening", "Opening balance")
    else:
        bill = transaction.open(operator, msisdn, "bill", currency)
        transaction.open(operator, msisdn, "bill_fees", currency)
        transaction.move(bill, opening, Money.parse(row["current"], currency), "opening", "Used so far")
        billed, advance = (Money.parse(row[name], currency).micro for name in ("billed", "advance"))
        transaction.execute("INSERT INTO bill VALUES (?, ?, ?, ?, ?)", (msisdn, currency, billed, advance, _day(row["due"], today)))
    for bonus in row.get("bonuses", ()):
        transaction.execute(
            'INSERT INTO bonus (msisdn, unit, "left", until) VALUES (?, ?, ?, ?)',
            (msisdn, bonus["unit"], bonus["left"], _day(bonus["until"], today)),
        )


def _day(text: str, today: datetime.date) -> str:
    """The ISO date so many days from `today`: `+39`, `-1`."""
    return (today + datetime.timedelta(days=int(text))).isoformat()
