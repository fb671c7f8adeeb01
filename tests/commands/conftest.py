"""Every command of these tests runs in a data folder of its own, on a standing clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_CLOCK", "2026-11-22T12:00:00+04:00")
    return tmp_path / "home"
