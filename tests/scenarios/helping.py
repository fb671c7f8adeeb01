"""A copy of the shipped menus without their scenarios, and scenarios written into it."""

from __future__ import annotations

import atexit
import shutil
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.house import locales_of
from ivr.scenarios.model import Scenario
from ivr.scenarios.read import read_scenarios, scenario_files
from ivr.scenarios.suite import Result, Suite, opened
from ivr.settings import ROOT

LINE, POSTPAID, POOR = "994501110001", "994501110103", "994501110004"


class Folder:
    """`menus` of a test, with what its scenario file holds."""

    def __init__(self, home: Path) -> None:
        self.menus = home / "menus"
        shutil.copytree(ROOT / "menus", self.menus, ignore=shutil.ignore_patterns("scenarios"))
        self.scenarios = self.menus / "azercell" / "scenarios"
        self.scenarios.mkdir()

    def write(self, text: str, name: str = "try") -> Path:
        """A whole scenario file."""
        path = self.scenarios / f"{name}.yaml"
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def steps(self, steps: str, head: str = "language: en", line: str = LINE, name: str = "one") -> Path:
        """A file with one scenario of these steps."""
        body = textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ")
        heads = textwrap.indent(textwrap.dedent(head).strip("\n"), "    ")
        return self.write(f'now: "2026-11-22 12:00"\nscenarios:\n  {name}:\n    line: "{line}"\n{heads}\n    steps:\n{body}\n')

    @contextmanager
    def suite(self, target: Path | None = None) -> Iterator[Suite]:
        with opened(target or self.menus / "azercell", locales_of) as suite:
            yield suite

    @contextmanager
    def read(self) -> Iterator[Suite]:
        """The suite of this folder; of the shipped menus, where the test adds none of its own, compiled only once."""
        if len(list((self.menus / "azercell").glob("*.yaml"))) != len(list((ROOT / "menus" / "azercell").glob("*.yaml"))):
            with self.suite() as suite:
                yield suite
            return
        shipped, faults = compiled(), Faults()
        scenarios = [one for path in scenario_files(self.menus / "azercell") for one in self._scenarios(shipped, path, faults)]
        yield replace(shipped, scenarios=tuple(scenarios), faults=tuple(faults.sorted()))

    def _scenarios(self, shipped: Suite, path: Path, faults: Faults) -> list[Scenario]:
        return read_scenarios(path, shipped.models["azercell"], shipped.offers, faults)

    def run(self) -> list[Result]:
        with self.read() as suite:
            assert not suite.faults, "\n".join(map(str, suite.faults))
            return suite.run()

    def one(self, steps: str, head: str = "language: en", line: str = LINE) -> Result:
        self.steps(steps, head, line)
        [result] = self.run()
        return result

    def faults(self) -> list[str]:
        with self.read() as suite:
            return [str(fault) for fault in suite.faults]


@cache
def compiled() -> Suite:
    """The shipped menus, open until the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(opened(ROOT / "menus" / "azercell", locales_of))


def problems(result: Result) -> list[str]:
    """`line:col message` of each failure."""
    return [f"{failure.place.split(':', 1)[1]} {failure.message}" for failure in result.failures]
