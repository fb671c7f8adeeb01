"""The commands as a person types them: `ivr ussd`, `ivr call`, `ivr check`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from tests.commands.running import ivr, rows

ROOT = Path(__file__).resolve().parents[2]
A3 = "12.24 AZN till 05.03.2027\nGencOL\n1500 MB till 31.12.2026\n121 minutes till 31.12.2026\n50 SMS till 15.01.2027\n0. Back\n00. Menu"
LINE = "994501110001"


# -- ivr ussd


def test_ussd_rows_are_those_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "ussd", "*111*1*7#", "--from", LINE, "--lang", "en", "--keys", "0 7")
    assert found == [
        {"text": A3, "encoding": "gsm7", "length": len(A3), "limit": 182, "more": True, "language": "en", "fee": "0.10"},
        {
            "text": "Account\n1. Balance\n2. Last charges\n7. Expiry, tariff, bonuses\n0. Back\n00. Menu",
            "encoding": "gsm7",
            "length": 78,
            "limit": 182,
            "more": True,
            "language": "en",
            "fee": "0",
        },
        {"text": A3, "encoding": "gsm7", "length": len(A3), "limit": 182, "more": True, "language": "en", "fee": "0"},
    ]
    assert rows(capsys, "ussd", "*111*1*7#", "--from", LINE, "--lang", "en")[0]["text"].startswith("12.14 AZN")


def test_ussd_in_russian_is_ucs2_and_in_pages(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = rows(capsys, "ussd", "*111*1*7#", "--from", LINE, "--lang", "ru", "--keys", "98")
    assert (first["encoding"], first["length"], first["limit"], first["language"]) == ("ucs2", 80, 80, "ru")
    assert second["text"] == "121 мин до 31.12.2026\n50 SMS до 15.01.2027\n0. Назад\n00. Меню" and second["fee"] == "0"


def test_ussd_of_a_postpaid_line(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = rows(capsys, "ussd", "*650#", "--from", "+994501110101")
    figures = "Faktura 45.60 AZN\nCari 12.07 AZN\nAvans 20.00 AZN\nOdenis 20.12.2026 tarixinedek\n"
    choices = "1. Fakturama icaze\n2. Basqa nomrenin fakturasi\n3. Nomre\n4. Kart yoxlamasi\n5. Dil\n6. Komek"
    assert found["text"] == figures + choices


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ("*999#", LINE, "Bu kod üzre xidmet yoxdur."),
        ("*111*" + "1" * 10_000 + "#", LINE, "Bu kod üzre xidmet yoxdur."),
        ("*111#", "994509999999", "Bu nömreye Azercell xidmet göstermir."),
        ("*111#", "998931110001", "Bu nömreye Azercell xidmet göstermir."),
        ("*111#", "992931110001", "По этому коду услуги нет. Справка: 909."),
        ("*111#", "994501110006", "Ваш номер заблокирован. Позвоните бесплатно по номеру 111."),
        ("*111*1*7#", "994501110004", "Xidmet haqqi 0.10 AZN teskil edir. Balansinizda 0.05 AZN var. Hec bir mebleg cixilmadi."),
        ("", LINE, "Bu kod üzre xidmet yoxdur."),
        ("*111#;\x07'\"", LINE, "Bu kod üzre xidmet yoxdur."),
    ],
)
def test_a_refusal_is_an_answer(capsys: pytest.CaptureFixture[str], code: str, line: str, text: str) -> None:
    (found,) = rows(capsys, "ussd", code, "--from", line, "--keys", "1 7")
    assert plain(found["text"]) == plain(text)
    assert found["more"] is False and found["fee"] == "0"


def plain(text: str) -> str:
    return text.replace("ö", "o").replace("ü", "u")


@pytest.mark.parametrize("keys", ["x" * 10_000, "' OR 1=1", "\x1b[31m", "１", "98 98 98", "* # *"])
def test_weird_keys(capsys: pytest.CaptureFixture[str], keys: str) -> None:
    found = rows(capsys, "ussd", "*111#", "--from", LINE, "--lang", "en", "--keys", keys)
    assert all(row["text"].startswith("There is no such choice.\n") for row in found[1:])
    assert all(row["length"] <= row["limit"] for row in found)


def test_ussd_as_the_phone_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ivr(capsys, "ussd", "*111*1*7#", "--from", LINE, "--lang", "en")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("┌") and lines[1].startswith("│ 12.24 AZN till 05.03.2027 ")
    assert lines[-1] == f"  gsm7 {len(A3)}/182, en, charged 0.10, waits for an answer"


@pytest.mark.parametrize(
    "words",
    [
        ["ussd", "*111#"],
        ["ussd", "--from", LINE],
        ["ussd", "*111#", "--from", "not a number"],
        ["ussd", "*111#", "--from", "1" * 16],
        ["ussd", "*111#", "--from", ""],
        ["ussd", "*111#", "--from", "٩٩٤٥٠١١١٠٠٠١"],
        ["ussd", "*111#", "--from", LINE, "--lang", "de"],
        ["call", "2112"],
        ["call", "2112", "--from", LINE, "--keys", "1a"],
        ["check", "/nowhere/at/all"],
        ["check", "--format", "xml"],
        ["no-such-command"],
        [],
    ],
)
def test_wrong_usage_is_two(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = ivr(capsys, *words)
    assert code == 2 and out == "" and err
    assert "Traceback" not in err


def test_a_bad_environment_is_wrong_usage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_CLOCK", "yesterday")
    code, _, err = ivr(capsys, "ussd", "*111#", "--from", LINE)
    assert code == 2 and "2026-11-22T12:00:00+04:00" in err


@pytest.mark.parametrize("command", ["ussd", "call", "check"])
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = ivr(capsys, command, "--help")
    assert code == 0 and "example:" in out and f"ivr {command}" in out


# -- ivr check


def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken" / "menus"
    shutil.copytree(ROOT / "menus", folder)
    shutil.copytree(ROOT / "locales", tmp_path / "broken" / "locales")
    file = folder / "azercell" / "prepaid.yaml"
    file.write_text(file.read_text("utf-8").replace("{label: Account, go: account}", "{label: Account, go: acount}"), "utf-8")
    return folder


def test_check_of_the_shipped_menus(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ivr(capsys, "check")
    assert code == 0 and out.endswith("menus, no faults\n")
    assert ivr(capsys, "check", str(ROOT / "menus" / "azercell"))[0] == 0
    code, out, _ = ivr(capsys, "check", "--format", "json")
    assert code == 0 and json.loads(out) == []


def test_check_of_broken_menus(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = broken(tmp_path)
    code, out, _ = ivr(capsys, "check", str(folder))
    assert code == 1
    assert 'menus/azercell/prepaid.yaml:19:33 E012 there is no menu "acount" - did you mean "account"?' in out
    code, out, _ = ivr(capsys, "check", str(folder), "--format", "json")
    assert code == 1
    found = [(row["file"], row["line"], row["column"]) for row in json.loads(out) if row["code"] == "E012"]
    assert found == [("menus/azercell/prepaid.yaml", 19, 33)]
    code, out, _ = ivr(capsys, "check", str(folder), "--format", "sarif")
    run = json.loads(out)["runs"][0]
    result = next(result for result in run["results"] if result["ruleId"] == "E012")
    assert code == 1 and result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 19, "startColumn": 33}
    assert {"id": "E012"} in run["tool"]["driver"]["rules"]


def test_a_warning_is_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "w" / "menus"
    shutil.copytree(ROOT / "menus", folder)
    shutil.copytree(ROOT / "locales", tmp_path / "w" / "locales")
    file = folder / "azercell" / "myline.yaml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("    get: {mine: accounts.line}\n    fee: line_info\n", "    fee: line_info\n    get: {mine: accounts.line}\n", 1),
        "utf-8",
    )
    code, out, _ = ivr(capsys, "check", str(folder))
    assert code == 0 and " W001 " in out and "0 errors, 1 warnings" in out


def test_menus_with_faults_serve_nobody(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_MENUS", str(broken(tmp_path)))
    code, out, err = ivr(capsys, "ussd", "*111#", "--from", LINE)
    assert code == 1 and out == "" and "E012" in err and "ivr check" in err


# -- ivr call


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ivr", "call", *words], cwd=ROOT, capture_output=True, text=True, timeout=100)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_call_is_heard(tmp_path: Path) -> None:
    wav = tmp_path / "call.wav"
    done = call("2112", "--from", LINE, "--lang", "en", "--keys", "3 *", "--json", "--wav", str(wav))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found[0]) == {"said", "language", "files", "key"}
    first = found[0]["said"].lower()
    assert first.startswith("your balance is twelve manats")
    assert first.index("twelve manats") < first.index("main menu") < first.index("help")
    assert [row["key"] for row in found[:2]] == ["3", "*"] and all(row["key"] is None for row in found[2:])
    assert "ganj ol" in found[1]["said"].lower()
    assert "goodbye" in found[-1]["said"].lower()
    assert {row["language"] for row in found} == {"en"}
    with wave.open(str(wav)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (8000, 1, 2)
        assert heard.getnframes() > 8000 * 10


# -- many processes


def test_two_processes_at_once_on_an_empty_home(environment: Path) -> None:
    command = [sys.executable, "-m", "ivr", "ussd", "*111*1*7#", "--from", LINE, "--lang", "en", "--json"]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    texts = []
    for process in running:
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        (row,) = json.loads(out)
        assert row["fee"] == "0.10"
        texts.append(row["text"].split(" ")[0])
    assert sorted(texts) == ["11.94", "12.04", "12.14", "12.24"], "each paid once, none lost"
    assert (environment / "books.db").exists()
