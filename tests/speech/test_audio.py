"""Loudness, frames and the A-law tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.speech import audio
from ivr.speech.parts import SpeechError


def linear(sln: bytes) -> np.ndarray:
    return np.frombuffer(sln, "<i2").astype(np.float32) / 32768


def tone(seconds: float, rate: int, loud: float, before: float = 0.0, after: float = 0.0) -> np.ndarray:
    wave = loud * np.sin(2 * np.pi * 700 * np.arange(int(seconds * rate)) / rate)
    return np.concatenate([np.zeros(int(before * rate)), wave, np.zeros(int(after * rate))]).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.06, 2.0),
    st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000]),
    st.floats(0.002, 1.0),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_level_frames_and_pads(seconds: float, rate: int, loud: float, before: float, after: float) -> None:
    sln = audio.prepare(tone(seconds, rate, loud, before, after), rate)
    assert len(sln) % (2 * audio.FRAME) == 0
    samples = linear(sln)
    assert audio.active_level(samples) == pytest.approx(-18, abs=0.7)
    assert np.abs(samples).max() <= 10 ** (-3 / 20)
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    assert 150 <= sounding[0] <= 255 and 150 <= len(samples) - 1 - sounding[-1] <= 255
    assert abs(len(samples) / 8000 - seconds) < 0.09


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 30.0))
def test_bursts_never_clip(seed: int, strength: float) -> None:
    chance = np.random.default_rng(seed)
    samples = (chance.standard_normal(12_000) * (chance.random(12_000) > 0.97) * strength).astype(np.float32)
    assert np.abs(linear(audio.prepare(samples, 8000))).max() <= 10 ** (-3 / 20)


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros(0, np.float32), 8000),
        (np.zeros(8000, np.float32), 8000),
        (np.full(8000, np.nan, np.float32), 8000),
        (np.zeros((8000, 2), np.float32), 8000),
        (np.ones(8000 * 601, np.float32), 8000),
    ],
)
def test_no_sound_is_an_error(samples: np.ndarray, rate: int) -> None:
    with pytest.raises(SpeechError, match="sound"):
        audio.prepare(samples, rate)


def test_alaw_is_the_standards() -> None:
    audioop = pytest.importorskip("audioop")
    every = np.arange(-32768, 32768).astype("<i2").tobytes()
    assert audio.to_alaw(every) == audioop.lin2alaw(every, 2)
    codes = bytes(range(256))
    assert audio.from_alaw(codes) == audioop.alaw2lin(codes, 2)


def test_alaw_there_and_back() -> None:
    assert audio.to_alaw(audio.from_alaw(bytes(range(256)))) == bytes(range(256))
    assert audio.to_alaw(b"\0\0\xff\xff\xff\x7f\x00\x80") == b"\xd5\x55\xaa\x2a"


def test_silence_is_whole_frames() -> None:
    assert [len(audio.silence(milliseconds)) for milliseconds in (-5, 0, 1, 20, 21, 300)] == [0, 0, 160, 160, 320, 2400]
    assert set(audio.silence(100)) == {0xD5}


def test_wav_is_telephone_sound(tmp_path: Path) -> None:
    sln = audio.prepare(tone(0.5, 16000, 0.3), 16000)
    audio.write_wav(tmp_path / "heard.wav", sln)
    found = soundfile.info(tmp_path / "heard.wav")
    assert (found.samplerate, found.channels, found.subtype, found.frames) == (8000, 1, "PCM_16", len(sln) // 2)


def test_a_file_that_is_no_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(SpeechError, match=r"x\.wav"):
        audio.read_sound(tmp_path / "x.wav")


# -- level by ITU-T P.56, masters, mu-law, joins


def speechlike(seconds: float, rate: int, share: float) -> np.ndarray:
    """Bursts of noise of half a second, pauses between so that `share` of the time is speech."""
    chance = np.random.default_rng(7)
    pause = int(0.5 * rate * (1 / share - 1))
    burst = np.concatenate([0.1 * chance.standard_normal(rate // 2), np.zeros(pause)])
    return np.tile(burst, max(int(seconds * rate / len(burst)), 1)).astype(np.float32)


def p56(samples: np.ndarray, rate: int) -> float:
    """Method B as the recommendation writes it, sample by sample: an independent reckoning."""
    smooth, hangover, margin = np.exp(-1 / (rate * 0.03)), int(0.2 * rate), 15.9
    thresholds = [2.0**-step for step in range(1, 16)]
    counts, hung = [0] * len(thresholds), [hangover] * len(thresholds)
    first = second = total = 0.0
    for value in np.abs(samples.astype(np.float64)).tolist():
        total += value * value
        first = smooth * first + (1 - smooth) * value
        second = smooth * second + (1 - smooth) * first
        for place, threshold in enumerate(thresholds):
            if second >= threshold:
                counts[place], hung[place] = counts[place] + 1, 0
            elif hung[place] < hangover:
                counts[place], hung[place] = counts[place] + 1, hung[place] + 1
    before: tuple[float, float] | None = None
    for count, threshold in zip(counts, thresholds, strict=True):
        if not count:
            continue
        level = 10 * np.log10(total / count)
        above = level - 20 * np.log10(threshold)
        if above >= margin:
            if before is None:
                return float(level)
            return float(before[0] + (margin - before[1]) / (above - before[1]) * (level - before[0]))
        before = (level, above)
    return float("nan")


@pytest.mark.parametrize(("share", "loud"), [(1.0, 1.0), (0.6, 0.1), (0.3, 1.0), (0.15, 0.3)])
def test_active_level_is_the_recommendations(share: float, loud: float) -> None:
    samples = loud * speechlike(3.5, 8000, share)
    assert audio.active_level(samples, 8000) == pytest.approx(p56(samples, 8000), abs=0.3)


def test_pauses_do_not_lower_the_level_and_silence_has_none() -> None:
    told = [audio.active_level(speechlike(6, 8000, share)) for share in (0.6, 0.15)]
    plain = [float(10 * np.log10(np.mean(speechlike(6, 8000, share) ** 2))) for share in (0.6, 0.15)]
    assert plain[0] - plain[1] > 4 and told[0] - told[1] < 1.5
    assert audio.active_level(np.zeros(800, np.float32)) == float("-inf")


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_a_master_is_16_khz_with_the_same_level_and_pads(rate: int) -> None:
    wide = audio.master(tone(0.8, rate, 0.02, 0.4, 0.7), rate)
    assert len(wide) % (2 * audio.FRAME) == 0 and np.abs(wide).max() <= 10 ** (-3 / 20)
    assert audio.active_level(wide, audio.MASTER_RATE) == pytest.approx(-18, abs=0.3)
    sounding = np.flatnonzero(np.abs(wide) > 0.01)
    assert 300 <= sounding[0] <= 510 and 300 <= len(wide) - 1 - sounding[-1] <= 510
    assert len(audio.narrow(wide)) == len(wide)  # half the samples, two bytes each


def test_what_telephones_do_not_carry_does_not_count_for_the_level() -> None:
    """Hiss above 4 kHz in the master must not make the telephone's prompt quiet."""
    low, high = tone(0.8, 16000, 0.1), 0.3 * np.sin(2 * np.pi * 6000 * np.arange(12_800) / 16000)
    samples = linear(audio.narrow(audio.master((low + high).astype(np.float32), 16000)))
    assert audio.active_level(samples) == pytest.approx(-18, abs=0.3)


def test_the_rooms_noise_around_speech_is_trimmed() -> None:
    noise = 0.002 * np.random.default_rng(3).standard_normal(16_000 * 3).astype(np.float32)
    noise[16_000:24_000] += tone(0.5, 16_000, 0.2)
    assert len(audio.prepare(noise, 16_000)) / 16_000 == pytest.approx(0.55, abs=0.03)


def test_ulaw_is_the_standards() -> None:
    audioop = pytest.importorskip("audioop")
    every = np.arange(-32768, 32768).astype("<i2").tobytes()
    assert audio.to_ulaw(every) == audioop.lin2ulaw(every, 2)
    assert audio.from_ulaw(bytes(range(256))) == audioop.ulaw2lin(bytes(range(256)), 2)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.02))
def test_ends_are_quiet_so_joins_do_not_click(seed: int, hum: float) -> None:
    """Also of a sound that begins and ends in full voice, in a room with hum: its first and last samples are nothing, the next ones little."""
    chance = np.random.default_rng(seed)
    samples = chance.standard_normal(6000).cumsum()
    samples = (samples / np.abs(samples).max() + hum).astype(np.float32)
    heard = linear(audio.prepare(samples, 8000))
    for end in (heard, heard[::-1]):
        assert end[0] == 0 and np.abs(np.diff(end[:40])).max() < 0.01
