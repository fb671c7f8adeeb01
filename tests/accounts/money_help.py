"""SMS-money over books in a file, with the draft operator's numbers and the cheapest hashes."""

from __future__ import annotations

import datetime
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.accounts import guarded
from ivr.accounts.books import open_books
from ivr.accounts.guarded import Keys
from ivr.accounts.passwords import LIGHT, Cost
from ivr.accounts.pins import Pins
from ivr.accounts.rules import Terms
from ivr.accounts.store import Store
from ivr.clock import StandingClock
from ivr.engine.effects import Call, Fee
from ivr.engine.model import FeePrices
from ivr.engine.values import Answer, Money, Msisdn, Secret, Span, Value
from ivr.scenarios.world import ScratchStore
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings

ZONE = ZoneInfo("Asia/Dushanbe")
NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=ZONE)
ANNA, BOB, NEXT, RICH, BARRED = (f"99293111000{number}" for number in range(1, 6))
"""120.00, 7.50, 900.00 (a tariff without the service), 600.00 and a barred line."""
HAMKOR, EXACT, POOR, SHORT = "992931110006", "992931110009", "992931110010", "992931110011"
"""A tariff that may only receive; 6.1224, 0.05 and 6.1223."""
FOREIGN = "994501110001"
PINS = {ANNA: "1111", BOB: "2222", RICH: "4444", EXACT: "9999", POOR: "1010", SHORT: "1111", BARRED: "5555"}
PASSWORD = "73190582"
FEE = "0.0612"


def tjs(text: str) -> Money:
    return Money.parse(text, "TJS")


LIMITS: Mapping[str, Value] = {
    "transfer_min": tjs("1"),
    "transfer_max": tjs("500"),
    "transfer_keep": tjs("5"),
    "same_recipient": Span(1800),
    "wrong_passwords": {"most": 3, "lock": Span(1800)},
}


def terms(**limits: Value) -> Terms:
    """The operator's terms, with other limits where they are given; None leaves one out."""
    kept = {name: value for name, value in {**LIMITS, **limits}.items() if value is not None}
    return Terms(ZONE, ("ru", "en"), "992", 9, "TJS", kept, {"money": FeePrices({"sms": tjs(FEE)})})


def minutes(count: float) -> datetime.datetime:
    """So many minutes after noon."""
    return NOON + datetime.timedelta(minutes=count)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ivr-money-")


@cache
def template() -> Path:
    """A books file with the demo lines as they are at noon."""
    home = Path(_folder().name)
    store = open_books(Settings.from_environment({"IVR_HOME": str(home)}), StandingClock(NOON))
    with store.reading() as connection:
        connection.rollback()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return home / "books.db"


@dataclass
class Desk:
    """Books in `home` with the demo lines and the service over them. `durable`: each answer waits for the disk. Close it."""

    home: Path
    terms: Terms = field(default_factory=terms)
    cost: Cost = LIGHT
    pins: Pins | None = None
    durable: bool = False

    def __post_init__(self) -> None:
        clock = StandingClock(NOON)
        path = self.home / "books.db"
        if not path.exists():
            self.home.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(template(), path)
        self.store: Store = (Store if self.durable else ScratchStore)(f"sqlite:///{path}")
        self.keys: Keys = guarded.open_keys(self.store, self.home, clock, cost=self.cost, pins=self.pins)
        self.services = EmbeddedServices(self.store, {"tcell": self.terms, "azercell": self.terms}, self.keys)

    def again(self) -> Desk:
        """The same books, opened by a process that starts anew."""
        self.close()
        return Desk(self.home, self.terms, self.cost, self.pins, self.durable)

    def close(self) -> None:
        self.store.close()

    def ask(
        self, msisdn: str, service: str, now: datetime.datetime = NOON, key: str = "", fee: str | None = FEE, **inputs: Value
    ) -> Answer:
        line = self.services.line(msisdn, now)
        assert line is not None
        price = None if fee is None else Fee("money", "sms", tjs(fee))
        call = Call(service, inputs, key or f"{msisdn}/{secrets.token_hex(8)}", service != "sms_money.status", price)
        return self.services.call(line, call, now)

    def register(self, msisdn: str = ANNA, pin2: str | None = None, password: str = PASSWORD, **more: object) -> Answer:
        given = PINS[msisdn] if pin2 is None else pin2
        return self.ask(msisdn, "sms_money.register", pin2=Secret(given), password=Secret(password), **more)  # type: ignore[arg-type]

    def change(self, old: str, new: str, msisdn: str = ANNA, **more: object) -> Answer:
        inputs = {"old_password": Secret(old), "new_password": Secret(new)}
        return self.ask(msisdn, "sms_money.change_password", **inputs, **more)  # type: ignore[arg-type]

    def send(self, amount: str = "1", to: str = BOB, password: str = PASSWORD, msisdn: str = ANNA, **more: object) -> Answer:
        inputs = {"phone": Msisdn(to), "amount": tjs(amount), "password": Secret(password)}
        return self.ask(msisdn, "sms_money.transfer", **inputs, **more)  # type: ignore[arg-type]

    def status(self, msisdn: str = ANNA, now: datetime.datetime = NOON) -> Mapping[str, Value]:
        answer = self.ask(msisdn, "sms_money.status", now, fee=None)
        assert answer.outcome == "ok"
        return answer.values

    def balance(self, msisdn: str = ANNA) -> Money:
        line = self.services.line(msisdn, NOON)
        assert line is not None and line.balance is not None
        return line.balance

    def rows(self, sql: str, *parameters: str) -> list[tuple[object, ...]]:
        with self.store.reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def execute(self, sql: str, *parameters: str | int) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(sql, parameters)

        self.store.write(work)
