"""A long stretch of USSD dialogs against a real server: every page right, memory level once old sessions are forgotten, the books whole."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.load import Target, dial, drive
from bench.servers import memory_mb, our_server, postpaid_lines
from ivr.sessions.runner import TOMBSTONE

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
LEVEL = TOMBSTONE + 120
"""From here on as many sessions are forgotten as begin."""
GROWTH = 1.1
CODE, STEPS = "*650#", ("", "3", "3*0")
CONNECTIONS, EACH, PACE = 32, 600, 2.0
"""EACH requests in every PACE seconds."""


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 600)
def test_many_dialogs(tmp_path: Path) -> None:
    lines = postpaid_lines(CONNECTIONS + 1)
    with our_server(tmp_path, postpaid=lines) as server:
        texts = asyncio.run(dial(Target("127.0.0.1", server.port, service_code=CODE, lines=lines[:1]), STEPS))
        target = Target("127.0.0.1", server.port, service_code=CODE, lines=lines[1:])
        begun, level = time.monotonic(), None
        while (passed := time.monotonic() - begun) < SECONDS:
            asyncio.run(drive(target, server.pid, EACH, CONNECTIONS, lambda _line, step: texts[step].encode(), STEPS))
            if level is None and passed > LEVEL:
                level = memory_mb(server.pid)
            time.sleep(max(0.0, begun + passed + PACE - time.monotonic()))
        end = memory_mb(server.pid)
        print(f"{SECONDS:g} s, {level or 0:.0f} MB when level, {end:.0f} MB at the end")
        assert level is None or end < level * GROWTH
    environment = {**os.environ, "IVR_HOME": str(tmp_path / "home")}
    audit = [sys.executable, "-m", "ivr", "ledger", "audit"]
    done = subprocess.run(audit, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
