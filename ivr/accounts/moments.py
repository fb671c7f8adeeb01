"""Moments as the books write them: ISO 8601 in UTC with six decimals, so that text sorts by time."""

from __future__ import annotations

import datetime


def moment_text(at: datetime.datetime) -> str:
    """The text of the aware moment `at`: `2026-11-22T08:00:00.000000+00:00`."""
    return at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
