"""`--record`: a session becomes a scenario that passes, and no secret reaches the file."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr import cli
from ivr.engine.effects import Collect, Page, Speak, Words
from ivr.scenarios.record import CannotRecord, Recording, append, ready_to_record
from ivr.sessions.requests import Connected, Left, Open, Reply, Silence, Typed
from ivr.settings import ROOT
from tests.scenarios.helping import LINE, Folder, problems

NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Baku"))
CLOCK = "2026-11-22T12:00:00+04:00"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_CLOCK", CLOCK)


def page(text: str, secret: bool = False) -> Reply:
    return Reply((Page(text, "gsm7", len(text), 182, True, "en", secret),), False, "en")


def said(text: str, secret: bool = False) -> Reply:
    return Reply((Speak((Words(text, "en"),), "en", Collect(4, 5, 3, "#", secret=secret)),), False, "en")


def test_a_ussd_session_is_recorded_and_passes(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.scenarios / "recorded.yaml"
    words = ["ussd", "*111#", "--from", LINE, "--lang", "en", "--keys", "1 7 0", "--record", str(file)]
    assert cli.main(words) == 0
    assert "recorded as dial_111_1_7_0 in" in capsys.readouterr().err
    [result] = folder.run()
    assert result.passed, problems(result)
    assert len(result.scenario.steps) == 4 and result.scenario.golden == "unseen"
    assert "12.24 AZN till 05.03.2027" in file.read_text("utf-8")
    # a second session is appended, the first stays as it was
    before = file.read_bytes()
    assert cli.main(["ussd", "*111*3#", "--from", "994501110002", "--record", str(file)]) == 0
    assert cli.main(["ussd", "*111*3#", "--from", "994501110003", "--record", str(file)]) == 0
    assert file.read_bytes().startswith(before)
    assert [result.scenario.name for result in folder.run()] == ["dial_111_1_7_0", "dial_111_3", "dial_111_3_2"]
    assert all(result.passed for result in folder.run())


def test_a_call_is_recorded_and_passes(folder: Folder, tmp_path: Path) -> None:
    file = folder.scenarios / "recorded.yaml"
    words = ["call", "2112", "--from", LINE, "--lang", "en", "--keys", "1 2", "--record", str(file)]
    done = subprocess.run([sys.executable, "-m", "ivr", *words], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    [result] = folder.run()
    assert result.passed, problems(result)
    acts = [(act.kind, act.argument) for step in result.scenario.steps for act in step.acts]
    assert acts == [("call", "2112"), ("press", "1"), ("press", "2"), ("silence", "3")]
    assert "Your balance is twelve manats and thirty-four gapiks\n" in file.read_text("utf-8")


def test_no_secret_is_written() -> None:
    recording = Recording(LINE, "en", NOON)
    recording.note(Open("ussd", "*202#", LINE), page("PIN2?", secret=True))
    recording.note(Typed("4711"), page("New password?", secret=True))
    recording.note(Typed("987654"), page("1. Yes"))
    recording.note(Typed("1"), page("Done"))
    text = recording.text(recording.name())
    assert "4711" not in text and "987654" not in text
    assert text.count('press: "SECRET"   # a secret was typed here') == 2
    assert '- press: "1"\n' in text


def test_no_secret_of_a_code_is_written(folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.menus / "azercell" / "safe.yaml").write_text(
        "serves: everyone\n"
        'entries: [{ussd: "*555*{pin}#", go: show}, {ussd: "*555#", go: show}]\n'
        "menus: {show: {ask: {pin: {digits: '4', secret: true, say: PIN?}}, say: Fine}}\n"
    )
    monkeypatch.setenv("IVR_MENUS", str(folder.menus))
    file = folder.scenarios / "recorded.yaml"
    assert cli.main(["ussd", "*555*4711#", "--from", LINE, "--lang", "en", "--record", str(file)]) == 0
    assert cli.main(["ussd", "*555#", "--from", LINE, "--lang", "en", "--keys", "4712", "--record", str(file)]) == 0
    text = file.read_text()
    assert "4711" not in text and "4712" not in text
    assert 'dial: "*555*SECRET#"   # a secret' in text and 'dial: "*555#"\n' in text and 'press: "SECRET"   # a secret' in text
    assert "SECRET stands where a secret was typed" in capsys.readouterr().err


def test_no_secret_of_a_call_is_written() -> None:
    recording = Recording(LINE, None, NOON)
    recording.note(Open("call", "202", LINE), said("Your PIN", secret=True))
    recording.note(Silence(), said("Your PIN, please", secret=True))
    recording.note(Silence(), said("Your PIN, please", secret=True))
    recording.note(Typed("4711", ended=True), said("Thank you"))
    recording.note(Typed("15", ended=True), said("Bye"))
    recording.note(Connected("busy"), said("Nobody is there"))
    recording.note(Left("hung_up"), Reply((), True, "en"))
    text = recording.text("x")
    assert "4711" not in text and '- press: "SECRET"' in text
    assert '- press: "15#"' in text and "- silence: 2\n" in text and "- person: busy\n" in text and "- hang_up: true\n" in text


def test_a_new_folder_of_scenarios_is_made(tmp_path: Path) -> None:
    (tmp_path / "azercell").mkdir()
    file = tmp_path / "azercell" / "scenarios" / "new.yaml"
    ready_to_record(file)
    recording = Recording(LINE, None, NOON)
    recording.note(Open("ussd", "*111#", LINE), page("Hello"))
    assert append(file, recording) == "dial_111"
    assert (
        file.read_text().startswith("# ") and '\nnow: "2026-11-22 12:00"\nscenarios:\n  dial_111:\n    golden: unseen\n' in file.read_text()
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("menus: {}\n", "is no scenario file"),
        ("scenarios:\n  a: {}\nnow: x\n", "that ends with its scenarios"),
        ("scenarios:\n    a: {}\n", "not indented by two spaces"),
        ("scenarios: {a: [}\n", "cannot be read"),
    ],
)
def test_files_that_cannot_be_appended_to(folder: Folder, capsys: pytest.CaptureFixture[str], content: str, told: str) -> None:
    file = folder.scenarios / "other.yaml"
    file.write_text(content)
    with pytest.raises(CannotRecord, match=told):
        ready_to_record(file)
    assert cli.main(["ussd", "*111#", "--from", LINE, "--record", str(file)]) == 2
    told_by_command = capsys.readouterr()
    assert told in told_by_command.err and told_by_command.out == ""
    assert file.read_text() == content


def test_places_that_are_no_file(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ussd", "*111#", "--from", LINE, "--record", str(folder.scenarios)]) == 2
    assert cli.main(["ussd", "*111#", "--from", LINE, "--record", str(folder.menus / "nowhere" / "x.yaml")]) == 2
    assert "there is no folder" in capsys.readouterr().err
