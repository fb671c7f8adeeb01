"""CPU of a complete A1 call: dial 2112, listen to figures and menu to the end, hang up.

First our process alone, with the stand-in caller, whose media takes no time. Then real calls, `AT_ONCE` together, the CPU of Asterisk
and ours apart, beside a twin of that Asterisk that plays the same file from a plain dialplan in the same minute. A call counts only if it
was heard to its end.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from bench.load import LoadError
from bench.rows import Row
from bench.servers import prepaid_lines
from bench.telephone import NUMBER, PLAIN, Exchange, a1, exchange, own_cpu

AT_ONCE = 20
STAND_IN_CALLS = 200
RUNS = 2
IDLE = 4.0


def bench() -> list[Row]:
    """One row a figure."""
    with exchange(AT_ONCE) as there:
        alone = statistics.median(_stand_ins(there) for _ in range(5))
        runs = [_real(there) for _ in range(RUNS)]
        asterisk, own, plain = (statistics.median(run[part] for run in runs) for part in range(3))
    peer = f"plain dialplan, the same file of {there.seconds:.1f} s"
    return [
        Row("call, A1 by the stand-in: CPU of our process", alone, None, "ms", False),
        Row(f"call, A1 on Asterisk, {AT_ONCE} at once: CPU of Asterisk", asterisk, plain, "ms", False, peer),
        Row(f"call, A1 on Asterisk, {AT_ONCE} at once: CPU of our process", own, None, "ms", False),
        Row(f"call, A1 on Asterisk, {AT_ONCE} at once: both together", asterisk + own, plain, "ms", False, peer),
    ]


def _stand_ins(there: Exchange) -> float:
    """CPU ms of our process for one call."""

    async def storm() -> None:
        lines = prepaid_lines(AT_ONCE)
        for first in range(0, STAND_IN_CALLS, AT_ONCE):
            await asyncio.gather(*(a1(there.server, lines[number]) for number in range(min(AT_ONCE, STAND_IN_CALLS - first))))

    before = own_cpu(there.server.pid)
    asyncio.run(storm())
    return (own_cpu(there.server.pid) - before) * 1000 / STAND_IN_CALLS


def _real(there: Exchange) -> tuple[float, ...]:
    """CPU ms for one call: of Asterisk, of ours, of an Asterisk that plays the file by itself at the same time; less what each uses idle."""
    before = there.cpu()
    time.sleep(IDLE)
    idle = [(end - begin) / IDLE for begin, end in zip(before, there.cpu(), strict=True)]
    phones = [(there.phone(line, twin), PLAIN if twin else NUMBER) for line in prepaid_lines(AT_ONCE) for twin in (False, True)]
    try:
        before, begun = there.cpu(), time.monotonic()
        calls = []
        for phone, number in phones:
            calls.append((phone.dial(number, wait=False), number))
            time.sleep(0.02)
        for call, number in calls:
            if not call.wait_answered() or not call.wait_audio() or not call.wait_silence(1.0, there.seconds + 20):
                raise LoadError(f"a call to {number} ended with status {call.status} before it was heard to its end")
        for call, number in calls:
            heard = (call.last_audio_at or 0) - (call.first_audio_at or 0)
            if abs(heard - there.seconds) > 2:
                raise LoadError(f"a call to {number} heard {heard:.1f} s of {there.seconds:.1f}")
            call.hang_up()
        time.sleep(0.3)
        after, seconds = there.cpu(), time.monotonic() - begun
    finally:
        for phone, _ in phones:
            phone.close()
    return tuple((end - begin - rest * seconds) * 1000 / AT_ONCE for begin, end, rest in zip(before, after, idle, strict=True))
