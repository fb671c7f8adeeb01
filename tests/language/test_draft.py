"""The trees that came with the draft of the language, played over the embedded services: cards and grants at one operator, SMS-money at
another."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.scenarios.suite import Suite, opened, run_scenario
from ivr.scenarios.transcript import difference
from ivr.settings import ROOT

MENUS = ROOT / "tests" / "data" / "draft" / "menus"
OPERATORS = ("azercell", "tcell")


def no_catalogs(menus: Path) -> Path:
    """Where the draft's catalogs would be. It has none: it is said in English, whatever the line's language."""
    return menus.parent / "locales"


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    releases = logging.getLogger("ivr.releases")
    before = releases.level
    releases.setLevel(logging.ERROR)  # hundreds of lines about translations that these trees do not have
    try:
        with opened(MENUS, no_catalogs) as found:
            assert not found.faults, "\n".join(map(str, found.faults))
            yield found
    finally:
        releases.setLevel(before)


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_tree_has_no_fault_but_missing_translations(operator: str) -> None:
    compiled = compile_operator(MENUS / operator, no_catalogs(MENUS))
    assert compiled.model is not None
    assert {fault.code for fault in compiled.faults} == {"E070"}


def test_every_scenario_passes(suite: Suite) -> None:
    results = [run_scenario(suite.stage, scenario, to_the_end=True) for scenario in suite.scenarios]
    failed = [
        f"{result.scenario.title}\n"
        + "\n".join(f"{one.place} {one.message}" for one in result.failures)
        + "\n"
        + difference(result.played, result.failures)
        for result in results
        if not result.passed
    ]
    assert not failed, "\n\n".join(failed)
    assert {result.scenario.operator for result in results} == set(OPERATORS) and len(results) >= 25
