"""The wordings and their translations: nothing missing, nothing that a phone or a reader would stumble over."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg

from ivr.catalog import pofiles
from ivr.catalog.cli_i18n import add_parsers
from ivr.catalog.constants import until_of
from ivr.catalog.extract import Extracted, ExtractError, constants, messages
from ivr.catalog.faults import Faults
from ivr.catalog.translations import Translation, Translations
from ivr.catalog.units import UNITS
from ivr.engine import values
from ivr.engine.text import fold, is_gsm7

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "locales"
LANGUAGES = ("az", "ru")
PLURALS = {"az": 2, "ru": 3}

SLOT = re.compile(r"\{([a-z_][A-Za-z0-9_.]*)(?::[a-z]+)?\}")
SIGNS = set("0123456789 \n.,:;!?-*#()'+/%")
ALPHABET = {"az": "abcçdeəfgğhxıijkqlmnoöprsştuüvyz", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"}
CAPITALS = {"az": "ABCÇDEƏFGĞHXIİJKQLMNOÖPRSŞTUÜVYZ", "ru": ALPHABET["ru"].upper()}
LATIN_IN_RUSSIAN = {"SMS", "AZN", "TJS", "AZ", "EN", "RU", "Azercell", "Tcell", "money", "PIN2", "SIM"}
TURKISH = re.compile(
    r"kontör|fatura(?!n)|yükle|tuş|geçersiz|bakiye|\bücret|bekle|şebeke|\bevet|hayır|lütfen|müşteri|dolaşım|geçerli|\bnumara|giriniz|arayın|lar için",
    re.IGNORECASE,
)
INFORMAL = {
    "az": re.compile(r"\b(sən|sənin|yığ|yaz|göndər|bas|seç|gözlə|zəng et|cəhd et)\b", re.IGNORECASE),
    "ru": re.compile(r"\b(ты|твой|твоя|тебе|нажми|введи|набери|позвони|отправь|повтори)\b", re.IGNORECASE),
}
UNTIL_TWICE = {"az": re.compile(r":until\}\s*(tarix|qədər|-?dək)"), "ru": re.compile(r"\b(до|по|с)\s+\{[a-z_.]+:until\}")}


@pytest.fixture(scope="module")
def found() -> list[Extracted]:
    return messages(ROOT / "menus")


def ivr(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parsers(parser.add_subparsers())
    arguments = parser.parse_args(words)
    return int(arguments.run(arguments))


def translated(language: str) -> dict[tuple[str, str], tuple[str, ...]]:
    catalog = pofiles.read_catalog(pofiles.catalog_path(LOCALES, language), language)
    texts = {}
    for message in catalog:
        singular = message.id if isinstance(message.id, str) else message.id[0]
        if singular:
            texts[message.context or "", singular] = message.string if isinstance(message.string, tuple) else (str(message.string),)
    return texts


def faults(found: list[Extracted], language: str, wrong: object) -> list[str]:
    texts = translated(language)
    assert callable(wrong)
    return [
        f"{message.place} [{message.context}] {text!r}" for message in found for text in texts.get(message.key, ()) if wrong(message, text)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated_and_read(found: list[Extracted], language: str) -> None:
    states = pofiles.states(found, pofiles.read_catalog(pofiles.catalog_path(LOCALES, language), language))
    left = [f"{state.message.place} {state.state} [{state.message.context}] {state.message.singular!r}" for state in states]
    assert not [line for line, state in zip(left, states, strict=True) if state.state != "translated"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_are_those_of_the_english(found: list[Extracted], language: str) -> None:
    def wrong(message: Extracted, text: str) -> bool:
        return sorted(SLOT.findall(message.singular)) != sorted(SLOT.findall(text)) or bool(set("{}") & set(SLOT.sub("", text)))

    assert not faults(found, language, wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms(found: list[Extracted], language: str) -> None:
    catalog = pofiles.read_catalog(pofiles.catalog_path(LOCALES, language), language)
    assert catalog.num_plurals == PLURALS[language]
    texts = translated(language)
    for message in found:
        assert len(texts[message.key]) == (1 if message.plural is None else PLURALS[language]), message


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_letters_of_its_alphabet(found: list[Extracted], language: str) -> None:
    letters = SIGNS | set(ALPHABET[language]) | set(CAPITALS[language])

    def wrong(message: Extracted, text: str) -> bool:
        plain = SLOT.sub("", text)
        if language == "ru":
            plain = re.sub(r"[A-Za-z][A-Za-z0-9]*", lambda word: "" if word[0] in LATIN_IN_RUSSIAN else word[0], plain)
        return bool(set(plain) - letters)

    assert not faults(found, language, wrong)


def test_azerbaijani_folds_to_the_gsm_alphabet(found: list[Extracted]) -> None:
    assert not faults(found, "az", lambda _, text: not is_gsm7(fold(text)))


def test_english_needs_no_ucs2(found: list[Extracted]) -> None:
    assert not [message for message in found if not is_gsm7(message.singular)]


def test_no_turkish(found: list[Extracted]) -> None:
    assert not faults(found, "az", lambda _, text: TURKISH.search(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_polite_address_and_no_doubled_until(found: list[Extracted], language: str) -> None:
    assert not faults(found, language, lambda _, text: INFORMAL[language].search(SLOT.sub("", text)) or UNTIL_TWICE[language].search(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_and_lines_stay(found: list[Extracted], language: str) -> None:
    def wrong(message: Extracted, text: str) -> bool:
        code = re.compile(r"\*[0-9*]+#")
        return code.findall(message.singular) != code.findall(text) or message.singular.count("\n") != text.count("\n")

    assert not faults(found, language, wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_figures_in_speech(found: list[Extracted], language: str) -> None:
    def wrong(message: Extracted, text: str) -> bool:
        return message.context.endswith("/call") and any(sign in "0123456789*#" for sign in SLOT.sub("", text))

    assert not faults(found, language, wrong)


def test_units_are_those_of_the_engine() -> None:
    assert tuple(UNITS) == values.UNITS


def test_every_shape_of_wording_is_found(tmp_path: Path) -> None:
    tree = tmp_path / "menus" / "demo"
    (tree / "scenarios").mkdir(parents=True)
    (tree / "scenarios" / "one.yaml").write_text("say: not a wording\n")
    (tree / "operator.yaml").write_text(
        'call: {choice: "{label}: press {key}", point: "*"}\n'
        "tries: {no_input: {most: 3, say: silence, then: goodbye}, no_match: wrong key}\n"
        "answers: {goodbye: {default: bye, call: goodbye}}\n"
    )
    (tree / "card.yaml").write_text(
        "not_served: {default: not here, call: not this number}\n"
        "menus:\n"
        "  main:\n"
        "    note: shown after a card\n"
        "    ask:\n"
        "      serial: {say: which card, again: once more, no_match: {too_short: too short, other: no serial}, no_input: {most: 2, say: quiet}}\n"
        "    confirm: sure\n"
        "    say:\n"
        "      - {when: a, only: [call, web], say: {call: spoken, default: written}}\n"
        "      - {count: given, one: '{given} card', other: '{given} cards'}\n"
        "    list: {of: x, item: {ussd: short, default: long}, none: nothing, choose: {label: pick, go: main}}\n"
        "    after: end of list\n"
        "    also_sms: a message\n"
        "    choices:\n"
        "      '1': {label: first, go: main}\n"
        "      '2': {label: Ikinci, in: az, go: main}\n"
        "    otherwise:\n"
        "      used: was used\n"
        "      unknown: {fee: f, retry: serial, say: never seen}\n"
        "notices:\n"
        "  told: {by: sms, say: news}\n"
    )
    found = [message for message in messages(tree.parent) if message.context not in ("units", "days", "dates")]
    assert {message.key for message in found} == {
        ("operator.choice", "{label}: press {key}"),
        ("operator.no_input", "silence"),
        ("operator.no_match", "wrong key"),
        ("operator.goodbye", "bye"),
        ("operator.goodbye/call", "goodbye"),
        ("card.not_served", "not here"),
        ("card.not_served/call", "not this number"),
        ("card.main/call", "spoken"),
        ("card.main/ussd", "short"),
        ("notices.told", "news"),
        *(
            ("card.main", text)
            for text in ("which card", "once more", "too short", "no serial", "quiet", "sure", "written", "{given} card")
        ),
        *(("card.main", text) for text in ("long", "nothing", "pick", "end of list", "a message", "first", "was used", "never seen")),
    }
    by_text = {message.singular: message for message in found}
    assert by_text["{given} card"].plural == "{given} cards"
    assert by_text["spoken"].comments == ("shown after a card", "only on: call, web")
    assert by_text["first"].place == "menus/demo/card.yaml:15"


def test_babel_finds_the_same(found: list[Extracted]) -> None:
    path = ROOT / "menus" / "azercell" / "prepaid.yaml"
    by_babel = [(context, line, text) for line, text, _, context in extract_from_file("ivr.catalog.extract:menus", path)]
    assert by_babel == [
        (message.context, message.line, message.singular) for message in found if message.file == "menus/azercell/prepaid.yaml"
    ]


def test_pybabel_finds_as_much_with_our_mapping(found: list[Extracted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with (LOCALES / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    ours = ("ivr", "menus")
    listed = extract_from_dir(ROOT, methods, options, directory_filter=lambda folder: Path(folder).relative_to(ROOT).parts[0] in ours)
    assert {(context, text if isinstance(text, str) else text[0]) for _, _, text, _, context in listed} == {
        message.key for message in found
    }


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("menus:\n  main:\n    say: one\n    say: two\n")
    with pytest.raises(ExtractError, match=r"bad\.yaml:4:5 E001"):
        messages(tmp_path)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    shutil.copytree(LOCALES, tmp_path / "locales")
    return tmp_path


def test_a_second_run_changes_nothing(copy: Path) -> None:
    def run() -> dict[str, bytes]:
        for action in ("extract", "update"):
            assert ivr("i18n", action, str(copy / "menus"), "--locales", str(copy / "locales")) == 0
        return {path.name + path.parts[-3]: path.read_bytes() for path in (copy / "locales").rglob("*.po*")}

    first = run()
    assert len(first) == len(LANGUAGES) + 1
    assert not [name for name, content in first.items() if b"Date" in content or b"Generated-By" in content]
    assert run() == first


def test_a_new_wording_is_reported_with_its_place(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    menu = copy / "menus" / "azercell" / "fresh.yaml"
    menu.write_text("serves: everyone\nmenus:\n  main:\n    say: A brand new wording, never said before.\n")
    assert ivr("i18n", "status", str(copy / "menus"), "--locales", str(copy / "locales")) == 1
    told = capsys.readouterr().out
    assert told.count("menus/azercell/fresh.yaml:4 missing [fresh.main] 'A brand new wording, never said before.'") == len(LANGUAGES)


def test_a_changed_wording_keeps_its_translation_as_a_guess(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = (str(copy / "menus"), "--locales", str(copy / "locales"))
    menu = copy / "menus" / "azercell" / "fresh.yaml"
    menu.write_text("serves: everyone\nmenus:\n  main:\n    say: Notices were on already!\n")
    assert ivr("i18n", "update", *where) == 0
    catalog = pofiles.read_catalog(pofiles.catalog_path(copy / "locales", "az"), "az")
    guess = catalog.get("Notices were on already!", "fresh.main")
    assert guess is not None and guess.fuzzy and guess.string
    assert ivr("i18n", "status", *where) == 1
    assert "fresh.yaml:4 fuzzy" in capsys.readouterr().out
    menu.unlink()
    assert ivr("i18n", "update", *where) == 0
    assert ivr("i18n", "status", *where) == 0


def test_what_a_menu_says_again_comes_back(copy: Path) -> None:
    where = (str(copy / "menus"), "--locales", str(copy / "locales"))
    before = {path: path.read_bytes() for path in (copy / "locales").rglob("*.po")}
    assert ivr("i18n", "update", *where) == 0
    same = {path: path.read_bytes() for path in before}
    (copy / "menus" / "azercell" / "help.yaml").rename(copy / "away.yaml")
    assert ivr("i18n", "update", *where) == 0
    assert all(b'#~ msgctxt "help.main"' in path.read_bytes() for path in before)
    (copy / "away.yaml").rename(copy / "menus" / "azercell" / "help.yaml")
    assert ivr("i18n", "update", *where) == 0
    assert {path: path.read_bytes() for path in before} == same


def test_no_guesses_where_none_are_wanted(copy: Path) -> None:
    where = (str(copy / "menus"), "--locales", str(copy / "locales"))
    (copy / "menus" / "azercell" / "fresh.yaml").write_text("serves: everyone\nmenus:\n  main:\n    say: Notices were on already!\n")
    assert ivr("i18n", "update", "--no-fuzzy-matching", *where) == 0
    entry = pofiles.read_catalog(pofiles.catalog_path(copy / "locales", "ru"), "ru").get("Notices were on already!", "fresh.main")
    assert entry is not None and not entry.string and not entry.fuzzy


def test_a_new_language_begins_empty_with_its_plural_rule(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = (str(copy / "menus"), "--locales", str(copy / "locales"))
    assert ivr("i18n", "update", "--add", "pl", *where) == 0
    assert b"nplurals=3" in pofiles.catalog_path(copy / "locales", "pl").read_bytes()
    assert pofiles.new_catalog("az").num_plurals == 2
    assert ivr("i18n", "update", "--add", "klingon", *where) == 2
    assert "no language code" in capsys.readouterr().err
    assert not (copy / "locales" / "klingon").exists()


def test_units_and_days_need_no_menu() -> None:
    assert {message.context for message in constants()} == {"units", "days", "dates"}


def until(texts: str | None, language: str = "ru") -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What comes of a catalog that says `texts` for the end of a period, or nothing; and the faults: code, message."""
    found = {} if texts is None else {("dates", "until {date}"): Translation((texts,), False, "ru.po", 9)}
    faults = Faults()
    forms = until_of((language, "en"), {language: Translations(language, found)}, faults)
    return forms, [(fault.code, fault.message) for fault in faults.found]


def test_the_end_of_a_period_is_the_catalogs() -> None:
    assert until("по {date}") == ({"ru": "по {date}"}, [])
    assert until("{date} gacha", "uz") == ({"uz": "{date} gacha"}, [])
    assert until("{date}", "uz") == ({"uz": "{date}"}, []), "a language may say the date alone"


def test_the_end_of_a_period_where_no_catalog_says_it() -> None:
    assert until(None) == ({"ru": "до {date}"}, []), "a catalog from before the message"
    assert until(None, "uz") == ({}, []), "the date alone"


@pytest.mark.parametrize(
    ("text", "code"), [("", "E070"), ("до", "E072"), ("до {data}", "E072"), ("до {date} {time}", "E072"), ("дo {date}", "E076")]
)
def test_the_end_of_a_period_said_wrongly(text: str, code: str) -> None:
    forms, faults = until(text)
    assert [found for found, _ in faults] == [code] and "until {date}" in faults[0][1]
    assert "{date}" in forms["ru"], "whatever stands there, the day is shown"
