"""The control: what the canary test searches with finds a secret in every form and place."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import sqlite3
import urllib.parse
from pathlib import Path

import pytest

from tests.secrets.search import everything, found

CANARY = "7319058264"

PLANTED = {
    "in a line": f"password={CANARY}&x".encode(),
    "in a hash table": json.dumps({"v": CANARY}).encode(),
    "escaped": "".join(f"\\u{ord(digit):04X}" for digit in CANARY).encode(),
    "percent": "".join(f"%{ord(digit):02X}" for digit in CANARY).encode(),
    "in a query": urllib.parse.urlencode({"text": f"1*{CANARY}*2"}).encode(),
    "utf-16": f"x{CANARY}".encode("utf-16"),
    "utf-16, big end first": f"x{CANARY}".encode("utf-16-be"),
    "utf-32": CANARY.encode("utf-32"),
    "backwards": CANARY[::-1].encode(),
    "hex": f"1*{CANARY}*2".encode().hex().encode(),
    "base64": base64.b64encode(f"1*{CANARY}*2".encode()),
    "base64, one further": base64.b64encode(f"1*2{CANARY}*2".encode()),
    "base64, two further": base64.b64encode(f"1*22{CANARY}*2".encode()),
    "md5": hashlib.md5(CANARY.encode()).hexdigest().encode(),
    "sha256": hashlib.sha256(CANARY.encode()).digest(),
    "key by key": "\n".join(f"DEBUG key {digit}" for digit in CANARY).encode(),
    "a list of keys": json.dumps(list(CANARY)).encode(),
    "spaced": " ".join(CANARY).encode(),
}


@pytest.mark.parametrize("how", PLANTED)
def test_every_form_is_found(how: str) -> None:
    assert found(CANARY, b"\x00before " + PLANTED[how] + b" after\xff")


@pytest.mark.parametrize(
    "data", [b"", b"7319058265", b"319058264", b"73190582", hashlib.sha256(b"7319058265").digest(), b"7 3 1 9 0 5 8 2 6 5"]
)
def test_another_number_is_not(data: bytes) -> None:
    assert not found(CANARY, data)


def test_a_row_in_a_database_is_found_in_the_file_or_its_log(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE said (text TEXT)")
        database.execute("INSERT INTO said VALUES (?)", (f"1*{CANARY}*2",))
        where = [one.name for one, data in everything(tmp_path) if found(CANARY, data)]
        assert where == ["books.db-wal"], "not yet in the file itself"
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [one.name for one, data in everything(tmp_path) if found(CANARY, data)] == ["books.db"]


def test_names_of_files_folders_and_links_are_searched(tmp_path: Path) -> None:
    (tmp_path / f"{CANARY}.wav").touch()
    (tmp_path / "a" / CANARY).mkdir(parents=True)
    (tmp_path / "link").symlink_to(f"/nowhere/{CANARY}")
    assert len([one for one, data in everything(tmp_path) if found(CANARY, data)]) == 3


def test_a_log_is_searched(tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "log")
    logger = logging.getLogger("canary")
    logger.addHandler(handler)
    logger.error("with %s", {"password": CANARY})
    logger.removeHandler(handler)
    handler.close()
    assert [one.name for one, data in everything(tmp_path) if found(CANARY, data)] == ["log"]
