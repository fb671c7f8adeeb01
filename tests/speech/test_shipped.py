"""The shipped prompts: a fresh install speaks with no engine at all; what the set holds, and what a broken one says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ivr.commands import fixed_words
from ivr.engine.effects import Slot, Spoken, Words
from ivr.engine.values import MICRO, Money
from ivr.settings import SettingsError
from ivr.speech import audio, shipped
from ivr.speech.cli import CURRENCIES
from ivr.speech.inventory import fixed, inventory
from ivr.speech.languages import OURS
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.shipped import FOLDER, ShippedEngine, ShippedSet, write_set
from ivr.speech.units import shaped, unit
from ivr.speech.voice import voices_here
from tests.speech.conftest import Humming


@pytest.fixture
def no_voices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any program that speaks."""
    monkeypatch.setattr("ivr.speech.port.shutil.which", lambda name: None)
    nowhere = tmp_path / "nothing"
    for place in (f"espeak.EspeakEngine.find={nowhere}", f"festvox.FliteEngine.find={nowhere}", f"festvox.FestivalEngine.find={nowhere}"):
        name = place.partition("=")[0]
        module, engine, method = name.split(".")
        found = getattr(__import__(f"ivr.speech.{module}", fromlist=[engine]), engine)
        original = getattr(found, method)
        monkeypatch.setattr(found, method, classmethod(lambda cls, unpacked=nowhere, original=original: original.__func__(cls, unpacked)))


def test_a_fresh_install_without_engines_speaks(no_voices: None, tmp_path: Path) -> None:
    voices = voices_here({})
    library = PromptLibrary(tmp_path, engines=voices)
    for language in OURS:
        parts = (*(Words(text, language) for at, text in list(fixed_words())[:400:20] if at == language),)
        said: tuple[Spoken, ...] = (*parts, Slot(Money(1234 * MICRO + 560_000, "AZN"), "", language))
        joined = library.join(said)
        assert joined.milliseconds > 2_500, language
        assert all(entry.voice.startswith("shipped ") for entry in library.manifest.entries().values())


def test_all_slot_units_and_all_fixed_words_are_shipped() -> None:
    for language in OURS:
        texts = ShippedSet(language).texts
        slots = inventory([language], CURRENCIES)
        words = fixed(pair for pair in fixed_words() if pair[0] == language)
        missing = [one.words for one in (*slots, *words) if shaped(one) not in texts]
        assert missing == [], f"{language}: {len(missing)} are not shipped; make prompts-ship"


def test_the_sets_are_small_and_their_licences_are_told() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 15_000_000
    told = (FOLDER / "LICENCE.md").read_text(encoding="utf-8")
    for language in OURS:
        assert f"`{language}.opus`" in told
        assert ShippedSet(language).voice.split()[0] in told.lower()


@pytest.mark.parametrize("language", OURS)
def test_a_sample_of_every_block_is_sound_at_the_usual_level(language: str) -> None:
    ready = ShippedSet(language)
    by_block = {place.block: text for text, place in ready.texts.items()}
    assert sorted(by_block) == list(range(len(ready.blocks)))
    for text in list(by_block.values())[::5]:
        sound = ready.sound(text)
        assert sound is not None
        level = audio.active_level(np.frombuffer(audio.prepare(sound, audio.RATE), "<i2").astype(np.float32) / np.float32(32768))
        assert level == pytest.approx(audio.LEVEL, abs=0.5), text
        assert 0.03 < len(sound) / audio.RATE / len(text) < 0.35 or len(text) < 12, text


def tone(hertz: float, seconds: float = 0.4) -> audio.Samples:
    time = np.arange(int(seconds * audio.MASTER_RATE)) / audio.MASTER_RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def made(folder: Path, texts: int = 150) -> ShippedSet:
    write_set(folder, "en", "humming 1 a", ((f"word {number},", tone(300 + 4 * number)) for number in range(texts)))
    return ShippedSet("en", folder)


def test_each_text_gets_its_own_sound_back(tmp_path: Path) -> None:
    ready = made(tmp_path)
    assert len(ready.blocks) == 3 and ready.voice == "humming 1 a"
    for number in (0, 1, 63, 64, 128, 149):
        sound = ready.sound(f"word {number},")
        assert sound is not None and len(sound) == 3_200
        loudest = np.argmax(np.abs(np.fft.rfft(sound[400:-400]))) * audio.RATE / 2_400
        assert loudest == pytest.approx(300 + 4 * number, abs=5)
    assert ready.sound("word 150,") is None


def test_the_same_sounds_give_the_same_bytes(tmp_path: Path) -> None:
    made(tmp_path / "one", 70)
    made(tmp_path / "two", 70)
    for name in ("en.opus", "en.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_sounds_the_same_is_kept_once(tmp_path: Path) -> None:
    sounds = [(f"word {number}{sign}", tone(300 + 4 * number)) for sign in ",." for number in range(70)]
    write_set(tmp_path, "en", "humming 1 a", sounds)
    ready = ShippedSet("en", tmp_path)
    assert len(ready.blocks) == 2 and len(ready.texts) == 140
    assert all(ready.texts[f"word {number},"] == ready.texts[f"word {number}."] for number in range(70))


def test_more_bits_are_more_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for bits in (6_000, 12_000, 24_000):
        monkeypatch.setattr(shipped, "BITS", {"en": bits})
        noise = np.random.default_rng(1).standard_normal(5 * audio.MASTER_RATE).astype(np.float32)
        sizes.append(write_set(tmp_path, "en", "humming 1 a", [("noise,", 0.1 * noise)]))
        assert 0.7 < sizes[-1] * 8 / 5 / bits < 1.5
    assert sizes == sorted(sizes)


def shipping(folder: Path, *words: str) -> ShippedEngine:
    """A set of some words, and a voice for others."""
    write_set(folder, "en", "festival 2 a", ((f"{word},", tone(300 + 40 * place)) for place, word in enumerate(words)))
    return ShippedEngine(ShippedSet("en", folder), Humming(version="7"))


def test_the_manifest_says_who_spoke(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path / "prompts", engines={"en": shipping(tmp_path / "set", "good", "day")})
    library.join((Words("good", "en"), Words("evening", "en")))
    voices = {entry.words: entry.voice for entry in library.manifest.entries().values()}
    assert voices == {"good": "shipped 1 festival 2 a", "evening": "humming 7 en"}


def test_a_value_is_not_said_half_by_the_set_and_half_by_its_stand_in(tmp_path: Path) -> None:
    voice = shipping(tmp_path / "set", "twelve manats")
    library = PromptLibrary(tmp_path / "prompts", engines={"en": voice})
    library.build([unit("twelve manats", "en")])
    joined = library.join((Slot(Money(12 * MICRO + 340_000, "AZN"), "", "en"),))
    assert [one.words for one in joined.units] == ["twelve manats and thirty-four gapiks"]
    assert isinstance(voice.other, Humming) and voice.other.asked == ["twelve manats and thirty-four gapiks."]


def test_what_a_stand_in_said_is_replaced_once_it_is_shipped(tmp_path: Path) -> None:
    words = (unit("good", "en"), unit("evening", "en"))
    before = PromptLibrary(tmp_path / "prompts", engines={"en": shipping(tmp_path / "set", "good")})
    assert before.build(words).made == 2
    assert before.stale(words) == ()
    after = PromptLibrary(tmp_path / "prompts", engines={"en": shipping(tmp_path / "set", "good", "evening")})
    assert [one.words for one in after.stale(words)] == ["evening"]
    after.build(words)
    assert {entry.voice for entry in after.manifest.entries().values()} == {"shipped 1 festival 2 a"}
    assert after.stale(words) == ()


def test_what_is_not_shipped_is_spoken_by_the_voice_that_is_here(tmp_path: Path) -> None:
    humming = Humming()
    voice = ShippedEngine(made(tmp_path, 3), humming)
    sounds = voice.render_many(["word 1,", "new,", "word 2,", "new,"], "en")
    assert humming.asked == ["new,"]
    assert [(len(samples), rate) for samples, rate in sounds] == [(3_200, 8_000), (4_800, 16_000)] * 2
    with pytest.raises(SpeechError, match="'ru'"):
        voice.render("word 1,", "ru")


def test_without_a_voice_the_error_names_the_words_and_what_to_install(tmp_path: Path, no_voices: None) -> None:
    made(tmp_path, 3)
    voice = voices_here({}, tmp_path)["en"]
    with pytest.raises(SpeechError, match=r"'new,' is not among the shipped prompts.*install it"):
        voice.render_many(["word 1,", "new,"], "en")


def test_a_voice_that_is_asked_for_and_not_here_is_an_error_at_load(no_voices: None) -> None:
    with pytest.raises(SettingsError, match="IVR_VOICE_RU=festival: .*apt install festival festvox-ru"):
        voices_here({"IVR_VOICE_RU": "festival"})
    with pytest.raises(SettingsError, match="IVR_VOICE_AZ=gtts: gtts: does not speak 'az'"):
        voices_here({"IVR_VOICE_AZ": "gtts"})
    with pytest.raises(SettingsError, match="IVR_VOICE_EN=siri: voice 'siri': not one of flite"):
        voices_here({"IVR_VOICE_EN": "siri"})


@pytest.mark.parametrize("damage", ["cut", "no opus", "no json", "no object"])
def test_a_set_that_is_not_whole_is_told(tmp_path: Path, damage: str) -> None:
    made(tmp_path, 3)
    sound, index = tmp_path / "en.opus", tmp_path / "en.json"
    if damage == "cut":
        sound.write_bytes(sound.read_bytes()[:-10])
    elif damage == "no opus":
        sound.unlink()
    else:
        index.write_text("{" if damage == "no json" else json.dumps(["no object"]))
    with pytest.raises(SpeechError, match="shipped prompts .*get the file again"):
        ShippedSet("en", tmp_path)


def test_a_broken_set_does_not_stop_the_others(tmp_path: Path) -> None:
    shutil.copytree(shipped.FOLDER, tmp_path / "set")
    (tmp_path / "set" / "en.json").write_text("{")
    found = voices_here({}, tmp_path / "set")
    assert isinstance(found["ru"], ShippedEngine) and not isinstance(found.get("en"), ShippedEngine)
