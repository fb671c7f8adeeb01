"""Somebody changed the file behind the books' back: `ivr ledger audit` names each difference and exits with 1."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from bench.ledger_books import make_books, transfer
from ivr.accounts.store import Store
from ivr.cli import main

KEPT = ("DROP TRIGGER posting_kept", "DROP TRIGGER posting_stays", "DROP TRIGGER operation_stays")
# The lines' accounts are 2, 3, 4; operation 3 moved 70 from account 2 to account 3 by the postings 7 and 8.
TAMPERED = {
    "a balance": (
        ["UPDATE account SET balance = balance + 5 WHERE id = 2"],
        ["account 2 (main of 99450*****00): the balance is 935, its postings make 930 micro-units AZN"],
    ),
    "a posting is gone": (
        ["DELETE FROM posting WHERE id = 8"],
        [
            "account 3 (main of 99450*****01): the balance is 1070, its postings make 1000 micro-units AZN",
            "operation 3: its postings make -70 micro-units AZN, not 0",
            "all postings: -70 micro-units AZN, not 0",
        ],
    ),
    "an operation that does not balance": (
        ["INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (3, 4, 9, 'AZN', 'gift', '')"],
        ["operation 3: its postings make 9 micro-units AZN, not 0", "all postings: 9 micro-units AZN, not 0"],
    ),
    "an amount": (
        ["UPDATE posting SET amount = 71 WHERE id = 8"],
        [
            "account 3 (main of 99450*****01): the balance is 1070, its postings make 1071 micro-units AZN",
            "operation 3: its postings make 1 micro-units AZN, not 0",
            "all postings: 1 micro-units AZN, not 0",
        ],
    ),
    "two lies that hide each other": (
        [
            "UPDATE posting SET account_id = 4 WHERE id = 8",
            "UPDATE account SET balance = balance - 70 WHERE id = 3",
        ],
        ["account 4 (main of 99450*****02): the balance is 1000, its postings make 1070 micro-units AZN"],
    ),
    "below the floor": (
        [
            "PRAGMA ignore_check_constraints = ON",
            "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (3, 4, -1001, 'AZN', 'x', '')",
            "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (3, 3, 1001, 'AZN', 'x', '')",
        ],
        ["account 4 (main of 99450*****02): the balance -1 is below 0 micro-units AZN"],
    ),
    "an operation is gone": (
        ["PRAGMA foreign_keys = OFF", "DELETE FROM operation WHERE id = 3"],
        [
            "posting 7: its account or operation is missing, or the account has another currency",
            "posting 8: its account or operation is missing, or the account has another currency",
        ],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_the_audit_names_what_was_changed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statements, differences = TAMPERED[what]
    store = Store(make_books(tmp_path, 3, 1_000))
    assert transfer(store, "k", 0, 1, 70).outcome == "ok"
    store.close()
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv("IVR_DEMO", "0")
    monkeypatch.delenv("IVR_DATABASE_URL", raising=False)
    assert main(["ledger", "audit"]) == 0
    assert "0 differences" in capsys.readouterr().out

    connection = sqlite3.connect(tmp_path / "books.db")
    for statement in (*KEPT, *statements):
        connection.execute(statement)
    connection.commit()
    connection.close()

    assert main(["ledger", "audit"]) == 1
    first, *named = capsys.readouterr().out.splitlines()
    assert f"{len(differences)} differences" in first and [line.strip() for line in named] == differences
    assert main(["ledger", "audit", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["differences"] == differences and shown["accounts"] == 4 and shown["operations"] >= 2
