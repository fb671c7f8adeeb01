"""The pages and the JSON API: who may call them, what they refuse, what headers they carry."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from app import create_app
from ivr.sessions.requests import Left, Open, Typed
from ivr.web.prompts import locate
from tests.web.fakes import LINE, MENU, FakeDoor, Pages, site


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


@pytest.fixture
def client(tmp_path: Path, door: FakeDoor):
    return Pages(site(tmp_path / "prompts", door)).client


def test_the_page_has_a_strict_policy_and_no_inline_code(client) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = answer.get_data(as_text=True)
    assert "<style" not in html
    assert "style=" not in html
    assert "onclick" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert f"+{LINE} · prepaid · az" in html


def test_static_files_carry_the_policy_too(client) -> None:
    for name in ("phone.js", "call.js", "ussd.js", "api.js", "phone.css", "icon.svg"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert "Content-Security-Policy" in answer.headers


def test_without_demo_mode_there_is_no_phone(tmp_path: Path) -> None:
    client = Pages(site(tmp_path, demo=False)).client
    answer = client.get("/")
    assert answer.status_code == 404
    assert "demo mode" in answer.get_data(as_text=True)
    assert client.post("/api/ussd", json={"msisdn": LINE, "code": "*111#"}).status_code == 404
    assert client.post("/api/call", json={"msisdn": LINE, "number": "2112"}).status_code == 404
    assert client.get("/prompts/tone.wav").status_code == 404


def test_a_session(client, door: FakeDoor) -> None:
    first = client.post("/api/ussd", json={"msisdn": LINE, "code": "*111#"}).get_json()
    assert first["text"] == MENU
    assert (first["encoding"], first["length"], first["limit"], first["more"], first["fee"]) == ("gsm7", len(MENU), 182, True, "0")
    name = first["session"]
    second = client.post(f"/api/ussd/{name}/send", json={"text": "1"}).get_json()
    assert second["fee"] == "0.10"
    assert second["messages"] == [{"to": LINE, "from": "2112", "text": "Paketiniz: 1500 MB", "flash": False}]
    assert client.post(f"/api/ussd/{name}/cancel", json={"why": "aborted"}).status_code == 200
    assert [request for _, request in door.seen] == [Open("ussd", "*111#", LINE), Typed("1"), Left("aborted")]
    assert {session for session, _ in door.seen} == {f"phone:{name}"}


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/api/ussd", {}, "msisdn"),
        ("/api/ussd", {"msisdn": "994509999999", "code": "*111#"}, "msisdn is not a demo line"),
        ("/api/ussd", {"msisdn": LINE, "code": "abc"}, "code"),
        ("/api/ussd", {"msisdn": LINE, "code": 111}, "code"),
        ("/api/ussd/abcdefgh/send", {"text": "1\n"}, "text"),
        ("/api/ussd/abcdefgh/send", {"text": "1" * 183}, "text"),
        ("/api/ussd/abcdefgh/cancel", {"why": "bored"}, "why"),
        ("/api/call", {"msisdn": LINE, "number": "x"}, "number"),
        ("/api/call/abcdefgh/press", {"key": "12"}, "key"),
    ],
)
def test_bad_bodies_are_400_and_name_the_field(client, path: str, body: object, names: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 400
    assert names in answer.get_json()["error"]


def test_only_our_own_page_may_call_the_api(client) -> None:
    body = {"msisdn": LINE, "code": "*111#"}
    assert client.post("/api/ussd", json=body, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert client.post("/api/ussd", json=body, headers={"Origin": "null"}).status_code == 403
    assert client.post("/api/ussd", json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/api/ussd", json=body, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert client.post("/api/ussd", data=body).status_code == 415
    assert client.post("/api/ussd", data="[]", content_type="application/json").status_code == 400
    assert client.post("/api/ussd", data="{" * 20000, content_type="application/json").status_code in (400, 413)


def test_a_call(client) -> None:
    call = client.post("/api/call", json={"msisdn": LINE, "number": "2112"}).get_json()["call"]
    assert client.post(f"/api/call/{call}/press", json={"key": "1"}).status_code == 200
    assert client.post(f"/api/call/{call}/hangup", json={}).status_code == 200


def test_prompts_are_wav(client) -> None:
    answer = client.get("/prompts/tone.wav")
    assert answer.mimetype == "audio/wav"
    with wave.open(io.BytesIO(answer.data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (8000, 1, 2, 8000)
        assert set(file.readframes(8000)) <= {8, 0}
    assert client.get("/prompts/tone.wav", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get("/prompts/tone.wav", headers={"Range": "bytes=0-43"}).status_code == 206


@pytest.mark.parametrize(
    "name", ["../secret", "..", "a/../../secret", "%2e%2e/secret", "..%2fsecret", "/etc/passwd", ".hidden", "a//b", "link", "tone\x00"]
)
def test_traversal_is_refused(client, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.alaw").write_bytes(b"secret")
    link = tmp_path / "prompts" / "link.alaw"
    link.symlink_to(tmp_path / "secret.alaw")
    assert locate(tmp_path / "prompts", name) is None
    answer = client.get(f"/prompts/{name}.wav")
    assert answer.status_code in (404, 308)
    assert b"secret" not in answer.data


def test_the_composition_root_without_a_site() -> None:
    assert create_app().test_client().get("/").status_code == 404
