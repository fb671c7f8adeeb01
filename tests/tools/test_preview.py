"""`ivr preview`: a menu as its phone shows it, with its size and the letter that halves it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ivr import cli
from ivr.catalog.preview import Preview
from ivr.commands_preview import row
from tests.catalog.fit_trees import services
from tests.engine.fake import ROOT, shipped
from tests.tools.trees import OPERATOR


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))


def ivr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = cli.main(("preview", *words))
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    _, out, _ = ivr(capsys, *words, "--json")
    found = json.loads(out)
    assert isinstance(found, list)
    return found


def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, menu: str, operator: str = OPERATOR) -> None:
    home = tmp_path / "menus" / "small"
    home.mkdir(parents=True)
    (home / "operator.yaml").write_text(operator, "utf-8")
    (home / "m.yaml").write_text(menu, "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))


def test_a_page_as_the_phone_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ivr(capsys, "prepaid.balance", "--lang", "en")
    assert (code, err) == (0, "")
    assert out.startswith("prepaid.balance, ussd, en, typical values\n\npage\n┌")
    assert "│ 12.34 AZN till 05.03.2027    │\n│ GencOL                       │\n│ 1500 MB till 05.03.2027      │\n" in out
    assert out.endswith("┘\n  gsm7 124/182, en\n")


def test_it_is_what_a_session_shows(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.engine.fake import Walk, prepaid

    walk = Walk("*111#", prepaid())
    (row,) = rows(capsys, "prepaid.main", "--lang", "en")
    page = walk.page
    assert (row["text"], row["encoding"], row["length"], row["limit"], row["more"]) == (
        page.text,
        page.encoding,
        page.length,
        page.limit,
        page.more,
    )
    walk.press("9", "2")
    (row,) = rows(capsys, "help.fees", "--lang", "en", "--channel", "ussd")
    assert row["text"] == walk.text


def test_every_page_of_a_long_menu_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "prepaid.balance", "--lang", "ru", "--values", "largest")
    assert [(row["page"], row["pages"]) for row in found] == [(number, len(found)) for number in range(1, len(found) + 1)]
    assert sum(row["text"].count("31.12.2099") for row in found) == 21, "the balance and twenty bonuses"
    assert all(row["encoding"] == "ucs2" and row["length"] <= row["limit"] == 80 and row["fits"] for row in found)
    assert {"letter": "д", "count": 2, "line": 1, "at": 14} in found[0]["letters"]


def test_letters_of_another_script_are_not_all_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ivr(capsys, "postpaid.bill", "--lang", "ru")
    assert '\n  UCS-2 because of "' in out and " other letters" in out and out.count("letter 1)") <= 2


def test_the_letter_that_forces_ucs2_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(tmp_path, monkeypatch, 'serves: everyone\nentries: [{ussd: "*1#", go: main}]\nmenus:\n  main: {say: "Plain\\nGəncə"}\n')
    code, out, err = ivr(capsys, "main")
    assert code == 0
    assert out.endswith('  ucs2 11/80, en\n  UCS-2 because of "ə" x2 (line 2, letter 2)\n')


def test_questions_confirmation_and_complaints(capsys: pytest.CaptureFixture[str]) -> None:
    whats = [row["what"] for row in rows(capsys, "language.change", "--operator", "azercell", "--lang", "en")]
    assert whats == ["question language", "page"]
    whats = [row["what"] for row in rows(capsys, "language.change", "--operator", "azercell", "--lang", "en", "--all")]
    assert whats == ["question language", "question language, other", "page", "outcome unavailable", "outcome late"]


def test_every_condition_is_shown_with_all(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "automatic", "--lang", "en")
    assert row["when"] == [] and "2. Turn off" in row["text"]
    _, other = rows(capsys, "automatic", "--lang", "en", "--all")
    assert other["when"] == ["line.notices: false"] and "1. Turn on" in other["text"]
    found = rows(capsys, "prepaid.bonuses", "--lang", "en", "--all")
    assert any(row["when"] == ["account.bonuses: empty"] and "No bonuses" in row["text"] for row in found)


def test_an_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "turn_off", "--outcome", "already", "--lang", "en")
    assert row["what"] == "outcome already" and row["text"].startswith("Notices were off already.")
    (row,) = rows(capsys, "prepaid.balance", "--outcome", "not_enough", "--lang", "en")
    assert row["text"] == "The fee is 0.10 AZN and your balance is 12.34 AZN. Nothing was charged." and row["more"] is False


def test_a_call_is_words(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "prepaid.balance", "--channel", "call", "--lang", "en")
    assert row["said"].startswith("Your balance is twelve manats and thirty-four gapiks (0.35 s) one thousand five hundred megabytes")
    code, out, _ = ivr(capsys, "prepaid.balance", "--channel", "call", "--lang", "az")
    assert code == 0 and out.startswith("prepaid.balance, call, az, typical values\n\npage\n  ")


def test_an_sms_is_counted_in_parts(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "prepaid.balance", "--channel", "sms", "--lang", "en")
    assert (row["parts"], row["encoding"], row["limit"]) == (1, "gsm7", 160)
    (row,) = rows(capsys, "prepaid.balance", "--channel", "sms", "--lang", "ru", "--values", "largest")
    assert row["parts"] > 1 and row["encoding"] == "ucs2"


def test_what_does_not_fit_is_said_and_is_a_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = 'serves: everyone\nentries: [{sms: "1", text: "", go: main}]\nmenus:\n  main: {say: "%s"}\n' % ("x" * 200)
    small(tmp_path, monkeypatch, menu, OPERATOR.replace("sessions:", "sms: {parts: 1}\nsessions:"))
    code, out, _ = ivr(capsys, "main")
    assert code == 1 and out.endswith("gsm7 200/153, 2 parts, en: it does not fit\n")


def test_the_channel_is_the_first_that_comes_to_the_menu(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(tmp_path, monkeypatch, 'serves: everyone\nentries: [{call: "1", go: main}]\nmenus:\n  main: {say: Hello}\n')
    _, out, _ = ivr(capsys, "main")
    assert out == "m.main, call, en, typical values\n\npage\n  Hello\n"
    _, out, _ = ivr(capsys, "main", "--channel", "ussd")
    assert out.startswith("m.main, ussd, en, typical values (no ussd entry leads here)\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["balanse"], 'there is no menu "balanse" - did you mean "balance"?'),
        (["prepaid.balanse"], 'did you mean "prepaid.balance"?'),
        (["main"], ", help.main of azercell, "),
        (["main"], ", money.main of tcell: give the whole id, or --operator"),
        (["balance", "--lang", "fr"], 'Azercell does not offer "fr"; it offers az, en, ru'),
        (["balance", "--operator", "azersel"], 'there is no operator "azersel" - did you mean "azercell"?'),
        (["turn_off", "--outcome", "alredy"], 'prepaid.turn_off has no outcome "alredy" - did you mean "already"?'),
    ],
)
def test_what_is_misspelt(capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    code, out, err = ivr(capsys, *words)
    assert (code, out) == (2, "") and told in err and err.count("\n") == 1 and err.startswith("ivr preview: ")


def test_wrong_options_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["balance", "--channel", "fax"], ["balance", "--values", "middling"]):
        assert ivr(capsys, *words)[0] == 2
    code, out, _ = ivr(capsys, "--help")
    assert code == 0 and "example:" in out


def test_menus_with_faults_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(tmp_path, monkeypatch, 'serves: everyone\nentries: [{ussd: "*1#", go: mian}]\nmenus:\n  main: {say: Hello}\n')
    code, out, err = ivr(capsys, "main")
    assert code == 1 and out == "" and "menus/small/m.yaml:2:29 E012 " in err and "nothing to show yet" in err


def test_a_missing_translation_is_shown_in_english(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "menus" / "azercell", tmp_path / "menus" / "azercell")
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    path = tmp_path / "menus" / "azercell" / "help.yaml"
    text = path.read_text("utf-8")
    assert "label: Fees" in text
    path.write_text(text.replace("label: Fees", "label: Prices"), "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))
    code, out, _ = ivr(capsys, "help.main", "--lang", "az")
    assert code == 0 and ". Prices" in out


def test_no_menus(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_MENUS", str(tmp_path))
    code, _, err = ivr(capsys, "main")
    assert code == 2 and "there is no folder with an operator.yaml" in err


@pytest.mark.parametrize("channel", ["ussd", "call", "sms", "web"])
@pytest.mark.parametrize("largest", [False, True])
def test_every_shipped_menu_can_be_shown(channel: str, largest: bool) -> None:
    for language in shipped().operator.languages:
        preview = Preview(shipped(), services(), channel, language, largest)
        for menu in shipped().menus:
            for shown in preview.menu(menu, everything=True):
                told = json.dumps(row(shown, language), ensure_ascii=False)
                assert "{account" not in told and "None" not in told
