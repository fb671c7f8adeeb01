"""Running `ivr` inside the test's own process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivr import cli


def ivr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `ivr WORDS`."""
    capsys.readouterr()
    try:
        code = cli.main(words)
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    code, out, err = ivr(capsys, *words, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert isinstance(found, list)
    return found
