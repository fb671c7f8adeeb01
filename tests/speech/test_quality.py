"""How well the shipped voices are understood after the full join at 8 kHz, A-law and back: by a recognizer, else by nearness to another voice.

English: pocketsphinx with a grammar of amounts must hear 95 of 100 random balances word for word. Azerbaijani and Russian: a phrase's
sound is compared (mel cepstra, dynamic time warping) with another voice's reading of its own words and of 20 others'; its own must be the
nearest. The seeds are fixed and the figures printed: `pytest tests/speech/test_quality.py -s`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from ivr.engine.effects import Slot
from ivr.engine.values import MICRO, Money
from ivr.speech import audio
from ivr.speech.espeak import EspeakEngine
from ivr.speech.joined import Joined
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.shipped import ShippedEngine, ShippedSet

pytestmark = pytest.mark.soak
"""Minutes of listening, and not yet at the goal (docs/decisions/0005-voices.md)."""

Sound = NDArray[np.float32]
Hear = Callable[[Sound], list[str]]

ENGLISH, PHRASES, OTHERS = 100, 60, 20


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> PromptLibrary:
    """What a fresh install has: the shipped prompts and no voice."""
    engines = {language: ShippedEngine(ShippedSet(language)) for language in ("az", "en", "ru")}
    return PromptLibrary(tmp_path_factory.mktemp("prompts"), engines=engines)


def balances(language: str, number: int, seed: int) -> list[Slot]:
    """Random amounts as balances are: a third below 100, a third below 1,000, a third below 20,000."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        whole = chance.choice((chance.randrange(100), chance.randrange(100, 1_000), chance.randrange(1_000, 20_000)))
        hundredths = chance.randrange(100)
        found.append(Slot(Money(whole * MICRO + hundredths * MICRO // 100, "AZN"), "", language))
    return found


def heard(joined: Joined) -> Sound:
    """A reply as the telephone plays it."""
    samples: Sound = np.frombuffer(audio.from_alaw(joined.path.with_suffix(".alaw").read_bytes()), "<i2").astype(np.float32) / np.float32(
        32768
    )
    return samples


def said(joined: Joined) -> str:
    return " ".join(unit.words for unit in joined.units)


@pytest.mark.parametrize("language", ["az", "en", "ru"])
def test_level_clipping_length_and_order(library: PromptLibrary, language: str) -> None:
    for slot in balances(language, 60, seed=5):
        joined = library.join((slot,))
        samples = heard(joined)
        assert audio.active_level(samples) == pytest.approx(audio.LEVEL, abs=1.5)
        assert np.abs(samples).max() <= 10 ** (audio.PEAK / 20) * 1.03, "A-law rounds by up to 3 %"
        assert len(samples) * 1000 // audio.RATE == joined.milliseconds
        assert 0.035 < joined.milliseconds / 1000 / len(said(joined)) < 0.16, said(joined)
        reply, at = joined.path.with_suffix(".sln").read_bytes(), 0
        for unit in joined.units:
            entry = library.entry(unit)
            assert entry is not None
            sound = (library.cache / entry.file).with_suffix(".sln").read_bytes()
            found = reply.find(sound, at)
            assert found >= 0, f"{unit.words} in its place"
            at = found + len(sound)


# -- English: a recognizer with a grammar

GRAMMAR = """#JSGF V1.0;
grammar amounts;
<digit> = one | two | three | four | five | six | seven | eight | nine;
<many> = two | three | four | five | six | seven | eight | nine;
<teen> = ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen;
<ten> = twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety;
<below_100> = <digit> | <teen> | <ten> [<digit>];
<below_1000> = [<digit> hundred] <below_100> | <digit> hundred;
<several> = <many> | <teen> | <ten> [<digit>];
<whole> = [<below_1000> thousand] ([<digit> hundred] <several> | <digit> hundred [one]) | <below_1000> thousand [one] | zero;
<hundredths> = one gapik | <several> gapiks;
public <amount> = (one manat | <whole> manats) [and <hundredths>] | <hundredths>;
"""
SOUNDS = {
    "manat": ("M AE N AE T", "M AA N AA T", "M AH N AE T"),
    "gapik": ("G AE P IH K", "G AA P IH K", "G EY P IH K"),
}


@pytest.fixture(scope="module")
def recognise() -> Hear:
    """pocketsphinx with its own model of American English and the grammar of amounts."""
    pocketsphinx = pytest.importorskip("pocketsphinx")
    decoder = pocketsphinx.Decoder(lm=None, samprate=16_000, loglevel="FATAL", cmn="batch")
    words: dict[str, tuple[str, ...]] = {}
    for word, sounds in SOUNDS.items():
        words[word] = sounds
        words[word + "s"] = tuple(f"{way} S" for way in sounds)
    for word, ways in words.items():
        for place, way in enumerate(ways):
            decoder.add_word(word if place == 0 else f"{word}({place + 1})", way, True)
    decoder.add_jsgf_string("amounts", GRAMMAR)
    decoder.activate_search("amounts")

    def hear(sound: Sound) -> list[str]:
        wide = soxr.resample(np.pad(sound, 2_000), audio.RATE, 16_000)
        decoder.start_utt()
        decoder.process_raw(np.clip(np.round(wide * 32767), -32768, 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr.split() if found else []

    return hear


@pytest.mark.xfail(
    reason="88 of 100 by the shipped set at 7.5 kbit/s; 94 to 95 before Opus: the wanted 95 is not reached yet", strict=False
)
def test_english_balances_are_understood_word_for_word(library: PromptLibrary, recognise: Hear) -> None:
    right = wrong_words = words = 0
    misheard = []
    for slot in balances("en", ENGLISH, seed=1):
        joined = library.join((slot,))
        spoken, found = said(joined).replace("-", " ").split(), recognise(heard(joined))
        distance = edits(spoken, found)
        right += distance == 0
        wrong_words += distance
        words += len(spoken)
        if distance:
            misheard.append(f"{' '.join(spoken)} -> {' '.join(found)}")
    told = f"en: {right} of {ENGLISH} balances word for word, {100 * wrong_words / words:.1f} % of the words wrong"
    print(f"\n{told}", *misheard, sep="\n  ")
    assert right >= 0.95 * ENGLISH, "\n".join((told, *misheard))


def test_the_recognizer_is_no_yes_man(library: PromptLibrary, recognise: Hear) -> None:
    """Noise, and a phrase in another language, are not what was asked for."""
    slots = balances("en", 6, seed=2)
    noise = (0.1 * np.random.default_rng(1).standard_normal(audio.RATE * 3)).astype(np.float32)
    for slot, other in zip(slots, balances("ru", 6, seed=2), strict=True):
        words = said(library.join((slot,))).replace("-", " ").split()
        assert recognise(noise) != words
        assert recognise(heard(library.join((other,)))) != words


def edits(wanted: list[str], found: list[str]) -> int:
    """Words to change, add or leave out."""
    row = list(range(len(found) + 1))
    for place, word in enumerate(wanted, 1):
        before, row[0] = row[0], place
        for at, other in enumerate(found, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


# -- Azerbaijani and Russian: nearer to its own words than to others'


@pytest.mark.xfail(
    reason="measured against another voice: 53 of 60 in az, 5 of 60 in ru; needs whole phrases by the same voice", strict=False
)
@pytest.mark.parametrize("language", ["az", "ru"])
def test_a_phrase_is_nearest_to_its_own_words(library: PromptLibrary, language: str) -> None:
    slots = balances(language, PHRASES, seed=3)
    joined = [library.join((slot,)) for slot in slots]
    words = [said(one) for one in joined]
    references = [cepstra(sound) for sound in independent(words, language)]
    chance = random.Random(4)
    nearest, margins = 0, []
    for place, one in enumerate(joined):
        others = chance.sample([at for at in range(PHRASES) if words[at] != words[place]], OTHERS)
        mine = cepstra(heard(one))
        own, *rest = map(partial(warped, mine), (references[place], *(references[at] for at in others)))
        nearest += own < min(rest)
        margins.append(min(rest) / own)
    told = (
        f"{language}: {nearest} of {PHRASES} nearest to their own words among {OTHERS + 1}; the next {np.median(margins):.2f} times as far"
    )
    print(f"\n{told}")
    assert nearest >= 0.95 * PHRASES, told


def independent(words: list[str], language: str) -> list[Sound]:
    """Another voice's reading of whole phrases: espeak-ng's female voice, a little faster."""
    try:
        found = EspeakEngine.find()
    except SpeechError as error:
        pytest.skip(str(error))
    other = EspeakEngine(found.program, found.version, found.environment, speed=165, variant="+f3")
    return [
        np.frombuffer(audio.prepare(*sound), "<i2").astype(np.float32) / np.float32(32768) for sound in other.render_many(words, language)
    ]


def cepstra(sound: Sound) -> NDArray[np.float64]:
    """Mel cepstra 1 to 12 with their slopes, 32 ms windows every 16 ms, mean and spread taken out."""
    window, hop, bands = 256, 128, 24
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, window), window)[::hop] * np.hanning(window)
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 3_800 / 700), bands + 2) / 2595) - 1)
    grid = np.arange(power.shape[1]) * audio.RATE / window
    rising = (grid - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - grid) / (edges[2:] - edges[1:-1])[:, None]
    mel = np.log(power @ np.clip(np.minimum(rising, falling), 0, None).T + 1e-6)
    order = np.arange(1, 13)[:, None]
    cepstrum = mel @ np.cos(np.pi * order * (np.arange(bands) + 0.5) / bands).T
    both = np.hstack([cepstrum, 2 * np.gradient(cepstrum, axis=0)])
    normal: NDArray[np.float64] = (both - both.mean(axis=0)) / (both.std(axis=0) + 1e-9)
    return normal


def warped(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The distance along the best path that pairs two sounds' frames (Sakoe and Chiba's symmetric form), by frame."""
    cost = np.sqrt(np.maximum((one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T, 0))
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    for diagonal in range(2, rows + columns + 1):
        at = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        across = diagonal - at
        step = cost[at - 1, across - 1]
        before = np.minimum(total[at - 1, across] + step, total[at, across - 1] + step)
        total[at, across] = np.minimum(before, total[at - 1, across - 1] + 2 * step)
    return float(total[rows, columns] / (rows + columns))
