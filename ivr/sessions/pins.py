"""Which releases the sessions on disk are pinned to, read beside a server that writes them."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ivr.sessions.store import OLDEST

Pin = tuple[str, str]
"""Operator and release."""

_EACH = (
    "SELECT json_extract(body, '$.operator'), json_extract(body, '$.release'), json_extract(body, '$.state.waiting') = 'ended' FROM session"
    " WHERE json_valid(body) AND touched BETWEEN ? AND ?"
)


def pinned(sessions: Path, oldest: float = OLDEST, now: Callable[[], float] = time.monotonic) -> Counter[Pin]:
    """How many live sessions each release has; one with ended sessions only, whose last page may still be asked for, has 0.

    What a server would not take up again (`oldest`, in seconds) does not count. Raises sqlite3.Error where the file cannot be read.
    """
    counts: Counter[Pin] = Counter()
    if not sessions.exists():
        return counts
    moment = now()
    database = sqlite3.connect(f"{sessions.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
    try:
        for operator, release, ended in database.execute(_EACH, (moment - oldest, moment)):
            if isinstance(operator, str) and isinstance(release, str):
                counts[operator, release] += 0 if ended else 1
    finally:
        database.close()
    return counts
