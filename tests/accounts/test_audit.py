"""The audit finds what does not add up; the commands show what the books say."""

from __future__ import annotations

import argparse
import json
import sqlite3

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.commands_books import add_parsers
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings
from tests.accounts.conftest import NOON
from tests.accounts.help import POOR, POSTPAID, RICH, ask, charge, fee


def tamper(store: Store, *statements: str) -> None:
    connection = sqlite3.connect(store.path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, *words: str) -> int:
    monkeypatch.setenv("IVR_HOME", str(settings.home))
    monkeypatch.setenv("IVR_CLOCK", NOON.isoformat())
    for name in ("IVR_DEMO", "IVR_DATABASE_URL", "IVR_SLOW_LOOKUP"):
        monkeypatch.delenv(name, raising=False)
    parser = argparse.ArgumentParser("ivr")
    add_parsers(parser.add_subparsers(required=True))
    arguments = parser.parse_args(words)
    code = arguments.run(arguments)
    assert isinstance(code, int)
    return code


def test_books_that_add_up(services: EmbeddedServices, store: Store) -> None:
    charge(services, RICH, "a")
    charge(services, POSTPAID, "b")
    charge(services, POOR, "c")  # refused
    found = audit(store)
    assert (found.accounts, found.operations, found.postings, found.differences) == (30, 4, 50, ())


def test_a_changed_balance_is_found(store: Store) -> None:
    tamper(store, "UPDATE account SET balance = balance + 1 WHERE kind = 'main' AND msisdn = '994501110001'")
    (difference,) = audit(store).differences
    assert "99450*****01" in difference and "12340001" in difference and "12340000" in difference and RICH not in difference


def test_a_posting_without_its_other_side_is_found(store: Store) -> None:
    tamper(store, "INSERT INTO posting VALUES (NULL, 1, 2, 7, 'AZN', 'fee', '', '')")
    assert audit(store).differences == (
        "operation 1: its postings make 7 micro-units AZN, not 0",
        "all postings: 7 micro-units AZN, not 0",
    )


def test_a_changed_posting_and_a_missing_one_are_found(store: Store) -> None:
    tamper(store, "DROP TRIGGER posting_kept", "DROP TRIGGER posting_stays", "UPDATE posting SET amount = amount + 5 WHERE id = 2")
    assert len(audit(store).differences) == 3
    tamper(store, "DELETE FROM posting WHERE id IN (1, 2)")
    assert len(audit(store).differences) == 2  # both balances lack a posting; the rest still sums to nothing


def test_a_balance_below_its_floor_and_a_stray_posting_are_found(store: Store) -> None:
    tamper(
        store,
        "PRAGMA ignore_check_constraints = ON",
        "INSERT INTO posting VALUES (NULL, 1, 2, -99000000, 'AZN', 'fee', '', ''), (NULL, 1, 1, 99000000, 'AZN', 'fee', '', '')",
        "INSERT INTO posting VALUES (NULL, 999, 1, 1, 'TJS', 'fee', '', ''), (NULL, 999, 1, -1, 'TJS', 'fee', '', '')",
    )
    differences = audit(store).differences
    assert [text.split(":")[0] for text in differences] == ["account 2 (main of 99450*****01)", "posting 49", "posting 50"]


def test_ledger_audit_command(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, settings, "ledger", "audit", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"accounts": 29, "operations": 1, "postings": 46, "differences": []}
    tamper(store, "UPDATE account SET balance = balance + 1 WHERE id = 2")
    assert run(monkeypatch, settings, "ledger", "audit") == 1
    assert "1 differences" in capsys.readouterr().out


def test_account_command(
    services: EmbeddedServices, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    charge(services, "994501110008", "a")
    assert run(monkeypatch, settings, "account", "+994501110008", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown.pop("bonuses")) == 9
    assert shown == {
        **{"msisdn": "994501110008", "kind": "prepaid", "status": "active", "language": "ru", "tariff": "GəncOL", "roaming": False},
        **{"notices": True, "balance": "2.8764", "expires": "2026-12-22", "grants": [], "grants_waiting": []},
        "statement": [
            {"amount": "-0.10", "kind": "fee", "information": "balance ussd", "at": "2026-11-22T12:00:00+04:00"},
            {"amount": "2.9764", "kind": "opening", "information": "Opening balance", "at": "2026-11-22T12:00:00+04:00"},
        ],
    }
    assert run(monkeypatch, settings, "account", "123", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {}
    assert run(monkeypatch, settings, "account", "992931110009", "--json") == 0
    assert json.loads(capsys.readouterr().out)["balance"] == "6.1224"
    assert run(monkeypatch, settings, "account", RICH) == 0
    assert "balance    12.34" in capsys.readouterr().out


def test_account_command_of_a_postpaid_line(
    services: EmbeddedServices, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(services, POSTPAID, "accounts.charge", "p", price=fee("0.0236", name="bill", channel="sms"))
    assert run(monkeypatch, settings, "account", POSTPAID, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {name: shown[name] for name in ("billed", "current", "advance", "due")} == {
        **{"billed": "45.60", "current": "12.07", "advance": "20.00", "due": "2026-12-20"}
    }
    assert "balance" not in shown
    assert [(row["amount"], row["kind"]) for row in shown["statement"]] == [("-0.0236", "fee"), ("-12.07", "opening")]


def test_jobs_and_wrong_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, settings, "jobs", "run") == 0
    assert "Nothing was due" in capsys.readouterr().out
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda cls: original({"IVR_CLOCK": "noon"})))
    assert run(monkeypatch, settings, "account", RICH) == 2
    assert "IVR_CLOCK" in capsys.readouterr().err


original = Settings.from_environment


@pytest.mark.parametrize("words", [["account", "--help"], ["ledger", "--help"], ["ledger", "audit", "--help"], ["jobs", "run", "--help"]])
def test_help_has_an_example(
    words: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        run(monkeypatch, settings, *words)
    assert left.value.code == 0 and "example:\n  ivr " in capsys.readouterr().out
