"""`ivr usage` and what `ivr account` shows of it and of grants, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ivr.accounts.rating import Usage
from ivr.accounts.usage import use
from ivr.house import House
from ivr.settings import ROOT, Settings
from tests.commands.running import ivr

RICH, PLAIN, POSTPAID = "994501110001", "994501110003", "994501110101"


def usage(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = ivr(capsys, "usage", *words, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def account(capsys: pytest.CaptureFixture[str], line: str) -> dict[str, Any]:
    code, out, err = ivr(capsys, "account", line, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_the_json_is_that_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "call", "--from", PLAIN, "--seconds", "61", "--to", RICH) == {
        **{"charge": "0.17", "from_bonus": 0, "balance": "0.84", "notices": []}  # this line has its automatic messages off
    }
    assert usage(capsys, "sms", "--from", RICH, "--count", "2") == {"charge": "0.00", "from_bonus": 2, "balance": "12.34", "notices": []}
    assert usage(capsys, "sms", "--from", PLAIN)["charge"] == "0.04", "one message where no count is given"
    assert usage(capsys, "data", "--from", POSTPAID, "--mb", "10") == {"charge": "0.50", "from_bonus": 0, "balance": None, "notices": []}
    assert account(capsys, POSTPAID)["current"] == "12.57"


def test_a_refusal_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    for line, refused in (("994501110005", "expired"), ("994501110006", "barred"), ("994599999999", "unknown_line"), (PLAIN, "not_enough")):
        answer = usage(capsys, "call", "--from", line, "--seconds", "3600")
        assert (answer["refused"], answer["charge"], answer["from_bonus"], answer["notices"]) == (refused, "0.00", 0, [])
        code, out, _ = ivr(capsys, "usage", "call", "--from", line, "--seconds", "3600")
        assert code == 0 and out.startswith("refused: ")
    assert account(capsys, PLAIN)["balance"] == "1.01" and account(capsys, "994599999999") == {}


def test_the_same_id_again_is_the_same_answer_and_no_second_notice(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("call", "--from", "994501110007", "--seconds", "61", "--id", "cdr-1")
    first = usage(capsys, *words)
    assert (first["charge"], first["balance"]) == ("0.17", "99.83")
    inbox = ivr(capsys, "inbox", "994501110007")
    again = usage(capsys, *words)
    assert again == {**first, "notices": []}
    assert account(capsys, "994501110007")["balance"] == "99.83" and ivr(capsys, "inbox", "994501110007") == inbox
    code, _, told = ivr(capsys, "usage", "call", "--from", "994501110007", "--seconds", "62", "--id", "cdr-1")
    assert code == 1 and told == "ivr usage: the id 'cdr-1' is that of another usage; nothing was charged\n"


def test_every_change_of_the_balance_is_told_by_a_flash_message(capsys: pytest.CaptureFixture[str]) -> None:
    answer = usage(capsys, "sms", "--from", "994501110004")
    [notice] = answer["notices"]
    assert (notice["to"], notice["class"]) == ("994501110004", 0) and "0.04" in notice["text"] and "0.01" in notice["text"]
    code, out, _ = ivr(capsys, "inbox", "994501110004", "--json")
    assert code == 0 and json.loads(out) == [notice]
    assert usage(capsys, "call", "--from", "994501110004", "--seconds", "5", "--to", "111")["notices"] == [], "nothing changed"
    assert usage(capsys, "call", "--from", RICH, "--seconds", "60")["notices"] == [], "a bonus paid it"


def test_what_a_crash_left_untold_is_told_by_the_next_command_once(capsys: pytest.CaptureFixture[str]) -> None:
    house = House(Settings.from_environment())
    try:  # charged, and then the process died before anybody was told
        done = use(house.books, house.terms, "994501110004", Usage("sms", 1), "usage:cdr-9", house.clock.now())
        assert done.outcome == "ok" and len(done.happened) == 1
    finally:
        house.close()
    for _ in range(2):
        code, out, _ = ivr(capsys, "inbox", "994501110004", "--json")
        [notice] = json.loads(out)
        assert code == 0 and notice["class"] == 0 and "0.04" in notice["text"]
    again = usage(capsys, "sms", "--from", "994501110004", "--id", "cdr-9")
    assert (again["charge"], again["balance"], again["notices"]) == ("0.04", "0.01", [])


def test_three_processes_that_report_one_usage_charge_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = [sys.executable, "-m", "ivr", "usage", "call", "--from", "994501110007", "--seconds", "61", "--id", "cdr-3", "--json"]
    assert account(capsys, "994501110007")["balance"] == "100.00"  # the books are set up
    running = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert {(answer["charge"], answer["balance"]) for answer in answers} == {("0.17", "99.83")}
    assert sum(len(answer["notices"]) for answer in answers) <= 1  # due work of another may have told it meanwhile
    assert len(json.loads(ivr(capsys, "inbox", "994501110007", "--json")[1])) == 1
    assert account(capsys, "994501110007")["balance"] == "99.83"


def test_a_request_of_a_billing_night_waits_for_its_cycle_and_survives(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_CLOCK", "2026-11-22T23:30:00+04:00")
    ivr(capsys, "sms", "650", "--from", POSTPAID, "--text", f"+{RICH}")
    shown = account(capsys, POSTPAID)
    assert shown["grants"] == [] and shown["grants_waiting"] == [{"number": RICH, "change": "give", "from": "2026-12-01"}]
    assert f"grants_waiting {RICH}  give  2026-12-01" in ivr(capsys, "account", POSTPAID)[1]
    monkeypatch.setenv("IVR_CLOCK", "2026-11-30T23:59:59+04:00")
    assert ivr(capsys, "jobs", "run")[1] == "Nothing was due.\n"
    monkeypatch.setenv("IVR_CLOCK", "2026-12-01T00:00:00+04:00")
    assert ivr(capsys, "jobs", "run")[1] == "1 carried out, 1 told\n"
    assert ivr(capsys, "jobs", "run")[1] == "Nothing was due.\n"
    shown = account(capsys, POSTPAID)
    assert shown["grants"] == [RICH] and shown["grants_waiting"] == []
    told = json.loads(ivr(capsys, "inbox", POSTPAID, "--json")[1])
    assert sum(RICH in message["text"] for message in told) == 2, "the answer of that night, and that it is done"


def test_it_says_it_in_words_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, told = ivr(capsys, "usage", "call", "--from", "994501110002", "--seconds", "1321")
    assert (code, told) == (0, "") and out.splitlines()[0] == "charged 0.09 AZN, 22 minutes from bonuses, balance 21.12 AZN"
    assert ivr(capsys, "usage", "sms", "--from", RICH)[1] == "charged 0.00 AZN, 1 message from bonuses, balance 12.34 AZN\n"
    assert ivr(capsys, "usage", "data", "--from", POSTPAID, "--mb", "1")[1] == "charged 0.05 AZN\n"


def test_abroad_and_what_the_statement_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "call", "--from", PLAIN, "--seconds", "61", "--to", "+994501110001", "--roaming")["charge"] == "0.26"
    newest = account(capsys, PLAIN)["statement"][0]
    assert (newest["amount"], newest["kind"], newest["information"]) == ("-0.26", "call", "roaming +994501110001")


@pytest.mark.parametrize("amount", ["-1", "-0", "nan", "inf", "1.5", "1e3", "99999999999999999999", "10000001", "", " 1", "٣", "0x10"])
@pytest.mark.parametrize(("kind", "option"), [("call", "--seconds"), ("sms", "--count"), ("data", "--mb")])
def test_an_amount_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str], kind: str, option: str, amount: str) -> None:
    code, out, told = ivr(capsys, "usage", kind, "--from", RICH, f"{option}={amount}")
    assert (code, out) == (2, "") and "write a whole number from 0 to 10000000" in told.splitlines()[-1] and "Traceback" not in told


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fax", "--from", RICH),
        ("call", "--from", RICH),
        ("data", "--from", RICH),
        ("sms",),
        ("sms", "--from", "12"),
        ("sms", "--from", RICH, "--seconds", "3"),
        ("sms", "--from", RICH, "--to", "abc"),
        ("sms", "--from", RICH, "--to", ""),
        ("sms", "--from", RICH, "--id", "a b"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, out, told = ivr(capsys, "usage", *words)
    assert (code, out) == (2, "") and "error: " in told.splitlines()[-1]


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), ("call",), ("sms",), ("data",)):
        code, out, _ = ivr(capsys, "usage", *words, "--help")
        assert code == 0 and "ivr usage" in out.split("example")[1]


def test_books_that_cannot_be_used_are_told_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage(capsys, "sms", "--from", RICH)
    monkeypatch.setattr("ivr.commands_usage.Settings.from_environment", _books_that_break)
    code, out, told = ivr(capsys, "usage", "sms", "--from", RICH)
    assert (code, out) == (1, "") and told.startswith("ivr: ") and told.count("\n") == 1


def _books_that_break() -> Any:
    raise OSError(28, "No space left on device", "books.db")
