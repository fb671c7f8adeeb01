"""Whole replies on disk: each once, as `.alaw` and `.sln` (and `.ulaw` where asked for) side by side, the longest unused thrown away first.

Any number of threads and processes share the folder. A reply's `.json` is written last and removed first, so where it is the sound
is; and none is removed before it has lain unused for a while, so nobody's reply vanishes while it plays.
"""

from __future__ import annotations

import heapq
import json
import logging
import os
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.speech import audio
from ivr.speech.files import locked, write_whole
from ivr.speech.units import Unit

_log = logging.getLogger(__name__)

_TOUCH_EVERY = 60.0
"""Seconds within which a second use of a reply is not noted on disk again."""
_SWEEP_EVERY = 64
"""New replies after which the folder is counted again at the earliest: other processes write to it too."""
_SHARE = 16
"""... and a 16th of what was there: counting then costs the same for each reply, however many there are."""
_BREATH, _AT_ONCE = 0.0005, 64
"""Seconds for which whoever counts lets the others work, after so many files: a call that waits for the interpreter would wait 5 ms."""
_BYTES = {"alaw": 1, "sln": 2, "ulaw": 1}
"""Bytes of a sample, by format."""
_PRESSED = 60.0
"""Seconds for which a reply stays even where twice the bound is reached: a player that has opened a file keeps it, and opens it at once."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A reply ready to play: `path` without suffix (beside it are its formats and `.json`), its units, its length in milliseconds."""

    path: Path
    units: tuple[Unit, ...]
    milliseconds: int


class JoinedStore:
    """The folder of joined replies, bounded by bytes and by number; the bound gives way to replies younger than `keep` seconds, or a
    minute where there is twice as much as it allows. `formats`: suffixes of what is written."""

    def __init__(
        self,
        root: Path,
        most_bytes: int = 256_000_000,
        most: int = 20_000,
        keep: float = 600.0,
        remembered: int = 2_000,
        formats: tuple[str, ...] = ("alaw", "sln"),
    ) -> None:
        root = root.resolve()
        self._guard = root / "lock"
        self._root, self._most_bytes, self._most, self._keep, self._remembered = root, most_bytes, most, keep, remembered
        self._formats = formats
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, tuple[Joined, float]] = OrderedDict()
        self._until_sweep = 0
        self._sweeper: threading.Thread | None = None

    def warm(self) -> None:
        """Make the folder, its parts and its lock, and count it: the first reply finds all of it."""
        with locked(self._guard, shared=True):
            for number in range(256):
                (self._root / f"{number:02x}").mkdir(exist_ok=True)
        self._sweep_aside()

    def get(self, key: str) -> Joined | None:
        """The reply of a key where it is whole on disk, its use noted."""
        with self._lock:
            held = self._recent.get(key)
        joined = held[0] if held else self._read(key)
        if joined is None:
            return None
        now = time.time()
        if held is None or now - held[1] > _TOUCH_EVERY:
            try:
                with locked(self._guard, shared=True):
                    os.utime(joined.path.with_suffix(".json"))
            except FileNotFoundError:
                self._forget(key)
                return None
            self._remember(key, joined, now)
        elif not joined.path.with_suffix(".json").exists():
            self._forget(key)
            return None
        return joined

    def put(self, key: str, units: tuple[Unit, ...], sln: bytes) -> Joined:
        """Write a reply from its 16-bit samples at 8 kHz and sweep the folder now and then."""
        path = self._path(key)
        joined = Joined(path, units, len(sln) * 1000 // (2 * audio.RATE))
        side = {
            "milliseconds": joined.milliseconds,
            "units": [{"id": unit.id, "words": unit.words, "language": unit.language} for unit in units],
        }
        coded = {"sln": lambda: sln, "alaw": lambda: audio.to_alaw(sln), "ulaw": lambda: audio.to_ulaw(sln)}
        with locked(self._guard, shared=True):
            for name in self._formats:
                write_whole(path.with_suffix(f".{name}"), coded[name]())
            write_whole(path.with_suffix(".json"), json.dumps(side, ensure_ascii=False).encode())
        self._remember(key, joined, time.time())
        with self._lock:
            self._until_sweep -= 1
            due = self._until_sweep < 0
            if due:
                self._until_sweep = _SWEEP_EVERY
        if due:
            self._sweep_aside()
        return joined

    def _sweep_aside(self) -> None:
        """Sweep in a thread of its own, one at a time: nobody who waits for a reply waits for the folder to be counted."""
        with self._lock:
            if self._sweeper is not None and self._sweeper.is_alive():
                return
            self._sweeper = threading.Thread(target=self._sweep_quietly, name="replies", daemon=True)
            self._sweeper.start()

    def _sweep_quietly(self) -> None:
        try:
            self.sweep()
        except OSError as error:
            _log.warning("old replies could not be removed: %s", error)

    def settle(self) -> None:
        """Wait until a sweep that was begun is done."""
        sweeper = self._sweeper
        if sweeper is not None:
            sweeper.join()

    def sweep(self) -> int:
        """Remove the longest unused replies beyond the bounds; how many were removed."""
        folders = [self._counted(folder) for folder in sorted(self._root.glob("*/"))]
        number, total = sum(map(len, folders)), sum(size for folder in folders for _, size, _ in folder)
        with self._lock:
            self._until_sweep = max(_SWEEP_EVERY, number // _SHARE)
        keep = self._keep if total <= 2 * self._most_bytes else min(self._keep, _PRESSED)
        removed = 0
        for used, size, path in heapq.merge(*folders):
            if (total <= self._most_bytes and number <= self._most) or time.time() - used < keep:
                break
            removed += self._remove(path, used)
            number, total = number - 1, total - size
            time.sleep(_BREATH)
        return removed

    def _counted(self, folder: Path) -> list[tuple[float, int, Path]]:
        """The replies of a folder, the longest unused first: when used, bytes, its `.json`. What a killed process left is removed."""
        found: dict[str, dict[str, os.stat_result]] = {}
        with os.scandir(folder) as entries:
            for place, entry in enumerate(entries, 1):
                stem, _, suffix = entry.name.rpartition(".")
                with suppress(FileNotFoundError):
                    found.setdefault(stem, {})[suffix] = entry.stat()
                if place % _AT_ONCE == 0:
                    time.sleep(_BREATH)
        time.sleep(_BREATH)
        replies = []
        for stem, states in found.items():
            path = folder / f"{stem}.json"
            if "json" in states:
                replies.append((states["json"].st_mtime, sum(state.st_size for name, state in states.items() if name in _BYTES), path))
            elif time.time() - max(state.st_mtime for state in states.values()) > max(self._keep, 60) and not path.exists():
                for name in states:
                    (folder / f"{stem}.{name}").unlink(missing_ok=True)
        return sorted(replies)

    def _remove(self, path: Path, used: float) -> bool:
        """Remove a reply, unless somebody used it since it was found last used at `used`."""
        with locked(self._guard):
            try:
                if path.stat().st_mtime != used:
                    return False
            except FileNotFoundError:
                return False
            for suffix in ("json", *_BYTES):
                path.with_suffix(f".{suffix}").unlink(missing_ok=True)
        self._forget(path.stem)
        return True

    def read(self, path: Path) -> Joined | None:
        """The reply whose file, with or without a suffix, this is; None where it is none of ours."""
        return self._read(path.stem) if path.resolve().parent.parent == self._root else None

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / key

    def _read(self, key: str) -> Joined | None:
        path = self._path(key)
        try:
            side = json.loads(path.with_suffix(".json").read_bytes())
            units = tuple(Unit(unit["id"], unit["words"], unit["language"]) for unit in side["units"])
            joined = Joined(path, units, int(side["milliseconds"]))
            there = {name: path.with_suffix(f".{name}").stat().st_size for name in self._formats}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        samples = joined.milliseconds * audio.RATE // 1000
        return joined if all(size == _BYTES[name] * samples for name, size in there.items()) else None

    def _remember(self, key: str, joined: Joined, now: float) -> None:
        with self._lock:
            self._recent[key] = (joined, now)
            self._recent.move_to_end(key)
            while len(self._recent) > self._remembered:
                self._recent.popitem(last=False)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._recent.pop(key, None)
