"""Every fault there is, each with several causes: `tests/data/broken/CODE/cause.yaml`, exactly where it must be seen and nothing besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.catalog.broken import CORPUS, Case, cases, faults_of, place_of

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"\b[EW][0-9]{3}\b")
ELSEWHERE = {"E081": "tests/catalog/test_releases.py"}
"""Codes that no folder alone brings about, and the tests that do."""
ONE_SENTENCE = frozenset(["E025", "E032"])
"""Codes whose message is the same whatever the cause."""


def codes() -> set[str]:
    """Every code that stands anywhere in the sources."""
    return {code for path in (ROOT / "ivr").rglob("*.py") for code in CODE.findall(path.read_text("utf-8").replace("noqa: E731", ""))}


def test_the_base_is_whole(tmp_path: Path) -> None:
    # an empty case: no edits, no faults
    (tmp_path / "E000").mkdir()
    (tmp_path / "E000" / "nothing.yaml").write_text("faults: []\n")
    assert faults_of(Case(tmp_path / "E000" / "nothing.yaml"), tmp_path / "home") == []


def test_the_base_is_whole_in_russian_too(tmp_path: Path) -> None:
    (tmp_path / "E000").mkdir()
    (tmp_path / "E000" / "russian.yaml").write_text("edits: [{file: operator.yaml, find: 'offered: [en]', put: 'offered: [en, ru]'}]\n")
    assert faults_of(Case(tmp_path / "E000" / "russian.yaml"), tmp_path / "home") == []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_broken_folder(case: Case, tmp_path: Path) -> None:
    found = faults_of(case, tmp_path)
    assert [f"{fault.file}:{fault.line}:{fault.column} {fault.code}" for fault in found] == case.read()["faults"]
    assert case.code in {fault.code for fault in found}
    for fault in found:
        assert fault.message and "\n" not in fault.message and not fault.message.endswith("."), fault
        # the place is one that an editor can go to
        path = place_of(tmp_path, fault.file.rpartition("/")[2] if fault.file.endswith((".po", "services.yaml")) else fault.file)
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
        assert fault.line <= len(lines) and fault.column <= len(lines[fault.line - 1]) + 1, fault


def test_every_code_has_two_causes_that_are_told_apart(tmp_path: Path) -> None:
    messages: dict[str, dict[str, str]] = {code: {} for code in codes()}
    for number, case in enumerate(cases()):
        found = faults_of(case, tmp_path / str(number))
        messages.setdefault(case.code, {})[case.name] = next(fault.message for fault in found if fault.code == case.code)
    for code, causes in messages.items():
        if code in ELSEWHERE:
            assert code in (ROOT / ELSEWHERE[code]).read_text("utf-8")
            continue
        assert len(causes) >= 2, f"{code} has the causes {sorted(causes)} in {CORPUS}"
        assert code in ONE_SENTENCE or len(set(causes.values())) >= 2, f"{code} says the same of all: {causes}"


def test_every_code_is_documented() -> None:
    table = (ROOT / "docs" / "faults.md").read_text("utf-8")
    documented = re.findall(r"(?m)^\| ([EW][0-9]{3}) \|", table)
    assert sorted(documented) == sorted(codes()), "docs/faults.md has a row for every code, and for no other"


def test_no_message_of_the_corpus_leaves_an_author_alone(tmp_path: Path) -> None:
    """A misspelt name is answered by the right one."""
    for name in (
        "E012/misspelt",
        "E013/fee",
        "E014/service",
        "E022/misspelt_name",
        "E026/misspelt_word",
        "E041/misspelt",
        "E010/unknown_key",
    ):
        code, _, cause = name.partition("/")
        found = faults_of(Case(CORPUS / code / f"{cause}.yaml"), tmp_path / code / cause)
        assert any("did you mean" in fault.message for fault in found if fault.code == code), name
