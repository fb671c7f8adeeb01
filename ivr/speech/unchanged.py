"""Whether a build has nothing to do, told from the outside of files alone: their sizes and times, as `make` does.

A build that leaves nothing to do notes what it went by and how the cache looked. As long as both are the same the next one need not
compile a menu, spell a number or load a library for sound. Any difference, however small, leads to a build as ever.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import blake2s
from pathlib import Path

from ivr.settings import ROOT
from ivr.speech.files import write_whole

_PROGRAMS = ("espeak-ng", "flite", "festival")
_FESTIVAL_VOICES = Path("/usr/share/festival/voices/russian")
_CODE = Path(__file__).resolve().parents[1]
_JOINED = "joined"
_PROMPTS = ".alaw"


class LastBuild:
    """What the last build that left nothing to do found in a cache; kept in `built.json` there."""

    def __init__(self, cache: Path) -> None:
        self._cache, self._path = cache, cache / "built.json"

    def ready(self, inputs: str) -> int | None:
        """How many prompts were ready then, where `inputs` and every prompt in the cache are as they were; else None."""
        try:
            noted = json.loads(self._path.read_bytes())
            if noted["inputs"] == inputs and noted["cache"] == self._state():
                return int(noted["prompts"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None

    def note(self, inputs: str, prompts: int) -> None:
        """Remember that with these `inputs` nothing is left to do and so many prompts are ready."""
        write_whole(self._path, json.dumps({"inputs": inputs, "prompts": prompts, "cache": self._state()}).encode())

    def forget(self) -> None:
        """The next build looks at everything again."""
        self._path.unlink(missing_ok=True)

    def _state(self) -> str:
        """The manifests and every prompt's file, but no replies: those come and go with calls."""
        manifests = (self._cache / "manifest.json", self._cache / "recorded.json")
        return fingerprint((), (*manifests, *sorted(self._folders())), suffix=_PROMPTS)

    def _folders(self) -> Iterator[Path]:
        with suppress(OSError), os.scandir(self._cache) as entries:
            yield from (Path(entry.path) for entry in entries if entry.name != _JOINED and entry.is_dir())


def fingerprint(texts: Iterable[str], places: Iterable[Path], without: Iterable[Path] = (), suffix: str = "") -> str:
    """32 hexadecimal digits that stand for the texts and for what is in the places: files, and folders with all below them but hidden
    files, `__pycache__` and the folders in `without`. `suffix`: only files that end so count inside folders."""
    hashed = blake2s(digest_size=16)
    for text in texts:
        hashed.update(f"{text}\0".encode("utf-8", "surrogateescape"))
    left_out = {os.fspath(path) for path in without}
    for place in places:
        for row in _rows(os.fspath(place), left_out, suffix):
            hashed.update(row.encode("utf-8", "surrogateescape"))
    return hashed.hexdigest()


def _rows(place: str, left_out: set[str], suffix: str) -> Iterator[str]:
    """Name, size and time of every file, a text for each folder."""
    try:
        rows, folders = [], []
        with os.scandir(place) as entries:
            for entry in entries:
                name = entry.name
                if suffix and name.endswith(suffix):
                    state = entry.stat()
                    rows.append((name, state.st_size, state.st_mtime_ns))
                elif name[0] == "." or name == "__pycache__" or entry.path in left_out:
                    continue
                elif entry.is_dir():
                    folders.append(entry.path)
                elif not suffix:
                    state = entry.stat()
                    rows.append((name, state.st_size, state.st_mtime_ns))
        rows.sort()
        yield f"{place}/{rows}"
        for folder in sorted(folders):
            yield from _rows(folder, left_out, suffix)
    except NotADirectoryError:
        state = os.stat(place)
        yield f"{place} {state.st_size} {state.st_mtime_ns}"
    except OSError:
        yield f"{place} -"


def inputs(arguments: Iterable[str], menus: Iterable[Path], recordings: Path, cache: Path, environment: Mapping[str, str]) -> str:
    """What a build goes by: how it was called, our settings, this code, the menus with their catalogs, the recordings, the shipped prompts,
    the voices that are installed."""
    settings = sorted(f"{name}={value}" for name, value in environment.items() if name.startswith("IVR_"))
    languages = [Path(name).expanduser().absolute() for name in environment.get("IVR_LANGUAGES", "").split(os.pathsep) if name]
    programs = [Path(found) for name in _PROGRAMS if (found := shutil.which(name))]
    unpacked = sorted(ROOT.glob(".cache/debian-*/usr/bin"))
    places = (_CODE, *menus, *languages, recordings, ROOT / "prompts" / "shipped", *programs, *unpacked, _FESTIVAL_VOICES)
    return fingerprint((*arguments, *settings, *map(str, programs)), places, without=[cache])
