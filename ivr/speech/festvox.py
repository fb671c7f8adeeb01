"""The voices of the Festvox project: flite with CMU's awb (English), Festival with the Moscow university's nsh (Russian).

Both are programs of their own with licences like BSD's; both speak from recorded speech, which is why they are understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ivr.speech.audio import Samples
from ivr.speech.parts import SpeechError
from ivr.speech.port import PROJECT, candidates, decoded, run, speaks, version_of

FLITE = PROJECT / ".cache" / "debian-flite"
FESTIVAL = PROJECT / ".cache" / "debian-festival"
"""Where set-up unpacks Debian's packages."""


@dataclass(frozen=True, slots=True)
class FliteEngine:
    """flite's voice awb, which comes in its package. One process for a text: it starts in 10 ms. Make one with `find`."""

    program: Path
    version: str
    speaker: str = "awb"
    stretch: float = 1.0
    name: str = "flite"
    languages: tuple[str, ...] = ("en",)
    offline: bool = True

    @classmethod
    def find(cls, unpacked: Path = FLITE) -> FliteEngine:
        """The system's flite, else the one in the unpacked tree. Raises SpeechError that says what to install."""
        for program, _ in candidates("flite", unpacked):
            version = version_of([str(program), "--version"], rb"version: *flite-([\d.]+)")
            if version:
                return cls(program, version)
        raise SpeechError("flite: not found or does not run; install it (Debian: apt install flite) or run `make voices`")

    def voice(self, language: str) -> str:
        speaks(self, language)
        return f"{self.speaker} plain, stretch {self.stretch:g}"

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        speaks(self, language)
        place = f"flite, {language}, {words[:40]!r}"
        with TemporaryDirectory(prefix="ivr-flite-") as folder:
            text, sound = Path(folder, "words.txt"), Path(folder, "sound.wav")
            # without the comma that ends a unit inside a sentence: it was measured without
            text.write_text(words.rstrip(","), encoding="utf-8")
            setting = f"duration_stretch={self.stretch:g}"
            run([str(self.program), "-voice", self.speaker, "--setf", setting, "-f", str(text), "-o", str(sound)], place)
            return decoded(_read(sound, place), place)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        return [self.render(one, language) for one in words]


@dataclass(frozen=True, slots=True)
class FestivalEngine:
    """Festival's voice msu_ru_nsh_clunits (package festvox-ru). Loading it takes a second, so texts share a process. Make one with `find`.

    `data` is Festival's folder where it is not the program's own.
    """

    program: Path
    version: str
    data: Path | None = None
    name: str = "festival"
    languages: tuple[str, ...] = ("ru",)
    offline: bool = True

    @classmethod
    def find(cls, unpacked: Path = FESTIVAL) -> FestivalEngine:
        """The system's Festival where it has the voice, else the one in the unpacked tree. Raises SpeechError that says what to install."""
        for program, ours in candidates("festival", unpacked):
            data = unpacked / "usr" / "share" / "festival" if ours else Path("/usr/share/festival")
            version = version_of([str(program), "--version"], rb"Speech Synthesis System: *([\d.]+)")
            if version and (data / "voices" / "russian" / "msu_ru_nsh_clunits").is_dir():
                return cls(program, version, data if ours else None)
        raise SpeechError(
            "festival: not found, or without its Russian voice; install both (Debian: apt install festival festvox-ru) or run `make voices`"
        )

    def voice(self, language: str) -> str:
        speaks(self, language)
        return "msu_ru_nsh_clunits"

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        return self.render_many([words], language)[0]

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        speaks(self, language)
        if not words:
            return []
        place = f"festival, {language}, {words[0][:40]!r}"
        with TemporaryDirectory(prefix="ivr-festival-") as folder:
            sounds = [Path(folder, f"{place}.wav") for place in range(len(words))]
            lines = ["(voice_msu_ru_nsh_clunits)"]
            for one, sound in zip(words, sounds, strict=True):
                # what fails alone leaves no file, and the others go on
                lines.append(f'(unwind-protect (utt.save.wave (SynthText {_quoted(one)}) "{sound}" "riff") nil)')
            script = Path(folder, "script.scm")
            script.write_text("\n".join(lines) + "\n", encoding="utf-8")
            where = ["--datadir", str(self.data), "--libdir", str(self.data)] if self.data else []
            run([str(self.program), *where, "-b", str(script)], place)
            return [decoded(_read(sound, f"festival, {one[:40]!r}"), place) for one, sound in zip(words, sounds, strict=True)]


def _quoted(words: str) -> str:
    """A text as one Scheme string: nothing in it is a command."""
    plain = " ".join(words.split()).replace("\\", " ").replace('"', " ")
    return f'"{plain}"'


def _read(sound: Path, place: str) -> bytes:
    try:
        return sound.read_bytes()
    except FileNotFoundError as error:
        raise SpeechError(f"{place}: no sound came back") from error
