"""USSD dialogs that are charged and calls by the stand-in, mixed for a long time: every page and call right, the books whole, memory level."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.bench_ussd import CHARGED, FEE, Pages, money
from bench.load import Target, dial, drive
from bench.servers import OPENING, memory_mb, our_server, prepaid_lines
from bench.telephone import a1
from ivr.sessions.runner import TOMBSTONE

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
LEVEL = TOMBSTONE + 120
"""From here on as many sessions are forgotten as begin."""
GROWTH = 1.1
CONNECTIONS, REQUESTS, CALLS, PACE = 32, 300, 10, 2.0
"""So many requests and calls in every PACE seconds."""


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 600)
def test_charged_dialogs_and_calls_together(tmp_path: Path) -> None:
    lines = prepaid_lines(CONNECTIONS + CALLS + 1)
    code, steps = CHARGED
    with our_server(tmp_path, lines) as server:
        texts = asyncio.run(dial(Target("127.0.0.1", server.port, service_code=code, lines=lines[:1]), steps))
        pages = Pages([*texts[:2], texts[2].replace(money(OPENING - FEE), "{balance}")])
        target = Target("127.0.0.1", server.port, service_code=code, lines=lines[1 : CONNECTIONS + 1])

        async def both() -> None:
            calls = [a1(server, line) for line in lines[CONNECTIONS + 1 :]]
            await asyncio.gather(drive(target, server.pid, REQUESTS, CONNECTIONS, pages, steps), *calls)

        begun, level, rounds = time.monotonic(), None, 0
        while (passed := time.monotonic() - begun) < SECONDS:
            asyncio.run(both())
            rounds += 1
            if level is None and passed > LEVEL:
                level = memory_mb(server.pid)
            time.sleep(max(0.0, begun + passed + PACE - time.monotonic()))
        end = memory_mb(server.pid)
        print(
            f"{rounds * REQUESTS} requests and {rounds * CALLS} calls in {SECONDS:g} s; {level or 0:.0f} MB when level, {end:.0f} MB at the end"
        )
        assert level is None or end < level * GROWTH
    environment = {**os.environ, "IVR_HOME": str(tmp_path / "home")}
    audit = [sys.executable, "-m", "ivr", "ledger", "audit"]
    done = subprocess.run(audit, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
