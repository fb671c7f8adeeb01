"""Plain files of bounded size: nothing else is opened, however it came to stand among the menus."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST_FILE = 1_000_000
"""Bytes a menu file may have."""


class Refused(Exception):
    """A file that is not read. The text tells the author why."""


def content(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The bytes of a plain file. Raises Refused for a link, a pipe, a device, a folder, and for more than `largest` bytes; OSError.

    A pipe would hold the reader for good and a device would never end, so neither is opened; a file that grows while it is read is left
    off behind the largest size.
    """
    status = path.lstat()
    _refuse(status, largest)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:
        _refuse(os.fstat(descriptor), largest)  # it may have been exchanged since
        pieces, total = [], 0
        while piece := file.read(min(status.st_size, largest) + 1):
            pieces.append(piece)
            total += len(piece)
            if total > largest:
                raise Refused(f"the file has more than the {largest:,} bytes that are allowed. Split it into several menu files")
    return b"".join(pieces)


def _refuse(status: os.stat_result, largest: int) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Refused("this is a link out of the menu folder; put the file itself here")
    if not stat.S_ISREG(status.st_mode):
        raise Refused("this is no plain file; a menu file is one")
    if status.st_size > largest:
        raise Refused(f"the file has {status.st_size:,} bytes; {largest:,} are allowed. Split it into several menu files")


def plain_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """What `content` gives; nothing where it raises."""
    try:
        return content(path, largest)
    except (OSError, Refused):
        return b""
