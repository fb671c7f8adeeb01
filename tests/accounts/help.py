"""Small helpers of the books' tests."""

from __future__ import annotations

import datetime

from ivr.accounts.store import Store
from ivr.engine.effects import Call, Fee
from ivr.engine.values import Answer, Line, Money, Value
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import NOON

RICH, POOR, POSTPAID = "994501110001", "994501110004", "994501110101"


def fee(amount: str = "0.10", currency: str = "AZN", name: str = "balance", channel: str = "ussd") -> Fee:
    return Fee(name, channel, Money.parse(amount, currency))


def line_of(services: EmbeddedServices, msisdn: str, now: datetime.datetime = NOON) -> Line:
    found = services.line(msisdn, now)
    assert found is not None
    return found


def ask(
    services: EmbeddedServices,
    msisdn: str,
    service: str,
    key: str = "key",
    now: datetime.datetime = NOON,
    price: Fee | None = None,
    **inputs: Value,
) -> Answer:
    return services.call(line_of(services, msisdn, now), Call(service, inputs, key, price is not None, price), now)


def charge(services: EmbeddedServices, msisdn: str, key: str, amount: str = "0.10", currency: str = "AZN") -> Answer:
    return ask(services, msisdn, "accounts.charge", key, price=fee(amount, currency))


def dump(store: Store, *without: str) -> str:
    """The whole file as SQL, without the tables named: two dumps that are equal hold the same books."""
    with store.reading() as connection:
        rows = [row for row in connection.iterdump() if not any(f'INSERT INTO "{table}"' in row for table in without)]
    return "\n".join(rows)
