"""unpack.sh as far as it goes without a network: what it refuses, and that it does nothing twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "debian" / "unpack.sh"

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="not a Debian: no apt-get")


def unpack(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, env=os.environ | settings, timeout=60)


def test_usage() -> None:
    assert unpack("somewhere", "sid").returncode == 2


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    tree = tmp_path / "two words"
    tree.mkdir()
    (tree / ".unpacked").write_text("sid asterisk\n")
    done = unpack(str(tree), "sid", "asterisk", DEBIAN_MIRROR="http://127.0.0.1:1/debian")
    assert (done.returncode, done.stdout) == (0, "two words: already there (sid asterisk)\n")


def test_a_mirror_that_is_not_there(tmp_path: Path) -> None:
    done = unpack(str(tmp_path / "tree"), "sid", "asterisk", DEBIAN_MIRROR="http://127.0.0.1:1/debian")
    assert done.returncode == 1
    assert "tree: the package list of sid could not be had from http://127.0.0.1:1/debian" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tree.lock"], "nothing half done stays behind"


def test_no_keys_no_download(tmp_path: Path) -> None:
    done = unpack(str(tmp_path / "tree"), "sid", "asterisk", DEBIAN_KEYRING=str(tmp_path / "none"))
    assert done.returncode == 1
    assert "no Debian keys" in done.stderr
