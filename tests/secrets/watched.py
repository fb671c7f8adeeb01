"""Runs `ivr` with everything logged that anything logs, and every process noted that it starts: `python watched.py LOG WORDS...`.

`CANARY_FAIL` names a file: while it is there, looking at a password fails in a way that nobody foresees. `CANARY_LEAK=1` breaks the masks, for
the control that shows that a search of the log would find a leak.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.startfile", "pty.spawn")
"""The audit events (Python's library reference, "Audit events table") of a process that is started."""


def main() -> int:
    """Watch, then run."""
    path, *words = sys.argv[1:]
    started = os.open(f"{path}.started", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(event: str, given: tuple[Any, ...]) -> None:
        if event in STARTS:
            os.write(started, f"{event} {given!r}\n".encode(errors="backslashreplace"))

    sys.addaudithook(note)
    logging.basicConfig(level=logging.DEBUG, filename=path, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.raiseExceptions = True
    _fail_on_order()
    if os.environ.get("CANARY_LEAK"):
        _leak()
    sys.argv = ["ivr", *words]
    from ivr.cli import main as run

    return run(words)


def _fail_on_order() -> None:
    from ivr.accounts.passwords import Passwords

    real, flag = Passwords.verify, os.environ.get("CANARY_FAIL")

    def verify(self: Passwords, msisdn: str, service: str, secret: Any, stored: Any) -> bool:
        logging.getLogger("ivr").debug("a password of %s is looked at: %r", service, secret)
        if flag and Path(flag).exists():
            raise RuntimeError(f"forced to fail with {secret}, {secret!r} and {stored!r}")
        return real(self, msisdn, service, secret, stored)

    Passwords.verify = verify  # type: ignore[method-assign]


def _leak() -> None:
    from ivr.engine.values import Secret
    from ivr.services.embedded import EmbeddedServices

    real = EmbeddedServices.call

    def call(self: EmbeddedServices, line: Any, call: Any, now: Any) -> Any:
        logging.getLogger("ivr").debug("called with %r", dict(call.inputs))
        return real(self, line, call, now)

    Secret.__repr__ = lambda self: self.reveal()  # type: ignore[method-assign]
    EmbeddedServices.call = call  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())
