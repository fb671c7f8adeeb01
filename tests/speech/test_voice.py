"""The voices: the real espeak-ng where there is one, gTTS without its network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from gtts import gTTS

from ivr.speech import audio, voice
from ivr.speech.inventory import fixed, inventory
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.voice import EspeakEngine, GttsEngine, by_language


@pytest.fixture(scope="module")
def espeak() -> EspeakEngine:
    try:
        return EspeakEngine.find()
    except SpeechError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("language", "words"), [("az", "dörd yüz manat"), ("en", "four hundred manats"), ("ru", "четыреста манатов")])
def test_espeak_speaks(espeak: EspeakEngine, language: str, words: str) -> None:
    samples, rate = espeak.render(words, language)
    sln = audio.prepare(samples, rate)
    assert 700 < len(sln) // 16 < 2500
    assert audio.active_level(np.frombuffer(sln, "<i2") / np.float32(32768)) == pytest.approx(-18, abs=0.5)


def test_many_at_once_are_the_same_ones(espeak: EspeakEngine) -> None:
    words = [one.words for one in inventory(["az"], ["AZN"])[::90]]
    together = [len(audio.prepare(*sound)) // 16 for sound in espeak.render_many(words, "az")]
    alone = [len(audio.prepare(*espeak.render(one, "az"))) // 16 for one in words]
    assert together == pytest.approx(alone, abs=40)


def test_marks_are_spoken_not_obeyed(espeak: EspeakEngine) -> None:
    plain = espeak.render("a b", "en")[0]
    marked = espeak.render('a <break time="9000ms"/> & b', "en")[0]
    assert len(marked) < len(plain) + 22_050 * 8
    assert len(espeak.render_many(["one < two", "three & four", "</speak>"], "en")) == 3


def test_a_text_without_sound_is_an_error_not_its_neighbours_sound(espeak: EspeakEngine) -> None:
    with pytest.raises(SpeechError):
        espeak.render_many(["one", " ", "two"], "en")


def test_espeak_refuses_other_languages(espeak: EspeakEngine) -> None:
    with pytest.raises(SpeechError, match="'de'"):
        espeak.render("hallo", "de")


def test_a_build_by_espeak(espeak: EspeakEngine, tmp_path: Path) -> None:
    units = inventory(["ru"], ["TJS"])[::40]
    report = PromptLibrary(tmp_path, engines=by_language([espeak])).build(units)
    assert (report.made, report.failed) == (len(units), ())
    assert {entry.voice for entry in PromptLibrary(tmp_path).manifest.entries().values()} == {f"espeak-ng {espeak.version} ru speed 150"}


def test_espeak_missing_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechError, match="install"):
        EspeakEngine.find(tmp_path)


def test_espeak_from_an_unpacked_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    library = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    library.mkdir(parents=True)
    program = tmp_path / "usr" / "bin" / "espeak-ng"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ -d "$ESPEAK_DATA_PATH" ] && echo "eSpeak NG text-to-speech: 1.51  Data at: $ESPEAK_DATA_PATH"\n')
    program.chmod(0o755)
    found = EspeakEngine.find(tmp_path)
    assert (found.program, found.version, found.environment["ESPEAK_DATA_PATH"]) == (program, "1.51", str(library))
    assert found.environment["LD_LIBRARY_PATH"].split(":")[0] == str(library)


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(SpeechError, match="broken"):
        EspeakEngine(program, "1").render("one", "en")
    with pytest.raises(SpeechError, match="nowhere"):
        EspeakEngine(tmp_path / "nowhere", "1").render("one", "en")


def test_gtts_has_no_azerbaijani() -> None:
    with pytest.raises(SpeechError, match="gtts: does not speak 'az'"):
        GttsEngine().render("bir", "az")
    with pytest.raises(SpeechError, match="'az'"):
        GttsEngine().voice("az")


def test_gtts_outage_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: gTTS, file: object) -> None:
        file.write(b"half")
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(gTTS, "write_to_fp", unreachable)
    report = PromptLibrary(tmp_path, engines=by_language([GttsEngine()])).build(fixed([("ru", "Да"), ("en", "Yes")]))
    assert report.made == 0 and len(report.failed) == 2
    assert all("no route to host" in reason for _, reason in report.failed)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("answer", [b"", b"<html>sign in to this network</html>"])
def test_gtts_answers_that_are_no_sound(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gTTS, "write_to_fp", lambda self, file: file.write(answer))
    with pytest.raises(SpeechError, match="no sound came back"):
        GttsEngine().render("Да", "ru")


def test_gtts_mp3_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)
    monkeypatch.setattr(gTTS, "write_to_fp", lambda self, file: soundfile.write(file, wave, 24_000, format="MP3"))
    samples, rate = GttsEngine().render("Да", "ru")
    assert rate == 24_000 and abs(len(samples) - 24_000) < 3_000 and samples.dtype == np.float32


def test_voices_by_name_and_language(espeak: EspeakEngine) -> None:
    assert voice.engine("gtts").name == "gtts"
    with pytest.raises(SpeechError, match="'siri'"):
        voice.engine("siri")
    chosen = by_language([GttsEngine(), espeak])
    assert {language: one.name for language, one in chosen.items()} == {"az": "espeak-ng", "en": "gtts", "ru": "gtts"}
