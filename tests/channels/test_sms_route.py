"""The SMS route: what it decodes, what it refuses and in which words, what it never says in a log."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.channels.sms import LIMIT, SmsRoute
from ivr.engine.effects import End, Sms
from ivr.records.metrics import Metrics
from ivr.sessions.requests import Open, Reply, Request
from ivr.web.native import Native
from tests.web.fakes import site

SMS = {"from": "+994501110001", "to": "2112", "text": "RU", "id": "m1"}
FORM, JSON = (b"content-type", b"application/x-www-form-urlencoded"), (b"content-type", b"application/json; charset=utf-8")


@dataclass
class FakeDoor:
    """Answers with the text, and tells another line; `silence` gets nothing, `boom` fails."""

    seen: list[tuple[str, Request]] = field(default_factory=list)

    async def call(self, session: str, request: Request) -> Reply:
        self.seen.append((session, request))
        assert isinstance(request, Open)
        if request.text == "boom":
            raise RuntimeError(f"the number {request.msisdn} and {request.text} must not be logged")
        if request.text == "silence":
            return Reply((End("refused"),), True, "en")
        answer = Sms(request.msisdn, request.address, f"got {request.text} ə", "en", "k/1")
        return Reply((answer, End("completed")), True, "en", told=(Sms("994501110002", "Azercell", "told", "en", "k/2", True),))


@dataclass
class Asked:
    """What came of one request."""

    status: int
    text: str
    meters: str
    headers: dict[bytes, bytes]

    @property
    def messages(self) -> list[dict[str, Any]]:
        found = json.loads(self.text)["messages"]
        assert isinstance(found, list)
        return found


def ask(
    body: bytes,
    door: FakeDoor | None = None,
    headers: tuple[tuple[bytes, bytes], ...] = (FORM,),
    method: str = "POST",
    identity: Callable[[str, str, str], str] | None = lambda sender, code, text: f"{sender}-{code}-{len(text)}",
) -> Asked:
    metrics = Metrics.create()
    route = SmsRoute(door or FakeDoor(), metrics.sms, identity)
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    status = asyncio.run(route.receive({"type": "http", "method": method, "path": "/sms", "headers": list(headers)}, receive, send))
    assert sent[0]["status"] == status
    return Asked(status, sent[1]["body"].decode(), metrics.exposition().decode(), dict(sent[0]["headers"]))


def form(**changes: str | None) -> bytes:
    return urlencode({name: value for name, value in {**SMS, **changes}.items() if value is not None}).encode()


def as_json(**changes: object) -> bytes:
    return json.dumps({name: value for name, value in {**SMS, **changes}.items() if value is not ...}).encode()


ROWS = [
    {"to": "994501110001", "from": "2112", "text": "got RU ə", "class": None, "parts": 1, "encoding": "ucs2"},
    {"to": "994501110002", "from": "Azercell", "text": "told", "class": 0, "parts": 1, "encoding": "gsm7"},
]


@pytest.mark.parametrize(("body", "kind"), [(form(), FORM), (as_json(), JSON), (as_json(network=[1, {"a": None}]), JSON)])
def test_the_answer_and_what_went_to_others(body: bytes, kind: tuple[bytes, bytes]) -> None:
    door = FakeDoor()
    asked = ask(body, door, (kind,))
    assert (asked.status, asked.messages) == (200, ROWS)
    assert asked.headers[b"content-type"] == b"application/json; charset=utf-8"
    assert door.seen == [("sms:m1", Open("sms", "2112", "994501110001", "RU"))]
    assert 'ivr_sms_requests_total{outcome="answered"} 1.0' in asked.meters and "ivr_sms_seconds_count 1.0" in asked.meters
    assert "994501110001" not in asked.meters


@pytest.mark.parametrize("sender", ["+994501110001", "994501110001"])
def test_a_number_with_or_without_its_plus(sender: str) -> None:
    door = FakeDoor()
    ask(form(**{"from": sender}), door)
    ask(as_json(**{"from": sender}), door, (JSON,))
    assert {request.msisdn for _, request in door.seen if isinstance(request, Open)} == {"994501110001"}


@pytest.mark.parametrize("text", ["", " ", "+994501110001", "-", "1*8351*927001122*50", "\r\n two lines\n", "\x00\x1b", "😀" * 2000])
def test_any_text_reaches_the_door_as_it_was_written(text: str) -> None:
    door = FakeDoor()
    assert ask(form(text=text) if text != " " else b"from=994501110001&to=2112&id=1&text=%20", door).status == 200
    assert ask(as_json(text=text), door, (JSON,)).status == 200
    assert [request.text for _, request in door.seen if isinstance(request, Open)] == [text, text]


def test_nothing_to_say_is_an_empty_list() -> None:
    asked = ask(form(text="silence"))
    assert (asked.status, asked.messages) == (200, []) and 'outcome="silent"} 1.0' in asked.meters


@pytest.mark.parametrize("sender", ["Azercell", "BANK 24", "Bakı-Bank", "a"])
def test_a_sender_that_is_a_name_gets_nothing_and_reaches_nobody(sender: str) -> None:
    door = FakeDoor()
    for asked in (ask(form(**{"from": sender}), door), ask(as_json(**{"from": sender}), door, (JSON,))):
        assert (asked.status, asked.messages) == (200, [])
    assert door.seen == []


def test_an_sms_without_an_id_is_named_by_what_it_is() -> None:
    door = FakeDoor()
    for body, kind in ((form(id=None), FORM), (form(id=""), FORM), (as_json(id=None), JSON), (as_json(id=...), JSON)):
        assert ask(body, door, (kind,)).status == 200
    assert {session for session, _ in door.seen} == {"sms:994501110001-2112-2"}
    assert ask(form(id=None), identity=None).status == 400


PLUS = "in a form write + as %2B"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"from=+994501110001&to=2112&text=&id=1", f"from begins with a space where a + was meant: {PLUS}, or leave it out"),
        (b"from=%20994501110001&to=2112&text=&id=1", f"from begins with a space where a + was meant: {PLUS}, or leave it out"),
        (b"from=1234567&to=650&text=+994501110001&id=1", f"text begins with a space where a + was meant: {PLUS}, and a space as %20"),
        (b"from=1234567&to=650&text=+&id=1", f"text begins with a space where a + was meant: {PLUS}, and a space as %20"),
        (form(**{"from": None}), "from is missing"),
        (form(**{"from": ""}), "from is missing"),
        (form(to=None), "to is missing"),
        (form(text=None), "text is missing: send it empty where the SMS was blank"),
        (form(to="*111#"), "to is no short code: '*111#'; write digits, 2112"),
        (form(to="٢١١٢"), "to is no short code: '٢١١٢'; write digits, 2112"),
        (form(to="1" * 16), "to is no short code"),
        (form(**{"from": "99450 1110001"}), "from is neither a number in international form nor a name"),
        (form(**{"from": "+99450111000x"}), "from is neither a number"),
        (form(**{"from": "9" * 16}), "from is neither a number"),
        (form(**{"from": "a name of twelve"}), "from is neither a number"),
        (form(**{"from": "12"}), "from is neither a number"),
        (form(**{"from": "a\nb"}), "from is neither a number in international form nor a name: 'a?b'"),
        (form(id="two words"), "id must be 1 to 128 visible ASCII characters"),
        (form(id="x" * 129), "id must be 1 to 128 visible ASCII characters"),
        (form() + b"&from=1234567", "from is given twice"),
        (b"from=%ff&to=1&text=", "from is not UTF-8"),
        (b"a=1&" * 40, "more than 32 fields"),
        (b"", "from is missing"),
    ],
)
def test_a_form_that_cannot_be_right_is_one_line(body: bytes, told: str) -> None:
    door = FakeDoor()
    asked = ask(body, door)
    assert asked.status == 400 and asked.text.startswith(told) and asked.text.count("\n") == 1 and door.seen == []
    assert 'outcome="refused"} 1.0' in asked.meters


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"[" * 60_000, "the body is not JSON"),
        (b'{"from": 1' + b"0" * 5000 + b"}", "the body is not JSON"),
        (b'{"from": "\xff"}', "the body is not UTF-8"),
        (b"[]", "the body is no JSON object with from, to, text and id"),
        (b'"from"', "the body is no JSON object"),
        (b"null", "the body is no JSON object"),
        (as_json(**{"from": 994501110001}), 'from is no text: write it in quotes, "from": "..."'),
        (as_json(to=2112), "to is no text"),
        (as_json(text=None), "text is no text"),
        (as_json(text=...), "text is missing"),
        (as_json(id=7), "id is no text"),
        (as_json(id=["a"]), "id is no text"),
        (as_json(text="\ud800"), "text has half of a character"),
        (as_json(**{"from": " 994501110001"}), "from begins with a space where a + was meant"),
        (b'{"from": "1234567", "from": "7654321", "to": "1", "text": ""}', "a field is given twice"),
    ],
)
def test_so_is_json(body: bytes, told: str) -> None:
    asked = ask(body, headers=(JSON,))
    assert asked.status == 400 and asked.text.startswith(told) and asked.text.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "told", "request_of"),
    [
        (405, "use POST with a form or JSON", {"method": "GET"}),
        (405, "use POST with a form or JSON", {"method": "PUT"}),
        (415, "send a form or JSON: Content-Type application/x-www", {"headers": ((b"content-type", b"text/plain"),)}),
        (415, "send a form or JSON", {"headers": ((b"content-type", b"multipart/form-data; boundary=x"),)}),
        (415, "send the body as UTF-8", {"headers": ((b"content-type", b"application/json; charset=iso-8859-9"),)}),
        (415, "send the body uncompressed", {"headers": (FORM, (b"content-encoding", b"gzip"))}),
        (413, f"the body is longer than {LIMIT} octets", {"headers": (FORM, (b"content-length", b"65537"))}),
    ],
)
def test_what_is_not_even_read(status: int, told: str, request_of: dict[str, Any]) -> None:
    asked = ask(form(), **request_of)
    assert asked.status == status and asked.text.startswith(told) and asked.text.count("\n") == 1
    assert status != 405 or asked.headers[b"allow"] == b"POST"


def test_a_body_that_is_longer_than_it_says() -> None:
    assert ask(b"from=1234567&to=1&text=" + b"x" * LIMIT).status == 413


def test_a_failure_is_503_and_says_nothing_of_whom_or_what(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = ask(form(text="boom"))
    assert (asked.status, asked.text) == (503, "not done: send it again\n") and 'outcome="failed"} 1.0' in asked.meters
    assert "sms: the door failed with RuntimeError at " in caplog.text
    assert "994501110001" not in caplog.text and "boom" not in caplog.text

    def fails(*given: str) -> str:
        raise OSError("994501110001")

    assert ask(form(id=None), identity=fails).status == 503


ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda pairs: urlencode(pairs).encode(), st.lists(st.tuples(st.sampled_from(["from", "to", "text", "id", "x"]), st.text()))),
    st.builds(
        lambda found: json.dumps(found).encode(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["from", "to", "text", "id", "x"]), inner),
            max_leaves=8,
        ),
    ),
)


@given(ANYTHING, st.sampled_from([FORM, JSON]))
def test_whatever_is_posted_gets_an_answer(body: bytes, kind: tuple[bytes, bytes]) -> None:
    asked = ask(body, headers=(kind,))
    assert asked.status in (200, 400, 503) and (asked.status == 200 or asked.text.count("\n") == 1)


def test_the_server_has_the_route(tmp_path: Path) -> None:
    assert Native(site(tmp_path)).find("/sms") is not None and Native(site(tmp_path)).find("/sms/") is None
