"""Feature switches that are turned by hand, beside what operator.yaml says: one small file in the data folder, looked at cheaply.

They act at once and in running sessions too, whatever release these are pinned to.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

log = logging.getLogger("ivr.sessions")
LOOK = 0.25
"""Seconds between two looks at the file at the most."""
FILE_NAME = "switches.json"

Turned = Mapping[str, Mapping[str, bool]]
"""By operator, the switches turned by hand."""


class SwitchesError(Exception):
    """The file of switches cannot be used; the message says which and why."""


class SwitchFile:
    """The switches turned by hand in `path`. A file that cannot be read changes nothing: what was known before holds."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.path, self._monotonic = path, monotonic
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._signature: tuple[int, int, int] | None = None
        self._turned: Turned = {}

    def of(self, operator: str) -> Mapping[str, bool]:
        """The switches of one operator as they are turned now, at most `LOOK` seconds ago."""
        now = self._monotonic()
        if not self._looked <= now < self._looked + LOOK:
            with self._lock:
                self._looked = now
                self._look()
        return self._turned.get(operator, {})

    def _look(self) -> None:
        try:
            status = self.path.stat()
        except OSError:
            self._signature, self._turned = None, {}
            return
        signature = (status.st_mtime_ns, status.st_size, status.st_ino)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._turned = read(self.path)
        except SwitchesError as error:
            log.error("%s; the switches stay as they were", error)


def read(path: Path) -> dict[str, dict[str, bool]]:
    """What the file says; empty where there is none. Raises SwitchesError."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SwitchesError(f"{path} cannot be read ({type(error).__name__})") from None
    try:
        found = json.loads(text)
        good = all(type(on) is bool for switches in found.values() for on in switches.values())
    except (ValueError, AttributeError, RecursionError):
        good = False
    if not good:
        raise SwitchesError(f'{path} is not what `ivr switch` writes, such as {{"azercell": {{"push": false}}}}; move it away')
    return {operator: dict(switches) for operator, switches in found.items()}


def turn(path: Path, operator: str, name: str, on: bool | None) -> None:
    """Turn a switch by hand; `on` None: as operator.yaml says again. Whole or not at all. Raises SwitchesError, OSError."""
    with _alone(path):
        turned = read(path)
        switches = turned.setdefault(operator, {})
        if on is None:
            switches.pop(name, None)
        else:
            switches[name] = on
        kept = {operator: switches for operator, switches in turned.items() if switches}
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file, indent=1, sort_keys=True)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two commands at once turn one switch after the other, and neither loses the other's."""
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
