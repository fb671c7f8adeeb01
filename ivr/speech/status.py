"""How complete the prompts are: by language and voice, and everything that is wrong with a recording or a built prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.speech.choosing import made_of
from ivr.speech.files import Entry
from ivr.speech.library import PromptLibrary
from ivr.speech.recordings import Defect, Unusable, expected_seconds, named, read_recording
from ivr.speech.units import Unit


@dataclass(frozen=True, slots=True)
class LanguageStatus:
    """One language: how many prompts there are, how many a call can play, from whom, how many seconds of sound. `recorded` by a human;
    `stale`: made of other words or settings than today's; `new`: recordings that the next build takes in."""

    prompts: int
    ready: int
    recorded: int
    missing: int
    stale: int
    new: int
    seconds: int
    voices: dict[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `defects` are what is wrong with files; each names its file and what to do."""

    languages: dict[str, LanguageStatus]
    missing: tuple[Unit, ...]
    stale: tuple[Unit, ...]
    new: tuple[Path, ...]
    defects: tuple[Defect, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether every prompt can be played and nothing is wrong with a file that one needs."""
        return not self.missing and all(defect.kind == "unknown" for defect in self.defects)


def status(library: PromptLibrary, units: Sequence[Unit], languages: Iterable[str]) -> Status:
    """Look at every prompt of the languages. Reads recordings that were not converted yet, writes nothing."""
    library.refresh()
    absent = {one.id for one in library.missing(units)}
    new, defects = _recordings(library, units)
    rows: dict[str, LanguageStatus] = {}
    stale: list[Unit] = []
    for language in languages:
        mine = [one for one in units if one.language == language]
        entries = {one.id: entry for one in mine if one.id not in absent and (entry := library.entry(one)) is not None}
        old = [one for one in mine if (entry := library.manifest.get(one.id)) is not None and entry.made_of != made_of(one)]
        stale += old
        defects += [defect for one in mine if one.id in entries and (defect := _odd_length(library, one, entries[one.id])) is not None]
        voices = Counter(entry.voice for entry in entries.values())
        rows[language] = LanguageStatus(
            prompts=len(mine),
            ready=len(entries),
            recorded=sum(number for voice, number in voices.items() if voice.startswith("recording ")),
            missing=len(mine) - len(entries),
            stale=len(old),
            new=sum(path.parent.parent.name == language for path in new),
            seconds=sum(entry.milliseconds for entry in entries.values()) // 1000,
            voices=dict(voices.most_common()),
        )
    return Status(rows, tuple(one for one in units if one.id in absent), tuple(stale), tuple(new), tuple(defects))


def _recordings(library: PromptLibrary, units: Sequence[Unit]) -> tuple[list[Path], list[Defect]]:
    """Recordings that wait for a build, and what is wrong with any."""
    by_id = named(units, library.human.found)
    new: list[Path] = []
    defects: list[Defect] = []
    for found in library.human.found:
        one = by_id.get((found.language, found.unit_id))
        if one is None or library.human.known(found):
            continue
        try:
            read_recording(found.path, one.words, one.language)
            new.append(found.path)
        except Unusable as error:
            defects.append(error.defect)
    return new, [*defects, *library.human.found.strays(units, by_id)]


def _odd_length(library: PromptLibrary, one: Unit, entry: Entry) -> Defect | None:
    """A voice's prompt that cannot be its words; recordings are measured when they are taken in."""
    least, most = expected_seconds(one.words, one.language)
    seconds = entry.milliseconds / 1000
    if entry.voice.startswith("recording ") or least <= seconds <= most:
        return None
    kind = "long" if seconds > most else "short"
    told = f"{seconds:.1f} s of sound by {entry.voice} for {one.words!r}, which takes {least:.1f} to {most:.1f}: delete it and build"
    return Defect(library.cache / entry.file, kind, told)
