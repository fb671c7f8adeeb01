"""From INVITE to the first sound: A1 beside a plain Answer and Playback of the same file on the same Asterisk.

Measured by a telephone of our own over real sockets, one call after the other, both kinds in turn; the login's 401 and the second
INVITE are in both figures.
"""

from __future__ import annotations

import statistics
import time

from bench.load import LoadError
from bench.rows import Row
from bench.servers import prepaid_lines
from bench.telephone import NUMBER, PLAIN, Exchange, exchange

CALLS = 40
WARM_UP = 4


def bench() -> list[Row]:
    """Medians, and their difference."""
    with exchange(2) as there:
        figures: dict[str, list[float]] = {NUMBER: [], PLAIN: []}
        for turn in range(WARM_UP + CALLS):
            for number, found in figures.items():
                milliseconds = _first_sound(there, number)
                if turn >= WARM_UP:
                    found.append(milliseconds)
    ours, plain = (statistics.median(figures[number]) for number in (NUMBER, PLAIN))
    late = [sorted(figures[number])[len(figures[number]) * 9 // 10] for number in (NUMBER, PLAIN)]
    return [
        Row("invite to first sound, A1: median", ours, plain, "ms", False, "plain dialplan"),
        Row("invite to first sound, A1: nine of ten within", late[0], late[1], "ms", False, "plain dialplan"),
        Row("invite to first sound, A1: what the menus add", ours - plain, None, "ms", False),
    ]


def _first_sound(there: Exchange, number: str) -> float:
    """Milliseconds from the INVITE's departure to the first packet that is not silence."""
    with there.phone(prepaid_lines(1)[0]) as phone:
        call = phone.dial(number)
        if not call.wait_audio() or call.first_audio_at is None:
            raise LoadError(f"a call to {number} heard nothing, status {call.status}")
        milliseconds = (call.first_audio_at - call.dialled_at) * 1000
        call.hang_up()
    time.sleep(0.02)
    return milliseconds
