"""A runner over the shipped menus and real books in a temporary SQLite file, with a clock in the test's hand."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.accounts.books import open_books
from ivr.accounts.messages import BooksMessages, inbox
from ivr.accounts.rules import LiveTerms
from ivr.accounts.store import Store
from ivr.catalog.releases import Releases
from ivr.clock import StandingClock
from ivr.engine.effects import Page, Sms
from ivr.services.embedded import EmbeddedServices
from ivr.services.port import Services
from ivr.sessions.requests import Accumulated, Left, Open, Reply, Typed
from ivr.sessions.runner import Runner
from ivr.sessions.store import MemoryStore
from ivr.sessions.switches import FILE_NAME, SwitchFile
from ivr.settings import ROOT, Settings

NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Baku"))
LINE, RUSSIAN, POOR, EXPIRED, BARRED, NEW, POSTPAID = (
    "994501110001", "994501110002", "994501110004", "994501110005", "994501110006", "994501110007", "994501110103",
)  # fmt: skip
UNKNOWN, FOREIGN = "994509999999", "998931110001"


class Seconds:
    """A monotonic clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Moving:
    """A business clock that goes only when it is told to."""

    def __init__(self, moment: datetime.datetime = NOON) -> None:
        self.moment = moment

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        return self.moment.astimezone(zone) if zone else self.moment

    def go(self, seconds: float) -> None:
        self.moment += datetime.timedelta(seconds=seconds)


class Desk:
    """One process. `menus` is its own copy of the shipped ones where `own_menus`; `files` are menu files added to it, in English alone, and
    `changes` what is replaced in its operator.yaml."""

    def __init__(
        self,
        home: Path,
        template: Path | None = None,
        *,
        own_menus: bool = False,
        store: MemoryStore | None = None,
        wrap: Callable[[Services], Services] = lambda services: services,
        patient: bool = False,
        secret: bytes = b"secret",
        seconds: Seconds | None = None,
        files: Mapping[str, str] | None = None,
        changes: Mapping[str, str] | None = None,
        clock: Moving | None = None,
    ) -> None:
        own_menus = own_menus or files is not None
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.menus, self.locales = home, ROOT / "menus", ROOT / "locales"
        if own_menus:
            self.menus, self.locales = home / "menus", home / "locales"
            if not self.menus.exists():
                shutil.copytree(ROOT / "menus", self.menus)
                shutil.copytree(ROOT / "locales", self.locales)
        for name, text in (files or {}).items():
            (self.menus / "azercell" / name).write_text(text, "utf-8")
        if changes:
            operator = self.menus / "azercell" / "operator.yaml"
            before = operator.read_text("utf-8")
            for old, new in changes.items():
                assert old in before or new in before, old
                before = before.replace(old, new)
            operator.write_text(before, "utf-8")
        if template is not None and not (home / "books.db").exists():
            shutil.copyfile(template, home / "books.db")
        settings = Settings(home, self.menus, f"sqlite:///{home / 'books.db'}", standing_clock=NOON)
        self.books: Store = open_books(settings, StandingClock(NOON))
        self.seconds = seconds or Seconds()
        self.releases = Releases(self.menus, self.locales, home / "releases", strict=files is None)
        self.releases.load()
        embedded = EmbeddedServices(self.books, LiveTerms(lambda: {name: model.operator for name, model in self.releases.current.items()}))
        self.runner = Runner(
            self.releases,
            wrap(embedded),
            store or MemoryStore(),
            clock or StandingClock(NOON),
            monotonic=self.seconds,
            secret=secret,
            patient=patient,
            messages=BooksMessages(self.books, at_once=True),
            turned=SwitchFile(home / FILE_NAME, self.seconds),
        )

    def gateway(self, session: str, text: str = "", msisdn: str = LINE, code: str = "*111#", language: str | None = None) -> Reply:
        """A request in Africa's Talking's form."""
        return self.runner.call(session, Accumulated(Open("ussd", code, msisdn, language=language), text))

    def dial(self, session: str, code: str, msisdn: str = LINE, language: str | None = "en") -> Reply:
        return self.runner.call(session, Open("ussd", code, msisdn, language=language))

    def type(self, session: str, text: str) -> Reply:
        return self.runner.call(session, Typed(text))

    def leave(self, session: str, why: str = "aborted") -> Reply:
        return self.runner.call(session, Left(why))

    def sms(self, identity: str, text: str = "", msisdn: str = LINE, code: str = "2112", language: str | None = "en") -> Reply:
        return self.runner.call(f"sms:{identity}", Open("sms", code, msisdn, text, language))

    def inbox(self, msisdn: str = LINE) -> list[Sms]:
        """What reached the line."""
        return [one.sms for one in inbox(self.books, msisdn)]

    def fees(self, msisdn: str = LINE) -> list[int]:
        """What was taken from the line for requests, in micro-units."""
        with self.books.reading() as connection:
            found = connection.execute(
                "SELECT posting.amount FROM posting JOIN account ON account.id = posting.account_id"
                " WHERE account.msisdn = ? AND account.kind = 'main' AND posting.kind = 'fee'",
                (msisdn,),
            ).fetchall()
        return [amount for (amount,) in found]

    def dump(self) -> str:
        """The whole of the books as text."""
        with self.books.reading() as connection:
            return "\n".join(connection.iterdump())

    def close(self) -> None:
        self.runner.close()
        self.books.close()


def page(reply: Reply) -> Page:
    found = reply.page
    assert found is not None, reply
    return found


def text(reply: Reply) -> str:
    return page(reply).text
