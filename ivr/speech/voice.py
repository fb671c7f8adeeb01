"""Voices that read words aloud: which there are, and which speaks each language here.

The choice per language was measured, not made by habit: docs/decisions/0005-voices.md. What it says is shipped in prompts/shipped/, so a
voice is needed only for words that are not.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from io import BytesIO
from pathlib import Path

from ivr.settings import SettingsError
from ivr.speech import spell
from ivr.speech.audio import Samples
from ivr.speech.espeak import UNPACKED, EspeakEngine
from ivr.speech.festvox import FestivalEngine, FliteEngine
from ivr.speech.parts import SpeechError
from ivr.speech.port import PROJECT, Engine, decoded, speaks
from ivr.speech.settings import NAMES
from ivr.speech.shipped import FOLDER, ShippedEngine, ShippedSet

_log = logging.getLogger(__name__)

CHOSEN: Mapping[str, tuple[str, ...]] = {"az": ("espeak-ng",), "en": ("flite", "espeak-ng"), "ru": ("festival", "espeak-ng")}
"""By language: the voice that was understood best, then what speaks where that one is not installed."""


@dataclass(frozen=True, slots=True)
class GttsEngine:
    """Google's public reading voice by the gTTS package: for building prompts where there is internet, never during a call."""

    version: str = field(default_factory=lambda: metadata.version("gTTS"))
    timeout: float = 20.0
    name: str = "gtts"
    languages: tuple[str, ...] = ("en", "ru")
    offline: bool = False

    def voice(self, language: str) -> str:
        speaks(self, language)
        return language

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        speaks(self, language)
        from gtts import gTTS  # imported late: it brings an HTTP client that a running server never needs

        place, sound = f"gtts, {language}, {words[:40]!r}", BytesIO()
        try:
            gTTS(words, lang=language, lang_check=False, timeout=self.timeout).write_to_fp(sound)
        except Exception as error:  # whatever the HTTP client raises, it means an outage here
            raise SpeechError(f"{place}: {type(error).__name__}: {error}") from error
        return decoded(sound.getvalue(), place)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        return [self.render(one, language) for one in words]


def engine(name: str) -> Engine:
    """The voice of a name (`NAMES`). Raises SpeechError where there is none or where it cannot be used, saying what to install."""
    match name:
        case "espeak-ng":
            return EspeakEngine.find()
        case "flite":
            return FliteEngine.find()
        case "festival":
            return FestivalEngine.find()
        case "gtts":
            return GttsEngine()
    raise SpeechError(f"voice {name[:40]!r}: not one of {', '.join(NAMES)}")


def by_language(voices: Iterable[Engine]) -> dict[str, Engine]:
    """Which voice speaks each language: the first that can."""
    found: dict[str, Engine] = {}
    for voice in voices:
        for language in voice.languages:
            found.setdefault(language, voice)
    return found


def voices_here(environment: Mapping[str, str] | None = None, shipped: Path = FOLDER) -> dict[str, Engine]:
    """Which voice speaks each language on this machine, the shipped prompts first.

    IVR_VOICE_AZ, IVR_VOICE_EN and IVR_VOICE_RU (and so on) ask for another voice by its name. Raises SettingsError where it cannot be
    had, and for a file of IVR_LANGUAGES that cannot be used; a default voice that is missing is only logged, as what is shipped still
    sounds.
    """
    source = os.environ if environment is None else environment
    found: dict[str, Engine] = {}
    missing: list[str] = []
    for language in spell.LANGUAGES:
        try:
            spell.speller(language)
        except SpeechError as error:  # a file of somebody's own; the voices would fail over it one by one
            raise SettingsError(f"IVR_LANGUAGES: {error}") from error
        setting = f"IVR_VOICE_{language.upper()}"
        asked = source.get(setting, "").strip()
        if asked:
            found[language] = _asked(asked, language, setting)
            continue
        voice = _first(CHOSEN.get(language, ("espeak-ng",)), language, missing)
        try:
            ready = ShippedSet.of(language, shipped)
        except SpeechError as error:
            _log.warning("%s", error)
            ready = None
        if ready is not None:
            found[language] = ShippedEngine(ready, voice, missing[-1] if voice is None else "")
        elif voice is not None:
            found[language] = voice
    for reason in dict.fromkeys(missing):
        _log.info("only what is shipped or recorded will sound beyond the voices that are here: %s", reason)
    return found


def cannot_say(voice: Engine | None, words: str, language: str) -> str:
    """Why a call could not have a voice say words that are not built: empty where it could."""
    if voice is None:
        return f"no voice here speaks {language}"
    if not voice.offline:
        return f"{voice.name} needs the network and may not speak during a call"
    if isinstance(voice, ShippedEngine) and voice.other is None and voice.ready.place(words) is None:
        return f"it is not among the shipped prompts, and no voice is here: {voice.missing}"
    return ""


def _asked(name: str, language: str, setting: str) -> Engine:
    try:
        found = engine(name)
        found.voice(language)
    except SpeechError as error:
        raise SettingsError(f"{setting}={name[:40]}: {error}") from error
    return found


def _first(names: Sequence[str], language: str, missing: list[str]) -> Engine | None:
    """The first of the voices that is here and speaks the language; why the others do not is added to `missing`."""
    for name in names:
        try:
            found = engine(name)
            found.voice(language)
            return found
        except SpeechError as error:
            missing.append(str(error))
    return None


__all__ = [
    "CHOSEN",
    "NAMES",
    "PROJECT",
    "UNPACKED",
    "Engine",
    "EspeakEngine",
    "FestivalEngine",
    "FliteEngine",
    "GttsEngine",
    "by_language",
    "cannot_say",
    "engine",
    "voices_here",
]
