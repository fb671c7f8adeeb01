"""Recordings dropped into the folder: what is converted, what is refused and why, and that a refused one costs no call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ivr.engine.effects import Words
from ivr.speech import audio
from ivr.speech.inventory import fixed
from ivr.speech.library import PromptLibrary
from ivr.speech.recordings import KINDS, Unusable, expected_seconds, read_recording
from ivr.speech.units import unit
from tests.speech.conftest import Humming

WORDS = "Your balance is valid"
Sound = NDArray[np.float64]


def syllables(seconds: float, rate: int, loud: float = 0.2, noise: float = 0.0) -> Sound:
    """Something like speech: a buzz of harmonics in syllables of a quarter of a second, half a second of room before and after."""
    time = np.arange(int(rate * seconds)) / rate
    voice = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 20))
    voice = voice * (0.5 - 0.5 * np.cos(2 * np.pi * 4 * time)) ** 0.5
    room = np.zeros(rate // 2)
    sound = np.concatenate([room, loud * voice / np.abs(voice).max(), room])
    return sound + noise * np.random.default_rng(1).standard_normal(len(sound))


def place(root: Path, words: str = WORDS, language: str = "en", voice: str = "leyla") -> Path:
    path = root / language / voice / f"{unit(words, language).id}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 96_000, 192_000])
@pytest.mark.parametrize(("channels", "subtype"), [(1, "PCM_16"), (2, "PCM_16"), (2, "PCM_24"), (1, "FLOAT"), (1, "ALAW")])
def test_any_sane_wav_is_converted(tmp_path: Path, rate: int, channels: int, subtype: str) -> None:
    path = place(tmp_path)
    soundfile.write(path, np.stack([syllables(1.2, rate)] * channels, axis=1), rate, subtype)
    prompts = PromptLibrary(tmp_path)
    goodbye = fixed([("en", WORDS)])
    assert (report := prompts.build(goodbye)).made == 1 and not report.failed
    joined = prompts.join((Words(WORDS, "en"),))
    samples = np.frombuffer(joined.path.with_suffix(".sln").read_bytes(), "<i2") / np.float32(32768)
    assert joined.milliseconds == pytest.approx(1200 + 50, abs=60), "the room around it is gone"
    assert audio.active_level(samples) == pytest.approx(-18, abs=0.3)
    assert np.abs(samples).max() < 10 ** (-3 / 20)


def test_channels_that_cancel_each_other_are_not_mixed(tmp_path: Path) -> None:
    sound = syllables(1.2, 44_100)
    for name, other in (("against", -sound), ("silent", 0 * sound), ("offset", 0 * sound + 0.5)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.stack([sound, other], axis=1), 44_100)
        samples, _ = read_recording(path, WORDS, "en")
        assert audio.active_level(samples, 44_100) == pytest.approx(audio.active_level(sound.astype(np.float32), 44_100), abs=0.5), name


def written(sound: Sound, rate: int = 44_100, **more: str) -> Callable[[Path], None]:
    return lambda path: soundfile.write(path, sound, rate, **more)


def half(path: Path) -> None:
    """A file whose copying was broken off."""
    soundfile.write(path, syllables(1.2, 44_100), 44_100, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: -2 * int(0.6 * 44_100)])


BROKEN: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "0 bytes": ("empty", "0 bytes", lambda path: path.write_bytes(b"")),
    "no sample": ("empty", "without a sample", written(np.zeros(0))),
    "text": ("format", "cannot be read", lambda path: path.write_text("Your balance is valid")),
    "half a header": ("format", "cannot be read", lambda path: path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")),
    "a folder": ("format", "a folder, not a sound file", lambda path: path.mkdir()),
    "half a copy": ("short", "the end of the file is missing (52920 bytes of sound)", lambda path: half(path)),
    "FLAC inside": ("format", "holds FLAC, not WAV", written(syllables(1.2, 44_100), format="FLAC")),
    "MP3 inside": ("format", "holds MP3, not WAV", written(syllables(1.2, 44_100), format="MP3")),
    "6 kHz": ("format", "6000 Hz", written(syllables(1.2, 6_000), 6_000)),
    "no numbers": ("format", "no numbers", written(np.full(44_100, np.nan), subtype="FLOAT")),
    "silence": ("silent", "microphone", written(np.zeros(44_100))),
    "clipped": ("clipped", "quieter", written(np.clip(syllables(1.2, 44_100, loud=8), -1, 1))),
    "too quiet": ("quiet", "dBFS", written(syllables(1.2, 44_100, loud=0.005), subtype="PCM_24")),
    "noise under it": ("noisy", "quieter room", written(syllables(1.2, 44_100, loud=0.1, noise=0.02))),
    "nothing but noise": ("noisy", "quieter room", written(0.1 * np.random.default_rng(1).standard_normal(44_100))),
    "far too long": ("long", "at the most", written(syllables(9, 44_100))),
    "cut off": ("short", "at the least", written(syllables(0.25, 44_100))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_used_is_refused_with_file_and_reason(tmp_path: Path, name: str, humming: Humming) -> None:
    kind, reason, write = BROKEN[name]
    assert kind in KINDS
    path = place(tmp_path)
    write(path)
    with pytest.raises(Unusable) as refused:
        read_recording(path, WORDS, "en")
    assert (refused.value.defect.kind, refused.value.defect.path) == (kind, path)
    assert str(refused.value).startswith(f"{path}: ") and reason in str(refused.value) and str(refused.value).count(str(path)) == 1
    prompts = PromptLibrary(tmp_path, engines={"en": humming})
    report = prompts.build(fixed([("en", WORDS)]))
    assert [told for _, told in report.failed] == [str(refused.value)]
    assert prompts.join((Words(WORDS, "en"),)).milliseconds > 200 and humming.asked == [f"{WORDS},"], "the voice speaks instead"
    assert not list(tmp_path.glob("cache/recorded/**/*.*"))


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 0])
def test_a_header_that_does_not_know_its_length_promises_nothing(tmp_path: Path, length: int) -> None:
    path = place(tmp_path)
    soundfile.write(path, syllables(1.2, 44_100), 44_100, subtype="PCM_16")
    whole = path.read_bytes()
    at = whole.index(b"data")
    path.write_bytes(whole[: at + 4] + length.to_bytes(4, "little") + whole[at + 8 :])
    if length:
        assert len(read_recording(path, WORDS, "en")[0]) == len(syllables(1.2, 44_100))
    else:
        with pytest.raises(Unusable, match="without a sample"):
            read_recording(path, WORDS, "en")


def test_a_refused_recording_is_mended_by_another_take(tmp_path: Path, humming: Humming) -> None:
    path = place(tmp_path)
    path.write_bytes(b"")
    prompts = PromptLibrary(tmp_path, engines={"en": humming})
    assert prompts.build(fixed([("en", WORDS)])).failed
    by_voice = prompts.join((Words(WORDS, "en"),)).path
    soundfile.write(path, syllables(1.2, 44_100), 44_100)
    assert not prompts.build(fixed([("en", WORDS)])).failed
    assert prompts.join((Words(WORDS, "en"),)).path != by_voice


def test_a_recording_dropped_in_serves_the_next_start_without_a_build(tmp_path: Path) -> None:
    soundfile.write(place(tmp_path), syllables(1.2, 44_100), 44_100)
    assert PromptLibrary(tmp_path).join((Words(WORDS, "en"),)).milliseconds > 1000


def test_a_converted_recording_that_was_damaged_is_converted_again(tmp_path: Path) -> None:
    soundfile.write(place(tmp_path), syllables(1.2, 44_100), 44_100)
    prompts = PromptLibrary(tmp_path)
    prompts.build(fixed([("en", WORDS)]))
    for path in tmp_path.glob("cache/recorded/en/leyla/*.*"):
        path.write_bytes(b"")
    assert prompts.join((Words(WORDS, "en"),)).milliseconds > 1000


def test_a_recording_taken_away_leaves_nothing_behind(tmp_path: Path, humming: Humming) -> None:
    path = place(tmp_path).with_suffix(".WAV")
    soundfile.write(path, syllables(1.2, 44_100), 44_100)
    prompts = PromptLibrary(tmp_path, engines={"en": humming})
    prompts.build(fixed([("en", WORDS)]))
    assert len(list(tmp_path.glob("cache/recorded/en/leyla/*"))) == 2 and prompts.join((Words(WORDS, "en"),)).milliseconds > 1200
    path.unlink()
    prompts.build(fixed([("en", WORDS)]))
    assert not list(tmp_path.glob("cache/recorded/en/leyla/*")) and prompts.join((Words(WORDS, "en"),)).milliseconds < 1150


def test_how_long_words_take_is_wide_enough_for_people_and_narrow_enough_for_mistakes() -> None:
    for words, language, usual in (("dörd yüz manat", "az", 1.1), ("two", "en", 0.4), ("тысяча двести тридцать четыре маната", "ru", 2.3)):
        least, most = expected_seconds(words, language)
        assert least < usual * 0.6 and most > usual * 1.7
    assert expected_seconds("two", "en")[1] < 3 and expected_seconds("тысяча двести тридцать четыре маната", "ru")[0] > 0.5
