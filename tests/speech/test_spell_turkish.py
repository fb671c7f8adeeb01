"""A fourth language is one file and one catalog: Turkish, found through IVR_LANGUAGES, checked against ICU and played in a call."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icu4py.messageformat import MessageFormat

from ivr.settings import SettingsError
from ivr.speech import spell
from ivr.speech.espeak import EspeakEngine
from ivr.speech.language import Language
from ivr.speech.languages import OURS, Languages
from ivr.speech.parts import LARGEST, SpeechError

ROOT = Path(__file__).resolve().parents[2]
TURKISH = Path(__file__).parent / "turkish"

NUMBERS = st.integers(0, 15).flatmap(lambda length: st.integers(0, min(LARGEST, 10**length)))
steady = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def turkish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_LANGUAGES", str(TURKISH))


def ivr(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "IVR_LANGUAGES": str(TURKISH), **environment}
    return subprocess.run(
        [sys.executable, "-m", "ivr", *words], cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )


@steady
@given(NUMBERS)
def test_numbers_and_ordinals_are_those_of_icu(turkish: None, number: int) -> None:
    for kind in ("cardinal", "ordinal"):
        wanted = MessageFormat(f"{{n,spellout,%spellout-{kind}}}", "tr").format({"n": number}).replace("\u00ad", "")
        assert spell.say("tr", kind, {"n": number}) == wanted


@pytest.mark.parametrize(
    ("kind", "given_input", "wanted"),
    [
        ("money", {"amount": "1021.36", "currency": "TRY"}, "bin yirmi bir lira otuz altı kuruş"),
        ("money", {"amount": "-0.05", "currency": "AZN"}, "eksi beş kepik"),
        ("money", {"amount": "0.0236", "currency": "TRY", "form": "exact"}, "iki virgül otuz altı kuruş"),
        ("money", {"amount": "5.0205", "currency": "TRY", "form": "exact"}, "beş lira iki virgül sıfır beş kuruş"),
        ("count", {"n": 1500, "unit": "megabyte"}, "bin beş yüz megabayt"),
        ("date", {"date": "2027-03-05"}, "beş Mart iki bin yirmi yedi"),
        ("date", {"date": "2027-03-05", "form": "until"}, "beş Mart iki bin yirmi yedi tarihine kadar"),
        ("time", {"time": "14:05"}, "saat on dört sıfır beş"),
        ("duration", {"seconds": 5400}, "bir saat otuz dakika"),
        ("digits", {"digits": "007"}, "sıfır sıfır yedi"),
        ("phone_grouped", {"digits": "994501110001"}, "dokuz yüz doksan dört, elli, yüz on bir, sıfır sıfır, sıfır bir"),
        ("text", {"text": "Menü için 1 veya *"}, "Menü için bir veya yıldız"),
    ],
)
def test_every_kind(turkish: None, kind: str, given_input: dict, wanted: str) -> None:
    assert spell.say("tr", kind, given_input) == wanted


def test_it_is_a_language_only_where_its_folder_is_named(turkish: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(Languages()) == [*OURS, "tr"] and "tr" in Languages()
    monkeypatch.delenv("IVR_LANGUAGES")
    assert list(Languages()) == [*OURS] and "tr" not in Languages()


def test_its_voice_is_the_one_it_names(turkish: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = EspeakEngine(Path("espeak-ng"), "1")
    assert found.languages == ("az", "en", "ru", "tr") and found.voice("tr").startswith("tr ") and found.voice("en").startswith("en-us ")
    monkeypatch.delenv("IVR_LANGUAGES")
    with pytest.raises(SpeechError, match="does not speak 'tr'"):
        EspeakEngine(Path("espeak-ng"), "1").voice("tr")


def test_on_the_command_line() -> None:
    found = ivr("say", "tr", "cardinal", "21")
    assert (found.stdout, found.returncode) == ("yirmi bir\n", 0)
    assert "az, en, ru, tr" in " ".join(ivr("say", "--help").stdout.split())
    found = ivr("say", "tr", "cardinal", "21", IVR_LANGUAGES="")
    assert found.returncode == 2 and "language 'tr': not one of az, en, ru" in found.stderr


def test_menus_and_calls_in_it() -> None:
    found = ivr("check", str(TURKISH / "menus"))
    assert found.returncode == 0, found.stdout + found.stderr
    found = ivr("test", str(TURKISH / "menus"))
    assert found.returncode == 0 and "2 passed, 0 failed" in found.stdout, found.stdout + found.stderr


WHOLE = (TURKISH / "numbers_tr.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("class Numbers: pass\n", "has no class Numbers made from"),
        ("import nothing_of_the_kind\n", "cannot be loaded: ModuleNotFoundError"),
        ("def (\n", "cannot be loaded: SyntaxError"),
        (WHOLE.replace("def time(", "def clock("), "lacks time"),
        (WHOLE.replace('"dakika"', '""'), "the unit 'minute' lacks its form 'other'"),
        (WHOLE.replace('"tr"', '"tk"'), "says that it is 'tk'"),
        (WHOLE.replace("DIGITS = _ONES", "DIGITS = _ONES[:9]"), "DIGITS are 9 words, not ten"),
        (WHOLE.replace('STAR, HASH, MINUS = "yıldız", "kare", "eksi"', 'STAR, HASH = "yıldız", "kare"'), "its class lacks MINUS"),
    ],
)
def test_a_language_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    (tmp_path / "numbers_tr.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("IVR_LANGUAGES", str(tmp_path))
    with pytest.raises(SpeechError, match="language tr") as raised:
        Languages()["tr"]
    assert told in str(raised.value)


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_LANGUAGES", str(tmp_path / "none"))
    assert list(Languages()) == [*OURS]
    with pytest.raises(SettingsError, match="there is no folder"):
        Languages()["tr"]
    found = ivr("say", "en", "cardinal", "1", IVR_LANGUAGES=str(tmp_path / "none"))
    assert found.returncode == 2 and found.stderr.startswith("ivr: IVR_LANGUAGES: there is no folder") and "Traceback" not in found.stderr


def test_a_language_of_ones_own_counts_before_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = "from ivr.speech.numbers_en import Numbers as Ours\n\n\nclass Numbers(Ours):\n    MINUS = 'negative'\n"
    (tmp_path / "numbers_en.py").write_text(own, encoding="utf-8")
    monkeypatch.setenv("IVR_LANGUAGES", os.pathsep.join([str(TURKISH), str(tmp_path)]))
    found = Languages()
    assert found["en"]().cardinal(-1) == ("negative", "one") and issubclass(found["tr"], Language) and found["az"]().LANGUAGE == "az"
    monkeypatch.delenv("IVR_LANGUAGES")
    assert found["en"]().cardinal(-1) == ("minus", "one")


@pytest.mark.parametrize("code", ["../numbers", "t", "TR", "", "tr\n", 5])
def test_no_file_is_looked_for_under_such_a_name(turkish: None, code: object) -> None:
    with pytest.raises(KeyError):
        Languages()[code]  # type: ignore[index]
