"""Menus edited while the server runs: the next session has them, a running one keeps its own, a broken file changes nothing."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.settings import ROOT
from tests.main_job.server import Server

EN, AZ = "994501110003", "994501110001"


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Server]:
    """A server on a copy of the menus and catalogs: `tmp_path`/menus and /locales."""
    for folder in ("menus", "locales"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    running = Server(tmp_path / "home", telephone=False, environment={"IVR_MENUS": str(tmp_path / "menus")})
    yield running
    running.stop()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def until(server: Server, msisdn: str, text: str, seconds: float = 20.0) -> None:
    """New sessions, one after the other, until one shows `text`; `seconds` only keep a server that never does from being asked for ever."""
    begun = time.monotonic()
    number = 0
    while text not in (page := server.ussd(f"{msisdn}-{begun}-{number}", msisdn, "*111#")):
        assert time.monotonic() - begun < seconds, page
        number += 1
        time.sleep(0.02)
    print(f"{text!r} served after {time.monotonic() - begun:.2f} s")


def test_hot_reload(edited: Server, tmp_path: Path) -> None:
    menu = tmp_path / "menus" / "azercell" / "prepaid.yaml"
    release = edited.ready()["releases"]
    other = "994501110004"  # a session under way belongs to another line: a redial of its own would end it
    assert "2. Bonuslar\n" in edited.ussd("old", other, "*111#")
    assert "2. Bonuses\n" in edited.ussd("en", EN, "*111#")

    change(menu, "label: Bonuses,", "label: Gifts,")
    change(
        tmp_path / "locales" / "az" / "LC_MESSAGES" / "messages.po",
        'msgid "Bonuses"\nmsgstr "Bonuslar"',
        'msgid "Gifts"\nmsgstr "Hədiyyələr"',
    )
    until(edited, EN, "2. Gifts\n")
    until(edited, AZ, "2. Hediyyeler\n")
    assert edited.ready()["releases"] != release

    assert edited.ussd("old", other, "*111#", "1").startswith("CON Hesab\n")
    assert "2. Bonuslar\n" in edited.ussd("old", other, "*111#", "1*0"), "a session under way keeps its release"


def test_a_broken_file_is_reported_and_changes_nothing(edited: Server, tmp_path: Path) -> None:
    menu = tmp_path / "menus" / "azercell" / "prepaid.yaml"
    release = edited.ready()["releases"]
    whole = menu.read_text()
    since = len(edited.log)
    change(menu, "go: account}", "go: acount}")
    position = next(
        f"prepaid.yaml:{row}:{line.index('acount') + 1} "
        for row, line in enumerate(menu.read_text().splitlines(), 1)
        if "go: acount}" in line
    )
    edited.errors = " ERROR ivr.releases "
    logged = edited.log.wait(re.escape(position), 2, since)
    assert re.search(re.escape(position) + r"[A-Z]+\d+ ", logged), logged
    state = edited.ready()
    assert state["ready"] is True
    assert [fault for fault in state["faults"] if position in fault], state["faults"]
    assert state["releases"] == release
    assert "1. Account\n" in edited.ussd("after", EN, "*111#")
    assert edited.ussd("after", EN, "*111#", "1").startswith("CON Account\n")

    menu.write_text(whole.replace("label: Tariff, go: myline.tariff", "label: Plan, go: myline.tariff"))
    until(edited, EN, "3. Plan\n")
    assert not [fault for fault in edited.ready()["faults"] if position in fault]
