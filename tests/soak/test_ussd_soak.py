"""A long stretch of USSD dialogs against a real server: every answer right, memory level, the books without a difference."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.bench_ussd import CONNECTIONS, our_server
from bench.load import dial, drive

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "100000"))
GROWTH_MB = 30


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.soak
def test_many_dialogs(tmp_path: Path) -> None:
    with our_server(tmp_path) as (target, pid):
        expected = asyncio.run(dial(target))
        asyncio.run(drive(target, pid, REQUESTS // 5, CONNECTIONS, expected))
        before = resident_mb(pid)
        for _ in range(4):
            measured = asyncio.run(drive(target, pid, REQUESTS // 5, CONNECTIONS, expected))
            print(
                f"{measured.requests} requests, {measured.per_cpu_second:,.0f} per CPU second, p99 {measured.p99_ms:.1f} ms, {resident_mb(pid):.0f} MB"
            )
        assert resident_mb(pid) - before < GROWTH_MB
    environment = {**os.environ, "IVR_HOME": str(tmp_path / "home")}
    audit = subprocess.run(
        [sys.executable, "-m", "ivr", "ledger", "audit"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
