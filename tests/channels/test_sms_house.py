"""POST /sms over the whole house: SMS-money on real books, delivered once, twice, at once, without an id, and after a restart."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.care import Care
from ivr.accounts.messages import inbox
from ivr.channels.sms import SmsRoute
from ivr.house import House
from ivr.records.metrics import Metrics
from ivr.sessions.door import AsyncDoor
from ivr.settings import ROOT, Settings

MENUS = ROOT / "menus"

ANNA, BORIS, POOR = "992931110004", "992931110002", "992931110010"
NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=5)))
TRANSFER = "1*8351*992931110002*10,50"


class Gateway:
    """A gateway in front of one process: `house` on `home`, at `at`."""

    def __init__(self, home: Path, at: datetime.datetime = NOON) -> None:
        settings = Settings(home, MENUS, f"sqlite:///{home / 'books.db'}", standing_clock=at)
        self.house = House(settings, keep_sessions=True)

    def send(self, *sms: tuple[str, str, str | None], code: str = "202") -> list[list[dict[str, Any]]]:
        """Sends SMS (sender, text, id) to `code` all at once; what came back for each."""

        async def story() -> list[list[dict[str, Any]]]:
            door = AsyncDoor(self.house.runner)
            route = SmsRoute(door, Metrics.create().sms, self.house.sms_identity)
            found = await asyncio.gather(*(_post(route, *one, code) for one in sms))
            await asyncio.to_thread(door.close)
            return found

        return asyncio.run(story())

    def one(self, text: str, identity: str | None, sender: str = ANNA) -> list[dict[str, Any]]:
        return self.send((sender, text, identity))[0]

    def texts(self, msisdn: str) -> list[str]:
        return [delivered.sms.text for delivered in inbox(self.house.books, msisdn)]

    def balance(self, msisdn: str) -> str:
        line = self.house.runner.services.line(msisdn, NOON)
        assert line is not None and line.balance is not None
        return line.balance.exact_text()

    def close(self) -> None:
        assert not audit(self.house.books).differences
        self.house.close()


async def _post(route: SmsRoute, sender: str, text: str, identity: str | None, code: str) -> list[dict[str, Any]]:
    body = json.dumps({"from": f"+{sender}", "to": code, "text": text, "id": identity}).encode()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/sms", "headers": [(b"content-type", b"application/json")]}
    assert await route.receive(scope, receive, send) == 200
    found = json.loads(sent[1]["body"])["messages"]
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books in which Anna has a password."""
    home = tmp_path_factory.mktemp("registered")
    gateway = Gateway(home, NOON - datetime.timedelta(days=1))
    assert "registered" in gateway.one("0*4444*8351", "r1")[0]["text"]
    gateway.close()
    return home


@pytest.fixture
def home(registered: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(registered, tmp_path / "home"))


@pytest.fixture
def gateway(home: Path) -> Iterator[Gateway]:
    opened = Gateway(home)
    yield opened
    opened.close()


def test_a_transfer_answers_the_sender_and_tells_the_recipient(gateway: Gateway) -> None:
    before = gateway.balance(ANNA), gateway.balance(BORIS)
    answer, notice = gateway.one(TRANSFER, "m1")
    assert answer["to"] == ANNA and answer["from"] == "202" and "Sent 10.50 TJS" in answer["text"]
    assert notice["to"] == BORIS and "10.50" in notice["text"]
    assert before == ("599.9388", "7.50") and (gateway.balance(ANNA), gateway.balance(BORIS)) == ("589.3776", "18.00")
    assert gateway.texts(BORIS) == [notice["text"]]


def test_the_same_sms_again_is_answered_the_same_and_tells_nobody(home: Path, gateway: Gateway) -> None:
    answer, notice = gateway.one(TRANSFER, "m1")
    assert gateway.one(TRANSFER, "m1") == [answer]
    restarted = Gateway(home, NOON + datetime.timedelta(days=2))
    assert restarted.one(TRANSFER, "m1") == [answer], "also after a restart, whenever it comes"
    assert restarted.texts(BORIS) == [notice["text"]] and restarted.balance(BORIS) == "18.00"
    restarted.close()


def test_many_at_once_and_in_two_processes_are_one(home: Path, gateway: Gateway) -> None:
    other = Gateway(home)
    rows = gateway.send(*[(ANNA, TRANSFER, "m1")] * 6)
    again = other.send(*[(ANNA, TRANSFER, "m1")] * 6)
    assert {found[0]["text"] for found in rows + again} == {rows[0][0]["text"]} and "Sent 10.50" in rows[0][0]["text"]
    assert sum(len(found) for found in rows) == 7 and all(len(found) == 1 for found in again)
    assert gateway.balance(ANNA) == "589.3776" and len(gateway.texts(BORIS)) == 1
    other.close()


def test_a_refusal_is_answered_again_in_the_same_words(home: Path, gateway: Gateway) -> None:
    gateway.one(TRANSFER, "m1")
    (refused,) = gateway.one("1*8351*992931110002*1", "m2")
    assert "12:30" in refused["text"]
    restarted = Gateway(home, NOON + datetime.timedelta(minutes=40))
    assert restarted.one("1*8351*992931110002*1", "m2") == [refused], "by now it would work"
    assert "Sent 1.00 TJS" in restarted.one("1*8351*992931110002*1", "m3")[0]["text"]
    restarted.close()


def test_a_wrong_password_that_comes_twice_counts_once(gateway: Gateway) -> None:
    (first,) = gateway.one("1*1111*992931110002*1", "w1")
    assert all(found == [first] for found in gateway.send(*[(ANNA, "1*1111*992931110002*1", "w1")] * 5))
    (second,) = gateway.one("1*1111*992931110002*1", "w2")
    assert second != first
    assert "Sent" in gateway.one(TRANSFER, "m1")[0]["text"], "two wrong ones do not lock"


def test_without_an_id_the_same_text_within_ten_minutes_is_one_sms(home: Path, gateway: Gateway) -> None:
    rows = gateway.send(*[(ANNA, TRANSFER, None)] * 4)
    answer = rows[0][0]
    assert all(found[0] == answer for found in rows) and sum(len(found) for found in rows) == 5
    for minutes, text in ((9.99, answer["text"]), (10, "12:30"), (31, "Sent 10.50 TJS")):
        restarted = Gateway(home, NOON + datetime.timedelta(minutes=minutes))
        assert text in restarted.one(TRANSFER, None)[0]["text"]
        restarted.close()
    assert gateway.balance(BORIS) == "28.50" and len(gateway.texts(BORIS)) == 2


def test_the_text_is_kept_nowhere(home: Path, gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        gateway.one(TRANSFER, None)
        gateway.one("1*8351*x*y", "m1")
        gateway.one("8351 what is this", "m2")
    gateway.house.runner.store.close()
    assert "8351" not in caplog.text
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and "releases" not in path.parts)
    assert b"8351" not in kept and ANNA.encode() in kept, "the search would find it"


def test_what_nobody_understands_is_answered_once(home: Path, gateway: Gateway) -> None:
    (first,) = gateway.one("hello", "h1", POOR)
    assert gateway.one("hello there", "h2", POOR) == [] and gateway.one("hello", "h1", POOR) == [first]
    restarted = Gateway(home)
    assert restarted.one("hello", "h1", POOR) == [first] and restarted.one("hello there", "h2", POOR) == []
    restarted.close()


def test_an_unknown_line_is_told_so_and_nothing_is_made(gateway: Gateway) -> None:
    (told,) = gateway.one(TRANSFER, "u1", "992937777777")
    assert "Tcell" in told["text"] and gateway.house.runner.services.line("992937777777", NOON) is None


def test_other_texts_without_an_id_are_wishes_of_their_own(gateway: Gateway) -> None:
    for text, language in (("EN", "en"), ("RU", "ru"), ("EN", "en")):
        gateway.one(text, None)
        line = gateway.house.runner.services.line(ANNA, NOON)
        assert line is not None and line.language == language


def test_an_operator_who_does_not_say_so_takes_each_as_it_comes(gateway: Gateway) -> None:
    postpaid, reader = "994501110103", "994501110001"
    for sign in "+-+":
        answer = gateway.send((postpaid, f"{sign}{reader}", None), code="650")[0]
    granted = gateway.send((reader, postpaid, None), code="650")[0]
    assert "may now read" in answer[0]["text"] and "5.01" in granted[0]["text"]


def test_after_customer_care_the_same_registration_is_another_one(gateway: Gateway) -> None:
    order = "0*2222*8351"
    first = gateway.one(order, None, BORIS)
    assert gateway.one(order, None, BORIS) == first
    assert Care(gateway.house.books).reset_password(BORIS, NOON).outcome == "ok"
    before = gateway.balance(BORIS)
    gateway.one(order, None, BORIS)
    assert gateway.balance(BORIS) < before, "registered anew, and paid for"
