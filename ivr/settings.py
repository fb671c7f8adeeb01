"""What the environment says: folders, database, demo mode, clock. Read once, at the start, and handed on as a value."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent
ROOT = _HERE if (_HERE / "menus").is_dir() or (_HERE / "pyproject.toml").is_file() else Path.cwd()
"""The project's folder: where `var/` and `menus/` stand unless the environment says otherwise."""

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


class SettingsError(ValueError):
    """An environment variable that cannot be understood. The text names each of them, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    `home` is the data folder (IVR_HOME), `menus` the menu trees (IVR_MENUS), `database_url` where the books are
    (IVR_DATABASE_URL; SQLite in the data folder by default), `demo` whether demo mode is on (IVR_DEMO, on unless 0),
    `operator` the operator where a number alone does not decide (IVR_OPERATOR), `standing_clock` the business moment
    at which the clock stands (IVR_CLOCK, demo mode only), `slow_lookups` seconds by service (IVR_SLOW_LOOKUP, demo
    mode only), `retention_days` after how many days messages and the like are forgotten (IVR_RETENTION_DAYS).
    `ignored` names the variables that are set but count in demo mode only.
    """

    home: Path
    menus: Path
    database_url: str
    demo: bool = True
    operator: str | None = None
    standing_clock: datetime.datetime | None = None
    slow_lookups: Mapping[str, float] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    retention_days: int = 90

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings that `environment` (default: the process's own) gives. Raises SettingsError naming every fault at once."""
        source = os.environ if environment is None else environment
        faults: list[str] = []
        home = Path(source.get("IVR_HOME") or ROOT / "var").expanduser().absolute()
        demo = _switch(source.get("IVR_DEMO", ""), faults)
        ignored = () if demo else tuple(name for name in ("IVR_CLOCK", "IVR_SLOW_LOOKUP") if source.get(name))
        settings = cls(
            home=home,
            menus=Path(source.get("IVR_MENUS") or ROOT / "menus").expanduser().absolute(),
            database_url=_database(source.get("IVR_DATABASE_URL", ""), home, faults),
            demo=demo,
            operator=source.get("IVR_OPERATOR") or None,
            standing_clock=_moment(source.get("IVR_CLOCK", ""), faults) if demo else None,
            slow_lookups=_slow(source.get("IVR_SLOW_LOOKUP", ""), faults) if demo else {},
            ignored=ignored,
            retention_days=_days(source.get("IVR_RETENTION_DAYS", ""), faults),
        )
        if faults:
            raise SettingsError("; ".join(faults))
        return settings


def _switch(text: str, faults: list[str]) -> bool:
    if not text or text.lower() in _YES:
        return True
    if text.lower() not in _NO:
        faults.append(f"IVR_DEMO={text!r}: write 0 (no demo lines, no standing clock) or 1")
    return False


def _days(text: str, faults: list[str]) -> int:
    if not text:
        return 90
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or int(text) < 1:
        faults.append(f"IVR_RETENTION_DAYS={text!r}: write a whole number of days, 1 to 99999")
        return 90
    return int(text)


def _database(text: str, home: Path, faults: list[str]) -> str:
    if not text:
        return f"sqlite:///{home / 'books.db'}"
    if not text.startswith("sqlite:///"):
        # The address may hold a password, so only its scheme is named.
        faults.append(
            f"IVR_DATABASE_URL: the books are kept in SQLite for now (sqlite:////path/books.db), not in {text.partition(':')[0]!r}"
        )
    elif text in ("sqlite:///", "sqlite:///:memory:"):
        faults.append("IVR_DATABASE_URL: the books need a file (sqlite:////path/books.db): several processes share them")
    return text


def _moment(text: str, faults: list[str]) -> datetime.datetime | None:
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        faults.append(f"IVR_CLOCK={text!r} is no moment: write it as 2026-11-22T12:00:00+04:00")
        return None
    if moment.tzinfo is None:
        faults.append(f"IVR_CLOCK={text!r} lacks its offset from UTC: write it as 2026-11-22T12:00:00+04:00")
        return None
    return moment


def _slow(text: str, faults: list[str]) -> dict[str, float]:
    slow: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        service, sign, seconds = part.partition("=")
        try:
            slow[service.strip()] = float(seconds)
            good = bool(sign and service.strip()) and 0 <= float(seconds) <= 600
        except ValueError:
            good = False
        if not good:
            faults.append(f"IVR_SLOW_LOOKUP={text!r}: write a service and its seconds, 0 to 600: accounts.balance=2.0")
            break
    return slow
