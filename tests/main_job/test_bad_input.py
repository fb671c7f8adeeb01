"""Whatever comes in, each gets a clear answer in the line's language or a clean close; a call under way is not harmed, the books stay as they were."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.main_job.server import Server
from tests.main_job.words import Words

AZ, RU, EN, EXPIRED, BARRED = "994501110001", "994501110002", "994501110003", "994501110005", "994501110006"
POSTPAID = "994501110101"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RU_MAIN = "Мой номер\n1. Счёт\n2. Бонусы\n3. Тариф\n4. Роуминг\n98. Далее"


@pytest.fixture(scope="module", autouse=True)
def a_call_goes_on(server: Server) -> Iterator[None]:
    """While everything here happens a call is under way, which must be heard whole; the books before and after are the same."""
    server.wait_calls_over()
    books = server.books()
    with server.phone(EN) as phone:
        call = phone.dial("2112")
        assert call.wait_audio()
        yield
        assert call.wait_silence(2.0, 40)
        call.hang_up()
    words = ["Your balance is", "one manat | and one gapik", "Main menu.", "Account: press | one", "Help: press | nine"]
    Words("en").matches(call.recording, words)
    server.wait_calls_over()
    assert server.books() == books


@pytest.mark.parametrize(
    ("msisdn", "code", "text", "answer"),
    [
        (EN, "*999#", "", "END There is no service under this code."),
        (AZ, "*999#", "", "END Bu kod uzre xidmet yoxdur."),
        (RU, "*111*1*77#", "", "CON Такого варианта нет.\nСчёт\n1. Баланс\n98. Далее\n0. Назад\n00. Меню"),
        (EN, "#" * 64, "", "END There is no service under this code."),
        ("994509999999", "*111#", "", "END Bu nomreye Azercell xidmet gostermir."),
        (EXPIRED, "*111#", "", "END Your line expired on 01.10.2026. Top it up to use it again."),
        (BARRED, "*111#", "", "END Ваш номер заблокирован. Позвоните бесплатно по номеру 111."),
        (POSTPAID, "*111#", "", "END Bu xidmet evvelceden odenisli xetler ucundur. Sizin ucun: *650#, 650 nomresine zeng ve ya bos SMS."),
        (RU, "*111#", "55", f"CON Такого варианта нет.\n{RU_MAIN}"),
        (RU, "*111#", "7" * 10_000, f"CON Такого варианта нет.\n{RU_MAIN}"),
        (RU, "*111#", "ə'\"\\; DROP TABLE line;--", f"CON Такого варианта нет.\n{RU_MAIN}"),
        (RU, "*111#", "١", f"CON Такого варианта нет.\n{RU_MAIN}"),  # a digit, but no key
    ],
)
def test_ussd_that_makes_no_sense(server: Server, msisdn: str, code: str, text: str, answer: str) -> None:
    session = f"bad-{time.monotonic()}"
    if text:
        assert server.ussd(session, msisdn, code).startswith("CON ")
    assert server.ussd(session, msisdn, code, text) == answer
    server.form("/ussd/end", sessionId=session, status="Failed")


@pytest.mark.parametrize(
    ("msisdn", "number", "said"),
    [
        (RU, "999", "По этому коду услуги нет"),
        (BARRED, "2112", "Ваш номер заблокирован. Позвоните бесплатно по номеру один один один"),
        (EXPIRED, "2112", "Your line expired on the first of October twenty twenty-six Top it up to use it again"),
        ("994509999999", "2112", "Bu nömrəyə Azercell xidmət göstərmir"),
        (POSTPAID, "2112", "Bu nömrə fakturasız xətlər üçündür. Zəhmət olmasa, altı beş sıfır nömrəsinə zəng edin"),
    ],
)
def test_calls_that_make_no_sense(server: Server, msisdn: str, number: str, said: str) -> None:
    """Through `ivr call` beside the server, on the same data; one polite sentence in the line's language, then the end."""
    rows = json.loads(server.ivr("call", number, "--from", msisdn, "--json"))
    assert [row["said"].rstrip(".") for row in rows] == [said]


def fields(**changes: str) -> bytes:
    values = {
        "sessionId": "wrong",
        "phoneNumber": "%2B994501110003",
        "serviceCode": "*111%23",
        "networkCode": "40001",
        "text": "",
    } | changes
    return "&".join(f"{name}={value}" for name, value in values.items()).encode()


@pytest.mark.parametrize(
    ("body", "kind", "status", "why"),
    [
        (fields(phoneNumber="me"), "", 400, "phoneNumber"),
        (fields(phoneNumber="0" * 10_000), "", 400, "phoneNumber"),
        (fields(serviceCode="*111%0A%23"), "", 400, "serviceCode"),
        (fields(serviceCode="*1" * 5_000), "", 400, "serviceCode"),
        (fields(sessionId="a%0Ab"), "", 400, "sessionId"),
        (fields(text="1%00"), "", 400, "U+0000"),
        (fields(text="1%1B[2J"), "", 400, "U+001B"),
        (fields(text="%E6%FF"), "", 400, "UTF-8"),  # Latin-1
        (fields(text="%F7%EE"), "; charset=windows-1251", 415, "UTF-8"),
        (fields().decode().encode("utf-16"), "", 400, ""),
        (fields() + b"&text=1", "", 400, "twice"),
        (b"", "", 400, "missing"),
        (b"\xff\xfe\x00", "", 400, ""),
        (fields(text="1" * 70_000), "", 413, "longer"),
    ],
)
def test_forms_that_are_none(server: Server, body: bytes, kind: str, status: int, why: str) -> None:
    found, text = server.request("POST", "/ussd", body, {"Content-Type": FORM["Content-Type"] + kind})
    assert found == status, text
    assert why in text
    assert "Traceback" not in text
    assert "994501110003" not in text


def test_other_kinds_of_requests(server: Server) -> None:
    assert server.get("/ussd")[0] == 405
    assert server.request("POST", "/ussd", b'{"sessionId": "a"}', {"Content-Type": "application/json"})[0] == 415
    assert server.get("/nothing/here")[0] == 404


# Peers on the FastAGI port: what they send, and whether they get a conversation or are closed.


def environment(**changes: str) -> bytes:
    values = {"agi_network": "yes", "agi_uniqueid": "1.1", "agi_callerid": "unknown", "agi_arg_1": "2112", "agi_arg_2": EN} | changes
    return "".join(f"{name}: {value}\n" for name, value in values.items()).encode() + b"\n"


def peer(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.agi_port), timeout=10)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"x" * 10_000 + b"\n",
        b"agi_arg_1: " + b"1" * 100_000,
        b"agi_network: yes\n" * 1_000,
        environment(agi_arg_1="21\x0712"),
        environment(agi_callerid="a\x1b[2Jb"),
        environment(agi_arg_1="2112\r\nSET VARIABLE IVR 1"),
        environment(agi_arg_2="994501110003\u2028x"),
        environment()[:-1] + b"agi_arg_2: 994501110001\n\n",  # a second line for the same name
    ],
    ids=["http", "tls", "long line", "no line", "too many lines", "bell", "escape", "line break", "line separator", "twice"],
)
def test_rubbish_is_closed(server: Server, sent: bytes) -> None:
    with peer(server) as raw:
        try:
            raw.sendall(sent)
            assert raw.recv(65536) == b""
        except ConnectionError:
            pass  # closed while there was something unread: a reset


def test_connect_and_close(server: Server) -> None:
    for _ in range(20):
        peer(server).close()


def test_a_silent_peer_is_closed(server: Server) -> None:
    with peer(server) as raw:
        begun = time.monotonic()
        assert raw.recv(1) == b""
        assert time.monotonic() - begun < 8


def converse(server: Server, sent: bytes, streams: Callable[[str], str]) -> list[str]:
    """A call as Asterisk would lead it, `streams` answering each STREAM FILE; the commands."""
    commands: list[str] = []
    with peer(server) as raw, raw.makefile("rwb") as lines:
        lines.write(sent)
        lines.flush()
        for line in lines:
            command = line.decode().rstrip("\n")
            commands.append(command)
            answer = streams(command) if command.startswith("STREAM") else "200 result=6" if command == "CHANNEL STATUS" else "200 result=0"
            if command.startswith("WAIT"):
                break
            lines.write(answer.encode() + b"\n")
            lines.flush()
    return commands


@pytest.mark.parametrize(
    "changes",
    [
        {"agi_arg_1": '2112" "#'},
        {"agi_arg_1": "2112\\"},
        {"agi_arg_1": "../../etc/passwd"},
        {"agi_arg_1": "1" * 10_000},
        {"agi_arg_2": '994501110003" STREAM FILE "x'},
        {"agi_arg_2": "'; DROP TABLE line;--"},
        {"agi_callerid": '"quoted" \\ <994501110001>'},
    ],
    ids=str,
)
def test_quotes_in_arguments_reach_no_command(server: Server, changes: dict[str, str]) -> None:
    commands = converse(server, environment(**changes), lambda command: "200 result=0 endpos=8000")
    assert commands[0] == "ANSWER"
    assert [command.split(" ")[0] for command in commands if command.startswith("STREAM")], "a polite answer"
    for command in commands:
        assert command.count('"') % 2 == 0
        assert not any(value in command for value in changes.values())


def test_a_peer_that_answers_nonsense(server: Server) -> None:
    with peer(server) as raw:
        raw.sendall(environment())
        assert raw.recv(100).startswith(b"ANSWER")
        raw.sendall(b"what?\n")
        rest = b""
        while part := raw.recv(65536):
            rest += part
    assert b"STREAM" not in rest


def test_a_prompt_that_cannot_be_played_ends_the_call_with_what_can(server: Server) -> None:
    commands = converse(server, environment(), lambda command: "200 result=-1 endpos=0")
    assert commands[-1] == "HANGUP"
