"""A voice that is missing is told when menus are loaded, naming what could not be said: never silence in a call."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.catalog.spoken import spoken_words
from ivr.commands_prompts import OnDisk
from ivr.engine.model import Model
from ivr.engine.speech_rules import CurrencyWords, NounForms, SpeechRules
from ivr.house import House
from ivr.settings import ROOT
from ivr.speakable import speech_faults, unsaid_values
from ivr.speech.inventory import fixed, inventory
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.shipped import ShippedEngine, ShippedSet
from ivr.speech.units import unit
from ivr.speech.voice import Engine, GttsEngine
from tests.catalog.broken import CORPUS
from tests.speech.conftest import Humming


@pytest.fixture(scope="module")
def model() -> Model:
    found = compile_operator(CORPUS / "base" / "menus" / "small", CORPUS / "base" / "locales").model
    assert found is not None and any(entry.channel == "call" for entry in found.entries)
    return found


def house_with(root: Path, voice: Engine | None) -> House:
    house = House.__new__(House)
    house._library = PromptLibrary(root, engines={} if voice is None else {"en": voice})
    house._progress = lambda: type("Still", (), {"begin": lambda *_: None, "advance": lambda *_: None})()
    return house


def built(root: Path, units: object) -> None:
    assert not PromptLibrary(root, engines={"en": Humming()}).build(units).failed  # type: ignore[arg-type]


def test_where_a_voice_speaks_nothing_need_be_built(tmp_path: Path, model: Model) -> None:
    assert list(unsaid_values(model, PromptLibrary(tmp_path, engines={"en": Humming()}))) == []


def test_without_a_voice_every_value_must_be_there(tmp_path: Path, model: Model) -> None:
    built(tmp_path, fixed(spoken_words(model), endings=True))
    with pytest.raises(SpeechError, match=r"a piece of amounts and numbers: no voice here speaks en"):
        house_with(tmp_path, None).ready_prompts(model)
    stock = inventory(["en"], ["AZN"])
    built(tmp_path, stock)
    house_with(tmp_path, None).ready_prompts(model)
    prompts = PromptLibrary(tmp_path)
    lost = [unit(words, "en", final) for words in ("four hundred manats", "four hundred") for final in (False, True)]
    prompts.manifest.add({}, without=[one.id for one in lost])
    assert {one.words for one, _ in unsaid_values(model, PromptLibrary(tmp_path))} == {"four hundred manats", "four hundred"}


def test_a_voice_that_needs_the_network_does_not_count(tmp_path: Path, model: Model) -> None:
    built(tmp_path, fixed(spoken_words(model), endings=True))
    with pytest.raises(SpeechError, match="gtts needs the network and may not speak during a call"):
        house_with(tmp_path, GttsEngine(version="1")).ready_prompts(model)


def test_the_shipped_prompts_alone_say_every_usual_value(tmp_path: Path, model: Model) -> None:
    alone = ShippedEngine(ShippedSet("en"), None, "flite: not found; install it")
    prompts = PromptLibrary(tmp_path, engines={"en": alone})
    assert list(unsaid_values(model, prompts)) == []
    other = replace(model, operator=replace(model.operator, currency="TJS"))
    assert list(unsaid_values(other, prompts)) == [], "somonis are shipped as well"


def test_a_currency_of_ones_own_without_a_voice_is_named(tmp_path: Path, model: Model) -> None:
    euro = CurrencyWords(NounForms("euro", other="euros"), NounForms("cent", other="cents"))
    rules = SpeechRules(currencies={"EUR": {"en": euro}})
    own = replace(model, operator=replace(model.operator, currency="EUR", speech=rules))
    alone = ShippedEngine(ShippedSet("en"), None, "flite: not found; install it")
    built(tmp_path, fixed(spoken_words(own), endings=True))
    found = list(unsaid_values(own, PromptLibrary(tmp_path, engines={"en": alone})))
    assert found and all("euro" in one.words or "cent" in one.words for one, _ in found)
    with pytest.raises(SpeechError, match=r"euro.*not among the shipped prompts, and no voice is here: flite: not found; install it"):
        house_with(tmp_path, alone).ready_prompts(own)


def test_who_says_no_values_or_cannot_be_called_needs_none(tmp_path: Path, model: Model) -> None:
    nobody = replace(model, entries=tuple(entry for entry in model.entries if entry.channel != "call"))
    assert list(unsaid_values(nobody, PromptLibrary(tmp_path))) == []
    wordless = replace(model, menus={}, entries=tuple(entry for entry in model.entries if entry.channel == "call"))
    answers = {name: wording for name, wording in model.operator.answers.items() if name == "goodbye"}
    wordless = replace(wordless, operator=replace(model.operator, answers=answers))
    assert list(unsaid_values(wordless, PromptLibrary(tmp_path))) == []


def test_names_are_said_as_their_spoken_form_in_each_language() -> None:
    compiled = compile_operator(ROOT / "menus" / "azercell", ROOT / "locales").model
    assert compiled is not None
    for language in compiled.operator.languages:
        said = {words for at, words in spoken_words(compiled) if at == language}
        for name, forms in compiled.operator.spoken.items():
            assert forms[language] in said, f"{name} ({language}) is readied as it is said"
    assert compiled.operator.spoken["GəncOL"] == {"az": "gənc ol", "ru": "гяндж ол", "en": compiled.operator.spoken["GəncOL"]["en"]}


@pytest.mark.parametrize(
    ("tariff", "spoken", "languages"),
    [
        ("GəncOL", "", ["en", "ru"]),
        ("GəncOL", "spoken: {ru: гяндж ол, en: ganj ol}", []),
        ("GəncOL", "spoken: {ru: гяндж ол}", ["en"]),
        ("Пакет", "", ["az", "en"]),
        ("SimSim", "", []),
        ("Biznes 30", "", []),
    ],
)
def test_a_name_that_no_voice_can_read_needs_a_spoken_form(tmp_path: Path, tariff: str, spoken: str, languages: list[str]) -> None:
    shutil.copytree(CORPUS / "base", tmp_path / "tree")
    folder = tmp_path / "tree" / "menus" / "small"
    path = folder / "operator.yaml"
    text = path.read_text("utf-8").replace("{offered: [en], default: en}", "{offered: [az, en, ru], default: en}")
    path.write_text(text.replace("SimSim: {line: prepaid, spoken: {en: sim sim}}", f"{tariff}: {{line: prepaid, {spoken}}}"), "utf-8")
    model = compile_operator(folder, tmp_path / "tree" / "locales").model
    assert model is not None
    told = [(fault.line, fault.message) for fault in speech_faults(model, folder) if "tariff" in fault.message]
    assert told == [
        (9, f'nobody has said how the tariff "{tariff}" is spoken in {language}: write spoken: {{{language}: ...}} below it')
        for language in languages
    ]
    said = set(spoken_words(model))
    assert all(any(at == language and words in (tariff, "гяндж ол", "ganj ol") for at, words in said) for language in ("az", "en", "ru"))


def test_the_command_readies_each_operators_own_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(CORPUS / "base", tmp_path / "tree")
    menus = tmp_path / "tree" / "menus"
    shutil.copytree(menus / "small", menus / "wrong")
    (menus / "wrong" / "operator.yaml").write_text("operator: wrong\n")
    operator = menus / "small" / "operator.yaml"
    rules = "speech: {and: true, currencies: {EUR: {en: {unit: {one: euro, other: euros}}}}}\n"
    operator.write_text(operator.read_text("utf-8").replace("currency: AZN\n", "currency: TJS\n") + rules, "utf-8")
    monkeypatch.setenv("IVR_MENUS", str(menus))
    said = OnDisk()
    (speech,) = said.speech()
    assert (speech.languages, speech.currencies, speech.rules.conjunction) == (("en",), ("TJS", "EUR"), True)
    assert speech.said_in("en") == ("TJS", "EUR") and ("en", "sim sim") in set(said.fixed_words())
    assert said.places() == (menus, tmp_path / "tree" / "locales")
    assert capsys.readouterr().err == "ivr: wrong is left out: its menus have faults; `ivr check` lists them\n", "once, and not silently"
