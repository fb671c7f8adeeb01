"""Real Asterisk, with a FastAGI server in the test's hand and prompts that espeak-ng speaks."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from tests.phones import g711
from tests.phones.agi_desk import AgiDesk
from tests.phones.fixtures import RealAsterisk, agi_port, asterisk, sip_lines, trunk_peers, unavailable

__all__ = ["agi_port", "asterisk", "sip_lines", "trunk_peers"]

Speaker = Callable[..., NDArray[np.float64]]


@pytest.fixture
def desk(asterisk: RealAsterisk) -> Iterator[AgiDesk]:
    """Where the calls of this test arrive."""
    with AgiDesk(asterisk.agi_port) as listening:
        yield listening


@pytest.fixture(scope="session")
def speak() -> Speaker:
    """`speak(text, language)`: 8 kHz samples between -1 and 1."""
    if shutil.which("espeak-ng") is None:
        unavailable("espeak-ng")

    def say(text: str, language: str = "en") -> NDArray[np.float64]:
        spoken = subprocess.run(["espeak-ng", "-v", language, "--stdout", text], capture_output=True, check=True).stdout
        samples, rate = soundfile.read(io.BytesIO(spoken))
        return np.asarray(soxr.resample(samples, rate, g711.RATE), dtype=np.float64)

    return say


@pytest.fixture
def prompt(tmp_path: Path) -> Callable[[str, NDArray[np.float64]], str]:
    """`prompt(name, samples)`: writes a prompt file; its path as Asterisk takes it, without the ending."""

    def write(name: str, samples: NDArray[np.float64]) -> str:
        (tmp_path / f"{name}.alaw").write_bytes(g711.encode((samples * 20000).astype(np.int16)))
        return str(tmp_path / name)

    return write
