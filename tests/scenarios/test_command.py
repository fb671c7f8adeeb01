"""`ivr test` as a person types it: what it prints, writes and answers."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr import cli
from tests.scenarios.helping import Folder

GOOD = '- {dial: "*111*1*1#", see: "Balance: 12.24 AZN", charged: "0.10"}'
BAD = '- {dial: "*111#"}\n- {press: "1", see: Balanse, charged: "1"}'


@pytest.fixture(autouse=True)
def environment(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_MENUS", str(folder.menus))


def ivr(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = cli.main([str(word) for word in words])
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_all_pass(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(GOOD)
    code, out, err = ivr(capsys, "test")
    assert (code, err) == (0, "")
    assert out.startswith("1 scenarios, 1 passed, 0 failed\n\nmenu ")
    assert "azercell/prepaid.main_balance  -        1/4" in out


def test_one_fails(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(GOOD, name="good")
    folder.write((folder.scenarios / "try.yaml").read_text().replace("good", "bad").replace("12.24", "13.24"), "other")
    code, out, _ = ivr(capsys, "test", folder.menus)
    assert code == 1
    assert out.startswith('FAILED azercell/other: bad\n  menus/azercell/scenarios/other.yaml:7:34: should see "Balance: 13.24 AZN"\n')
    assert '\n      7 | - {dial: "*111*1*1#", see: "Balance: 13.24 AZN", charged: "0.10"}\n  --- expected\n' in out
    assert '  > step 1  994501110001  dial: "*111*1*1#"\n  -     Balance: 13.24 AZN\n  +     Balance: 12.24 AZN\n' in out
    assert "\n2 scenarios, 1 passed, 1 failed\n" in out


def test_every_failing_expectation_has_its_place(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(BAD)
    out = ivr(capsys, "test")[1]
    assert 'try.yaml:8:27: should see "Balanse"\n' in out
    assert "try.yaml:8:45: should charge 1, and charged 0\n" in out


def test_what_is_not_covered_is_listed_with_its_place(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(GOOD)
    code, out, _ = ivr(capsys, "test", "--coverage")
    assert code == 0
    lines = out.split("\n")
    assert any(
        line.startswith("menus/azercell/prepaid.yaml:") and line.endswith("prepaid.main_balance: the outcome late is never seen")
        for line in lines
    )
    assert any(line.endswith("azercell/help.codes: no scenario comes to this menu") for line in lines)
    assert not any("prepaid.main: choice 1" in line for line in lines)


def test_one_file_alone(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(BAD)
    folder.write((folder.scenarios / "try.yaml").read_text().replace(BAD.split("\n")[1], ""), "other")
    good = folder.scenarios / "good.yaml"
    good.write_text((folder.scenarios / "try.yaml").read_text().replace("Balanse", "Balance").replace(', charged: "1"', ""))
    code, out, _ = ivr(capsys, "test", good)
    assert (code, out.split("\n")[0]) == (0, "1 scenarios, 1 passed, 0 failed")


def test_faults_of_files(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(GOOD)
    folder.write((folder.scenarios / "try.yaml").read_text().replace("charged", "chraged"), "other")
    junit = folder.menus.parent / "junit.xml"
    code, out, _ = ivr(capsys, "test", "--junit", junit)
    assert code == 1
    assert out == (
        'menus/azercell/scenarios/other.yaml:7:56 E090 a step has no key "chraged" - did you mean "charged"?\n'
        "1 fault in a scenario file, nothing was played\n"
    )
    assert ElementTree.parse(junit).getroot().get("errors") == "1"


def test_faults_of_menus(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(GOOD)
    path = folder.menus / "azercell" / "help.yaml"
    path.write_text(path.read_text() + "  broken: {sya: x}\n")
    code, out, err = ivr(capsys, "test")
    assert code == 1 and "E010" in err and "did you mean" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("test", "/no/such/folder"), "ivr test: there is no folder"),
        (("test", "TMP"), "ivr test: no operator.yaml in"),
        (("test", "--junit", "/no/such/folder/x.xml"), "cannot be written"),
        (("test", "--update", "--seen", "x"), "not allowed with"),
        (("test", "--seen"), "expected at least one argument"),
        (("test", "--seen", "nix"), 'ivr test: there is no scenario "nix"'),
    ],
)
def test_wrong_usage(folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    folder.steps(GOOD)
    (tmp_path / "empty").mkdir()
    code, out, err = ivr(capsys, *(str(tmp_path / "empty") if word == "TMP" else word for word in words))
    assert code == 2 and told in err and "Traceback" not in err


def test_no_scenarios_are_no_success(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ivr(capsys, "test")
    assert code == 1 and out.startswith("0 scenarios") and err.startswith("ivr test: there is no scenario in")


def test_junit(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps(BAD, name="bad")
    folder.write(
        (folder.scenarios / "try.yaml")
        .read_text()
        .replace("bad", "good")
        .replace("Balanse", "Balance")
        .replace('"1"}', '"0"}')
        .replace('press: "0"', 'press: "1"'),
        "other",
    )
    junit = folder.menus.parent / "junit.xml"
    assert ivr(capsys, "test", "--junit", junit)[0] == 1
    top = ElementTree.parse(junit).getroot()
    assert (top.tag, top.get("tests"), top.get("failures"), top.get("errors")) == ("testsuites", "2", "1", "0")
    suites = {suite.get("name"): suite for suite in top}
    assert set(suites) == {"menus/azercell/scenarios/try.yaml", "menus/azercell/scenarios/other.yaml"}
    case = suites["menus/azercell/scenarios/try.yaml"].find("testcase")
    assert case is not None and (case.get("classname"), case.get("name"), case.get("line")) == ("azercell.try", "bad", "3")
    failure = case.find("failure")
    assert failure is not None and 'should see "Balanse"' in (failure.get("message") or "") and "> step 2" in (failure.text or "")
    other = suites["menus/azercell/scenarios/other.yaml"]
    assert other.find("testcase/failure") is None and "1. Balance" in (other.findtext("testcase/system-out") or "")


def test_junit_holds_only_what_xml_can(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.steps('- {dial: "*111#", see: "a\\u0007<b>&\\ud7ff"}')
    junit = folder.menus.parent / "junit.xml"
    ivr(capsys, "test", "--junit", junit)
    assert "<b>&" in (ElementTree.parse(junit).getroot().find("testsuite/testcase/failure").get("message") or "")  # type: ignore[union-attr]


def test_update_then_seen(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder.steps('- {dial: "*111*3#"}', name="tariff")
    code, out, _ = ivr(capsys, "test")
    assert code == 0 and "without any expectation, so not counted: tariff" in out
    code, out, _ = ivr(capsys, "test", path, "--update")
    assert code == 0
    assert out.startswith("menus/azercell/scenarios/try.yaml:3:3 azercell/try: tariff: 1 step written\n")
    assert "ivr test --seen tariff\n" in out and "seen by nobody, so not counted: tariff" in out
    code, out, _ = ivr(capsys, "test", "--seen", "tariff")
    assert (code, out) == (0, "menus/azercell/scenarios/try.yaml:3:3 azercell/try: tariff: seen\n")
    code, out, _ = ivr(capsys, "test")
    assert code == 0 and "not counted" not in out
    assert ivr(capsys, "test", "--update")[1].startswith("nothing to write")


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ivr(capsys, "test", "--help")
    assert code == 0 and "ivr test menus/azercell --coverage" in out


def test_a_counter_on_a_terminal_only(folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    folder.steps(GOOD)
    ivr(capsys, "test")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    capsys.readouterr()
    cli.main(["test"])
    assert "1/1 scenarios" in capsys.readouterr().err
