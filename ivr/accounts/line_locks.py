"""One request of a line at a time, in all processes that share the books: a lock on one byte of a file, where the line's number says.

A lock of an open file (`F_OFD_SETLK`, Linux) goes when its process does, however it ends. The order is always the same: first the lock of
the process, then the file's, then the books; nobody ever holds two lines.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.accounts.port import BooksBusy

PATIENCE = 5.0
"""Seconds that a request waits for those of its line before it: as long as for another process's transaction."""
_LOOK = 0.003
"""Seconds between two looks at a byte that another process holds; the kernel's own waiting knows no time-out."""


@dataclass(slots=True)
class _Here:
    """A byte's lock within this process, and how many hold it or wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class LineLocks:
    """The locks in the file `path`, made at first use; it stays empty. `patience` in seconds."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path, self._patience = path, patience
        self._here: dict[int, _Here] = {}
        self._table = threading.Lock()

    @classmethod
    def beside(cls, books: Path, patience: float = PATIENCE) -> LineLocks:
        """The locks of the books in that file, for whoever shares the books."""
        return cls(books.with_suffix(".lines"), patience)

    @contextmanager
    def hold(self, msisdn: str) -> Iterator[None]:
        """Hold the line. Raises BooksBusy where others hold it for longer than `patience`, and OSError where the file cannot be opened."""
        until = time.monotonic() + self._patience
        byte = int.from_bytes(hashlib.blake2b(msisdn.encode(), digest_size=7).digest())
        with self._table:
            here = self._here.setdefault(byte, _Here())
            here.users += 1
        try:
            if not here.lock.acquire(timeout=self._patience):
                raise BooksBusy("other requests of the line take too long")
            try:
                with self._everywhere(byte, until):
                    yield
            finally:
                here.lock.release()
        finally:
            with self._table:
                here.users -= 1
                if not here.users:
                    del self._here[byte]

    @contextmanager
    def _everywhere(self, byte: int, until: float) -> Iterator[None]:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _set(file, fcntl.F_WRLCK, byte):
                if time.monotonic() >= until:
                    raise BooksBusy("a request of the line in another process takes too long")
                time.sleep(_LOOK)
            try:
                yield
            finally:
                # by itself: a process that was forked meanwhile holds the same open file, and closing it here would not let go
                _set(file, fcntl.F_UNLCK, byte)
        finally:
            os.close(file)


def _set(file: int, kind: int, byte: int) -> bool:
    """Lock or unlock one byte; False where another holds it. The record is `struct flock` of fcntl(2)."""
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("@hhqqi", kind, os.SEEK_SET, byte, 1, 0))
    except BlockingIOError:
        return False
    return True
