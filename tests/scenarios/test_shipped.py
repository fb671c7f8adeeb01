"""Every scenario that is shipped beside the menus passes, and each counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.catalog.releases import NoMenus
from ivr.house import locales_of
from ivr.scenarios.suite import Suite, opened, run_scenario
from ivr.scenarios.transcript import difference
from ivr.settings import ROOT


def shipped() -> list[tuple[str, str]]:
    """File and name of each; what the faults of menus and files leave out is found by `test_no_file_has_a_fault`."""
    try:
        with opened(ROOT / "menus", locales_of) as suite:
            return [(scenario.shown, scenario.name) for scenario in suite.scenarios]
    except NoMenus:
        return []


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    with opened(ROOT / "menus", locales_of) as opened_suite:
        yield opened_suite


def test_no_file_has_a_fault(suite: Suite) -> None:
    assert [str(fault) for fault in suite.faults] == []


@pytest.mark.parametrize(("file", "name"), shipped())
def test_it_passes(suite: Suite, file: str, name: str) -> None:
    [scenario] = [scenario for scenario in suite.scenarios if (scenario.shown, scenario.name) == (file, name)]
    result = run_scenario(suite.stage, scenario)
    told = "\n".join(f"{failure.place}: {failure.message}" for failure in result.failures)
    assert result.passed, f"{told}\n{difference(result.played, result.failures)}"


def test_a_person_vouches_for_each(suite: Suite) -> None:
    assert [scenario.title for scenario in suite.scenarios if not scenario.counts] == []


def test_they_come_through_every_choice_and_outcome_in_every_language_on_every_channel(suite: Suite) -> None:
    missing = [(coverage.operator, menu) for coverage in suite.coverage(suite.run()) for _, menu, _ in coverage.missing()]
    # no demo line of tcell is without a language: test_first_call.py plays its first call
    assert missing == [("tcell", "language.first")]
