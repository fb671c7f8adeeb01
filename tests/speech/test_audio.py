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
