"""The examples of docs/scenarios.md are played as they stand there."""

from __future__ import annotations

import re
import textwrap

import pytest

from ivr.scenarios.model import ACTS, EXPECTATIONS
from ivr.scenarios.read import FILE_KEYS, KEYS
from ivr.settings import ROOT
from tests.scenarios.helping import Folder, problems

PAGE = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0][:40])
def test_the_examples_pass(folder: Folder, example: str) -> None:
    if example.startswith("- "):
        folder.steps(example)
    elif example.startswith("now:"):
        folder.write(example)
    else:
        folder.write('now: "2026-11-22 12:00"\nscenarios:\n' + textwrap.indent(example, "  "))
    results = folder.run()
    assert results and [problem for result in results for problem in problems(result)] == []


def test_every_key_is_told() -> None:
    told = set(re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE))
    named = {name for cell in told for name in re.findall(r"`(\w+)`", cell)}
    assert {*FILE_KEYS, *KEYS, "as", "text", *ACTS, *EXPECTATIONS} - named == set()
