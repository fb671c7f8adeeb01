"""The examples of docs/menu-language.md are compiled as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.catalog.shapes import SHAPES
from tests.catalog.test_compile_faults import OPERATOR

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "menu-language.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
HOUSE = OPERATOR.replace("fees: {balance: {", 'fees: {balance: {sms: "0.10", ')
HOUSE = HOUSE.replace("sessions: {", "sms: {parts: 6}\nsessions: {")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_an_example_has_no_faults(example: str, tmp_path: Path) -> None:
    folder = tmp_path / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(HOUSE, "utf-8")
    (folder / "example.yaml").write_text(example, "utf-8")
    found = compile_operator(folder, tmp_path / "locales")
    assert found.model is not None and [str(fault) for fault in found.errors] == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("shape", ["file", "entry", "menu", "field", "get", "list", "choose", "choice", "tries", "outcome", "operator"])
def test_every_key_is_on_the_page(shape: str) -> None:
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]*)`", PAGE))))
    assert set(SHAPES[shape]) - named == set()
