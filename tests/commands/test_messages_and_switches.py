"""`ivr sms`, `ivr inbox` and `ivr switch` as a person types them."""

from __future__ import annotations

import datetime
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ivr.accounts.books import open_books
from ivr.accounts.messages import BooksMessages
from ivr.clock import clock_of
from ivr.engine.effects import Sms
from ivr.engine.text import measure_sms
from ivr.settings import Settings
from tests.commands.running import ivr, rows

ROOT = Path(__file__).resolve().parents[2]
LINE, POSTPAID = "994501110001", "994501110103"


# -- ivr sms, ivr inbox


def test_sms_rows_are_those_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "sms", "2112", "--from", LINE, "--lang", "en")
    assert list(row) == ["to", "from", "text", "class", "parts", "encoding"]
    assert row["text"].startswith("12.24 AZN till 05.03.2027. GencOL")
    assert (row["to"], row["from"], row["class"], row["parts"], row["encoding"]) == (LINE, "2112", None, 1, "gsm7")
    assert rows(capsys, "inbox", LINE) == [row]
    assert rows(capsys, "inbox", f" +{LINE}") == [row]


def test_the_same_id_again_gets_the_same_answer_and_charges_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = rows(capsys, "sms", "2112", "--from", LINE, "--id", "m1")
    assert rows(capsys, "sms", "2112", "--from", LINE, "--id", "m1") == first
    assert len(rows(capsys, "inbox", LINE)) == 1
    other = rows(capsys, "sms", "2112", "--from", LINE, "--id", "m2")
    assert other != first and len(rows(capsys, "inbox", LINE)) == 2
    account = json.loads(ivr(capsys, "account", LINE, "--json")[1])
    assert account["balance"] == "12.14"


def test_a_text_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("RU\n"))
    (row,) = rows(capsys, "sms", "2112", "--from", LINE, "--stdin")
    assert row["encoding"] == "ucs2" and row["parts"] >= 1
    assert json.loads(ivr(capsys, "account", LINE, "--json")[1])["language"] == "ru"


def test_text_that_begins_with_a_sign(capsys: pytest.CaptureFixture[str]) -> None:
    for number, text in enumerate(("-", "+", "- 99", "☎ \U0001f600", "x" * 5000), 1):
        (row,) = rows(capsys, "sms", "2112", "--from", f"99450111000{7 if number == 5 else number}", f"--text={text}")
        assert row["from"] == "2112"
    assert rows(capsys, "sms", "2112", "--from", LINE, "--text", "what") == [], "one help reply an hour"
    assert ivr(capsys, "sms", "2112", "--from", LINE, "--text", "what")[1] == "No message resulted.\n"


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ivr(capsys, "sms", "2112", "--from", LINE, "--lang", "en")
    assert code == 0 and out.startswith(f"SMS to {LINE} from 2112 (gsm7, 1 part)\n  12.24 AZN") and out.endswith("charged 0.10\n")
    assert ivr(capsys, "inbox", LINE)[1].startswith(f"SMS to {LINE} from 2112")
    assert ivr(capsys, "inbox", "994509999999") == (0, "Nothing has reached this number.\n", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sms", "*111#", "--from", LINE), "is no short code: write digits, 2112"),
        (("sms", "2112", "--from", "me"), "is no number: write international digits"),
        (("sms", "2112", "--from", LINE, "--id", "two words"), "an id is 1 to 128 visible ASCII characters"),
        (("sms", "2112", "--from", LINE, "--text", "a", "--stdin"), "not allowed with argument"),
    ],
)
def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    code, out, err = ivr(capsys, *words)
    assert code == 2 and not out and told in err.splitlines()[-1]


def test_the_inbox_shows_flash_messages_and_what_was_delivered_only(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.from_environment()
    books = open_books(settings, clock_of(settings))
    tomorrow = clock_of(settings).now() + datetime.timedelta(days=1)  # what is due by now the demo network delivers
    BooksMessages(books, at_once=False).send([Sms(LINE, "Azercell", "waits", "en", "k1")], "azercell", tomorrow)
    BooksMessages(books, at_once=True).send([Sms(LINE, "Azercell", "flashes", "en", "k2", True)], "azercell", clock_of(settings).now())
    books.close()
    assert [(row["text"], row["class"]) for row in rows(capsys, "inbox", LINE)] == [("flashes", 0)]
    assert ivr(capsys, "inbox", LINE)[1] == f"flash SMS to {LINE} from Azercell (gsm7, 1 part)\n  flashes\n"


def test_a_late_answer_is_waited_for(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    file = tmp_path / "menus" / "azercell" / "postpaid.yaml"
    before = file.read_text("utf-8")
    file.write_text(before.replace("get: {bill: accounts.bill}", "get: {bill: {from: accounts.bill, late: send_by_sms}}"), "utf-8")
    operator = tmp_path / "menus" / "azercell" / "operator.yaml"
    operator.write_text(operator.read_text("utf-8").replace("late: 3s", "late: 1s"), "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))
    monkeypatch.setenv("IVR_SLOW_LOOKUP", "accounts.bill=1.3")
    (page,) = rows(capsys, "ussd", "*650#", "--from", POSTPAID, "--lang", "en")
    assert page["text"] == "It takes a little longer: the answer will come by SMS." and not page["more"]
    (late,) = rows(capsys, "inbox", POSTPAID)
    assert late["text"].startswith("Billed ") and late["from"] == "650"
    first, second = rows(capsys, "sms", "650", "--from", POSTPAID, "--lang", "en", "--id", "m1")
    assert first["text"] == page["text"] and second["text"].startswith("Billed ")
    assert rows(capsys, "sms", "650", "--from", POSTPAID, "--lang", "en", "--id", "m1") == [first]
    assert [row["text"] for row in rows(capsys, "inbox", POSTPAID)] == [late["text"], first["text"], second["text"]]


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", "gsm7", 1),
        ("a" * 160, "gsm7", 1),
        ("a" * 161, "gsm7", 2),
        ("a" * 306, "gsm7", 2),
        ("a" * 307, "gsm7", 3),
        ("€" * 80, "gsm7", 1),
        ("€" * 81, "gsm7", 2),
        ("a" * 152 + "€" * 77, "gsm7", 3),  # the sign of two places does not fit into the last place of a part
        ("ə" * 70, "ucs2", 1),
        ("ə" * 71, "ucs2", 2),
        ("ə" * 134, "ucs2", 2),
        ("\U0001f600" * 35, "ucs2", 1),
        ("\U0001f600" * 67, "ucs2", 3),
    ],
)
def test_parts_of_an_sms(text: str, encoding: str, parts: int) -> None:
    size = measure_sms(text)
    assert (size.encoding, size.parts) == (encoding, parts)


# -- ivr switch


@pytest.fixture
def switched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Menus of azercell with two switches more: `advice` on Help, that is on, and `other`, that is off."""
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    operator = tmp_path / "menus" / "azercell" / "operator.yaml"
    text = operator.read_text("utf-8")
    assert text.count("\nswitches: {") == 1
    operator.write_text(text.replace("\nswitches: {", "\nswitches: {advice: true, other: false, "), "utf-8")
    menu = tmp_path / "menus" / "azercell" / "help.yaml"
    menu.write_text(menu.read_text("utf-8").replace("serves: everyone\n", "serves: everyone\nswitch: advice\n"), "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))
    return tmp_path


def ours(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the switches that `switched` adds, and of another operator's."""
    return [row for row in found if row["name"] in ("advice", "other", "money")]


def test_a_switch_is_listed_turned_and_turned_back(capsys: pytest.CaptureFixture[str], switched: Path) -> None:
    advice = {"operator": "azercell", "name": "advice", "on": True, "default": True, "by_hand": False}
    other = {"operator": "azercell", "name": "other", "on": False, "default": False, "by_hand": False}
    money = {"operator": "tcell", "name": "money", "on": True, "default": True, "by_hand": False}
    assert ours(rows(capsys, "switch", "azercell")) == [advice, other]
    assert ours(rows(capsys, "switch")) == [advice, other, money]
    assert "Help" in rows(capsys, "ussd", "*111#", "--from", LINE, "--lang", "en")[0]["text"]
    assert ours(rows(capsys, "switch", "azercell", "advice", "off")) == [{**advice, "on": False, "by_hand": True}, other]
    assert "Help" not in rows(capsys, "ussd", "*111#", "--from", LINE, "--lang", "en")[0]["text"]
    told = [line.split(maxsplit=2) for line in ivr(capsys, "switch")[1].splitlines()]
    assert (
        ["azercell", "advice", "off, turned by hand"] in told and ["azercell", "other", "off"] in told and ["tcell", "money", "on"] in told
    )
    assert ours(rows(capsys, "switch", "azercell", "advice", "default")) == [advice, other]
    assert "Help" in rows(capsys, "ussd", "*111#", "--from", LINE, "--lang", "en")[0]["text"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("azercel",), 'there is no operator "azercel" in '),
        (("azercell", "advise", "off"), 'azercell has no switch "advise" - did you mean "advice"?'),
        (("azercell", "zzz", "off"), 'azercell has no switch "zzz" - there is '),
        (("zzz", "off"), "several operators are here: say which (azercell, tcell)"),
        (("advice", "of"), 'a switch is turned on, off or default, not "of" - did you mean "off"?'),
        (("a", "b", "c", "d"), "write [OPERATOR] [NAME on|off|default]"),
        (("nobody", "advice", "off"), 'there is no operator "nobody" in '),
    ],
)
def test_what_is_wrong_with_it(capsys: pytest.CaptureFixture[str], switched: Path, words: tuple[str, ...], told: str) -> None:
    code, out, err = ivr(capsys, "switch", *words)
    assert code == 2 and not out and told in err and len(err.splitlines()) == 1
    assert not (switched / "home" / "switches.json").exists()


def test_a_broken_file_of_switches_is_a_line(capsys: pytest.CaptureFixture[str], switched: Path) -> None:
    ivr(capsys, "switch", "azercell", "advice", "off")
    (switched / "home" / "switches.json").write_text("{")
    code, out, err = ivr(capsys, "switch")
    assert code == 1 and not out and "is not what `ivr switch` writes" in err and len(err.splitlines()) == 1


def test_menus_with_faults_have_no_switches_to_turn(capsys: pytest.CaptureFixture[str], switched: Path) -> None:
    (switched / "menus" / "azercell" / "operator.yaml").write_text("operator: azercell\n")
    code, _, err = ivr(capsys, "switch")
    assert code == 1 and "the menus of azercell have faults; `ivr check` lists them" in err
