"""Files that are whole or not there, and the manifest that says what each prompt's file holds."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import blake2s
from itertools import count
from pathlib import Path

_ordinal = count()


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt that is ready.

    `file` is its A-law file, relative to the cache; `digest` that of its bytes. `voice` made it: `recording NAME`, or a voice's name,
    version and settings. `made_of` is a digest of the words as read and the sound settings, or of the recording. `seen` is the size and
    time of the recording, by which a change is suspected; empty for a voice's.
    """

    words: str
    language: str
    file: str
    digest: str
    voice: str
    made_of: str
    milliseconds: int
    seen: str = ""


def digest(*parts: bytes | str) -> str:
    """32 hexadecimal digits that stand for the parts, in order."""
    hashed = blake2s(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        hashed.update(len(raw).to_bytes(8, "little") + raw)
    return hashed.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one: never half, never empty.

    Its bytes reach the disk before its name does only as the system likes; who must know compares the digest.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.{next(_ordinal)}.part")
    try:
        try:
            beside.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, shared: bool = False) -> Iterator[None]:
    """Alone among all processes and threads that lock the same path, while it lasts; or, `shared`, together with other shared ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # closing alone would leave it with a process forked meanwhile


def sweep_parts(root: Path, older: float = 3600.0) -> None:
    """Remove what killed processes left half written under `root`, once it is `older` seconds old."""
    for path in root.rglob(".*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > older:
                path.unlink()


class Manifest:
    """The manifest file: unit id -> `Entry`, shared by every process that builds or plays prompts. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._seen: tuple[int, int] | None = None
        self.refresh()

    def get(self, unit_id: str) -> Entry | None:
        """The entry of a unit, as last read."""
        return self._entries.get(unit_id)

    def entries(self) -> Mapping[str, Entry]:
        """All entries, as last read."""
        return self._entries

    def refresh(self) -> None:
        """Read the file again where it changed. A missing or broken file counts as empty: the build makes it anew."""
        with self._lock:
            seen = self._stamp()
            if seen != self._seen:
                self._entries, self._seen = self._read(), seen

    def add(self, entries: Mapping[str, Entry], without: Collection[str] = ()) -> None:
        """Add entries to the file and take some out, keeping what other processes added meanwhile."""
        if not entries and not without:
            return
        with self._lock, locked(self._path.with_suffix(".lock")):
            merged = self._read() | dict(entries)
            for name in without:
                merged.pop(name, None)
            lines = (f"{json.dumps(name)}: {json.dumps(_row(merged[name]), ensure_ascii=False)}" for name in sorted(merged))
            write_whole(self._path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
            self._entries, self._seen = merged, self._stamp()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _read(self) -> dict[str, Entry]:
        try:
            raw = json.loads(self._path.read_bytes())
            return {str(name): Entry(**entry) for name, entry in raw.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}


def _row(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if name != "seen" or value}
