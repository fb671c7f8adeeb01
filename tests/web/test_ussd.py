"""The USSD route: what it decodes, what it refuses and in which words, what it never says in a log."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlencode

import pytest

from ivr.channels.ussd import LIMIT, UssdRoute
from ivr.records.metrics import Metrics
from ivr.sessions.requests import Accumulated, Left, Open
from tests.web.fakes import MENU, FakeDoor

FORM = {"sessionId": "ATUid_1", "phoneNumber": "+994501110001", "serviceCode": "*111#", "networkCode": "40001", "text": ""}
TYPE = (b"content-type", b"application/x-www-form-urlencoded")


def ask(body: bytes | list[bytes], door: FakeDoor | None = None, headers=(TYPE,), method: str = "POST", end: bool = False):
    """Put one request through the route; gives status, text and meters."""
    metrics = Metrics.create()
    route = UssdRoute(door or FakeDoor(), metrics.ussd)
    parts = [body] if isinstance(body, bytes) else body
    sent: list[dict] = []
    waiting = [{"type": "http.request", "body": part, "more_body": at < len(parts) - 1} for at, part in enumerate(parts)]

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/ussd", "headers": list(headers)}
    status = asyncio.run((route.end if end else route.dial)(scope, receive, send))
    assert not sent or sent[0]["status"] == status
    return status, (sent[1]["body"].decode() if sent else ""), metrics.exposition().decode(), dict(sent[0]["headers"]) if sent else {}


def form(**changes: str | None) -> bytes:
    return urlencode({key: value for key, value in {**FORM, **changes}.items() if value is not None}).encode()


def test_a_page_that_waits_is_con_and_utf8() -> None:
    door = FakeDoor()
    status, text, meters, headers = ask(form(), door)
    assert (status, text) == (200, f"CON {MENU}")
    assert headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert door.seen == [("ussd:ATUid_1", Accumulated(Open("ussd", "*111#", "994501110001"), ""))]
    assert 'ivr_ussd_requests_total{outcome="con"} 1.0' in meters
    assert "994501110001" not in meters
    assert ask(form(text="1"))[1] == "CON 1.SMS 50 ədəd, 2.50 AZN"


def test_a_last_page_is_end() -> None:
    status, text, meters, _ = ask(form(text="1*7"))
    assert (status, text) == (200, "END Sag olun: 7")
    assert 'outcome="end"} 1.0' in meters


@pytest.mark.parametrize("number", ["+994501110001", "994501110001", " 994501110001"])
def test_the_number_loses_its_plus(number: str) -> None:
    door = FakeDoor()
    ask(form(phoneNumber=number), door)
    assert door.seen[0][1].opening.msisdn == "994501110001"


def test_an_unescaped_form_is_understood() -> None:
    door = FakeDoor()
    body = "sessionId=a&phoneNumber=+994501110001&serviceCode=*111#&networkCode=1&text=1*Ə+".encode()
    assert ask(body, door)[0] == 200
    assert door.seen[0][1] == Accumulated(Open("ussd", "*111#", "994501110001"), "1*Ə ")


@pytest.mark.parametrize("name", ["sessionId", "phoneNumber", "serviceCode", "text"])
def test_a_missing_field_is_named(name: str) -> None:
    status, text, meters, _ = ask(form(**{name: None}))
    assert status == 400
    assert text.startswith(f"{name} is missing")
    assert 'outcome="refused"} 1.0' in meters


def test_the_network_code_may_be_missing() -> None:
    assert ask(form(networkCode=None))[0] == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "sessionId is missing"),
        (b"\x00\xff", "name is not UTF-8"),
        (form() + b"&text=7", "text is given twice"),
        (b"&".join([b"a=1"] * 40), "more than 32 fields"),
        (form().replace(b"text=", b"text=%E9"), "text is not UTF-8"),
        (form().replace(b"text=", b"text=\xff"), "text is not UTF-8"),
        (form(text="1\x00"), "text has the control character U+0000"),
        (form(text="1\x1b"), "text has the control character U+001B"),
        (form(text="1\u0085"), "text has the control character U+0085"),
        (form(sessionId="a b"), "sessionId must be"),
        (form(sessionId="a\n"), "sessionId must be"),
        (form(sessionId="x" * 129), "sessionId must be"),
        (form(sessionId="ə"), "sessionId must be"),
        (form(phoneNumber="Bob"), "phoneNumber is not a number"),
        (form(phoneNumber="++994501110001"), "phoneNumber is not a number"),
        (form(phoneNumber="1" * 16), "phoneNumber is not a number"),
        (form(phoneNumber="٩٩٤٥٠١١١٠٠٠١"), "phoneNumber is not a number"),
        (form(serviceCode="menu"), "serviceCode is not a code"),
        (form(serviceCode="*111#\n"), "serviceCode is not a code"),
    ],
)
def test_bad_forms_are_400_and_say_what_to_write(body: bytes, says: str) -> None:
    status, text, _, _ = ask(body)
    assert status == 400
    assert says in text
    assert text.count("\n") == 1


def test_gsm_padding_is_no_input() -> None:
    door = FakeDoor()
    assert ask(form(text="1\r*7\r"), door)[0] == 200
    assert door.seen[0][1].text == "1*7"


def test_a_body_is_bounded() -> None:
    big = form(text="1" * (LIMIT + 1))
    assert ask(big)[0] == 413
    assert ask(b"", headers=(TYPE, (b"content-length", str(LIMIT + 1).encode())))[0] == 413
    assert ask([b"a" * 40000, b"a" * 40000])[0] == 413
    assert ask([form()[:10], form()[10:]])[0] == 200


def test_other_methods_and_media_types_are_refused() -> None:
    status, _, _, headers = ask(b"", method="GET")
    assert (status, headers[b"allow"]) == (405, b"POST")
    assert ask(b"{}", headers=((b"content-type", b"application/json"),))[0] == 415
    assert ask(form(), headers=((b"content-type", TYPE[1] + b"; charset=ISO-8859-1"),))[0] == 415
    assert ask(form(), headers=((b"content-type", TYPE[1] + b"; charset=UTF-8"),))[0] == 200
    assert ask(form(), headers=(TYPE, (b"content-encoding", b"gzip")))[0] == 415
    assert ask(form(), headers=())[0] == 200


def test_a_failing_door_still_gives_a_sentence_and_a_log_without_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        status, text, meters, _ = ask(form(text="boom"))
    assert status == 200
    assert text.startswith("END ")
    assert 'outcome="failed"} 1.0' in meters
    assert "RuntimeError" in caplog.text
    assert "994501110001" not in caplog.text


def test_a_client_that_leaves_is_forgotten() -> None:
    assert ask([])[0] == 499


def test_the_networks_abort() -> None:
    door = FakeDoor()
    assert ask(b"sessionId=ATUid_1&status=Incomplete", door, end=True)[:2] == (200, "OK")
    assert door.seen == [("ussd:ATUid_1", Left("aborted"))]
    assert ask(b"sessionId=ATUid_1&status=Success", door, end=True)[0] == 200
    assert len(door.seen) == 1
    assert ask(b"status=Success", end=True)[:2] == (400, "sessionId is missing\n")
