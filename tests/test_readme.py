"""What the README shows is what the commands print (`...` stands for anything), on the day of its figures."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ \.venv/bin/(ivr .*)\n((?:.*\n)*?)```$", README, flags=re.MULTILINE)


def test_the_readme_shows_a_code_a_call_and_an_sms() -> None:
    assert [command.split()[1] for command, _ in SHOWN] == ["ussd", "call", "sms"]


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command.split()[1] for command, _ in SHOWN])
def test_it_prints_what_is_shown(command: str, shown: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    environment |= {"IVR_HOME": str(tmp_path / "home"), "IVR_CLOCK": "2026-11-22T12:00:00+04:00", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "ivr", *shlex.split(command)[1:]],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    pattern = re.escape(shown.rstrip("\n")).replace(re.escape("..."), ".*")
    assert re.fullmatch(pattern, done.stdout.rstrip("\n"), flags=re.DOTALL), f"the README is behind; it prints:\n{done.stdout}"
    if "--wav" in command:
        assert (tmp_path / "call.wav").stat().st_size > 100_000


def test_the_menu_shown_is_in_the_tree() -> None:
    (shown,) = re.findall(r"^```yaml\n((?:.*\n)*?)```$", README, flags=re.MULTILINE)
    menus, tree = (yaml.safe_load(text) for text in (shown, (ROOT / "menus/azercell/prepaid.yaml").read_text(encoding="utf-8")))
    assert all(entry in tree["entries"] for entry in menus["entries"])
    assert {name: tree["menus"][name] for name in menus["menus"]} == menus["menus"]
