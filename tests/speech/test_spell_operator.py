"""What an operator's file says about speech: currencies in words, "bir min", the English "and"; and what is wrong with it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.catalog.compile import compile_operator
from ivr.catalog.diff import changes
from ivr.catalog.diff_sources import read_side
from ivr.catalog.speech_rules import NoOperator, rules_in
from ivr.engine.effects import Slot, Speak
from ivr.engine.render import View
from ivr.engine.speech_rules import PLAIN, CurrencyWords, NounForms, SpeechRules
from ivr.engine.state import Frame
from ivr.engine.values import Money
from ivr.scenarios.spoken import spoken_text
from ivr.speakable import speech_faults
from ivr.speech import spell
from ivr.speech.parts import Amount, SpeechError
from ivr.speech.units import Utterance, utterances
from tests.catalog.test_compile_faults import OPERATOR

ROOT = Path(__file__).resolve().parents[2]
SPEECH = """\
speech:
  thousand: bir min
  and: true
  currencies:
    UAH:
      az: {unit: qrivna, part: qəpik}
      en: {unit: {one: hryvnia, other: hryvnias}, part: {one: kopiyka, other: kopiykas}}
      ru:
        unit: {gender: f, one: гривна, few: гривны, many: гривен}
        part: {gender: f, one: копейка, few: копейки, many: копеек}
    EUR:
      en: {unit: {one: euro, other: euros}, part: {one: cent, other: cents}}
      ru: {unit: евро, part: {one: цент, few: цента, many: центов}}
    JPY:
      az: {unit: yen}
      en: {unit: yen}
      ru: {unit: {gender: f, one: иена, few: иены, many: иен}}
    KWD:
      decimals: 3
      az: {unit: dinar, part: fils}
      en: {unit: {one: dinar, other: dinars}, part: fils}
      ru: {unit: {one: динар, few: динара, many: динаров}, part: {one: филс, few: филса, many: филсов}}
"""


def operator_of(tmp_path: Path, speech: str) -> Path:
    folder = tmp_path / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(OPERATOR + speech, encoding="utf-8")
    return folder.parent


def read(tmp_path: Path, speech: str) -> tuple[SpeechRules, list[str]]:
    rules, faults = rules_in(operator_of(tmp_path, speech), "small")
    return rules, [str(fault) for fault in faults]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> SpeechRules:
    found, faults = read(tmp_path_factory.mktemp("operator"), SPEECH)
    assert faults == []
    return found


@pytest.mark.parametrize(
    ("language", "amount", "currency", "form", "wanted"),
    [
        ("az", "1000.21", "UAH", "", "bir min qrivna iyirmi bir qəpik"),
        ("en", "101.01", "UAH", "", "one hundred and one hryvnias and one kopiyka"),
        ("en", "1.00", "UAH", "", "one hryvnia"),
        ("ru", "21.01", "UAH", "", "двадцать одна гривна одна копейка"),
        ("ru", "2.02", "UAH", "", "две гривны две копейки"),
        ("ru", "-12.12", "UAH", "", "минус двенадцать гривен двенадцать копеек"),
        ("ru", "0.00", "UAH", "", "ноль гривен"),
        ("ru", "0.0236", "UAH", "exact", "две целых тридцать шесть сотых копейки"),
        ("ru", "2.22", "EUR", "", "два евро двадцать два цента"),
        ("ru", "1000000", "EUR", "", "один миллион евро"),
        ("en", "12", "JPY", "", "twelve yen"),
        ("en", "12.34", "JPY", "", "twelve point three four yen"),
        ("en", "1101.50", "JPY", "", "one thousand one hundred and one point five yen"),
        ("ru", "12.34", "JPY", "", "двенадцать целых тридцать четыре сотых иены"),
        ("ru", "21", "JPY", "", "двадцать одна иена"),
        ("az", "0.05", "JPY", "", "sıfır tam yüzdə beş yen"),
        ("az", "0.000005", "JPY", "exact", "sıfır tam milyonda beş yen"),
        ("ru", "0.12345", "JPY", "exact", "ноль целых двенадцать тысяч триста сорок пять стотысячных иены"),
        ("en", "1.25", "KWD", "", "one dinar and two hundred and fifty fils"),
        ("en", "1.2345", "KWD", "exact", "one dinar and two hundred and thirty-four point five fils"),
        ("ru", "2.001", "KWD", "exact", "два динара один филс"),
        ("az", "3.4", "KWD", "", "üç dinar dörd yüz fils"),
    ],
)
def test_currencies_of_the_operator(rules: SpeechRules, language: str, amount: str, currency: str, form: str, wanted: str) -> None:
    assert spell.say(language, "money", {"amount": amount, "currency": currency, "form": form}, rules) == wanted
    micro = Money.parse(amount, currency).micro
    assert spell.words(Money(micro, currency), form, language, rules) == wanted


def test_settings_hold_for_every_kind(rules: SpeechRules) -> None:
    def said(language: str, kind: str, **given_input: object) -> tuple[str, str]:
        return spell.say(language, kind, given_input), spell.say(language, kind, given_input, rules)

    assert said("en", "cardinal", n=1101) == ("one thousand one hundred one", "one thousand one hundred and one")
    assert said("en", "cardinal", n=-1005) == ("minus one thousand five", "minus one thousand and five")
    assert said("en", "ordinal", n=112) == ("one hundred twelfth", "one hundred and twelfth")
    assert said("en", "count", n=120, unit="minute") == ("one hundred twenty minutes", "one hundred and twenty minutes")
    assert said("en", "money", amount="100.10", currency="AZN")[1] == "one hundred manats and ten gapiks"
    assert said("en", "text", text="Dial 650") == ("Dial six hundred fifty", "Dial six hundred and fifty")
    assert said("en", "date", date="2005-01-01")[1] == "the first of January two thousand and five"
    assert said("az", "span", seconds=86_400 * 1000) == ("min gün", "bir min gün")
    assert said("ru", "cardinal", n=1101) == ("одна тысяча сто один",) * 2


def test_the_pieces_of_english_with_and(rules: SpeechRules) -> None:
    assert spell.phrase(Money(101_020_000, "AZN"), "", "en", rules) == ("one hundred", "and one manats", "and two gapiks")
    assert spell.phrase(1005, "", "en", rules) == ("one thousand", "and five")


def test_operators_do_not_hear_each_other(rules: SpeechRules) -> None:
    spell.say("en", "cardinal", {"n": 101}, rules)
    assert spell.say("en", "cardinal", {"n": 101}) == "one hundred one"
    with pytest.raises(SpeechError, match=r"currency 'EUR': not one of AZN, TJS; operator.yaml may describe it"):
        spell.say("en", "money", {"amount": "1", "currency": "EUR"})
    other = SpeechRules(currencies={"EUR": {"en": CurrencyWords(NounForms.same("eu"))}})
    assert spell.say("en", "money", {"amount": "1", "currency": "EUR"}, other) == "one eu"
    assert spell.say("en", "money", {"amount": "1", "currency": "EUR"}, rules) == "one euro"


def test_an_operator_may_call_our_currencies_otherwise() -> None:
    own = SpeechRules(currencies={"AZN": {"en": CurrencyWords(NounForms(one="manat", other="manat"), NounForms.same("qepik"))}})
    assert spell.say("en", "money", {"amount": "2.02", "currency": "AZN"}, own) == "two manat and two qepik"
    assert spell.say("az", "money", {"amount": "2.02", "currency": "AZN"}, own) == "iki manat iki qəpik"


def test_the_compiled_model_has_the_rules(tmp_path: Path, rules: SpeechRules) -> None:
    menus = operator_of(tmp_path, SPEECH)
    (menus / "small" / "main.yaml").write_text("entries: [{call: '1', go: main}]\nmenus: {main: {say: Hello}}\n", encoding="utf-8")
    compiled = compile_operator(menus / "small", tmp_path / "locales")
    assert compiled.model is not None, [str(fault) for fault in compiled.faults]
    assert compiled.model.operator.speech == rules and not [fault for fault in compiled.faults if "speech" in str(fault)]


def test_without_the_section_nothing_changes(tmp_path: Path) -> None:
    assert read(tmp_path, "") == (PLAIN, [])


@pytest.mark.parametrize(
    ("speech", "column", "told"),
    [
        ("speech: {thousand: min bir}", "20", 'Azerbaijani says 1000 as "min" or as "bir min"'),
        ("speech: {and: maybe}", "15", "and is true or false"),
        ("speech: {curencies: {}}", "10", 'did you mean "currencies"'),
        ("speech: {currencies: {euro: {en: {unit: euro}}}}", "23", "ISO 4217"),
        ("speech: {currencies: {EUR: {English: {unit: euro}}}}", "29", "a language is a code"),
        ("speech: {currencies: {EUR: {en: {part: cent}}}}", "33", 'needs the key "unit"'),
        ("speech: {currencies: {EUR: {en: {unit: {gender: x, one: euro}}}}}", "49", "a gender is m, f or n"),
        ("speech: {currencies: {EUR: {en: {unit: {once: euro}}}}}", "41", 'no key "once"'),
        ("speech: {currencies: {EUR: {en: {unit: <b>euro</b>}}}}", "40", "as it is spoken"),
        ("speech: {currencies: {EUR: {decimals: 9, en: {unit: euro}}}}", "39", "from 1 to 3"),
    ],
)
def test_faults_name_their_place(tmp_path: Path, speech: str, column: str, told: str) -> None:
    line = len(OPERATOR.splitlines()) + 1
    _, faults = read(tmp_path, speech + "\n")
    assert len(faults) == 1 and told in faults[0], faults
    assert faults[0].startswith(f"menus/small/operator.yaml:{line}:{column} ")


def test_a_form_that_a_language_needs_is_missed_by_name() -> None:
    rules = SpeechRules(currencies={"EUR": {"ru": CurrencyWords(NounForms(one="евро", many="евро"))}})
    with pytest.raises(SpeechError, match=r"speech\.currencies\.EUR\.ru\.unit: the form 'few' is missing"):
        spell.say("ru", "money", {"amount": "1", "currency": "EUR"}, rules)
    assert spell.faults(rules, ("en", "ru"), "AZN") == [("speech.currencies.EUR.ru.unit", "the form 'few' is missing")]
    assert spell.say("ru", "money", {"amount": "1", "currency": "AZN"}, rules) == "один манат", "all else is said"


def test_what_an_operator_could_not_say() -> None:
    assert spell.faults(PLAIN, ("az", "en", "ru"), "TJS") == []
    [(place, told), (where, other)] = spell.faults(PLAIN, ("en", "xx"), "USD")
    assert place == "currency" and "speech.currencies.USD.en" in told
    assert where == "languages.offered" and "'xx'" in other


def test_an_operator_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoOperator, match="did you mean"):
        rules_in(operator_of(tmp_path, ""), "smal")


@settings(derandomize=True, deadline=None)
@given(st.integers(-(10**18), 10**18), st.booleans(), st.integers(0, 3))
def test_the_parts_of_an_amount_are_the_amount(micro: int, exact: bool, decimals: int) -> None:
    amount = Amount.of(micro, exact, decimals)
    figures = f"{amount.minor:0{decimals}d}" if decimals else ""
    found = amount.major * 10**6 + int(f"{figures}{amount.tail}".ljust(6, "0"))
    assert found == (abs(micro) if exact else abs(micro) - abs(micro) % 10_000)
    assert amount.negative == (micro < 0 < found)


def test_a_call_is_spoken_by_the_rules_of_its_operator(tmp_path: Path) -> None:
    menus = operator_of(tmp_path, SPEECH)
    wordings = 'menus: {main: {say: "At most {limits.largest}."}}'
    (menus / "small" / "main.yaml").write_text(f"entries: [{{call: '1', go: main}}]\n{wordings}\n", encoding="utf-8")
    model = compile_operator(menus / "small", tmp_path / "locales").model
    assert model is not None
    view = View(model, "call", "en", None, Frame("main.main"))
    [slot] = [part for part in view.sentences(model.menus["main.main"].say) if isinstance(part, Slot)]
    assert slot.rules == model.operator.speech
    parts = (dataclasses.replace(slot, value=Money(101_000_000, "EUR")),)
    assert spoken_text(Speak(parts, "en", None)) == "one hundred and one euros"
    [told] = utterances(parts)
    assert isinstance(told, Utterance) and told.phrase == ("one hundred", "and one euros")


@pytest.mark.parametrize(
    ("line", "changed", "place", "told"),
    [
        ("currency: AZN", "currency: EUR", "3:11", "nobody has said how EUR is spoken in en: write speech.currencies.EUR.en"),
        ("default: en}", "default: en}\nspeech: {currencies: {EUR: {en: {unit: {one: euro}}}}}", "6:40", "the form 'other' is missing"),
        ("offered: [en]", "offered: [en, de]", "5:22", "language 'de': not one of az, en, ru"),
    ],
)
def test_check_tells_what_calls_cannot_say(tmp_path: Path, line: str, changed: str, place: str, told: str) -> None:
    folder = operator_of(tmp_path, "") / "small"
    (folder / "operator.yaml").write_text(OPERATOR.replace(line, changed), encoding="utf-8")
    (folder / "main.yaml").write_text("entries: [{ussd: '*1#', go: main}]\nmenus: {main: {say: Hello}}\n", encoding="utf-8")
    model = compile_operator(folder, tmp_path / "locales").model
    assert model is not None and speech_faults(model, folder) == (), "nobody can call"
    (folder / "main.yaml").write_text("entries: [{call: '1', go: main}]\nmenus: {main: {say: Hello}}\n", encoding="utf-8")
    model = compile_operator(folder, tmp_path / "locales").model
    assert model is not None
    [fault] = speech_faults(model, folder)
    assert (f"{fault.line}:{fault.column}", fault.code) == (place, "E082") and told in fault.message
    found = subprocess.run(
        [sys.executable, "-m", "ivr", "check", str(folder)], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert found.returncode == 1 and "E082" in found.stdout


def test_markup_in_what_a_call_says_is_told_with_its_place(tmp_path: Path) -> None:
    folder = operator_of(tmp_path, "") / "small"
    (folder / "operator.yaml").write_text(OPERATOR.replace("say: No key,", 'say: "No [[ki:]]",'), encoding="utf-8")
    text = """\
entries: [{call: "1", go: main}, {ussd: "*1#", go: main}]
menus:
  main:
    say: {call: "Hello <b>you</b>", default: "1 < 2 & <b>"}
"""
    (folder / "main.yaml").write_text(text, encoding="utf-8")
    model = compile_operator(folder, tmp_path / "locales").model
    assert model is not None
    told = [(fault.file.rpartition("/")[2], fault.line, fault.code, fault.message) for fault in speech_faults(model, folder)]
    assert told == [
        ("main.yaml", 4, "E082", "en, call: the words 'Hello <b>you</b>': markup, '<b', at letter 7; write the words alone"),
        ("operator.yaml", 14, "E082", "en, call: the words 'No [[ki:]]': markup, '[[', at letter 4; write the words alone"),
    ]


def test_the_example_on_the_speech_page_is_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "speech.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(speech:.*?)```", page, re.DOTALL)
    rules, faults = read(tmp_path, example)
    assert faults == [] and set(rules.currencies) == {"UAH", "EUR", "JPY", "KWD"}
    for language in ("az", "en", "ru"):
        spell.speller(language, rules)
    assert spell.say("ru", "money", {"amount": "2.05", "currency": "EUR"}, rules) == "два евро пять центов"
    assert spell.say("en", "money", {"amount": "1101.005", "currency": "KWD", "form": "exact"}, rules) == (
        "one thousand one hundred and one dinars and five fils"
    )


def test_a_change_of_the_rules_is_told_by_diff(tmp_path: Path) -> None:
    sides = []
    for name, speech in (
        ("before", "speech: {and: true}\n"),
        ("after", "speech: {thousand: bir min, currencies: {JPY: {en: {unit: yen}}}}\n"),
    ):
        folder = operator_of(tmp_path / name, speech) / "small"
        (folder / "main.yaml").write_text("entries: [{call: '1', go: main}]\nmenus: {main: {say: Hello}}\n", encoding="utf-8")
        sides.append(read_side(folder, tmp_path / name / "locales"))
    told = {(change.what, change.before, change.after) for change in changes(*sides)}
    assert told == {
        ("speech.and", "true", None),
        ("speech.thousand", None, "bir min"),
        ("speech.currencies.JPY.en.unit", None, "yen"),
    }
