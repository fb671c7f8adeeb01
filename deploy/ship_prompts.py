"""Makes the prompts that are shipped: python deploy/ship_prompts.py [az en ru]

Every slot unit and every fixed word of the menus, spoken by the voice chosen for its language, into prompts/shipped/. Needs those voices
(`make voices`). The same words, voices and libraries give the same bytes. `make prompts-ship` runs it; commit what it changes.
What was spoken is kept in .cache/shipped/, so that a menu's new words cost no more than themselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import soundfile

from ivr.commands import fixed_words, script_lines
from ivr.speech import audio, voice
from ivr.speech.cli import CURRENCIES
from ivr.speech.files import digest, write_whole
from ivr.speech.inventory import fixed, inventory
from ivr.speech.languages import OURS
from ivr.speech.parts import SpeechError
from ivr.speech.port import PROJECT
from ivr.speech.progress import Bar
from ivr.speech.shipped import FOLDER, write_set
from ivr.speech.units import shaped, unit

KEPT = PROJECT / ".cache" / "shipped"
"""Masters of what was spoken, by voice and words."""

_BATCH = 40
"""Texts that one process of a voice speaks."""


def texts(language: str) -> list[str]:
    """All that is shipped in a language, as a voice is given it: slot units, then fixed words, each once, in a fixed order."""
    words = [pair for pair in fixed_words() if pair[0] == language]
    lines = [unit(line.words, line.language, line.final) for line in script_lines() if line.language == language]
    units = (*inventory([language], CURRENCIES), *fixed(words), *sorted(lines, key=lambda one: one.id))
    return list(dict.fromkeys(shaped(one) for one in units))


def ship(language: str) -> None:
    """Make one language's set. Raises SpeechError for a voice that is not here or fails."""
    began = time.monotonic()
    wanted = texts(language)
    speaker = voice.engine(voice.CHOSEN[language][0])
    named = f"{speaker.name} {speaker.version} {speaker.voice(language)}"
    kept = {text: KEPT / language / f"{digest(named, text, audio.VERSION)}.flac" for text in wanted}
    new = [text for text in wanted if not kept[text].is_file()]
    batches = [new[at : at + _BATCH] for at in range(0, len(new), _BATCH)]
    progress = Bar(f"{language}, {speaker.name}")
    progress.begin(len(new))

    def speak(batch: Sequence[str]) -> None:
        for text, sound in zip(batch, speaker.render_many(batch, language), strict=True):
            flac = BytesIO()
            soundfile.write(flac, audio.master(*sound), audio.MASTER_RATE, format="FLAC", subtype="PCM_16")
            write_whole(kept[text], flac.getvalue())
        progress.advance(len(batch))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(speak, batches))
    spoken = [audio.read_sound(kept[text])[0] for text in wanted]
    size = write_set(FOLDER, language, named, zip(wanted, spoken, strict=True))
    seconds, taken = sum(map(len, spoken)) / audio.MASTER_RATE, time.monotonic() - began
    print(f"{language}: {len(wanted)} texts ({len(new)} new), {seconds:.0f} s of sound, {size / 1e6:.2f} MB, made in {taken:.0f} s")


def main(languages: Sequence[str]) -> int:
    """0 where the sets were made, 1 where a voice is missing or fails."""
    try:
        for language in languages or OURS:
            ship(language)
    except (SpeechError, OSError, KeyError) as error:
        print(f"ship_prompts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
