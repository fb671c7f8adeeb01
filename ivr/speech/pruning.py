"""What no manifest names is taken out of the cache: what killed builds left, or what older versions called otherwise."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.choosing import made_of
from ivr.speech.files import Entry
from ivr.speech.parts import SpeechError
from ivr.speech.units import Unit

SOUNDS = (".alaw", ".sln", ".flac")
"""The files of a prompt."""
_JOINED = "joined"
OLDEST = 3600.0
"""Seconds after which a file that no manifest names is nobody's: a build in another process names its own within moments."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many files went, how many bytes they had, and how many are too young to be told from those that a build is just writing."""

    files: int
    size: int
    waiting: int


def prune(cache: Path, entries: Iterable[Entry], older: float = OLDEST) -> Pruned:
    """Remove the sound files under `cache` that none of the entries (of all its manifests) names, once they are `older` seconds old.

    Beside calls and other builds: replies are whole files of their own and stay, and who still holds an entry of a file that went speaks it
    again.
    """
    kept = {entry.file.rpartition(".")[0] for entry in entries}
    files = size = waiting = 0
    for name in _sounds(cache):
        if name.rpartition(".")[0] in kept:
            continue
        path = cache / name
        try:
            state = path.stat()
            if time.time() - state.st_mtime <= older:
                waiting += 1
                continue
            path.unlink()
        except FileNotFoundError:
            continue
        files, size = files + 1, size + state.st_size
    return Pruned(files, size, waiting)


def _sounds(cache: Path) -> Iterator[str]:
    """Every prompt's file, relative to the cache; replies and what is being written are left out."""
    for folder, inside, names in os.walk(cache):
        if Path(folder) == cache:
            inside[:] = [name for name in inside if name != _JOINED]
        within = os.path.relpath(folder, cache)
        for name in names:
            if name.endswith(SOUNDS) and name[0] != ".":
                yield f"{within}/{name}"


def stale_names(entries: Mapping[str, Entry], wanted: Collection[str], languages: Collection[str]) -> list[str]:
    """Names of the entries in the languages that nobody wants and that were made of other words or settings than today's."""
    gone = []
    for name, entry in entries.items():
        if name not in wanted and entry.language in languages:
            with suppress(SpeechError):  # words that can no longer be read are not today's either
                if entry.made_of == made_of(Unit(name, entry.words, entry.language)):
                    continue
            gone.append(name)
    return gone
