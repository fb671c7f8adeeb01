"""Customer care: a password taken away, a lock ended, notices turned; each an operation of the books, none of them moves money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.care import Care
from ivr.cli import main
from tests.accounts.help import dump
from tests.accounts.money_help import ANNA, BOB, NOON, PASSWORD, Desk

UNKNOWN = "992939999999"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "home")
    yield opened
    opened.close()


def test_after_a_reset_the_line_registers_anew_and_the_old_password_is_gone(desk: Desk) -> None:
    desk.register()
    for _ in range(3):
        desk.send(password="0000")
    assert desk.send().outcome == "locked"
    before = desk.balance()
    assert Care(desk.store).reset_password(ANNA, NOON).outcome == "ok" and desk.balance() == before
    assert desk.status()["registered"] is False and desk.status()["locked"] is False
    assert desk.send().outcome == "not_registered"
    assert desk.register(password="24680246").outcome == "ok"
    assert desk.send().outcome == "wrong_password" and desk.send(password="24680246").outcome == "ok"
    assert not audit(desk.store).differences


def test_a_reset_also_ends_the_lock_of_wrong_pin2s(desk: Desk) -> None:
    for _ in range(3):
        desk.register(pin2="0000")
    assert Care(desk.store).reset_password(ANNA, NOON).outcome == "ok" and desk.register().outcome == "ok"


def test_a_reset_leaves_the_pin2_and_other_lines(desk: Desk) -> None:
    desk.register()
    desk.register(BOB)
    Care(desk.store).reset_password(ANNA, NOON)
    rows = desk.rows("SELECT msisdn, service FROM password ORDER BY msisdn, service")
    assert rows == [(ANNA, "pin2"), (BOB, "pin2"), (BOB, "sms_money")]


def test_unlocking_keeps_the_password(desk: Desk) -> None:
    desk.register()
    for _ in range(3):
        desk.send(password="0000")
    assert Care(desk.store).unlock(ANNA, NOON).outcome == "ok" and desk.send().outcome == "ok"
    assert Care(desk.store).unlock(ANNA, NOON).outcome == "not_locked"


def test_notices(desk: Desk) -> None:
    care = Care(desk.store)
    assert [care.notices(ANNA, on, NOON).outcome for on in (False, False, True)] == ["ok", "already", "ok"]
    assert desk.rows("SELECT notices FROM line WHERE msisdn = ?", ANNA) == [(1,)]


def test_each_act_is_an_operation_of_its_own(desk: Desk) -> None:
    care = Care(desk.store)
    care.reset_password(ANNA, NOON)
    care.reset_password(ANNA, NOON)
    rows = desk.rows("SELECT kind, msisdn FROM operation WHERE kind LIKE 'care.%'")
    assert rows == [("care.reset_password", ANNA)] * 2


def test_an_unknown_line_changes_nothing(desk: Desk) -> None:
    care, before = Care(desk.store), dump(desk.store)
    assert {act.outcome for act in (care.reset_password(UNKNOWN, NOON), care.unlock(UNKNOWN, NOON), care.notices(UNKNOWN, True, NOON))} == {
        "unknown_line"
    }
    assert dump(desk.store) == before


# -- the command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which Anna is registered and locked, named by IVR_HOME."""
    desk = Desk(tmp_path / "home")
    desk.register()
    for _ in range(3):
        desk.send(password="0000")
    desk.close()
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_CLOCK", NOON.isoformat())
    return tmp_path / "home"


def ivr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(["care", *words])
    except SystemExit as left:
        code = int(str(left.code))
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_says_what_it_did(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(capsys, "unlock", f"+{ANNA}") == (0, "SMS-money is unlocked.\n", "")
    assert ivr(capsys, "unlock", ANNA)[1] == "SMS-money is not locked, and no wrong password is counted.\n"
    assert ivr(capsys, "reset-password", ANNA)[1] == "The password is gone; the line may register a new one.\n"
    assert ivr(capsys, "reset-password", ANNA)[1] == "The line has no password.\n"
    assert ivr(capsys, "notices", ANNA, "off")[1] == "Automatic messages are off now.\n"
    assert ivr(capsys, "notices", ANNA, "off")[1] == "Automatic messages are off already.\n"
    desk = Desk(home)
    assert desk.send().outcome == "not_registered" and desk.register(password=PASSWORD).outcome == "ok"
    desk.close()


def test_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ivr(capsys, "unlock", ANNA, "--json")
    assert code == 0 and json.loads(out) == {"msisdn": ANNA, "action": "unlock", "outcome": "ok"}


def test_an_unknown_line_is_a_fault(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(capsys, "reset-password", UNKNOWN) == (1, "", "ivr care: the books do not know this number\n")


@pytest.mark.parametrize(
    "words", [[], ["unlock"], ["unlock", "12"], ["unlock", "x" * 99], ["notices", ANNA], ["notices", ANNA, "maybe"], ["reset", ANNA]]
)
def test_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, told = ivr(capsys, *words)
    assert (code, out) == (2, "") and "Traceback" not in told


def test_books_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "books.db").write_text("this is no database, whatever its name says")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    code, _, told = ivr(capsys, "unlock", ANNA)
    assert code == 1 and "the books cannot be used" in told and "Traceback" not in told
