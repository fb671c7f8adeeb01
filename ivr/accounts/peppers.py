"""The pepper: a key outside the books, without which a copy of the books tells nothing about passwords.

It stands in the data folder as lines `VERSION HEX`, readable by its owner alone. The highest version makes new hashes, any version in the
file checks the hashes made with it; so a pepper is replaced by adding a line, and an old line may go when no hash names it any more.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

log = logging.getLogger(__name__)
BYTES = 32
"""Length of a pepper, that of the digest it keys (RFC 2104, section 3)."""
_LINE = re.compile(r"([1-9][0-9]{0,8}) +([0-9a-f]{64})", re.ASCII)


class PepperMissing(OSError):
    """The pepper that a hash was made with is not there: no password can be checked until it is put back."""


class Peppers:
    """The peppers in the file `path`. `used` says whether the books have a hash already: then a missing file is never made anew."""

    def __init__(self, path: Path, used: Callable[[], bool]) -> None:
        self._path, self._used = path, used
        self._known: Mapping[int, bytes] = {}
        self._reading = threading.Lock()

    def ready(self) -> bool:
        """Make the file on the first run; whether there is a pepper. A missing or broken one is an error in the log, nothing is raised."""
        try:
            self.newest()
        except PepperMissing:
            return False
        return True

    def newest(self) -> tuple[int, bytes]:
        """The version that makes new hashes, and its key. Raises PepperMissing."""
        known = self._known or self._read()
        version = max(known)
        return version, known[version]

    def of(self, version: int) -> bytes:
        """The key of that version. Raises PepperMissing."""
        if version not in self._known:  # another process may have added it
            self._read()
        if version not in self._known:
            log.error("%s has no pepper of version %d, and hashes were made with it: put the line back", self._path, version)
            raise PepperMissing
        return self._known[version]

    def _read(self) -> Mapping[int, bytes]:
        with self._reading:
            try:
                return self._found()
            except PepperMissing:
                raise
            except OSError as error:
                log.error("the pepper %s can be neither read nor made: %s; no password can be checked", self._path, error.strerror)
                raise PepperMissing from None

    def _found(self) -> Mapping[int, bytes]:
        if not self._path.exists():
            if self._used():
                log.error("the pepper %s is missing, and passwords were hashed with it: put the file back; none can be checked", self._path)
                raise PepperMissing
            self._make()
        found: dict[int, bytes] = {}
        for number, line in enumerate(self._path.read_text("utf-8", "replace").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if (match := _LINE.fullmatch(line.strip())) is None or int(match[1]) in found:
                log.error("%s, line %d: a pepper is a version of its own and %d hexadecimal digits", self._path, number, 2 * BYTES)
                raise PepperMissing
            found[int(match[1])] = bytes.fromhex(match[2])
        if not found:
            log.error("the pepper %s is empty: put the file back", self._path)
            raise PepperMissing
        if self._path.stat().st_mode & 0o077:
            log.warning("the pepper %s can be read by others: chmod 600", self._path)
        self._known = found
        return found

    def _make(self) -> None:
        """Write the first version, whole from the moment it can be seen, and on the disk before anything is hashed with it."""
        handle, partial = tempfile.mkstemp(dir=self._path.parent, prefix=".pepper-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write("# Keys of the passwords' hashes. Keep a copy apart from that of the books; without it no password works.\n")
                file.write(f"1 {secrets.token_hex(BYTES)}\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, self._path)
        except FileExistsError:
            pass  # another process was first
        finally:
            os.unlink(partial)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
