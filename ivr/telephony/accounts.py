"""Softphone logins: one per line, the user name is the MSISDN, the password is made at first run and kept in one file."""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ivr.engine.values import Secret

FILE_NAME = "sip-accounts.json"

# People type these into a telephone: no capitals, nothing that looks like something else. 16 of 32 signs are 80 bits.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH = 16

SHORTEST_LOGIN = 3
"""Digits of the shortest login: a person whom calls are handed to may have a short number, 111."""
_MSISDN = re.compile(rf"[0-9]{{{SHORTEST_LOGIN},15}}")


class AccountsError(Exception):
    """The file of logins cannot be used; the message says which and why."""


def ensure_accounts(home: Path, msisdns: Iterable[str]) -> dict[str, Secret]:
    """A password for each of `msisdns` (digits, international, no plus), in their order; those of earlier runs stay as they were.

    New ones are added to `<home>/sip-accounts.json` (mode 600), written whole or not at all. Lines no longer asked for keep
    their entry, so that a line that comes back finds its password again, but are not in the result.
    `ValueError` for what is no MSISDN, `AccountsError` where the file is not what we wrote.
    """
    wanted = list(dict.fromkeys(msisdns))
    for msisdn in wanted:
        if not _MSISDN.fullmatch(msisdn):
            raise ValueError(f"not an MSISDN or short number of 3 to 15 digits: {msisdn!r}")
    path = home / FILE_NAME
    known = _read(path)
    missing = [msisdn for msisdn in wanted if msisdn not in known]
    if missing:
        known.update((msisdn, _new_password()) for msisdn in missing)
        _write(path, known)
    return {msisdn: Secret(known[msisdn]) for msisdn in wanted}


def _new_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        known = json.loads(text)
    except ValueError as error:
        raise AccountsError(f"{path} is not JSON ({error}); move it away and new passwords are made") from None
    # A password with a line break or a semicolon would become configuration of Asterisk.
    if not isinstance(known, dict) or not all(
        _MSISDN.fullmatch(msisdn) and isinstance(password, str) and re.fullmatch(r"[A-Za-z0-9]{8,64}", password)
        for msisdn, password in known.items()
    ):
        raise AccountsError(f"{path} must map MSISDNs to passwords of 8 to 64 letters and digits")
    return known


def _write(path: Path, known: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 600 from the start: there is no moment at which others could open it.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
