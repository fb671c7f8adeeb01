"""Whether anything on disk has changed since the last look, told from the files' times and sizes: a look takes about a millisecond."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ivr.catalog.kept import Kept

SETTLED = 0.03
"""Seconds between two looks that must find the same: an editor that is at work is waited for."""
PATIENCE = 1.0
"""Seconds after which menus that change without end are taken as they are."""

Status = tuple[str, int, int, int]
Look = list[Status]


class Lookout:
    """Looks at what commands made current, and at menu files and catalogs where a folder of them is given."""

    def __init__(self, kept: Kept, menus: Path | None, locales: Path | None) -> None:
        self._kept, self._menus, self._locales = kept, menus, locales

    def look(self) -> Look:
        """What is there now, to be compared with another look."""
        looked = [_status(path) for path in self._kept.markers()]
        for folder in _folders(self._menus):
            looked += _files(folder, ".yaml")
        if self._menus is not None:
            looked += _files(str(self._menus), ".yaml")
        for folder in _folders(self._locales):
            looked.append(_status(Path(folder) / "LC_MESSAGES" / "messages.po"))
        return sorted(status for status in looked if status is not None)

    def settled(self, look: Look) -> Look:
        """What is there once it no longer changes: a file may be half written."""
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            time.sleep(SETTLED)
            later = self.look()
            if later == look:
                break
            look = later
        return look


def _status(path: Path) -> Status | None:
    try:
        status = path.lstat()  # a link is a fault, to whatever it leads
    except OSError:
        return None
    return str(path), status.st_mtime_ns, status.st_size, status.st_ino


def _folders(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir()]
    except OSError:
        return []


def _files(folder: str, suffix: str) -> list[Status]:
    looked = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(suffix) and not entry.name.startswith("."):
                    status = entry.stat(follow_symlinks=False)
                    looked.append((entry.path, status.st_mtime_ns, status.st_size, status.st_ino))
    except OSError:
        pass  # the next look finds what is there then
    return looked
