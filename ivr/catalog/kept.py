"""Releases on disk: `releases/OPERATOR/ID/` holds the files that one was compiled from, `current.json` says which one is current.

A release's folder appears whole or not at all. Files that did not change since the release before are hard links to it, so that saving one
file of a thousand menus costs the disk one file.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ivr.catalog.sources import Sources, read_sources

MARKER = "current.json"
RELEASE = re.compile(r"[0-9a-f]{12}", re.ASCII)
_ABANDONED = 3600.0
"""Seconds after which a folder that a process left half written is removed."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What an operator serves. `disk`: the id of what stood in the menu folder when that was decided; after a roll-back it is another one.

    `before`: the release that was current until then.
    """

    release: str
    disk: str
    before: str | None = None

    @property
    def rolled_back(self) -> bool:
        """Whether this is no longer, or not yet, what stands in the menu folder."""
        return self.release != self.disk


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release on disk. `published` is the wall clock's time at which it last became what the menu folder holds, in seconds since 1970."""

    operator: str
    release: str
    published: float
    size: int


class Kept:
    """The kept releases of all operators, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._last: dict[str, tuple[Path, dict[Path, bytes]]] = {}

    def folder(self, operator: str, release: str) -> Path:
        """Where a release's files are, or would be."""
        return self.root / operator / release

    def has(self, operator: str, release: str) -> bool:
        """Whether a release is kept."""
        return (self.folder(operator, release) / "menus" / operator / "operator.yaml").is_file()

    def keep(self, sources: Sources, *, durable: bool = False, anew: bool = True) -> None:
        """Keep these files as a release. `durable`: they are on the disk, and not only on their way, afterwards. `anew`: it is published
        now, and not only served again by a process that starts."""
        operator = sources.folder.name
        target = self.folder(operator, sources.release)
        if target.exists():
            if read_sources(target / "menus" / operator, target / "locales").release == sources.release:
                if anew:
                    os.utime(target)
                return
            self.remove(operator, [sources.release])  # the machine stopped before it was on the disk
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{sources.release}.", dir=target.parent))
        before, digests = self._last.get(operator) or self._newest(operator)
        kept: dict[Path, bytes] = {}
        try:
            for place, source in sources.files():
                copy = partial / place
                copy.parent.mkdir(parents=True, exist_ok=True)
                kept[place] = source.digest
                if digests.get(place) != source.digest or not _linked(before / place, copy):
                    _write(copy, source.data or b"", durable)
            with contextlib.suppress(OSError):  # another process was first: the same files
                partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self._last[operator] = (target, kept)

    def _newest(self, operator: str) -> tuple[Path, dict[Path, bytes]]:
        """The release published last, by whichever process, and the digest of each of its files."""
        for kept in self.releases(operator, sizes=False):
            folder = self.folder(operator, kept.release)
            found = read_sources(folder / "menus" / operator, folder / "locales")
            return folder, {place: source.digest for place, source in found.files()}
        return self.root, {}

    def operators(self) -> list[str]:
        """The operators that have a release here."""
        return sorted(entry.name for entry in _folders(self.root))

    def releases(self, operator: str, *, sizes: bool = True) -> list[KeptRelease]:
        """An operator's releases, the one published last first. A file that several share counts for the newest alone (`sizes`)."""
        found = [(entry.stat().st_mtime, entry.name) for entry in _folders(self.root / operator) if RELEASE.fullmatch(entry.name)]
        listed, seen = [], set[tuple[int, int]]()
        for published, release in sorted(found, reverse=True):
            size = _size(self.folder(operator, release), seen) if sizes else 0
            listed.append(KeptRelease(operator, release, published, size))
        return listed

    def marker(self, operator: str) -> Marker | None:
        """What the operator serves; None where that was never written, or cannot be read."""
        try:
            plain = json.loads((self.root / operator / MARKER).read_text("utf-8"))
            marker = Marker(str(plain["release"]), str(plain["disk"]), plain.get("before") and str(plain["before"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return marker if RELEASE.fullmatch(marker.release) else None

    def mark(self, operator: str, marker: Marker, *, durable: bool = False) -> None:
        """Write what the operator serves from now on."""
        folder = self.root / operator
        folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=".current.", dir=folder)
        os.close(handle)
        try:
            _write(Path(partial), (json.dumps(asdict(marker)) + "\n").encode(), durable)
            os.replace(partial, folder / MARKER)
        finally:
            Path(partial).unlink(missing_ok=True)

    def markers(self) -> Iterator[Path]:
        """The files that say what is served, for a look whether one has changed."""
        for entry in _folders(self.root):
            yield Path(entry.path) / MARKER

    def spare(self, operator: str, most: int, needed: Collection[str]) -> list[str]:
        """Releases that may go: not among the `most` newest, nor in `needed`, nor current, nor current before that."""
        listed = [kept.release for kept in self.releases(operator, sizes=False)]
        marker = self.marker(operator)
        wanted = {*needed, *listed[:most], *((marker.release, marker.before) if marker else ())}
        return [release for release in listed if release not in wanted]

    def remove(self, operator: str, releases: Iterable[str]) -> None:
        """Remove releases from the disk, each at once: nobody finds half of one. Also what a process left half written long ago."""
        for release in releases:
            gone = self.root / operator / f".{release}.gone"
            with contextlib.suppress(OSError):
                self.folder(operator, release).rename(gone)
        for entry in _folders(self.root / operator, hidden=True):
            if entry.name.endswith(".gone") or time.time() - entry.stat().st_mtime > _ABANDONED:
                shutil.rmtree(entry.path, ignore_errors=True)


def _folders(folder: Path, *, hidden: bool = False) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name.startswith(".") == hidden]
    except OSError:
        return []


def _linked(before: Path, copy: Path) -> bool:
    try:
        os.link(before, copy)
    except OSError:
        return False
    return True


def _write(path: Path, data: bytes, durable: bool) -> None:
    with path.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _size(folder: Path, seen: set[tuple[int, int]]) -> int:
    size = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                status = os.lstat(os.path.join(path, name))
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    size += status.st_size
    return size
