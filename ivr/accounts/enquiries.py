"""Look-ups about the line itself: balance, bill, tariff, statement, whether it could pay."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.accounts import lines
from ivr.accounts.rules import Asked, Read, money_of
from ivr.engine.values import Answer, Record, Tariff

OPENINGS = 4
"""Opening postings that a line may have, one an account."""
BONUSES = 20
"""The most bonuses of `accounts.balance` (services.yaml: most): those that expire first."""
STATEMENT = 30
"""The most postings of `accounts.statement` (services.yaml: most)."""


def balance(asked: Asked) -> Answer:
    """`accounts.balance`: a prepaid line's money and what is left of its packages. Raises LookupError for a postpaid line."""
    row = asked.row
    if row.balance is None:
        raise LookupError("a postpaid line has no balance")
    bonuses: tuple[Record, ...] = tuple(
        {"left": left, "until": until} for left, until in lines.bonuses(asked.connection, row.msisdn, asked.today)[:BONUSES]
    )
    return Answer(
        "ok", {"main": row.balance, "expires": row.expires, "tariff": Tariff(row.tariff), "roaming": row.roaming, "bonuses": bonuses}
    )


def bill_of(asked: Asked, msisdn: str) -> Record | None:
    """The figures of a line's bill as services.yaml has them; None where the line has none."""
    bill = lines.bill(asked.connection, msisdn)
    if bill is None:
        return None
    overdue = bill.overdue(asked.today)
    return {"billed": bill.billed, "current": bill.current, "advance": bill.advance, "due": bill.due, "overdue": overdue}


def _bill(asked: Asked) -> Answer:
    figures = bill_of(asked, asked.row.msisdn)
    if figures is None:
        raise LookupError("the line has no bill")
    return Answer("ok", figures)


def _line(asked: Asked) -> Answer:
    return Answer("ok", {"tariff": Tariff(asked.row.tariff), "roaming": asked.row.roaming, "notices": asked.row.notices})


def _statement(asked: Asked) -> Answer:
    postings: tuple[Record, ...] = tuple(
        {"at": posting.at.astimezone(asked.now.tzinfo).date(), "amount": posting.amount, "information": posting.information}
        for posting in lines.statement(asked.connection, asked.row.msisdn, STATEMENT + OPENINGS)
        # what the books began with is no event of the line's
        if posting.kind != "opening"
    )
    return Answer("ok", {"postings": postings[:STATEMENT]})


def _funds(asked: Asked) -> Answer:
    amount, has = money_of(asked.call, "amount"), asked.row.balance
    if has is None:  # postpaid: onto the bill, whatever it is (A18)
        return Answer("ok", {})
    if amount.currency != has.currency:
        raise ValueError(f"a fee in {amount.currency} for a line in {has.currency}")
    enough = amount.micro <= has.micro or _begun(asked)
    return Answer("ok" if enough else "not_enough", {"balance": has})


def _begun(asked: Asked) -> bool:
    """Whether the SMS that asks has come before, and was carried out by a process that could not answer it: what it costs is paid already,
    or was refused, and the act that follows remembers which. (Other sessions go on after a payment; an SMS has only one.)"""
    session = asked.call.key.rpartition("/")[0]
    # "0" follows "/": every key that begins with the session's name and a stroke
    done = "SELECT 1 FROM operation WHERE key > ? AND key < ? AND msisdn = ? LIMIT 1"
    return (
        session.startswith("sms:")
        and asked.connection.execute(done, (f"{session}/", f"{session}0", asked.row.msisdn)).fetchone() is not None
    )


READS: Mapping[str, Read] = {
    "accounts.balance": balance,
    "accounts.bill": _bill,
    "accounts.line": _line,
    "accounts.statement": _statement,
    "accounts.funds": _funds,
}
"""The look-ups by their names in services.yaml (`accounts.funds` is the engine's own)."""
